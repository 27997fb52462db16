//! From creation to removal.

use std::time::{Duration, Instant};

use container_interfaces::cri::v1::*;
use container_interfaces::cri::{CriClient, ImageService, RuntimeService};

use crate::world::{World, container, eventually, log_lines, processes_of, sandbox_config};

pub async fn a_program_logs_both_streams_and_ends_with_its_code(world: &World) {
    let args = [
        "say", "one", ";", "warn", "two", ";", "env", "COLOR", ";", "env", "HOSTNAME", ";", "part", "end", ";", "exit",
        "3",
    ];
    let (status, lines) = world.run("logs", container("main", &args)).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (3, "Error"));
    assert!(status.created_at < status.started_at && status.started_at <= status.finished_at, "{status:?}");
    let of = |stream: &str| lines.iter().filter(|line| line.starts_with(stream)).cloned().collect::<Vec<_>>();
    assert_eq!(of("stdout"), ["stdout F one", "stdout F red", "stdout F logs", "stdout P end"]);
    assert_eq!(of("stderr"), ["stderr F two"]);
    let (status, _) = world.run("fine", container("main", &["exit", "0"])).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (0, "Completed"));
}

pub async fn a_container_asked_to_stop_ends_politely_or_is_killed(world: &World) {
    let sandbox = world.sandbox("stop").await;
    let polite = world.create(&sandbox, container("polite", &["trap"])).await;
    let rude = world.create(&sandbox, container("rude", &["sleep"])).await;
    let never = world.create(&sandbox, container("never", &["sleep"])).await;
    world.start(&polite).await;
    world.start(&rude).await;
    let log = world.status(&polite).await.log_path;
    eventually(async || log_lines(&log).contains(&"stdout F trapping".to_owned()).then_some(())).await;
    let stop = async |container: &str, timeout| {
        let request = StopContainerRequest { container_id: container.to_owned(), timeout };
        world.runtime.stop_container(request).await.expect("it stops");
        let status = world.status(container).await;
        (status.exit_code, status.reason)
    };
    assert_eq!(stop(&polite, 10).await, (42, "Error".into()));
    let before = Instant::now();
    // Init processes ignore signals that they do not handle.
    assert_eq!(stop(&rude, 1).await, (137, "Error".into()));
    assert!(before.elapsed() >= Duration::from_secs(1), "it was given its time");
    assert_eq!(stop(&never, 10).await.0, 137);
    assert_eq!(stop(&polite, 10).await.0, 42);
    world.remove_sandbox(&sandbox).await;
}

pub async fn a_container_over_its_memory_limit_is_oom_killed(world: &World) {
    let mut config = container("greedy", &["eat", "200"]);
    let resources = LinuxContainerResources { memory_limit_in_bytes: 32 << 20, ..Default::default() };
    config.linux.get_or_insert_default().resources = Some(resources);
    let (status, _) = world.run("oom", config).await;
    assert_eq!((status.exit_code, status.reason.as_str()), (137, "OOMKilled"));
}

pub async fn a_missing_program_is_a_start_error(world: &World) {
    let sandbox = world.sandbox("missing").await;
    let mut config = container("main", &[]);
    config.command = vec!["nope".into()];
    let id = world.create(&sandbox, config.clone()).await;
    let error = world.try_start(&id).await.expect_err("there is no such program");
    assert!(error.message().ends_with("exec: \"nope\": executable file not found in $PATH"), "{error:?}");
    let status = world.status(&id).await;
    assert_eq!(
        (status.exit_code, status.reason.as_str(), status.message.as_str()),
        (128, "StartError", error.message())
    );
    for (command, text) in [
        ("/nope", "exec: \"/nope\": stat /nope: no such file or directory"),
        ("/etc", "exec: \"/etc\": is a directory"),
        ("/etc/passwd", "exec: \"/etc/passwd\": permission denied"),
    ] {
        config.command = vec![command.into()];
        config.metadata = Some(ContainerMetadata { name: command.into(), attempt: 0 });
        let id = world.create(&sandbox, config.clone()).await;
        let error = world.try_start(&id).await.expect_err("it cannot be run");
        assert!(error.message().ends_with(text), "{error:?}");
    }
    // A preparation that fails shows at the start, too.
    let mut config = container("user", &["exit", "0"]);
    config.linux.get_or_insert_default().security_context.get_or_insert_default().run_as_username = "ghost".into();
    let id = world.create(&sandbox, config).await;
    let error = world.try_start(&id).await.expect_err("there is no such user");
    assert!(error.message().ends_with("unable to find user ghost: no matching entries in passwd file"), "{error:?}");
    assert_eq!(world.status(&id).await.reason, "StartError");
    world.remove_sandbox(&sandbox).await;
}

