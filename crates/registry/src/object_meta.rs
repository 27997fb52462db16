//! Validation of `metadata`, the same for every kind (`ValidateObjectMeta`, `ValidateObjectMetaUpdate`).

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersion;
use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::names;
use apimachinery::value::{Map, Value};

use crate::rules;

/// Bytes of `managedFields[].subresource`.
const SUBRESOURCE_BYTES_MAX: usize = 256;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// Checks the metadata of an object as it will be stored.
pub fn validate(
    object: &Value,
    is_namespaced: bool,
    name_rule: fn(&str, bool) -> Vec<String>,
    errors: &mut Vec<FieldError>,
) {
    let path = FieldPath::new("metadata");
    let (name, prefix) = (object.name(), object.generate_name());
    if !prefix.is_empty() {
        rules::invalid_each(&path.child("generateName"), prefix, name_rule(prefix, true), errors);
    }
    match name {
        "" => errors.push(FieldError::required(&path.child("name"), "name or generateName is required")),
        name => rules::invalid_each(&path.child("name"), name, name_rule(name, false), errors),
    }
    validate_namespace(object.namespace(), is_namespaced, &path.child("namespace"), errors);
    rules::not_negative(object.generation(), &path.child("generation"), errors);
    let metadata = object.field("metadata");
    errors.extend(names::labels(&path.child("labels"), strings(metadata.field("labels"))));
    errors.extend(names::annotations(&path.child("annotations"), strings(metadata.field("annotations"))));
    validate_owners(object, &path.child("ownerReferences"), errors);
    validate_finalizers(&object.finalizers(), &path.child("finalizers"), errors);
    validate_managed_fields(metadata.items_at(&["managedFields"]), &path.child("managedFields"), errors);
}

/// Checks what an update did to the metadata, beside [`validate`].
pub fn validate_update(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("metadata");
    if old.deletion_timestamp().is_some() {
        no_new_finalizers(&object.finalizers(), &old.finalizers(), &path.child("finalizers"), errors);
    }
    if object.generation() < old.generation() {
        let detail = "must not be decremented";
        errors.push(FieldError::invalid(&path.child("generation"), object.generation(), detail));
    }
    let frozen = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];
    for field in frozen {
        rules::immutable(object, old, &["metadata", field], errors);
    }
}

fn validate_namespace(namespace: &str, is_namespaced: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match (is_namespaced, namespace) {
        (true, "") => errors.push(FieldError::required(path, "")),
        (true, _) => rules::invalid_each(path, namespace, names::dns1123_label(namespace), errors),
        (false, "") => {}
        (false, _) => errors.push(FieldError::forbidden(path, "not allowed on this type")),
    }
}

fn strings(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    map.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key, value.as_str().unwrap_or("")))
}

fn validate_owners(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut controller: Option<String> = None;
    let trees = object.items_at(&["metadata", "ownerReferences"]);
    for (owner, tree) in object.owner_references().iter().zip(trees) {
        validate_owner(owner, tree, path, errors);
        if !owner.is_controller {
            continue;
        }
        let this = format!("{}/{}", owner.kind, owner.name);
        match &controller {
            None => controller = Some(this),
            Some(first) => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                );
                let printed = rules::printed(object.at(&["metadata", "ownerReferences"]));
                errors.push(FieldError::invalid(path, printed, detail));
            }
        }
    }
}

fn validate_owner(owner: &OwnerReference, tree: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let version = GroupVersion::parse(&owner.api_version).map_or(String::new(), |it| it.version);
    if version.is_empty() {
        let detail = "version must not be empty";
        errors.push(FieldError::invalid(&path.child("apiVersion"), &owner.api_version, detail));
    }
    for (field, text) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
        if text.is_empty() {
            errors.push(FieldError::invalid(&path.child(field), text, "must not be empty"));
        }
    }
    if owner.api_version == "v1" && owner.kind == "Event" {
        let detail = "/v1, Kind=Event is disallowed from being an owner";
        errors.push(FieldError::invalid(path, rules::printed(tree), detail));
    }
}

fn validate_finalizers(finalizers: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for finalizer in finalizers {
        rules::invalid_each(path, finalizer, names::qualified_name(finalizer), errors);
    }
    for (at, finalizer) in finalizers.iter().enumerate() {
        rules::standard_finalizer(finalizer, &path.index(at), errors);
    }
    if finalizers.contains(&ORPHAN) && finalizers.contains(&FOREGROUND) {
        let detail = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        errors.push(FieldError::invalid(path, rules::printed_strings(finalizers.iter().copied()), detail));
    }
}

fn no_new_finalizers(new: &[&str], old: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut extra: Vec<&str> = new.iter().copied().filter(|it| !old.contains(it)).collect();
    if extra.is_empty() {
        return;
    }
    extra.sort_unstable();
    extra.dedup();
    let list: Vec<String> = extra.iter().map(|it| format!("{it:?}")).collect();
    let detail = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        list.join(", ")
    );
    errors.push(FieldError::forbidden(path, detail));
}

fn validate_managed_fields(entries: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, entry) in entries.iter().enumerate() {
        let path = path.index(at);
        let operation = entry.str_at(&["operation"]);
        if !matches!(operation, "Apply" | "Update") {
            let detail = "must be `Apply` or `Update`";
            errors.push(FieldError::invalid(&path.child("operation"), operation, detail));
        }
        let fields_type = entry.str_at(&["fieldsType"]);
        if !matches!(fields_type, "" | "FieldsV1") {
            errors.push(FieldError::invalid(&path.child("fieldsType"), fields_type, "must be `FieldsV1`"));
        }
        errors.extend(names::field_manager(&path.child("manager"), entry.str_at(&["manager"])));
        if entry.str_at(&["subresource"]).len() > SUBRESOURCE_BYTES_MAX {
            errors.push(FieldError::too_long(&path.child("subresource"), SUBRESOURCE_BYTES_MAX));
        }
    }
}
