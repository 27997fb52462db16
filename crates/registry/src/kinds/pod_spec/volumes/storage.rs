//! Volumes that other machines serve: network file systems, cloud disks, drivers.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::{Map, Value};

use super::super::{invalid_number, optional_one_of};
use super::descending_path;
use crate::rules;

/// Bytes of a volume's name, a colon and an iSCSI portal together.
pub const ISCSI_NAME_BYTES_MAX: usize = 64;
const DRIVER_NAME_CHARACTERS_MAX: usize = 63;
const TENANT_CHARACTERS_MAX: usize = 64;
const QUOBYTE_REGISTRY: &str = "must be a host:port pair or multiple pairs separated by commas";
const MANAGED_DISK: &str =
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

/// Checks the source of this kind of a volume.
pub fn validate(kind: &str, volume: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (source, source_path) = (volume.field(kind), path.child(kind));
    required_fields(kind, source, &source_path, errors);
    match kind {
        "gitRepo" => descending_path(source.str_at(&["directory"]), &source_path.child("directory"), errors),
        "gcePersistentDisk" => partition(source, &path.child("persistentDisk"), errors),
        "awsElasticBlockStore" => partition(source, &source_path, errors),
        "nfs" if !source.str_at(&["path"]).starts_with('/') => {
            let detail = "must be an absolute path";
            errors.push(FieldError::invalid(&source_path.child("path"), source.str_at(&["path"]), detail));
        }
        "iscsi" => {
            iscsi(source, &source_path, errors);
            iscsi_name(volume, path, errors);
        }
        "flocker" => flocker(source, &source_path, errors),
        "cinder" => secret_name(source, "secretRef", &source_path, errors),
        "quobyte" => quobyte(source, &source_path, errors),
        "fc" => fibre_channel(source, &source_path, errors),
        "flexVolume" => flex_options(source, &source_path.child("options"), errors),
        "azureDisk" => azure_disk(source, &source_path, errors),
        "storageos" => storage_os(source, &source_path, errors),
        "csi" => csi(source, &source_path, errors),
        _ => {}
    }
}

/// Fields that must not be empty, of kinds where that comes first.
fn required_fields(kind: &str, source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let fields: &[&'static str] = match kind {
        "gitRepo" => &["repository"],
        "gcePersistentDisk" => {
            // Upstream's path has another name here.
            if source.str_at(&["pdName"]).is_empty() {
                let path = FieldPath::new(&path.as_str().replace("gcePersistentDisk", "persistentDisk"));
                errors.push(FieldError::required(&path.child("pdName"), ""));
            }
            &[]
        }
        "awsElasticBlockStore" | "cinder" | "portworxVolume" => &["volumeID"],
        "nfs" => &["server", "path"],
        "iscsi" => &["targetPortal"],
        "glusterfs" => &["endpoints", "path"],
        "flexVolume" => &["driver"],
        "azureFile" => &["secretName", "shareName"],
        "azureDisk" => &["diskName", "diskURI"],
        "vsphereVolume" => &["volumePath"],
        "photonPersistentDisk" => &["pdID"],
        "scaleIO" => &["gateway", "system", "volumeName"],
        _ => &[],
    };
    if matches!(kind, "rbd" | "cephfs") && source.items_at(&["monitors"]).is_empty() {
        errors.push(FieldError::required(&path.child("monitors"), ""));
    }
    if kind == "rbd" {
        rules::require(source, "image", path, errors);
    }
    fields.iter().for_each(|field| rules::require(source, field, path, errors));
}

fn partition(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let number = source.i64_at(&["partition"]).unwrap_or(0);
    if !(0..=255).contains(&number) {
        let detail = names::range_message(1, 255);
        errors.push(FieldError::invalid(&path.child("partition"), number, detail));
    }
}

fn secret_name(source: &Value, field: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if !source.field(field).is_null() {
        rules::require(source.field(field), "name", &path.child(field), errors);
    }
}