pub async fn a_failed_network_leaves_nothing(world: &World) {
    let config = sandbox_config(world, "unlucky");
    let request = RunPodSandboxRequest { config: Some(config), runtime_handler: String::new() };
    let error = world.runtime.run_pod_sandbox(request).await.expect_err("the network refuses");
    assert!(error.message().ends_with("no address left"), "{error:?}");
    assert_eq!(*world.cni.calls.lock(), ["add unlucky", "del unlucky"]);
    let listed = world.runtime.list_pod_sandbox(ListPodSandboxRequest::default()).await.expect("it can be listed");
    assert!(listed.items.is_empty());
    let request =
        RunPodSandboxRequest { config: Some(sandbox_config(world, "handler")), runtime_handler: "nope".into() };
    let error = world.runtime.run_pod_sandbox(request).await.expect_err("no such handler");
    assert!(error.message().contains("no runtime for \"nope\" is configured"), "{error:?}");
}

pub async fn limits_are_set_changed_and_measured(world: &World) {
    let sandbox = world.sandbox("limits").await;
    let mut config = container("main", &["eat", "8", ";", "sleep"]);
    let resources = LinuxContainerResources {
        cpu_shares: 512,
        cpu_quota: 20_000,
        cpu_period: 100_000,
        memory_limit_in_bytes: 64 << 20,
        ..Default::default()
    };
    config.linux.get_or_insert_default().resources = Some(resources);
    let id = world.create(&sandbox, config).await;
    world.start(&id).await;
    let read = async |path: &str| world.exec(&id, &["/program", "read", path]).await.expect("it runs").1;
    if std::path::Path::new("/sys/fs/cgroup/memory").exists() {
        assert_eq!(read("/sys/fs/cgroup/cpu/cpu.shares").await, "512");
        assert_eq!(read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").await, "20000");
        assert_eq!(read("/sys/fs/cgroup/memory/memory.limit_in_bytes").await, (64 << 20).to_string());
        for (memory, shares) in [(128i64 << 20, 1024), (48 << 20, 256)] {
            let linux =
                LinuxContainerResources { memory_limit_in_bytes: memory, cpu_shares: shares, ..Default::default() };
            let request =
                UpdateContainerResourcesRequest { container_id: id.clone(), linux: Some(linux), ..Default::default() };
            world.runtime.update_container_resources(request).await.expect("limits change");
            assert_eq!(read("/sys/fs/cgroup/memory/memory.limit_in_bytes").await, memory.to_string());
            assert_eq!(read("/sys/fs/cgroup/cpu/cpu.shares").await, shares.to_string());
        }
        let linux = world.status(&id).await.resources.and_then(|resources| resources.linux).expect("they are shown");
        assert_eq!((linux.cpu_shares, linux.cpu_quota), (256, 20_000));
    }
    let stats = eventually(async || {
        let request = ContainerStatsRequest { container_id: id.clone() };
        let stats = world.runtime.container_stats(request).await.expect("it runs").stats.expect("there are some");
        let used = stats.memory.and_then(|memory| memory.working_set_bytes).map_or(0, |bytes| bytes.value);
        (used > 8 << 20).then_some(stats)
    });
    assert!(stats.await.cpu.and_then(|cpu| cpu.usage_core_nano_seconds).is_some_and(|time| time.value > 0));
    let listed =
        world.runtime.list_container_stats(ListContainerStatsRequest::default()).await.expect("it can be listed");
    assert_eq!(listed.stats.len(), 1);
    world.remove_sandbox(&sandbox).await;
}

pub async fn long_lines_are_parted_and_logs_reopened(world: &World) {
    let sandbox = world.sandbox("long").await;
    let args = ["fill", "40000", ";", "say", "", ";", "say", "second", ";", "copy-input"];
    let mut config = container("main", &args);
    config.stdin = true;
    let id = world.create(&sandbox, config).await;
    world.start(&id).await;
    let path = world.status(&id).await.log_path;
    let lines = eventually(async || {
        let lines = log_lines(&path);
        lines.contains(&"stdout F second".to_owned()).then_some(lines)
    });
    let shape: Vec<(usize, String)> = lines.await.iter().map(|line| (line.len() - 9, line[..8].to_owned())).collect();
    let part = || "stdout P".to_owned();
    assert_eq!(shape, [(16384, part()), (16384, part()), (7232, "stdout F".into()), (6, "stdout F".into())]);
    std::fs::rename(&path, format!("{path}.1")).expect("a log can be moved");
    let request = ReopenContainerLogRequest { container_id: id.clone() };
    world.runtime.reopen_container_log(request).await.expect("the log is opened again");
    assert!(std::path::Path::new(&path).exists());
    world.remove_sandbox(&sandbox).await;
}

pub async fn events_tell_what_happens_and_when(world: &World) {
    let mut events = world.runtime.container_events().await.expect("they can be had");
    let sandbox = world.sandbox("events").await;
    let id = world.create(&sandbox, container("main", &["exit", "5"])).await;
    world.start(&id).await;
    world.ended(&id).await;
    world.remove_sandbox(&sandbox).await;
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        let kind = ContainerEventType::try_from(event.container_event_type).expect("known");
        let who = if event.container_id == sandbox { "sandbox" } else { "container" };
        seen.push(format!("{who} {}", kind.as_str_name().trim_start_matches("CONTAINER_")));
        if who == "container" && kind == ContainerEventType::ContainerStoppedEvent {
            let status = &event.containers_statuses[0];
            assert_eq!((status.state, status.exit_code), (ContainerState::ContainerExited as i32, 5));
            let late = event.created_at - status.finished_at;
            println!("       exit was told {} us after it happened", late / 1_000);
        }
    }
    // A short program may have ended before its start is told.
    seen[2..5].sort();
    let expected = [
        "sandbox CREATED_EVENT",
        "sandbox STARTED_EVENT",
        "container CREATED_EVENT",
        "container STARTED_EVENT",
        "container STOPPED_EVENT",
        "sandbox STOPPED_EVENT",
        "container DELETED_EVENT",
        "sandbox DELETED_EVENT",
    ];
    assert_eq!(seen, expected);
}

