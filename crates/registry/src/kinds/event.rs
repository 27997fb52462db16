//! `v1 Event`, which `events.k8s.io/v1` shows under other field names. Events vanish by themselves.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, Dependents, KindRules, SelectableField, Strategy, View};
use crate::{cells, rules};

/// Something that happened to an object.
pub struct Event;

const GROUP: &str = "events.k8s.io";

/// Characters of `reportingInstance`, `action` and `reason`.
const WORD_CHARACTERS_MAX: usize = 128;

/// Characters of `message` (`note`).
const NOTE_CHARACTERS_MAX: usize = 1_024;

/// Field names in `v1` and in `events.k8s.io/v1`; all others are the same.
const FIELD_NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Field selectors of `events.k8s.io/v1` and what they mean in `v1`.
const VIEW_SELECTORS: &[(&str, &str)] = &[
    ("reason", "reason"),
    ("regarding.kind", "involvedObject.kind"),
    ("regarding.namespace", "involvedObject.namespace"),
    ("regarding.name", "involvedObject.name"),
    ("regarding.uid", "involvedObject.uid"),
    ("regarding.apiVersion", "involvedObject.apiVersion"),
    ("regarding.resourceVersion", "involvedObject.resourceVersion"),
    ("regarding.fieldPath", "involvedObject.fieldPath"),
    ("reportingController", "reportingComponent"),
    ("type", "type"),
];

static RULES: KindRules = KindRules {
    plural: "events",
    storage_prefix: "/registry/events",
    views: &[View {
        group: GROUP,
        version: "v1",
        plural: "events",
        from_stored: |event| rename(event, "events.k8s.io/v1", |(core, view)| (core, view)),
        into_stored: |event| rename(event, "v1", |(core, view)| (view, core)),
        stamps: None,
        selectors: VIEW_SELECTORS,
    }],
    selectable_fields: &[
        SelectableField::new("involvedObject.kind", &[&["involvedObject", "kind"]]),
        SelectableField::new("involvedObject.namespace", &[&["involvedObject", "namespace"]]),
        SelectableField::new("involvedObject.name", &[&["involvedObject", "name"]]),
        SelectableField::new("involvedObject.uid", &[&["involvedObject", "uid"]]),
        SelectableField::new("involvedObject.apiVersion", &[&["involvedObject", "apiVersion"]]),
        SelectableField::new("involvedObject.resourceVersion", &[&["involvedObject", "resourceVersion"]]),
        SelectableField::new("involvedObject.fieldPath", &[&["involvedObject", "fieldPath"]]),
        SelectableField::new("reason", &[&["reason"]]),
        SelectableField::new("reportingComponent", &[&["reportingComponent"]]),
        SelectableField::new("source", &[&["source", "component"], &["reportingComponent"]]),
        SelectableField::new("type", &[&["type"]]),
    ],
    // Events are checked for what they say, not for their name.
    name_rule: crate::name_rules::path_segment,
    allows_create_on_update: true,
    dependents: Dependents::Unsupported,
    expires: true,
    ..KindRules::NEW
};

