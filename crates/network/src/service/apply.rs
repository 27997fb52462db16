//! Compiled Services → the kernel: the fixed rules, and transactions of changed elements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;

use rustix::io::Errno;

use super::compile::{ChainKind, Compiled, Front, Fronts, NODE, Target};
use crate::cidr::Ipv4Cidr;
use crate::netlink::NetlinkError;
use crate::nft::{
    self, Bytes, Element, Expression as E, Field, Hook, Register, TimedElement, Transaction, Value, Values, Verdict,
};

/// Address, protocol, port → chain.
const SERVICES: &str = "services";
/// Protocol, port → chain, for this node's own addresses.
const NODE_PORTS: &str = "node-ports";
/// Address, protocol, port, slot → endpoint.
const ENDPOINTS: &str = "endpoints";
/// Address, protocol, port, slot → id, for Services with affinity.
const IDS: &str = "endpoint-ids";
/// Client, address, protocol, port → id.
const AFFINITY: &str = "affinity";
/// Endpoints that reach themselves through a Service: (address, address).
const HAIRPINS: &str = "hairpins";
/// Fronts outside the Service range that have no endpoints.
const REFUSED: &str = "refused";
/// Protocol and port of node ports without endpoints.
const REFUSED_NODE_PORTS: &str = "refused-node-ports";

/// Marks packets whose source is to be hidden (upstream's bit).
const MASQUERADE_MARK: u32 = 0x4000;

/// Ids of endpoints begin here: slots are far below.
const ID_START: u32 = 0x1_0000;

/// Attempts to drop clients of gone Services, some of which expire in between.
const FORGET_ATTEMPTS_MAX: usize = 5;

/// Settings of the proxy.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Instance: names the tables.
    pub instance: String,
    /// Name of this node.
    pub node_name: String,
    /// Range of cluster addresses.
    pub service_range: Ipv4Cidr,
    /// Range of Pod addresses: what leaves it is masqueraded.
    pub pod_range: Ipv4Cidr,
    /// Cluster addresses that a process on this node serves itself (DNS): not translated.
    pub local_addresses: Vec<Ipv4Addr>,
}

/// Removes every rule of an instance.
pub fn remove_rules(instance: &str) -> Result<(), NetlinkError> {
    nft::remove_table(&table_name(instance))?;
    nft::remove_table(&super::host_ports::table_name(instance))
}

fn table_name(instance: &str) -> String {
    format!("{instance}-services")
}

/// The kernel's state as far as this process made it.
pub struct Kernel {
    config: ProxyConfig,
    /// How many fronts use each chain.
    chains: BTreeMap<ChainKind, usize>,
    hairpins: HashMap<Ipv4Addr, usize>,
    ids: HashMap<Target, u32>,
    next_id: u32,
    is_set_up: bool,
}

impl Kernel {
    /// Nothing is in the kernel yet.
    pub fn new(config: ProxyConfig) -> Self {
        Kernel {
            config,
            chains: BTreeMap::new(),
            hairpins: HashMap::new(),
            ids: HashMap::new(),
            next_id: ID_START,
            is_set_up: false,
        }
    }

