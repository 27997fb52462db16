//! What the cases share: a runtime on directories of its own, and words to say what a Pod looks like.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use container_interfaces::cni::{Cni, CniError, CniIp, CniRequest, CniResult};
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;
use corten_container_runtime::config::Config;
use corten_container_runtime::image_source::{DirectoryImages, ImageConfig};
use corten_container_runtime::runtime::{Dependencies, Runtime};
use futures_util::FutureExt;
use parking_lot::Mutex;

use crate::cases;

/// Patience for things that take milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Time that a case gets.
const CASE_TIMEOUT: Duration = Duration::from_secs(60);

/// A network that only keeps books.
#[derive(Default)]
pub struct FakeCni {
    /// What was asked.
    pub calls: Mutex<Vec<String>>,
}

#[async_trait]
impl Cni for FakeCni {
    async fn add(&self, request: &CniRequest) -> Result<CniResult, CniError> {
        self.calls.lock().push(format!("add {}", request.args["K8S_POD_NAME"]));
        if request.args["K8S_POD_NAME"].starts_with("unlucky") {
            return Err(CniError { code: 11, msg: "no address left".into(), details: String::new() });
        }
        assert!(request.netns.exists(), "the namespace is there: {:?}", request.netns);
        let ip = CniIp { address: "10.1.2.3/24".into(), gateway: None, interface: None };
        Ok(CniResult { ips: vec![ip], ..CniResult::default() })
    }
    async fn del(&self, request: &CniRequest) -> Result<(), CniError> {
        self.calls.lock().push(format!("del {}", request.args["K8S_POD_NAME"]));
        Ok(())
    }
    async fn check(&self, _request: &CniRequest) -> Result<(), CniError> {
        Ok(())
    }
    async fn status(&self) -> Result<(), CniError> {
        Ok(())
    }
}

/// One case's surroundings.
pub struct World {
    /// The runtime.
    pub runtime: Runtime,
    /// The network.
    pub cni: Arc<FakeCni>,
    /// Files of this case.
    pub directory: PathBuf,
    /// Cgroup of this case.
    pub cgroup: String,
}

impl World {
    /// A runtime below `directory`.
    pub async fn open(directory: &Path, cgroup: &str) -> World {
        let image = directory.join("images/test");
        if !image.exists() {
            make_image(&image);
        }
        let cni = Arc::new(FakeCni::default());
        let images = DirectoryImages {
            root: directory.join("images"),
            config: ImageConfig {
                entrypoint: vec!["/program".into()],
                env: vec!["COLOR=red".into()],
                ..Default::default()
            },
        };
        let config = Config {
            root_directory: directory.join("lib"),
            state_directory: directory.join("run"),
            cgroup_root: cgroup.to_owned(),
            ..Config::default()
        };
        let dependencies = Dependencies { images: Arc::new(images), cni: Arc::clone(&cni) as Arc<dyn Cni> };
        let runtime = Runtime::build(config, dependencies).await.expect("the runtime can be built");
        World { runtime, cni, directory: directory.to_owned(), cgroup: cgroup.to_owned() }
    }

    /// A sandbox of that name.
    pub async fn sandbox(&self, name: &str) -> String {
        self.sandbox_with(sandbox_config(self, name)).await
    }

    /// A sandbox of that configuration.
    pub async fn sandbox_with(&self, config: PodSandboxConfig) -> String {
        let request = RunPodSandboxRequest { config: Some(config), runtime_handler: String::new() };
        self.runtime.run_pod_sandbox(request).await.expect("the sandbox comes up").pod_sandbox_id
    }

    /// A container that was created.
    pub async fn create(&self, sandbox: &str, config: ContainerConfig) -> String {
        self.try_create(sandbox, config).await.expect("the container can be created")
    }

    /// Creates a container.
    pub async fn try_create(&self, sandbox: &str, config: ContainerConfig) -> Result<String, tonic::Status> {
        let request =
            CreateContainerRequest { pod_sandbox_id: sandbox.to_owned(), config: Some(config), sandbox_config: None };
        Ok(self.runtime.create_container(request).await?.container_id)
    }

    /// Starts a container.
    pub async fn start(&self, container: &str) {
        self.try_start(container).await.expect("the container starts");
    }

    /// Starts a container.
    pub async fn try_start(&self, container: &str) -> Result<(), tonic::Status> {
        let request = StartContainerRequest { container_id: container.to_owned() };
        self.runtime.start_container(request).await.map(drop)
    }

