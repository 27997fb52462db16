//! Pods from files of the node: read from a directory, again whenever it changes.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Pod, Toleration};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::logs::inotify::Watcher;
use crate::spec;

/// Bytes of a manifest (upstream's 10 MiB).
const MANIFEST_BYTES_MAX: u64 = 10 << 20;
/// Manifests of one node.
const MANIFESTS_MAX: usize = 1_000;
/// How often a directory that is not there is looked for (upstream's).
const MISSING_PERIOD: Duration = Duration::from_secs(20);
/// Changes that come together are read once.
const SETTLE: Duration = Duration::from_millis(20);

/// Where a Pod came from.
pub const SOURCE: &str = "kubernetes.io/config.source";
/// Hash of the manifest.
pub const HASH: &str = "kubernetes.io/config.hash";
/// On the API's copy of a static Pod: hash of its manifest.
pub const MIRROR: &str = "kubernetes.io/config.mirror";

/// Static Pods by UID.
pub type StaticPods = Arc<BTreeMap<String, Arc<Pod>>>;

/// Whether this is the API's copy of a static Pod.
pub fn is_mirror(pod: &Pod) -> bool {
    pod.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(MIRROR))
}

/// Reads the directory now and whenever it changes.
pub fn watch(directory: PathBuf, node_name: String) -> watch::Receiver<StaticPods> {
    let (sender, receiver) = watch::channel(read_all(&directory, &node_name));
    tokio::spawn(async move {
        while !sender.is_closed() {
            match Watcher::of_directory(&directory) {
                Ok(mut watcher) => {
                    // What changed before the watch began is seen now.
                    publish(&sender, read_all(&directory, &node_name));
                    while directory.is_dir() && watcher.wait().await.is_ok() {
                        tokio::time::sleep(SETTLE).await;
                        publish(&sender, read_all(&directory, &node_name));
                    }
                }
                Err(_) => {
                    publish(&sender, StaticPods::default());
                    tokio::time::sleep(MISSING_PERIOD).await;
                }
            }
        }
    });
    receiver
}

fn publish(sender: &watch::Sender<StaticPods>, pods: StaticPods) {
    sender.send_if_modified(|known| {
        let is_new = known.keys().ne(pods.keys());
        if is_new {
            *known = pods;
        }
        is_new
    });
}

fn read_all(directory: &Path, node_name: &str) -> StaticPods {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or(".");
        !name.starts_with('.') && path.is_file()
    });
    let mut files: Vec<_> = files.take(MANIFESTS_MAX).collect();
    files.sort();
    let pods = files.iter().filter_map(|path| match read(path, node_name) {
        Ok(pod) => Some((spec::uid(&pod).to_owned(), Arc::new(pod))),
        Err(error) => {
            tracing::warn!(path = %path.display(), error, "read static pod");
            None
        }
    });
    Arc::new(pods.collect())
}

fn read(path: &Path, node_name: &str) -> Result<Pod, String> {
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).map_err(|error| error.to_string())?;
    parse(&text, &path.display().to_string(), node_name)
}

/// A manifest's Pod as the node runs it.
pub fn parse(text: &[u8], source: &str, node_name: &str) -> Result<Pod, String> {
    let (tree, _) = apimachinery::yaml::parse(text).map_err(|error| error.message)?;
    let json_text = apimachinery::json::to_vec(&tree);
    let mut tree: Value = serde_json::from_slice(&json_text).map_err(|error| error.to_string())?;
    if tree["kind"] != "Pod" || tree["apiVersion"] != "v1" {
        return Err("invalid pod: not a v1 Pod".to_owned());
    }
    let name = tree["metadata"]["name"].as_str().unwrap_or("").to_owned();
    if name.is_empty() {
        return Err("invalid pod: name is needed for the pod".to_owned());
    }
    if tree["spec"]["containers"].as_array().is_none_or(Vec::is_empty) {
        return Err("invalid pod: it has no containers".to_owned());
    }
    let uid = match tree["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty()) {
        Some(uid) => uid.to_owned(),
        None => hash(&[&json_text, node_name.as_bytes(), source.as_bytes()]),
    };
    fill_in(&mut tree["spec"]);
    let metadata = &mut tree["metadata"];
    metadata["uid"] = json!(uid);
    metadata["name"] = json!(format!("{name}-{}", node_name.to_lowercase()));
    if metadata["namespace"].as_str().unwrap_or("").is_empty() {
        metadata["namespace"] = json!("default");
    }
    metadata["annotations"][HASH] = json!(uid);
    metadata["annotations"][SOURCE] = json!("file");
    tree["spec"]["nodeName"] = json!(node_name);
    let mut pod = api::typed::pod(tree.to_string().as_bytes()).map_err(|error| error.to_string())?;
    let spec = pod.spec.get_or_insert_default();
    spec.tolerations.get_or_insert_default().push(Toleration {
        operator: Some("Exists".into()),
        effect: Some("NoExecute".into()),
        ..Toleration::default()
    });
    pod.status.get_or_insert_default().phase = Some("Pending".into());
    Ok(pod)
}

/// The defaults that the API server would have set and that matter to the node.
fn fill_in(spec: &mut Value) {
    let set = |place: &mut Value, name: &str, value: Value| {
        if place[name].is_null() {
            place[name] = value;
        }
    };
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "enableServiceLinks", json!(true));
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            set(container, "terminationMessagePath", json!("/dev/termination-log"));
            set(container, "terminationMessagePolicy", json!("File"));
        }
    }
}

/// 128 bits of FNV-1a, in hex.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in parts.iter().flat_map(|part| part.iter().chain(&[0])) {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

/// The body of a static Pod's mirror, owned by its Node.
pub fn mirror_body(pod: &Pod, node_name: &str, node_uid: &str) -> Vec<u8> {
    let mut tree: Value = serde_json::from_slice(&api::typed::pod_json(pod)).unwrap_or_default();
    let hash = tree["metadata"]["annotations"][HASH].clone();
    let metadata = &mut tree["metadata"];
    metadata["annotations"][MIRROR] = hash;
    metadata["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Node", "name": node_name, "uid": node_uid, "controller": true}]);
    if let Some(map) = metadata.as_object_mut() {
        map.remove("uid");
    }
    if let Some(map) = tree.as_object_mut() {
        map.remove("status");
    }
    tree.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: c\n    image: app:1\n";

    #[test]
    fn a_manifest_becomes_a_pod_of_this_node_with_a_uid_of_its_own() {
        let pod = parse(MANIFEST.as_bytes(), "/m/web.yaml", "Node1").expect("a good manifest");
        assert_eq!((spec::name(&pod), spec::namespace(&pod)), ("web-node1", "default"));
        assert_eq!(spec::uid(&pod).len(), 32);
        assert_eq!(spec::restart_policy(&pod), "Always");
        let other = parse(MANIFEST.replace("app:1", "app:2").as_bytes(), "/m/web.yaml", "Node1").expect("good");
        assert_ne!(spec::uid(&pod), spec::uid(&other));
        let mirror = api::typed::pod(&mirror_body(&pod, "Node1", "n")).expect("a Pod");
        assert!(is_mirror(&mirror) && mirror.metadata.uid.is_none());
        assert_eq!(mirror.metadata.owner_references.expect("an owner")[0].controller, Some(true));
    }

    #[test]
    fn what_is_not_a_pod_is_refused() {
        for text in ["", "a: [", "kind: Pod\napiVersion: v1\n", "kind: Service\napiVersion: v1\nmetadata: {name: x}\n"]
        {
            assert!(parse(text.as_bytes(), "f", "n").is_err(), "{text}");
        }
    }
}