fn iscsi(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = source.str_at(&["iqn"]);
    match wrong_with_iscsi_name(name) {
        _ if name.is_empty() => errors.push(FieldError::required(&path.child("iqn"), "")),
        Some(detail) => errors.push(FieldError::invalid(&path.child("iqn"), name, detail)),
        None => {}
    }
    let lun = source.i64_at(&["lun"]).unwrap_or(0);
    invalid_number(lun, names::in_range(lun, 0, 255), &path.child("lun"), errors);
    let needs_secret = source.bool_at(&["chapAuthDiscovery"]) || source.bool_at(&["chapAuthSession"]);
    if needs_secret && source.field("secretRef").is_null() {
        errors.push(FieldError::required(&path.child("secretRef"), ""));
    }
    if let Some(initiator) = source.field("initiatorName").as_str()
        && let Some(detail) = wrong_with_iscsi_name(initiator)
    {
        errors.push(FieldError::invalid(&path.child("initiatorname"), initiator, detail));
    }
}

/// What is wrong with the name of an iSCSI target or initiator.
pub fn wrong_with_iscsi_name(name: &str) -> Option<&'static str> {
    let is_alphanumeric = |text: &str, count: usize| {
        // One character of any kind comes first.
        let mut characters = text.chars();
        characters.next().is_some_and(|c| c != '\n')
            && characters.clone().count() == count
            && characters.all(|c| c.is_ascii_alphanumeric())
    };
    let is_good = match name.get(..3) {
        Some("iqn") => is_iqn(name),
        Some("eui") => is_alphanumeric(&name[3..], 16),
        Some("naa") => is_alphanumeric(&name[3..], 32),
        _ => return Some("must be valid format starting with iqn, eui, or naa"),
    };
    (!is_good).then_some("must be valid format")
}

/// `iqn.2001-04.com.example:storage`
fn is_iqn(name: &str) -> bool {
    let Some((date, rest)) = name.strip_prefix("iqn.").and_then(|it| it.split_once('.')) else { return false };
    let is_date = matches!(date.split_once('-'), Some((year, month)) if year.len() == 4 && month.len() == 2)
        && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let Some((authority, unit)) = rest.split_once(':') else { return false };
    let is_authority =
        !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let is_unit = !unit.is_empty() && !unit.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n', '\r', '\u{c}']);
    is_date && is_authority && is_unit
}

/// The volume's name goes into the initiator's.
pub fn iscsi_name(volume: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, source) = (volume.str_at(&["name"]), volume.field("iscsi"));
    let bytes = name.len() + 1 + source.str_at(&["targetPortal"]).len();
    if !source.field("initiatorName").is_null() && bytes > ISCSI_NAME_BYTES_MAX {
        let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                      iscsi.initiatorName is specified.";
        errors.push(FieldError::invalid(&path.child("name"), name, detail));
    }
}

fn flocker(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = source.str_at(&["datasetName"]);
    match (name.is_empty(), source.str_at(&["datasetUUID"]).is_empty()) {
        (true, true) => errors.push(FieldError::required(path, "one of datasetName and datasetUUID is required")),
        (false, false) => {
            let detail = "datasetName and datasetUUID can not be specified simultaneously";
            errors.push(FieldError::invalid(path, "resource", detail));
        }
        _ => {}
    }
    if name.contains('/') {
        errors.push(FieldError::invalid(&path.child("datasetName"), name, "must not contain '/'"));
    }
}

fn quobyte(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let registry = source.str_at(&["registry"]);
    if registry.is_empty() {
        errors.push(FieldError::required(&path.child("registry"), QUOBYTE_REGISTRY));
    } else if source.str_at(&["tenant"]).len() > TENANT_CHARACTERS_MAX {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        errors.push(FieldError::required(&path.child("tenant"), detail));
    } else {
        let is_pair = |text: &str| match text.strip_prefix('[') {
            Some(rest) => rest.split_once("]:").is_some_and(|(host, port)| !host.contains('[') && !port.contains(':')),
            None => text.matches(':').count() == 1 && !text.contains(['[', ']']),
        };
        for _ in registry.split(',').filter(|it| !is_pair(it)) {
            errors.push(FieldError::invalid(&path.child("registry"), registry, QUOBYTE_REGISTRY));
        }
    }
    rules::require(source, "volume", path, errors);
}

