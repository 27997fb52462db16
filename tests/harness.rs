//! The harness itself: namespaces begin, hold what runs in them, and leave nothing.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use corten_system_tests::cluster::say;
use corten_system_tests::leaks::Snapshot;
use corten_system_tests::outer::{GATEWAY_ADDRESS, HOST_NAME, NODE_ADDRESS, Outer, Request};
use corten_system_tests::{cgroups, kubectl, process, programs};
use network::netns;

const PATIENCE: Duration = Duration::from_secs(20);

fn start(name: &str) -> Option<(Outer, String)> {
    if !rustix::process::geteuid().is_root() {
        say("skipped, needs root: namespaces");
        return None;
    }
    let cgroup = format!("corten-harness-{name}-{}", std::process::id());
    let shell = std::fs::canonicalize("/bin/sh").expect("there is a shell");
    let request = Request { cgroup: cgroup.clone(), programs: vec![("own-shell".into(), shell)], disk: None };
    let outer = Outer::start(&programs::outer().expect("built with the tests"), &request).expect("namespaces start");
    Some((outer, cgroup))
}

fn shell(outer: &Outer, script: &str) -> String {
    kubectl::run(outer.command("own-shell").args(["-c", script]), b"", PATIENCE).expect("it ends").success()
}

fn a_hierarchy() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("the mount table");
    let rows = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mut found = rows.filter(|row| row[2].starts_with("cgroup")).map(|row| PathBuf::from(row[1]));
    found.next_back().expect("cgroups are mounted")
}

#[test]
fn what_runs_inside_sees_an_own_host_and_ends_with_it() {
    let Some((outer, cgroup)) = start("own") else { return };
    assert_eq!(shell(&outer, "cat /proc/sys/kernel/hostname; echo $$ > /run/me; ls /var/lib").trim(), HOST_NAME);
    assert!(outer.path("/run/me").exists());
    assert!(!Path::new("/run/me").exists(), "the host's /run is another one");

    // A process whose parent is gone lives on inside, in a cgroup.
    let hierarchy = a_hierarchy();
    let group = hierarchy.join(&cgroup).join("below");
    shell(
        &outer,
        &format!("mkdir -p {0} && echo $$ > {0}/cgroup.procs && (sleep 1000 >/dev/null 2>&1 &)", group.display()),
    );
    let inside = outer.processes();
    let [sleeping] = inside[..] else { panic!("{inside:?}") };
    assert_eq!(process::command_line(sleeping), ["sleep", "1000"]);
    assert_eq!(cgroups::find(&cgroup), [hierarchy.join(&cgroup)]);

    outer.end().expect("everything ends");
    assert_eq!(process::identify(sleeping), None);
    assert!(cgroups::find(&cgroup).is_empty());
}

#[test]
fn what_is_left_behind_shows_up() {
    let Some((outer, cgroup)) = start("leaks") else { return };
    let before = Snapshot::take(&outer, &cgroup).expect("namespaces live");
    let hierarchy = a_hierarchy();
    shell(&outer, "mkdir /run/left /run/mount && mount -t tmpfs none /run/left && (sleep 1000 >/dev/null 2>&1 &)");
    shell(&outer, &format!("mkdir {}/{cgroup}", hierarchy.display()));
    let added = before.added_in(&Snapshot::take(&outer, &cgroup).expect("namespaces live"));
    let expected = [
        format!("cgroup {}/{cgroup}", hierarchy.display()),
        "directory /run/left".into(),
        // The mount program's own.
        "directory /run/mount".into(),
        "mount /run/left".into(),
        "process sleep 1000 in node's network, number 1".into(),
    ];
    assert_eq!(added, expected);
}

#[test]
fn the_node_and_the_world_outside_reach_each_other() {
    let Some((outer, _)) = start("net") else { return };
    let outside = outer.outside_network().expect("it is kept");
    let (listening, inside) = (outer.network().expect("namespaces live"), &outer);
    let listener = netns::run_in_opened(&outside, || TcpListener::bind((GATEWAY_ADDRESS, 8080))).expect("listen");
    let said = netns::run_in_opened(&listening, || {
        let mut stream = TcpStream::connect((GATEWAY_ADDRESS, 8080))?;
        let (mut accepted, from) = listener.accept()?;
        accepted.write_all(from.ip().to_string().as_bytes())?;
        drop(accepted);
        let mut said = String::new();
        stream.read_to_string(&mut said)?;
        Ok(said)
    });
    assert_eq!(said.expect("they are connected"), NODE_ADDRESS.to_string());
    assert!(inside.processes().is_empty());
}

#[test]
fn a_terminal_is_one_for_the_command() {
    let Some((outer, _)) = start("tty") else { return };
    let mut command = outer.command("own-shell");
    command.args(["-c", "test -t 0 && test -t 1 && read line && echo got $line; exit 3"]);
    let output = kubectl::run_on_terminal(&mut command, b"hello\n", PATIENCE).expect("it ends");
    assert_eq!((output.stdout.as_str(), output.code), ("hello\ngot hello\n", 3));
}
