//! The claim that is made for an ephemeral volume.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::Value;

use super::super::optional_one_of;
use crate::rules;

/// Access modes of volumes.
pub const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const ALONE: &str = "ReadWriteOncePod";

/// Checks an `ephemeral` source.
pub fn validate(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (template, path) = (source.field("volumeClaimTemplate"), path.child("volumeClaimTemplate"));
    if template.is_null() {
        return errors.push(FieldError::required(&path, ""));
    }
    let (metadata, metadata_path) = (template.field("metadata"), path.child("metadata"));
    let annotations = string_entries(metadata.field("annotations"));
    errors.extend(names::annotations(&metadata_path.child("annotations"), annotations));
    rules::labels(metadata.field("labels").as_object(), &metadata_path.child("labels"), errors);
    for (field, value) in metadata.as_object().into_iter().flat_map(|it| it.iter()) {
        if !matches!(field, "annotations" | "labels") && !value.is_null() {
            errors.push(FieldError::forbidden(&metadata_path.child(field), "cannot be set"));
        }
    }
    claim_spec(template.field("spec"), &path.child("spec"), errors);
}

/// Checks the `spec` of a PersistentVolumeClaim (`ValidatePersistentVolumeClaimSpec`).
pub fn claim_spec(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    access_modes(spec, &path.child("accessModes"), errors);
    requested_storage(spec, &path.child("resources").key("storage"), errors);
    for field in ["storageClassName", "volumeAttributesClassName"] {
        let name = spec.str_at(&[field]);
        if field == "volumeAttributesClassName" {
            optional_one_of(spec, "volumeMode", &["Block", "Filesystem"], path, errors);
            data_sources(spec, path, errors);
        }
        if !name.is_empty() {
            rules::invalid_each(&path.child(field), name, names::dns1123_subdomain(name), errors);
        }
    }
}

fn access_modes(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let modes: Vec<&str> = spec.items_at(&["accessModes"]).iter().filter_map(Value::as_str).collect();
    if modes.is_empty() {
        errors.push(FieldError::required(path, "at least 1 access mode is required"));
    }
    if !spec.field("selector").is_null() {
        let path = FieldPath::new(path.as_str().trim_end_matches("accessModes").trim_end_matches('.'));
        errors.extend(validate_label_selector(&path.child("selector"), spec.field("selector")));
    }
    known_access_modes(&modes, path, errors);
}

/// Each mode must be known, and `ReadWriteOncePod` stands alone.
pub fn known_access_modes(modes: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for mode in modes.iter().filter(|it| !ACCESS_MODES.contains(it)) {
        errors.push(FieldError::not_supported(path, *mode, &ACCESS_MODES));
    }
    let others = modes.iter().any(|it| *it != ALONE && ACCESS_MODES.contains(it));
    if modes.contains(&ALONE) && others {
        let detail = "may not use ReadWriteOncePod with other access modes";
        errors.push(FieldError::forbidden(path, detail));
    }
}

fn requested_storage(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(text) = spec.at(&["resources", "requests", "storage"]).as_str() else {
        return errors.push(FieldError::required(path, ""));
    };
    if Quantity::parse(text).is_ok_and(|it| it.sign() <= 0) {
        errors.push(FieldError::invalid(path, text, "must be greater than zero"));
    }
}

fn data_sources(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (source, reference) = (spec.field("dataSource"), spec.field("dataSourceRef"));
    for (field, value) in [("dataSource", source), ("dataSourceRef", reference)] {
        if !value.is_null() {
            data_source(value, &path.child(field), errors);
        }
    }
    let namespace = reference.str_at(&["namespace"]);
    if !namespace.is_empty() {
        let path = path.child("dataSourceRef").child("namespace");
        rules::invalid_each(&path, namespace, names::dns1123_label(namespace), errors);
    }
    if source.is_null() || reference.is_null() {
        return;
    }
    let is_same = ["apiGroup", "kind", "name"].iter().all(|field| source.field(field) == reference.field(field));
    let detail = match namespace.is_empty() {
        false => "may not be specified when dataSourceRef.namespace is specified",
        true if !is_same => "must match dataSourceRef",
        true => return,
    };
    // Upstream prints a path, which is an object without public fields.
    let value = apimachinery::field_error::Verbatim("{}".to_owned());
    errors.push(FieldError::invalid(path, value, detail));
}

fn data_source(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(source, "name", path, errors);
    rules::require(source, "kind", path, errors);
    let (group, kind) = (source.str_at(&["apiGroup"]), source.str_at(&["kind"]));
    if group.is_empty() {
        if kind != "PersistentVolumeClaim" {
            let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            errors.push(FieldError::invalid(path, kind, detail));
        }
        return;
    }
    rules::invalid_each(&path.child("apiGroup"), group, names::dns1123_subdomain(group), errors);
}
