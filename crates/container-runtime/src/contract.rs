//! What daemon and shim say to each other: requests, answers, events and their fields.
//!
//! Append only, see `docs/decisions/0004-shim-contract.md`. The daemon decides everything (capabilities, the
//! compiled seccomp filter, environment, mounts); the shim only carries it out.

use crate::wire::{Blob, message};

/// Version of the contract; both sides use the smaller one of the two.
pub const VERSION: u32 = 1;

/// Name of the control socket in the sandbox's state directory.
pub const SOCKET_NAME: &str = "shim.sock";

/// Request: [`Hello`], answered by [`Welcome`].
pub const HELLO: u16 = 1;
/// Request: [`Empty`], answered by [`SandboxState`].
pub const STATE: u16 = 2;
/// Request: [`ContainerSpec`], answered by [`Created`] when the init process is prepared (or failed to be).
pub const CREATE: u16 = 3;
/// Request: [`ContainerId`], answered by [`Started`] when the program runs.
pub const START: u16 = 4;
/// Request: [`SignalRequest`], answered by [`Empty`].
pub const SIGNAL: u16 = 5;
/// Request: [`ContainerId`], answered by [`Empty`]; the container must have ended.
pub const DELETE: u16 = 6;
/// Request: [`ExecSpec`] with its descriptors, answered by [`Started`] (with the terminal's master).
pub const EXEC: u16 = 7;
/// Request: [`ResizeRequest`], answered by [`Empty`].
pub const RESIZE: u16 = 8;
/// Request: [`ContainerId`], answered by [`Empty`].
pub const REOPEN_LOG: u16 = 9;
/// Request: [`AttachRequest`] with its descriptors, answered by [`Empty`].
pub const ATTACH: u16 = 10;
/// Request: [`Empty`], answered by [`Empty`]; then the shim ends. Refused while a container lives.
pub const SHUTDOWN: u16 = 11;

/// Event: [`ContainerExit`], after the exit record is on disk.
pub const CONTAINER_EXITED: u16 = 100;
/// Event: [`ExecExit`].
pub const EXEC_EXITED: u16 = 101;

/// Answer: what the request says.
pub const OK: u16 = 200;
/// Answer: [`Failure`].
pub const FAILED: u16 = 201;

/// [`Failure::code`]: anything.
pub const CODE_INTERNAL: u32 = 0;
/// [`Failure::code`]: no such container, exec or process.
pub const CODE_NOT_FOUND: u32 = 1;
/// [`Failure::code`]: the state does not allow it.
pub const CODE_PRECONDITION: u32 = 2;

/// [`ContainerState::phase`]: prepared, not started.
pub const PHASE_CREATED: u32 = 0;
/// [`ContainerState::phase`]: its program runs.
pub const PHASE_RUNNING: u32 = 1;
/// [`ContainerState::phase`]: ended.
pub const PHASE_EXITED: u32 = 2;

/// [`ContainerSpec::pid_mode`]: a PID namespace of its own.
pub const PID_CONTAINER: u32 = 0;
/// [`ContainerSpec::pid_mode`]: the Pod's, held by the pause process.
pub const PID_POD: u32 = 1;
/// [`ContainerSpec::pid_mode`]: the host's.
pub const PID_HOST: u32 = 2;
/// [`ContainerSpec::pid_mode`]: that of [`ContainerSpec::pid_target`].
pub const PID_TARGET: u32 = 3;

/// [`MountSpec::kind`]: a bind mount of `source`.
pub const MOUNT_BIND: u32 = 0;
/// [`MountSpec::kind`]: an image's layers, read-only.
pub const MOUNT_LAYERS: u32 = 1;

/// [`MountSpec::propagation`]: none.
pub const PROPAGATION_PRIVATE: u32 = 0;
/// [`MountSpec::propagation`]: mounts on the host appear in the container.
pub const PROPAGATION_HOST_TO_CONTAINER: u32 = 1;
/// [`MountSpec::propagation`]: both ways.
pub const PROPAGATION_BIDIRECTIONAL: u32 = 2;

