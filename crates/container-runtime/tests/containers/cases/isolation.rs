//! What containers see of the host and of each other.

use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;
use corten_container_runtime::capabilities::Capabilities;

use crate::world::{World, container, own, sandbox_config, secure};

fn stdout(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.strip_prefix("stdout F ")).collect()
}

pub async fn capabilities_are_the_default_set_and_privileged_ones_more(world: &World) {
    let show = ["status", "CapEff", ";", "status", "CapBnd", ";", "status", "CapAmb", ";", "status", "NoNewPrivs"];
    let host = Capabilities::of_host();
    let default = 0xa804_25fbu64 & host.0;
    let (_, lines) = world.run("plain", container("main", &show)).await;
    assert_eq!(
        stdout(&lines),
        [format!("{default:016x}"), format!("{default:016x}"), format!("{:016x}", 0), "0".into()]
    );
    let config = secure(container("main", &show), |security| {
        security.run_as_user = Some(Int64Value { value: 1000 });
        security.no_new_privs = true;
        security.capabilities = Some(Capability {
            drop_capabilities: own(&["ALL"]),
            add_capabilities: own(&["NET_BIND_SERVICE"]),
            ..Default::default()
        });
    });
    let (_, lines) = world.run("dropped", config).await;
    assert_eq!(stdout(&lines), [format!("{:016x}", 0), format!("{:016x}", 1 << 10), format!("{:016x}", 0), "1".into()]);
    let config = secure(container("main", &show), |security| {
        security.privileged = true;
        security.seccomp = None;
    });
    let (_, lines) = world.run("privileged", config).await;
    assert_eq!(stdout(&lines)[..2], [format!("{:016x}", host.0), format!("{:016x}", host.0)]);
}

pub async fn dangerous_system_calls_are_refused_by_the_default_profile(world: &World) {
    let show = ["calls", ";", "status", "Seccomp"];
    let (_, lines) = world.run("filtered", container("main", &show)).await;
    assert_eq!(stdout(&lines), ["unshare errno 1", "keyctl errno 1", "2"]);
    let free = |config: ContainerConfig| {
        secure(config, |security| {
            security.seccomp = Some(SecurityProfile { profile_type: 1, localhost_ref: String::new() });
            security.capabilities = Some(Capability { add_capabilities: own(&["SYS_ADMIN"]), ..Default::default() });
        })
    };
    let (_, lines) = world.run("free", free(container("main", &show))).await;
    assert_eq!(stdout(&lines), ["unshare ok", "keyctl ok", "0"]);
    let path = world.directory.join("profile.json");
    let profile = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["keyctl"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}"#;
    std::fs::write(&path, profile).expect("files can be made");
    let localhost = |path: String| {
        move |config: ContainerConfig| {
            secure(config, |security| {
                security.seccomp = Some(SecurityProfile { profile_type: 2, localhost_ref: path });
                security.no_new_privs = true;
            })
        }
    };
    let config = localhost(path.to_string_lossy().into_owned())(container("main", &show));
    let (_, lines) = world.run("local", config).await;
    assert_eq!(stdout(&lines), ["unshare errno 1", "keyctl errno 95", "2"]);
    let sandbox = world.sandbox("absent").await;
    let error = world.try_create(&sandbox, localhost("/nope.json".into())(container("main", &show))).await;
    assert!(error.expect_err("no profile").message().starts_with("cannot load seccomp profile \"/nope.json\""));
    world.remove_sandbox(&sandbox).await;
}

pub async fn masked_and_read_only_paths_are_so(world: &World) {
    let show = [
        "read",
        "/proc/keys",
        ";",
        "list",
        "/sys/firmware",
        ";",
        "write",
        "/proc/sys/kernel/domainname",
        "x",
        ";",
        "write",
        "/sys/kernel/mm/ksm/run",
        "0",
    ];
    let (_, lines) = world.run("masked", container("main", &show)).await;
    assert_eq!(stdout(&lines), ["", "", "errno 30", "errno 30"]);
}

