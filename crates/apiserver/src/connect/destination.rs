//! Where proxied requests go: `name`, `name:port` or `scheme:name:port` of a Pod, Service or node.

use std::net::{IpAddr, SocketAddr};

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;

use crate::call::Call;
use crate::identifiers::random_below;
use crate::kubelet_client::{Backend, kubelet_address};
use crate::server::Server;

/// `scheme:name:port`, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Id<'a> {
    scheme: &'a str,
    name: &'a str,
    port: &'a str,
}

impl<'a> Id<'a> {
    fn parse(text: &'a str) -> Option<Id<'a>> {
        let parts: Vec<&str> = text.split(':').collect();
        let (scheme, name, port) = match parts[..] {
            [name] => ("", name, ""),
            [name, port] => ("", name, port),
            [scheme, name, port] => (scheme, name, port),
            _ => return None,
        };
        (!name.is_empty() && matches!(scheme, "" | "http" | "https")).then_some(Id { scheme, name, port })
    }
}

impl Server {
    /// The backend that a proxy subresource stands for.
    pub(super) async fn destination(&self, call: &Call) -> Result<Backend, Status> {
        let (kind, text) = (call.target.resource.as_str(), call.target.name.as_str());
        let singular = kind.trim_end_matches('s');
        let id = Id::parse(text).ok_or_else(|| Status::bad_request(format!("invalid {singular} request {text:?}")))?;
        match kind {
            "pods" => self.pod_backend(&call.target.namespace, &id).await,
            "services" => self.service_backend(&call.target.namespace, &id, text).await,
            _ => self.node_backend(&id).await,
        }
    }

    fn backend(&self, scheme: &str, ip: IpAddr, port: &str) -> Result<Backend, Status> {
        let port = match port {
            "" if scheme == "https" => 443,
            "" => 80,
            text => text.parse::<u16>().map_err(|_| unreachable_port(text))?,
        };
        Ok(self.backends.to(scheme == "https", SocketAddr::new(ip, port)))
    }

    async fn pod_backend(&self, namespace: &str, id: &Id<'_>) -> Result<Backend, Status> {
        let pod = self.pod(namespace, id.name).await?;
        let port = match id.port {
            "" => first_port(&pod).map(|port| port.to_string()).unwrap_or_default(),
            port => port.to_owned(),
        };
        let ip = pod_ips(&pod).next().filter(is_allowed);
        let ip = ip.ok_or_else(|| Status::bad_request("address not allowed"))?;
        self.backend(id.scheme, ip, &port)
    }

    async fn service_backend(&self, namespace: &str, id: &Id<'_>, text: &str) -> Result<Backend, Status> {
        let mut port_name = id.port.to_owned();
        if let Ok(number) = id.port.parse::<i64>() {
            let service = self.object("services", namespace, id.name).await?;
            port_name = service_port_name(&service, number).ok_or_else(|| {
                Status::service_unavailable(format!("no service port {number} found for service {:?}", id.name))
            })?;
        }
        let endpoints = self.object("endpoints", namespace, id.name).await?;
        if endpoints.items_at(&["subsets"]).is_empty() {
            let message = format!("no endpoints available for service {:?}", id.name);
            return Err(Status::service_unavailable(message));
        }
        let candidates = candidates(&endpoints, &port_name);
        let start = random_below(candidates.len());
        for at in 0..candidates.len() {
            let candidate = &candidates[(start + at) % candidates.len()];
            if self.is_pod_there(namespace, candidate).await {
                return self.backend(id.scheme, candidate.ip, &candidate.port.to_string());
            }
        }
        Err(Status::service_unavailable(format!("no endpoints available for service {text:?}")))
    }

    /// Only addresses that are of a Pod in the Service's own namespace are proxied to.
    async fn is_pod_there(&self, namespace: &str, candidate: &Candidate<'_>) -> bool {
        if candidate.pod_namespace != namespace {
            return false;
        }
        let pod = self.pod(namespace, candidate.pod).await;
        pod.is_ok_and(|pod| pod_ips(&pod).any(|ip| ip == candidate.ip))
    }

    async fn node_backend(&self, id: &Id<'_>) -> Result<Backend, Status> {
        let node = self.object("nodes", "", id.name).await?;
        let address = kubelet_address(&node)?;
        if !is_allowed(&address.ip()) {
            return Err(Status::bad_request("address not allowed"));
        }
        match id.port.is_empty() || id.port == address.port().to_string() {
            true => self.kubelet(id.name).await,
            false => self.backend(id.scheme, address.ip(), id.port),
        }
    }