    /// Brings fronts from `before` to `after`. The first call replaces the whole table in one transaction, so
    /// that connections find either the old or the new rules.
    pub fn apply(&mut self, changes: &[(Fronts, Fronts)]) -> Result<(), NetlinkError> {
        let mut transaction = Transaction::new(&table_name(&self.config.instance));
        if !self.is_set_up {
            // A table that an earlier process left knows which client belongs to which endpoint.
            let mut remembered = self.adopt()?;
            let keys: HashSet<Vec<u8>> = changes.iter().flat_map(|(_, after)| fronts_with_affinity(after)).collect();
            remembered.retain(|client| front_of_client(&client.element).is_some_and(|front| keys.contains(front)));
            transaction.add_table().delete_table().add_table();
            self.write_fixed_rules(&mut transaction);
            transaction.add_timed_elements(AFFINITY, &remembered);
        }
        let mut elements = Elements::default();
        for (before, after) in changes {
            for front in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                self.change_front(&mut elements, *front, before.get(front), after.get(front));
            }
        }
        let unused = self.count_chains(&elements, &mut transaction);
        elements.write(&mut transaction);
        for chain in unused {
            transaction.delete_chain(&chain.name());
        }
        let outcome = transaction.commit();
        // After a refusal nobody knows what is there: the next call starts from nothing.
        self.is_set_up = outcome.is_ok();
        if outcome.is_err() {
            *self = Kernel::new(self.config.clone());
        }
        outcome?;
        if let Err(error) = self.forget_clients(changes) {
            tracing::warn!(%error, "forget clients of services that are gone");
        }
        Ok(())
    }

    /// Drops the clients of Services that are gone or have no affinity any more: nothing in the kernel renews or
    /// replaces those, and another Service may get the address. To be called when no rule leads there any more.
    fn forget_clients(&self, changes: &[(Fronts, Fronts)]) -> Result<(), NetlinkError> {
        let mut gone: HashSet<Vec<u8>> = changes.iter().flat_map(|(before, _)| fronts_with_affinity(before)).collect();
        for key in changes.iter().flat_map(|(_, after)| fronts_with_affinity(after)) {
            gone.remove(&key);
        }
        if gone.is_empty() {
            return Ok(());
        }
        let table = table_name(&self.config.instance);
        for attempt in 1.. {
            let clients = nft::elements(&table, AFFINITY)?.into_iter().map(|client| client.element);
            let clients: Vec<_> =
                clients.filter(|client| front_of_client(client).is_some_and(|front| gone.contains(front))).collect();
            let mut transaction = Transaction::new(&table);
            transaction.delete_elements(AFFINITY, &clients);
            match transaction.commit() {
                // One has expired meanwhile.
                Err(error) if error.is(Errno::NOENT) && attempt < FORGET_ATTEMPTS_MAX => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    /// Takes over the ids of endpoints from the table that is there; returns the clients that belong to one of them.
    fn adopt(&mut self) -> Result<Vec<TimedElement>, NetlinkError> {
        let table = table_name(&self.config.instance);
        let known = nft::elements(&table, ENDPOINTS)?.into_iter().filter_map(|it| numbered_endpoint(&it.element));
        for (id, target) in known {
            self.ids.insert(target, id);
            self.next_id = self.next_id.max(id);
        }
        let ids: HashSet<u32> = self.ids.values().copied().collect();
        let mut clients = nft::elements(&table, AFFINITY)?;
        clients.retain(|it| remembered_id(&it.element).is_some_and(|id| ids.contains(&id)));
        Ok(clients)
    }

    /// Makes chains that get their first front; returns those that lost their last.
    fn count_chains(&mut self, elements: &Elements, transaction: &mut Transaction) -> Vec<ChainKind> {
        let mut touched: BTreeSet<ChainKind> = BTreeSet::new();
        let before: BTreeSet<ChainKind> = self.chains.keys().copied().collect();
        for chain in &elements.chains_joined {
            *self.chains.entry(*chain).or_default() += 1;
            touched.insert(*chain);
        }
        for chain in &elements.chains_left {
            if let Some(fronts) = self.chains.get_mut(chain) {
                *fronts = fronts.saturating_sub(1);
            }
            touched.insert(*chain);
        }
        self.chains.retain(|_, fronts| *fronts > 0);
        let is_used = |chain: &ChainKind| self.chains.contains_key(chain);
        for chain in touched.iter().filter(|chain| is_used(chain) && !before.contains(chain)) {
            write_chain(transaction, *chain);
        }
        touched.into_iter().filter(|chain| !is_used(chain) && before.contains(chain)).collect()
    }

    /// Whether the next call must be given every front.
    pub fn needs_everything(&self) -> bool {
        !self.is_set_up
    }

    fn write_fixed_rules(&self, transaction: &mut Transaction) {
        use Field::{Address, Number, Port, Protocol};
        transaction
            .add_set(SERVICES, &[Address, Protocol, Port], Values::Verdict)
            .add_set(NODE_PORTS, &[Protocol, Port], Values::Verdict)
            .add_set(ENDPOINTS, &[Address, Protocol, Port, Number], Values::Fields(&[Address, Port]))
            .add_set(IDS, &[Address, Protocol, Port, Number], Values::Fields(&[Number]))
            .add_dynamic_map(AFFINITY, &[Address, Address, Protocol, Port], &[Number])
            .add_set(HAIRPINS, &[Address, Address], Values::None)
            .add_set(REFUSED, &[Address, Protocol, Port], Values::None)
            .add_set(REFUSED_NODE_PORTS, &[Protocol, Port], Values::None);
        self.write_translation(transaction);
        self.write_refusal(transaction);
    }

    fn write_translation(&self, transaction: &mut Transaction) {
        let front = front_in(0);
        transaction.add_chain("dispatch");
        transaction.add_rule("dispatch", &[&front[..], &[E::VerdictMap(SERVICES, Register(0))]].concat());
        let is_local = [E::DestinationType(Register(0)), E::Equal(Register(0), 2_u32.to_ne_bytes().to_vec())];
        let node_port =
            [E::Protocol(Register(0)), E::DestinationPort(Register(1)), E::VerdictMap(NODE_PORTS, Register(0))];
        transaction.add_rule("dispatch", &[&not_loopback()[..], &is_local[..], &node_port[..]].concat());
        for (name, number) in [("prerouting", 0), ("output", 3)] {
            transaction.add_base_chain(name, Hook { kind: "nat", number, priority: -100 });
            transaction.add_rule(name, &[E::Verdict(Verdict::Jump("dispatch".into()))]);
        }
        transaction.add_base_chain("postrouting", Hook { kind: "nat", number: 4, priority: 100 });
        let marked = [
            E::Mark(Register(0)),
            E::Bitwise(Register(0), MASQUERADE_MARK, 0),
            E::Equal(Register(0), MASQUERADE_MARK.to_ne_bytes().to_vec()),
            E::Masquerade,
        ];
        transaction.add_rule("postrouting", &marked);
        let pair = [E::SourceAddress(Register(0)), E::DestinationAddress(Register(1))];
        transaction.add_rule("postrouting", &[&pair[..], &[E::InSet(HAIRPINS, Register(0)), E::Masquerade]].concat());
        let (pods, mask) = (self.config.pod_range, mask_of(self.config.pod_range));
        let network = pods.network.octets().to_vec();
        let leaves_pods = [
            E::SourceAddress(Register(0)),
            E::Bitwise(Register(0), mask, 0),
            E::Equal(Register(0), network.clone()),
            E::DestinationAddress(Register(0)),
            E::Bitwise(Register(0), mask, 0),
            E::NotEqual(Register(0), network),
            E::Masquerade,
        ];
        transaction.add_rule("postrouting", &leaves_pods);
    }

    /// What was not translated and is in the Service range has no endpoint, or no such Service.
    fn write_refusal(&self, transaction: &mut Transaction) {
        let range = self.config.service_range;
        let in_range = [
            E::DestinationAddress(Register(0)),
            E::Bitwise(Register(0), mask_of(range), 0),
            E::Equal(Register(0), range.network.octets().to_vec()),
            E::DestinationType(Register(0)),
            E::NotEqual(Register(0), 2_u32.to_ne_bytes().to_vec()),
            E::Reject,
        ];
        let refused = [&front_in(0)[..], &[E::InSet(REFUSED, Register(0)), E::Reject]].concat();
        for (name, number) in [("refuse-forwarded", 2), ("refuse-own", 3)] {
            transaction.add_base_chain(name, Hook { kind: "filter", number, priority: -10 });
            transaction.add_rule(name, &in_range);
            transaction.add_rule(name, &refused);
        }
        let node_port = [
            E::Protocol(Register(0)),
            E::DestinationPort(Register(1)),
            E::InSet(REFUSED_NODE_PORTS, Register(0)),
            E::Reject,
        ];
        transaction.add_base_chain("refuse-incoming", Hook { kind: "filter", number: 1, priority: -10 });
        transaction.add_rule("refuse-incoming", &[&not_loopback()[..], &node_port[..]].concat());
        transaction.add_rule("refuse-incoming", &refused);
    }

    fn change_front(
        &mut self,
        elements: &mut Elements,
        front: Front,
        before: Option<&Compiled>,
        after: Option<&Compiled>,
    ) {
        if self.config.local_addresses.contains(&front.address) || before == after {
            return;
        }
        let is_outside = !self.config.service_range.contains(front.address.into());
        elements.change(dispatch_of(front, before, is_outside), dispatch_of(front, after, is_outside));
        let (old, new) = (before.map_or(&[][..], |it| &it.slots), after.map_or(&[][..], |it| &it.slots));
        for slot in 0..old.len().max(new.len()) {
            let of = |targets: &[Target]| targets.get(slot).map(|target| endpoint_element(front, slot as u32, *target));
            elements.change(of(old), of(new));
        }
        self.change_ids(elements, front, before, after);
        for target in new {
            let count = self.hairpins.entry(target.address).or_default();
            *count += 1;
            if *count == 1 {
                elements.change(None, Some(hairpin_element(target.address)));
            }
        }
        for target in old {
            let Some(count) = self.hairpins.get_mut(&target.address) else { continue };
            *count -= 1;
            if *count == 0 {
                self.hairpins.remove(&target.address);
                elements.change(Some(hairpin_element(target.address)), None);
            }
        }
        elements.chains_left.extend(before.filter(|it| !it.slots.is_empty()).map(|it| it.chain));
        elements.chains_joined.extend(after.filter(|it| !it.slots.is_empty()).map(|it| it.chain));
    }

    /// Services with affinity also map slots to ids, and ids to endpoints.
    fn change_ids(
        &mut self,
        elements: &mut Elements,
        front: Front,
        before: Option<&Compiled>,
        after: Option<&Compiled>,
    ) {
        let mut numbered = |compiled: Option<&Compiled>| -> Vec<(Target, u32)> {
            let Some(compiled) = compiled.filter(|it| it.chain.affinity_seconds.is_some()) else { return vec![] };
            compiled.slots.iter().map(|target| (*target, self.id_of(*target))).collect()
        };
        let (old, new) = (numbered(before), numbered(after));
        for slot in 0..old.len().max(new.len()) {
            let of = |list: &[(Target, u32)]| list.get(slot).map(|(_, id)| id_element(front, slot as u32, *id));
            elements.change(of(&old), of(&new));
        }
        let element = |(target, id): &(Target, u32)| endpoint_element(front, *id, *target);
        old.iter().filter(|it| !new.contains(it)).for_each(|it| elements.change(Some(element(it)), None));
        new.iter().filter(|it| !old.contains(it)).for_each(|it| elements.change(None, Some(element(it))));
    }

    /// An endpoint's id: the same for as long as the table lives, never given to another.
    fn id_of(&mut self, target: Target) -> u32 {
        let next = &mut self.next_id;
        *self.ids.entry(target).or_insert_with(|| {
            *next = next.wrapping_add(1).max(ID_START);
            *next
        })
    }
}

/// Keys of the fronts whose clients keep to an endpoint.
fn fronts_with_affinity(fronts: &Fronts) -> impl Iterator<Item = Vec<u8>> {
    let with_affinity = fronts.iter().filter(|(_, compiled)| compiled.chain.affinity_seconds.is_some());
    with_affinity.map(|(front, _)| front_key(*front).done())
}

/// The front's part of a key in [`AFFINITY`], behind the client's address.
fn front_of_client(element: &Element) -> Option<&[u8]> {
    element.key.get(4..)
}

/// Id and endpoint of an element of [`ENDPOINTS`]; none for a slot, which is no id.
fn numbered_endpoint(element: &Element) -> Option<(u32, Target)> {
    let Value::Bytes(data) = &element.value else { return None };
    let id = u32::from_ne_bytes(element.key.get(12..16)?.try_into().ok()?);
    let address: [u8; 4] = data.get(..4)?.try_into().ok()?;
    let port = u16::from_be_bytes(data.get(4..6)?.try_into().ok()?);
    (id > ID_START).then_some((id, Target { address: Ipv4Addr::from(address), port }))
}

/// The endpoint's id that an element of [`AFFINITY`] holds.
fn remembered_id(element: &Element) -> Option<u32> {
    let Value::Bytes(data) = &element.value else { return None };
    Some(u32::from_ne_bytes(data.get(..4)?.try_into().ok()?))
}

/// An element in its set.
type Placed = (&'static str, Element);

/// Elements to remove and to add, by set.
#[derive(Default)]
struct Elements {
    removed: BTreeMap<&'static str, Vec<Element>>,
    added: BTreeMap<&'static str, Vec<Element>>,
    /// Chains of fronts that changed, once a front: before and after.
    chains_left: Vec<ChainKind>,
    chains_joined: Vec<ChainKind>,
}

impl Elements {
    fn change(&mut self, before: Option<Placed>, after: Option<Placed>) {
        if before == after {
            return;
        }
        if let Some((set, element)) = before {
            self.removed.entry(set).or_default().push(element);
        }
        if let Some((set, element)) = after {
            self.added.entry(set).or_default().push(element);
        }
    }

    fn write(&self, transaction: &mut Transaction) {
        for (set, elements) in &self.removed {
            transaction.delete_elements(set, elements);
        }
        for (set, elements) in &self.added {
            transaction.add_elements(set, elements);
        }
    }
}

fn dispatch_of(front: Front, compiled: Option<&Compiled>, is_outside: bool) -> Option<Placed> {
    let compiled = compiled?;
    let is_node_port = front.address == NODE;
    let key = match is_node_port {
        true => Bytes::new().protocol(front.protocol).port(front.port).done(),
        false => front_key(front).done(),
    };
    let is_refused = compiled.slots.is_empty();
    let set = match (is_refused, is_node_port) {
        (false, true) => NODE_PORTS,
        (false, false) => SERVICES,
        (true, true) => REFUSED_NODE_PORTS,
        (true, false) if is_outside => REFUSED,
        (true, false) => return None,
    };
    let value = if is_refused { Value::None } else { Value::Verdict(Verdict::Goto(compiled.chain.name())) };
    Some((set, Element { key, value }))
}

fn endpoint_element(front: Front, slot: u32, target: Target) -> Placed {
    let value = Value::Bytes(Bytes::new().address(target.address).port(target.port).done());
    (ENDPOINTS, Element { key: front_key(front).number(slot).done(), value })
}

fn id_element(front: Front, slot: u32, id: u32) -> Placed {
    let value = Value::Bytes(Bytes::new().number(id).done());
    (IDS, Element { key: front_key(front).number(slot).done(), value })
}

fn hairpin_element(address: Ipv4Addr) -> Placed {
    (HAIRPINS, Element { key: Bytes::new().address(address).address(address).done(), value: Value::None })
}

fn front_key(front: Front) -> Bytes {
    Bytes::new().address(front.address).protocol(front.protocol).port(front.port)
}

/// Loads destination address, protocol and port into registers from `first` on.
fn front_in(first: u32) -> [E; 3] {
    [E::DestinationAddress(Register(first)), E::Protocol(Register(first + 1)), E::DestinationPort(Register(first + 2))]
}

/// Node ports are not served on 127.0.0.0/8, as in upstream's nftables mode: what listens there is somebody else's.
fn not_loopback() -> [E; 3] {
    [
        E::DestinationAddress(Register(0)),
        E::Bitwise(Register(0), u32::from_ne_bytes([255, 0, 0, 0]), 0),
        E::NotEqual(Register(0), vec![127, 0, 0, 0]),
    ]
}

/// A chain's rules. Registers: 0–3 the endpoint key, 4–7 the affinity key, 8–9 the endpoint, 10 an id.
fn write_chain(transaction: &mut Transaction, kind: ChainKind) {
    let name = kind.name();
    transaction.add_chain(&name);
    if kind.masquerades {
        let mark =
            [E::Mark(Register(0)), E::Bitwise(Register(0), !MASQUERADE_MARK, MASQUERADE_MARK), E::SetMark(Register(0))];
        transaction.add_rule(&name, &mark);
    }
    let mut front = front_in(0).to_vec();
    if kind.is_node_port {
        front[0] = E::Load(Register(0), NODE.octets());
    }
    let endpoint = [E::Map(ENDPOINTS, Register(0), Register(8)), E::TranslateDestination(Register(8), Register(9))];
    let slot = E::Random(Register(3), kind.endpoints);
    let Some(seconds) = kind.affinity_seconds else {
        transaction.add_rule(&name, &[&front[..], &[slot], &endpoint[..]].concat());
        return;
    };
    let mut client = vec![E::SourceAddress(Register(4))];
    client.extend([E::DestinationAddress(Register(5)), E::Protocol(Register(6)), E::DestinationPort(Register(7))]);
    if kind.is_node_port {
        client[1] = E::Load(Register(5), NODE.octets());
    }
    // A known client whose endpoint is still there: renew, and go there.
    let known = [
        E::Map(AFFINITY, Register(4), Register(3)),
        E::Map(ENDPOINTS, Register(0), Register(8)),
        E::Renew { set: AFFINITY, key: Register(4), data: Register(3), seconds },
        E::TranslateDestination(Register(8), Register(9)),
    ];
    transaction.add_rule(&name, &[&front[..], &client[..], &known[..]].concat());
    // A new choice. A renewal would keep the old id, so the old entry goes first.
    let forget = [E::Load(Register(3), [0; 4]), E::Forget { set: AFFINITY, key: Register(4), data: Register(3) }];
    transaction.add_rule(&name, &[&client[..], &forget[..]].concat());
    let chosen = [
        slot,
        E::Map(IDS, Register(0), Register(3)),
        E::Remember { set: AFFINITY, key: Register(4), data: Register(3), seconds },
    ];
    transaction.add_rule(&name, &[&front[..], &client[..], &chosen[..], &endpoint[..]].concat());
}

/// The range's mask as the kernel's bitwise expression reads it (four bytes in network order).
fn mask_of(range: Ipv4Cidr) -> u32 {
    let mask = u32::MAX.checked_shl(32 - u32::from(range.prefix)).unwrap_or(0);
    u32::from_ne_bytes(mask.to_be_bytes())
}
