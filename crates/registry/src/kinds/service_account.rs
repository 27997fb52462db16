//! `v1 ServiceAccount`

use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::cells;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// The identity of processes in Pods.
pub struct ServiceAccount;

const ENFORCE_MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";

static RULES: KindRules = KindRules {
    plural: "serviceaccounts",
    storage_prefix: "/registry/serviceaccounts",
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for ServiceAccount {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        keep_only_names(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        keep_only_names(object);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        match (object.annotation(ENFORCE_MOUNTABLE), old.annotation(ENFORCE_MOUNTABLE)) {
            (Some(_), None) => vec![format!(
                "metadata.annotations[{ENFORCE_MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate \
                 access to mounted secrets"
            )],
            _ => Vec::new(),
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::age(object, now)])
    }
}

/// A reference to a secret holds its name only.
fn keep_only_names(object: &mut Value) {
    for secret in object.at_mut(&["secrets"]).and_then(Value::as_array_mut).into_iter().flatten() {
        *secret = tree!({"name": (secret.str_at(&["name"]))});
    }
}
