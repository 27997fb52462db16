//! `batch/v1 Job`

mod failure_policy;
mod indexes;
mod spec;
mod status;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::selector::{LabelSelector, validate_label_selector};
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::{pod_spec, pod_template};
use crate::defaults::{FieldDefault, number, text, truth};
use crate::resource::Row;
use crate::strategy::{Context, Dependents, KindRules, SPEC, STATUS, SelectableField, Strategy, Subresource};
use crate::{cells, rules};

pub(super) use spec::{default_template, validate as validate_spec, warnings as spec_warnings};

/// Pods that run to an end.
pub struct Job;

static DEFAULTS: &[FieldDefault] = &[
    number("spec.parallelism", 1),
    text("spec.completionMode", "NonIndexed"),
    truth("spec.suspend", false),
    truth("spec.manualSelector", false),
];

static RULES: KindRules = KindRules {
    group: "batch",
    plural: "jobs",
    storage_prefix: "/registry/jobs",
    defaults: &[],
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    selectable_fields: &[SelectableField::or("status.successful", &[&["status", "succeeded"]], "0")],
    dependents: Dependents::Orphan,
    ..KindRules::NEW
};

/// Labels of Pods by which their Job finds them; the older names first.
const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

const TEMPLATE_LABELS: &[&str] = &["spec", "template", "metadata", "labels"];

impl Strategy for Job {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        let spec = object.object_at(&["spec"]);
        let is_absent = |spec: &Map, field: &str| spec.get(field).is_none_or(Value::is_null);
        if is_absent(spec, "completions") && is_absent(spec, "parallelism") {
            spec.insert("completions", 1);
        }
        if is_absent(spec, "backoffLimit") {
            let is_per_index = !is_absent(spec, "backoffLimitPerIndex");
            spec.insert("backoffLimit", if is_per_index { i64::from(i32::MAX) } else { 6 });
        }
        if is_absent(spec, "podReplacementPolicy") {
            let has_policy = !is_absent(spec, "podFailurePolicy");
            spec.insert("podReplacementPolicy", if has_policy { "Failed" } else { "TerminatingOrFailed" });
        }
        crate::defaults::apply(DEFAULTS, object);
        label_as_template(object);
        default_template(object.object_at(&["spec"]));
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        if !object.bool_at(&["spec", "manualSelector"]) {
            generate_selector(object);
            // Upstream does so when it reads the object.
            label_as_template(object);
        }
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_job(object, &Value::Null, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_job(object, old, errors);
        validate_own_spec(object, errors);
        validate_completions_change(object, old, errors);
        rules::immutable(object, old, &["spec", "selector"], errors);
        validate_template_change(object, old, errors);
        for field in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
            rules::immutable(object, old, &["spec", field], errors);
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        status::validate(object, old, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let mut warnings = pod_template::name_warnings(object, old);
        if old.is_null() || object.generation() != old.generation() {
            warnings.extend(spec_warnings(object.field("spec"), &FieldPath::new("spec")));
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let [containers, images] = pod_template::container_cells(object);
        let duration = match (object.str_at(&["status", "startTime"]), object.str_at(&["status", "completionTime"])) {
            ("", _) => String::new(),
            (start, "") => cells::since(start, now),
            (start, end) => cells::since(start, apimachinery::time::parse(end).unwrap_or(now)),
        };
        cells::row(vec![
            cells::name(object),
            state(object).into(),
            completions(object).into(),
            duration.into(),
            cells::age(object, now),
            containers,
            images,
            cells::selector_text(object.at(&["spec", "selector"])).into(),
        ])
    }
}

fn state(object: &Value) -> &'static str {
    let is = |kind: &str| status::has_condition(object, kind);
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if object.deletion_timestamp().is_some() => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(object: &Value) -> String {
    let succeeded = object.i64_at(&["status", "succeeded"]).unwrap_or(0);
    let parallelism = object.i64_at(&["spec", "parallelism"]).unwrap_or(0);
    match object.i64_at(&["spec", "completions"]) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    }
}

/// A Job without labels gets those of its template.
fn label_as_template(object: &mut Value) {
    let labels = object.at(TEMPLATE_LABELS).clone();
    let has_labels = object.at(&["metadata", "labels"]).as_object().is_some_and(|map| !map.is_empty());
    if !labels.is_null() && !has_labels {
        object.set(&["metadata", "labels"], labels);
    }
}

/// Labels the template with the Job's name and UID and selects the UID, where the client has not.
fn generate_selector(object: &mut Value) {
    let (name, uid) = (object.name().to_owned(), object.uid().to_owned());
    let labels = object.object_at(&["spec", "template", "metadata", "labels"]);
    for (keys, value) in [(NAME_LABELS, &name), (UID_LABELS, &uid)] {
        for key in keys {
            if !labels.contains_key(key) {
                labels.insert(key, value.as_str());
            }
        }
    }
    let selected = object.object_at(&["spec", "selector", "matchLabels"]);
    if !selected.contains_key(UID_LABELS[1]) {
        selected.insert(UID_LABELS[1], uid);
    }
}

fn validate_job(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let old_labels = old.at(TEMPLATE_LABELS);
    let has = |key: &str| !old_labels.field(key).is_null();
    let wants_prefixed = old.is_null() || (has(NAME_LABELS[1]) && has(UID_LABELS[1]));
    validate_generated_selector(object, wants_prefixed, errors);
    validate_own_spec(object, errors);
    let completions = object.i64_at(&["spec", "completions"]).unwrap_or(0);
    if object.str_at(&["spec", "completionMode"]) == "Indexed" && completions > 0 {
        let longest = format!("{}-{}", object.name(), completions - 1);
        if !names::dns1123_label(&longest).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {longest}");
            errors.push(FieldError::invalid(&FieldPath::new("metadata.name"), object.name(), detail));
        }
    }
}

