//! Where a Service's webhook is reached: the ready addresses behind the port that the configuration names.

use std::net::SocketAddr;

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

    /// The ready addresses at the moment; at least one. The error is upstream's text.
    pub fn addresses(&self, registry: &Registry) -> Result<Vec<SocketAddr>, String> {
        let cached = |plural: &str| {
            let object = registry.resource("", "v1", plural)?.get_cached(&self.namespace, &self.name)?;
            json::parse(&object.bytes).ok()
        };
        let service = cached("services").ok_or_else(|| format!("service {} not found", quoted(&self.name)))?;
        ready_addresses(&service, &cached("endpoints").unwrap_or_default(), self)
    }
}

fn ready_addresses(service: &Value, endpoints: &Value, wanted: &ServicePort) -> Result<Vec<SocketAddr>, String> {
    let name = quoted(&wanted.name);
    let mut ports = service.items_at(&["spec", "ports"]).iter();
    let port = ports.find(|port| port.i64_at(&["port"]) == Some(i64::from(wanted.port)));
    let port = port.ok_or_else(|| format!("no service port {} found for service {name}", wanted.port))?;
    let subsets = endpoints.items_at(&["subsets"]).iter();
    let addresses: Vec<SocketAddr> = subsets.flat_map(|subset| addresses_of(subset, port.str_at(&["name"]))).collect();
    match addresses.is_empty() {
        true => Err(format!("no endpoints available for service {name}")),
        false => Ok(addresses),
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

    fn check(endpoints: Value, expected: Result<&[&str], &str>) {
        let service = tree!({"spec": {"ports": [{"name": "hook", "port": 8443}]}});
        let wanted = ServicePort { namespace: "n".into(), name: "s".into(), port: 8443 };
        let found = ready_addresses(&service, &endpoints, &wanted);
        let found = found.map(|all| all.iter().map(SocketAddr::to_string).collect::<Vec<_>>());
        assert_eq!(
            found.as_deref().map_err(String::as_str),
            expected.map(|all| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).as_deref().map_err(|it| *it)
        );
        let other = ServicePort { port: 1, ..wanted };
        assert_eq!(
            ready_addresses(&service, &endpoints, &other),
            Err("no service port 1 found for service \"s\"".to_owned())
        );
    }

    #[test]
    fn only_ready_addresses_with_the_ports_name_count() {
        let ready = tree!({"subsets": [
            {"notReadyAddresses": [{"ip": "10.0.0.9"}], "ports": [{"name": "hook", "port": 9443}]},
            {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
             "ports": [{"name": "other", "port": 1}, {"name": "hook", "port": 9443}]},
        ]});
        check(ready, Ok(&["10.0.0.1:9443", "10.0.0.2:9443"]));
        check(Value::Null, Err("no endpoints available for service \"s\""));
    }
}
