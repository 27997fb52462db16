//! Bodies: JSON, and protobuf by the tables of the API.

use anyhow::Context;
use apimachinery::value::{Map, Value};
use apimachinery::{json, protobuf, yaml};

/// A body as it is sent.
///
/// # Errors
/// No object of a known kind where one is to be encoded, or no hexadecimal digits.
pub fn body(media: &str, text: &[u8]) -> anyhow::Result<Vec<u8>> {
    match media {
        "protobuf" => encode(text),
        "hex" => decode_hex(&String::from_utf8_lossy(text)),
        _ => Ok(text.to_vec()),
    }
}

fn decode_hex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs.map(|pair| u8::from_str_radix(&pair, 16).with_context(|| format!("{pair:?} is no byte"))).collect()
}

fn schema(api_version: &str, kind: &str) -> Option<&'static apimachinery::schema::Struct> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    // Options belong to every group.
    api::type_by_gvk(group, version, kind).or_else(|| api::type_by_gvk("meta.k8s.io", "v1", kind))
}

fn encode(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (object, _) = yaml::parse(text).map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let (version, kind) = (object.str_at(&["apiVersion"]).to_owned(), object.str_at(&["kind"]).to_owned());
    let schema = schema(&version, &kind).with_context(|| format!("unknown kind {version} {kind:?}"))?;
    let (mut message, mut out) = (Vec::new(), Vec::new());
    protobuf::encode(schema, &object, &mut message);
    protobuf::write_envelope(&version, &kind, &message, &mut out);
    Ok(out)
}

/// An answer's body as a tree; null when it is neither JSON nor protobuf of a known kind.
pub fn value(body: &[u8]) -> Value {
    match body.starts_with(protobuf::MAGIC) {
        true => decode(body).unwrap_or_default(),
        false => json::parse(body).unwrap_or_default(),
    }
}

fn decode(body: &[u8]) -> Option<Value> {
    let envelope = protobuf::open_envelope(body).ok()?;
    let schema = schema(envelope.api_version, envelope.kind)?;
    let message = protobuf::decode(schema, envelope.raw).ok()?;
    let mut object = Map::new();
    object.insert("kind".to_owned(), envelope.kind);
    object.insert("apiVersion".to_owned(), envelope.api_version);
    for (key, value) in message.as_object()?.iter().filter(|(key, _)| !matches!(*key, "kind" | "apiVersion")) {
        object.insert(key.to_owned(), value.clone());
    }
    Some(Value::Object(object))
}

/// Takes the first event off the bytes of a watch in protobuf: its type and its object.
pub fn take_event(bytes: &mut Vec<u8>) -> Option<(String, Value)> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let event = bytes.get(4..4 + length)?.to_vec();
    bytes.drain(..4 + length);
    let (kind, rest) = field(&event)?;
    let (raw, _) = field(rest)?;
    let (object, _) = field(raw)?;
    Some((String::from_utf8_lossy(kind).into_owned(), value(object)))
}

/// The bytes of the field that a message begins with, and what is behind it.
fn field(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift, mut at) = (0_usize, 0, 1);
    loop {
        let byte = *message.get(at)?;
        at += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((message.get(at..at + length)?, &message[at + length..]));
        }
        if shift > 28 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_bodies_come_back() {
        let text = b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {b: c}";
        let object = value(&body("protobuf", text).expect("a known kind"));
        assert_eq!((object.str_at(&["kind"]), object.str_at(&["data", "b"])), ("ConfigMap", "c"));
        assert_eq!(body("hex", b"6b 38\n0A").expect("bytes"), b"k8\n");
        assert!(body("hex", b"zz").is_err());
    }
}
