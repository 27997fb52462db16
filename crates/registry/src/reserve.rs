//! What writes of Services reserve elsewhere: cluster addresses, which are IPAddress objects, and node ports, which are
//! kept in memory and read anew from the Services at start.
//!
//! One revision is one key, so a reservation comes before the write that needs it and is given back when that fails.
//! A server that dies in between leaves addresses without a Service: [`ServiceAddresses::repair`] removes them.

mod node_ports;

use std::net::IpAddr;
use std::sync::Arc;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::selector::{FieldSelector, LabelSelector};
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use datastore::{Precondition, Revision, Write, WriteKind};

use crate::config::{Cidr, Config};
use crate::kinds::service;
use crate::request::{Body, BodyFormat, DeleteOptions, RequestInfo, UserInfo};
use crate::resource::Resource;
use crate::watch_cache::Filter;
use crate::{environment, rules};
use node_ports::NodePorts;

/// Addresses of a range that are looked at before it is called full (larger ranges are IPv6).
const ADDRESS_PROBES_MAX: u128 = 1 << 17;

/// Value of the label that marks addresses which this allocator made.
const MANAGER: &str = "ipallocator.k8s.io";
const MANAGED_BY: &str = "ipaddress.kubernetes.io/managed-by";
const IP_FAMILY: &str = "ipaddress.kubernetes.io/ip-family";

const ALREADY_ALLOCATED: &str = "provided IP is already allocated";
const MISMATCHED: &str = "the provided network does not match the current range";
const FULL: &str = "range is full";

/// Addresses and ports of Services.
pub(crate) struct ServiceAddresses {
    /// IPAddress
    addresses: Arc<Resource>,
    /// ServiceCIDR
    ranges: Arc<Resource>,
    /// Endpoints, which go with their Service.
    endpoints: Arc<Resource>,
    ports: NodePorts,
    config: Arc<Config>,
}

/// What one write reserved, and what its object no longer needs.
#[derive(Default)]
pub(crate) struct Reserved {
    new_addresses: Vec<String>,
    old_addresses: Vec<String>,
    new_ports: Vec<u16>,
    old_ports: Vec<u16>,
}

/// Why there is no address.
enum AddressError {
    /// This one cannot be had.
    Refused(&'static str),
    /// None is left.
    Full,
    /// The write of the IPAddress failed.
    Write(Status),
}

impl ServiceAddresses {
    /// Over the resources of IPAddress, ServiceCIDR and Endpoints.
    pub fn new(addresses: Arc<Resource>, ranges: Arc<Resource>, endpoints: Arc<Resource>, config: Arc<Config>) -> Self {
        let ports = NodePorts::new(config.node_ports);
        ServiceAddresses { addresses, ranges, endpoints, ports, config }
    }

    /// Fills the addresses and node ports that `object` needs; `old` is null at creation. A dry run takes nothing.
    pub async fn reserve(&self, object: &mut Value, old: &Value, is_dry_run: bool) -> Result<Reserved, Status> {
        let mut reserved = Reserved::default();
        let mut filled = self.reserve_addresses(object, old, is_dry_run, &mut reserved).await;
        if filled.is_ok() {
            filled = self.ports.reserve(object, old, &mut reserved.new_ports, &mut reserved.old_ports);
        }
        match filled {
            Ok(()) => Ok(reserved),
            Err(status) => {
                self.settle(reserved, false).await;
                Err(status)
            }
        }
    }

    /// Ends a reservation: gives back what was taken when the write failed, what is no longer needed when it did not.
    pub async fn settle(&self, reserved: Reserved, is_committed: bool) {
        let (addresses, ports) = match is_committed {
            true => (reserved.old_addresses, reserved.old_ports),
            false => (reserved.new_addresses, reserved.new_ports),
        };
        self.ports.free(&ports);
        for address in addresses {
            self.remove_address(&address).await;
        }
    }

    /// Gives back what a deleted Service had, and removes its Endpoints.
    pub async fn release(&self, object: &Value) {
        self.ports.free(&node_ports::of(object));
        for address in allocated(object) {
            self.remove_address(&address).await;
        }
        let info = internal_request(&self.endpoints, "delete", object.namespace(), object.name());
        let removed = Box::pin(self.endpoints.delete(&info, &DeleteOptions::default())).await;
        log_unless_gone(removed.map(drop), "endpoints");
    }

    /// Takes the node ports of Services that are there, and removes addresses whose Service does not have them.
    ///
    /// For the start only, when no write is under way. It goes to the store itself, since admission may not be there yet.
    pub async fn repair(&self, services: &Resource) {
        let services: Vec<Value> = cached_objects(services);
        services.iter().for_each(|service| self.ports.take(&node_ports::of(service)));
        for address in cached_objects(&self.addresses) {
            if address.label(MANAGED_BY) != Some(MANAGER) {
                continue;
            }
            let parent = address.at(&["spec", "parentRef"]);
            let is_parent =
                |it: &&Value| it.name() == parent.str_at(&["name"]) && it.namespace() == parent.str_at(&["namespace"]);
            let is_used = services.iter().find(is_parent).is_some_and(|it| has_address(it, address.name()));
            if !is_used {
                tracing::warn!(address = address.name(), "no Service has this address, removing it");
                self.erase_address(address.name()).await;
            }
        }
    }

