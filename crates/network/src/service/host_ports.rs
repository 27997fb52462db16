//! hostPorts: a table of its own that outlives restarts of the daemon, since Pods do.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use container_interfaces::cni::PortMapping;

use super::conntrack::{Forgotten, forget_udp};
use crate::cni::{Bridge, PortMapper};
use crate::netlink::NetlinkError;
use crate::nft::{Bytes, Element, Expression as E, Field, Hook, Register, Transaction, Value, Values, Verdict};

/// Protocol, port → sandbox, at every address of the node.
const ANY_ADDRESS: &str = "any-address";
/// Address, protocol, port → sandbox.
const ONE_ADDRESS: &str = "one-address";
/// Sandboxes that reach themselves: (address, address).
const HAIRPINS: &str = "hairpins";

/// Index of `lo` in every network namespace.
const LOOPBACK_LINK: u32 = 1;

/// Name of an instance's table.
pub fn table_name(instance: &str) -> String {
    format!("{instance}-hostports")
}

/// Programs hostPorts, remembering each sandbox's in a file.
pub struct HostPorts {
    instance: String,
    directory: PathBuf,
}

impl HostPorts {
    /// Keeps what was mapped below `directory`.
    pub fn new(instance: &str, directory: &Path) -> Self {
        HostPorts { instance: instance.to_owned(), directory: directory.to_owned() }
    }

    /// Makes the table if it is not there, and maps again what files say (after a reboot the kernel forgot).
    pub fn restore(&self) -> Result<(), String> {
        let mut transaction = Transaction::new(&table_name(&self.instance));
        transaction.add_table().delete_table().add_table();
        write_fixed_rules(&mut transaction);
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let Some((address, mappings)) = parse(&text) else { continue };
            add(&mut transaction, address, &mappings);
        }
        transaction.commit().map_err(|error| error.to_string())
    }

    /// Lets connections to 127.0.0.1 leave over the bridge; the guard rule keeps everybody else out of 127.0.0.0/8.
    fn allow_loopback(&self) -> std::io::Result<()> {
        let bridge = Bridge::bridge_name(&self.instance);
        match std::fs::write(format!("/proc/sys/net/ipv4/conf/{bridge}/route_localnet"), "1") {
            // Sandboxes of another network: theirs to care for.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    fn path(&self, container_id: &str) -> PathBuf {
        self.directory.join(container_id.replace('/', "_"))
    }
}

impl PortMapper for HostPorts {
    fn map(&self, container_id: &str, address: Ipv4Addr, mappings: &[PortMapping]) -> Result<(), String> {
        self.unmap(container_id)?;
        let text = format!("{address}\n{}\n", serde_json::to_string(mappings).map_err(|error| error.to_string())?);
        std::fs::create_dir_all(&self.directory).map_err(|error| error.to_string())?;
        std::fs::write(self.path(container_id), text).map_err(|error| error.to_string())?;
        let mut transaction = Transaction::new(&table_name(&self.instance));
        add(&mut transaction, address, mappings);
        let missing = |error: &NetlinkError| error.is(rustix::io::Errno::NOENT);
        match transaction.commit() {
            // The plugin's own process may be the first to come.
            Err(error) if missing(&error) => self.restore()?,
            outcome => outcome.map_err(|error| error.to_string())?,
        }
        self.allow_loopback().map_err(|error| format!("route 127.0.0.1: {error}"))?;
        let udp = mappings.iter().filter(|it| it.protocol.eq_ignore_ascii_case("udp")).map(|it| it.host_port);
        // Flows that began before the port was mapped would go on missing it.
        forget_udp(&Forgotten { ports: udp.collect(), ..Forgotten::default() }).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn unmap(&self, container_id: &str) -> Result<(), String> {
        let path = self.path(container_id);
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(()) };
        if let Some((address, mappings)) = parse(&text) {
            let mut transaction = Transaction::new(&table_name(&self.instance));
            elements(address, &mappings).iter().for_each(|(set, element)| {
                transaction.delete_elements(set, std::slice::from_ref(element));
            });
            match transaction.commit() {
                Err(error) if !error.is(rustix::io::Errno::NOENT) => return Err(error.to_string()),
                _ => {}
            }
            if mappings.iter().any(|it| it.protocol.eq_ignore_ascii_case("udp")) {
                let forgotten = Forgotten { endpoints: [address].into(), ..Forgotten::default() };
                forget_udp(&forgotten).map_err(|error| error.to_string())?;
            }
        }
        std::fs::remove_file(&path).map_err(|error| error.to_string())
    }
}

