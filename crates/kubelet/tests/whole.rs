//! The whole kubelet between a fake API server and a fake runtime: real files, mounts and cgroups below names of
//! the test's own. Needs root.

mod fakes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use corten_kubelet::{Config, Dependencies, build};
use fakes::api_server::ApiServer;
use fakes::runtime::FakeRuntime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Node {
    api: ApiServer,
    runtime: FakeRuntime,
    config: Config,
    root: PathBuf,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Node {
    async fn start(name: &str) -> Node {
        let root = std::env::temp_dir().join(format!("corten-kubelet-whole-{name}-{}", std::process::id()));
        let mut config = Config::new("n1", "10.0.0.1");
        config.root_directory = root.join("kubelet");
        config.pod_logs_directory = root.join("logs");
        config.container_logs_directory = root.join("links");
        config.cgroup_root = format!("/corten-kubelet-{name}-{}", std::process::id());
        config.cluster_dns = vec!["10.96.0.10".into()];
        config.static_pods_directory = Some(root.join("manifests"));
        let api = ApiServer::default();
        let runtime = FakeRuntime::with_image("app:1");
        let mut node = Node { api, runtime, config, root, running: None };
        node.boot();
        node.api
            .wait("a ready node", |api| {
                let node = api.get("nodes", "", "n1");
                node.is_some_and(|node| {
                    node.items_at(&["status", "conditions"])
                        .iter()
                        .any(|c| c.str_at(&["type"]) == "Ready" && c.str_at(&["status"]) == "True")
                })
            })
            .await;
        node
    }

    fn boot(&mut self) {
        let client = corten_kubelet::kubelet::client(Arc::new(self.api.clone()), "v1.36.3");
        let dependencies = Dependencies {
            client,
            runtime: Arc::new(self.runtime.clone()),
            images: Arc::new(self.runtime.clone()),
            serving: None,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let kubelet = build(self.config.clone(), dependencies);
        let task = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            kubelet.run(stop).await.expect("the kubelet runs");
        });
        self.running = Some((stop, task));
    }

    async fn halt(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            let _ = stop.send(());
            task.await.expect("the kubelet ends");
        }
    }

    fn create(&self, text: &str) {
        let mut pod = json::parse(text.as_bytes()).expect("JSON");
        pod.set(&["kind"], "Pod");
        pod.set(&["apiVersion"], "v1");
        pod.set(&["metadata", "namespace"], "ns");
        pod.set(&["spec", "nodeName"], "n1");
        pod.set(&["status", "phase"], "Pending");
        self.api.put("pods", pod);
    }

    fn pod(&self, name: &str) -> Option<Value> {
        self.api.get("pods", "ns", name)
    }

    async fn wait_phase(&self, name: &str, phase: &str) {
        let is =
            |api: &ApiServer| api.get("pods", "ns", name).is_some_and(|pod| pod.str_at(&["status", "phase"]) == phase);
        self.api.wait(&format!("{name} {phase}"), is).await;
    }

    async fn end(mut self) {
        self.halt().await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some((_, task)) = self.running.take() {
            task.abort();
        }
        let top = Path::new("/sys/fs/cgroup");
        let controllers = std::fs::read_dir(top).into_iter().flatten().flatten().map(|entry| entry.path());
        for hierarchy in controllers.chain([top.to_owned()]) {
            remove_cgroups(&hierarchy.join(self.config.cgroup_root.trim_matches('/')));
        }
        let _ = corten_kubelet::mounts::unmount_below(&self.root);
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// Removes a cgroup of which no process is a member, and all below.
fn remove_cgroups(directory: &Path) {
    for below in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroups(&below.path());
        }
    }
    let _ = std::fs::remove_dir(directory);
}

