//! Bodies, good and bad, with what upstream's strict decoder answers.
//!
//! `vectors/decoding.txt`: cases behind `=====`: the kind, the body, and behind `-----` either `error: ...`
//! or `strict: ...` lines and the JSON of what was decoded.

use apimachinery::schema::{self, DecodeError, Struct};
use apimachinery::{json, yaml};
use corten_api::type_by_gvk;

fn decoded(ty: &Struct, body: &[u8]) -> Result<String, DecodeError> {
    schema::type_meta(body)?;
    let (value, issues) = schema::decode_json(ty, body)?;
    let mut lines: Vec<String> = issues.issues.iter().map(|issue| format!("strict: {issue}")).collect();
    lines.push(String::from_utf8(json::to_vec(&value)).expect("JSON is UTF-8"));
    Ok(lines.join("\n"))
}

struct Case {
    ty: &'static Struct,
    body: &'static str,
    answer: &'static str,
}

fn cases() -> Vec<Case> {
    let text = include_str!("vectors/decoding.txt").trim_start_matches("=====\n");
    let cases: Vec<Case> = text.split("\n=====\n").map(case).collect();
    assert!(cases.len() > 60, "the file is not whole");
    cases
}

fn case(text: &'static str) -> Case {
    let (question, answer) = text.split_once("\n-----\n").expect("a case has an answer");
    let (kind, body) = question.split_once('\n').expect("a case has a body");
    let (api_version, kind) = kind.split_once(' ').expect("a case has a kind");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let ty = type_by_gvk(group, version, kind).expect("the kind is built in");
    Case { ty, body, answer: answer.trim_end() }
}

#[test]
fn bodies_decode_as_upstream_does() {
    let mut wrong = Vec::new();
    for Case { ty, body, answer } in cases() {
        let found = decoded(ty, body.as_bytes()).unwrap_or_else(|error| format!("error: {error}"));
        if found != answer {
            wrong.push(format!("{} {body}\n  wanted {answer}\n  found  {found}", ty.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trees_normalise_with_the_same_texts() {
    for Case { ty, body, answer } in cases() {
        // A tree knows no duplicate keys, and not how a number was written.
        let Ok(mut value) = json::parse(body.as_bytes()) else { continue };
        if answer.contains("duplicate") || answer.contains("couldn't get") || body.contains("1.0") {
            continue;
        }
        let found = match schema::normalise(ty, &mut value) {
            Ok(_) => String::from_utf8(json::to_vec(&value)).expect("JSON is UTF-8"),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, answer.lines().last().unwrap_or_default(), "{body}");
    }
}

#[test]
fn yaml_bodies_are_checked_like_json_ones() {
    let pod = type_by_gvk("", "v1", "Pod").expect("pods are built in");
    let body = "kind: Pod\nspec:\n  foo: 1\n  containers:\n  - name: a\n    name: b\n";
    let (value, issues) = schema::decode_yaml(pod, body.as_bytes()).expect("the body is a pod");
    assert_eq!(value.items_at(&["spec", "containers"])[0].str_at(&["name"]), "b");
    let expected = ["yaml: unmarshal errors:\n  line 6: key \"name\" already set in map", "unknown field \"spec.foo\""];
    assert_eq!(issues.issues, expected);
    let error = schema::decode_yaml(pod, b"spec:\n  priority: x\n").expect_err("a text is no priority");
    assert_eq!(error.message, "json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32");
    assert!(yaml::parse(b"a: b: c").is_err());
}

#[test]
fn the_100_first_issues_are_reported_once_each() {
    let pod = type_by_gvk("", "v1", "Pod").expect("pods are built in");
    let fields: Vec<String> =
        (0..150).map(|at| format!("\"f{}\":1", at / 2)).chain((0..90).map(|at| format!("\"g{at}\":1"))).collect();
    let (_, issues) = schema::decode_json(pod, format!("{{{}}}", fields.join(",")).as_bytes()).expect("an object");
    assert_eq!(issues.issues.len(), 100);
    assert_eq!(issues.issues[74..76], ["unknown field \"f74\"", "unknown field \"g0\""]);
}

#[test]
fn nested_schemas_are_bounded() {
    let definition = type_by_gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition").expect("built in");
    let deep =
        format!("{}{}{}", "{\"spec\":{\"versions\":[{\"schema\":{\"openAPIV3Schema\":", "{\"not\":".repeat(600), "1");
    let error = schema::decode_json(definition, deep.as_bytes()).expect_err("too deep");
    assert_eq!(error.message, "exceeded max depth");
    let deep = format!("{}{{{}", "{\"spec\":{\"versions\":[{\"schema\":{\"openAPIV3Schema\":", "\"not\":{".repeat(450));
    let whole = format!("{deep}{}}}}}]}}}}", "}".repeat(451));
    let (value, _) = schema::decode_json(definition, whole.as_bytes()).expect("deep, but not too deep");
    let mut message = Vec::new();
    apimachinery::protobuf::encode(definition, &value, &mut message);
    assert_eq!(apimachinery::protobuf::decode(definition, &message).expect("just encoded"), value);
}
