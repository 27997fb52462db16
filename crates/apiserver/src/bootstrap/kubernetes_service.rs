//! The Service `default/kubernetes` with its endpoints, and the ServiceCIDR `kubernetes`.

use std::net::IpAddr;

use apimachinery::time;
use apimachinery::tree;
use apimachinery::value::Value;

use super::api_caller::{ApiCaller, Collection};
use super::{BootstrapError, create_missing};
use crate::config::Config;

const NAME: &str = "kubernetes";
const NAMESPACE: &str = "default";

/// Creates and repairs them.
pub async fn reconcile(api: &ApiCaller, config: &Config) -> Result<(), BootstrapError> {
    // The range first: the Service's address is taken from it.
    service_cidr(api, config).await?;
    create_missing(api, Collection::SERVICES, &[service(config)]).await?;
    publish(api, config.advertise_address, config.port).await
}

/// Makes the endpoints say `address`.
pub async fn publish(api: &ApiCaller, address: IpAddr, port: u16) -> Result<(), BootstrapError> {
    let (endpoints, slice) = (endpoints(address, port), endpoint_slice(address, port));
    let endpoints = replace(api, Collection::ENDPOINTS, endpoints, &["subsets"]);
    let slice = replace(api, Collection::ENDPOINT_SLICES, slice, &["endpoints", "ports", "addressType"]);
    tokio::try_join!(endpoints, slice).map(|_| ())
}

/// Creates `wanted`, or updates what is there when one of `fields` differs.
async fn replace(
    api: &ApiCaller,
    collection: Collection,
    wanted: Value,
    fields: &[&'static str],
) -> Result<(), BootstrapError> {
    if !api.serves(collection) {
        return Ok(());
    }
    let Some(now) = api.get(collection, NAMESPACE, NAME).await? else {
        return api.create(collection, &wanted).await.map(|_| ());
    };
    if fields.iter().all(|field| contains(now.field(field), wanted.field(field))) {
        return Ok(());
    }
    if now.field("addressType") != wanted.field("addressType") {
        // The type of a slice's addresses cannot be changed.
        api.delete(collection, &wanted).await?;
        return api.create(collection, &wanted).await.map(|_| ());
    }
    let mut changed = now;
    fields.iter().for_each(|field| changed.set(&[field], wanted.field(field).clone()));
    api.update(collection, &changed).await.map(|_| ())
}

/// Whether `now` says all that `wanted` says; defaults may have been added.
fn contains(now: &Value, wanted: &Value) -> bool {
    match (now, wanted) {
        (Value::Object(now), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| now.get(key).is_some_and(|own| contains(own, value)))
        }
        (Value::Array(now), Value::Array(wanted)) => {
            now.len() == wanted.len() && now.iter().zip(wanted).all(|(now, wanted)| contains(now, wanted))
        }
        (now, wanted) => now == wanted,
    }
}

/// The first address of the Service range.
fn service_address(config: &Config) -> Option<IpAddr> {
    config.service_cidrs.first()?.nth(1)
}

fn service(config: &Config) -> Value {
    let mut service = tree!({
        "metadata": {
            "name": NAME, "namespace": NAMESPACE, "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": (i64::from(config.port))}],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilyPolicy": "SingleStack",
        },
    });
    if let Some(address) = service_address(config) {
        service.set(&["spec", "clusterIP"], address.to_string());
    }
    service
}

fn endpoints(address: IpAddr, port: u16) -> Value {
    tree!({
        "metadata": {
            "name": NAME, "namespace": NAMESPACE, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [{
            "addresses": [{"ip": (address.to_string())}],
            "ports": [{"name": "https", "port": (i64::from(port)), "protocol": "TCP"}],
        }],
    })
}

fn endpoint_slice(address: IpAddr, port: u16) -> Value {
    tree!({
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": (if address.is_ipv4() { "IPv4" } else { "IPv6" }),
        "endpoints": [{"addresses": [(address.to_string())], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": (i64::from(port)), "protocol": "TCP"}],
    })
}

async fn service_cidr(api: &ApiCaller, config: &Config) -> Result<(), BootstrapError> {
    let collection = Collection::SERVICE_CIDRS;
    if !api.serves(collection) {
        return Ok(());
    }
    let cidrs: Value = config.service_cidrs.iter().map(|cidr| Value::from(cidr.to_string())).collect();
    let wanted = tree!({"metadata": {"name": NAME}, "spec": {"cidrs": cidrs}});
    let now = api.get(collection, "", NAME).await?;
    if now.is_none() {
        api.create(collection, &wanted).await?;
    }
    let conditions = now.as_ref().map(|now| now.items_at(&["status", "conditions"])).unwrap_or_default();
    let is_judged = conditions.iter().any(|it| it.str_at(&["type"]) == "Ready");
    let is_ours = now.as_ref().is_none_or(|now| now.at(&["spec", "cidrs"]) == wanted.at(&["spec", "cidrs"]));
    if is_judged || !is_ours {
        return Ok(());
    }
    let condition = tree!({
        "type": "Ready", "status": "True", "reason": "", "message": "Kubernetes default Service CIDR is ready",
        "lastTransitionTime": (time::format_seconds(jiff::Timestamp::now())),
    });
    api.patch_status(collection, NAME, &tree!({"status": {"conditions": [condition]}})).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_were_added_are_no_difference() {
        let wanted = endpoint_slice(IpAddr::from([10, 0, 0, 1]), 6443);
        let mut now = wanted.clone();
        now.set(&["endpoints"], tree!([{"addresses": ["10.0.0.1"], "conditions": {"ready": true, "serving": true}}]));
        assert!(contains(&now, &wanted));
        assert!(!contains(&now, &endpoint_slice(IpAddr::from([10, 0, 0, 2]), 6443)));
        assert!(!contains(&Value::Null, &wanted));
    }
}
