//! `storage.k8s.io/v1 StorageClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::{pod_spec, storage};
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// A kind of volumes that can be made on demand.
pub struct StorageClass;

static DEFAULTS: &[FieldDefault] = &[text("reclaimPolicy", "Delete"), text("volumeBindingMode", "Immediate")];

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "storageclasses",
    storage_prefix: "/registry/storageclasses",
    defaults: DEFAULTS,
    returns_deleted_object: true,
    ..KindRules::NEW
};

/// The fields that never change.
const FROZEN: [&str; 4] = ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"];

impl Strategy for StorageClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        storage::validate_provisioner(object, "provisioner", errors);
        storage::validate_parameters(object, errors);
        for (field, known) in
            [("reclaimPolicy", ["Delete", "Retain"]), ("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"])]
        {
            let value = object.str_at(&[field]);
            if !known.contains(&value) {
                errors.push(FieldError::not_supported(&FieldPath::new(field), value, &known));
            }
        }
        validate_topologies(object.items_at(&["allowedTopologies"]), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        FROZEN.iter().for_each(|field| rules::immutable(object, old, &[field], errors));
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        for (at, term) in object.items_at(&["allowedTopologies"]).iter().enumerate() {
            for (nth, expression) in term.items_at(&["matchLabelExpressions"]).iter().enumerate() {
                let path = FieldPath::new("allowedTopologies").index(at).child("matchLabelExpressions").index(nth);
                if let Some(text) = pod_spec::warnings::old_node_label(expression.str_at(&["key"])) {
                    warnings.push(format!("{}: {text}", path.child("key")));
                }
            }
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let is_default =
            ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
                .iter()
                .any(|key| object.annotation(key) == Some("true"));
        let or = |field: &str, absent: &str| match object.str_at(&[field]) {
            "" => Value::from(absent),
            text => Value::from(text),
        };
        cells::row(vec![
            format!("{}{}", object.name(), if is_default { " (default)" } else { "" }).into(),
            cells::text(object, &["provisioner"]),
            or("reclaimPolicy", "Delete"),
            or("volumeBindingMode", "Immediate"),
            Value::Bool(object.bool_at(&["allowVolumeExpansion"])),
            cells::age(object, now),
        ])
    }
}

fn validate_topologies(terms: &[Value], errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("allowedTopologies");
    for (at, term) in terms.iter().enumerate() {
        let path = path.index(at).child("matchLabelExpressions");
        let expressions = term.items_at(&["matchLabelExpressions"]);
        for (nth, expression) in expressions.iter().enumerate() {
            validate_requirement(expression, &path.index(nth), errors);
            let key = expression.str_at(&["key"]);
            if expressions[..nth].iter().any(|it| it.str_at(&["key"]) == key) {
                errors.push(FieldError::duplicate(&path.index(nth).child("key"), key));
            }
        }
        for _ in terms[..at].iter().filter(|other| meaning(other) == meaning(term)) {
            errors.push(FieldError::duplicate(&path, ""));
        }
    }
}

fn validate_requirement(requirement: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (values, path_of_values) = (requirement.items_at(&["values"]), path.child("values"));
    if values.is_empty() {
        errors.push(FieldError::required(&path_of_values, ""));
    }
    for (at, value) in values.iter().enumerate().filter(|(at, value)| values[..*at].contains(value)) {
        errors.push(FieldError::duplicate(&path_of_values.index(at), value));
    }
    let key = requirement.str_at(&["key"]);
    rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
}

/// Keys with the values that they may have, sorted: terms that mean the same are equal.
fn meaning(term: &Value) -> Vec<(&str, Vec<&str>)> {
    let expressions = term.items_at(&["matchLabelExpressions"]).iter().map(|it| {
        let mut values: Vec<&str> = it.items_at(&["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        values.dedup();
        (it.str_at(&["key"]), values)
    });
    let mut all: Vec<_> = expressions.collect();
    all.sort_unstable();
    all
}
