//! The cluster under test: one node with the test images.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use corten_system_tests::cluster::{Cluster, KUBECONFIG, Options};
use corten_system_tests::kubectl::{self, Output};
use corten_system_tests::leaks::Snapshot;
use corten_system_tests::{image, workload};

use crate::evidence;
use crate::plan::Plan;
use crate::records::Outcome;

/// How long one question to the API server may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(20);

/// How long what the specs made may take to go after the last of them.
const CLEAN_PATIENCE: Duration = Duration::from_secs(120);

/// How long the first Pods may take.
const WARM_UP_PATIENCE: Duration = Duration::from_secs(60);

/// Pause between two looks at what is left; some of it (files, mounts) tells nobody when it goes.
const CLEAN_PAUSE: Duration = Duration::from_secs(2);

/// Files that grow in any cluster that runs: logs and the datastore.
const GROWS: &[&str] = &["file /var/log/corten", "file /var/lib/corten/datastore"];

/// Where the images are served, for the one spec that really pulls.
const REGISTRY: &str = "127.0.0.1:5999";

/// What the suite expects of a cluster beyond Corten's defaults, and logs that explain a failure.
const FLAGS: &[&str] = &[
    "--registry-mirrors=registry.k8s.io=http://127.0.0.1:5999",
    "--runtime-handlers=test-handler=embedded,corten=embedded,runc=embedded",
    "--log-level=info,apiserver=debug,client=debug,container_runtime=debug,controller_manager=debug,kubelet=debug,\
     network=debug,registry=debug,scheduler=debug",
];

/// A running cluster.
pub struct Node {
    /// The cluster.
    pub cluster: Cluster,
    kubectl: PathBuf,
    fresh: Snapshot,
    registry: Option<Child>,
}

impl Node {
    /// Starts a cluster and imports the images.
    ///
    /// # Errors
    /// It does not become Ready, or an image cannot be imported.
    pub fn start(plan: &Plan) -> anyhow::Result<Self> {
        // In memory: a disk that is nearly full would put the node under pressure and let no spec begin.
        let flags = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        let options = Options { flags, is_stopped: true, ..Options::default() };
        let mut cluster = Cluster::start(&options)?;
        hide_temporary_files(&cluster, plan)?;
        // There is no name server outside: names outside the cluster do not exist.
        std::fs::write(cluster.path("/etc/resolv.conf"), "")?;
        let registry = serve_images(&cluster, plan)?;
        if let Err(error) = cluster.up(&[]) {
            std::fs::write(plan.results.join("server-not-started.log"), cluster.server_log())?;
            return Err(error);
        }
        for image in &plan.images {
            let output = cluster.corten(&["images", "import", &image.to_string_lossy()])?;
            anyhow::ensure!(output.code == 0, "import {}: {output}", image.display());
        }
        warm_up(&cluster)?;
        let fresh = cluster.snapshot()?;
        Ok(Node { cluster, kubectl: plan.kubectl.clone(), fresh, registry })
    }

    /// Whether the API server answers that it is ready.
    pub fn is_ready(&self) -> bool {
        self.kubectl(&["get", "--raw=/readyz"]).is_ok_and(|output| output.code == 0)
    }

    /// Keeps the server's and node's log of a spec's time below `records`.
    pub fn keep_log_of(&self, records: &Path, outcome: &Outcome) {
        if let Err(error) = evidence::keep_log(records, outcome, &self.cluster.server_log()) {
            println!("! keep the log of {}: {error}", outcome.folder);
        }
    }

    /// Waits until what specs made is gone; what is left then, one thing a line.
    ///
    /// # Errors
    /// The namespaces are gone.
    pub fn left_behind(&self) -> anyhow::Result<Vec<String>> {
        let deadline = Instant::now() + CLEAN_PATIENCE;
        loop {
            let mut left = self.namespaces_left();
            left.extend(self.fresh.added_in(&self.cluster.snapshot()?));
            left.retain(|line| !GROWS.iter().any(|grows| line.starts_with(grows)));
            if left.is_empty() || Instant::now() > deadline {
                return Ok(left);
            }
            std::thread::sleep(CLEAN_PAUSE);
        }
    }