message! {
    /// No fields.
    pub struct Empty {}

    /// A name and a value.
    pub struct Pair {
        /// Name.
        1 => name: String,
        /// Value.
        2 => value: String,
    }

    /// Why a request failed.
    pub struct Failure {
        /// One of the `CODE_` constants.
        1 => code: u32,
        /// Text for people and for the Pod's status.
        2 => message: String,
    }

    /// First request of every connection.
    pub struct Hello {
        /// Newest version that the client speaks.
        1 => version: u32,
        /// Send events on this connection.
        2 => wants_events: bool,
    }

    /// Answer to [`Hello`].
    pub struct Welcome {
        /// Version spoken from now on.
        1 => version: u32,
        /// The sandbox.
        2 => sandbox_id: String,
        /// The shim's process id on the host.
        3 => pid: u32,
        /// Its start time in clock ticks since boot.
        4 => start_ticks: u64,
    }

    /// One mounted cgroup hierarchy.
    pub struct Hierarchy {
        /// v1: controllers (`cpu,cpuacct` or `name=systemd`); v2: empty.
        1 => controllers: String,
        /// Where it is mounted on the host.
        2 => mount_point: String,
    }

    /// How this host's cgroups are laid out.
    pub struct CgroupLayout {
        /// 1 or 2.
        1 => version: u32,
        /// v1: all hierarchies; v2: the one.
        2 => hierarchies: Vec<Hierarchy>,
    }

    /// A range of ids in a user namespace.
    pub struct IdRange {
        /// First id inside.
        1 => inside: u32,
        /// First id on the host.
        2 => outside: u32,
        /// Ids.
        3 => length: u32,
    }

    /// Id mappings of a Pod's own user namespace.
    pub struct UserNamespaceSpec {
        /// Users.
        1 => uids: Vec<IdRange>,
        /// Groups.
        2 => gids: Vec<IdRange>,
    }

    /// Everything a shim needs to begin; it comes on its standard input.
    pub struct SandboxSpec {
        /// Sandbox id.
        1 => id: String,
        /// Directory of the control socket and the exit records.
        2 => state_dir: String,
        /// Host name; empty keeps the host's.
        3 => hostname: String,
        /// Keep the host's network and UTS namespaces.
        4 => is_host_network: bool,
        /// Keep the host's IPC namespace and /dev/shm.
        5 => is_host_ipc: bool,
        /// Start a pause process that holds a PID namespace for the whole Pod.
        6 => is_pid_shared: bool,
        /// Kernel parameters of the Pod's namespaces.
        7 => sysctls: Vec<Pair>,
        /// Size of the Pod's /dev/shm.
        8 => shm_bytes: u64,
        /// The host's cgroups.
        9 => cgroups: CgroupLayout,
        /// Cgroup of the shim itself.
        10 => shim_cgroup: String,
        /// Cgroup of the pause process.
        11 => pause_cgroup: String,
        /// `oom_score_adj` of the shim.
        12 => oom_score_adj: i64,
        /// A user namespace of its own.
        13 => user_namespace: Option<UserNamespaceSpec>,
    }

    /// A container of the sandbox.
    pub struct ContainerId {
        /// Container id.
        1 => id: String,
    }

    /// A file system of the container.
    pub struct MountSpec {
        /// Absolute path in the container.
        1 => destination: String,
        /// One of the `MOUNT_` constants.
        2 => kind: u32,
        /// Path on the host; for layers the path inside the image.
        3 => source: String,
        /// Layer directories, lowest first.
        4 => layers: Vec<String>,
        /// Not writable.
        5 => is_read_only: bool,
        /// Not writable, the mounts below it included.
        6 => is_recursive_read_only: bool,
        /// One of the `PROPAGATION_` constants.
        7 => propagation: u32,
        /// Map ids by the Pod's user namespace.
        8 => is_id_mapped: bool,
    }

    /// The root file system.
    pub struct RootSpec {
        /// Layer directories, lowest first.
        1 => layers: Vec<String>,
        /// Directory for what the container writes; empty: none, the root is read-only.
        2 => upper: String,
        /// Overlay's work directory, on the same file system.
        3 => work: String,
        /// Empty directory that the root is mounted on, in the container's own mount namespace.
        4 => mount_point: String,
        /// Not writable.
        5 => is_read_only: bool,
    }

    /// A device node.
    pub struct DeviceSpec {
        /// Path in the container.
        1 => path: String,
        /// Block device; else character device.
        2 => is_block: bool,
        /// Major number.
        3 => major: u32,
        /// Minor number.
        4 => minor: u32,
        /// Permission bits of the node.
        5 => mode: u32,
        /// Owner.
        6 => uid: u32,
        /// Group.
        7 => gid: u32,
        /// What the cgroup allows: letters of `rwm`.
        8 => access: String,
        /// Path on the host, for containers that cannot make nodes.
        9 => host_path: String,
    }

    /// Resource limits; absent or zero leaves the kernel's default.
    pub struct Resources {
        /// Relative CPU weight (v1 shares).
        1 => cpu_shares: u64,
        /// CPU quota in microseconds per period; -1: none.
        2 => cpu_quota: i64,
        /// CPU period in microseconds.
        3 => cpu_period: u64,
        /// Memory limit in bytes; -1: none.
        4 => memory_bytes: i64,
        /// Memory and swap limit in bytes; -1: none.
        5 => memory_swap_bytes: i64,
        /// CPUs.
        6 => cpuset_cpus: String,
        /// Memory nodes.
        7 => cpuset_mems: String,
        /// Huge page limits: `2MB` and bytes.
        8 => hugepages: Vec<Pair>,
        /// v2 files and their values.
        9 => unified: Vec<Pair>,
        /// Processes; 0: no limit.
        10 => pids: u64,
    }

    /// Who a process runs as.
    pub struct UserSpec {
        /// `uid`, `name`, `uid:gid`, `name:group`, looked up in the image's files; empty: 0.
        1 => user: String,
        /// Further groups.
        2 => supplemental_groups: Vec<u32>,
        /// Leave out the groups that the image's /etc/group has for the user.
        3 => is_strict: bool,
    }

    /// A resource limit of a process.
    pub struct Rlimit {
        /// Number of the resource.
        1 => resource: u32,
        /// Soft limit.
        2 => soft: u64,
        /// Hard limit.
        3 => hard: u64,
    }

    /// A process: a container's first, or an exec.
    pub struct ProcessSpec {
        /// Program and arguments.
        1 => args: Vec<String>,
        /// `NAME=value`; values may be any bytes.
        2 => env: Vec<Blob>,
        /// Working directory.
        3 => cwd: String,
        /// User.
        4 => user: UserSpec,
        /// Capabilities of the bounding, permitted and effective sets, a bit per capability.
        5 => capabilities: u64,
        /// Inheritable and ambient capabilities.
        6 => ambient_capabilities: u64,
        /// Set `no_new_privs`.
        7 => has_no_new_privs: bool,
        /// Compiled filter: `sock_filter` records; empty: none.
        8 => seccomp_filter: Blob,
        /// Flags of seccomp(2).
        9 => seccomp_flags: u32,
        /// Limits.
        10 => rlimits: Vec<Rlimit>,
        /// `oom_score_adj`.
        11 => oom_score_adj: Option<i64>,
        /// Give it a terminal.
        12 => is_terminal: bool,
        /// The terminal's first size.
        13 => terminal_width: u32,
        /// The terminal's first size.
        14 => terminal_height: u32,
    }

    /// A container.
    pub struct ContainerSpec {
        /// Container id.
        1 => id: String,
        /// Its first process.
        2 => process: ProcessSpec,
        /// Root file system.
        3 => root: RootSpec,
        /// Further file systems, mounted in this order.
        4 => mounts: Vec<MountSpec>,
        /// Paths that must not be read.
        5 => masked_paths: Vec<String>,
        /// Paths that must not be written.
        6 => read_only_paths: Vec<String>,
        /// Device nodes beside the usual ones.
        7 => devices: Vec<DeviceSpec>,
        /// All devices, /sys and /sys/fs/cgroup writable.
        8 => is_privileged: bool,
        /// One of the `PID_` constants.
        9 => pid_mode: u32,
        /// Container whose PID namespace is joined.
        10 => pid_target: String,
        /// Its cgroup.
        11 => cgroup: String,
        /// Limits.
        12 => resources: Resources,
        /// CRI log file; empty: output is thrown away.
        13 => log_path: String,
        /// Keep its input open for attach.
        14 => has_stdin: bool,
        /// Close its input when the first attach ends.
        15 => is_stdin_once: bool,
    }

    /// Who a process really runs as.
    pub struct ResolvedUser {
        /// User.
        1 => uid: u32,
        /// Group.
        2 => gid: u32,
        /// All groups, the primary one included.
        3 => groups: Vec<u32>,
    }

    /// Answer to [`CREATE`].
    pub struct Created {
        /// Process id on the host.
        1 => pid: u32,
        /// User.
        2 => user: ResolvedUser,
        /// The preparation failed; starting will answer with this text and leave the container exited.
        3 => failure: String,
        /// Start time of the process in clock ticks since boot.
        4 => start_ticks: u64,
    }

    /// Answer to [`START`] and [`EXEC`].
    pub struct Started {
        /// Nanoseconds since the epoch.
        1 => started_at: i64,
        /// Process id on the host.
        2 => pid: u32,
    }

    /// How a process ended.
    pub struct Exit {
        /// Exit code; 128 + signal for a killed one.
        1 => code: i32,
        /// Signal, or 0.
        2 => signal: u32,
        /// Nanoseconds since the epoch.
        3 => finished_at: i64,
        /// Processes of the container that the kernel killed for want of memory.
        4 => oom_kills: u64,
        /// Why it never ran.
        5 => start_failure: String,
        /// Output that could not be written to the log.
        6 => log_bytes_lost: u64,
    }

    /// A container ended.
    pub struct ContainerExit {
        /// Container id.
        1 => id: String,
        /// How.
        2 => exit: Exit,
        /// When its program began, nanoseconds since the epoch; 0: never.
        3 => started_at: i64,
    }

    /// An exec ended.
    pub struct ExecExit {
        /// Container id.
        1 => container_id: String,
        /// Exec id.
        2 => exec_id: String,
        /// How.
        3 => exit: Exit,
    }

    /// Sends a signal.
    pub struct SignalRequest {
        /// Container id.
        1 => id: String,
        /// Exec id; empty: the container's first process.
        2 => exec_id: String,
        /// Signal number.
        3 => signal: u32,
        /// To every process of the container.
        4 => is_for_all: bool,
    }

    /// Runs a process in a container. Descriptors: input, output, error output, as far as asked for.
    pub struct ExecSpec {
        /// Container id.
        1 => container_id: String,
        /// Id that the daemon chose.
        2 => exec_id: String,
        /// The process.
        3 => process: ProcessSpec,
        /// The container's cgroup.
        4 => cgroup: String,
        /// The first descriptor is its input.
        5 => has_stdin: bool,
        /// The next one is its output.
        6 => has_stdout: bool,
        /// The next one is its error output.
        7 => has_stderr: bool,
    }

    /// Sets the size of a container's terminal.
    pub struct ResizeRequest {
        /// Container id.
        1 => id: String,
        /// Columns.
        2 => width: u32,
        /// Rows.
        3 => height: u32,
    }

    /// Joins a container's streams. Descriptors as in [`ExecSpec`].
    pub struct AttachRequest {
        /// Container id.
        1 => id: String,
        /// The first descriptor gives input.
        2 => has_stdin: bool,
        /// The next one takes output.
        3 => has_stdout: bool,
        /// The next one takes error output.
        4 => has_stderr: bool,
    }

    /// A container as the shim knows it.
    pub struct ContainerState {
        /// Container id.
        1 => id: String,
        /// One of the `PHASE_` constants.
        2 => phase: u32,
        /// Process id on the host.
        3 => pid: u32,
        /// Nanoseconds since the epoch; 0: not yet.
        4 => started_at: i64,
        /// How it ended.
        5 => exit: Option<Exit>,
        /// Who it runs as.
        6 => user: ResolvedUser,
        /// The preparation failed.
        7 => failure: String,
    }

    /// Answer to [`STATE`].
    pub struct SandboxState {
        /// Containers.
        1 => containers: Vec<ContainerState>,
        /// The pause process, or 0.
        2 => pause_pid: u32,
    }
}