pub async fn a_read_only_root_cannot_be_written_and_volumes_can(world: &World) {
    let volume = world.directory.join("volume");
    std::fs::create_dir_all(volume.join("sub")).expect("files can be made");
    std::fs::write(volume.join("given"), "from the host").expect("files can be made");
    let source = |name: &str| volume.join(name).to_string_lossy().into_owned();
    let mount = |path: &str, source: String, readonly| Mount {
        container_path: path.into(),
        host_path: source,
        readonly,
        ..Default::default()
    };
    let args = [
        "write",
        "/new",
        "x",
        ";",
        "write",
        "/data/made",
        "y",
        ";",
        "read",
        "/data/given",
        ";",
        "write",
        "/data/sub/z",
        "z",
        ";",
        "write",
        "/etc/motd",
        "m",
        ";",
        "read",
        "/etc/hostname",
        ";",
        "cwd",
        ";",
        "write",
        "/dev/termination-log",
        "end",
    ];
    let mut config = container("main", &args);
    config.mounts = vec![
        mount("/data/sub", source("sub"), true),
        mount("/data", source(""), false),
        mount("/dev/termination-log", source("log"), false),
    ];
    std::fs::write(volume.join("log"), "").expect("files can be made");
    config.working_dir = "/place/here".into();
    let read_only = secure(config.clone(), |security| security.readonly_rootfs = true);
    let (_, lines) = world.run("sealed", read_only).await;
    let expected = ["errno 30", "ok", "from the host", "errno 30", "errno 30", "sealed", "/place/here", "ok"];
    assert_eq!(stdout(&lines), expected);
    let read = |name: &str| std::fs::read_to_string(volume.join(name)).expect("it is there");
    assert_eq!((read("made").as_str(), read("log").as_str()), ("y", "end"));
    let (_, lines) = world.run("open", config).await;
    assert_eq!(stdout(&lines)[..2], ["ok", "ok"]);
    assert!(!world.directory.join("images/test/new").exists(), "the image is untouched");
    // A source that is not there becomes a directory.
    let mut config = container("main", &["write", "/v/x", "1"]);
    config.mounts = vec![mount("/v", source("later/on"), false)];
    let (_, lines) = world.run("later", config).await;
    assert_eq!((stdout(&lines), read("later/on/x").as_str()), (vec!["ok"], "1"));
}

pub async fn a_volume_shows_what_the_host_mounts_only_when_asked_for(world: &World) {
    use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, unmount};
    let volume = world.directory.join("shared");
    std::fs::create_dir_all(volume.join("below")).expect("files can be made");
    mount_bind(&volume, &volume).expect("root may mount");
    mount_change(&volume, MountPropagationFlags::SHARED).expect("root may mount");
    let sandbox = world.sandbox("propagation").await;
    let mut ids = Vec::new();
    for (name, propagation) in [("private", 0), ("slave", 1), ("shared", 2)] {
        let mut config = container(name, &["sleep"]);
        let host_path = volume.to_string_lossy().into_owned();
        config.mounts = vec![Mount { container_path: "/v".into(), host_path, propagation, ..Default::default() }];
        let id = world.create(&sandbox, config).await;
        world.start(&id).await;
        ids.push(id);
    }
    mount("none", volume.join("below"), "tmpfs", MountFlags::empty(), None).expect("root may mount");
    std::fs::write(volume.join("below/file"), "").expect("files can be made");
    let mut seen = Vec::new();
    for id in &ids {
        seen.push(world.exec(id, &["/program", "list", "/v/below"]).await.expect("it runs").1);
    }
    assert_eq!(seen, ["", "file", "file"]);
    unmount(volume.join("below"), UnmountFlags::DETACH).expect("root may unmount");
    world.remove_sandbox(&sandbox).await;
    unmount(&volume, UnmountFlags::DETACH).expect("root may unmount");
}

pub async fn images_can_be_volumes(world: &World) {
    let image = world.directory.join("images/kitten/inside");
    std::fs::create_dir_all(&image).expect("files can be made");
    std::fs::write(image.join("data.json"), "kitten.jpg").expect("files can be made");
    let mut config = container(
        "main",
        &["read", "/whole/inside/data.json", ";", "read", "/part/data.json", ";", "write", "/part/x", "1"],
    );
    let mount = |path: &str, sub_path: &str| Mount {
        container_path: path.into(),
        readonly: true,
        image: Some(ImageSpec { image: "kitten".into(), ..Default::default() }),
        image_sub_path: sub_path.into(),
        ..Default::default()
    };
    config.mounts = vec![mount("/whole", ""), mount("/part", "inside")];
    let (_, lines) = world.run("volume", config).await;
    assert_eq!(stdout(&lines), ["kitten.jpg", "kitten.jpg", "errno 30"]);
}

