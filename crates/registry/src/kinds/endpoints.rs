//! `v1 Endpoints`: the addresses of a Service, in the older form.

use std::net::IpAddr;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// Addresses of a Service.
pub struct Endpoints;

/// Addresses that a Table cell shows.
const SHOWN_MAX: usize = 3;

/// Transport protocols, sorted.
pub(super) const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

static DEFAULTS: &[FieldDefault] = &[text("subsets[].ports[].protocol", "TCP")];

static RULES: KindRules = KindRules {
    plural: "endpoints",
    storage_prefix: "/registry/services/endpoints",
    defaults: DEFAULTS,
    allows_create_on_update: true,
    ..KindRules::NEW
};

impl Strategy for Endpoints {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        for (at, subset) in object.items_at(&["subsets"]).iter().enumerate() {
            validate_subset(subset, &FieldPath::new("subsets").index(at), errors);
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        // Older versions took data that is wrong today; it may stay.
        if object.field("subsets") != old.field("subsets") {
            self.validate(object, context, errors);
        }
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        if object.label("endpoints.kubernetes.io/managed-by") == Some("endpoint-controller") {
            return Vec::new();
        }
        let mut warnings = Vec::new();
        for (at, subset) in object.items_at(&["subsets"]).iter().enumerate() {
            for field in ["addresses", "notReadyAddresses"] {
                for (nth, address) in subset.items_at(&[field]).iter().enumerate() {
                    let path = FieldPath::new("subsets").index(at).child(field).index(nth).child("ip");
                    warnings.extend(rules::ip_warnings(&path, address.str_at(&["ip"])));
                }
            }
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), addresses_text(object).into(), cells::age(object, now)])
    }
}

fn validate_subset(subset: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (ready, not_ready) = (subset.items_at(&["addresses"]), subset.items_at(&["notReadyAddresses"]));
    if ready.is_empty() && not_ready.is_empty() {
        errors.push(FieldError::required(path, "must specify `addresses` or `notReadyAddresses`"));
    }
    for (field, addresses) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        for (at, address) in addresses.iter().enumerate() {
            validate_address(address, &path.child(field).index(at), errors);
        }
    }
    let ports = subset.items_at(&["ports"]);
    for (at, port) in ports.iter().enumerate() {
        validate_port(port, ports.len() > 1, &path.child("ports").index(at), errors);
    }
}

fn validate_address(address: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let ip = address.str_at(&["ip"]);
    errors.extend(names::legacy_ip(&path.child("ip"), ip));
    let hostname = address.str_at(&["hostname"]);
    if !hostname.is_empty() {
        rules::invalid_each(&path.child("hostname"), hostname, names::dns1123_label(hostname), errors);
    }
    if let Some(node) = address.field("nodeName").as_str() {
        rules::invalid_each(&path.child("nodeName"), node, names::dns1123_subdomain(node), errors);
    }
    endpoint_ip(ip, &path.child("ip"), errors);
}

/// Addresses that can be no endpoint (`ValidateEndpointIP`).
pub(super) fn endpoint_ip(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(ip) = names::parse_ip_sloppy(text) else {
        errors.push(FieldError::invalid(path, text, "must be a valid IP address"));
        return;
    };
    let mut refuse = |detail: String| errors.push(FieldError::invalid(path, text, detail));
    if ip.is_unspecified() {
        refuse(format!("may not be unspecified ({text})"));
    }
    if ip.is_loopback() {
        refuse("may not be in the loopback range (127.0.0.0/8, ::1/128)".into());
    }
    let (is_link_local, is_link_local_multicast) = match ip {
        IpAddr::V4(it) => (it.is_link_local(), it.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(it) => (it.is_unicast_link_local(), it.segments()[0] & 0xff0f == 0xff02),
    };
    if is_link_local {
        refuse("may not be in the link-local range (169.254.0.0/16, fe80::/10)".into());
    }
    if is_link_local_multicast {
        refuse("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".into());
    }
}

fn validate_port(port: &Value, needs_name: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = port.str_at(&["name"]);
    match name.is_empty() {
        true if needs_name => errors.push(FieldError::required(&path.child("name"), "")),
        true => {}
        false => rules::invalid_each(&path.child("name"), name, names::dns1123_label(name), errors),
    }
    let number = port.i64_at(&["port"]).unwrap_or(0);
    for message in names::port_number(number) {
        errors.push(FieldError::invalid(&path.child("port"), number, message));
    }
    protocol(port, path, errors);
    app_protocol(port, path, errors);
}

/// `protocol` of a port.
pub(super) fn protocol(port: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match port.str_at(&["protocol"]) {
        "" => errors.push(FieldError::required(&path.child("protocol"), "")),
        known if PROTOCOLS.contains(&known) => {}
        other => errors.push(FieldError::not_supported(&path.child("protocol"), other, PROTOCOLS)),
    }
}

/// `appProtocol` of a port.
pub(super) fn app_protocol(port: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(name) = port.field("appProtocol").as_str() {
        rules::invalid_each(&path.child("appProtocol"), name, names::qualified_name(name), errors);
    }
}

/// The first few addresses with their ports, and how many more there are.
fn addresses_text(object: &Value) -> String {
    let subsets = object.items_at(&["subsets"]);
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = || subset.items_at(&["addresses"]).iter().map(|it| it.str_at(&["ip"]));
        let ports = subset.items_at(&["ports"]);
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            let port = port.i64_at(&["port"]).unwrap_or(0);
            all.extend(addresses().map(|ip| match ip.contains(':') {
                true => format!("[{ip}]:{port}"),
                false => format!("{ip}:{port}"),
            }));
        }
    }
    let shown = all[..all.len().min(SHOWN_MAX)].join(",");
    match all.len() {
        count if count > SHOWN_MAX => format!("{shown} + {} more...", count - SHOWN_MAX),
        _ => shown,
    }
}
