//! `v1 Pod`

mod binding;
mod change;
mod containers;
mod environment;
mod pod_defaults;
mod pod_row;
mod pod_warnings;
mod quality;
mod resources;
mod scheduling;
mod spec;
mod volumes;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{
    Context, KindRules, Path, SPEC, STATUS, SelectableField, Strategy, Subresource, SubresourceBody,
};

pub(super) use pod_defaults::default_spec;
pub(super) use pod_warnings::template_warnings;
pub(super) use spec::{SpecOf, validate_annotations, validate_spec};

/// One or more containers that run together on a node.
pub struct Pod;

const OWNERS: Path = &["metadata", "ownerReferences"];

/// Where the scheduler looks for Pods of a node.
const NODE_NAME: &str = "spec.nodeName";

static RULES: KindRules = KindRules {
    plural: "pods",
    storage_prefix: "/registry/pods",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[
        Subresource { name: "binding", body: SubresourceBody::Other, keeps: &[] },
        Subresource::status(&[SPEC, OWNERS]),
    ],
    generation: &[SPEC],
    selectable_fields: &[
        SelectableField::new(NODE_NAME, &[&["spec", "nodeName"]]),
        SelectableField::new("spec.restartPolicy", &[&["spec", "restartPolicy"]]),
        SelectableField::new("spec.schedulerName", &[&["spec", "schedulerName"]]),
        SelectableField::new("spec.serviceAccountName", &[&["spec", "serviceAccountName"]]),
        SelectableField::or("spec.hostNetwork", &[&["spec", "hostNetwork"]], "false"),
        SelectableField::new("status.phase", &[&["status", "phase"]]),
        SelectableField::new("status.podIP", &[&["status", "podIP"]]),
        SelectableField::new("status.nominatedNodeName", &[&["status", "nominatedNodeName"]]),
    ],
    indexed_field: Some(NODE_NAME),
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for Pod {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        pod_defaults::default_pod(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        // Admission may have chosen a service account.
        pod_defaults::same_service_account_fields(object.object_at(&["spec"]));
        object.set(&["status"], tree!({"phase": "Pending", "qosClass": (quality::class(object))}));
        if !object.items_at(&["spec", "schedulingGates"]).is_empty() {
            let condition = tree!({
                "type": "PodScheduled",
                "status": "False",
                "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates"
            });
            object.set(&["status", "conditions"], vec![condition]);
        }
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        pod_defaults::same_service_account_fields(object.object_at(&["spec"]));
    }

    fn prepare_subresource(&self, _: &str, object: &mut Value, old: &Value, _: &Context<'_>) {
        change::keep_status(object, old);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        spec::validate_pod(object, errors);
        let path = FieldPath::new("spec");
        if !object.items_at(&["spec", "ephemeralContainers"]).is_empty() {
            errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), "cannot be set on create"));
        }
        let is_gated = !object.items_at(&["spec", "schedulingGates"]).is_empty();
        if is_gated && !object.str_at(&["spec", "nodeName"]).is_empty() {
            let detail = "cannot be set until all schedulingGates have been cleared";
            errors.push(FieldError::forbidden(&path.child("nodeName"), detail));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        spec::validate_pod(object, errors);
        change::validate(object, old, errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        change::validate_status(object, old, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        if !old.is_null() {
            return Vec::new();
        }
        let mut warnings = Vec::new();
        let messages = names::dns1123_label(object.name());
        if !messages.is_empty() {
            warnings.push(format!(
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS \
                 label is recommended: [{}]",
                messages.join(" ")
            ));
        }
        warnings.extend(pod_warnings::pod_warnings(object));
        warnings
    }

    fn apply_subresource(
        &self,
        _: &str,
        body: &Value,
        object: &mut Value,
        context: &Context<'_>,
    ) -> Result<(), Status> {
        binding::bind(body, object, context)
    }

    fn grace_period_seconds(&self, object: &Value, requested: Option<i64>) -> Option<i64> {
        let is_over = matches!(object.str_at(&["status", "phase"]), "Failed" | "Succeeded");
        if is_over || object.str_at(&["spec", "nodeName"]).is_empty() {
            return Some(0);
        }
        let wanted = requested.or(object.i64_at(&["spec", "terminationGracePeriodSeconds"])).unwrap_or(0);
        Some(if wanted < 0 { 1 } else { wanted })
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        pod_row::row(object, now)
    }
}

/// The lists of containers that a Pod may have.
const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Whether an init container runs beside the others (a sidecar).
fn is_restartable(init_container: &Value) -> bool {
    init_container.str_at(&["restartPolicy"]) == "Always"
}

#[cfg(test)]
mod tests;
