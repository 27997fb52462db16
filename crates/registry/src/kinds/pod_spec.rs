//! `PodSpec`, as Pods and Pod templates hold it: defaults, checks (`ValidatePodSpec`), warnings.

pub(super) mod affinity;
mod annotations;
pub(super) mod apparmor;
mod claims;
mod containers;
pub(super) mod defaults;
mod environment;
pub(super) mod go_struct;
mod handlers;
mod image;
mod network;
mod os;
pub(super) mod resources;
mod scheduling;
mod security;
pub(super) mod unified_diff;
pub(super) mod volumes;
pub(super) mod warnings;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;

use crate::rules;

pub(super) use annotations::MIRROR as MIRROR_ANNOTATION;
pub(super) use annotations::validate as validate_annotations;
pub(super) use annotations::validate_fields_match as validate_annotations_match;
pub(super) use scheduling::tolerations as validate_tolerations;
pub(super) use security::user_id as validate_user_id;
pub(super) use volumes::claim_template::claim_spec as validate_claim_spec;

/// The lists of containers of a `PodSpec`, in the order in which upstream visits them.
pub(super) const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// An empty name as upstream prints it, where it refuses a Pod as a whole.
pub(super) const NO_PATH: &str = "[]";

/// Whose `spec` it is: a Pod is checked more strictly than a template.
#[derive(Clone, Copy)]
pub(super) enum SpecOf<'a> {
    /// This Pod.
    Pod(&'a Value),
    /// A template of Pods.
    Template,
}

impl<'a> SpecOf<'a> {
    /// The Pod, if it is one.
    fn pod(self) -> Option<&'a Value> {
        match self {
            SpecOf::Pod(pod) => Some(pod),
            SpecOf::Template => None,
        }
    }
}

/// Whether an init container runs on beside the others.
pub(super) fn is_sidecar(container: &Value) -> bool {
    container.str_at(&["restartPolicy"]) == "Always"
}

/// All containers with their paths.
pub(super) fn containers_with_paths<'a>(
    spec: &'a Value,
    path: &FieldPath,
) -> impl Iterator<Item = (&'a Value, FieldPath)> {
    let lists = CONTAINER_LISTS.map(|list| (spec.items_at(&[list]), path.child(list)));
    lists
        .into_iter()
        .flat_map(|(items, path)| items.iter().enumerate().map(move |(at, container)| (container, path.index(at))))
}

/// All containers, to change.
pub(super) fn for_each_container(spec: &mut Value, lists: &[&str], mut change: impl FnMut(&mut Value)) {
    for list in lists {
        let items = spec.at_mut(&[list]).and_then(Value::as_array_mut);
        items.into_iter().flatten().for_each(&mut change);
    }
}

/// Checks a `PodSpec`.
pub(super) fn validate(spec: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if spec.field("terminationGracePeriodSeconds").is_null() {
        errors.push(FieldError::required(&path.child("terminationGracePeriodSeconds"), ""));
    }
    let volumes = volumes::validate(spec.items_at(&["volumes"]), of, &path.child("volumes"), errors);
    claims::validate(spec.items_at(&["resourceClaims"]), of, &path.child("resourceClaims"), errors);
    containers::validate(spec, &volumes, path, errors);
    resources::validate_pod_level(spec, path, errors);
    network::host_ports(spec, of, path, errors);
    one_of(spec, "restartPolicy", &["Always", "OnFailure", "Never"], path, errors);
    one_of(spec, "dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path, errors);
    rules::labels(spec.field("nodeSelector").as_object(), &path.child("nodeSelector"), errors);
    security::of_pod(spec, &path.child("securityContext"), errors);
    affinity::validate(spec.field("affinity"), &path.child("affinity"), errors);
    network::dns(spec, &path.child("dnsConfig"), errors);
    scheduling::gates(spec, path, errors);
    scheduling::spread(spec.items_at(&["topologySpreadConstraints"]), &path.child("topologySpreadConstraints"), errors);
    os::host_processes(spec, path, errors);
    security::host_users(spec, path, errors);
    network::hostname_override(spec, path, errors);
    validate_names(spec, path, errors);
    scheduling::tolerations(spec.items_at(&["tolerations"]), &path.child("tolerations"), errors);
    network::host_aliases(spec, &path.child("hostAliases"), errors);
    validate_classes(spec, path, errors);
    if !spec.field("overhead").is_null() {
        resources::validate_overhead(spec.field("overhead"), &path.child("overhead"), errors);
    }
    os::validate(spec, path, errors);
    environment::validate_files(spec, path, errors);
}

/// A required string with a few values.
fn one_of(object: &Value, field: &'static str, known: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    match object.str_at(&[field]) {
        "" => errors.push(FieldError::required(&path.child(field), "")),
        value if known.contains(&value) => {}
        value => errors.push(FieldError::not_supported(&path.child(field), value, known)),
    }
}