fn parse(text: &str) -> Option<(Ipv4Addr, Vec<PortMapping>)> {
    let (address, mappings) = text.split_once('\n')?;
    Some((address.parse().ok()?, serde_json::from_str(mappings.trim()).ok()?))
}

fn add(transaction: &mut Transaction, address: Ipv4Addr, mappings: &[PortMapping]) {
    for (set, element) in elements(address, mappings) {
        transaction.add_elements(set, &[element]);
    }
}

fn elements(address: Ipv4Addr, mappings: &[PortMapping]) -> Vec<(&'static str, Element)> {
    let mut found = Vec::new();
    for mapping in mappings.iter().filter(|mapping| mapping.host_port > 0) {
        let protocol = match mapping.protocol.to_ascii_lowercase().as_str() {
            "udp" => 17,
            "sctp" => 132,
            _ => 6,
        };
        let value = Value::Bytes(Bytes::new().address(address).port(mapping.container_port).done());
        let host_ip = mapping.host_ip.parse().ok().filter(|address: &Ipv4Addr| !address.is_unspecified());
        let (set, key) = match host_ip {
            Some(host) => (ONE_ADDRESS, Bytes::new().address(host)),
            None => (ANY_ADDRESS, Bytes::new()),
        };
        found.push((set, Element { key: key.protocol(protocol).port(mapping.host_port).done(), value }));
    }
    if !found.is_empty() {
        let key = Bytes::new().address(address).address(address).done();
        found.push((HAIRPINS, Element { key, value: Value::None }));
    }
    found
}

fn write_fixed_rules(transaction: &mut Transaction) {
    use Field::{Address, Port, Protocol};
    let target = Values::Fields(&[Address, Port]);
    transaction
        .add_set(ANY_ADDRESS, &[Protocol, Port], target)
        .add_set(ONE_ADDRESS, &[Address, Protocol, Port], target)
        .add_set(HAIRPINS, &[Address, Address], Values::None)
        .add_chain("dispatch");
    let one = [
        E::DestinationAddress(Register(0)),
        E::Protocol(Register(1)),
        E::DestinationPort(Register(2)),
        E::Map(ONE_ADDRESS, Register(0), Register(8)),
        E::TranslateDestination(Register(8), Register(9)),
    ];
    transaction.add_rule("dispatch", &one);
    let any = [
        E::DestinationType(Register(0)),
        E::Equal(Register(0), 2_u32.to_ne_bytes().to_vec()),
        E::Protocol(Register(0)),
        E::DestinationPort(Register(1)),
        E::Map(ANY_ADDRESS, Register(0), Register(8)),
        E::TranslateDestination(Register(8), Register(9)),
    ];
    transaction.add_rule("dispatch", &any);
    for (name, number) in [("prerouting", 0), ("output", 3)] {
        transaction.add_base_chain(name, Hook { kind: "nat", number, priority: -101 });
        transaction.add_rule(name, &[E::Verdict(Verdict::Jump("dispatch".into()))]);
    }
    transaction.add_base_chain("postrouting", Hook { kind: "nat", number: 4, priority: 99 });
    let hairpin = [
        E::SourceAddress(Register(0)),
        E::DestinationAddress(Register(1)),
        E::InSet(HAIRPINS, Register(0)),
        E::Masquerade,
    ];
    transaction.add_rule("postrouting", &hairpin);
    // Whoever is not this node has no business with 127.0.0.0/8, also where `route_localnet` lets it in.
    transaction.add_base_chain("guard", Hook { kind: "filter", number: 0, priority: -300 });
    let from_elsewhere = [
        E::DestinationAddress(Register(0)),
        E::Bitwise(Register(0), u32::from_ne_bytes([255, 0, 0, 0]), 0),
        E::Equal(Register(0), vec![127, 0, 0, 0]),
        E::IncomingLink(Register(0)),
        E::NotEqual(Register(0), LOOPBACK_LINK.to_ne_bytes().to_vec()),
        E::Verdict(Verdict::Drop),
    ];
    transaction.add_rule("guard", &from_elsewhere);
    // From the node itself over 127.0.0.1: the answer must find its way back.
    let from_loopback = [
        E::SourceAddress(Register(0)),
        E::Bitwise(Register(0), u32::from_ne_bytes([255, 0, 0, 0]), 0),
        E::Equal(Register(0), vec![127, 0, 0, 0]),
        E::DestinationType(Register(0)),
        E::NotEqual(Register(0), 2_u32.to_ne_bytes().to_vec()),
        E::Masquerade,
    ];
    transaction.add_rule("postrouting", &from_loopback);
}
