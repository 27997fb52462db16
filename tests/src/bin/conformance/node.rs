//! The cluster under test: one node with the test images.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use corten_system_tests::cluster::{Cluster, KUBECONFIG, Options};
use corten_system_tests::kubectl::{self, Output};
use corten_system_tests::leaks::Snapshot;

use crate::plan::Plan;

/// How long one question to the API server may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(20);

/// How long what the specs made may take to go after the last of them.
const CLEAN_PATIENCE: Duration = Duration::from_secs(120);

/// Pause between two looks at what is left; some of it (files, mounts) tells nobody when it goes.
const CLEAN_PAUSE: Duration = Duration::from_secs(2);

/// Files that grow in any cluster that runs: logs and the datastore.
const GROWS: &[&str] = &["file /var/log/corten", "file /var/lib/corten/datastore"];

/// A running cluster.
pub struct Node {
    /// The cluster.
    pub cluster: Cluster,
    kubectl: PathBuf,
    disk: PathBuf,
    fresh: Snapshot,
}

impl Node {
    /// Starts a cluster, the `number`-th of this run, and imports the images.
    ///
    /// # Errors
    /// It does not become Ready, or an image cannot be imported.
    pub fn start(plan: &Plan, number: usize) -> anyhow::Result<Self> {
        let disk = plan.results.join(format!("disk-{number}"));
        std::fs::create_dir_all(&disk)?;
        let options = Options { disk: Some(disk.clone()), is_stopped: true, ..Options::default() };
        let mut cluster = Cluster::start(&options)?;
        hide_temporary_files(&cluster, plan)?;
        // There is no name server outside: names outside the cluster do not exist.
        std::fs::write(cluster.path("/etc/resolv.conf"), "")?;
        cluster.up(&[])?;
        for image in &plan.images {
            let output = cluster.corten(&["images", "import", &image.to_string_lossy()])?;
            anyhow::ensure!(output.code == 0, "import {}: {output}", image.display());
        }
        let fresh = cluster.snapshot()?;
        Ok(Node { cluster, kubectl: plan.kubectl.clone(), disk, fresh })
    }

    /// Whether the API server answers that it is ready.
    pub fn is_ready(&self) -> bool {
        self.kubectl(&["get", "--raw=/readyz"]).is_ok_and(|output| output.code == 0)
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
    /// Something does not end, or cannot be removed.
    pub fn end(self, log: &Path) -> anyhow::Result<()> {
        std::fs::write(log, self.cluster.server_log()).context("keep the server's log")?;
        self.cluster.end()?;
        std::fs::remove_dir_all(&self.disk).with_context(|| format!("remove {}", self.disk.display()))
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
