//! Subsets of Endpoints in one form: each port in one subset, with all addresses that have it.

use std::collections::BTreeMap;

use apimachinery::json;
use apimachinery::value::Value;

/// Ports that have the same addresses.
#[derive(Debug, Default, PartialEq)]
pub struct Subset {
    /// Ports.
    pub ports: Vec<Value>,
    /// Addresses and whether they are ready, ready ones first.
    pub addresses: Vec<(Value, bool)>,
}

/// What makes an address the same one: its IP and the UID of what it points to.
type AddressKey = (String, String);

/// A port and the addresses that have it, with whether each is ready.
type PortAddresses<'a> = (Option<&'a Value>, BTreeMap<AddressKey, bool>);

/// Brings subsets into that form. An address that is not ready anywhere for a port is not ready for it.
pub fn repacked(subsets: &[Value]) -> Vec<Subset> {
    let mut addresses: BTreeMap<AddressKey, &Value> = BTreeMap::new();
    // Ports by their text; subsets without ports have an empty one.
    let mut ports: BTreeMap<Vec<u8>, PortAddresses<'_>> = BTreeMap::new();
    for subset in subsets {
        let lists = [("addresses", true), ("notReadyAddresses", false)];
        let listed = lists
            .into_iter()
            .flat_map(|(list, is_ready)| subset.items_at(&[list]).iter().map(move |address| (address, is_ready)));
        let listed: Vec<(&Value, bool)> = listed.collect();
        let own: Vec<Option<&Value>> = match subset.items_at(&["ports"]) {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
        for port in own {
            let (_, having) =
                ports.entry(port.map(json::to_vec).unwrap_or_default()).or_insert((port, BTreeMap::new()));
            for &(address, is_ready) in &listed {
                let key = key(address);
                addresses.entry(key.clone()).or_insert(address);
                having.entry(key).and_modify(|known| *known &= is_ready).or_insert(is_ready);
            }
        }
    }
    let mut groups: BTreeMap<Vec<(AddressKey, bool)>, Vec<Value>> = BTreeMap::new();
    for (port, having) in ports.into_values() {
        groups.entry(having.into_iter().collect()).or_default().extend(port.cloned());
    }
    let subset = |(having, ports): (Vec<(AddressKey, bool)>, Vec<Value>)| {
        let mut found: Vec<(Value, bool)> =
            having.into_iter().map(|(key, is_ready)| (addresses[&key].clone(), is_ready)).collect();
        found.sort_by_key(|(_, is_ready)| !is_ready);
        Subset { ports, addresses: found }
    };
    groups.into_iter().map(subset).collect()
}

fn key(address: &Value) -> AddressKey {
    (address.str_at(&["ip"]).to_owned(), address.str_at(&["targetRef", "uid"]).to_owned())
}