    async fn object(&self, plural: &str, namespace: &str, name: &str) -> Result<Value, Status> {
        let resource = self.registry.resource("", "v1", plural).ok_or_else(Status::unknown_resource)?;
        json::parse(&resource.get(namespace, name, "").await?.bytes).map_err(Status::internal)
    }
}

/// A named port cannot be dialled.
fn unreachable_port(port: &str) -> Status {
    Status::service_unavailable(format!("error trying to reach service: dial tcp: lookup tcp/{port}: unknown port"))
}

fn first_port(pod: &Value) -> Option<i64> {
    let containers = pod.items_at(&["spec", "containers"]).iter();
    let mut ports = containers.filter_map(|it| it.items_at(&["ports"]).first()?.i64_at(&["containerPort"]));
    ports.next()
}

fn pod_ips(pod: &Value) -> impl Iterator<Item = IpAddr> {
    let many = pod.items_at(&["status", "podIPs"]).iter().map(|it| it.str_at(&["ip"]));
    let one = [pod.str_at(&["status", "podIP"])].into_iter();
    many.chain(one).filter_map(|text| text.parse().ok())
}

/// Whether requests may be sent there: Go's "global unicast".
fn is_allowed(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || ip.is_link_local() || ip.is_broadcast())
        }
        IpAddr::V6(ip) => !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || ip.is_unicast_link_local()),
    }
}

fn service_port_name(service: &Value, number: i64) -> Option<String> {
    let mut ports = service.items_at(&["spec", "ports"]).iter();
    let port = ports.find(|port| port.i64_at(&["port"]) == Some(number))?;
    Some(port.str_at(&["name"]).to_owned())
}

/// A ready address behind a Service.
#[derive(Debug, PartialEq, Eq)]
struct Candidate<'a> {
    ip: IpAddr,
    port: u16,
    pod_namespace: &'a str,
    pod: &'a str,
}

/// The ready addresses that have a port of this name.
fn candidates<'a>(endpoints: &'a Value, port_name: &str) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for subset in endpoints.items_at(&["subsets"]) {
        let mut ports = subset.items_at(&["ports"]).iter();
        let port = ports.find(|port| port.str_at(&["name"]) == port_name);
        let port = port.and_then(|port| u16::try_from(port.i64_at(&["port"])?).ok());
        let Some(port) = port else { continue };
        all.extend(subset.items_at(&["addresses"]).iter().filter_map(|address| {
            Some(Candidate {
                ip: address.str_at(&["ip"]).parse().ok()?,
                port,
                pod_namespace: address.str_at(&["targetRef", "namespace"]),
                pod: address.str_at(&["targetRef", "name"]),
            })
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    #[test]
    fn names_may_carry_a_scheme_and_a_port() {
        let id = |scheme, name, port| Some(Id { scheme, name, port });
        assert_eq!(Id::parse("a"), id("", "a", ""));
        assert_eq!(Id::parse("a:80"), id("", "a", "80"));
        assert_eq!(Id::parse("https:a:web"), id("https", "a", "web"));
        assert_eq!(Id::parse("https:a:"), id("https", "a", ""));
        for bad in ["", ":80", "ftp:a:1", "a:b:c:d"] {
            assert_eq!(Id::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_addresses_of_other_machines_are_proxied_to() {
        for bad in ["127.0.0.1", "169.254.1.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "255.255.255.255"] {
            assert!(!is_allowed(&bad.parse().expect("an address")), "{bad}");
        }
        assert!(is_allowed(&"10.1.2.3".parse().expect("an address")));
    }

    #[test]
    fn a_pods_first_declared_port_is_its_default() {
        let pod = tree!({
            "spec": {"containers": [{"name": "a"}, {"name": "b", "ports": [{"containerPort": 8080}]}]},
            "status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
        });
        assert_eq!(first_port(&pod), Some(8080));
        assert_eq!(pod_ips(&pod).next(), "10.0.0.1".parse().ok());
    }

    #[test]
    fn ready_addresses_with_the_ports_name_are_candidates() {
        let endpoints = tree!({"subsets": [
            {"notReadyAddresses": [{"ip": "10.0.0.9"}], "ports": [{"name": "web", "port": 80}]},
            {"addresses": [{"ip": "10.0.0.1", "targetRef": {"namespace": "n", "name": "p"}}],
             "ports": [{"name": "other", "port": 1}, {"name": "web", "port": 8080}]},
        ]});
        let ip = "10.0.0.1".parse().expect("an address");
        assert_eq!(candidates(&endpoints, "web"), [Candidate { ip, port: 8080, pod_namespace: "n", pod: "p" }]);
        assert!(candidates(&endpoints, "").is_empty());
    }

    #[test]
    fn a_service_port_is_found_by_its_number() {
        let service = tree!({"spec": {"ports": [{"name": "web", "port": 80}, {"port": 81}]}});
        assert_eq!(service_port_name(&service, 80).as_deref(), Some("web"));
        assert_eq!(service_port_name(&service, 81).as_deref(), Some(""));
        assert_eq!(service_port_name(&service, 82), None);
    }
}
