//! Upstream's API server alone, with etcd, in namespaces of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use http::Method;

use crate::api::Api;
use crate::cases::run::Target;
use crate::cluster::KUBECONFIG;
use crate::compare::ours::Ours;
use crate::network_thread::NetworkThread;
use crate::outer::{INSIDE, NODE_ADDRESS, Outer, Request};
use crate::programs;

/// How long it may take until it is ready.
const START_PATIENCE: Duration = Duration::from_secs(120);

/// Pause between two questions whether it is ready.
const START_PAUSE: Duration = Duration::from_millis(200);

/// Where keys, tokens and the kubeconfig are, inside.
const DIRECTORY: &str = "/var/lib/upstream";

/// The same settings as Corten's own: certificates, issuer, ranges, and features by default. (Tokens are signed with the
/// serving key: upstream reads no public key from the form in which Corten keeps its own.)
const FLAGS: &[&str] = &[
    "--etcd-servers=http://127.0.0.1:2379",
    "--secure-port=6443",
    "--client-ca-file=/var/lib/upstream/ca.crt",
    "--tls-cert-file=/var/lib/upstream/apiserver.crt",
    "--tls-private-key-file=/var/lib/upstream/apiserver.key",
    "--service-account-key-file=/var/lib/upstream/apiserver.crt",
    "--service-account-signing-key-file=/var/lib/upstream/apiserver.key",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    "--kubelet-client-certificate=/var/lib/upstream/apiserver-kubelet-client.crt",
    "--kubelet-client-key=/var/lib/upstream/apiserver-kubelet-client.key",
    "--token-auth-file=/var/lib/upstream/tokens.csv",
    "--service-cluster-ip-range=10.96.0.0/12",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
];

const ETCD_FLAGS: &[&str] = &[
    "--data-dir=/var/lib/upstream/etcd",
    "--listen-client-urls=http://127.0.0.1:2379",
    "--advertise-client-urls=http://127.0.0.1:2379",
    "--listen-peer-urls=http://127.0.0.1:2380",
    "--unsafe-no-fsync",
    "--log-level=error",
];

/// A fresh kube-apiserver. Dropping it removes everything.
pub struct Upstream {
    outer: Outer,
    running: Vec<Child>,
    api: Api,
}

impl Upstream {
    /// Starts etcd and kube-apiserver with the keys of `ours`, so that the same clients reach both.
    ///
    /// # Errors
    /// Programs that were not built, or a server that does not become ready.
    pub fn start(ours: &Ours) -> anyhow::Result<Self> {
        let mut found = vec![program("etcd", "CORTEN_ETCD")?, program("kube-apiserver", "CORTEN_KUBE_APISERVER")?];
        found.extend(programs::kubectl().map(|path| ("kubectl".to_owned(), path)));
        let request =
            Request { cgroup: format!("corten-upstream-{}", std::process::id()), programs: found, disk: None };
        let outer = Outer::start(&programs::outer()?, &request)?;
        let kubeconfig = copy_keys(ours, &outer).context("hand over the keys")?;
        let advertised = format!("--advertise-address={NODE_ADDRESS}");
        let flags: Vec<&str> = FLAGS.iter().copied().chain([advertised.as_str()]).collect();
        let running = vec![spawn(&outer, "etcd", ETCD_FLAGS)?, spawn(&outer, "kube-apiserver", &flags)?];
        let thread = Arc::new(NetworkThread::start(Some(outer.network()?))?);
        let api = Api::from_kubeconfig(thread, &kubeconfig)?;
        let mut upstream = Upstream { outer, running, api };
        upstream.wait_until_ready()?;
        Ok(upstream)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Ok(answer) = self.api.request(Method::GET, "/readyz", None)
                && answer.code == 200
            {
                return Ok(());
            }
            for child in &mut self.running {
                if let Some(status) = child.try_wait()? {
                    anyhow::bail!("upstream ended: {status}\n{}", self.log());
                }
            }
            anyhow::ensure!(Instant::now() < deadline, "upstream does not become ready\n{}", self.log());
            std::thread::sleep(START_PAUSE);
        }
    }

    fn log(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.outer.path(&log_path(name))).unwrap_or_default();
        let text = read("etcd") + &read("kube-apiserver");
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Target for Upstream {
    fn command(&self, program: &str) -> Command {
        self.outer.command(program)
    }

    fn api(&self) -> &Api {
        &self.api
    }

    fn kubeconfig(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.outer.path(&format!("{DIRECTORY}/admin.kubeconfig")))?)
    }

    fn directory(&self, case: &str) -> anyhow::Result<(PathBuf, String)> {
        let inside = format!("{INSIDE}/tmp/{case}");
        std::fs::create_dir_all(self.outer.path(&inside))?;
        Ok((self.outer.path(&inside), inside))
    }

    fn has_controllers(&self) -> bool {
        false
    }
}

fn program(name: &str, variable: &str) -> anyhow::Result<(String, PathBuf)> {
    let path = std::env::var_os(variable).with_context(|| format!("{variable} does not name a {name}"))?;
    anyhow::ensure!(Path::new(&path).exists(), "{variable}: there is no such file");
    Ok((name.to_owned(), path.into()))
}

/// Puts Corten's keys and the tokens where upstream reads them; returns the kubeconfig.
fn copy_keys(ours: &Ours, outer: &Outer) -> anyhow::Result<String> {
    let to = outer.path(DIRECTORY);
    std::fs::create_dir_all(&to)?;
    for entry in std::fs::read_dir(ours.cluster().path("/var/lib/corten/pki"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    std::fs::write(to.join("tokens.csv"), super::TOKENS)?;
    let kubeconfig = std::fs::read_to_string(ours.cluster().path(KUBECONFIG))?;
    std::fs::write(to.join("admin.kubeconfig"), &kubeconfig)?;
    Ok(kubeconfig)
}

fn log_path(program: &str) -> String {
    format!("{DIRECTORY}/{program}.log")
}

fn spawn(outer: &Outer, program: &str, flags: &[&str]) -> anyhow::Result<Child> {
    let log = std::fs::File::create(outer.path(&log_path(program)))?;
    let mut command = outer.command(program);
    command.args(flags).stdout(log.try_clone()?).stderr(Stdio::from(log));
    command.spawn().with_context(|| format!("start {program}"))
}
