//! Settings of the runtime.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Settings; [`Config::default`] gives the documented defaults.
#[derive(Clone, Debug)]
pub struct Config {
    /// Durable state: records, containers' own layers. Default `/var/lib/corten/runtime`.
    pub root_directory: PathBuf,
    /// State of this boot: control sockets, exit records. Default `/run/corten/runtime`.
    pub state_directory: PathBuf,
    /// The executable that has the shim role. Default `/proc/self/exe`.
    pub shim_executable: PathBuf,
    /// Cgroup of Corten; the shims lie in `<cgroup_root>/shims`, and Pods without a parent of their own in
    /// `<cgroup_root>/pods`. Default `/corten`.
    pub cgroup_root: String,
    /// Where exec, attach and port-forward streams are served. Default `127.0.0.1:0`.
    pub streaming_address: SocketAddr,
    /// Size of a Pod's /dev/shm in bytes. Default 64 MiB.
    pub shm_bytes: u64,
    /// RuntimeClass handlers that are accepted beside the empty one; all mean this runtime. Default `corten`,
    /// `runc`.
    pub runtime_handlers: Vec<String>,
    /// Let Pods bind ports below 1024 and send pings without capabilities, as containerd 2 does. Default true.
    pub allows_unprivileged_ports_and_pings: bool,
    /// `oom_score_adj` of shims, where the machine allows it. Default -998.
    pub shim_oom_score_adj: i64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            root_directory: "/var/lib/corten/runtime".into(),
            state_directory: "/run/corten/runtime".into(),
            shim_executable: "/proc/self/exe".into(),
            cgroup_root: "/corten".into(),
            streaming_address: SocketAddr::from(([127, 0, 0, 1], 0)),
            shm_bytes: 64 << 20,
            runtime_handlers: ["corten", "runc"].map(str::to_owned).to_vec(),
            allows_unprivileged_ports_and_pings: true,
            shim_oom_score_adj: -998,
        }
    }
}