fn validate_own_spec(object: &Value, errors: &mut Vec<FieldError>) {
    let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
    validate_spec(spec, &path, errors);
    let (selector, path) = (spec.field("selector"), path.child("selector"));
    match selector.is_null() {
        true => errors.push(FieldError::required(&path, "")),
        false => errors.extend(validate_label_selector(&path, selector)),
    }
    if let Ok(parsed) = LabelSelector::from_value(selector) {
        pod_template::validate_labels(object, parsed, errors);
    }
}

fn validate_generated_selector(object: &Value, wants_prefixed: bool, errors: &mut Vec<FieldError>) {
    let selector = object.at(&["spec", "selector"]);
    if object.bool_at(&["spec", "manualSelector"]) || selector.is_null() {
        return;
    }
    let kinds = if wants_prefixed { &[0, 1][..] } else { &[0] };
    let mut expected = Value::object();
    for at in kinds {
        for (keys, value) in [(UID_LABELS, object.uid()), (NAME_LABELS, object.name())] {
            validate_label(object, keys[*at], value, errors);
            expected.object_at(&[]).insert(keys[*at], value);
        }
    }
    let matches = |parsed: LabelSelector| parsed.matches_map(expected.as_object());
    if LabelSelector::from_value(selector).is_ok_and(|parsed| !parsed.is_some_and(matches)) {
        let path = FieldPath::new("spec.selector");
        errors.push(FieldError::invalid(&path, rules::printed(selector), "`selector` not auto-generated"));
    }
}

/// A label of the template that must be so (`ValidateHasLabel`).
fn validate_label(object: &Value, key: &str, wanted: &str, errors: &mut Vec<FieldError>) {
    let labels = object.at(TEMPLATE_LABELS);
    let path = FieldPath::new("spec.template.metadata.labels");
    match labels.field(key).as_str() {
        None => errors.push(FieldError::required(&path.key(key), &format!("must be '{wanted}'"))),
        Some(found) if found != wanted => {
            errors.push(FieldError::invalid(&path.key(key), rules::printed(labels), format!("must be '{wanted}'")));
        }
        Some(_) => {}
    }
}

fn validate_completions_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let (new, before) = (object.at(&["spec", "completions"]), old.at(&["spec", "completions"]));
    if object.str_at(&["spec", "completionMode"]) != "Indexed" {
        return rules::immutable(object, old, &["spec", "completions"], errors);
    }
    if new == before || new.is_null() {
        return;
    }
    if *new != *object.at(&["spec", "parallelism"]) {
        let detail = "can only be modified in tandem with spec.parallelism";
        errors.push(FieldError::invalid(&FieldPath::new("spec.completions"), rules::printed(new), detail));
    }
}

/// Of a suspended Job that runs nothing, resources and where Pods may go can change; else the template is fixed.
fn validate_template_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let template = object.at(&["spec", "template"]);
    let mut before = old.at(&["spec", "template"]).clone();
    let is_suspended = old.bool_at(&["spec", "suspend"]);
    let runs_nothing = old.at(&["status", "startTime"]).is_null() || status::has_condition(old, "Suspended");
    let is_idle = is_suspended && runs_nothing && old.i64_at(&["status", "active"]).unwrap_or(0) == 0;
    if is_idle {
        take_scheduling(&mut before, template);
        take_resources(&mut before, template);
    }
    if rules::is_equal(template, &before) {
        return;
    }
    let printed = pod_spec::go_struct::printed_template(template);
    let (path, printed) = match is_idle {
        true => ("spec.template.spec", pod_spec::go_struct::printed_pod_spec(template.field("spec"))),
        false => ("spec.template", printed),
    };
    if is_idle && rules::is_equal(template.field("spec"), before.field("spec")) {
        return;
    }
    errors.push(FieldError::invalid(&FieldPath::new(path), printed, rules::FIELD_IMMUTABLE));
}

fn take_scheduling(before: &mut Value, template: &Value) {
    const PATHS: [&[&str]; 6] = [
        &["spec", "affinity", "nodeAffinity"],
        &["spec", "nodeSelector"],
        &["spec", "tolerations"],
        &["metadata", "annotations"],
        &["metadata", "labels"],
        &["spec", "schedulingGates"],
    ];
    for path in PATHS {
        match template.at(path) {
            Value::Null => drop(before.remove_at(path)),
            value => before.set(path, value.clone()),
        }
    }
    let is_bare = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    if template.at(&["spec", "affinity"]).is_null() && is_bare(before.at(&["spec", "affinity"])) {
        before.remove_at(&["spec", "affinity"]);
    }
}

fn take_resources(before: &mut Value, template: &Value) {
    for list in ["containers", "initContainers"] {
        let new = template.items_at(&["spec", list]);
        let old = before.at_mut(&["spec", list]).and_then(Value::as_array_mut);
        for (old, new) in old.into_iter().flatten().zip(new).filter(|(old, new)| old.field("name") == new.field("name"))
        {
            old.set(&["resources"], new.field("resources").clone());
        }
    }
}
