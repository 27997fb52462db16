//! `pods/binding`: gives a Pod to a node.

use apimachinery::field_error::{self, FieldError, FieldPath, quoted};
use apimachinery::group_version::GroupResource;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;

use super::prepare;
use crate::strategy::Context;

/// Applies a `Binding` to a Pod that has no node.
pub(super) fn bind(binding: &Value, pod: &mut Value, context: &Context<'_>) -> Result<(), Status> {
    if binding.name() != context.info.name {
        return Err(Status::bad_request("name in URL does not match name in Binding object"));
    }
    validate(binding)?;
    check_preconditions(binding, pod)?;
    check_unbound(pod)?;
    pod.set(&["spec", "nodeName"], binding.str_at(&["target", "name"]));
    pod.remove_at(&["status", "nominatedNodeName"]);
    for field in ["annotations", "labels"] {
        let entries = binding.at(&["metadata", field]).as_object().cloned().unwrap_or_default();
        let target = pod.object_at(&["metadata"]).object_entry(field);
        for (key, value) in entries.into_entries() {
            target.insert(key, value);
        }
    }
    prepare::set_condition(pod, "PodScheduled", ("True", "", ""), &context.now.seconds_text());
    Ok(())
}

fn validate(binding: &Value) -> Result<(), Status> {
    let mut errors = Vec::new();
    let path = FieldPath::new("target");
    let kind = binding.str_at(&["target", "kind"]);
    if !matches!(kind, "" | "Node") {
        errors.push(FieldError::not_supported(&path.child("kind"), kind, &["Node", "<empty>"]));
    }
    if binding.str_at(&["target", "name"]).is_empty() {
        errors.push(FieldError::required(&path.child("name"), ""));
    }
    match field_error::aggregate(&errors) {
        None => Ok(()),
        // Upstream answers without a reason here.
        Some(message) => Err(Status { code: 500, reason: "", message, details: None }),
    }
}

fn check_preconditions(binding: &Value, pod: &Value) -> Result<(), Status> {
    let pairs =
        [("UID", binding.uid(), pod.uid()), ("ResourceVersion", binding.resource_version(), pod.resource_version())];
    for (name, wanted, found) in pairs {
        if !wanted.is_empty() && wanted != found {
            let key = format!("/registry/pods/{}/{}", pod.namespace(), pod.name());
            let cause = format!(
                "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition \
                 failed: {name} in precondition: {wanted}, {name} in object meta: {found}"
            );
            return Err(Status::conflict(&GroupResource::new("", "pods"), pod.name(), &cause));
        }
    }
    Ok(())
}

fn check_unbound(pod: &Value) -> Result<(), Status> {
    let (name, node) = (pod.name(), pod.str_at(&["spec", "nodeName"]));
    let cause = if pod.deletion_timestamp().is_some() {
        format!("pod {name} is being deleted, cannot be assigned to a host")
    } else if !node.is_empty() {
        format!("pod {name} is already assigned to node {}", quoted(node))
    } else if !pod.items_at(&["spec", "schedulingGates"]).is_empty() {
        format!("pod {name} has non-empty .spec.schedulingGates")
    } else {
        return Ok(());
    };
    Err(Status::conflict(&GroupResource::new("", "pods/binding"), name, &cause))
}
