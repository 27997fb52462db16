//! Fields and resources of a Pod as texts: fieldRef and resourceFieldRef of environments and downward API volumes.
//! Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector};
use api::k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::resources::{self, ResourceList};
use crate::spec::{self, quote};

/// What fields are read from.
#[derive(Clone, Copy)]
pub struct FieldContext<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// Its addresses.
    pub pod_ips: &'a [String],
    /// The node's addresses.
    pub host_ips: &'a [String],
    /// What the node can give: the limit of what is not limited.
    pub allocatable: &'a ResourceList,
}

impl FieldContext<'_> {
    /// A field for an environment variable.
    pub fn env_field(&self, path: &str) -> Result<String, String> {
        let first = |ips: &[String]| ips.first().cloned().unwrap_or_default();
        let spec = spec::spec(self.pod);
        match path {
            "spec.nodeName" => Ok(spec.node_name.clone().unwrap_or_default()),
            "spec.serviceAccountName" => Ok(spec.service_account_name.clone().unwrap_or_default()),
            "status.hostIP" => Ok(first(self.host_ips)),
            "status.hostIPs" => Ok(self.host_ips.join(",")),
            "status.podIP" => Ok(first(self.pod_ips)),
            "status.podIPs" => Ok(self.pod_ips.join(",")),
            _ if path.starts_with("metadata.") => self.metadata(path),
            _ => Err(format!("field label not supported: {path}")),
        }
    }

    /// A field of `metadata`, as volumes and environments show it.
    pub fn metadata(&self, path: &str) -> Result<String, String> {
        let meta = &self.pod.metadata;
        if let Some((map, key)) = path.strip_suffix("']").and_then(|rest| rest.split_once("['")) {
            let value = |map: &Option<BTreeMap<String, String>>| {
                map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default()
            };
            return match map {
                "metadata.annotations" => Ok(value(&meta.annotations)),
                "metadata.labels" => Ok(value(&meta.labels)),
                _ => Err(format!("fieldPath {} does not support subscript", quote(path))),
            };
        }
        match path {
            "metadata.annotations" => Ok(format_map(meta.annotations.as_ref())),
            "metadata.labels" => Ok(format_map(meta.labels.as_ref())),
            "metadata.name" => Ok(spec::name(self.pod).to_owned()),
            "metadata.namespace" => Ok(spec::namespace(self.pod).to_owned()),
            "metadata.uid" => Ok(spec::uid(self.pod).to_owned()),
            _ => Err(format!("unsupported fieldPath: {path}")),
        }
    }

    /// A resource of a container; `own` is the container that asks, if one does.
    pub fn resource(&self, selector: &ResourceFieldSelector, own: Option<&Container>) -> Result<String, String> {
        let named = selector.container_name.as_deref().filter(|name| !name.is_empty());
        let container = match (named, own) {
            (None, Some(own)) => own,
            (name, _) => {
                let name = name.unwrap_or("");
                spec::container(self.pod, name).ok_or_else(|| format!("container {name} not found"))?
            }
        };
        let unsupported = || format!("unsupported container resource : {}", selector.resource);
        let (half, name) = selector.resource.split_once('.').ok_or_else(unsupported)?;
        let is_known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if !is_known || !matches!(half, "limits" | "requests") {
            return Err(unsupported());
        }
        let lists = container.resources.as_ref();
        let list = match half {
            "limits" => lists.and_then(|lists| lists.limits.as_ref()),
            _ => lists.and_then(|lists| lists.requests.as_ref()),
        };
        let is_unlimited = half == "limits" && resources::milli(list, name) == 0 && !name.starts_with("hugepages-");
        let list = if is_unlimited { Some(self.allocatable) } else { list };
        Ok(divided(list, name, selector.divisor.as_ref()))
    }
}

/// The value of a resource in units of the divisor, rounded up.
fn divided(list: Option<&ResourceList>, name: &str, divisor: Option<&Quantity>) -> String {
    let one = ResourceList::from([(name.to_owned(), divisor.cloned().unwrap_or_else(|| Quantity("1".into())))]);
    let value_of = if name == "cpu" { resources::milli } else { resources::whole };
    let divisor = match value_of(Some(&one), name) {
        0 if name == "cpu" => 1_000,
        0 => 1,
        divisor => divisor,
    };
    let value = value_of(list, name);
    (value.div_euclid(divisor) + i64::from(value.rem_euclid(divisor) != 0)).to_string()
}

/// A map as downward API files have it: a line `key="value"` per entry, sorted.
fn format_map(map: Option<&BTreeMap<String, String>>) -> String {
    let lines = map.into_iter().flatten().map(|(key, value)| format!("{key}={}", quote(value)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resources_are_rounded_up_and_unlimited_ones_are_the_nodes() {
        let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "c", "resources": {"requests": {"cpu": "250m", "memory": "100Mi"}}}]}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let allocatable = ResourceList::from([("cpu".into(), Quantity("2".into()))]);
        let fields = FieldContext { pod: &pod, pod_ips: &[], host_ips: &[], allocatable: &allocatable };
        let value = |resource: &str, divisor: Option<&str>| {
            let selector = ResourceFieldSelector {
                container_name: Some("c".into()),
                divisor: divisor.map(|text| Quantity(text.into())),
                resource: resource.into(),
            };
            fields.resource(&selector, None).unwrap_or_else(|error| error)
        };
        assert_eq!(value("requests.cpu", None), "1");
        assert_eq!(value("requests.cpu", Some("1m")), "250");
        assert_eq!(value("limits.cpu", None), "2");
        assert_eq!(value("requests.memory", Some("1Mi")), "100");
        assert_eq!(value("requests.gpu", None), "unsupported container resource : requests.gpu");
    }
}