fn reasons(api: &ApiServer) -> Vec<String> {
    let mut all: Vec<_> = api
        .list("events")
        .iter()
        .filter(|event| event.str_at(&["involvedObject", "kind"]) == "Pod")
        .map(|event| event.str_at(&["reason"]).to_owned())
        .collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_runs_is_deleted_and_leaves_nothing() {
    let node = Node::start("life").await;
    let config_map = json::parse(
        br#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cm","namespace":"ns"},"data":{"k":"v"}}"#,
    );
    node.api.put("configmaps", config_map.expect("JSON"));
    let began = Instant::now();
    node.create(
        r#"{"metadata":{"name":"p"},"spec":{"terminationGracePeriodSeconds":30,"volumes":[
            {"name":"token","projected":{"sources":[{"serviceAccountToken":{"path":"token"}},{"configMap":{"name":"cm"}}]}},
            {"name":"tmp","emptyDir":{}}],
          "containers":[{"name":"c","image":"app:1","imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log",
            "env":[{"name":"K","valueFrom":{"configMapKeyRef":{"name":"cm","key":"k"}}},{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
            "volumeMounts":[{"name":"token","mountPath":"/token"},{"name":"tmp","mountPath":"/tmp","subPath":"a/b"}]}]}}"#,
    );
    node.wait_phase("p", "Running").await;
    println!("pod seen to running: {:?}", began.elapsed());
    let pod = node.pod("p").expect("a Pod");
    assert_eq!(pod.str_at(&["status", "podIP"]), "10.9.0.3");
    let container = node.runtime.config("c").expect("a container");
    let env = |name: &str| {
        container.envs.iter().find(|v| v.key == name).map(|v| String::from_utf8_lossy(&v.value).into_owned())
    };
    assert_eq!((env("K").as_deref(), env("IP").as_deref()), (Some("v"), Some("10.9.0.3")));
    let mount = |path: &str| {
        container.mounts.iter().find(|mount| mount.container_path == path).map(|mount| PathBuf::from(&mount.host_path))
    };
    let token = mount("/token").expect("a mount");
    assert_eq!(std::fs::read_to_string(token.join("token")).expect("a token"), "TOKEN");
    assert_eq!(std::fs::read_to_string(token.join("k")).expect("a key"), "v");
    assert!(mount("/tmp").expect("a mount").is_dir() && mount("/etc/hosts").is_some());

    let changed = json::parse(
        br#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cm","namespace":"ns"},"data":{"k":"w"}}"#,
    );
    node.api.put("configmaps", changed.expect("JSON"));
    let deadline = Instant::now() + Duration::from_secs(5);
    while std::fs::read_to_string(token.join("k")).expect("a key") != "w" {
        assert!(Instant::now() < deadline, "the volume follows its object");
        tokio::task::yield_now().await;
    }

    let mut pod = node.pod("p").expect("a Pod");
    pod.set(&["metadata", "deletionTimestamp"], "2026-11-21T12:00:00Z");
    pod.set(&["metadata", "deletionGracePeriodSeconds"], 30);
    node.api.put("pods", pod);
    node.api.wait("the delete", |api| api.get("pods", "ns", "p").is_none()).await;
    let deadline = Instant::now() + Duration::from_secs(5);
    let uid_directories = || std::fs::read_dir(node.root.join("kubelet/pods")).expect("a directory").count();
    let logs = || std::fs::read_dir(node.root.join("logs")).expect("a directory").count();
    while !node.runtime.is_empty() || uid_directories() + logs() > 0 {
        assert!(Instant::now() < deadline, "nothing is left");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(node.runtime.calls().iter().any(|call| call.starts_with("stop ") && call.ends_with(" 30")));
    node.api.wait("events", |api| reasons(api).contains(&"Killing".to_owned())).await;
    assert_eq!(reasons(&node.api), ["Created", "Killing", "Pulled", "Started"]);
    node.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_decide_readiness_and_a_crash_restarts() {
    let node = Node::start("probe").await;
    node.runtime.set_exec("ready", 1);
    node.create(
        r#"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"app:1","imagePullPolicy":"IfNotPresent",
            "readinessProbe":{"exec":{"command":["ready"]},"periodSeconds":1}}]}}"#,
    );
    let ready = |api: &ApiServer| {
        let pod = api.get("pods", "ns", "p");
        pod.is_some_and(|pod| {
            pod.items_at(&["status", "containerStatuses"]).first().is_some_and(|c| c.bool_at(&["ready"]))
        })
    };
    node.wait_phase("p", "Running").await;
    assert!(!ready(&node.api));
    node.api.wait("an event", |api| reasons(api).contains(&"Unhealthy".to_owned())).await;
    node.runtime.set_exec("ready", 0);
    node.api.wait("readiness", ready).await;
    node.runtime.exit("c", 3);
    let restarted = |api: &ApiServer| {
        let pod = api.get("pods", "ns", "p").expect("a Pod");
        let status = pod.items_at(&["status", "containerStatuses"])[0].clone();
        status.i64_at(&["restartCount"]) == Some(1)
            && status.i64_at(&["lastState", "terminated", "exitCode"]) == Some(3)
            && !status.at(&["state", "running"]).is_null()
    };
    node.api.wait("a restart", restarted).await;
    node.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_kubelet_takes_over_and_ends_orphans() {
    let mut node = Node::start("restart").await;
    for name in ["stays", "goes"] {
        let spec = r#""spec":{"containers":[{"name":"NAME","image":"app:1","imagePullPolicy":"IfNotPresent"}]}"#;
        node.create(&format!("{{\"metadata\":{{\"name\":\"{name}\"}},{}}}", spec.replace("NAME", name)));
        node.wait_phase(name, "Running").await;
    }
    let before = node.pod("stays").expect("a Pod");
    node.halt().await;
    node.api.remove("pods", "ns", "goes");
    let starts = node.runtime.calls().len();
    let writes = node.api.requests().iter().filter(|request| request.contains("pods/stays")).count();
    node.boot();
    let deadline = Instant::now() + Duration::from_secs(5);
    while node.runtime.config("goes").is_some() {
        assert!(Instant::now() < deadline, "the orphan is removed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(node.runtime.calls()[starts..].iter().all(|call| !call.starts_with("start")));
    assert_eq!(node.pod("stays").expect("a Pod").at(&["status"]), before.at(&["status"]));
    let requests = node.api.requests();
    let after: Vec<_> = requests.iter().filter(|request| request.contains("pods/stays")).skip(writes).collect();
    assert!(after.is_empty(), "{after:?}");
    node.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_pulled_is_told() {
    let node = Node::start("pull").await;
    node.create(r#"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"nowhere.example/x:1","imagePullPolicy":"IfNotPresent"}]}}"#);
    let waits = |reason: &'static str| {
        move |api: &ApiServer| {
            let pod = api.get("pods", "ns", "p").expect("a Pod");
            let status = pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
            status.str_at(&["state", "waiting", "reason"]) == reason
        }
    };
    node.api.wait("the error", waits("ErrImagePull")).await;
    node.api.wait("the back-off", waits("ImagePullBackOff")).await;
    let pod = node.pod("p").expect("a Pod");
    let status = &pod.items_at(&["status", "containerStatuses"])[0];
    assert_eq!(
        status.str_at(&["state", "waiting", "message"]),
        "Back-off pulling image \"nowhere.example/x:1\": ErrImagePull: nowhere.example/x:1: no such host"
    );
    node.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_static_pod_runs_from_its_file_and_shows_in_the_api() {
    let mut node = Node::start("static").await;
    node.halt().await;
    let manifests = node.root.join("manifests");
    std::fs::create_dir_all(&manifests).expect("a directory can be made");
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: ns}\nspec:\n  containers:\n  - {name: c, image: 'app:1', imagePullPolicy: IfNotPresent}\n";
    std::fs::write(manifests.join("web.yaml"), manifest).expect("a file can be written");
    node.boot();
    let mirror_runs = |api: &ApiServer| {
        let mirror = api.get("pods", "ns", "web-n1");
        mirror.is_some_and(|mirror| mirror.str_at(&["status", "phase"]) == "Running")
    };
    node.api.wait("a running mirror", mirror_runs).await;
    let mirror = node.pod("web-n1").expect("a mirror");
    assert!(mirror.annotation("kubernetes.io/config.mirror").is_some());
    // Who deletes the mirror gets a new one; the Pod does not notice.
    node.api.remove("pods", "ns", "web-n1");
    node.api.wait("another mirror", mirror_runs).await;
    let starts = || node.runtime.calls().iter().filter(|call| call.starts_with("start")).count();
    assert_eq!(starts(), 1);
    std::fs::remove_file(manifests.join("web.yaml")).expect("it is there");
    node.api.wait("no mirror", |api| api.get("pods", "ns", "web-n1").is_none()).await;
    let deadline = Instant::now() + Duration::from_secs(5);
    while !node.runtime.is_empty() {
        assert!(Instant::now() < deadline, "nothing is left");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    node.end().await;
}
