//! Service rules in a real kernel, inside network namespaces of the test's own. Needs root.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cni::{CniRequest, PortMapping};

use super::HostPorts;
use super::apply::{Kernel, ProxyConfig};
use super::compile::{Fronts, compile};
use super::digest::{EndpointDigest, ServiceDigest, ServicePort, SliceDigest};
use crate::cidr::Ipv4Cidr;
use crate::cni::{Bridge, BridgeConfig, PortMapper};
use crate::netns;

fn config() -> ProxyConfig {
    ProxyConfig {
        instance: "ctest".into(),
        node_name: "here".into(),
        service_range: Ipv4Cidr::parse("10.96.0.0/12").expect("a range"),
        pod_range: Ipv4Cidr::parse("10.244.0.0/24").expect("a range"),
        local_addresses: vec![],
    }
}

struct Sandbox {
    path: PathBuf,
    _stop: std::sync::mpsc::Sender<()>,
}

fn sandbox() -> Sandbox {
    let (said, heard) = std::sync::mpsc::channel();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        #[expect(deprecated, reason = "the safe form; its hazards are about file descriptor tables")]
        rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET).expect("root may make namespaces");
        said.send(rustix::thread::gettid().as_raw_nonzero().get()).expect("the test waits");
        let _ = stopped.recv();
    });
    let thread = heard.recv().expect("the thread says its id");
    Sandbox { path: PathBuf::from(format!("/proc/self/task/{thread}/ns/net")), _stop: stop }
}

/// A node with three sandboxes; each answers on port 80 with its own address and the client's.
struct Node {
    kernel: Kernel,
    fronts: Fronts,
    service: ServiceDigest,
    pods: Vec<Sandbox>,
    ports: Arc<HostPorts>,
    directory: PathBuf,
}

const CLUSTER_IP: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 7);

