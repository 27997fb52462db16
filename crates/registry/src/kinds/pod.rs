//! `v1 Pod`: containers that run together on one node.

mod binding;
mod change;
mod ephemeral;
mod prepare;
mod qos;
mod resize;
mod row;
mod status;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::status::Status;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::{self, SpecOf};
use crate::resource::Row;
use crate::strategy::{
    Context, KindRules, LABELS, Path, SPEC, STATUS, SelectableField, Strategy, Subresource, SubresourceBody,
};

/// Containers that run together on one node.
pub struct Pod;

const OWNERS: Path = &["metadata", "ownerReferences"];

/// All but the `spec` that users may set.
const NOT_SPEC: &[Path] = &[STATUS, LABELS, OWNERS, &["metadata", "annotations"], &["metadata", "finalizers"]];

/// By which watches are indexed: a kubelet asks for its own Pods.
const NODE_NAME: &str = "spec.nodeName";

static RULES: KindRules = KindRules {
    plural: "pods",
    storage_prefix: "/registry/pods",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[
        Subresource { name: "binding", body: SubresourceBody::Other, keeps: &[] },
        Subresource { name: "ephemeralcontainers", body: SubresourceBody::Object, keeps: NOT_SPEC },
        Subresource { name: "resize", body: SubresourceBody::Object, keeps: NOT_SPEC },
        Subresource::status(&[SPEC, OWNERS]),
    ],
    generation: &[SPEC],
    selectable_fields: &[
        SelectableField::new(NODE_NAME, &[&["spec", "nodeName"]]),
        SelectableField::new("spec.host", &[&["spec", "nodeName"]]),
        SelectableField::or("spec.hostNetwork", &[&["spec", "hostNetwork"]], "false"),
        SelectableField::new("spec.restartPolicy", &[&["spec", "restartPolicy"]]),
        SelectableField::new("spec.schedulerName", &[&["spec", "schedulerName"]]),
        SelectableField::new("spec.serviceAccountName", &[&["spec", "serviceAccountName"]]),
        SelectableField::new("status.nominatedNodeName", &[&["status", "nominatedNodeName"]]),
        SelectableField::new("status.phase", &[&["status", "phase"]]),
        SelectableField::new("status.podIP", &[&["status", "podIP"]]),
        // A known name that upstream never gives a value.
        SelectableField::new("status.podIPs", &[]),
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
        pod_spec::defaults::pod(object);
        prepare::mirror_pod_ip(object);
        if let Some(status) = object.at_mut(&["status"]) {
            pod_spec::defaults::status(status);
        }
    }

    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        prepare::create(object, context);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        prepare::spec(object);
    }

    fn prepare_subresource(&self, subresource: &str, object: &mut Value, old: &Value, _: &Context<'_>) {
        match subresource {
            "ephemeralcontainers" => ephemeral::prepare(object, old),
            "resize" => resize::prepare(object, old),
            _ => status::prepare(object, old),
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec");
        pod_spec::validate_pod(object, errors);
        if !object.items_at(&["spec", "ephemeralContainers"]).is_empty() {
            errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), "cannot be set on create"));
        }
        let is_gated = !object.items_at(&["spec", "schedulingGates"]).is_empty();
        if is_gated && !object.str_at(&["spec", "nodeName"]).is_empty() {
            let detail = "cannot be set until all schedulingGates have been cleared";
            errors.push(FieldError::forbidden(&path.child("nodeName"), detail));
        }
        pod_spec::validate_annotations_match(object, &path, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_spec::validate_pod(object, errors);
        change::validate(object, old, errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        match context.info.subresource.as_str() {
            "ephemeralcontainers" => ephemeral::validate(object, old, errors),
            "resize" => resize::validate(object, old, errors),
            _ => status::validate(object, old, errors),
        }
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
        warnings.extend(pod_spec::warnings::of(object, SpecOf::Pod(object), &FieldPath::default()));
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
        row::of(object, now)
    }
}