fn fibre_channel(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (targets, path_of_targets) = (source.items_at(&["targetWWNs"]), path.child("targetWWNs"));
    let has_ids = !source.items_at(&["wwids"]).is_empty();
    if targets.is_empty() && !has_ids {
        let detail = "must specify either targetWWNs or wwids, but not both";
        errors.push(FieldError::required(&path_of_targets, detail));
    }
    if targets.is_empty() {
        return;
    }
    if has_ids {
        let value = rules::printed_strings(targets.iter().filter_map(Value::as_str));
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        errors.push(FieldError::invalid(&path_of_targets, value, detail));
    }
    match source.i64_at(&["lun"]) {
        None => errors.push(FieldError::required(&path.child("lun"), "lun is required if targetWWNs is specified")),
        Some(lun) => invalid_number(lun, names::in_range(lun, 0, 255), &path.child("lun"), errors),
    }
}

fn flex_options(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for key in source.field("options").as_object().into_iter().flat_map(Map::keys) {
        let namespace = key.split_once('/').map_or(key, |(namespace, _)| namespace).to_lowercase();
        let is_below = |domain: &str| namespace == domain || namespace.ends_with(&format!(".{domain}"));
        if is_below("kubernetes.io") || is_below("k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            errors.push(FieldError::invalid(&path.key(key), key, detail));
        }
    }
}

fn azure_disk(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    optional_one_of(source, "cachingMode", &["None", "ReadOnly", "ReadWrite"], path, errors);
    optional_one_of(source, "kind", &["Dedicated", "Managed", "Shared"], path, errors);
    let address = source.str_at(&["diskURI"]);
    let (start, form) = match source.str_at(&["kind"]) {
        "Managed" => ("/subscriptions/", MANAGED_DISK),
        _ => ("https://", BLOB_DISK),
    };
    if !address.starts_with(start) {
        errors.push(FieldError::not_supported(&path.child("diskURI"), address, &[form]));
    }
}

fn storage_os(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    storage_os_names(source, path, errors);
    secret_name(source, "secretRef", path, errors);
}

/// Names of a StorageOS volume.
pub fn storage_os_names(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, namespace) = (source.str_at(&["volumeName"]), source.str_at(&["volumeNamespace"]));
    match name {
        "" => errors.push(FieldError::required(&path.child("volumeName"), "")),
        name => rules::invalid_each(&path.child("volumeName"), name, names::dns1123_label(name), errors),
    }
    if !namespace.is_empty() {
        rules::invalid_each(&path.child("volumeNamespace"), namespace, names::dns1123_label(namespace), errors);
    }
}

fn csi(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    driver_name(source.str_at(&["driver"]), &path.child("driver"), errors);
    let secret = source.field("nodePublishSecretRef");
    if secret.is_null() {
        return;
    }
    match secret.str_at(&["name"]) {
        "" => errors.push(FieldError::required(&path.child("nodePublishSecretRef").child("name"), "")),
        name => rules::invalid_each(&path.child("name"), name, names::dns1123_subdomain(name), errors),
    }
}

/// The name of a CSI driver (`ValidateCSIDriverName`).
pub fn driver_name(driver: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if driver.is_empty() {
        return errors.push(FieldError::required(path, ""));
    }
    if driver.len() > DRIVER_NAME_CHARACTERS_MAX {
        errors.push(FieldError::too_long(path, DRIVER_NAME_CHARACTERS_MAX));
    }
    rules::invalid_each(path, driver, names::dns1123_subdomain(&driver.to_lowercase()), errors);
}
