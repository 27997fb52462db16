//! Attaches real sandboxes in a network namespace of the test's own. Needs root.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use container_interfaces::cni::{Cni, CniRequest, PortMapping};
use corten_network::cidr::Ipv4Cidr;
use corten_network::cni::{Bridge, BridgeConfig, ChosenNetwork, PortMapper, write_own_configuration};
use corten_network::link::Links;
use corten_network::netns;

/// Remembers what was asked.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl PortMapper for Recorder {
    fn map(&self, id: &str, address: Ipv4Addr, mappings: &[PortMapping]) -> Result<(), String> {
        let ports: Vec<String> = mappings.iter().map(|it| format!("{}:{}", it.host_port, it.container_port)).collect();
        self.0.lock().expect("not poisoned").push(format!("map {id} {address} {}", ports.join(",")));
        Ok(())
    }
    fn unmap(&self, id: &str) -> Result<(), String> {
        self.0.lock().expect("not poisoned").push(format!("unmap {id}"));
        Ok(())
    }
}

/// A thread that stays in a fresh network namespace; its /proc path names it.
struct Sandbox {
    path: PathBuf,
    _stop: std::sync::mpsc::Sender<()>,
}

fn sandbox() -> Sandbox {
    let (said, heard) = std::sync::mpsc::channel();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        // Only this thread's network namespace changes, which no other code of the test looks at.
        #[expect(deprecated, reason = "the safe form; its hazards are about file descriptor tables")]
        rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET).expect("root may make namespaces");
        said.send(rustix::thread::gettid().as_raw_nonzero().get()).expect("the test waits");
        let _ = stopped.recv();
    });
    let thread = heard.recv().expect("the thread says its id");
    Sandbox { path: PathBuf::from(format!("/proc/self/task/{thread}/ns/net")), _stop: stop }
}

fn request(id: &str, netns: &Path) -> CniRequest {
    let ports =
        vec![PortMapping { host_port: 8080, container_port: 80, protocol: "tcp".into(), host_ip: String::new() }];
    CniRequest {
        container_id: id.into(),
        netns: netns.into(),
        interface: "eth0".into(),
        args: [].into(),
        port_mappings: ports,
    }
}

#[test]
fn sandboxes_get_an_address_and_talk_to_each_other_and_the_host() {
    // The whole test runs on a thread in a namespace of its own: the "host" of the test.
    let host = sandbox();
    let path = host.path.clone();
    let run = || {
        attach_and_detach();
        Ok(())
    };
    netns::run_in(&path, run).expect("enter the namespace");
}

fn attach_and_detach() {
    let directory = std::env::temp_dir().join(format!("corten-attach-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let range = Ipv4Cidr::parse("10.99.0.0/24").expect("a range");
    let config = BridgeConfig { instance: "ctest".into(), range, directory: directory.join("leases") };
    let recorder = Arc::new(Recorder::default());
    let bridge = Arc::new(Bridge::new(&config, Arc::clone(&recorder) as Arc<dyn PortMapper>));
    write_own_configuration(&directory, &config).expect("write the configuration");
    let network = ChosenNetwork::new(&directory, Path::new("/nonexistent"), "ctest", bridge);
    // Blocking work must stay in this thread's namespace: one worker, started from here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (a, b) = (sandbox(), sandbox());
    runtime.block_on(async {
        network.status().await.expect("ready");
        let first = network.add(&request("a", &a.path)).await.expect("attach a");
        assert_eq!(first.ips[0].address, "10.99.0.2/32");
        network.add(&request("b", &b.path)).await.expect("attach b");
        network.add(&request("b", &b.path)).await.expect("attach b again");
        network.check(&request("a", &a.path)).await.expect("check a");
    });
    let echo = a.path.clone();
    let listener = netns::run_in(&echo, || std::net::TcpListener::bind("10.99.0.2:80")).expect("listen in a");
    std::thread::spawn(move || while listener.accept().is_ok() {});
    netns::run_in(&b.path, || std::net::TcpStream::connect("10.99.0.2:80").map(drop)).expect("b reaches a");
    std::net::TcpStream::connect("10.99.0.2:80").map(drop).expect("the host reaches a");
    runtime.block_on(address_passes_on(&network, &a, &directory));
    runtime.block_on(async {
        for (id, sandbox) in [("a", &a), ("b", &b), ("b", &b)] {
            network.del(&request(id, &sandbox.path)).await.expect("detach");
        }
        network.check(&request("a", &a.path)).await.expect_err("nothing is attached");
    });
    let left = Links::open().expect("netlink").names().expect("links");
    assert_eq!(left, ["lo", "ctest-br"]);
    let asked = recorder.0.lock().expect("not poisoned").join("; ");
    assert!(asked.starts_with("map a 10.99.0.2 8080:80; map b 10.99.0.3 8080:80"), "{asked}");
    std::fs::remove_dir_all(&directory).expect("clean up");
}

/// Gives the address of `a` to another sandbox and back: who knew the one reaches the other at once.
async fn address_passes_on(network: &ChosenNetwork, a: &Sandbox, directory: &Path) {
    let heir = sandbox();
    network.del(&request("a", &a.path)).await.expect("detach a");
    std::fs::remove_file(directory.join("leases/last")).expect("begin again at the first address");
    let attached = network.add(&request("heir", &heir.path)).await.expect("attach the heir");
    assert_eq!(attached.ips[0].address, "10.99.0.2/32");
    let listener = netns::run_in(&heir.path, || std::net::TcpListener::bind("10.99.0.2:80")).expect("listen");
    let address = "10.99.0.2:80".parse().expect("an address");
    std::net::TcpStream::connect_timeout(&address, Duration::from_millis(900)).expect("the host reaches the heir");
    drop(listener);
    network.del(&request("heir", &heir.path)).await.expect("detach the heir");
    std::fs::remove_file(directory.join("leases/last")).expect("begin again at the first address");
    network.add(&request("a", &a.path)).await.expect("attach a");
}
