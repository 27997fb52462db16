//! Names → records of the cluster domain and its reverse zones. Pure over [`Cluster`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::cluster::{Cluster, EndpointDigest, PortDigest, host_label};

/// Version of the DNS specification that `dns-version.DOMAIN` answers with.
const SPECIFICATION: &str = "1.1.0";

/// A record's data; owner names are absolute, without the final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// CNAME.
    Alias(String),
    /// PTR.
    Pointer(String),
    /// SRV: weight, port and target.
    Server { weight: u16, port: u16, target: String },
    /// TXT.
    Text(&'static str),
}

/// What a name has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not this server's business: forward it.
    Elsewhere,
    /// No such name.
    Nothing,
    /// The name exists, with these records (of any type, maybe none).
    Records(Vec<Data>),
}

/// Looks up `name` (lower case, absolute, no final dot) in `domain`.
pub fn look_up(cluster: &Cluster, domain: &str, name: &str) -> Found {
    if let Some(address) = reverse_address(name) {
        return pointers(cluster, domain, address);
    }
    let Some(rest) = name.strip_suffix(domain) else { return Found::Elsewhere };
    let rest = match rest.strip_suffix('.') {
        Some(rest) => rest,
        None if rest.is_empty() => return Found::Records(vec![]),
        None => return Found::Elsewhere,
    };
    let labels: Vec<&str> = rest.rsplit('.').collect();
    let found = match labels[..] {
        ["dns-version"] => Some(vec![Data::Text(SPECIFICATION)]),
        ["svc"] | ["pod"] => Some(vec![]),
        ["svc" | "pod", namespace] => cluster.has_namespace(namespace).then(Vec::new),
        ["pod", namespace, host] => pod(cluster, namespace, host),
        ["svc", namespace, service] => service_records(cluster, domain, namespace, service),
        ["svc", namespace, service, protocol] if protocol.starts_with('_') => {
            cluster.service(namespace, service).map(|_| vec![])
        }
        ["svc", namespace, service, host] => host_records(cluster, namespace, service, host),
        ["svc", namespace, service, protocol, port] => {
            let port = (port.strip_prefix('_'), protocol.strip_prefix('_'));
            let (Some(port), Some(protocol)) = port else { return Found::Nothing };
            server_records(cluster, domain, namespace, service, |it| it.name == port && it.protocol == protocol)
                .filter(|records| !records.is_empty())
        }
        _ => None,
    };
    found.map_or(Found::Nothing, Found::Records)
}

/// `10-244-0-5.NAMESPACE.pod` is that address, whether or not such a Pod exists.
fn pod(cluster: &Cluster, namespace: &str, host: &str) -> Option<Vec<Data>> {
    let address = host.replace('-', ".").parse().map(IpAddr::V4);
    let address = address.or_else(|_| host.replace('-', ":").parse().map(IpAddr::V6)).ok()?;
    cluster.has_namespace(namespace).then(|| vec![Data::Address(address)])
}

fn service_records(cluster: &Cluster, domain: &str, namespace: &str, name: &str) -> Option<Vec<Data>> {
    let service = cluster.service(namespace, name)?;
    if let Some(target) = &service.digest.external_name {
        return Some(vec![Data::Alias(target.trim_end_matches('.').to_ascii_lowercase())]);
    }
    let mut records: Vec<Data> = service.digest.addresses.iter().copied().map(Data::Address).collect();
    if records.is_empty() {
        let all = endpoints(cluster, namespace, name);
        records = all.iter().flat_map(|endpoint| endpoint.addresses.iter().copied().map(Data::Address)).collect();
        records.sort_by_key(|record| format!("{record:?}"));
        records.dedup();
        if records.is_empty() {
            // A headless Service without ready endpoints does not exist in DNS.
            return None;
        }
    }
    records.extend(server_records(cluster, domain, namespace, name, |_| true).unwrap_or_default());
    Some(records)
}

fn host_records(cluster: &Cluster, namespace: &str, service: &str, host: &str) -> Option<Vec<Data>> {
    cluster.service(namespace, service)?;
    let mut records = Vec::new();
    for endpoint in endpoints(cluster, namespace, service) {
        let matching = endpoint.addresses.iter().filter(|address| host_label(&endpoint, **address) == host);
        records.extend(matching.copied().map(Data::Address));
    }
    (!records.is_empty()).then_some(records)
}

fn server_records(
    cluster: &Cluster,
    domain: &str,
    namespace: &str,
    name: &str,
    wanted: impl Fn(&PortDigest) -> bool,
) -> Option<Vec<Data>> {
    let service = cluster.service(namespace, name)?;
    let own = format!("{name}.{namespace}.svc.{domain}");
    if !service.digest.addresses.is_empty() {
        let ports = service.digest.ports.iter().filter(|port| wanted(port));
        let record = |port: &PortDigest| Data::Server { weight: 100, port: port.number, target: own.clone() };
        return Some(ports.map(record).collect());
    }
    let mut targets = Vec::new();
    for slice in cluster.slices(namespace, name) {
        for port in slice.digest.ports.iter().filter(|port| wanted(port)) {
            for endpoint in &slice.digest.endpoints {
                let hosts = endpoint.addresses.iter().map(|address| host_label(endpoint, *address));
                targets.extend(hosts.map(|host| (format!("{host}.{own}"), port.number)));
            }
        }
    }
    targets.sort();
    targets.dedup();
    let weight = (100 / u16::try_from(targets.len().max(1)).unwrap_or(100)).max(1);
    Some(targets.into_iter().map(|(target, port)| Data::Server { weight, port, target }).collect())
}

fn endpoints(cluster: &Cluster, namespace: &str, service: &str) -> Vec<EndpointDigest> {
    let slices = cluster.slices(namespace, service);
    slices.iter().flat_map(|slice| slice.digest.endpoints.iter().cloned()).collect()
}

fn pointers(cluster: &Cluster, domain: &str, address: IpAddr) -> Found {
    if let Some(key) = cluster.service_at(address) {
        return Found::Records(vec![Data::Pointer(format!("{}.{}.svc.{domain}", key.name, key.namespace))]);
    }
    let hosts = cluster.endpoints_at(address);
    let pointer = |(host, service, namespace)| Data::Pointer(format!("{host}.{service}.{namespace}.svc.{domain}"));
    match hosts.is_empty() {
        true => Found::Elsewhere,
        false => Found::Records(hosts.into_iter().map(pointer).collect()),
    }
}

/// The address of a name below `in-addr.arpa` or `ip6.arpa`, if it is a whole one.
fn reverse_address(name: &str) -> Option<IpAddr> {
    if let Some(reversed) = name.strip_suffix(".in-addr.arpa") {
        let octets: Vec<u8> = reversed.rsplit('.').map(|label| label.parse().ok()).collect::<Option<_>>()?;
        return Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)));
    }
    let nibbles: Vec<u8> = name
        .strip_suffix(".ip6.arpa")?
        .rsplit('.')
        .map(|label| u8::from_str_radix(label, 16).ok().filter(|_| label.len() == 1))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = nibbles.chunks(2).map(|pair| pair.iter().fold(0, |sum, nibble| sum << 4 | nibble)).collect();
    (nibbles.len() == 32).then(|| <[u8; 16]>::try_from(octets).ok()).flatten().map(Ipv6Addr::from).map(IpAddr::V6)
}

#[cfg(test)]
mod tests;