pub async fn users_come_from_the_image_and_the_pod(world: &World) {
    let show = [
        "status",
        "Uid",
        ";",
        "status",
        "Gid",
        ";",
        "status",
        "Groups",
        ";",
        "env",
        "HOME",
        ";",
        "write",
        "/dev/stdout",
        "mine",
    ];
    let config = secure(container("main", &show), |security| {
        security.run_as_user = Some(Int64Value { value: 1000 });
        security.supplemental_groups = vec![60000];
    });
    let (status, lines) = world.run("merge", config.clone()).await;
    let shown = stdout(&lines);
    assert_eq!(shown[..4], ["1000 1000 1000 1000", "1000 1000 1000 1000", "1000 50000 60000", "/home/web"]);
    assert!(lines.iter().any(|line| line.contains("mine")), "its own output can be opened: {lines:?}");
    let linux = status.user.and_then(|user| user.linux).expect("it is told");
    assert_eq!((linux.uid, linux.gid, linux.supplemental_groups), (1000, 1000, vec![1000, 50000, 60000]));
    let strict =
        secure(config, |security| security.supplemental_groups_policy = SupplementalGroupsPolicy::Strict as i32);
    let (_, lines) = world.run("strict", strict).await;
    assert_eq!(stdout(&lines)[2], "1000 60000");
    let named = secure(container("main", &show), |security| security.run_as_username = "web".into());
    let (_, lines) = world.run("named", named).await;
    assert_eq!(stdout(&lines)[2], "1000 50000");
}

pub async fn devices_are_the_usual_ones_and_others_are_refused(world: &World) {
    let show = [
        "list",
        "/dev",
        ";",
        "write",
        "/dev/null",
        "x",
        ";",
        "mknod",
        "/made",
        "1:3",
        ";",
        "mknod",
        "/mem",
        "1:1",
        ";",
        "link",
        "/dev/ptmx",
    ];
    let (_, lines) = world.run("usual", container("main", &show)).await;
    let expected = [
        "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero",
        "ok",
        "ok",
        "errno 1",
        "pts/ptmx",
        "ok",
    ];
    assert_eq!(stdout(&lines), expected);
    let mut config = container("main", &["mknod", "/made", "10:229", ";", "list", "/dev/extra"]);
    config.devices = vec![Device {
        container_path: "/dev/extra/fuse".into(),
        host_path: "/dev/fuse".into(),
        permissions: "r".into(),
    }];
    let (_, lines) = world.run("extra", config).await;
    assert_eq!(stdout(&lines), ["ok", "fuse"]);
    let config = secure(container("main", &["mknod", "/made", "10:229", ";", "list", "/dev"]), |security| {
        security.privileged = true
    });
    let (_, lines) = world.run("all", config).await;
    assert_eq!(stdout(&lines)[0], "ok");
    assert!(stdout(&lines)[1].contains("fuse"), "{lines:?}");
}

pub async fn cgroups_are_shown_read_only_and_without_version_two(world: &World) {
    let (_, lines) = world.run("cgroups", container("main", &["mounts", "/sys/fs/cgroup"])).await;
    let lines = stdout(&lines);
    if std::path::Path::new("/sys/fs/cgroup/memory").exists() {
        assert!(lines.iter().any(|line| line.starts_with("/sys/fs/cgroup/memory cgroup ro")), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("cgroup2")), "{lines:?}");
    }
    assert!(
        lines.iter().all(|line| line.split(' ').nth(2).is_some_and(|options| options.starts_with("ro"))),
        "{lines:?}"
    );
}

