//! Services, Endpoints and EndpointSlices.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::value::Value;

use super::Meta;

/// A Service, as far as the endpoint controllers look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`; `None` when there is none: then somebody else makes the endpoints.
    pub selector: Option<LabelSelector>,
    /// `spec.type`
    pub service_type: String,
    /// Whether `spec.clusterIP` is `None`.
    pub is_headless: bool,
    /// `spec.publishNotReadyAddresses`
    pub publishes_not_ready: bool,
    /// `spec.ipFamilies`
    pub families: Vec<String>,
    /// `spec.clusterIP`
    pub cluster_ip: String,
    /// `spec.trafficDistribution`, or empty.
    pub traffic_distribution: String,
    /// `spec.ports`
    pub ports: Vec<ServicePort>,
    /// Annotations in key order.
    pub annotations: Vec<(String, String)>,
}

/// One entry of `spec.ports`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePort {
    /// Name, or empty.
    pub name: String,
    /// Protocol.
    pub protocol: String,
    /// `appProtocol`
    pub app_protocol: Option<String>,
    /// Port number of the Service.
    pub number: i64,
    /// `targetPort`: a number, a name, or null.
    pub target: Value,
}

impl ServiceDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let service = json::parse(bytes).ok()?;
        let text = |path: &[&str]| service.str_at(path).to_owned();
        let cluster_ip = text(&["spec", "clusterIP"]);
        Some(ServiceDigest {
            selector: selector(&service),
            service_type: text(&["spec", "type"]),
            is_headless: cluster_ip == "None",
            publishes_not_ready: service.bool_at(&["spec", "publishNotReadyAddresses"]),
            families: strings(service.items_at(&["spec", "ipFamilies"])),
            traffic_distribution: text(&["spec", "trafficDistribution"]),
            ports: service.items_at(&["spec", "ports"]).iter().map(port).collect(),
            annotations: entries(service.at(&["metadata", "annotations"])),
            cluster_ip,
            meta: Meta::of(&service),
        })
    }
}

fn selector(service: &Value) -> Option<LabelSelector> {
    let labels = service.at(&["spec", "selector"]).as_object().filter(|map| !map.is_empty())?;
    Some(LabelSelector::from_map(labels.iter().map(|(key, value)| (key, value.as_str().unwrap_or("")))))
}

fn strings(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn entries(map: &Value) -> Vec<(String, String)> {
    let entries = map.as_object().into_iter().flat_map(|map| map.iter());
    entries.map(|(key, value)| (key.to_owned(), value.as_str().unwrap_or("").to_owned())).collect()
}

fn port(value: &Value) -> ServicePort {
    ServicePort {
        name: value.str_at(&["name"]).to_owned(),
        protocol: value.str_at(&["protocol"]).to_owned(),
        app_protocol: value.at(&["appProtocol"]).as_str().map(str::to_owned),
        number: value.i64_at(&["port"]).unwrap_or(0),
        target: value.at(&["targetPort"]).clone(),
    }
}

/// Endpoints: only that they are there.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointsDigest {
    /// Metadata.
    pub meta: Meta,
}

impl EndpointsDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        Some(EndpointsDigest { meta: Meta::of(&json::parse(bytes).ok()?) })
    }
}

/// An EndpointSlice: whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSliceDigest {
    /// Metadata.
    pub meta: Meta,
}

impl EndpointSliceDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let slice = json::parse(bytes).ok()?;
        debug_assert!(!slice.name().is_empty(), "stored objects have names");
        Some(EndpointSliceDigest { meta: Meta::of(&slice) })
    }
}
