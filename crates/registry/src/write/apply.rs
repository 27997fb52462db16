//! Server-side apply as a change of the write pipeline.

use apimachinery::group_version::{GroupVersion, GroupVersionKind};
use apimachinery::managed_fields::{Apply, FieldWriter};
use apimachinery::meta::ObjectMeta;
use apimachinery::patch::json_type;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{schema, yaml};

use super::change::into_stored;
use super::{Target, Write};
use crate::prepare;
use crate::request::{FieldValidation, RequestInfo};
use crate::strategy::Path;

/// What upstream's YAML reader puts before its errors.
const CONVERTING: &str = "error converting YAML to JSON: ";

/// Reads a configuration once for all attempts. Unknown fields are refused by the apply itself, doubles here.
pub(super) fn decode(info: &RequestInfo, body: &[u8]) -> Result<Value, Status> {
    let unreadable = |error: String| Status::bad_request(format!("error decoding YAML: {error}"));
    let (config, doubles) = yaml::parse(body).map_err(|error| unreadable(format!("{CONVERTING}{}", error.message)))?;
    if !matches!(config, Value::Object(_)) {
        return Err(unreadable(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type \
             map[string]interface {{}}",
            json_type(&config)
        )));
    }
    match (yaml::duplicate_issue(&doubles), info.field_validation) {
        (Some(issue), FieldValidation::Strict) => {
            return Err(Status::bad_request(format!("error strict decoding YAML: {CONVERTING}{issue}")));
        }
        (Some(_), FieldValidation::Warn) => doubles.iter().for_each(|double| info.warn(double.trim())),
        _ => {}
    }
    Ok(config)
}

/// The refusal of an apply of `scale`.
pub(super) fn unserved_scale() -> Status {
    Status::unsupported_media_type("server-side apply of the scale subresource is not served")
}

/// The object that `config` asks for, in the stored version; ownership is recorded.
pub(super) fn requested(write: &Write<'_>, old: &Value, revision: u64, config: &Value) -> Result<Value, Status> {
    let expected = write.resource.expected();
    let api_version = expected.api_version();
    check_kind(&expected.kind, config)?;
    if old.is_null() {
        check_create(write, config)?;
    }
    let live = live(write, old, revision);
    let mut config = config.clone();
    remove_paths(&mut config, unwritable(write));
    let time = write.context.now.seconds_text();
    let text = |value: &str| if value.is_empty() { "<unknown>".to_owned() } else { value.to_owned() };
    let object_text = format!("{}/{}; {}", config.namespace(), text(config.name()), expected.kind);
    let apply = Apply {
        ty: write.resource.ownership(),
        writer: FieldWriter {
            manager: &write.info.field_manager,
            api_version: &api_version,
            subresource: &write.info.subresource,
            time: &time,
        },
        is_forced: write.info.apply.is_forced,
        object_text: &object_text,
    };
    let mut object = apply.run(&live, &config)?;
    object.set(&["kind"], expected.kind.kind.as_str());
    object.set(&["apiVersion"], api_version.as_str());
    schema::normalise(expected.schema, &mut object).map_err(|error| {
        let text = format!("failed to convert new object ({object_text}) to proper version: unable to convert unstructured object to {}: {error}", expected.kind);
        Status { code: 500, reason: "", message: text, details: None }
    })?;
    prepare::match_namespace(&mut object, write.namespace())?;
    prepare::match_name(&object, &write.info.name)?;
    into_stored(write.resource, &mut object)?;
    Ok(object)
}

fn check_kind(expected: &GroupVersionKind, config: &Value) -> Result<(), Status> {
    let version = GroupVersion::parse(config.str_at(&["apiVersion"]));
    let version = version.unwrap_or_else(|| GroupVersion { group: String::new(), version: String::new() });
    let kind = config.str_at(&["kind"]).to_owned();
    let given = GroupVersionKind { group: version.group, version: version.version, kind };
    match given == *expected {
        true => Ok(()),
        false => Err(Status::bad_request(format!("invalid object type: {given}"))),
    }
}

/// What an apply that creates needs beside what a patch needs.
fn check_create(write: &Write<'_>, config: &Value) -> Result<(), Status> {
    if !matches!(write.target, Target::Object) {
        return Err(Status::not_found(&write.store.group_resource(), &write.info.name));
    }
    if let Some(refusal) = &write.info.apply.create_refusal {
        return Err(refusal.clone());
    }
    let uid = config.uid();
    if uid.is_empty() {
        return Ok(());
    }
    let cause = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
    Err(Status::conflict(&write.store.group_resource(), &write.info.name, &cause))
}

/// The stored object as the served version has it; an empty one where there is none.
fn live(write: &Write<'_>, old: &Value, revision: u64) -> Value {
    if old.is_null() {
        return Value::object();
    }
    let mut live = old.clone();
    if let Some(view) = write.resource.view() {
        view.show(&mut live);
    }
    live.set_meta("resourceVersion", &revision.to_string());
    live
}

/// Fields that the request cannot write: nobody comes to own them by it.
fn unwritable<'a>(write: &Write<'a>) -> &'a [Path] {
    match write.target {
        Target::Part(part) => part.keeps,
        Target::Object | Target::Scale => write.store.rules.update_keeps,
    }
}

fn remove_paths(config: &mut Value, paths: &[Path]) {
    for path in paths {
        config.remove_at(path);
    }
}
