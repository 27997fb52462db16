//! Volumes of a Pod.

pub mod claim_template;
mod files;
pub mod storage;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

use super::SpecOf;
use crate::rules;

const HOST_PATH_TYPES: &[&str] =
    &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

/// Kinds of sources in the order in which upstream looks at them: the first that is given counts.
const KINDS: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// The volumes that containers can use: those that are good.
pub struct Volumes<'a> {
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
pub fn validate<'a>(
    volumes: &'a [Value],
    of: SpecOf<'_>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) -> Volumes<'a> {
    let mut good: Vec<&Value> = Vec::new();
    for (at, volume) in volumes.iter().enumerate() {
        let (path, before) = (path.index(at), errors.len());
        validate_sources(volume, of, &path, errors);
        let (name, name_path) = (volume.str_at(&["name"]), path.child("name"));
        match name {
            "" => errors.push(FieldError::required(&name_path, "")),
            name => rules::invalid_each(&name_path, name, names::dns1123_label(name), errors),
        }
        if good.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&name_path, name));
        }
        if errors.len() == before {
            good.push(volume);
        }
        let claim = volume.str_at(&["persistentVolumeClaim", "claimName"]);
        if !claim.is_empty() && made_claims(volumes, of).any(|made| made == claim) {
            let path = path.child("persistentVolumeClaim").child("claimName");
            let detail = "must not reference a PVC that gets created for an ephemeral volume";
            errors.push(FieldError::invalid(&path, claim, detail));
        }
    }
    Volumes { volumes: good }
}

/// Names of the claims that will be made for ephemeral volumes; unknown as long as the Pod's name is.
fn made_claims<'a>(volumes: &'a [Value], of: SpecOf<'a>) -> impl Iterator<Item = String> + 'a {
    let pod = of.pod().map(|pod| pod.name()).filter(|name| !name.is_empty());
    let ephemeral = volumes.iter().filter(|it| !it.field("ephemeral").is_null());
    pod.into_iter()
        .flat_map(move |pod| ephemeral.clone().map(move |volume| format!("{pod}-{}", volume.str_at(&["name"]))))
}

/// Exactly one source.
fn validate_sources(volume: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut given = KINDS.into_iter().filter(|kind| !volume.field(kind).is_null());
    let Some(kind) = given.next() else {
        return errors.push(FieldError::required(path, "must specify a volume type"));
    };
    validate_source(kind, volume, of, path, errors);
    for kind in given {
        // Upstream's spelling.
        let name = match kind {
            "downwardAPI" => "downwarAPI",
            "cephfs" => "cephFS",
            kind => kind,
        };
        errors.push(FieldError::forbidden(&path.child(name), "may not specify more than 1 volume type"));
        if kind == "iscsi" {
            storage::iscsi_name(volume, path, errors);
        }
    }
}

fn validate_source(kind: &str, volume: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (source, source_path) = (volume.field(kind), path.child(kind));
    match kind {
        "emptyDir" => empty_dir(source, &source_path, errors),
        "hostPath" => host_path(source, &source_path, errors),
        "secret" => files::from_object(source, "secretName", &source_path, errors),
        "configMap" => files::from_object(source, "name", &source_path, errors),
        "downwardAPI" => files::downward(source, &source_path, errors),
        "projected" => files::projected(source, &source_path, errors),
        "persistentVolumeClaim" => rules::require(source, "claimName", &source_path, errors),
        "ephemeral" => {
            claim_template::validate(source, &source_path, errors);
            made_claim_name(volume, of, path, errors);
        }
        "image" => image(source, of, &source_path, errors),
        _ => storage::validate(kind, volume, path, errors),
    }
}

fn empty_dir(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let limit = source.field("sizeLimit").as_str().map(Quantity::parse);
    if limit.is_some_and(|it| it.is_ok_and(|it| it.sign() < 0)) {
        let detail = "SizeLimit field must be a valid resource quantity";
        errors.push(FieldError::forbidden(&path.child("sizeLimit"), detail));
    }
}

/// Checks a `hostPath` source.
pub fn host_path(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match source.str_at(&["path"]) {
        "" => return errors.push(FieldError::required(&path.child("path"), "")),
        text => no_steps_back(text, &path.child("path"), errors),
    }
    let kind = source.str_at(&["type"]);
    if !HOST_PATH_TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(&path.child("type"), kind, HOST_PATH_TYPES));
    }
}

fn image(source: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if of.pod().is_some() {
        rules::require(source, "reference", path, errors);
    }
    super::one_of(source, "pullPolicy", &PULL_POLICIES, path, errors);
}

/// The name of the claim that will be made must be one.
fn made_claim_name(volume: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (pod, name) = (of.pod().map_or("", |pod| pod.name()), volume.str_at(&["name"]));
    if pod.is_empty() || name.is_empty() {
        return;
    }
    let claim = format!("{pod}-{name}");
    for message in names::dns1123_subdomain(&claim) {
        let detail = format!("PVC name {claim:?}: {message}");
        errors.push(FieldError::invalid(&path.child("name"), name, detail));
    }
}

/// Tokens are those of a service account.
pub fn forbid_tokens(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, volume) in spec.items_at(&["volumes"]).iter().enumerate() {
        for (nth, source) in volume.items_at(&["projected", "sources"]).iter().enumerate() {
            if !source.field("serviceAccountToken").is_null() {
                let path = path.index(at).child("projected").child("sources").index(nth);
                let detail = "must not be specified when serviceAccountName is not set";
                errors.push(FieldError::forbidden(&path.child("serviceAccountToken"), detail));
            }
        }
    }
}

/// A relative path that stays below where it starts.
pub fn descending_path(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if text.starts_with('/') {
        errors.push(FieldError::invalid(path, text, "must be a relative path"));
    }
    no_steps_back(text, path, errors);
}

/// A path without `..`.
pub fn no_steps_back(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if has_steps_back(text) {
        errors.push(FieldError::invalid(path, text, "must not contain '..'"));
    }
}

/// Whether `..` is an element of the path.
pub fn has_steps_back(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}