impl Strategy for Event {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_any(object, context, errors);
        if context.info.group == GROUP {
            validate_new_style(object, errors);
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_any(object, context, errors);
        if context.info.group != GROUP {
            return;
        }
        if object.field("series") != old.field("series") {
            validate_series(object, errors);
        }
        let frozen = [
            ("involvedObject", "involvedObject"),
            ("reason", "reason"),
            ("message", "message"),
            ("source", "source"),
            ("firstTimestamp", "firstTimestamp"),
            ("lastTimestamp", "lastTimestamp"),
            ("count", "count"),
            ("type", "type"),
            ("eventTime", "eventTime"),
            ("action", "action"),
            ("related", "related"),
            ("reportingComponent", "reportingController"),
            ("reportingInstance", "reportingInstance"),
        ];
        for (field, name) in frozen.iter().filter(|(field, _)| !rules::is_equal(object.field(field), old.field(field)))
        {
            let value = printed_part(field, object.field(field));
            errors.push(FieldError::invalid(&FieldPath::new(name), value, rules::FIELD_IMMUTABLE));
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let time = |path: &[&str]| object.at(path).as_str();
        let first = time(&["firstTimestamp"]).or(time(&["eventTime"])).unwrap_or("");
        let is_series = !object.field("series").is_null();
        let last = match is_series {
            true => object.str_at(&["series", "lastObservedTime"]),
            false => time(&["lastTimestamp"]).unwrap_or(first),
        };
        let count = match is_series {
            true => object.i64_at(&["series", "count"]).unwrap_or(0),
            false => object.i64_at(&["count"]).filter(|it| *it != 0).unwrap_or(1),
        };
        cells::row(vec![
            cells::since(last, now).into(),
            cells::text(object, &["type"]),
            cells::text(object, &["reason"]),
            target_text(object).into(),
            cells::text(object, &["involvedObject", "fieldPath"]),
            source_text(object).into(),
            object.str_at(&["message"]).trim().into(),
            cells::since(first, now).into(),
            Value::Int(count),
            cells::name(object),
        ])
    }
}

/// A part of an Event as Go prints it.
fn printed_part(field: &str, value: &Value) -> Verbatim {
    const NONE: &str = "\"\"";
    const OBJECT: &[(&str, &str, &str)] = &[
        ("Kind", "kind", NONE),
        ("Namespace", "namespace", NONE),
        ("Name", "name", NONE),
        ("UID", "uid", NONE),
        ("APIVersion", "apiVersion", NONE),
        ("ResourceVersion", "resourceVersion", NONE),
        ("FieldPath", "fieldPath", NONE),
    ];
    match field {
        "involvedObject" | "related" if !value.is_null() => rules::printed_struct(value, OBJECT),
        "source" => rules::printed_struct(value, &[("Component", "component", NONE), ("Host", "host", NONE)]),
        _ => rules::printed(value),
    }
}

/// Renames the fields in which the two versions differ.
fn rename(
    event: &mut Value,
    api_version: &str,
    direction: fn((&'static str, &'static str)) -> (&'static str, &'static str),
) {
    event.set(&["apiVersion"], api_version);
    for (from, to) in FIELD_NAMES.iter().copied().map(direction) {
        if let Some(value) = event.remove_at(&[from]) {
            event.set(&[to], value);
        }
    }
}

fn has_time(object: &Value, field: &str) -> bool {
    object.field(field).as_str().is_some_and(|text| !text.is_empty())
}

/// What holds for Events of both styles (`legacyValidateEvent`).
fn validate_any(object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
    let namespace = object.str_at(&["metadata", "namespace"]);
    let about = object.str_at(&["involvedObject", "namespace"]);
    let is_new_style = has_time(object, "eventTime");
    let is_good = match (is_new_style, about) {
        (false, "") => matches!(namespace, "" | "default"),
        (false, about) => about == namespace,
        (true, "") => matches!(namespace, "default" | "kube-system"),
        (true, _) => true,
    };
    if !is_good {
        let path = FieldPath::new("involvedObject.namespace");
        errors.push(FieldError::invalid(&path, about, "does not match event.namespace"));
    }
    if is_new_style {
        let reporter = if context.info.group == GROUP { "reportingController" } else { "reportingComponent" };
        validate_words(object, reporter, errors);
    }
}

fn validate_words(object: &Value, reporter_name: &str, errors: &mut Vec<FieldError>) {
    let (path, reporter) = (FieldPath::new(reporter_name), object.str_at(&["reportingComponent"]));
    if reporter.is_empty() {
        errors.push(FieldError::required(&path, ""));
    }
    rules::invalid_each(&path, reporter, names::qualified_name(reporter), errors);
    for field in ["reportingInstance", "action", "reason"] {
        rules::require(object, field, &FieldPath::default(), errors);
        at_most(object, field, WORD_CHARACTERS_MAX, errors);
    }
    at_most(object, "message", NOTE_CHARACTERS_MAX, errors);
}

fn at_most(object: &Value, field: &str, characters_max: usize, errors: &mut Vec<FieldError>) {
    if object.str_at(&[field]).len() > characters_max {
        let detail = format!("can have at most {characters_max} characters");
        errors.push(FieldError::invalid(&FieldPath::new(field), "", detail));
    }
}

/// What `events.k8s.io/v1` asks for beyond that.
fn validate_new_style(object: &Value, errors: &mut Vec<FieldError>) {
    let name = object.str_at(&["metadata", "name"]);
    rules::invalid_each(&FieldPath::new("metadata.name"), name, names::dns1123_subdomain(name), errors);
    validate_series(object, errors);
    if !has_time(object, "eventTime") {
        errors.push(FieldError::required(&FieldPath::new("eventTime"), ""));
    }
    let kind = object.str_at(&["type"]);
    if !matches!(kind, "Normal" | "Warning") {
        errors.push(FieldError::invalid(&FieldPath::new("type"), "", format!("has invalid value: {kind}")));
    }
    let source = object.field("source");
    let has_source = !source.str_at(&["component"]).is_empty() || !source.str_at(&["host"]).is_empty();
    let unset = [
        ("firstTimestamp", has_time(object, "firstTimestamp")),
        ("lastTimestamp", has_time(object, "lastTimestamp")),
        ("count", object.i64_at(&["count"]).unwrap_or(0) != 0),
        ("source", has_source),
    ];
    for (field, _) in unset.iter().filter(|(_, is_set)| *is_set) {
        errors.push(FieldError::invalid(&FieldPath::new(field), "", "needs to be unset"));
    }
}

fn validate_series(object: &Value, errors: &mut Vec<FieldError>) {
    let series = object.field("series");
    if series.is_null() {
        return;
    }
    if series.i64_at(&["count"]).unwrap_or(0) < 2 {
        errors.push(FieldError::invalid(&FieldPath::new("series.count"), "", "should be at least 2"));
    }
    if !has_time(series, "lastObservedTime") {
        errors.push(FieldError::required(&FieldPath::new("series.lastObservedTime"), ""));
    }
}

/// `pod/web-1`
fn target_text(object: &Value) -> String {
    let kind = object.str_at(&["involvedObject", "kind"]).to_lowercase();
    match object.str_at(&["involvedObject", "name"]) {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

/// `kubelet, node-1`
fn source_text(object: &Value) -> String {
    let first = |old: &[&str], new: &[&str]| match object.str_at(old) {
        "" => object.str_at(new).to_owned(),
        text => text.to_owned(),
    };
    let component = first(&["source", "component"], &["reportingComponent"]);
    match first(&["source", "host"], &["reportingInstance"]).as_str() {
        "" => component,
        instance => format!("{component}, {instance}"),
    }
}
