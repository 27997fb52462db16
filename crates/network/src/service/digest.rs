//! What the proxy keeps of Services and EndpointSlices.

use std::net::{IpAddr, Ipv4Addr};

use api::typed;

/// A Service as the proxy sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceDigest {
    /// Cluster addresses (IPv4); empty when headless or elsewhere.
    pub cluster_ips: Vec<Ipv4Addr>,
    /// External and load balancer addresses.
    pub external_ips: Vec<Ipv4Addr>,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// `sessionAffinity: ClientIP` with its timeout.
    pub affinity_seconds: Option<u32>,
    /// `externalTrafficPolicy: Local`
    pub is_external_local: bool,
    /// `internalTrafficPolicy: Local`
    pub is_internal_local: bool,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Name, may be empty.
    pub name: String,
    /// Protocol number.
    pub protocol: u8,
    /// Port at the cluster address.
    pub port: u16,
    /// Port at every node, or 0.
    pub node_port: u16,
}

/// An EndpointSlice as the proxy sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SliceDigest {
    /// Its Service's name.
    pub service: String,
    /// Endpoints that may get traffic.
    pub endpoints: Vec<EndpointDigest>,
    /// Name, protocol and number of each port.
    pub ports: Vec<(String, u8, u16)>,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointDigest {
    /// Address.
    pub address: Ipv4Addr,
    /// Ready: gets traffic.
    pub is_ready: bool,
    /// Serving while terminating: gets traffic when nobody is ready.
    pub is_draining: bool,
    /// Node, may be empty.
    pub node: String,
}

/// Protocol numbers by name.
fn protocol(name: Option<&str>) -> u8 {
    match name.unwrap_or("TCP") {
        "UDP" => 17,
        "SCTP" => 132,
        _ => 6,
    }
}

/// The projection of a Service.
pub fn project_service(json: &[u8]) -> Option<ServiceDigest> {
    let service = typed::service(json).ok()?;
    let spec = service.spec.unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return Some(ServiceDigest::default());
    }
    let status = service.status.and_then(|status| status.load_balancer).and_then(|balancer| balancer.ingress);
    let ingress = status.unwrap_or_default().into_iter().filter(|it| it.ip_mode.as_deref() != Some("Proxy"));
    let external = spec.external_ips.unwrap_or_default().into_iter().chain(ingress.filter_map(|it| it.ip));
    let cluster_ips = spec.cluster_ips.or_else(|| spec.cluster_ip.map(|address| vec![address])).unwrap_or_default();
    let ports = spec.ports.unwrap_or_default().into_iter().map(|port| ServicePort {
        protocol: protocol(port.protocol.as_deref()),
        port: number(port.port),
        node_port: port.node_port.map_or(0, number),
        name: port.name.unwrap_or_default(),
    });
    let seconds = spec.session_affinity_config.and_then(|it| it.client_ip).and_then(|it| it.timeout_seconds);
    let has_affinity = spec.session_affinity.as_deref() == Some("ClientIP");
    Some(ServiceDigest {
        cluster_ips: cluster_ips.iter().filter_map(|address| address.parse().ok()).collect(),
        external_ips: external.filter_map(|address| address.parse().ok()).collect(),
        ports: ports.collect(),
        affinity_seconds: has_affinity.then(|| seconds.and_then(|it| u32::try_from(it).ok()).unwrap_or(10_800)),
        is_external_local: spec.external_traffic_policy.as_deref() == Some("Local"),
        is_internal_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
    })
}

/// The projection of an EndpointSlice.
pub fn project_slice(json: &[u8]) -> Option<SliceDigest> {
    let slice = typed::endpoint_slice(json).ok()?;
    let labels = slice.metadata.labels.unwrap_or_default();
    let mut endpoints = Vec::new();
    for endpoint in slice.endpoints.unwrap_or_default() {
        let conditions = endpoint.conditions.unwrap_or_default();
        let is_ready = conditions.ready.unwrap_or(true);
        let is_draining = conditions.serving.unwrap_or(is_ready) && conditions.terminating.unwrap_or(false);
        let node = endpoint.node_name.unwrap_or_default();
        // Upstream's proxies use the first address only.
        let Some(Ok(IpAddr::V4(address))) = endpoint.addresses.first().map(|address| address.parse()) else { continue };
        endpoints.push(EndpointDigest { address, is_ready, is_draining, node });
    }
    let ports = slice.ports.unwrap_or_default().into_iter();
    let ports =
        ports.filter_map(|it| Some((it.name.unwrap_or_default(), protocol(it.protocol.as_deref()), number(it.port?))));
    Some(SliceDigest {
        service: labels.get("kubernetes.io/service-name").cloned().unwrap_or_default(),
        endpoints,
        ports: ports.collect(),
    })
}

fn number(port: i32) -> u16 {
    u16::try_from(port).unwrap_or(0)
}
