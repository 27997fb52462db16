//! Field ownership of real kinds against what upstream's managed fields (k8s.io/apimachinery v0.36.3 with
//! structured-merge-diff v6.3.3) recorded for the same writes.

use apimachinery::json;
use apimachinery::managed_fields::{FieldWriter, record_update};
use apimachinery::schema::{Struct, decode_json};
use apimachinery::value::Value;

/// One case per line: steps of `manager`, `subresource`, `object` as written, and the `entries` after it.
const CASES: &[u8] = include_bytes!("data/field_ownership.json");

/// The time that all entries of the cases have; the current write is a second later, so that its entry
/// comes last, as it does in the cases.
const BEFORE: &str = "2026-01-02T03:04:05Z";
const NOW: &str = "2026-01-02T03:04:06Z";

fn schema(object: &Value) -> &'static Struct {
    let (version, kind) = (object.str_at(&["apiVersion"]), object.str_at(&["kind"]));
    let served = corten_api::resources().iter().find(|r| r.api_version() == version && r.kind == kind);
    served.expect("a served kind").schema
}

fn text(value: &Value) -> String {
    String::from_utf8(json::to_vec(value)).expect("JSON is text")
}

/// Performs one step on `live` and returns the object after it.
fn write(live: &Value, step: &Value) -> Value {
    let ty = schema(step.field("object"));
    let (mut object, _) = decode_json(ty, &json::to_vec(step.field("object"))).expect("the object decodes");
    let writer = FieldWriter {
        manager: step.str_at(&["manager"]),
        api_version: step.str_at(&["object", "apiVersion"]),
        subresource: step.str_at(&["subresource"]),
        time: NOW,
    };
    record_update(ty, live, &mut object, &writer);
    if let Some(Value::Array(entries)) = object.at_mut(&["metadata", "managedFields"]) {
        for entry in entries.iter_mut().filter(|entry| !entry.field("time").is_null()) {
            entry.set(&["time"], BEFORE);
        }
    }
    object.set(&["metadata", "uid"], "u");
    object
}

#[test]
fn entries_are_upstreams() {
    let cases = json::parse(CASES).expect("the cases are JSON");
    for case in cases.as_array().expect("a list") {
        let mut live = Value::Null;
        for (at, step) in case.items_at(&["steps"]).iter().enumerate() {
            live = write(&live, step);
            let name = case.str_at(&["name"]);
            let (got, wanted) = (live.at(&["metadata", "managedFields"]), step.field("entries"));
            assert_eq!(text(got), text(wanted), "{name}, step {at}");
        }
    }
}
