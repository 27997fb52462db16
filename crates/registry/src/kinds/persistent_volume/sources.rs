//! What a PersistentVolume is made of.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::super::pod_spec::volumes::storage::{self, driver_name, wrong_with_iscsi_name};
use super::super::pod_spec::volumes::{host_path, no_steps_back};
use crate::defaults::{self, FieldDefault, text, truth};
use crate::rules;

/// Kinds of sources in the order in which upstream looks at them.
const KINDS: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Kinds whose mount options are heeded.
const WITH_MOUNT_OPTIONS: [&str; 13] = [
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "cinder",
    "cephfs",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
];

/// Kinds that mean nothing any more: kind, upstream's name for it, text.
const DEAD: [(&str, &str, &str); 6] = [
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

static DEFAULTS: &[FieldDefault] = &[
    text("spec.rbd.pool", "rbd"),
    text("spec.rbd.user", "admin"),
    text("spec.rbd.keyring", "/etc/ceph/keyring"),
    text("spec.iscsi.iscsiInterface", "default"),
    text("spec.azureDisk.cachingMode", "ReadWrite"),
    text("spec.azureDisk.kind", "Shared"),
    text("spec.azureDisk.fsType", "ext4"),
    truth("spec.azureDisk.readOnly", false),
    text("spec.scaleIO.storageMode", "ThinProvisioned"),
    text("spec.scaleIO.fsType", "xfs"),
];

/// Sets what is absent in sources.
pub fn default(object: &mut Value) {
    defaults::apply(DEFAULTS, object);
    if let Some(host_path) = object.at_mut(&["spec", "hostPath"])
        && host_path.field("type").is_null()
    {
        host_path.set(&["type"], "");
    }
}

/// Whether the older annotation for mount options means something.
pub fn takes_mount_options(spec: &Value) -> bool {
    WITH_MOUNT_OPTIONS.iter().any(|kind| !spec.field(kind).is_null())
}

/// Texts about sources that do nothing.
pub fn warnings(spec: &Value) -> impl Iterator<Item = String> {
    let dead = DEAD.iter().filter(|(kind, _, _)| !spec.field(kind).is_null());
    dead.map(|(_, name, text)| format!("spec.{name}: {text}"))
}

/// Exactly one source, and a good one.
pub fn validate(spec: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut has_one = false;
    for kind in KINDS.iter().filter(|kind| !spec.field(kind).is_null()) {
        if has_one && *kind != "flexVolume" {
            let shown = if *kind == "cephfs" { "cephFS" } else { kind };
            errors.push(FieldError::forbidden(&path.child(shown), "may not specify more than 1 volume type"));
            continue;
        }
        has_one = true;
        validate_source(kind, spec, name, path, errors);
    }
    if !has_one {
        errors.push(FieldError::required(path, "must specify a volume type"));
    }
    if is_root(spec.str_at(&["hostPath", "path"])) && spec.str_at(&["persistentVolumeReclaimPolicy"]) == "Recycle" {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        errors.push(FieldError::forbidden(&path.child("persistentVolumeReclaimPolicy"), detail));
    }
}

/// Whether every element of the path leads nowhere else.
fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "."))
}

fn validate_source(kind: &str, spec: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (source, source_path) = (spec.field(kind), path.child(kind));
    match kind {
        "hostPath" => host_path(source, &source_path, errors),
        "glusterfs" => {
            storage::validate(kind, spec, path, errors);
            endpoints_namespace(source, &source_path.child("endpointsNamespace"), errors);
        }
        "iscsi" => iscsi(source, name, &source_path, errors),
        "cinder" => {
            rules::require(source, "volumeID", &source_path, errors);
            required_secret(source, &source_path, errors);
        }
        "azureFile" => {
            rules::require(source, "secretName", &source_path, errors);
            rules::require(source, "shareName", &source_path, errors);
            if source.field("secretNamespace").as_str() == Some("") {
                errors.push(FieldError::required(&source_path.child("secretNamespace"), ""));
            }
        }
        "local" => {
            local(source, &source_path, errors);
            if spec.field("nodeAffinity").is_null() {
                let detail = "Local volume requires node affinity";
                errors.push(FieldError::required(&path.child("nodeAffinity"), detail));
            }
        }
        "storageos" => {
            storage::storage_os_names(source, &source_path, errors);
            required_secret(source, &source_path, errors);
        }
        "csi" => csi(source, &source_path, errors),
        _ => storage::validate(kind, spec, path, errors),
    }
}

fn endpoints_namespace(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match source.field("endpointsNamespace").as_str() {
        None => {}
        Some("") => {
            let detail = "if the endpointnamespace is set, it must be a valid namespace name";
            errors.push(FieldError::invalid(path, "", detail));
        }
        Some(name) => rules::invalid_each(path, name, names::dns1123_label(name), errors),
    }
}

fn required_secret(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let secret = source.field("secretRef");
    if !secret.is_null() {
        let path = path.child("secretRef");
        rules::require(secret, "name", &path, errors);
        rules::require(secret, "namespace", &path, errors);
    }
}

fn local(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match source.str_at(&["path"]) {
        "" => errors.push(FieldError::required(&path.child("path"), "")),
        text => no_steps_back(text, &path.child("path"), errors),
    }
}

fn iscsi(source: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const FORMAT: &str = "must be valid format";
    let portal = source.str_at(&["targetPortal"]);
    rules::require(source, "targetPortal", path, errors);
    let initiator = source.field("initiatorName").as_str();
    if initiator.is_some() && name.len() + 1 + portal.len() > storage::ISCSI_NAME_BYTES_MAX {
        let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                      iscsi.initiatorName is specified.";
        errors.push(FieldError::invalid(&path.child("targetportal"), portal, detail));
    }
    match source.str_at(&["iqn"]) {
        "" => errors.push(FieldError::required(&path.child("iqn"), "")),
        iqn if wrong_with_iscsi_name(iqn).is_some() => {
            errors.push(FieldError::invalid(&path.child("iqn"), iqn, FORMAT));
        }
        _ => {}
    }
    let lun = source.i64_at(&["lun"]).unwrap_or(0);
    let messages = names::in_range(lun, 0, 255);
    errors.extend(messages.into_iter().map(|it| FieldError::invalid(&path.child("lun"), lun, it)));
    let secret = source.field("secretRef");
    let needs_secret = source.bool_at(&["chapAuthDiscovery"]) || source.bool_at(&["chapAuthSession"]);
    match secret.is_null() {
        true if needs_secret => errors.push(FieldError::required(&path.child("secretRef"), "")),
        true => {}
        false => rules::require(secret, "name", &path.child("secretRef"), errors),
    }
    if let Some(initiator) = initiator.filter(|it| wrong_with_iscsi_name(it).is_some()) {
        errors.push(FieldError::invalid(&path.child("initiatorname"), initiator, FORMAT));
    }
}

fn csi(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const SECRETS: [&str; 4] =
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"];
    driver_name(source.str_at(&["driver"]), &path.child("driver"), errors);
    rules::require(source, "volumeHandle", path, errors);
    for field in SECRETS.iter().filter(|field| !source.field(field).is_null()) {
        let (secret, path) = (source.field(field), path.child(field));
        for (field, rule) in
            [("name", names::dns1123_subdomain as names::NameRule), ("namespace", names::dns1123_label)]
        {
            rules::require(secret, field, &path, errors);
            let text = secret.str_at(&[field]);
            if !text.is_empty() {
                rules::invalid_each(&path.child(field), text, rule(text), errors);
            }
        }
    }
}