pub async fn names_are_reserved_and_removed_things_are_gone(world: &World) {
    let sandbox = world.sandbox("names").await;
    let request = RunPodSandboxRequest { config: Some(sandbox_config(world, "names")), runtime_handler: String::new() };
    let error = world.runtime.run_pod_sandbox(request).await.expect_err("the name is taken");
    assert!(error.message().starts_with("failed to reserve sandbox name \"names_default_names_0\""), "{error:?}");
    let id = world.create(&sandbox, container("main", &["sleep"])).await;
    let error = world.try_create(&sandbox, container("main", &["sleep"])).await.expect_err("the name is taken");
    assert!(error.message().starts_with("failed to reserve container name"), "{error:?}");
    let status =
        world.runtime.pod_sandbox_status(PodSandboxStatusRequest { pod_sandbox_id: sandbox.clone(), verbose: false });
    let status = status.await.expect("it is known").status.expect("there is one");
    assert_eq!(status.network.expect("there is one").ip, "10.1.2.3");
    assert_eq!(status.labels["app"], "names");
    let filter = ContainerFilter {
        state: Some(ContainerStateValue { state: ContainerState::ContainerCreated as i32 }),
        ..Default::default()
    };
    let listed =
        world.runtime.list_containers(ListContainersRequest { filter: Some(filter) }).await.expect("it can be listed");
    assert_eq!(listed.containers.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    let request = RemoveContainerRequest { container_id: id.clone() };
    for _ in 0..2 {
        world.runtime.remove_container(request.clone()).await.expect("removing is idempotent");
    }
    let error = world.runtime.container_status(ContainerStatusRequest { container_id: id, verbose: false }).await;
    assert_eq!(error.expect_err("it is gone").code(), tonic::Code::NotFound);
    let mut config = container("other", &["exit", "0"]);
    config.image = Some(ImageSpec { image: "absent".into(), ..Default::default() });
    assert_eq!(world.try_create(&sandbox, config).await.expect_err("no image").code(), tonic::Code::NotFound);
    for _ in 0..2 {
        world.remove_sandbox(&sandbox).await;
    }
    assert!(processes_of(&world.cgroup).is_empty());
}

pub async fn many_pods_at_once_leave_nothing(world: &World) {
    let one = async |number: usize| {
        let (status, lines) = world.run(&format!("many-{number}"), container("main", &["say", "hello"])).await;
        assert_eq!((status.exit_code, lines), (0, vec!["stdout F hello".to_owned()]));
    };
    let start = Instant::now();
    futures_util::future::join_all((0..30).map(one)).await;
    println!("       30 Pods made, run and removed in {} ms", start.elapsed().as_millis());
}

/// Images are another matter.
struct NoImages;

macro_rules! refuse_all {
    ($($method:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait::async_trait]
        impl ImageService for NoImages {
            $(async fn $method(&self, _request: $request) -> Result<$response, tonic::Status> {
                Err(tonic::Status::unimplemented("no images"))
            })*
        }
    };
}

refuse_all! {
    list_images(ListImagesRequest) -> ListImagesResponse;
    image_status(ImageStatusRequest) -> ImageStatusResponse;
    pull_image(PullImageRequest) -> PullImageResponse;
    remove_image(RemoveImageRequest) -> RemoveImageResponse;
    image_fs_info(ImageFsInfoRequest) -> ImageFsInfoResponse;
}

pub async fn a_foreign_kubelet_uses_the_cri_socket(world: &World) {
    let path = world.directory.join("s");
    // Longer than a socket address holds: what is served in production is shorter.
    let path = if path.as_os_str().len() > 100 { std::path::PathBuf::from("/tmp/corten-test-cri.sock") } else { path };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (socket, runtime) = (path.clone(), world.runtime.clone());
    let server = tokio::spawn(async move {
        let (runtime, images) = (std::sync::Arc::new(runtime), std::sync::Arc::new(NoImages));
        corten_container_runtime::cri_server::serve(&socket, runtime, images, async { drop(stopped.await) }).await
    });
    eventually(async || path.exists().then_some(())).await;
    let client = CriClient::new(&path);
    let version = client.version(VersionRequest::default()).await.expect("it answers");
    assert_eq!((version.runtime_name.as_str(), version.runtime_api_version.as_str()), ("corten", "v1"));
    let mut events = client.container_events().await.expect("they can be had");
    let request =
        RunPodSandboxRequest { config: Some(sandbox_config(world, "foreign")), runtime_handler: "runc".into() };
    let sandbox = client.run_pod_sandbox(request).await.expect("it comes up").pod_sandbox_id;
    assert_eq!(events.recv().await.expect("it is told").container_id, sandbox);
    let status = client.status(StatusRequest::default()).await.expect("it answers").status.expect("there is one");
    assert!(status.conditions.iter().all(|condition| condition.status), "{status:?}");
    let error = client.container_status(ContainerStatusRequest { container_id: "nope".into(), verbose: false }).await;
    assert_eq!(error.expect_err("it is unknown").code(), tonic::Code::NotFound);
    drop(events);
    drop(client);
    world.remove_sandbox(&sandbox).await;
    stop.send(()).expect("it listens");
    server.await.expect("it ends").expect("it served well");
    assert!(!path.exists());
}
