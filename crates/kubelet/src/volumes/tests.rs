//! Volumes on the disk of this machine, below a directory of the test's own. Needs root for memory volumes.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::env::LookUpError;
use crate::resources::ResourceList;

struct Node {
    paths: Paths,
    objects: Objects,
    tokens: BTreeMap<TokenWish, Result<String, String>>,
}

impl Node {
    fn new(name: &str) -> Node {
        let root = std::env::temp_dir().join(format!("corten-kubelet-{name}-{}", std::process::id()));
        let _ = mounts::unmount_below(&root);
        let _ = mounts::remove_tree(&root);
        let paths = Paths { pod_logs: root.join("logs"), container_logs: root.join("links"), root };
        Node { paths, objects: Objects::default(), tokens: BTreeMap::new() }
    }

    fn config_map(&mut self, name: &str, data: Value) {
        let object = json!({"metadata": {"name": name}, "data": data});
        let object = api::typed::config_map(object.to_string().as_bytes()).expect("a ConfigMap");
        self.objects.config_maps.insert(name.into(), Ok(Arc::new(object)));
    }

    fn mount(&self, pod: &Pod) -> Result<(), MountError> {
        let allocatable = ResourceList::new();
        let fields = FieldContext { pod, pod_ips: &[], host_ips: &[], allocatable: &allocatable };
        let input = MountAll { pod, paths: &self.paths, objects: &self.objects, fields, tokens: &self.tokens };
        mount_all(&input)
    }

    fn read(&self, pod: &Pod, volume: &str, file: &str) -> Option<String> {
        let (path, _) = content(pod, &self.paths, volume).expect("a volume");
        std::fs::read_to_string(path.join(file)).ok()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = mounts::unmount_below(&self.paths.root);
        let _ = mounts::remove_tree(&self.paths.root);
    }
}

fn pod(volumes: Value, context: Value) -> Pod {
    let pod = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c"}], "volumes": volumes, "securityContext": context}});
    api::typed::pod(pod.to_string().as_bytes()).expect("a Pod")
}

#[test]
fn a_config_map_volume_follows_its_object_at_once() {
    let mut node = Node::new("follow");
    node.config_map("cm", json!({"a": "1", "b": "2"}));
    let pod = pod(json!([{"name": "v", "configMap": {"name": "cm"}}]), json!({}));
    node.mount(&pod).expect("mounted");
    let data =
        || std::fs::read_link(content(&pod, &node.paths, "v").expect("a volume").0.join("..data")).expect("a link");
    let first = data();
    node.mount(&pod).expect("nothing to do");
    assert_eq!(data(), first);
    assert_eq!(node.read(&pod, "v", "a").as_deref(), Some("1"));
    node.config_map("cm", json!({"a": "3", "c": "4"}));
    node.mount(&pod).expect("updated");
    let files = ["a", "b", "c"].map(|file| node.read(&pod, "v", file));
    assert_eq!(files, [Some("3".into()), None, Some("4".into())]);
    let directory = content(&pod, &node.paths, "v").expect("a volume").0;
    assert_eq!(
        std::fs::read_dir(directory).expect("a directory").count(),
        4,
        "one data directory, its link, two names"
    );
}

#[test]
fn items_choose_keys_paths_and_modes() {
    let mut node = Node::new("items");
    node.config_map("cm", json!({"a": "1", "b": "2"}));
    let volume = |items: Value| {
        pod(json!([{"name": "v", "configMap": {"name": "cm", "items": items}}]), json!({"fsGroup": 4242}))
    };
    let good = volume(json!([{"key": "a", "path": "x/y", "mode": 0o400}]));
    node.mount(&good).expect("mounted");
    assert_eq!(node.read(&good, "v", "x/y").as_deref(), Some("1"));
    let file = content(&good, &node.paths, "v").expect("a volume").0.join("x/y");
    let found = std::fs::metadata(file).expect("a file");
    assert_eq!((found.mode() & 0o7777, found.gid()), (0o440, 4242));
    let bad = volume(json!([{"key": "z", "path": "z"}]));
    let error = node.mount(&bad).expect_err("no such key").to_string();
    assert!(
        error.contains("MountVolume.SetUp failed for volume \"v\" : configmap references non-existent config key: z"),
        "{error}"
    );
    let escape = volume(json!([{"key": "a", "path": "../z"}]));
    assert!(node.mount(&escape).expect_err("no escape").to_string().contains("must not contain '..'"));
}

