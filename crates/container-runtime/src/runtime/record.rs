//! What is kept about sandboxes and containers: JSON files, replaced by rename.
//!
//! They survive the daemon, and the machine; not synced, because nothing of a Pod survives a power cut anyway: a
//! file that is then torn or missing means a sandbox to clear away.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use container_interfaces::cri::v1::{ContainerConfig, PodSandboxConfig};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::ProcessSpec;
use crate::process_identity::ProcessIdentity;
use crate::wire;

/// Where a sandbox is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SandboxPhase {
    /// Being made; found after a restart it is cleared away.
    Creating,
    /// Its namespaces exist.
    Ready,
    /// Stopped, or its shim is gone.
    NotReady,
}

/// A sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxRecord {
    /// Id.
    pub id: String,
    /// As the kubelet gave it.
    #[serde(with = "protobuf")]
    pub config: PodSandboxConfig,
    /// RuntimeClass handler.
    pub runtime_handler: String,
    /// Nanoseconds since the epoch.
    pub created_at: i64,
    /// Where it is.
    pub phase: SandboxPhase,
    /// Its shim.
    pub shim: Option<ProcessIdentity>,
    /// Addresses, the primary one first.
    pub ips: Vec<String>,
    /// A network is (or is about to be) attached, and was not detached yet.
    pub is_networked: bool,
    /// Cgroup of the pause process, if there is one.
    pub pause_cgroup: String,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExitRecord {
    /// Exit code.
    pub code: i32,
    /// Nanoseconds since the epoch.
    pub finished_at: i64,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`.
    pub reason: String,
    /// Text.
    pub message: String,
}

/// Who a container runs as.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRecord {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// All groups.
    pub groups: Vec<u32>,
}

/// A container.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRecord {
    /// Id.
    pub id: String,
    /// Sandbox.
    pub sandbox_id: String,
    /// As the kubelet gave it; resources as last updated.
    #[serde(with = "protobuf")]
    pub config: ContainerConfig,
    /// Image id.
    pub image_id: String,
    /// Name of the image with a tag, or as the kubelet gave it.
    pub image_name: String,
    /// Name of the image with a digest, or its id.
    pub image_ref: String,
    /// Nanoseconds since the epoch.
    pub created_at: i64,
    /// Nanoseconds since the epoch; 0: not started.
    pub started_at: i64,
    /// Process id of its first process on the host; 0: not known. It may be another's once the container has ended.
    #[serde(default)]
    pub pid: u32,
    /// How it ended.
    pub exit: Option<ExitRecord>,
    /// Who it runs as.
    pub user: UserRecord,
    /// Log file; empty: none.
    pub log_path: String,
    /// Cgroup.
    pub cgroup: String,
    /// Number of the signal that asks it to stop.
    pub stop_signal: u32,
    /// Its first process, without the seccomp filter; what execs are made from.
    #[serde(with = "process")]
    pub process: ProcessSpec,
}

mod protobuf {
    use super::*;

    pub fn serialize<M: prost::Message, S: Serializer>(message: &M, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(message.encode_to_vec()))
    }

    pub fn deserialize<'de, M: prost::Message + Default, D: Deserializer<'de>>(deserializer: D) -> Result<M, D::Error> {
        let bytes = decode_base64(deserializer)?;
        M::decode(bytes.as_slice()).map_err(serde::de::Error::custom)
    }
}

mod process {
    use super::*;
    use crate::wire::Message;

    pub fn serialize<S: Serializer>(process: &ProcessSpec, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        process.encode(&mut bytes);
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProcessSpec, D::Error> {
        wire::decode(&decode_base64(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn decode_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    state: PathBuf,
}

impl Layout {
    /// Below the two directories of the settings, which are made.
    pub fn new(root: &Path, state: &Path) -> io::Result<Layout> {
        let layout = Layout { root: root.to_owned(), state: state.to_owned() };
        for directory in [layout.sandboxes(), layout.containers(), layout.state.join("sandboxes")] {
            std::fs::create_dir_all(directory)?;
        }
        Ok(layout)
    }

    fn sandboxes(&self) -> PathBuf {
        self.root.join("sandboxes")
    }

    fn containers(&self) -> PathBuf {
        self.root.join("containers")
    }

    /// Durable directory of a sandbox.
    pub fn sandbox(&self, id: &str) -> PathBuf {
        self.sandboxes().join(id)
    }

    /// This boot's directory of a sandbox: control socket, exit records, places to mount on.
    pub fn sandbox_state(&self, id: &str) -> PathBuf {
        self.state.join("sandboxes").join(id)
    }

    /// Durable directory of a container: its own layer.
    pub fn container(&self, id: &str) -> PathBuf {
        self.containers().join(id)
    }

    /// Where a container's root is mounted, in its own mount namespace.
    pub fn container_mount_point(&self, sandbox_id: &str, id: &str) -> PathBuf {
        self.sandbox_state(sandbox_id).join(format!("{id}.root"))
    }

    /// Stores a sandbox.
    pub fn save_sandbox(&self, record: &SandboxRecord) -> io::Result<()> {
        save(&self.sandbox(&record.id).join("sandbox.json"), record)
    }

    /// Stores a container.
    pub fn save_container(&self, record: &ContainerRecord) -> io::Result<()> {
        save(&self.container(&record.id).join("container.json"), record)
    }

    /// All sandboxes: ids, and records as far as they can be read.
    pub fn load_sandboxes(&self) -> io::Result<Vec<(String, Option<SandboxRecord>)>> {
        load_all(&self.sandboxes(), "sandbox.json")
    }

    /// All containers, likewise.
    pub fn load_containers(&self) -> io::Result<Vec<(String, Option<ContainerRecord>)>> {
        load_all(&self.containers(), "container.json")
    }
}

fn save(path: &Path, record: &impl Serialize) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    let bytes = serde_json::to_vec(record).map_err(io::Error::other)?;
    std::fs::write(&temporary, bytes)?;
    // ext4 starts writing a file to the disk when it replaces another one, and removing it soon afterwards then waits
    // for the disk. An exchange is as atomic and does not.
    match renameat_with(CWD, &temporary, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => std::fs::remove_file(&temporary),
        Err(_) => std::fs::rename(&temporary, path),
    }
}

fn load_all<R: DeserializeOwned>(directory: &Path, file: &str) -> io::Result<Vec<(String, Option<R>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(id) = entry.file_name().into_string() else { continue };
        let record = std::fs::read(entry.path().join(file)).ok();
        found.push((id, record.and_then(|bytes| serde_json::from_slice(&bytes).ok())));
    }
    Ok(found)
}

/// Removes a directory and all in it; nothing there is fine.
pub fn remove_directory(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_their_files_and_torn_ones_are_told_apart() {
        let root = std::env::temp_dir().join(format!("corten-record-{}", std::process::id()));
        let layout = Layout::new(&root.join("lib"), &root.join("run")).expect("temporary files can be made");
        let record = SandboxRecord {
            id: "abc".into(),
            config: PodSandboxConfig { hostname: "web-0".into(), ..PodSandboxConfig::default() },
            runtime_handler: String::new(),
            created_at: 5,
            phase: SandboxPhase::Ready,
            shim: None,
            ips: vec!["10.0.0.1".into()],
            is_networked: true,
            pause_cgroup: String::new(),
        };
        for id in ["abc", "torn"] {
            std::fs::create_dir_all(layout.sandbox(id)).expect("temporary files can be made");
        }
        layout
            .save_sandbox(&SandboxRecord { phase: SandboxPhase::Creating, ..record.clone() })
            .expect("it can be written");
        layout.save_sandbox(&record).expect("it can be replaced");
        std::fs::write(layout.sandbox("torn").join("sandbox.json"), "{\"id\":").expect("it can be written");
        let mut found = layout.load_sandboxes().expect("it can be read");
        found.sort_by(|left, right| left.0.cmp(&right.0));
        let hostnames: Vec<(String, Option<String>)> =
            found.into_iter().map(|(id, record)| (id, record.map(|record| record.config.hostname))).collect();
        remove_directory(&root).expect("it can be removed");
        assert_eq!(hostnames, [("abc".into(), Some("web-0".into())), ("torn".into(), None)]);
    }
}
