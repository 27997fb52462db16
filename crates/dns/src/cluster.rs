//! The part of the cluster that DNS answers from: live views of Services, EndpointSlices and namespaces.

use std::net::IpAddr;

use api::typed;
use client::client::{Client, Resource};
use client::informer::{Entry, Informer, ObjectKey, Scope};
use client::resources;

/// Index of Services and endpoints by address.
const BY_ADDRESS: &str = "address";

/// Index of EndpointSlices by Service.
const BY_SERVICE: &str = "service";

/// What DNS keeps of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDigest {
    /// Cluster addresses; empty when headless.
    pub addresses: Vec<IpAddr>,
    /// Target of an ExternalName Service.
    pub external_name: Option<String>,
    /// Ports.
    pub ports: Vec<PortDigest>,
}

/// A named port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortDigest {
    /// Name, may be empty.
    pub name: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Number.
    pub number: u16,
}

/// What DNS keeps of an EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceDigest {
    /// Its Service's name.
    pub service: String,
    /// Ready endpoints.
    pub endpoints: Vec<EndpointDigest>,
    /// Ports.
    pub ports: Vec<PortDigest>,
}

/// One ready endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointDigest {
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// `hostname`, or empty.
    pub hostname: String,
}

/// Live views.
#[derive(Clone)]
pub struct Cluster {
    services: Informer<ServiceDigest>,
    slices: Informer<SliceDigest>,
    namespaces: Informer<()>,
}

impl Cluster {
    /// Watches with one client.
    pub fn watch(client: &Client) -> Self {
        let cluster = Cluster::idle();
        cluster.services.run(client.clone(), Scope::default());
        cluster.slices.run(client.clone(), Scope::default());
        cluster.namespaces.run(client.clone(), Scope::default());
        cluster
    }

    /// Views that nothing fills yet.
    pub fn idle() -> Self {
        let services = Informer::idle(resources::SERVICES, project_service);
        services.add_index(BY_ADDRESS, |_, service| texts(&service.addresses));
        let slices = Informer::idle(resources::ENDPOINT_SLICES, project_slice);
        slices.add_index(BY_SERVICE, |key, slice| vec![format!("{}/{}", key.namespace, slice.service)]);
        slices.add_index(BY_ADDRESS, |_, slice| slice.endpoints.iter().flat_map(|it| texts(&it.addresses)).collect());
        Cluster { services, slices, namespaces: Informer::idle(resources::NAMESPACES, |_| Some(())) }
    }

    /// Fills a view with fixed objects of `resource`, for tests.
    pub fn fill(&self, resource: Resource, objects: &[apimachinery::encoded::EncodedObject]) {
        match resource.plural {
            "services" => self.services.fill(objects),
            "endpointslices" => self.slices.fill(objects),
            _ => self.namespaces.fill(objects),
        }
    }

    /// Completes when all views are filled.
    pub async fn wait_synced(&self) {
        self.services.wait_synced().await;
        self.slices.wait_synced().await;
        self.namespaces.wait_synced().await;
    }

    /// Whether names can be answered.
    pub fn is_synced(&self) -> bool {
        self.services.is_synced() && self.slices.is_synced() && self.namespaces.is_synced()
    }

    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<Entry<ServiceDigest>> {
        self.services.get(&ObjectKey::new(namespace, name))
    }

    pub(crate) fn has_namespace(&self, namespace: &str) -> bool {
        self.namespaces.get(&ObjectKey::new("", namespace)).is_some()
    }

    pub(crate) fn slices(&self, namespace: &str, service: &str) -> Vec<Entry<SliceDigest>> {
        let found = self.slices.indexed(BY_SERVICE, &format!("{namespace}/{service}"));
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Namespace and name of the Service with this address.
    pub(crate) fn service_at(&self, address: IpAddr) -> Option<ObjectKey> {
        self.services.indexed(BY_ADDRESS, &address.to_string()).into_iter().map(|(key, _)| key).next()
    }

    /// `hostname service namespace` of every headless endpoint with this address.
    pub(crate) fn endpoints_at(&self, address: IpAddr) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for (key, slice) in self.slices.indexed(BY_ADDRESS, &address.to_string()) {
            let namespace = key.namespace.to_string();
            let service = self.service(&namespace, &slice.digest.service);
            if service.is_none_or(|service| !service.digest.addresses.is_empty()) {
                continue;
            }
            let here = slice.digest.endpoints.iter().filter(|endpoint| endpoint.addresses.contains(&address));
            found.extend(here.map(|it| (host_label(it, address), slice.digest.service.clone(), namespace.clone())));
        }
        found
    }
}

/// The label of an endpoint below its Service: its hostname, or its address with dashes.
pub(crate) fn host_label(endpoint: &EndpointDigest, address: IpAddr) -> String {
    match endpoint.hostname.is_empty() {
        true => address.to_string().replace(['.', ':'], "-"),
        false => endpoint.hostname.clone(),
    }
}

fn project_service(json: &[u8]) -> Option<ServiceDigest> {
    let spec = typed::service(json).ok()?.spec.unwrap_or_default();
    let is_external = spec.type_.as_deref() == Some("ExternalName");
    let addresses = spec.cluster_ips.or_else(|| spec.cluster_ip.map(|address| vec![address])).unwrap_or_default();
    let ports = spec.ports.unwrap_or_default().into_iter().map(|port| PortDigest {
        name: port.name.unwrap_or_default(),
        protocol: port.protocol.unwrap_or_default().to_ascii_lowercase(),
        number: u16::try_from(port.port).unwrap_or(0),
    });
    Some(ServiceDigest {
        addresses: addresses.iter().filter_map(|address| address.parse().ok()).collect(),
        external_name: spec.external_name.filter(|_| is_external),
        ports: ports.collect(),
    })
}

fn project_slice(json: &[u8]) -> Option<SliceDigest> {
    let slice = typed::endpoint_slice(json).ok()?;
    let labels = slice.metadata.labels.unwrap_or_default();
    let is_ready = |endpoint: &api::k8s_openapi::api::discovery::v1::Endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    };
    let endpoints = slice.endpoints.unwrap_or_default().into_iter().filter(is_ready).map(|endpoint| EndpointDigest {
        addresses: endpoint.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
        hostname: endpoint.hostname.unwrap_or_default(),
    });
    let ports = slice.ports.unwrap_or_default().into_iter().map(|port| PortDigest {
        name: port.name.unwrap_or_default(),
        protocol: port.protocol.unwrap_or_default().to_ascii_lowercase(),
        number: port.port.and_then(|number| u16::try_from(number).ok()).unwrap_or(0),
    });
    Some(SliceDigest {
        service: labels.get("kubernetes.io/service-name").cloned().unwrap_or_default(),
        endpoints: endpoints.collect(),
        ports: ports.collect(),
    })
}

fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(IpAddr::to_string).collect()
}
