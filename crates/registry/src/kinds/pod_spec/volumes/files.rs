//! Volumes whose files Kubernetes writes: Secrets, ConfigMaps, fields of the Pod, tokens.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;

use super::super::environment::{self, FILE_FIELDS};
use super::descending_path;
use crate::rules;

/// Permission bits of a file.
const MODE_MAX: i64 = 0o777;
const BAD_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const DOUBLE_PATH: &str = "conflicting duplicate paths";

/// Shortest and longest life of a projected token.
const TOKEN_SECONDS: (i64, i64) = (600, 1 << 32);

/// A Secret or ConfigMap as files.
pub fn from_object(source: &Value, name: &'static str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(source, name, path, errors);
    mode(source, "defaultMode", path, errors);
    for (at, item) in source.items_at(&["items"]).iter().enumerate() {
        key_to_path(item, &path.child("items").index(at), errors);
    }
}

fn key_to_path(item: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(item, "key", path, errors);
    rules::require(item, "path", path, errors);
    local_path(item.str_at(&["path"]), &path.child("path"), errors);
    mode(item, "mode", path, errors);
}

fn mode(object: &Value, field: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(mode) = object.i64_at(&[field]).filter(|it| !(0..=MODE_MAX).contains(it)) {
        errors.push(FieldError::invalid(&path.child(field), mode, BAD_MODE));
    }
}

/// Fields of the Pod as files.
pub fn downward(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    mode(source, "defaultMode", path, errors);
    for file in source.items_at(&["items"]) {
        downward_file(file, path, errors);
    }
}

fn downward_file(file: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(file, "path", path, errors);
    local_path(file.str_at(&["path"]), &path.child("path"), errors);
    let (field, resource) = (file.field("fieldRef"), file.field("resourceFieldRef"));
    if !field.is_null() {
        environment::field_reference(field, FILE_FIELDS, &path.child("fieldRef"), errors);
        if !resource.is_null() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            errors.push(FieldError::invalid(path, "resource", detail));
        }
    } else if !resource.is_null() {
        environment::resource_reference(resource, true, &path.child("resourceFieldRef"), errors);
    } else {
        errors.push(FieldError::required(path, "one of fieldRef and resourceFieldRef is required"));
    }
    mode(file, "mode", path, errors);
}

/// Several sources in one directory.
pub fn projected(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    mode(source, "defaultMode", path, errors);
    let mut taken: Vec<&str> = Vec::new();
    for (at, one) in source.items_at(&["sources"]).iter().enumerate() {
        let item_path = path.child("sources").index(at);
        let mut count = 0;
        for field in ["secret", "configMap"] {
            let part = one.field(field);
            if part.is_null() {
                continue;
            }
            count += 1;
            let part_path = item_path.child(field);
            rules::require(part, "name", &part_path, errors);
            for (nth, item) in part.items_at(&["items"]).iter().enumerate() {
                key_to_path(item, &part_path.child("items").index(nth), errors);
                take_path(item, part.str_at(&["name"]), &mut taken, path, errors);
            }
        }
        if !one.field("downwardAPI").is_null() {
            count += 1;
            for file in one.items_at(&["downwardAPI", "items"]) {
                downward_file(file, &item_path.child("downwardAPI"), errors);
                take_path(file, file.str_at(&["path"]), &mut taken, path, errors);
            }
        }
        if !one.field("serviceAccountToken").is_null() {
            count += 1;
            token(one.field("serviceAccountToken"), path, &item_path.child("serviceAccountToken"), errors);
        }
        if count > 1 {
            let detail = "may not specify more than 1 volume type per source";
            errors.push(FieldError::forbidden(&item_path, detail));
        }
    }
}

/// Two sources cannot write the same file.
fn take_path<'a>(
    item: &'a Value,
    shown: &str,
    taken: &mut Vec<&'a str>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    let file = item.str_at(&["path"]);
    if file.is_empty() {
        return;
    }
    match taken.contains(&file) {
        true => errors.push(FieldError::invalid(path, shown, DOUBLE_PATH)),
        false => taken.push(file),
    }
}

fn token(token: &Value, volume: &FieldPath, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let seconds = token.i64_at(&["expirationSeconds"]).unwrap_or(0);
    let (least, most) = TOKEN_SECONDS;
    if seconds < least {
        let detail = "may not specify a duration less than 10 minutes";
        errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, detail));
    }
    if seconds > most {
        let detail = "may not specify a duration larger than 2^32 seconds";
        errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, detail));
    }
    match token.str_at(&["path"]) {
        "" => errors.push(FieldError::required(&volume.child("path"), "")),
        text => local_path(text, &volume.child("path"), errors),
    }
}

/// A path below the volume that does not begin as the names that the kubelet uses there.
fn local_path(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    descending_path(text, path, errors);
    if text.starts_with("..") && !text.starts_with("../") {
        errors.push(FieldError::invalid(path, text, "must not start with '..'"));
    }
}
