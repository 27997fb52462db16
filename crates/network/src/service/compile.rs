//! A Service and its endpoints → map elements. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::digest::{ServiceDigest, ServicePort, SliceDigest};

/// Stands for "any address of this node" in keys of node ports.
pub const NODE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// Where clients connect: address (or [`NODE`]), protocol, port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Front {
    /// Address.
    pub address: Ipv4Addr,
    /// Protocol number.
    pub protocol: u8,
    /// Port.
    pub port: u16,
}

/// Where connections go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Address.
    pub address: Ipv4Addr,
    /// Port.
    pub port: u16,
}

/// The chain that serves a front: one per distinct combination, shared by all Services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainKind {
    /// Number of endpoints, at least 1.
    pub endpoints: u32,
    /// The front is a node port.
    pub is_node_port: bool,
    /// Clients' addresses are hidden, so that answers come back through this node.
    pub masquerades: bool,
    /// Keeps clients at their endpoint for so long.
    pub affinity_seconds: Option<u32>,
}

impl ChainKind {
    /// The chain's name, such as `svc-3` or `np-m-3-a10800`.
    pub fn name(&self) -> String {
        let front = if self.is_node_port { "np" } else { "svc" };
        let masquerade = if self.masquerades { "-m" } else { "" };
        let affinity = self.affinity_seconds.map(|seconds| format!("-a{seconds}")).unwrap_or_default();
        format!("{front}{masquerade}-{}{affinity}", self.endpoints)
    }
}

/// What one front needs in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Its chain.
    pub chain: ChainKind,
    /// Endpoint of each slot.
    pub slots: Vec<Target>,
}

/// Fronts of one Service. A front without endpoints has an empty slot list and its connections are refused.
pub type Fronts = BTreeMap<Front, Compiled>;

/// Compiles one Service; `before` keeps endpoints at their slots, so that a change touches few elements.
pub fn compile(service: &ServiceDigest, slices: &[&SliceDigest], node: &str, before: &Fronts) -> Fronts {
    let mut fronts = Fronts::new();
    for port in &service.ports {
        let all = targets(slices, port, None);
        let local = targets(slices, port, Some(node));
        let internal = if service.is_internal_local { &local } else { &all };
        let external = if service.is_external_local { &local } else { &all };
        let mut add = |address, number, targets: &BTreeSet<Target>, is_node_port, masquerades| {
            let front = Front { address, protocol: port.protocol, port: number };
            let slots = assign_slots(before.get(&front).map_or(&[], |compiled| &compiled.slots), targets);
            let endpoints = u32::try_from(slots.len()).unwrap_or(u32::MAX);
            let affinity_seconds = service.affinity_seconds;
            let chain = ChainKind { endpoints, is_node_port, masquerades, affinity_seconds };
            fronts.insert(front, Compiled { chain, slots });
        };
        for address in &service.cluster_ips {
            add(*address, port.port, internal, false, false);
        }
        for address in &service.external_ips {
            add(*address, port.port, external, false, !service.is_external_local);
        }
        if port.node_port > 0 {
            add(NODE, port.node_port, external, true, !service.is_external_local);
        }
    }
    fronts
}

/// Ready endpoints, or the draining ones when nobody is ready (KEP-1669).
fn targets(slices: &[&SliceDigest], port: &ServicePort, node: Option<&str>) -> BTreeSet<Target> {
    let (mut ready, mut draining) = (BTreeSet::new(), BTreeSet::new());
    for slice in slices {
        let numbers = slice.ports.iter().filter(|(name, protocol, _)| *name == port.name && *protocol == port.protocol);
        for (_, _, number) in numbers {
            for endpoint in slice.endpoints.iter().filter(|it| node.is_none_or(|node| it.node == node)) {
                let target = Target { address: endpoint.address, port: *number };
                match (endpoint.is_ready, endpoint.is_draining) {
                    (true, _) => drop(ready.insert(target)),
                    (false, true) => drop(draining.insert(target)),
                    _ => {}
                }
            }
        }
    }
    if ready.is_empty() { draining } else { ready }
}