impl Node {
    fn new(name: &str) -> Node {
        let directory = std::env::temp_dir().join(format!("corten-service-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let (pod_range, service_range) = ("10.244.0.0/24", "10.96.0.0/12");
        let pod_range = Ipv4Cidr::parse(pod_range).expect("a range");
        let service_range = Ipv4Cidr::parse(service_range).expect("a range");
        let ports = Arc::new(HostPorts::new("ctest", &directory.join("hostports")));
        ports.restore().expect("make the hostPort table");
        let config = BridgeConfig { instance: "ctest".into(), range: pod_range, directory: directory.join("leases") };
        let bridge = Bridge::new(&config, Arc::clone(&ports) as Arc<dyn PortMapper>);
        bridge.route_services(service_range).expect("route Services");
        let pods: Vec<Sandbox> = (0..3).map(|_| sandbox()).collect();
        for (at, pod) in pods.iter().enumerate() {
            crate::cni::attach_for_test(&bridge, &request(&at.to_string(), &pod.path));
            let address = Ipv4Addr::new(10, 244, 0, 2 + at as u8);
            let listener = netns::run_in(&pod.path, || TcpListener::bind((address, 80))).expect("listen");
            std::thread::spawn(move || answer(&listener));
        }
        let port = ServicePort { name: String::new(), protocol: 6, port: 8080, node_port: 30_080 };
        let service = ServiceDigest { cluster_ips: vec![CLUSTER_IP], ports: vec![port], ..ServiceDigest::default() };
        Node { kernel: Kernel::new(self::config()), fronts: Fronts::new(), service, pods, ports, directory }
    }

    /// Makes these sandboxes the Service's endpoints.
    fn set_endpoints(&mut self, pods: &[u8]) {
        let endpoint = |pod: &u8| EndpointDigest {
            address: Ipv4Addr::new(10, 244, 0, 2 + pod),
            is_ready: true,
            is_draining: false,
            node: "here".into(),
        };
        let endpoints = pods.iter().map(endpoint).collect();
        let slice = SliceDigest { service: "web".into(), endpoints, ports: vec![(String::new(), 6, 80)] };
        let after = compile(&self.service, &[&slice], "here", &self.fronts);
        let before = std::mem::replace(&mut self.fronts, after.clone());
        self.kernel.apply(&[(before, after)]).expect("the kernel takes the rules");
    }

    /// Connects from a sandbox, or the node, and says who answered and whom it saw.
    fn get(&self, from: Option<usize>, to: impl Into<SocketAddr>) -> String {
        let to = to.into();
        match from {
            Some(pod) => netns::run_in(&self.pods[pod].path, || get(to)),
            None => get(to),
        }
        .unwrap_or_else(|error| error.kind().to_string())
    }

    fn tally(&self, from: Option<usize>, count: usize) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for _ in 0..count {
            let answer = self.get(from, (CLUSTER_IP, 8080));
            *tally.entry(answer.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        tally
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn request(id: &str, netns: &std::path::Path) -> CniRequest {
    let ports = vec![PortMapping {
        host_port: 9_000 + id.parse::<u16>().expect("a number"),
        container_port: 80,
        protocol: "tcp".into(),
        host_ip: String::new(),
    }];
    CniRequest {
        container_id: id.into(),
        netns: netns.into(),
        interface: "eth0".into(),
        args: [].into(),
        port_mappings: ports,
    }
}

fn answer(listener: &TcpListener) {
    while let Ok((mut stream, from)) = listener.accept() {
        let own = listener.local_addr().expect("bound").ip();
        let _ = write!(stream, "{own} {}", from.ip());
    }
}

fn get(to: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(2))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Runs a test on a thread inside a fresh namespace, which is its node.
fn on_a_node(test: impl FnOnce() + Send) {
    let host = sandbox();
    let run = || {
        let mut links = crate::link::Links::open()?;
        let loopback = links.find("lo").map_err(std::io::Error::other)?.expect("every namespace has one");
        links.set_up(loopback).map_err(std::io::Error::other)?;
        test();
        Ok(())
    };
    netns::run_in(&host.path, run).expect("the test runs");
}

#[test]
fn connections_spread_over_the_endpoints_and_follow_changes() {
    on_a_node(|| {
        let mut node = Node::new("spread");
        node.set_endpoints(&[0, 1, 2]);
        for from in [None, Some(0)] {
            let tally = node.tally(from, 150);
            assert_eq!(tally.len(), 3, "{tally:?}");
            assert!(tally.values().all(|count| (25..=75).contains(count)), "{tally:?}");
        }
        node.set_endpoints(&[1]);
        assert_eq!(node.tally(Some(0), 5), [("10.244.0.3".into(), 5)].into());
        // The client's own address arrives; a Pod that reaches itself is masqueraded.
        assert_eq!(node.get(Some(0), (CLUSTER_IP, 8080)), "10.244.0.3 10.244.0.2");
        assert_eq!(node.get(Some(1), (CLUSTER_IP, 8080)), "10.244.0.3 10.244.0.1");
        node.set_endpoints(&[]);
        assert_eq!(node.get(Some(0), (CLUSTER_IP, 8080)), "connection refused");
        assert_eq!(node.get(None, (CLUSTER_IP, 8080)), "connection refused");
        node.set_endpoints(&[2]);
        assert_eq!(node.get(None, (CLUSTER_IP, 8080)), "10.244.0.4 10.244.0.1");
    });
}

#[test]
fn node_ports_and_host_ports_answer_at_the_nodes_address() {
    on_a_node(|| {
        let mut node = Node::new("ports");
        let gateway = Ipv4Addr::new(10, 244, 0, 1);
        node.set_endpoints(&[0]);
        assert_eq!(node.get(Some(1), (gateway, 30_080)), "10.244.0.2 10.244.0.1");
        assert_eq!(node.get(None, (gateway, 30_080)), "10.244.0.2 10.244.0.1");
        assert_eq!(node.get(None, (Ipv4Addr::LOCALHOST, 30_080)), "connection refused");
        node.set_endpoints(&[]);
        assert_eq!(node.get(Some(1), (gateway, 30_080)), "connection refused");
        assert_eq!(node.get(Some(0), (gateway, 9_001)), "10.244.0.3 10.244.0.2");
        assert_eq!(node.get(Some(1), (gateway, 9_001)), "10.244.0.3 10.244.0.1");
        node.ports.unmap("1").expect("unmap");
        assert_eq!(node.get(Some(0), (gateway, 9_001)), "connection refused");
        node.ports.restore().expect("restore");
        assert_eq!(node.get(Some(0), (gateway, 9_002)), "10.244.0.4 10.244.0.2");
    });
}

#[test]
fn clients_stay_with_their_endpoint_until_it_goes() {
    on_a_node(|| {
        let mut node = Node::new("affinity");
        node.service.affinity_seconds = Some(60);
        node.set_endpoints(&[0, 1, 2]);
        let first = node.tally(Some(0), 20);
        assert_eq!(first.len(), 1, "{first:?}");
        let chosen = first.keys().next().expect("one").clone();
        let others: Vec<u8> = (0..3).filter(|pod| chosen != format!("10.244.0.{}", 2 + pod)).collect();
        node.set_endpoints(&others);
        let second = node.tally(Some(0), 20);
        assert_eq!(second.len(), 1, "{second:?}");
        assert!(!second.contains_key(&chosen));
        node.set_endpoints(&[0, 1, 2]);
        assert_eq!(node.tally(Some(0), 20), second);
    });
}

#[test]
fn clients_of_a_service_that_is_gone_are_forgotten() {
    on_a_node(|| {
        let mut node = Node::new("forgotten");
        node.service.affinity_seconds = Some(60);
        let clients = || crate::nft::elements("ctest-services", "affinity").expect("the map is there").len();
        let remove = |node: &mut Node| {
            let before = std::mem::take(&mut node.fronts);
            node.kernel.apply(&[(before, Fronts::new())]).expect("the kernel takes the rules");
        };
        node.set_endpoints(&[0, 1, 2]);
        node.tally(None, 1);
        node.tally(Some(0), 1);
        assert_eq!(clients(), 2);
        remove(&mut node);
        assert_eq!(clients(), 0);
        // It went while no process looked.
        node.set_endpoints(&[0, 1, 2]);
        node.tally(Some(0), 1);
        node.kernel = Kernel::new(config());
        node.fronts = Fronts::new();
        remove(&mut node);
        assert_eq!(clients(), 0);
        // Affinity was switched off.
        node.set_endpoints(&[0, 1, 2]);
        node.tally(Some(0), 1);
        node.service.affinity_seconds = None;
        node.set_endpoints(&[0, 1, 2]);
        assert_eq!(clients(), 0);
    });
}

#[test]
fn clients_stay_with_their_endpoint_when_a_new_process_takes_over() {
    on_a_node(|| {
        let mut node = Node::new("takeover");
        node.service.affinity_seconds = Some(60);
        node.set_endpoints(&[0, 1, 2]);
        let first: Vec<_> = [None, Some(0), Some(1)].map(|from| node.tally(from, 1)).into();
        for _ in 0..3 {
            // Endpoints come in another order: what counts is not their slot.
            node.fronts = Fronts::new();
            node.kernel = Kernel::new(config());
            node.set_endpoints(&[2, 1, 0]);
            let again: Vec<_> = [None, Some(0), Some(1)].map(|from| node.tally(from, 5)).into();
            let names = |tallies: &[BTreeMap<String, usize>]| -> Vec<Vec<String>> {
                tallies.iter().map(|tally| tally.keys().cloned().collect()).collect()
            };
            assert_eq!(names(&again), names(&first));
        }
    });
}

#[test]
fn host_ports_answer_on_loopback_and_loopback_stays_closed_to_others() {
    on_a_node(|| {
        let node = Node::new("loopback");
        assert_eq!(node.get(None, (Ipv4Addr::LOCALHOST, 9_001)), "10.244.0.3 10.244.0.1");
        // A sandbox that sends packets for 127.0.0.1 to the node gets no answer from what listens there.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 7_777)).expect("listen");
        std::thread::spawn(move || answer(&listener));
        assert_eq!(node.get(None, (Ipv4Addr::LOCALHOST, 7_777)), "127.0.0.1 127.0.0.1");
        let route_out = || {
            let to_gateway = |error: crate::netlink::NetlinkError| std::io::Error::other(error);
            let mut links = crate::link::Links::open()?;
            let link = links.find("eth0").map_err(to_gateway)?.expect("it is attached");
            let loopback = links.find("lo").map_err(to_gateway)?.expect("every namespace has one");
            links.remove_address(loopback, Ipv4Addr::LOCALHOST, 8).map_err(to_gateway)?;
            std::fs::write("/proc/sys/net/ipv4/conf/eth0/route_localnet", "1")?;
            let route = crate::link::Route {
                destination: Ipv4Cidr::of(Ipv4Addr::LOCALHOST, 32),
                gateway: Some(Ipv4Addr::new(10, 244, 0, 1)),
                source: None,
                link,
            };
            links.set_route(&route).map_err(to_gateway)
        };
        let _ = netns::run_in(&node.pods[0].path, route_out);
        assert_ne!(node.get(Some(0), (Ipv4Addr::LOCALHOST, 7_777)), "127.0.0.1 10.244.0.2");
    });
}

#[test]
fn unknown_addresses_of_the_range_are_refused_and_all_rules_can_be_removed() {
    on_a_node(|| {
        let mut node = Node::new("range");
        node.set_endpoints(&[0]);
        assert_eq!(node.get(Some(1), (Ipv4Addr::new(10, 96, 99, 99), 80)), "connection refused");
        assert_eq!(node.get(Some(1), (CLUSTER_IP, 81)), "connection refused");
        super::remove_rules("ctest").expect("remove");
        super::remove_rules("ctest").expect("remove again");
    });
}