    async fn erase_address(&self, name: &str) {
        let store = self.addresses.store();
        let Some(key) = store.key("", name) else { return };
        let Some(object) = store.cache.get(&key) else { return };
        let precondition = Precondition::At(Revision(object.revision));
        let write = Write { key, kind: WriteKind::Delete, precondition };
        if let Err(error) = store.storage.commit(write).await {
            tracing::warn!(%error, address = name, "cannot remove it, the next start will");
        }
    }

    async fn reserve_addresses(
        &self,
        object: &mut Value,
        old: &Value,
        is_dry_run: bool,
        reserved: &mut Reserved,
    ) -> Result<(), Status> {
        let before = allocated(old);
        if !service::needs_cluster_ip(object) || service::is_headless(object) {
            reserved.old_addresses = before;
            return Ok(());
        }
        let wanted: Vec<String> = service::cluster_ips(object).into_iter().map(str::to_owned).collect();
        let families: Vec<String> = service::ip_families(object).into_iter().map(str::to_owned).collect();
        let mut addresses = Vec::with_capacity(families.len());
        for (at, family) in families.iter().enumerate() {
            let address = match wanted.get(at).map(String::as_str) {
                Some(kept) if before.iter().any(|it| it == kept) => kept.to_owned(),
                wanted => {
                    let found = self.take_address(object, family, wanted, is_dry_run, reserved).await;
                    found.map_err(|error| refusal(object, wanted, error))?
                }
            };
            addresses.push(address);
        }
        reserved.old_addresses = before.into_iter().filter(|it| !addresses.contains(it)).collect();
        if let Some(first) = addresses.first() {
            object.set(&["spec", "clusterIP"], first.as_str());
        }
        let addresses: Vec<Value> = addresses.into_iter().map(Value::from).collect();
        object.set(&["spec", "clusterIPs"], addresses);
        Ok(())
    }

    /// One address: this one, or any of the family.
    async fn take_address(
        &self,
        object: &Value,
        family: &str,
        wanted: Option<&str>,
        is_dry_run: bool,
        reserved: &mut Reserved,
    ) -> Result<String, AddressError> {
        let ranges = self.ranges_of(family);
        if let Some(wanted) = wanted {
            let address = names::parse_ip_sloppy(wanted).ok_or(AddressError::Refused(MISMATCHED))?;
            if !ranges.iter().any(|range| is_usable(range, address)) {
                return Err(AddressError::Refused(MISMATCHED));
            }
            return match is_dry_run || self.create_address(object, family, wanted, reserved).await? {
                true => Ok(wanted.to_owned()),
                false => Err(AddressError::Refused(ALREADY_ALLOCATED)),
            };
        }
        for range in &ranges {
            for address in candidates(range, environment::random_below(u128::from(u64::MAX))) {
                let name = address.to_string();
                if self.addresses.get_cached("", &name).is_some() {
                    continue;
                }
                if is_dry_run || self.create_address(object, family, &name, reserved).await? {
                    return Ok(name);
                }
            }
        }
        Err(AddressError::Full)
    }

    /// Whether the address was free and is ours now.
    async fn create_address(
        &self,
        owner: &Value,
        family: &str,
        name: &str,
        reserved: &mut Reserved,
    ) -> Result<bool, AddressError> {
        let address = tree!({
            "kind": "IPAddress",
            "apiVersion": "networking.k8s.io/v1",
            "metadata": {"name": name, "labels": {
                "ipaddress.kubernetes.io/ip-family": family,
                "ipaddress.kubernetes.io/managed-by": MANAGER
            }},
            "spec": {"parentRef": {
                "group": "",
                "resource": "services",
                "namespace": (owner.namespace()),
                "name": (owner.name())
            }}
        });
        debug_assert!(address.label(IP_FAMILY).is_some() && address.label(MANAGED_BY).is_some());
        let info = internal_request(&self.addresses, "create", "", "");
        let body = Body { format: BodyFormat::Json, bytes: json::to_vec(&address).into() };
        // Writing a Service writes an IPAddress by the same pipeline: the future must not contain itself.
        match Box::pin(self.addresses.create(&info, &body)).await {
            Ok(_) => {
                reserved.new_addresses.push(name.to_owned());
                Ok(true)
            }
            Err(status) if status.is_already_exists() => Ok(false),
            Err(status) => Err(AddressError::Write(status)),
        }
    }

    async fn remove_address(&self, name: &str) {
        let info = internal_request(&self.addresses, "delete", "", name);
        let removed = Box::pin(self.addresses.delete(&info, &DeleteOptions::default())).await;
        log_unless_gone(removed.map(drop), "IP address");
    }

