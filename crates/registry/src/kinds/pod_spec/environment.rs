//! Environment variables, and the fields that they and volumes may show of the Pod itself.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

use super::containers_with_paths;
use super::volumes::no_steps_back;
use crate::rules;

/// Fields that an environment variable may show.
const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields that a file may show.
pub const FILE_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Fields that have a name at all.
const KNOWN_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

const BYTE_DIVISORS: &[&str] = &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Checks `env` and `envFrom` of a container.
pub fn validate(container: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, variable) in container.items_at(&["env"]).iter().enumerate() {
        let path = path.child("env").index(at);
        match variable.str_at(&["name"]) {
            "" => errors.push(FieldError::required(&path.child("name"), "")),
            name => rules::invalid_each(&path.child("name"), name, names::env_var_name(name), errors),
        }
        validate_source(variable, &path.child("valueFrom"), errors);
    }
    let list = path.child("envFrom");
    for (at, source) in container.items_at(&["envFrom"]).iter().enumerate() {
        validate_source_of_many(source, &list, &list.index(at), errors);
    }
}

fn validate_source(variable: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let source = variable.field("valueFrom");
    if source.is_null() {
        return;
    }
    let mut count = 0;
    let mut given = |field: &str| {
        let found = source.field(field);
        count += usize::from(!found.is_null());
        (!found.is_null()).then(|| (found.clone(), path.child(field)))
    };
    if let Some((field, path)) = given("fieldRef") {
        field_reference(&field, ENV_FIELDS, &path, errors);
    }
    if let Some((field, path)) = given("resourceFieldRef") {
        resource_reference(&field, false, &path, errors);
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        if let Some((reference, path)) = given(name) {
            key_reference(&reference, &path, errors);
        }
    }
    if let Some((reference, path)) = given("fileKeyRef") {
        file_reference(&reference, &path, errors);
    }
    let detail = match (count, variable.str_at(&["value"]).is_empty()) {
        (0, _) => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        (_, false) => "may not be specified when `value` is not empty",
        (1, true) => return,
        (_, true) => "may not have more than one field specified at a time",
    };
    errors.push(FieldError::invalid(path, "", detail));
}

fn key_reference(reference: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, key) = (reference.str_at(&["name"]), reference.str_at(&["key"]));
    rules::invalid_each(&path.child("name"), name, names::dns1123_subdomain(name), errors);
    match key {
        "" => errors.push(FieldError::required(&path.child("key"), "")),
        key => rules::invalid_each(&path.child("key"), key, names::config_map_key(key), errors),
    }
}

fn file_reference(reference: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let parts: [(&str, names::NameRule); 2] = [("key", names::env_var_name), ("volumeName", names::dns1123_label)];
    for (field, rule) in parts {
        match reference.str_at(&[field]) {
            "" => errors.push(FieldError::required(&path.child(field), "")),
            text => rules::invalid_each(&path.child(field), text, rule(text), errors),
        }
    }
    match reference.str_at(&["path"]) {
        "" => errors.push(FieldError::required(&path.child("path"), "")),
        text => no_steps_back(text, &path.child("path"), errors),
    }
}

/// Files that variables are read from must lie in volumes that begin empty.
pub fn validate_files(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let volumes = spec.items_at(&["volumes"]);
    for (container, path) in containers_with_paths(spec, path) {
        for (at, variable) in container.items_at(&["env"]).iter().enumerate() {
            let reference = variable.at(&["valueFrom", "fileKeyRef"]);
            if reference.is_null() {
                continue;
            }
            let name = reference.str_at(&["volumeName"]);
            let path = path.child("env").index(at).child("valueFrom.fileKeyRef.volumeName");
            match volumes.iter().rfind(|it| it.str_at(&["name"]) == name) {
                None => errors.push(FieldError::not_found(&path, name)),
                Some(volume) if volume.field("emptyDir").is_null() => {
                    errors.push(FieldError::invalid(&path, name, "referenced volume must be of type emptyDir"));
                }
                Some(_) => {}
            }
        }
    }
}