pub async fn pods_share_memory_and_process_ids_when_asked_for(world: &World) {
    let sandbox = world.sandbox("memory").await;
    let writer = world
        .create(&sandbox, container("writer", &["write", "/dev/shm/note", "hello", ";", "pid", ";", "sleep"]))
        .await;
    world.start(&writer).await;
    crate::world::eventually(async || {
        let (_, text, _) = world.exec(&writer, &["/program", "read", "/dev/shm/note"]).await.expect("it runs");
        (text == "hello").then_some(())
    })
    .await;
    let (_, lines) = world
        .run_in(&sandbox, container("reader", &["read", "/dev/shm/note", ";", "pid", ";", "env", "HOSTNAME"]))
        .await;
    assert_eq!(stdout(&lines), ["hello", "1", "memory"]);
    // A debugging container looks into another one's processes.
    let config = secure(container("debugger", &["pid", ";", "read", "/proc/1/comm"]), |security| {
        let options =
            NamespaceOption { pid: NamespaceMode::Target as i32, target_id: writer.clone(), ..Default::default() };
        security.namespace_options = Some(options);
    });
    let (_, lines) = world.run_in(&sandbox, config).await;
    assert_eq!(stdout(&lines).last(), Some(&"program"));
    world.remove_sandbox(&sandbox).await;

    let mut config = sandbox_config(world, "shared");
    let options = NamespaceOption { pid: NamespaceMode::Pod as i32, ..Default::default() };
    let linux = config.linux.get_or_insert_default();
    linux.security_context.get_or_insert_default().namespace_options = Some(options.clone());
    linux.sysctls =
        [("kernel.shm_rmid_forced".to_owned(), "1".to_owned()), ("net.ipv4.ip_forward".to_owned(), "1".to_owned())]
            .into();
    let sandbox = world.sandbox_with(config).await;
    let shared =
        |config: ContainerConfig| secure(config, |security| security.namespace_options = Some(options.clone()));
    let first = world.create(&sandbox, shared(container("first", &["spawn", "sleep", ";", "sleep"]))).await;
    world.start(&first).await;
    let show = [
        "read",
        "/proc/1/comm",
        ";",
        "link",
        "/proc/1/root",
        ";",
        "read",
        "/proc/sys/kernel/shm_rmid_forced",
        ";",
        "read",
        "/proc/sys/net/ipv4/ip_forward",
    ];
    let (_, lines) = world.run_in(&sandbox, shared(container("second", &show))).await;
    assert_eq!(stdout(&lines), ["pause", "errno 13", "1", "1"]);
    // The orphan of a container must not outlive it, though init of its namespace does.
    let stop = StopContainerRequest { container_id: first.clone(), timeout: 0 };
    world.runtime.stop_container(stop).await.expect("it stops");
    let cgroup = format!("{}/pod-shared/{first}", world.cgroup);
    crate::world::eventually(async || crate::world::processes_of(&cgroup).is_empty().then_some(())).await;
    world.remove_sandbox(&sandbox).await;
}

pub async fn host_namespaces_are_kept_when_asked_for(world: &World) {
    let mut config = sandbox_config(world, "host");
    let node = NamespaceMode::Node as i32;
    let options = NamespaceOption { pid: node, network: node, ipc: node, ..Default::default() };
    let linux = config.linux.get_or_insert_default();
    linux.security_context.get_or_insert_default().namespace_options = Some(options.clone());
    let sandbox = world.sandbox_with(config).await;
    assert!(world.cni.calls.lock().is_empty(), "the host's network needs no attachment");
    let show = [
        "link",
        "/proc/self/ns/net",
        ";",
        "link",
        "/proc/self/ns/pid",
        ";",
        "link",
        "/proc/self/ns/ipc",
        ";",
        "spawn",
        "sleep",
    ];
    let config = secure(container("main", &show), |security| security.namespace_options = Some(options));
    let (_, lines) = world.run_in(&sandbox, config).await;
    let own =
        |kind: &str| std::fs::read_link(format!("/proc/self/ns/{kind}")).expect("proc is there").display().to_string();
    let shown: Vec<&str> = stdout(&lines).into_iter().filter(|line| *line != "ok").collect();
    assert_eq!(shown, [own("net"), own("pid"), own("ipc")]);
    world.remove_sandbox(&sandbox).await;
}

