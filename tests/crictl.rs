//! A real crictl at Corten's CRI socket: what an administrator does with containerd works here too.

use std::time::Duration;

use apimachinery::json;
use apimachinery::value::Value;
use corten_system_tests::cluster::{Cluster, Options, say};
use corten_system_tests::kubectl::{self, Output};
use corten_system_tests::outer::INSIDE;
use corten_system_tests::workload::{self, PATIENCE};
use corten_system_tests::{image, registry};

const PORT: u16 = 5_004;

struct Crictl(Cluster);

impl Crictl {
    fn start() -> Option<Crictl> {
        let cluster = Cluster::start_or_skip(&Options::default())?;
        if !cluster.path(&format!("{INSIDE}/bin/crictl")).exists() {
            say("skipped, needs Go: the test with a real crictl");
            return None;
        }
        let config = "runtime-endpoint: unix:///run/corten/cri.sock\nimage-endpoint: unix:///run/corten/cri.sock\n";
        std::fs::write(cluster.path("/etc/crictl.yaml"), config).expect("written");
        Some(Crictl(cluster))
    }

    fn try_to(&self, arguments: &[&str]) -> Output {
        kubectl::run(self.0.command("crictl").args(arguments), b"", PATIENCE).expect("it ends")
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.try_to(arguments).success()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        json::parse(self.run(arguments).as_bytes()).expect("it prints JSON")
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = format!("{INSIDE}/tmp/{name}");
        std::fs::write(self.0.path(&path), text).expect("written");
        path
    }
}

/// The one id that a quiet listing prints.
fn only(text: &str) -> &str {
    let [id] = text.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {text:?}") };
    id
}

#[test]
fn what_the_kubelet_runs_is_listed_inspected_and_entered() {
    let Some(crictl) = Crictl::start() else { return };
    let api = crictl.0.api();
    api.create("default", &workload::command_pod("seen", &["serve"])).expect("it is created");
    let pod = api.wait(&workload::pod_path("default", "seen"), PATIENCE, workload::is_ready);
    let address = pod.str_at(&["status", "podIP"]);

    let version = crictl.run(&["version"]);
    assert!(version.contains("RuntimeName:  corten") && version.contains("RuntimeApiVersion:  v1"), "{version}");
    let info = crictl.json(&["info"]);
    let conditions = info.items_at(&["status", "conditions"]);
    assert!(conditions.iter().all(|it| it.at(&["status"]) == &Value::Bool(true)), "{conditions:?}");

    let sandbox = crictl.run(&["pods", "--name", "seen", "--state", "ready", "-q"]);
    let sandbox = only(&sandbox);
    let container = crictl.run(&["ps", "--pod", sandbox, "-q"]);
    let container = only(&container);
    let shown = crictl.run(&["ps"]);
    assert!(shown.contains("Running") && shown.contains("main") && shown.contains("seen"), "{shown}");
    let sandbox_status = crictl.json(&["inspectp", sandbox]);
    assert_eq!(sandbox_status.str_at(&["status", "network", "ip"]), address);
    assert_eq!(sandbox_status.str_at(&["status", "state"]), "SANDBOX_READY");
    let status = crictl.json(&["inspect", container]);
    assert_eq!(status.str_at(&["status", "state"]), "CONTAINER_RUNNING");
    assert_eq!(status.str_at(&["status", "image", "userSpecifiedImage"]), image::NAME);
    let pid = status.i64_at(&["info", "pid"]).unwrap_or(0);
    let command = std::fs::read(crictl.0.path(&format!("/proc/{pid}/cmdline"))).unwrap_or_default();
    assert!(command.starts_with(b"/bin/testapp\0serve"), "{pid} runs {:?}", String::from_utf8_lossy(&command));

    assert!(crictl.run(&["logs", container]).contains("serving"));
    assert_eq!(crictl.run(&["exec", "-s", container, "/bin/echo", "hello"]).trim_end(), "hello");
    assert_eq!(crictl.run(&["exec", "--transport", "websocket", container, "/bin/echo", "there"]), "there\n");
    let mut interactive = crictl.0.command("crictl");
    interactive.args(["exec", "--transport", "websocket", "-it", container, "/bin/echo", "terminal"]);
    let output = kubectl::run_on_terminal(&mut interactive, b"", PATIENCE).expect("it ends");
    assert!(output.stdout.contains("terminal\r\n") || output.stdout.contains("terminal\n"), "{output}");
    let failed = crictl.try_to(&["exec", "-s", container, "/bin/exit", "3"]);
    assert!(failed.code != 0 && failed.stderr.contains("exited with 3"), "{failed}");

    let stats = crictl.json(&["stats", "-o", "json", "--id", container]);
    let stats = &stats.items_at(&["stats"])[0];
    assert_eq!(stats.str_at(&["attributes", "id"]), container);
    assert!(stats.str_at(&["memory", "workingSetBytes", "value"]).parse::<u64>().is_ok_and(|bytes| bytes > 0));
    let pods = crictl.json(&["statsp", "-o", "json", "--id", sandbox]);
    assert_eq!(pods.items_at(&["stats"])[0].str_at(&["attributes", "id"]), sandbox);

    let missing = crictl.try_to(&["inspect", "nope"]);
    assert!(missing.code != 0 && missing.stderr.contains("code = NotFound"), "{missing}");
}