fn validate_source_of_many(source: &Value, list: &FieldPath, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let prefix = source.str_at(&["prefix"]);
    if !prefix.is_empty() {
        rules::invalid_each(&path.child("prefix"), prefix, names::env_var_name(prefix), errors);
    }
    let mut count = 0;
    for field in ["configMapRef", "secretRef"] {
        let reference = source.field(field);
        if reference.is_null() {
            continue;
        }
        count += 1;
        let path = path.child(field).child("name");
        match reference.str_at(&["name"]) {
            "" => errors.push(FieldError::required(&path, "")),
            name => rules::invalid_each(&path, name, names::prefix_of(names::dns1123_subdomain, name), errors),
        }
    }
    match count {
        0 => errors.push(FieldError::invalid(list, "", "must specify one of: `configMapRef` or `secretRef`")),
        1 => {}
        _ => errors.push(FieldError::invalid(list, "", "may not have more than one field specified at a time")),
    }
}

/// A field of the Pod (`validateObjectFieldSelector`).
pub fn field_reference(reference: &Value, known: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (version, field) = (reference.str_at(&["apiVersion"]), reference.str_at(&["fieldPath"]));
    for (name, text) in [("apiVersion", version), ("fieldPath", field)] {
        if text.is_empty() {
            return errors.push(FieldError::required(&path.child(name), ""));
        }
    }
    let given = field;
    let field = if field == "spec.host" { "spec.nodeName" } else { field };
    let subscript = field.strip_suffix("']").and_then(|it| it.split_once("['")).filter(|(name, _)| !name.is_empty());
    let trouble = match subscript {
        _ if version != "v1" => format!("unsupported pod version: {version}"),
        Some(("metadata.annotations" | "metadata.labels", _)) => String::new(),
        Some(_) => format!("field label does not support subscript: {field}"),
        None if KNOWN_FIELDS.contains(&field) => String::new(),
        None => format!("field label not supported: {field}"),
    };
    if !trouble.is_empty() {
        let detail = format!("error converting fieldPath: {trouble}");
        return errors.push(FieldError::invalid(&path.child("fieldPath"), given, detail));
    }
    match subscript {
        Some(("metadata.annotations", key)) => {
            let key = key.to_lowercase();
            rules::invalid_each(path, &key, names::qualified_name(&key), errors);
        }
        Some((_, key)) => rules::invalid_each(path, key, names::qualified_name(key), errors),
        None if !known.contains(&field) => {
            errors.push(FieldError::not_supported(&path.child("fieldPath"), field, known));
        }
        None => {}
    }
}

/// A limit or request of a container (`validateContainerResourceFieldSelector`).
pub fn resource_reference(reference: &Value, is_file: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let resource = reference.str_at(&["resource"]);
    let is_huge = resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if is_file && reference.str_at(&["containerName"]).is_empty() {
        errors.push(FieldError::required(&path.child("containerName"), ""));
    } else if resource.is_empty() {
        errors.push(FieldError::required(&path.child("resource"), ""));
    } else if !is_huge && !RESOURCES.contains(&resource) {
        errors.push(FieldError::not_supported(&path.child("resource"), resource, RESOURCES));
    }
    let divisor = Quantity::parse(reference.str_at(&["divisor"]));
    let Some(divisor) = divisor.ok().filter(|it| !it.is_zero()).map(|it| it.canonical()) else { return };
    let bytes = |what: &str| {
        let list = BYTE_DIVISORS.join(", ");
        format!("only divisor's values {list} are supported with the {what} resource")
    };
    let detail = match resource.split_once('.').map_or("", |(_, name)| name) {
        "cpu" if !matches!(divisor.as_str(), "1m" | "1") => {
            "only divisor's values 1m and 1 are supported with the cpu resource".to_owned()
        }
        "memory" if !BYTE_DIVISORS.contains(&divisor.as_str()) => bytes("memory"),
        "ephemeral-storage" if !BYTE_DIVISORS.contains(&divisor.as_str()) => bytes("local ephemeral storage"),
        _ if is_huge && !BYTE_DIVISORS.contains(&divisor.as_str()) => bytes("hugepages"),
        _ => return,
    };
    errors.push(FieldError::invalid(&path.child("divisor"), resource, detail));
}