/// An optional string (a Go pointer) with a few values.
fn optional_one_of(object: &Value, field: &str, known: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(value) = object.field(field).as_str().filter(|it| !known.contains(it)) {
        errors.push(FieldError::not_supported(&path.child(field), value, known));
    }
}

/// A number with messages about it.
fn invalid_number(number: i64, messages: Vec<String>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, number, message)));
}

fn validate_names(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    name(spec, "serviceAccountName", names::dns1123_subdomain, path, errors);
    name(spec, "nodeName", names::dns1123_subdomain, path, errors);
    if let Some(seconds) = spec.i64_at(&["activeDeadlineSeconds"]) {
        let messages = names::in_range(seconds, 1, i64::from(i32::MAX));
        invalid_number(seconds, messages, &path.child("activeDeadlineSeconds"), errors);
    }
    name(spec, "hostname", names::dns1123_label, path, errors);
    name(spec, "subdomain", names::dns1123_label, path, errors);
}

fn validate_classes(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    name(spec, "priorityClassName", names::dns1123_subdomain, path, errors);
    if let Some(class) = spec.field("runtimeClassName").as_str() {
        rules::invalid_each(&path.child("runtimeClassName"), class, names::dns1123_subdomain(class), errors);
    }
    if !spec.field("preemptionPolicy").is_null() {
        one_of(spec, "preemptionPolicy", &["PreemptLowerPriority", "Never"], path, errors);
    }
}

fn name(spec: &Value, field: &str, rule: names::NameRule, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = spec.str_at(&[field]);
    if !name.is_empty() {
        rules::invalid_each(&path.child(field), name, rule(name), errors);
    }
}

/// Checks a Pod as it will be stored (`validatePodMetadataAndSpec`), `metadata` apart.
pub(super) fn validate_pod(pod: &Value, errors: &mut Vec<FieldError>) {
    let (spec, path) = (pod.field("spec"), FieldPath::new("spec"));
    validate_annotations(pod, &FieldPath::new("metadata.annotations"), errors);
    validate(spec, SpecOf::Pod(pod), &path, errors);
    if spec.str_at(&["serviceAccountName"]).is_empty() {
        volumes::forbid_tokens(spec, &path.child("volumes"), errors);
    }
    for list in ["containers", "initContainers"] {
        for (at, container) in spec.items_at(&[list]).iter().enumerate() {
            containers::no_space_around_image(container, &path.child(list).index(at), errors);
        }
    }
}

/// Checks a template at this path (`ValidatePodTemplateSpec`). Upstream leaves `metadata` out of its paths.
pub(super) fn validate_template(template: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::labels(template.at(&["metadata", "labels"]).as_object(), &path.child("labels"), errors);
    errors.extend(names::annotations(&path.child("annotations"), template.annotations()));
    validate_annotations(template, &path.child("annotations"), errors);
    validate(template.field("spec"), SpecOf::Template, &path.child("spec"), errors);
    validate_annotations_match(template, &path.child("spec"), errors);
    if !template.items_at(&["spec", "ephemeralContainers"]).is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        errors.push(FieldError::forbidden(&path.child("spec.ephemeralContainers"), detail));
    }
}