pub async fn pods_get_a_user_namespace_when_asked_for(world: &World) {
    use std::os::unix::fs::MetadataExt;
    let ids = vec![IdMapping { host_id: 300_000, container_id: 0, length: 65_536 }];
    let config = |name: &str, pid: NamespaceMode| {
        let mut config = sandbox_config(world, name);
        let userns = UserNamespace { mode: NamespaceMode::Pod as i32, uids: ids.clone(), gids: ids.clone() };
        let options = NamespaceOption { pid: pid as i32, userns_options: Some(userns), ..Default::default() };
        let linux = config.linux.get_or_insert_default();
        linux.security_context.get_or_insert_default().namespace_options = Some(options);
        linux.sysctls =
            [("net.ipv4.ip_forward", "1"), ("kernel.shm_rmid_forced", "1")].map(|(k, v)| (k.into(), v.into())).into();
        config
    };
    let volume = world.directory.join("mapped");
    std::fs::create_dir_all(&volume).expect("files can be made");
    let sandbox = world.sandbox_with(config("mapped", NamespaceMode::Container)).await;
    let mut main = container(
        "main",
        &[
            "status",
            "Uid",
            ";",
            "pid",
            ";",
            "read",
            "/proc/self/uid_map",
            ";",
            "write",
            "/new",
            "x",
            ";",
            "write",
            "/dev/null",
            "x",
            ";",
            "write",
            "/v/made",
            "y",
            ";",
            "write",
            "/dev/shm/note",
            "z",
            ";",
            "read",
            "/proc/sys/net/ipv4/ip_forward",
            ";",
            "read",
            "/proc/sys/kernel/shm_rmid_forced",
            ";",
            "env",
            "HOSTNAME",
            ";",
            "write",
            "/proc/sys/kernel/domainname",
            "x",
            ";",
            "mknod",
            "/dev/zero2",
            "1:5",
            ";",
            "sleep",
        ],
    );
    main.mounts = vec![Mount {
        container_path: "/v".into(),
        host_path: volume.to_string_lossy().into_owned(),
        uid_mappings: ids.clone(),
        gid_mappings: ids.clone(),
        ..Default::default()
    }];
    let id = world.create(&sandbox, main).await;
    world.start(&id).await;
    let log = world.status(&id).await.log_path;
    let lines = crate::world::eventually(async || {
        let lines = crate::world::log_lines(&log);
        (lines.len() >= 12).then_some(lines)
    });
    let lines = lines.await;
    let expected = [
        "0 0 0 0",
        "1",
        "         0     300000      65536",
        "ok",
        "ok",
        "ok",
        "ok",
        "1",
        "1",
        "mapped",
        "errno 30",
        "errno 1",
    ];
    assert_eq!(stdout(&lines), expected);
    assert_eq!(std::fs::metadata(volume.join("made")).expect("it is there").uid(), 0, "the volume maps ids");
    let upper = world.directory.join("lib/containers").join(&id).join("upper/new");
    assert_eq!(std::fs::metadata(upper).expect("it is there").uid(), 300_000, "the root does not");
    let show = [
        "/program",
        "status",
        "Uid",
        ";",
        "read",
        "/dev/shm/note",
        ";",
        "write",
        "/dev/stdout",
        "mine",
        ";",
        "exit",
        "3",
    ];
    let (code, output, _) = world.exec(&id, &show).await.expect("it runs");
    assert_eq!((code, output.as_str()), (3, "0 0 0 0\nz\nmineok"));
    let user = secure(container("user", &["status", "Uid", ";", "write", "/dev/stderr", "mine"]), |security| {
        security.run_as_user = Some(Int64Value { value: 1000 });
    });
    let (_, lines) = world.run_in(&sandbox, user).await;
    assert_eq!(stdout(&lines), ["1000 1000 1000 1000", "ok"]);
    let mut tty = container("tty", &["terminal"]);
    tty.tty = true;
    let (_, lines) = world.run_in(&sandbox, tty).await;
    assert!(lines[0].starts_with("stdout F true"), "{lines:?}");
    world.remove_sandbox(&sandbox).await;

    let sandbox = world.sandbox_with(config("pod", NamespaceMode::Pod)).await;
    let shared = secure(container("main", &["read", "/proc/1/comm"]), |security| {
        security.namespace_options = Some(NamespaceOption { pid: NamespaceMode::Pod as i32, ..Default::default() });
    });
    let (_, lines) = world.run_in(&sandbox, shared).await;
    assert_eq!(stdout(&lines), ["pause"]);
    world.remove_sandbox(&sandbox).await;
}
