//! From a Service to the addresses behind it: its endpoints are asked, not its cluster address (upstream with
//! `--enable-aggregator-routing`), so that no Service proxy need run here.

use std::net::{IpAddr, SocketAddr};

use apimachinery::json;
use apimachinery::selector::LabelSelector;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::request::ListOptions;

use super::registration::RemoteService;
use crate::identifiers::random_below;
use crate::server::Server;

/// The label that names the Service of an EndpointSlice.
pub(super) const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// A Service and its EndpointSlices; null and empty when there are none.
pub(super) struct Behind {
    pub(super) service: Value,
    pub(super) slices: Vec<Value>,
}

impl Server {
    /// What is stored of a Service.
    pub(super) async fn behind(&self, remote: &RemoteService) -> Result<Behind, Status> {
        let services = self.registry.resource("", "v1", "services").ok_or_else(Status::unknown_resource)?;
        let service = match services.get(&remote.namespace, &remote.name, "0").await {
            Ok(service) => json::parse(&service.bytes).map_err(Status::internal)?,
            Err(status) if status.code == 404 => Value::Null,
            Err(status) => return Err(status),
        };
        let slices = self.registry.resource("discovery.k8s.io", "v1", "endpointslices");
        let slices = slices.ok_or_else(Status::unknown_resource)?;
        let options = ListOptions {
            label_selector: LabelSelector::from_map([(SERVICE_LABEL, remote.name.as_str())].into_iter()),
            resource_version: "0".into(),
            ..ListOptions::default()
        };
        let list = slices.list(&remote.namespace, &options).await?;
        let slices = list.items.iter().filter_map(|slice| json::parse(&slice.bytes).ok()).collect();
        Ok(Behind { service, slices })
    }

    /// One of the addresses at which a server can be asked.
    pub(super) async fn resolve(&self, remote: &RemoteService) -> Result<SocketAddr, String> {
        let behind = self.behind(remote).await.map_err(|status| status.message)?;
        let all = addresses(&behind, remote)?;
        Ok(all[random_below(all.len())])
    }
}

/// The ready addresses that serve the port, at least one; those of the Service's first address family, if any.
pub(super) fn addresses(behind: &Behind, remote: &RemoteService) -> Result<Vec<SocketAddr>, String> {
    let (service, name) = (&behind.service, &remote.name);
    match service.str_at(&["spec", "type"]) {
        "ClusterIP" | "NodePort" | "LoadBalancer" => {}
        "ExternalName" => return external(service, remote.port).map(|address| vec![address]),
        "" => return Err(format!("service {name:?} not found")),
        other => return Err(format!("unsupported service type {other:?}")),
    }
    let no_port = || format!("no service port {} found for service {name:?}", remote.port);
    let port_name = port_name(service, remote.port).ok_or_else(no_port)?;
    let mut all: Vec<SocketAddr> = behind.slices.iter().flat_map(|slice| of_slice(slice, port_name)).collect();
    let is_first_v6 = service.items_at(&["spec", "ipFamilies"]).first().and_then(Value::as_str) == Some("IPv6");
    if all.iter().any(|it| it.is_ipv6() == is_first_v6) {
        all.retain(|it| it.is_ipv6() == is_first_v6);
    }
    match all.is_empty() {
        true => Err(format!("no endpoints available for service {name:?}")),
        false => Ok(all),
    }
}

/// A Service that stands for an address elsewhere. Names are not looked up.
fn external(service: &Value, port: u16) -> Result<SocketAddr, String> {
    let name = service.str_at(&["spec", "externalName"]);
    let ip = name.parse::<IpAddr>().map_err(|_| format!("the external name {name:?} is no address"))?;
    Ok(SocketAddr::new(ip, port))
}

/// The name of a Service's port.
pub(super) fn port_name(service: &Value, number: u16) -> Option<&str> {
    let mut ports = service.items_at(&["spec", "ports"]).iter();
    let port = ports.find(|port| port.i64_at(&["port"]) == Some(i64::from(number)))?;
    Some(port.str_at(&["name"]))
}

fn of_slice(slice: &Value, port_name: &str) -> Vec<SocketAddr> {
    let Some(port) = port_of_slice(slice, port_name) else { return Vec::new() };
    let ready = slice.items_at(&["endpoints"]).iter().filter(|it| is_ready(it));
    let first = ready.filter_map(|it| it.items_at(&["addresses"]).first()?.as_str()?.parse::<IpAddr>().ok());
    first.map(|ip| SocketAddr::new(ip, port)).collect()
}

/// The number of the port of this name.
pub(super) fn port_of_slice(slice: &Value, name: &str) -> Option<u16> {
    let mut ports = slice.items_at(&["ports"]).iter().filter(|port| port.str_at(&["name"]) == name);
    ports.find_map(|port| u16::try_from(port.i64_at(&["port"])?).ok())
}

/// Whether an endpoint is ready; one that says nothing is.
pub(super) fn is_ready(endpoint: &Value) -> bool {
    endpoint.at(&["conditions", "ready"]).as_bool().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    fn remote(port: u16) -> RemoteService {
        RemoteService { namespace: "n".into(), name: "s".into(), port, ca_pem: Vec::new(), is_unverified: true }
    }

    fn slice(addresses: Value, ready: bool) -> Value {
        tree!({"endpoints": [{"addresses": addresses, "conditions": {"ready": ready}}],
            "ports": [{"name": "other", "port": 1}, {"name": "web", "port": 8443}]})
    }

    #[track_caller]
    fn check(spec: Value, slices: Vec<Value>, port: u16, expected: &str) {
        let service = if spec.is_null() { Value::Null } else { tree!({"spec": spec}) };
        let found = addresses(&Behind { service, slices }, &remote(port));
        let found = found.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        assert_eq!(found.unwrap_or_else(|error| error), expected);
    }

    fn web(families: Value) -> Value {
        tree!({"type": "ClusterIP", "ipFamilies": families, "ports": [{"name": "web", "port": 443}]})
    }

    #[test]
    fn ready_endpoints_of_the_first_family_are_asked() {
        let slices = || {
            vec![
                slice(tree!(["fd00::1"]), true),
                slice(tree!(["10.0.0.1", "10.0.0.9"]), true),
                slice(tree!(["10.0.0.2"]), false),
            ]
        };
        check(web(tree!(["IPv4", "IPv6"])), slices(), 443, "10.0.0.1:8443");
        check(web(tree!(["IPv6"])), slices(), 443, "[fd00::1]:8443");
        check(web(tree!(["IPv6"])), vec![slice(tree!(["10.0.0.1"]), true)], 443, "10.0.0.1:8443");
    }

    #[test]
    fn what_cannot_be_asked_says_why() {
        check(Value::Null, vec![], 443, "service \"s\" not found");
        check(web(tree!(["IPv4"])), vec![], 80, "no service port 80 found for service \"s\"");
        check(web(tree!(["IPv4"])), vec![], 443, "no endpoints available for service \"s\"");
        check(tree!({"type": "ExternalName", "externalName": "10.1.1.1"}), vec![], 99, "10.1.1.1:99");
        check(
            tree!({"type": "ExternalName", "externalName": "a.b"}),
            vec![],
            1,
            "the external name \"a.b\" is no address",
        );
    }
}
