//! Annotations of Pods and templates that mean something.

use apimachinery::field_error::{FieldError, FieldPath, quoted};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use super::volumes::descending_path;
use super::{apparmor, containers_with_paths};

/// Marks what the kubelet shows of a Pod that it has from elsewhere.
pub(in super::super) const MIRROR: &str = "kubernetes.io/config.mirror";
/// How unwilling a ReplicaSet is to delete the Pod.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The older form of `spec.securityContext.seccompProfile`.
pub(super) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// The older form of a container's; its name follows.
pub(super) const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// Start of an annotation that names a profile of the node.
pub(super) const LOCALHOST: &str = "localhost/";

/// Checks the annotations of a Pod or template (`ValidatePodSpecificAnnotations`).
pub(in super::super) fn validate(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(value) = object.annotation(MIRROR)
        && object.str_at(&["spec", "nodeName"]).is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(FieldError::invalid(&path.key(MIRROR), value, detail));
    }
    if let Some(cost) = object.annotation(DELETION_COST)
        && !is_deletion_cost(cost)
    {
        errors.push(FieldError::invalid(&path.key(DELETION_COST), cost, "must be a 32bit integer"));
    }
    if let Some(profile) = object.annotation(SECCOMP_POD) {
        seccomp(profile, &path.child(SECCOMP_POD), errors);
    }
    for (key, profile) in object.annotations().filter(|(key, _)| key.starts_with(SECCOMP_CONTAINER)) {
        seccomp(profile, &path.child(key), errors);
    }
    for (key, profile) in object.annotations() {
        let Some(name) = key.strip_prefix(apparmor::ANNOTATION) else { continue };
        let path = path.key(key);
        let mut containers = containers_with_paths(object.field("spec"), &path);
        if !containers.any(|(container, _)| container.str_at(&["name"]) == name) {
            errors.push(FieldError::invalid(&path, name, "container not found"));
        }
        if !apparmor::is_annotation(profile) {
            let detail = format!("invalid AppArmor profile name: {}", quoted(profile));
            errors.push(FieldError::invalid(&path, profile, detail));
        }
    }
}

/// A 32-bit number; a plus sign or leading zeroes are refused, unless a minus sign is before them.
fn is_deletion_cost(text: &str) -> bool {
    let has_good_start = text == "0" || text.starts_with(|c| matches!(c, '-' | '1'..='9'));
    has_good_start && text.parse::<i32>().is_ok()
}

fn seccomp(profile: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match profile.strip_prefix(LOCALHOST) {
        Some(file) => descending_path(file, path, errors),
        None if matches!(profile, "runtime/default" | "docker/default" | "unconfined") => {}
        None => errors.push(FieldError::invalid(path, profile, "must be a valid seccomp profile")),
    }
}

/// An annotation and the field that took its place must say the same.
pub(in super::super) fn validate_fields_match(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (spec, security) = (object.field("spec"), object.at(&["spec", "securityContext"]));
    if let Some(annotation) = object.annotation(SECCOMP_POD) {
        seccomp_matches(annotation, security, &path.child("securityContext"), errors);
    }
    for (container, path) in containers_with_paths(spec, path) {
        let key = format!("{SECCOMP_CONTAINER}{}", container.str_at(&["name"]));
        if let Some(annotation) = object.annotation(&key) {
            let path = path.child("securityContext");
            seccomp_matches(annotation, container.field("securityContext"), &path, errors);
        }
    }
    if spec.str_at(&["os", "name"]) != "windows" {
        apparmor::validate_match(object, path, errors);
    }
}

fn seccomp_matches(annotation: &str, security: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let path = path.child("seccompProfile");
    // The name that Docker had for it.
    let annotation = if annotation == "docker/default" { "runtime/default" } else { annotation };
    profile_matches("seccomp", annotation, security.field("seccompProfile"), &path, errors);
}

/// The annotation of a profile and the field that took its place must say the same; `what` names the profile.
pub(super) fn profile_matches(
    what: &str,
    annotation: &str,
    profile: &Value,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    let is_same_type = match profile.str_at(&["type"]) {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default",
        "Localhost" => annotation.starts_with(LOCALHOST),
        _ => return,
    };
    if !is_same_type {
        let detail = format!("{what} type in annotation and field must match");
        errors.push(FieldError::forbidden(&path.child("type"), detail));
    } else if let Some(file) = annotation.strip_prefix(LOCALHOST)
        && profile.field("localhostProfile").as_str() != Some(file)
    {
        let detail = format!("{what} profile in annotation and field must match");
        errors.push(FieldError::forbidden(&path.child("localhostProfile"), detail));
    }
}
