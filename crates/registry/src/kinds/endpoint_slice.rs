//! `discovery.k8s.io/v1 EndpointSlice`: some of the addresses of a Service.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::endpoints;
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, LABELS, Strategy};
use crate::{cells, rules};

/// Some of the addresses of a Service.
pub struct EndpointSlice;

const ENDPOINTS_MAX: usize = 1_000;
const ADDRESSES_MAX: usize = 100;
const PORTS_MAX: usize = 20_000;
const HINTS_MAX: usize = 8;

/// Ports or addresses that a Table cell shows.
const SHOWN_MAX: usize = 3;

const ADDRESS_TYPES: &[&str] = &["FQDN", "IPv4", "IPv6"];

static DEFAULTS: &[FieldDefault] = &[text("ports[].name", ""), text("ports[].protocol", "TCP")];

static RULES: KindRules = KindRules {
    group: "discovery.k8s.io",
    plural: "endpointslices",
    storage_prefix: "/registry/endpointslices",
    defaults: DEFAULTS,
    generation: &[&["addressType"], &["endpoints"], &["ports"], LABELS],
    ..KindRules::NEW
};

impl Strategy for EndpointSlice {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        drop_topology(object);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        if object.field("endpoints") != old.field("endpoints") {
            drop_topology(object);
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_but_endpoints(object, errors);
        validate_endpoints(object, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_but_endpoints(object, errors);
        if object.field("endpoints") != old.field("endpoints") {
            validate_endpoints(object, errors);
        }
        rules::immutable(object, old, &["addressType"], errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        if old.is_null() && object.str_at(&["addressType"]) == "FQDN" {
            warnings.push("spec.addressType: FQDN endpoints are deprecated".to_owned());
        }
        let manager = object.label("endpointslice.kubernetes.io/managed-by").unwrap_or("");
        if matches!(manager, "endpointslice-controller.k8s.io" | "endpointslicemirroring-controller.k8s.io") {
            return warnings;
        }
        for (at, endpoint) in object.items_at(&["endpoints"]).iter().enumerate() {
            for (nth, address) in endpoint.items_at(&["addresses"]).iter().enumerate() {
                let path = FieldPath::new("endpoints").index(at).child("addresses").index(nth);
                warnings.extend(rules::ip_warnings(&path, address.as_str().unwrap_or("")));
            }
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let ports = object.items_at(&["ports"]).iter().map(port_text).collect();
        let endpoints = object.items_at(&["endpoints"]).iter().flat_map(|it| it.items_at(&["addresses"]));
        let addresses = endpoints.filter_map(Value::as_str).map(str::to_owned).collect();
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["addressType"]),
            shown(ports).into(),
            shown(addresses).into(),
            cells::age(object, now),
        ])
    }
}

/// The v1 API does not write the older topology labels.
fn drop_topology(object: &mut Value) {
    for endpoint in object.at_mut(&["endpoints"]).and_then(Value::as_array_mut).into_iter().flatten() {
        endpoint.remove_at(&["deprecatedTopology"]);
    }
}

fn validate_but_endpoints(object: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("addressType");
    match object.str_at(&["addressType"]) {
        "" => errors.push(FieldError::required(&path, "")),
        known if ADDRESS_TYPES.contains(&known) => {}
        other => errors.push(FieldError::not_supported(&path, other, ADDRESS_TYPES)),
    }
    let (path, ports) = (FieldPath::new("ports"), object.items_at(&["ports"]));
    if ports.len() > PORTS_MAX {
        errors.push(FieldError::too_many(&path, ports.len(), PORTS_MAX));
        return;
    }
    for (at, port) in ports.iter().enumerate() {
        let path = path.index(at);
        let name = port.str_at(&["name"]);
        if !name.is_empty() {
            rules::invalid_each(&path.child("name"), name, names::dns1123_label(name), errors);
        }
        if ports[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        endpoints::protocol(port, &path, errors);
        endpoints::app_protocol(port, &path, errors);
    }
}

fn validate_endpoints(object: &Value, errors: &mut Vec<FieldError>) {
    let (path, endpoints) = (FieldPath::new("endpoints"), object.items_at(&["endpoints"]));
    if endpoints.len() > ENDPOINTS_MAX {
        errors.push(FieldError::too_many(&path, endpoints.len(), ENDPOINTS_MAX));
        return;
    }
    let address_type = object.str_at(&["addressType"]);
    for (at, endpoint) in endpoints.iter().enumerate() {
        validate_endpoint(endpoint, address_type, &path.index(at), errors);
    }
}

fn validate_endpoint(endpoint: &Value, address_type: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (addresses_path, addresses) = (path.child("addresses"), endpoint.items_at(&["addresses"]));
    match addresses.len() {
        0 => errors.push(FieldError::required(&addresses_path, "must contain at least 1 address")),
        count if count > ADDRESSES_MAX => {
            errors.push(FieldError::too_many(&addresses_path, count, ADDRESSES_MAX));
        }
        _ => {}
    }
    for (at, address) in addresses.iter().filter_map(Value::as_str).enumerate() {
        validate_address(address, address_type, &addresses_path, at, errors);
    }
    if let Some(node) = endpoint.field("nodeName").as_str() {
        rules::invalid_each(&path.child("nodeName"), node, names::dns1123_subdomain(node), errors);
    }
    if let Some(hostname) = endpoint.field("hostname").as_str() {
        rules::invalid_each(&path.child("hostname"), hostname, names::dns1123_label(hostname), errors);
    }
    let hints = endpoint.field("hints");
    validate_hints(hints, "forZones", names::label_value, &path.child("hints"), errors);
    validate_hints(hints, "forNodes", names::dns1123_subdomain, &path.child("hints"), errors);
}

fn validate_address(address: &str, address_type: &str, path: &FieldPath, at: usize, errors: &mut Vec<FieldError>) {
    let item = path.index(at);
    let (bad, wanted) = match address_type {
        "IPv4" => (names::legacy_ip(&item, address), "must be an IPv4 address"),
        "IPv6" => (names::ip(&item, address), "must be an IPv6 address"),
        "FQDN" => {
            errors.extend(names::fully_qualified_domain_name(&item, address));
            return;
        }
        _ => return,
    };
    if !bad.is_empty() {
        errors.extend(bad);
        return;
    }
    let is_wanted = names::parse_ip_sloppy(address).is_some_and(|ip| ip.is_ipv4() == (address_type == "IPv4"));
    if !is_wanted {
        errors.push(FieldError::invalid(path, address, wanted));
    }
    endpoints::endpoint_ip(address, &item, errors);
}

fn validate_hints(hints: &Value, field: &str, rule: names::NameRule, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (path, hints) = (path.child(field), hints.items_at(&[field]));
    if hints.len() > HINTS_MAX {
        errors.push(FieldError::too_many(&path, hints.len(), HINTS_MAX));
        return;
    }
    for (at, hint) in hints.iter().enumerate() {
        let (path, name) = (path.index(at).child("name"), hint.str_at(&["name"]));
        if hints[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path, name));
        }
        rules::invalid_each(&path, name, rule(name), errors);
    }
}

fn port_text(port: &Value) -> String {
    match port.i64_at(&["port"]) {
        Some(number) => number.to_string(),
        None => port.field("name").as_str().unwrap_or("*").to_owned(),
    }
}

fn shown(all: Vec<String>) -> String {
    let text = all[..all.len().min(SHOWN_MAX)].join(",");
    match all.len() {
        count if count > SHOWN_MAX => format!("{text} + {} more...", count - SHOWN_MAX),
        _ if text.is_empty() => "<unset>".to_owned(),
        _ => text,
    }
}