    /// Runs a container in a sandbox of its own until it ends; its status and its log.
    pub async fn run(&self, name: &str, config: ContainerConfig) -> (ContainerStatus, Vec<String>) {
        let sandbox = self.sandbox(name).await;
        let outcome = self.run_in(&sandbox, config).await;
        self.remove_sandbox(&sandbox).await;
        outcome
    }

    /// Runs a container until it ends; its status and its log.
    pub async fn run_in(&self, sandbox: &str, config: ContainerConfig) -> (ContainerStatus, Vec<String>) {
        let container = self.create(sandbox, config).await;
        self.start(&container).await;
        let status = self.ended(&container).await;
        let lines = log_lines(&status.log_path);
        (status, lines)
    }

    /// The container's status.
    pub async fn status(&self, container: &str) -> ContainerStatus {
        let request = ContainerStatusRequest { container_id: container.to_owned(), verbose: false };
        let response = self.runtime.container_status(request).await.expect("the container is known");
        response.status.expect("there is a status")
    }

    /// The container's status when it has ended.
    pub async fn ended(&self, container: &str) -> ContainerStatus {
        let exited = ContainerState::ContainerExited as i32;
        eventually(async || {
            let status = self.status(container).await;
            (status.state == exited).then_some(status)
        })
        .await
    }

    /// Runs a command in the container: exit code, output, error output.
    pub async fn exec(&self, container: &str, command: &[&str]) -> Result<(i32, String, String), tonic::Status> {
        let request = ExecSyncRequest { container_id: container.to_owned(), cmd: own(command), timeout: 10 };
        let response = self.runtime.exec_sync(request).await?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
        Ok((response.exit_code, text(response.stdout), text(response.stderr)))
    }

    /// Removes a sandbox with all in it.
    pub async fn remove_sandbox(&self, sandbox: &str) {
        let stop = StopPodSandboxRequest { pod_sandbox_id: sandbox.to_owned() };
        self.runtime.stop_pod_sandbox(stop).await.expect("the sandbox stops");
        let remove = RemovePodSandboxRequest { pod_sandbox_id: sandbox.to_owned() };
        self.runtime.remove_pod_sandbox(remove).await.expect("the sandbox goes");
    }

    /// Process id of a sandbox's shim.
    pub async fn shim_pid(&self, sandbox: &str) -> i32 {
        let request = PodSandboxStatusRequest { pod_sandbox_id: sandbox.to_owned(), verbose: true };
        let response = self.runtime.pod_sandbox_status(request).await.expect("the sandbox is known");
        let info: serde_json::Value = serde_json::from_str(&response.info["info"]).expect("it is JSON");
        info["pid"].as_i64().expect("the shim lives") as i32
    }
}

