//! `v1 Namespace`: held by `spec.finalizers` until the namespace controller has emptied it.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, SelectableField, Strategy, Subresource, SubresourceBody};
use crate::{cells, name_rules, rules};

/// A scope for names.
pub struct Namespace;

const SPEC_FINALIZERS: &[&str] = &["spec", "finalizers"];
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

static DEFAULTS: &[FieldDefault] = &[text("status.phase", "Active")];

static RULES: KindRules = KindRules {
    plural: "namespaces",
    storage_prefix: "/registry/namespaces",
    name_rule: name_rules::dns_label,
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[SPEC_FINALIZERS, STATUS],
    subresources: &[
        Subresource { name: "finalize", body: SubresourceBody::Object, keeps: &[STATUS] },
        Subresource::status(&[SPEC]),
    ],
    selectable_fields: &[SelectableField::new("status.phase", &[&["status", "phase"]])],
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for Namespace {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        label_with_name(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        object.set(&["status", "phase"], "Active");
        let finalizers = object.items_at(SPEC_FINALIZERS);
        if !finalizers.iter().any(|it| it.as_str() == Some("kubernetes")) {
            let with_ours: Vec<Value> = finalizers.iter().cloned().chain(["kubernetes".into()]).collect();
            object.set(SPEC_FINALIZERS, with_ours);
        }
        label_with_name(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec.finalizers");
        for name in finalizers(object) {
            finalizer_name(name, &path, errors);
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        if context.info.subresource == "finalize" {
            let path = FieldPath::new("spec.finalizers");
            for (at, name) in finalizers(object).enumerate() {
                finalizer_name(name, &path.index(at), errors);
            }
            return;
        }
        let (wanted, detail) = match object.deletion_timestamp() {
            None => ("Active", "may only be 'Active' if `deletionTimestamp` is empty"),
            Some(_) => ("Terminating", "may only be 'Terminating' if `deletionTimestamp` is not empty"),
        };
        let phase = object.str_at(&["status", "phase"]);
        if phase != wanted {
            errors.push(FieldError::invalid(&FieldPath::new("status.Phase"), phase, detail));
        }
    }

    fn is_held(&self, object: &Value) -> bool {
        object.deletion_timestamp().is_none() || finalizers(object).next().is_some()
    }

    fn mark_deleting(&self, object: &mut Value) {
        object.set(&["status", "phase"], "Terminating");
        object.remove_at(&["metadata", "deletionGracePeriodSeconds"]);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["status", "phase"]), cells::age(object, now)])
    }
}

fn label_with_name(object: &mut Value) {
    let name = object.name().to_owned();
    if !name.is_empty() {
        object.set(&["metadata", "labels", NAME_LABEL], name);
    }
}

fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    object.items_at(SPEC_FINALIZERS).iter().filter_map(Value::as_str)
}

fn finalizer_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::invalid_each(path, name, names::qualified_name(name), errors);
    rules::standard_finalizer(name, path, errors);
}
