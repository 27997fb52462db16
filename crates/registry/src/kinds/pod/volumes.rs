//! Volumes of a Pod.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

use super::environment::{self, FILE_FIELDS};
use crate::rules;

/// Permission bits of a file.
const MODE_MAX: i64 = 0o777;
const BAD_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const DOUBLE_PATH: &str = "conflicting duplicate paths";

/// Shortest and longest life of a projected token.
const TOKEN_SECONDS: (i64, i64) = (600, 1 << 32);

const HOST_PATH_TYPES: &[&str] =
    &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// The volumes that containers can use: those that are good.
pub(super) struct Volumes<'a> {
    volumes: Vec<&'a Value>,
}

impl Volumes<'_> {
    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.volumes.iter().any(|it| it.str_at(&["name"]) == name)
    }

    /// Whether the one of this name is a claim, and so may be a block device.
    pub fn is_claim(&self, name: &str) -> bool {
        let found = self.volumes.iter().find(|it| it.str_at(&["name"]) == name);
        let has = |it: &Value, field: &str| !it.field(field).is_null();
        found.is_some_and(|it| has(it, "persistentVolumeClaim") || has(it, "ephemeral"))
    }
}

/// Checks volumes; gives the good ones.
pub(super) fn validate<'a>(volumes: &'a [Value], path: &FieldPath, errors: &mut Vec<FieldError>) -> Volumes<'a> {
    let mut good: Vec<&Value> = Vec::new();
    for (at, volume) in volumes.iter().enumerate() {
        let (path, before) = (path.index(at), errors.len());
        validate_source(volume, &path, errors);
        let name = volume.str_at(&["name"]);
        match name {
            "" => errors.push(FieldError::required(&path.child("name"), "")),
            name => rules::invalid_each(&path.child("name"), name, names::dns1123_label(name), errors),
        }
        if good.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        if errors.len() == before {
            good.push(volume);
        }
    }
    Volumes { volumes: good }
}

/// Exactly one source. Those of storage that this node cannot mount are checked for their required fields only.
fn validate_source(volume: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(entries) = volume.as_object() else { return };
    let mut given = entries.iter().filter(|(key, value)| *key != "name" && !value.is_null());
    let Some((kind, source)) = given.next() else {
        return errors.push(FieldError::required(path, "must specify a volume type"));
    };
    let source_path = path.child(kind);
    match kind {
        "emptyDir" => empty_dir(source, &source_path, errors),
        "hostPath" => host_path(source, &source_path, errors),
        "secret" => files_of(source, "secretName", &source_path, errors),
        "configMap" => files_of(source, "name", &source_path, errors),
        "downwardAPI" => {
            mode(source.i64_at(&["defaultMode"]), &source_path.child("defaultMode"), errors);
            for file in source.items_at(&["items"]) {
                downward_file(file, &source_path, errors);
            }
        }
        "projected" => projected(source, &source_path, errors),
        _ => required_fields(kind, source, &source_path, errors),
    }
    for (kind, _) in given {
        errors.push(FieldError::forbidden(&path.child(kind), "may not specify more than 1 volume type"));
    }
}

fn empty_dir(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let limit = source.field("sizeLimit").as_str().map(Quantity::parse);
    if limit.is_some_and(|it| it.is_ok_and(|it| it.sign() < 0)) {
        let detail = "SizeLimit field must be a valid resource quantity";
        errors.push(FieldError::forbidden(&path.child("sizeLimit"), detail));
    }
}

fn host_path(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match source.str_at(&["path"]) {
        "" => return errors.push(FieldError::required(&path.child("path"), "")),
        text => no_steps_back(text, &path.child("path"), errors),
    }
    let kind = source.str_at(&["type"]);
    if !HOST_PATH_TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(&path.child("type"), kind, HOST_PATH_TYPES));
    }
}

/// A Secret or ConfigMap as files.
fn files_of(source: &Value, name: &'static str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(source, name, path, errors);
    mode(source.i64_at(&["defaultMode"]), &path.child("defaultMode"), errors);
    for (at, item) in source.items_at(&["items"]).iter().enumerate() {
        key_to_path(item, &path.child("items").index(at), errors);
    }
}

fn key_to_path(item: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(item, "key", path, errors);
    rules::require(item, "path", path, errors);
    local_path(item.str_at(&["path"]), &path.child("path"), errors);
    mode(item.i64_at(&["mode"]), &path.child("mode"), errors);
}

fn mode(mode: Option<i64>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(mode) = mode.filter(|it| !(0..=MODE_MAX).contains(it)) {
        errors.push(FieldError::invalid(path, mode, BAD_MODE));
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
    mode(file.i64_at(&["mode"]), &path.child("mode"), errors);
}

fn projected(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    mode(source.i64_at(&["defaultMode"]), &path.child("defaultMode"), errors);
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
        count += ["clusterTrustBundle", "podCertificate"].iter().filter(|it| !one.field(it).is_null()).count();
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

fn required_fields(kind: &str, source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let required: &[&'static str] = match kind {
        "persistentVolumeClaim" => &["claimName"],
        "nfs" => &["server", "path"],
        "csi" => &["driver"],
        "gitRepo" => &["repository"],
        "glusterfs" => &["endpoints", "path"],
        "flexVolume" => &["driver"],
        "azureFile" => &["secretName", "shareName"],
        "vsphereVolume" => &["volumePath"],
        "cinder" => &["volumeID"],
        "awsElasticBlockStore" => &["volumeID"],
        "gcePersistentDisk" => &["pdName"],
        "image" => &["reference"],
        _ => &[],
    };
    required.iter().for_each(|field| rules::require(source, field, path, errors));
}

/// A relative path that stays below where it starts.
pub(super) fn descending_path(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if text.starts_with('/') {
        errors.push(FieldError::invalid(path, text, "must be a relative path"));
    }
    no_steps_back(text, path, errors);
}

/// The same, and it does not begin as the names that the kubelet uses.
fn local_path(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    descending_path(text, path, errors);
    if text.starts_with("..") && !text.starts_with("../") {
        errors.push(FieldError::invalid(path, text, "must not start with '..'"));
    }
}

fn no_steps_back(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if text.split('/').any(|part| part == "..") {
        errors.push(FieldError::invalid(path, text, "must not contain '..'"));
    }
}
