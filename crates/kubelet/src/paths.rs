//! Where things of Pods are on the node's disk. Pure.

use std::path::{Path, PathBuf};

use crate::spec::PodId;

/// The roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `/var/lib/kubelet`
    pub root: PathBuf,
    /// `/var/log/pods`
    pub pod_logs: PathBuf,
    /// `/var/log/containers`
    pub container_logs: PathBuf,
}

impl Paths {
    /// Directory of all Pods' directories.
    pub fn pods(&self) -> PathBuf {
        self.root.join("pods")
    }

    /// A Pod's directory.
    pub fn pod(&self, uid: &str) -> PathBuf {
        self.pods().join(uid)
    }

    /// Directory of a volume; `plugin` in upstream's escaped form (`kubernetes.io~empty-dir`).
    pub fn volume(&self, uid: &str, plugin: &str, volume: &str) -> PathBuf {
        self.pod(uid).join("volumes").join(plugin).join(volume)
    }

    /// Mount point of a sub path of a volume in a container.
    pub fn sub_path(&self, uid: &str, volume: &str, container: &str, index: usize) -> PathBuf {
        self.pod(uid).join("volume-subpaths").join(volume).join(container).join(index.to_string())
    }

    /// Directory of a container's termination messages.
    pub fn container(&self, uid: &str, container: &str) -> PathBuf {
        self.pod(uid).join("containers").join(container)
    }

    /// What was promised to a Pod that was resized.
    pub fn checkpoint(&self, uid: &str) -> PathBuf {
        self.pod(uid).join("resources.json")
    }

    /// The hosts file.
    pub fn hosts_file(&self, uid: &str) -> PathBuf {
        self.pod(uid).join("etc-hosts")
    }

    /// A Pod's log directory.
    pub fn logs(&self, pod: &PodId) -> PathBuf {
        self.pod_logs.join(format!("{}_{}_{}", pod.namespace, pod.name, pod.uid))
    }

    /// A container's log file, below the Pod's log directory.
    pub fn log_file(container: &str, attempt: u32) -> PathBuf {
        Path::new(container).join(format!("{attempt}.log"))
    }

    /// The link to a container's log by container id.
    pub fn log_link(&self, pod: &PodId, container: &str, container_id: &str) -> PathBuf {
        self.container_logs.join(format!("{}_{}_{container}-{container_id}.log", pod.name, pod.namespace))
    }
}
