//! `networking.k8s.io/v1 NetworkPolicy`

use std::net::IpAddr;

use apimachinery::field_error::{FieldError, FieldPath, quoted};
use apimachinery::names;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, Strategy};
use crate::{cells, rules};

/// Which traffic of some Pods is let through.
pub struct NetworkPolicy;

/// Rules of a direction, and the field of each that lists peers.
const DIRECTIONS: [(&str, &str); 2] = [("ingress", "from"), ("egress", "to")];
const TYPES: [&str; 2] = ["Ingress", "Egress"];
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

static DEFAULTS: &[FieldDefault] =
    &[text("spec.ingress[].ports[].protocol", "TCP"), text("spec.egress[].ports[].protocol", "TCP")];

static RULES: KindRules = KindRules {
    group: "networking.k8s.io",
    plural: "networkpolicies",
    storage_prefix: "/registry/networkpolicies",
    defaults: DEFAULTS,
    generation: &[SPEC],
    ..KindRules::NEW
};

impl Strategy for NetworkPolicy {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.field("spec").is_null() || !object.items_at(&["spec", "policyTypes"]).is_empty() {
            return;
        }
        let types = match object.items_at(&["spec", "egress"]).is_empty() {
            true => tree!(["Ingress"]),
            false => tree!(["Ingress", "Egress"]),
        };
        object.set(&["spec", "policyTypes"], types);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object.field("spec"), &[], errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let blocks = blocks(old);
        let known: Vec<&str> = blocks.iter().map(|(_, text)| *text).collect();
        validate_spec(object.field("spec"), &known, errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        blocks(object).iter().flat_map(|(path, text)| range_warnings(path, text)).collect()
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let selector = cells::selector_text(object.at(&["spec", "podSelector"]));
        cells::row(vec![cells::name(object), selector.into(), cells::age(object, now)])
    }
}

/// All address ranges with their places.
fn blocks(object: &Value) -> Vec<(FieldPath, &str)> {
    let mut found = Vec::new();
    for (direction, peers) in DIRECTIONS {
        let path = FieldPath::new("spec").child(direction);
        for (at, rule) in object.items_at(&["spec", direction]).iter().enumerate() {
            for (nth, peer) in rule.items_at(&[peers]).iter().enumerate() {
                let (block, path) = (peer.field("ipBlock"), path.index(at).child(peers).index(nth).child("ipBlock"));
                if let Some(text) = block.field("cidr").as_str() {
                    found.push((path.child("cidr"), text));
                }
                let except = block.items_at(&["except"]).iter().filter_map(Value::as_str).enumerate();
                found.extend(except.map(|(k, text)| (path.child("except").index(k), text)));
            }
        }
    }
    found
}

fn validate_spec(spec: &Value, known_ranges: &[&str], errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec");
    rules::label_selector(spec.field("podSelector"), &path.child("podSelector"), errors);
    for (direction, peers) in DIRECTIONS {
        for (at, rule) in spec.items_at(&[direction]).iter().enumerate() {
            let path = path.child(direction).index(at);
            for (nth, port) in rule.items_at(&["ports"]).iter().enumerate() {
                validate_port(port, &path.child("ports").index(nth), errors);
            }
            for (nth, peer) in rule.items_at(&[peers]).iter().enumerate() {
                validate_peer(peer, known_ranges, &path.child(peers).index(nth), errors);
            }
        }
    }
    let (types, path) = (spec.items_at(&["policyTypes"]), path.child("policyTypes"));
    if types.len() > TYPES.len() {
        let value = rules::printed(spec.field("policyTypes"));
        return errors.push(FieldError::invalid(&path, value, "may not specify more than two policyTypes"));
    }
    for (at, name) in types.iter().filter_map(Value::as_str).enumerate().filter(|(_, it)| !TYPES.contains(it)) {
        errors.push(FieldError::not_supported(&path.index(at), name, &TYPES));
    }
}

