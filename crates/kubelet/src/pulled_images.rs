//! With whose credentials images were pulled: a Pod may use what is there only if it could have pulled it itself.
//!
//! Images that the kubelet did not pull (imported ones) are everybody's, as upstream's default has it. A record holds
//! no credential, only which Secrets they came from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use api::k8s_openapi::api::core::v1::Secret;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::image_name;

/// Secrets that a record names; further ones have to pull again.
const SECRETS_MAX: usize = 100;

/// Which Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretKey {
    /// UID.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl SecretKey {
    /// Of a Secret.
    pub fn of(secret: &Secret) -> SecretKey {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let metadata = &secret.metadata;
        SecretKey { uid: text(&metadata.uid), namespace: text(&metadata.namespace), name: text(&metadata.name) }
    }
}

/// Who may use an image that was pulled under one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Access {
    /// It was pulled without credentials.
    is_everybodys: bool,
    secrets: BTreeSet<SecretKey>,
}

/// By repository.
type Record = BTreeMap<String, Access>;

/// The records, in memory and on disk.
pub struct PulledImages {
    directory: PathBuf,
    records: Mutex<HashMap<String, Record>>,
}

impl PulledImages {
    /// What earlier kubelets have left.
    pub fn open(directory: PathBuf) -> PulledImages {
        if let Err(error) = std::fs::create_dir_all(&directory) {
            tracing::warn!(directory = %directory.display(), %error, "make the directory of pulled images");
        }
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        let records = entries.filter_map(|entry| {
            let tree: Value = serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?;
            Some((tree["imageID"].as_str()?.to_owned(), read_record(&tree)))
        });
        PulledImages { records: Mutex::new(records.collect()), directory }
    }

    /// Whether a Pod with these Secrets may use the image that is there.
    pub fn may_use(&self, image_id: &str, image: &str, secrets: &BTreeSet<SecretKey>) -> bool {
        let records = self.records.lock();
        let Some(record) = records.get(image_id) else { return true };
        let access = record.get(&repository(image));
        access.is_some_and(|access| access.is_everybodys || !access.secrets.is_disjoint(secrets))
    }

    /// An image was pulled, with credentials from this Secret or with none.
    pub fn note(&self, image_id: &str, image: &str, secret: Option<SecretKey>) {
        let mut records = self.records.lock();
        let record = records.entry(image_id.to_owned()).or_default();
        let before = record.clone();
        let access = record.entry(repository(image)).or_default();
        match secret {
            None => access.is_everybodys = true,
            Some(secret) if access.secrets.len() < SECRETS_MAX => drop(access.secrets.insert(secret)),
            Some(_) => {}
        }
        if *record != before
            && let Err(error) = write(&self.directory, image_id, record)
        {
            tracing::warn!(image_id, %error, "record a pulled image");
        }
    }

    /// Ids of the images that there are records of.
    pub fn ids(&self) -> BTreeSet<String> {
        self.records.lock().keys().cloned().collect()
    }

    /// Forgets those of `known` that are not there any more. `known` is from before the images were listed: what was
    /// pulled since is not in the list.
    pub fn retain(&self, known: &BTreeSet<String>, is_there: impl Fn(&str) -> bool) {
        self.records.lock().retain(|id, _| {
            let stays = !known.contains(id) || is_there(id);
            if !stays {
                let _ = std::fs::remove_file(file(&self.directory, id));
            }
            stays
        });
    }
}

/// The name without tag and digest.
fn repository(image: &str) -> String {
    image_name::parse(image).map_or_else(|_| image.to_owned(), |parts| parts.repository.to_owned())
}

fn file(directory: &Path, image_id: &str) -> PathBuf {
    directory.join(format!("{}.json", image_id.replace([':', '/'], "_")))
}

fn write(directory: &Path, image_id: &str, record: &Record) -> std::io::Result<()> {
    let access = |access: &Access| {
        let secret = |key: &SecretKey| json!({"uid": key.uid, "namespace": key.namespace, "name": key.name});
        let secrets: Vec<Value> = access.secrets.iter().map(secret).collect();
        json!({"nodePodsAccessible": access.is_everybodys, "kubernetesSecrets": secrets})
    };
    let mapping: serde_json::Map<String, Value> =
        record.iter().map(|(repository, one)| (repository.clone(), access(one))).collect();
    let path = file(directory, image_id);
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, json!({"imageID": image_id, "credentialMapping": mapping}).to_string())?;
    std::fs::rename(&temporary, &path)
}

fn read_record(tree: &Value) -> Record {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let access = |value: &Value| Access {
        is_everybodys: value["nodePodsAccessible"] == true,
        secrets: value["kubernetesSecrets"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|key| SecretKey {
                uid: text(&key["uid"]),
                namespace: text(&key["namespace"]),
                name: text(&key["name"]),
            })
            .collect(),
    };
    let mapping = tree["credentialMapping"].as_object().into_iter().flatten();
    mapping.map(|(repository, value)| (repository.clone(), access(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_may_use_what_it_could_have_pulled() {
        let directory = std::env::temp_dir().join(format!("corten-pulled-{}", std::process::id()));
        let secret = |name: &str| SecretKey { uid: name.into(), namespace: "ns".into(), name: name.into() };
        let of = |names: &[&str]| names.iter().map(|name| secret(name)).collect::<BTreeSet<_>>();
        let images = PulledImages::open(directory.clone());
        images.note("sha256:1", "r.example/app:1", Some(secret("a")));
        images.note("sha256:2", "r.example/free:1", None);
        let images = PulledImages::open(directory.clone());
        let found = [
            images.may_use("sha256:1", "r.example/app:2", &of(&["a", "b"])),
            images.may_use("sha256:1", "r.example/app:1", &of(&["b"])),
            images.may_use("sha256:1", "other.example/app:1", &of(&["a"])),
            images.may_use("sha256:2", "r.example/free:1", &of(&[])),
            images.may_use("sha256:imported", "x", &of(&[])),
        ];
        images.retain(&images.ids(), |id| id != "sha256:1");
        let left = PulledImages::open(directory.clone()).records.lock().len();
        std::fs::remove_dir_all(&directory).expect("it is there");
        assert_eq!((found, left), ([true, false, false, true, true], 1));
    }
}
