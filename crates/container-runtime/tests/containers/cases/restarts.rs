//! What outlives what.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;

use crate::world::{World, container, eventually, log_lines, processes_of, secure};

pub async fn a_killed_daemon_leaves_containers_and_the_next_one_finds_them(world: &World) {
    let directory = world.directory.join("second");
    let cgroup = format!("{}/second", world.cgroup);
    let mut daemon = Command::new("/proc/self/exe")
        .args(["daemon", &directory.to_string_lossy(), &cgroup])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(daemon.stdout.take().expect("it is piped")).read_line(&mut line).expect("it speaks");
    daemon.kill().expect("it runs");
    daemon.wait().expect("it ends");
    let ids: Vec<&str> = line.split_whitespace().collect();
    let [sandbox, running, short, stray] = ids[..] else { panic!("four ids: {line:?}") };
    // As if the daemon had died before it could store that one.
    let unstored = directory.join("lib/containers").join(stray);
    std::fs::remove_file(unstored.join("container.json")).expect("it is there");
    // The short one ends while nobody watches.
    let exit = directory.join("run/sandboxes").join(sandbox).join(format!("{short}.exit"));
    eventually(async || exit.exists().then_some(())).await;

    let next = World::open(&directory, &cgroup).await;
    let status = next.status(running).await;
    assert_eq!(status.state, ContainerState::ContainerRunning as i32);
    assert!(!unstored.exists() && processes_of(&format!("{cgroup}/pod-survivor/{stray}")).is_empty());
    let shorter = next.status(short).await;
    assert_eq!((shorter.exit_code, shorter.reason.as_str()), (7, "Error"));
    let listed = next.runtime.list_pod_sandbox(ListPodSandboxRequest::default()).await.expect("it can be listed");
    assert_eq!(
        (listed.items[0].state, listed.items[0].labels["app"].as_str()),
        (PodSandboxState::SandboxReady as i32, "survivor")
    );
    let lines = log_lines(&status.log_path).len();
    eventually(async || (log_lines(&status.log_path).len() > lines).then_some(())).await;
    assert_eq!(next.exec(running, &["/program", "exit", "2"]).await.expect("it runs").0, 2);
    // One daemon at a time.
    drop(next);
    let again = World::open(&directory, &cgroup).await;
    assert_eq!(again.status(running).await.started_at, status.started_at);
    assert_eq!(again.status(short).await.finished_at, shorter.finished_at);
    again.remove_sandbox(sandbox).await;
    assert!(processes_of(&cgroup).is_empty());
}

pub async fn a_killed_shim_takes_its_containers_along(world: &World) {
    let sandbox = world.sandbox("lost").await;
    let plain = world.create(&sandbox, container("plain", &["sleep"])).await;
    let user = secure(container("user", &["spawn", "sleep", ";", "sleep"]), |security| {
        security.run_as_user = Some(Int64Value { value: 1000 });
    });
    let user = world.create(&sandbox, user).await;
    let created = world.create(&sandbox, container("created", &["sleep"])).await;
    world.start(&plain).await;
    world.start(&user).await;
    let mut events = world.runtime.container_events().await.expect("they can be had");
    let shim = rustix::process::Pid::from_raw(world.shim_pid(&sandbox).await).expect("it has an id");
    rustix::process::kill_process(shim, rustix::process::Signal::KILL).expect("it lives");
    for id in [&plain, &user, &created] {
        let status = world.ended(id).await;
        assert_eq!((status.exit_code, status.reason.as_str()), (137, "ContainerStatusUnknown"));
    }
    let first = events.recv().await.expect("it is told");
    assert_eq!(first.container_event_type, ContainerEventType::ContainerStoppedEvent as i32);
    let cgroup = format!("{}/pod-lost", world.cgroup);
    eventually(async || processes_of(&cgroup).is_empty().then_some(())).await;
    let filter = PodSandboxFilter {
        state: Some(PodSandboxStateValue { state: PodSandboxState::SandboxNotready as i32 }),
        ..Default::default()
    };
    let listed = world.runtime.list_pod_sandbox(ListPodSandboxRequest { filter: Some(filter) }).await;
    assert_eq!(listed.expect("it can be listed").items.len(), 1);
    let error = world.try_create(&sandbox, container("late", &["sleep"])).await.expect_err("nothing holds it");
    assert!(error.message().contains("is not running"), "{error:?}");
    world.remove_sandbox(&sandbox).await;
    assert_eq!(*world.cni.calls.lock(), ["add lost", "del lost"]);
}

pub async fn an_older_client_and_garbage_do_no_harm_to_a_shim(world: &World) {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let sandbox = world.sandbox("garbage").await;
    let id = world.create(&sandbox, container("main", &["tick"])).await;
    world.start(&id).await;
    let path = world.directory.join("run/sandboxes").join(&sandbox);
    let directory = std::fs::File::open(path).expect("it is there");
    let short = format!("/proc/self/fd/{}/shim.sock", std::os::fd::AsRawFd::as_raw_fd(&directory));
    for bytes in [&[0xff; 64][..], &[0; 64], &[12, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]] {
        let mut stream = UnixStream::connect(&short).expect("it listens");
        stream.write_all(bytes).expect("it takes what comes");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it hangs up");
    }
    // A client that knows only the oldest fields: hello without any, then the state.
    let mut stream = UnixStream::connect(&short).expect("it listens");
    for (kind, request) in [(1u8, 1u8), (2, 2)] {
        stream.write_all(&[12, 0, 0, 0, kind, 0, 0, 0, request, 0, 0, 0]).expect("it listens");
        let mut header = [0; 12];
        stream.read_exact(&mut header).expect("it answers");
        assert_eq!((header[4], header[8]), (200, request));
        let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize - 12;
        stream.read_exact(&mut vec![0; length]).expect("the whole answer comes");
    }
    assert_eq!(world.status(&id).await.state, ContainerState::ContainerRunning as i32);
    world.remove_sandbox(&sandbox).await;
}