/// Keeps who stays at its slot; newcomers take free slots, and the last ones move down into holes.
fn assign_slots(before: &[Target], now: &BTreeSet<Target>) -> Vec<Target> {
    let mut slots: Vec<Option<Target>> = before.iter().map(|target| now.contains(target).then_some(*target)).collect();
    let kept: BTreeSet<Target> = slots.iter().flatten().copied().collect();
    let mut newcomers = now.difference(&kept).copied();
    slots.iter_mut().filter(|slot| slot.is_none()).for_each(|slot| *slot = newcomers.next());
    slots.extend(newcomers.map(Some));
    let mut packed: Vec<Target> = Vec::with_capacity(now.len());
    let mut at = 0;
    while at < slots.len() {
        match slots[at] {
            Some(target) => {
                packed.push(target);
                at += 1;
            }
            None => match slots.pop() {
                Some(Some(target)) if at < slots.len() => slots[at] = Some(target),
                Some(Some(target)) => packed.push(target),
                _ => {}
            },
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::super::digest::EndpointDigest;
    use super::*;

    fn target(last: u8) -> Target {
        Target { address: Ipv4Addr::new(10, 0, 0, last), port: 80 }
    }

    fn slice(endpoints: &[(u8, bool, bool, &str)]) -> SliceDigest {
        let endpoints = endpoints.iter().map(|(last, is_ready, is_draining, node)| EndpointDigest {
            address: target(*last).address,
            is_ready: *is_ready,
            is_draining: *is_draining,
            node: (*node).to_owned(),
        });
        SliceDigest { service: "web".into(), endpoints: endpoints.collect(), ports: vec![("http".into(), 6, 80)] }
    }

    fn service() -> ServiceDigest {
        ServiceDigest {
            cluster_ips: vec![Ipv4Addr::new(10, 96, 0, 7)],
            ports: vec![ServicePort { name: "http".into(), protocol: 6, port: 8080, node_port: 30_080 }],
            ..ServiceDigest::default()
        }
    }

    #[track_caller]
    fn check(service: &ServiceDigest, slice: &SliceDigest, expected: &str) {
        let fronts = compile(service, &[slice], "here", &Fronts::new());
        let lines: Vec<String> = fronts
            .iter()
            .map(|(front, compiled)| {
                let slots: Vec<String> =
                    compiled.slots.iter().map(|it| format!("{}:{}", it.address, it.port)).collect();
                format!("{}:{} {} [{}]", front.address, front.port, compiled.chain.name(), slots.join(" "))
            })
            .collect();
        assert_eq!(lines.join("; "), expected);
    }

    #[test]
    fn a_service_has_a_cluster_and_a_node_front() {
        let slice = slice(&[(1, true, false, "here"), (2, true, false, "there"), (3, false, false, "here")]);
        let expected = "0.0.0.0:30080 np-m-2 [10.0.0.1:80 10.0.0.2:80]; 10.96.0.7:8080 svc-2 [10.0.0.1:80 10.0.0.2:80]";
        check(&service(), &slice, expected);
    }

    #[test]
    fn local_policies_use_this_nodes_endpoints_and_keep_client_addresses() {
        let slice = slice(&[(1, true, false, "here"), (2, true, false, "there")]);
        let local = ServiceDigest { is_external_local: true, affinity_seconds: Some(60), ..service() };
        let expected = "0.0.0.0:30080 np-1-a60 [10.0.0.1:80]; 10.96.0.7:8080 svc-2-a60 [10.0.0.1:80 10.0.0.2:80]";
        check(&local, &slice, expected);
    }

    #[test]
    fn draining_endpoints_serve_while_nobody_is_ready() {
        let draining = slice(&[(1, false, true, "here")]);
        check(&service(), &draining, "0.0.0.0:30080 np-m-1 [10.0.0.1:80]; 10.96.0.7:8080 svc-1 [10.0.0.1:80]");
        check(&service(), &slice(&[]), "0.0.0.0:30080 np-m-0 []; 10.96.0.7:8080 svc-0 []");
    }

    #[test]
    fn who_stays_keeps_its_slot() {
        let now = |lasts: &[u8]| lasts.iter().map(|last| target(*last)).collect::<BTreeSet<_>>();
        let before: Vec<Target> = [5, 1, 3, 4].map(target).to_vec();
        assert_eq!(assign_slots(&before, &now(&[5, 3, 4])), [5, 4, 3].map(target));
        assert_eq!(assign_slots(&before, &now(&[1, 2, 3, 4, 5, 6])), [5, 1, 3, 4, 2, 6].map(target));
        assert_eq!(assign_slots(&before, &now(&[9])), [9].map(target));
        assert!(assign_slots(&before, &now(&[])).is_empty());
        assert_eq!(assign_slots(&before, &now(&[4])), [4].map(target));
    }
}