fn validate_port(port: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(protocol) = port.field("protocol").as_str().filter(|it| !PROTOCOLS.contains(it)) {
        errors.push(FieldError::not_supported(&path.child("protocol"), protocol, &PROTOCOLS));
    }
    let (end, end_path) = (port.i64_at(&["endPort"]), path.child("endPort"));
    let number_errors = |number: i64, path: &FieldPath| {
        let messages = names::port_number(number).into_iter();
        messages.map(|it| FieldError::invalid(path, number, it)).collect::<Vec<_>>()
    };
    match (port.field("port"), end) {
        (Value::Null, None) => {}
        (Value::Null, Some(end)) => {
            errors.push(FieldError::invalid(&end_path, end, "may not be specified when `port` is not specified"));
        }
        (Value::String(name), end) => {
            if let Some(end) = end {
                errors.push(FieldError::invalid(&end_path, end, "may not be specified when `port` is non-numeric"));
            }
            rules::invalid_each(&path.child("port"), name, names::port_name(name), errors);
        }
        (number, end) => {
            let number = number.as_i64().unwrap_or(0);
            errors.extend(number_errors(number, &path.child("port")));
            if let Some(end) = end {
                if end < number {
                    errors.push(FieldError::invalid(&end_path, number, "must be greater than or equal to `port`"));
                }
                errors.extend(number_errors(end, &end_path));
            }
        }
    }
}

fn validate_peer(peer: &Value, known_ranges: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let is_given = |field: &str| !peer.field(field).is_null();
    for field in ["podSelector", "namespaceSelector"].into_iter().filter(|it| is_given(it)) {
        rules::label_selector(peer.field(field), &path.child(field), errors);
    }
    if is_given("ipBlock") {
        validate_block(peer.field("ipBlock"), known_ranges, &path.child("ipBlock"), errors);
    }
    match (is_given("podSelector") || is_given("namespaceSelector"), is_given("ipBlock")) {
        (false, false) => errors.push(FieldError::required(path, "must specify a peer")),
        (true, true) => errors.push(FieldError::forbidden(path, "may not specify both ipBlock and another peer")),
        _ => {}
    }
}

fn validate_block(block: &Value, known_ranges: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let range = block.str_at(&["cidr"]);
    if range.is_empty() {
        return errors.push(FieldError::required(&path.child("cidr"), ""));
    }
    let check = |text: &str, path: &FieldPath, errors: &mut Vec<FieldError>| {
        if !known_ranges.contains(&text) {
            errors.extend(names::legacy_cidr(path, text));
        }
        names::parse_cidr_sloppy(text)
    };
    let Some((outer, outer_bits)) = check(range, &path.child("cidr"), errors) else { return };
    for (at, text) in block.items_at(&["except"]).iter().filter_map(Value::as_str).enumerate() {
        let path = path.child("except").index(at);
        let Some((inner, inner_bits)) = check(text, &path, errors) else { continue };
        let is_inside =
            inner.is_ipv4() == outer.is_ipv4() && network_of(inner, outer_bits) == network_of(outer, outer_bits);
        if !is_inside || outer_bits >= inner_bits {
            errors.push(FieldError::invalid(&path, text, "must be a strict subset of `cidr`"));
        }
    }
}

/// The first address of the network of an address.
fn network_of(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::from((u32::from(it) & mask).to_be_bytes())
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::from((u128::from(it) & mask).to_be_bytes())
        }
    }
}

/// What is odd about a range that is accepted (`GetWarningsForCIDR`).
fn range_warnings(path: &FieldPath, text: &str) -> Vec<String> {
    let Some((ip, bits)) = names::parse_cidr_sloppy(text) else { return Vec::new() };
    let network = format!("{}/{bits}", network_of(ip, bits));
    let (shown, mut warnings) = (quoted(text), Vec::new());
    if network_of(ip, bits) != ip {
        let (network, single) = (quoted(&network), quoted(&format!("{ip}/{bits}")));
        warnings.push(format!(
            "{path}: CIDR value {shown} is ambiguous in this context (should be {network} or {single}?)"
        ));
    }
    let strict = text.split_once('/').and_then(|(address, _)| address.parse::<IpAddr>().ok());
    let is_standard = strict.is_some_and(|it| it.to_canonical() == it);
    if !is_standard {
        let network = quoted(&network);
        warnings.push(format!("{path}: non-standard CIDR value {shown} is invalid: use {network}"));
    }
    let canonical = format!("{ip}/{bits}");
    if warnings.is_empty() && ip.is_ipv6() && canonical != text {
        let canonical = quoted(&canonical);
        warnings.push(format!("{path}: IPv6 CIDR value {shown} should be in RFC 5952 canonical format ({canonical})"));
    }
    warnings
}