#[test]
fn a_projected_volume_joins_its_sources_in_memory() {
    let mut node = Node::new("projected");
    node.config_map("ca", json!({"ca.crt": "CA"}));
    node.tokens.insert(TokenWish { audience: String::new(), expiration_seconds: 3607 }, Ok("TOKEN".into()));
    let sources = json!([
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "ca"}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}, {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]);
    let pod = pod(json!([{"name": "v", "projected": {"sources": sources}}]), json!({}));
    node.mount(&pod).expect("mounted");
    let files = ["token", "ca.crt", "namespace", "labels"].map(|file| node.read(&pod, "v", file).expect(file));
    assert_eq!(files, ["TOKEN", "CA", "ns", "a=\"b\""]);
    assert!(mounts::is_mount_point(&content(&pod, &node.paths, "v").expect("a volume").0).expect("a path"));
    unmount_all(&node.paths, "u").expect("unmounted");
    assert!(!node.paths.pod("u").join("volumes").exists());
}

#[test]
fn a_missing_object_is_named_unless_it_is_optional() {
    let mut node = Node::new("missing");
    let absent = LookUpError { is_not_found: true, message: "secret \"s\" not found".into() };
    node.objects.secrets.insert("s".into(), Err(absent));
    let volume = |is_optional: bool| {
        pod(json!([{"name": "v", "secret": {"secretName": "s", "optional": is_optional}}]), json!({}))
    };
    let error = node.mount(&volume(false)).expect_err("absent").to_string();
    assert!(error.ends_with("MountVolume.SetUp failed for volume \"v\" : secret \"s\" not found"), "{error}");
    node.mount(&volume(true)).expect("optional");
}

#[test]
fn a_host_path_must_be_what_it_says() {
    let node = Node::new("host");
    mounts::make_dirs(&node.paths.root, 0o755).expect("make a directory");
    let volume =
        |path: &str, type_: &str| pod(json!([{"name": "v", "hostPath": {"path": path, "type": type_}}]), json!({}));
    node.mount(&volume("/dev/null", "CharDevice")).expect("a device");
    let error = node.mount(&volume("/dev/null", "Directory")).expect_err("no directory").to_string();
    assert!(error.ends_with("hostPath type check failed: /dev/null is not a directory"), "{error}");
    let made = node.paths.root.join("made");
    node.mount(&volume(&made.display().to_string(), "DirectoryOrCreate")).expect("made");
    assert!(made.is_dir());
}

#[test]
fn teardown_leaves_data_behind_a_bind_alone() {
    let node = Node::new("teardown");
    let data = node.paths.root.join("data");
    mounts::make_dirs(&data, 0o755).expect("make a directory");
    std::fs::write(data.join("precious"), "1").expect("write a file");
    let pod = pod(
        json!([{"name": "d", "emptyDir": {}}, {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]),
        json!({"fsGroup": 7}),
    );
    node.mount(&pod).expect("mounted");
    let target = node.paths.sub_path("u", "d", "c", 0);
    let part = sub_path::SubPath { volume: &data, path: "new/sub", target: &target, volume_name: "d", container: "c" };
    sub_path::prepare(&part).expect("bound");
    sub_path::prepare(&part).expect("bound again");
    std::fs::write(target.join("also"), "2").expect("write a file");
    let memory = content(&pod, &node.paths, "m").expect("a volume").0;
    assert_eq!(std::fs::metadata(&memory).expect("a directory").gid(), 7);
    unmount_all(&node.paths, "u").expect("unmounted");
    assert!(data.join("precious").exists() && data.join("new/sub/also").exists());
    assert!(!node.paths.pod("u").join("volume-subpaths").exists());
}
