//! Where a Service's webhook is reached: the ready addresses behind the port that the configuration names.
//!
//! A Service whose addresses nobody lists is reached at its own address, one that is only a name under that name.

use std::net::{IpAddr, SocketAddr};

use apimachinery::field_error::quoted;
use apimachinery::json;
use apimachinery::value::Value;
use registry::resource::Registry;

/// `clientConfig.service`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServicePort {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Port of the Service.
    pub port: u16,
}

impl ServicePort {
    /// The name in the server's certificate.
    pub fn host(&self) -> String {
        format!("{}.{}.svc", self.name, self.namespace)
    }

    /// Where it is at the moment. The error is upstream's text.
    pub fn location(&self, registry: &Registry) -> Result<Location, String> {
        let cached = |plural: &str| {
            let object = registry.resource("", "v1", plural)?.get_cached(&self.namespace, &self.name)?;
            json::parse(&object.bytes).ok()
        };
        let service = cached("services").ok_or_else(|| format!("service {} not found", quoted(&self.name)))?;
        locate(&service, cached("endpoints").as_ref(), self)
    }
}

/// Where a Service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// At one of these, of which there is at least one.
    Addresses(Vec<SocketAddr>),
    /// At a host with this name.
    Name(String, u16),
}

fn locate(service: &Value, endpoints: Option<&Value>, wanted: &ServicePort) -> Result<Location, String> {
    let name = quoted(&wanted.name);
    if service.str_at(&["spec", "type"]) == "ExternalName" {
        return Ok(Location::Name(service.str_at(&["spec", "externalName"]).to_owned(), wanted.port));
    }
    let mut ports = service.items_at(&["spec", "ports"]).iter();
    let port = ports.find(|port| port.i64_at(&["port"]) == Some(i64::from(wanted.port)));
    let port = port.ok_or_else(|| format!("no service port {} found for service {name}", wanted.port))?;
    let addresses: Vec<SocketAddr> = match (endpoints, service.str_at(&["spec", "clusterIP"]).parse::<IpAddr>()) {
        (None, Ok(ip)) => vec![SocketAddr::new(ip, wanted.port)],
        (endpoints, _) => {
            let subsets = endpoints.map_or(&[][..], |it| it.items_at(&["subsets"])).iter();
            subsets.flat_map(|subset| addresses_of(subset, port.str_at(&["name"]))).collect()
        }
    };
    match addresses.is_empty() {
        true => Err(format!("no endpoints available for service {name}")),
        false => Ok(Location::Addresses(addresses)),
    }
}

fn addresses_of(subset: &Value, port_name: &str) -> Vec<SocketAddr> {
    let mut ports = subset.items_at(&["ports"]).iter();
    let port = ports.find(|port| port.str_at(&["name"]) == port_name);
    let port = port.and_then(|port| u16::try_from(port.i64_at(&["port"])?).ok());
    let ips = subset.items_at(&["addresses"]).iter().filter_map(|address| address.str_at(&["ip"]).parse().ok());
    ips.filter_map(|ip| Some(SocketAddr::new(ip, port?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    #[track_caller]
    fn check(service: Value, endpoints: Option<Value>, expected: &str) {
        let wanted = ServicePort { namespace: "n".into(), name: "s".into(), port: 8443 };
        let text = match locate(&tree!({"spec": service}), endpoints.as_ref(), &wanted) {
            Ok(Location::Addresses(all)) => all.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" "),
            Ok(Location::Name(name, port)) => format!("{name} {port}"),
            Err(error) => error,
        };
        assert_eq!(text, expected);
    }

    fn service() -> Value {
        tree!({"clusterIP": "10.96.0.9", "ports": [{"name": "hook", "port": 8443}]})
    }

    #[test]
    fn only_ready_addresses_with_the_ports_name_count() {
        let ready = tree!({"subsets": [
            {"notReadyAddresses": [{"ip": "10.0.0.9"}], "ports": [{"name": "hook", "port": 9443}]},
            {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
             "ports": [{"name": "other", "port": 1}, {"name": "hook", "port": 9443}]},
        ]});
        check(service(), Some(ready.clone()), "10.0.0.1:9443 10.0.0.2:9443");
        check(service(), Some(tree!({})), "no endpoints available for service \"s\"");
        check(tree!({"ports": [{"port": 1}]}), Some(ready), "no service port 8443 found for service \"s\"");
    }

    #[test]
    fn a_service_without_listed_endpoints_is_reached_at_its_own_address() {
        check(service(), None, "10.96.0.9:8443");
        let headless = tree!({"clusterIP": "None", "ports": [{"port": 8443}]});
        check(headless, None, "no endpoints available for service \"s\"");
        check(tree!({"type": "ExternalName", "externalName": "a.test"}), None, "a.test 8443");
    }
}