    /// Ends the cluster; the server's log goes to `log`.
    ///
    /// # Errors
    /// Something does not end.
    pub fn end(mut self, log: &Path) -> anyhow::Result<()> {
        std::fs::write(log, self.cluster.server_log()).context("keep the server's log")?;
        let ended = self.cluster.end();
        if let Some(registry) = &mut self.registry {
            registry.kill()?;
            registry.wait()?;
        }
        ended
    }

    fn namespaces_left(&self) -> Vec<String> {
        const OWN: &[&str] = &["default", "kube-node-lease", "kube-public", "kube-system"];
        let names = self.kubectl(&["get", "namespaces", "--output=name"]).map(|output| output.stdout);
        let names = names.unwrap_or_default();
        let names = names.lines().filter_map(|line| line.strip_prefix("namespace/"));
        names.filter(|name| !OWN.contains(name)).map(|name| format!("namespace {name}")).collect()
    }

    fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = self.cluster.outer().command(&self.kubectl.to_string_lossy());
        command.arg(format!("--kubeconfig={KUBECONFIG}")).arg("--request-timeout=10s").args(arguments);
        kubectl::run(&mut command, b"", ANSWER_PATIENCE)
    }
}

/// Runs a Pod of each quality of service: the first ones make what all share, which stays.
fn warm_up(cluster: &Cluster) -> anyhow::Result<()> {
    const QUALITIES: [(&str, &str); 2] = [
        ("best-effort", "ports: [{containerPort: 80, hostPort: 1}]"),
        ("burstable", "resources: {requests: {cpu: 1m, memory: 1Mi}}"),
    ];
    cluster.import(image::NAME)?;
    let api = cluster.api();
    // Pods need the account of their namespace, which a controller makes.
    api.wait("/api/v1/namespaces/default/serviceaccounts/default", WARM_UP_PATIENCE, |_| true);
    for (name, more) in QUALITIES {
        let pod = workload::command_pod(name, &["echo"]);
        api.create("default", &pod.replace("name: main", &format!("name: main, {more}")))?;
        workload::finish(api, "default", name);
        api.wait_gone(&workload::pod_path("default", name), WARM_UP_PATIENCE);
    }
    Ok(())
}

/// Starts a registry with the images inside, and waits until it serves.
fn serve_images(cluster: &Cluster, plan: &Plan) -> anyhow::Result<Option<Child>> {
    if plan.images.is_empty() {
        return Ok(None);
    }
    let mut command = cluster.outer().command("corten");
    command.args(["registry", "--listen", REGISTRY]).args(&plan.images).stdout(Stdio::piped());
    let mut registry = command.spawn().context("start the registry")?;
    let said = BufReader::new(registry.stdout.take().context("the registry has no output")?);
    for line in said.lines() {
        if line?.starts_with("serving on ") {
            return Ok(Some(registry));
        }
    }
    let status = registry.wait()?;
    anyhow::bail!("the registry ended: {status}")
}

/// Gives the node a `/tmp` of its own: specs mount it into Pods and fill it.
fn hide_temporary_files(cluster: &Cluster, plan: &Plan) -> anyhow::Result<()> {
    let needed = [&plan.results, &plan.suite, &plan.ginkgo, &plan.kubectl].into_iter().chain(&plan.images);
    if needed.into_iter().any(|path| path.starts_with("/tmp")) {
        return Ok(());
    }
    let mut command: Command = cluster.outer().command("mount");
    command.args(["-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp"]);
    let output = kubectl::run(&mut command, b"", ANSWER_PATIENCE)?;
    anyhow::ensure!(output.code == 0, "mount /tmp: {output}");
    Ok(())
}