/// Text of a list.
pub fn own(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Asks again until there is an answer.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "it did not happen in time");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A sandbox as the kubelet asks for it.
pub fn sandbox_config(world: &World, name: &str) -> PodSandboxConfig {
    let options = NamespaceOption { pid: NamespaceMode::Container as i32, ..Default::default() };
    PodSandboxConfig {
        metadata: Some(PodSandboxMetadata {
            name: name.into(),
            uid: name.into(),
            namespace: "default".into(),
            attempt: 0,
        }),
        hostname: name.to_owned(),
        log_directory: world.directory.join("logs").join(name).to_string_lossy().into_owned(),
        labels: [("app".to_owned(), name.to_owned())].into(),
        linux: Some(LinuxPodSandboxConfig {
            cgroup_parent: format!("{}/pod-{name}", world.cgroup),
            security_context: Some(LinuxSandboxSecurityContext {
                namespace_options: Some(options),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A container that runs the test program.
pub fn container(name: &str, args: &[&str]) -> ContainerConfig {
    let security = LinuxContainerSecurityContext {
        namespace_options: Some(NamespaceOption { pid: NamespaceMode::Container as i32, ..Default::default() }),
        seccomp: Some(SecurityProfile { profile_type: 0, localhost_ref: String::new() }),
        masked_paths: own(&["/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware"]),
        readonly_paths: own(&["/proc/bus", "/proc/sys", "/proc/sysrq-trigger"]),
        ..Default::default()
    };
    ContainerConfig {
        metadata: Some(ContainerMetadata { name: name.into(), attempt: 0 }),
        image: Some(ImageSpec { image: "test".into(), ..Default::default() }),
        args: own(args),
        log_path: format!("{name}.log"),
        linux: Some(LinuxContainerConfig {
            resources: Some(LinuxContainerResources { cpu_shares: 100, ..Default::default() }),
            security_context: Some(security),
        }),
        ..Default::default()
    }
}

/// Changes the security settings of a container.
pub fn secure(mut config: ContainerConfig, change: impl FnOnce(&mut LinuxContainerSecurityContext)) -> ContainerConfig {
    let linux = config.linux.get_or_insert_default();
    change(linux.security_context.get_or_insert_default());
    config
}

/// The lines of a log without their times.
pub fn log_lines(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest).to_owned()).collect()
}

fn make_image(image: &Path) {
    std::fs::create_dir_all(image.join("etc")).expect("files can be made");
    std::fs::write(image.join("etc/passwd"), "root:x:0:0::/root:/\nweb:x:1000:1000::/home/web:/\n")
        .expect("files can be made");
    std::fs::write(image.join("etc/group"), "root:x:0:\nextra:x:50000:web\n").expect("files can be made");
    let own = std::env::current_exe().expect("this is a file");
    std::fs::hard_link(&own, image.join("program"))
        .or_else(|_| std::fs::copy(&own, image.join("program")).map(drop))
        .expect("files can be made");
}

/// Runs all cases whose name contains one of the arguments; the number of failures.
pub fn run_cases(arguments: &[String], prefix: &str, directory: &Path) -> i32 {
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let mut failures = 0;
    for (name, case) in cases::CASES {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let (own_directory, cgroup) = (directory.join(name), format!("{prefix}/{name}"));
        let start = Instant::now();
        let whole = async {
            let case = async {
                let world = World::open(&own_directory, &cgroup).await;
                case(&world).await;
                check_nothing_is_left(&world).await;
            };
            tokio::time::timeout(CASE_TIMEOUT, case).await
        };
        let outcome = runtime.block_on(std::panic::AssertUnwindSafe(whole).catch_unwind());
        let is_good = matches!(outcome, Ok(Ok(())));
        failures += i32::from(!is_good);
        println!("{} {name} ({} ms)", if is_good { "ok    " } else { "FAILED" }, start.elapsed().as_millis());
    }
    println!("{failures} cases failed");
    failures
}

/// After a case that removed its sandboxes: no process, mount, cgroup or directory.
async fn check_nothing_is_left(world: &World) {
    let processes = eventually(async || {
        let left = processes_of(&world.cgroup);
        left.is_empty().then_some(left)
    });
    processes.await;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("proc is there");
    let directory = world.directory.to_string_lossy().into_owned();
    let left: Vec<&str> = mounts.lines().filter(|line| line.contains(&directory)).collect();
    assert!(left.is_empty(), "mounts are left: {left:?}");
    let mut cgroups = Vec::new();
    for entry in std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
        collect_cgroups(&entry.path().join(&world.cgroup[1..]), &mut cgroups);
    }
    // The Pods' parents are the kubelet's; the shims' leaf is shared.
    cgroups.retain(|path| path.file_name().is_some_and(|name| name.len() == 64));
    assert!(cgroups.is_empty(), "cgroups are left: {cgroups:?}");
    for part in ["lib/sandboxes", "lib/containers", "run/sandboxes"] {
        let left: Vec<_> = std::fs::read_dir(world.directory.join(part)).into_iter().flatten().flatten().collect();
        assert!(left.is_empty(), "directories are left: {left:?}");
    }
}

fn collect_cgroups(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect_cgroups(&entry.path(), found);
            found.push(entry.path());
        }
    }
}

/// Processes in a cgroup and below.
pub fn processes_of(cgroup: &str) -> Vec<i32> {
    let layout =
        corten_container_runtime::cgroup::detect(&std::fs::read_to_string("/proc/self/mountinfo").expect("proc"));
    corten_container_runtime::cgroup::driver(&layout).processes(cgroup)
}

/// A daemon that makes one Pod, says so, and waits to be killed: `daemon DIRECTORY CGROUP`.
pub fn run_daemon(arguments: &[String]) -> ! {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    runtime.block_on(async {
        let world = World::open(Path::new(&arguments[0]), &arguments[1]).await;
        let sandbox = world.sandbox("survivor").await;
        let running = world.create(&sandbox, container("ticker", &["tick"])).await;
        world.start(&running).await;
        let short = world.create(&sandbox, container("short", &["sleep", "0.3", ";", "exit", "7"])).await;
        world.start(&short).await;
        let stray = world.create(&sandbox, container("stray", &["sleep"])).await;
        world.start(&stray).await;
        println!("{sandbox} {running} {short} {stray}");
        std::future::pending::<()>().await;
    });
    unreachable!("it is killed")
}
