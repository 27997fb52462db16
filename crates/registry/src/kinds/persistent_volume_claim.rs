//! `v1 PersistentVolumeClaim`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::{ObjectMeta, string_entries};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::unified_diff::unified_diff;
use super::pod_spec::volumes::claim_template::claim_spec;
use super::pod_spec::{go_struct, resources};
use super::storage;
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A request for a volume.
pub struct PersistentVolumeClaim;

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
const REQUESTED: &[&str] = &["spec", "resources", "requests", "storage"];
const CLASS: &[&str] = &["spec", "storageClassName"];
const ATTRIBUTES_CLASS: &[&str] = &["spec", "volumeAttributesClassName"];

const RESIZE_STATUSES: [&str; 5] = [
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
    "NodeResizePending",
];

static DEFAULTS: &[FieldDefault] = &[text("status.phase", "Pending"), text("spec.volumeMode", "Filesystem")];

static RULES: KindRules = KindRules {
    plural: "persistentvolumeclaims",
    storage_prefix: "/registry/persistentvolumeclaims",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for PersistentVolumeClaim {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        object.set(&["status", "phase"], "Pending");
        prepare_data_sources(object, &Value::Null);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        prepare_data_sources(object, old);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        claim_spec(object.field("spec"), &FieldPath::new("spec"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        let (mut new, mut before) = (object.clone(), old.clone());
        take_back_mutable(&mut new, &mut before, errors);
        let [old_lines, lines] = [&before, &new].map(|it| comparable_lines(it.field("spec")));
        if old_lines != lines {
            let difference = unified_diff(&old_lines, &lines);
            let detail = format!(
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                 claims\n{difference}"
            );
            errors.push(FieldError::forbidden(&FieldPath::new("spec"), detail));
        }
        validate_size_change(object, old, errors);
        if object.at(&["spec", "volumeMode"]) != old.at(&["spec", "volumeMode"]) {
            let value = object.at(&["spec", "volumeMode"]);
            errors.push(FieldError::invalid(&FieldPath::new("volumeMode"), value, rules::FIELD_IMMUTABLE));
        }
        validate_class_change(object, old, errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (status, path) = (object.field("status"), FieldPath::new("status"));
        for (name, text) in string_entries(status.field("capacity")) {
            not_negative(text, &path.child("capacity").key(name), errors);
        }
        validate_resize_statuses(status, &path.child("allocatedResourceStatuses"), errors);
        let path = path.child("allocatedResources");
        for (name, text) in string_entries(status.field("allocatedResources")) {
            if validate_resource_key(name, &path, errors) {
                not_negative(text, &path.key(name), errors);
            }
        }
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        if object.annotation(CLASS_ANNOTATION).is_some() {
            warnings.push(format!(
                "metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; use \"storageClassName\" attribute \
                 instead"
            ));
        }
        for field in ["requests", "limits"] {
            let Ok(amount) = Quantity::parse(object.str_at(&["spec", "resources", field, "storage"])) else { continue };
            if amount.milli_value() % 1_000 != 0 {
                let text = amount.canonical();
                warnings.push(format!(
                    "spec.resources.{field}[storage]: fractional byte value {text:?} is invalid, must be an integer"
                ));
            }
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let is_bound = !object.str_at(&["spec", "volumeName"]).is_empty();
        let (capacity, modes) = match is_bound {
            false => (String::new(), String::new()),
            true => (
                object.at(&["status", "capacity", "storage"]).as_str().unwrap_or("0").to_owned(),
                storage::access_modes_text(object.items_at(&["status", "accessModes"])),
            ),
        };
        cells::row(vec![
            cells::name(object),
            storage::phase_cell(object),
            cells::text(object, &["spec", "volumeName"]),
            capacity.into(),
            modes.into(),
            storage::class_of(object).into(),
            storage::text_or_unset(object, ATTRIBUTES_CLASS),
            cells::age(object, now),
            storage::text_or_unset(object, &["spec", "volumeMode"]),
        ])
    }
}

/// The older and the newer field for what a volume starts with say the same.
fn prepare_data_sources(object: &mut Value, old: &Value) {
    const SOURCE: &[&str] = &["spec", "dataSource"];
    const REFERENCE: &[&str] = &["spec", "dataSourceRef"];
    let old_has_reference = !old.at(REFERENCE).is_null();
    let old_has_source = !old.at(SOURCE).is_null() || old_has_reference;
    if !object.str_at(&["spec", "dataSourceRef", "namespace"]).is_empty() && !old_has_reference {
        // Sources in other namespaces are behind a feature that is off by default.
        object.remove_at(REFERENCE);
    }
    let source = object.at(SOURCE);
    let is_known = matches!(
        (source.str_at(&["apiGroup"]), source.str_at(&["kind"])),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    );
    if !old_has_source && object.at(REFERENCE).is_null() && !is_known {
        object.remove_at(SOURCE);
    }
    match (object.at(SOURCE).clone(), object.at(REFERENCE).clone()) {
        (Value::Null, Value::Null) => {}
        (source, Value::Null) => object.set(REFERENCE, source),
        (Value::Null, mut reference) if reference.str_at(&["namespace"]).is_empty() => {
            reference.remove_at(&["namespace"]);
            object.set(SOURCE, reference);
        }
        _ => {}
    }
}

/// Makes equal in both what may change.
fn take_back_mutable(new: &mut Value, before: &mut Value, errors: &mut Vec<FieldError>) {
    if before.str_at(&["spec", "volumeName"]).is_empty() {
        copy(new, before, &["spec", "volumeName"]);
    }
    let annotation = |of: &Value| of.annotation(CLASS_ANNOTATION).map(str::to_owned);
    let (old_annotation, annotation) = (annotation(before), annotation(new));
    let (old_class, class) = (before.at(CLASS).as_str(), new.at(CLASS).as_str());
    let is_from_nothing = old_class.is_none() && class.is_some();
    let is_upgrade = is_from_nothing
        && old_annotation.is_some()
        && class == old_annotation.as_deref()
        && (annotation.is_none() || annotation == old_annotation);
    if is_upgrade {
        new.remove_at(CLASS);
    } else {
        if annotation.as_deref().unwrap_or("") != old_annotation.as_deref().unwrap_or("") {
            let path = FieldPath::new("metadata.annotations").child(CLASS_ANNOTATION);
            let value = annotation.as_deref().unwrap_or("");
            errors.push(FieldError::invalid(&path, value, rules::FIELD_IMMUTABLE));
        }
        if is_from_nothing && (old_annotation.is_none() || class == old_annotation.as_deref()) {
            new.remove_at(CLASS);
        }
    }
    if new.str_at(&["status", "phase"]) == "Bound" {
        if !new.at(&["spec", "resources", "requests"]).is_null() {
            copy(before, new, REQUESTED);
        }
        copy(before, new, ATTRIBUTES_CLASS);
    }
}

fn copy(from: &Value, into: &mut Value, path: &'static [&'static str]) {
    match from.at(path) {
        Value::Null => drop(into.remove_at(path)),
        value => into.set(path, value.clone()),
    }
}

fn comparable_lines(spec: &Value) -> Vec<String> {
    go_struct::lines("PersistentVolumeClaimSpec", spec)
}

/// A claim that could not be expanded may be made smaller again, but not below what it has.
fn validate_size_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let amount = |of: &Value, path: &[&str]| Quantity::parse(of.str_at(path)).unwrap_or(Quantity::ZERO);
    let (size, before) = (amount(object, REQUESTED), amount(old, REQUESTED));
    let reached = amount(old, &["status", "capacity", "storage"]);
    if size.compare(&before).is_lt() && size.compare(&reached).is_le() {
        let path = FieldPath::new("spec.resources.requests.storage");
        errors.push(FieldError::forbidden(&path, "field can not be less than status.capacity"));
    }
}

fn validate_class_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let (class, before) = (object.at(ATTRIBUTES_CLASS), old.at(ATTRIBUTES_CLASS));
    if class == before || old.at(&["status", "currentVolumeAttributesClassName"]).is_null() {
        return;
    }
    let shown = match class.as_str() {
        None => "nil",
        Some("") => "empty string",
        Some(_) => return,
    };
    let detail = format!("update to {shown} is forbidden when status.currentVolumeAttributesClassName is not nil");
    errors.push(FieldError::forbidden(&FieldPath::new("spec.volumeAttributesClassName"), detail));
}

fn not_negative(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(number) = Quantity::parse(text).ok().map(|it| it.value()).filter(|it| *it < 0) {
        errors.push(FieldError::invalid(path, number, "must be a valid resource quantity"));
    }
}

fn validate_resize_statuses(status: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (name, value) in string_entries(status.field("allocatedResourceStatuses")) {
        validate_resource_key(name, path, errors);
        if !RESIZE_STATUSES.contains(&value) {
            let mut known = RESIZE_STATUSES;
            known.sort_unstable();
            errors.push(FieldError::not_supported(path, name, &known));
        }
    }
}

/// Whether a resource may stand in the status of a claim.
fn validate_resource_key(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) -> bool {
    let messages = names::qualified_name(name);
    let is_good = messages.is_empty() && (!resources::is_native(name) || name == "storage");
    if messages.is_empty() && !is_good {
        errors.push(FieldError::not_supported(path, name, &["storage"]));
    }
    rules::invalid_each(path, name, messages, errors);
    is_good
}