    /// Ranges of one family: the configured ones, and those of ServiceCIDR objects.
    fn ranges_of(&self, family: &str) -> Vec<Cidr> {
        let mut ranges = self.config.service_cidrs.clone();
        for object in cached_objects(&self.ranges) {
            if object.deletion_timestamp().is_some() {
                continue;
            }
            let cidrs = object.items_at(&["spec", "cidrs"]).iter().filter_map(Value::as_str);
            for cidr in cidrs.filter_map(Cidr::parse) {
                if !ranges.contains(&cidr) {
                    ranges.push(cidr);
                }
            }
        }
        ranges.retain(|range| range.is_ipv6() == (family == "IPv6"));
        ranges
    }
}

/// Addresses that a Service has taken.
fn allocated(service: &Value) -> Vec<String> {
    if service.is_null() || !service::needs_cluster_ip(service) || service::is_headless(service) {
        return Vec::new();
    }
    service::cluster_ips(service).into_iter().map(str::to_owned).collect()
}

fn has_address(service: &Value, address: &str) -> bool {
    let wanted = names::parse_ip_sloppy(address);
    allocated(service).iter().any(|it| names::parse_ip_sloppy(it) == wanted)
}

/// Whether an address of a range can be given to a Service: neither the network's own nor the broadcast address.
fn is_usable(range: &Cidr, address: IpAddr) -> bool {
    let is_broadcast = !range.is_ipv6() && range.nth(range.host_mask()) == Some(address);
    range.contains(address) && address != range.address && !is_broadcast
}

/// Addresses in the order in which they are tried: from a random one on in the upper part, then in the lower one,
/// which is left to those who choose their addresses themselves.
fn candidates(range: &Cidr, random: u128) -> impl Iterator<Item = IpAddr> + '_ {
    let last = if range.is_ipv6() { range.host_mask() } else { range.host_mask().saturating_sub(1) };
    let size = range.host_mask().saturating_add(1);
    let reserved = if size <= 16 { 0 } else { (size / 16).clamp(16, 256) };
    let upper = rotated(reserved + 1, last, random);
    let lower = rotated(1, reserved, random);
    upper.chain(lower).filter_map(|offset| range.nth(offset))
}

/// `first..=last`, begun at a random place; not more than can be looked at.
fn rotated(first: u128, last: u128, random: u128) -> impl Iterator<Item = u128> {
    let size = if last < first { 0 } else { last - first + 1 };
    let start = if size == 0 { 0 } else { random % size };
    (0..size.min(ADDRESS_PROBES_MAX)).map(move |step| first + (start + step) % size)
}

fn refusal(object: &Value, wanted: Option<&str>, error: AddressError) -> Status {
    let cause = match error {
        AddressError::Full => {
            let name = apimachinery::field_error::quoted(object.name());
            return Status::internal(format!("failed to allocate a serviceIP for Service {name}: {FULL}"));
        }
        AddressError::Refused(cause) => cause.to_owned(),
        AddressError::Write(status) => status.message,
    };
    let detail = match wanted {
        Some(wanted) => format!("failed to allocate IP {wanted}: {cause}"),
        None => format!("failed to allocate IP: {cause}"),
    };
    let value = rules::printed_strings(service::cluster_ips(object).into_iter());
    let error = FieldError::invalid(&FieldPath::new("spec.clusterIPs"), value, detail);
    let kind = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "Service".into() };
    Status::invalid(&kind, object.name(), &[error])
}

/// All objects of a resource, as the cache has them.
fn cached_objects(resource: &Resource) -> Vec<Value> {
    let cache = &resource.store().cache;
    let (labels, fields) = (LabelSelector::default(), FieldSelector::default());
    let Ok(all) = Filter::new(cache.kind(), false, "", &labels, &fields) else { return Vec::new() };
    let found = cache.list(&all, 0);
    found.items.iter().filter_map(|it| json::parse(&it.object.bytes).ok()).collect()
}

/// A request of the server itself.
fn internal_request(resource: &Resource, verb: &'static str, namespace: &str, name: &str) -> RequestInfo {
    let kind = resource.resource_type();
    let groups = vec!["system:masters".to_owned(), "system:authenticated".to_owned()];
    RequestInfo {
        user: Arc::new(UserInfo { name: "system:apiserver".to_owned(), groups, ..UserInfo::default() }),
        verb,
        group: kind.group.to_owned(),
        version: kind.version.to_owned(),
        resource: kind.plural.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        field_manager: "kube-apiserver".to_owned(),
        ..RequestInfo::default()
    }
}

fn log_unless_gone(result: Result<(), Status>, what: &str) {
    if let Err(status) = result
        && !status.is_not_found()
    {
        tracing::warn!(%status, what, "cannot be given back, the next start will do it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usable_address_is_tried_once_and_the_lower_ones_last() {
        let range = Cidr::parse("10.0.0.0/26").expect("a range");
        let all: Vec<String> = candidates(&range, 61).map(|it| it.to_string()).collect();
        assert_eq!(all.len(), 62);
        assert_eq!((all[0].as_str(), all[1].as_str()), ("10.0.0.32", "10.0.0.33"));
        assert!(
            all[46..]
                .iter()
                .all(|it| it.rsplit('.').next().is_some_and(|it| it.parse::<u8>().is_ok_and(|it| it <= 16)))
        );
        assert!(!all.contains(&"10.0.0.0".to_owned()) && !all.contains(&"10.0.0.63".to_owned()));
    }
}
