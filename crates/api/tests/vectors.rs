//! Objects of every kind as upstream's Go types encode them, in protobuf and in JSON.
//!
//! `vectors/objects.txt` has two lines per object: base64 of the protobuf body, and the JSON.

use apimachinery::schema::Struct;
use apimachinery::value::{Map, Value};
use apimachinery::{json, protobuf, schema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corten_api::type_by_gvk;

struct Vector {
    ty: &'static Struct,
    api_version: String,
    kind: String,
    body: Vec<u8>,
    json: &'static str,
}

fn vectors() -> Vec<Vector> {
    let mut lines = include_str!("vectors/objects.txt").lines();
    let mut vectors = Vec::new();
    while let (Some(body), Some(json)) = (lines.next(), lines.next()) {
        let body = STANDARD.decode(body).expect("the file holds base64");
        let envelope = protobuf::open_envelope(&body).expect("upstream wrote an envelope");
        let (api_version, kind) = (envelope.api_version.to_owned(), envelope.kind.to_owned());
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let ty = type_by_gvk(group, version, &kind).unwrap_or_else(|| panic!("{api_version} {kind} is not known"));
        vectors.push(Vector { ty, api_version, kind, body, json });
    }
    assert!(vectors.len() > 80, "the file is not whole");
    vectors
}

fn text(value: &Value) -> String {
    String::from_utf8(json::to_vec(value)).expect("JSON is UTF-8")
}

fn with_type_meta(vector: &Vector, value: Value) -> Value {
    let mut map = Map::new();
    map.push("kind", vector.kind.clone());
    map.push("apiVersion", vector.api_version.clone());
    let Value::Object(fields) = value else { panic!("a message decodes to an object") };
    for (key, value) in fields.into_entries() {
        map.push(key, value);
    }
    Value::Object(map)
}

#[test]
fn json_keeps_upstreams_bytes() {
    for vector in vectors() {
        let (value, issues) = schema::decode_json(vector.ty, vector.json.as_bytes()).expect(vector.json);
        assert_eq!(text(&value), vector.json);
        assert!(issues.issues.is_empty(), "{:?}", issues.issues);
    }
}

#[test]
fn protobuf_decodes_to_upstreams_json() {
    for vector in vectors() {
        let envelope = protobuf::open_envelope(&vector.body).expect("upstream wrote an envelope");
        let value = protobuf::decode(vector.ty, envelope.raw).expect(vector.json);
        assert_eq!(text(&with_type_meta(&vector, value)), vector.json);
    }
}

#[test]
fn protobuf_encodes_to_upstreams_bytes() {
    for vector in vectors() {
        let (value, _) = schema::decode_json(vector.ty, vector.json.as_bytes()).expect(vector.json);
        let mut message = Vec::new();
        protobuf::encode(vector.ty, &value, &mut message);
        let mut body = Vec::new();
        protobuf::write_envelope(&vector.api_version, &vector.kind, &message, &mut body);
        assert_eq!(STANDARD.encode(body), STANDARD.encode(&vector.body), "{}", vector.json);
    }
}

#[test]
fn normalising_changes_nothing_that_is_normal() {
    for vector in vectors() {
        let (value, _) = schema::decode_json(vector.ty, vector.json.as_bytes()).expect(vector.json);
        let mut again = value.clone();
        schema::normalise(vector.ty, &mut again).expect(vector.json);
        assert_eq!(again, value);
    }
}

#[test]
fn any_tree_normalises_to_upstreams_json() {
    for vector in vectors() {
        let mut value = json::parse(vector.json.as_bytes()).expect(vector.json);
        reverse(&mut value);
        schema::normalise(vector.ty, &mut value).expect(vector.json);
        // What is opaque keeps its order, so it is compared without one.
        let (mut expected, _) = schema::decode_json(vector.ty, vector.json.as_bytes()).expect(vector.json);
        sort(&mut value);
        sort(&mut expected);
        assert_eq!(value, expected);
    }
}

#[test]
fn cut_messages_are_refused_or_shorter_but_never_panic() {
    for vector in vectors() {
        for length in (0..vector.body.len()).step_by(7) {
            let Ok(envelope) = protobuf::open_envelope(&vector.body[..length]) else { continue };
            drop(protobuf::decode(vector.ty, envelope.raw));
        }
        for at in (0..vector.body.len()).step_by(11) {
            let mut body = vector.body.clone();
            body[at] ^= 0x55;
            let Ok(envelope) = protobuf::open_envelope(&body) else { continue };
            drop(protobuf::decode(vector.ty, envelope.raw));
        }
    }
}

fn reverse(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let mut entries = std::mem::take(map).into_entries();
            entries.reverse();
            entries.iter_mut().for_each(|(_, value)| reverse(value));
            *map = Map::from_entries(entries);
        }
        Value::Array(items) => items.iter_mut().for_each(reverse),
        _ => {}
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.iter_mut().for_each(|(_, value)| sort(value));
            map.sort();
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}