#[test]
fn images_are_pulled_listed_and_removed() {
    let Some(crictl) = Crictl::start() else { return };
    registry::serve(&crictl.0, PORT, "apps/testapp:1", "").expect("the registry serves");
    let name = format!("127.0.0.1:{PORT}/apps/testapp:1");
    let said = crictl.run(&["pull", &name]);
    assert!(said.starts_with("Image is up to date for sha256:"), "{said}");
    let listed = crictl.json(&["images", "-o", "json", &name]);
    assert_eq!(listed.items_at(&["images"])[0].items_at(&["repoTags"])[0], Value::from(name.as_str()));
    let status = crictl.json(&["inspecti", &name]);
    assert_eq!(status.items_at(&["status", "repoTags"])[0], Value::from(name.as_str()));
    let info = crictl.json(&["imagefsinfo", "-o", "json"]);
    assert_eq!(info.items_at(&["status", "imageFilesystems"]).len(), 1);
    let removed = crictl.run(&["rmi", &name]);
    assert!(removed.starts_with(&format!("Deleted: {name}")), "{removed}");
    let gone = crictl.try_to(&["rmi", &name]);
    assert!(gone.code != 0 && gone.stderr.contains("no such image"), "{gone}");
    let refused = crictl.try_to(&["pull", "127.0.0.1:5999/apps/testapp:1"]);
    assert!(refused.stderr.contains("connect: connection refused"), "{refused}");
}

#[test]
fn sandboxes_and_containers_are_made_by_hand() {
    let Some(crictl) = Crictl::start() else { return };
    let pod = crictl.write(
        "pod.json",
        r#"{"metadata": {"name": "hand", "namespace": "default", "uid": "hand-made", "attempt": 1},
            "hostname": "by-hand", "log_directory": "/var/log/by-hand", "linux": {}}"#,
    );
    let container = crictl.write(
        "container.json",
        r#"{"metadata": {"name": "server"}, "image": {"image": "registry.test/testapp:1"}, "log_path": "server.log",
            "args": ["serve"], "linux": {}}"#,
    );
    let sandbox = crictl.run(&["runp", &pod]);
    let sandbox = only(&sandbox);
    let made = crictl.run(&["create", sandbox, &container, &pod]);
    let made = only(&made);
    let state = |id: &str| crictl.json(&["inspect", id]).str_at(&["status", "state"]).to_owned();
    assert_eq!(state(made), "CONTAINER_CREATED");
    assert_eq!(crictl.run(&["start", made]).trim_end(), made);
    assert_eq!(state(made), "CONTAINER_RUNNING");
    let address = crictl.json(&["inspectp", sandbox]).str_at(&["status", "network", "ip"]).to_owned();
    let address = format!("{address}:8080").parse().expect("an address");
    let network = crictl.0.outer().network().expect("it lives");
    let deadline = std::time::Instant::now() + PATIENCE;
    let body = loop {
        match corten_system_tests::fetch::get(&network, address, "/hostname") {
            Ok(body) => break body,
            Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(body, "by-hand");
    crictl.run(&["stop", "--timeout", "1", made]);
    assert_eq!(state(made), "CONTAINER_EXITED");
    crictl.run(&["rm", made]);
    assert!(crictl.run(&["ps", "-a", "-q", "--pod", sandbox]).is_empty());
    assert_eq!(crictl.run(&["stopp", sandbox]).trim_end(), format!("Stopped sandbox {sandbox}"));
    assert_eq!(crictl.run(&["rmp", sandbox]).trim_end(), format!("Removed sandbox {sandbox}"));
    assert!(crictl.run(&["pods", "-q", "--name", "hand"]).is_empty());
}
