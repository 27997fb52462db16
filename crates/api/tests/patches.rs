//! Patches of real kinds against what upstream's libraries (k8s.io/apimachinery v0.36.3 and
//! gopkg.in/evanphx/json-patch.v4) made of the same documents.

use apimachinery::patch::PatchType;
use apimachinery::schema::{Struct, decode_json, normalise};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, patch};

/// One case per line; see the field names.
const CASES: &[u8] = include_bytes!("data/patches.json");

fn cases(kind: &str) -> Vec<Value> {
    let cases = json::parse(CASES).expect("the cases are JSON");
    let cases = cases.as_array().expect("the cases are a list").iter();
    cases.filter(|case| case.str_at(&["type"]) == kind).cloned().collect()
}

fn body(case: &Value, field: &str) -> Vec<u8> {
    json::to_vec(case.field(field))
}

fn schema(case: &Value) -> &'static Struct {
    let original = case.field("original");
    let (version, kind) = (original.str_at(&["apiVersion"]), original.str_at(&["kind"]));
    corten_api::resources().iter().find(|r| r.api_version() == version && r.kind == kind).expect("a served kind").schema
}

/// Sorted keys at every depth: the order in which Go prints maps.
fn sorted(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.iter_mut().for_each(|(_, value)| *value = sorted(std::mem::take(value)));
            map.sort();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = sorted(std::mem::take(item))),
        _ => {}
    }
    value
}

#[track_caller]
fn check_refusal(case: &Value, status: &Status, codes: &[u16]) {
    let name = case.str_at(&["name"]);
    assert!(case.field("result").is_null(), "{name}: refused with {status}");
    assert!(codes.contains(&status.code), "{name}: {status:?}");
}

#[test]
fn strategic_merge_patches_give_upstreams_objects_and_texts() {
    for case in cases("strategic") {
        let name = case.str_at(&["name"]);
        let ty = schema(&case);
        let (original, _) = decode_json(ty, &body(&case, "original")).expect("the original decodes");
        let error = case.str_at(&["error"]);
        match patch::strategic_merge_patch(ty, &original, &body(&case, "patch")) {
            Err(status) => {
                check_refusal(&case, &status, &[400, 422, 500]);
                assert_eq!(status.message, error, "{name}");
            }
            Ok(mut patched) => match normalise(ty, &mut patched) {
                Err(_) => assert!(error.starts_with("decode: "), "{name}: does not decode, upstream: {error}"),
                Ok(_) => {
                    let (got, wanted) = (json::to_vec(&patched), body(&case, "result"));
                    assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(&wanted), "{name}");
                }
            },
        }
    }
}

#[test]
fn json_and_merge_patches_give_upstreams_documents() {
    for (kind, patch_type) in [("json", PatchType::Json), ("merge", PatchType::Merge)] {
        for case in cases(kind) {
            let name = case.str_at(&["name"]);
            let any = corten_api::resources()[0].schema;
            match patch_type.apply(any, case.field("original"), &body(&case, "patch")) {
                Err(status) => check_refusal(&case, &status, &[400, 422]),
                Ok(patched) => {
                    assert_eq!(sorted(patched), sorted(case.field("result").clone()), "{name}");
                    assert_eq!(case.str_at(&["error"]), "", "{name}");
                }
            }
        }
    }
}
