//! What a Service must be, and how it may change (`validateService`, `ValidateServiceUpdate`).

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;

use super::super::endpoints;
use super::{
    cluster_ips, health_check_port, ip_families, is_externally_accessible, is_headless, is_load_balancer, kind,
    needs_health_check, node_port, ports, strings,
};
use crate::rules;

const AFFINITY_SECONDS_MAX: i64 = 86_400;
const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const ONLY_LOAD_BALANCER: &str = "may only be used when `type` is 'LoadBalancer'";

/// Checks a Service as it will be stored, but for what is reserved later.
pub(super) fn validate(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    validate_annotations(object, errors);
    validate_demands_of_type(object, errors);
    let all = ports(object);
    for (at, port) in all.iter().enumerate() {
        validate_port(port, &all[..at], all.len() > 1, &spec("ports").index(at), errors);
    }
    let selector = object.at(&["spec", "selector"]).as_object();
    rules::labels(selector, &FieldPath::new("spec.selector"), errors);
    validate_affinity(object, errors);
    validate_external_ips(object, old, errors);
    validate_type(object, errors);
    validate_doubled_ports(object, old, errors);
    validate_load_balancer(object, old, errors);
    validate_traffic(object, errors);
}

fn spec(field: &str) -> FieldPath {
    FieldPath::new("spec").child(field)
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.str_at(&["spec", field])
}

fn validate_annotations(object: &Value, errors: &mut Vec<FieldError>) {
    if let (Some(hints), Some(mode)) = (object.annotation(TOPOLOGY_HINTS), object.annotation(TOPOLOGY_MODE))
        && hints != mode
    {
        let path = FieldPath::new("metadata.annotations").key(TOPOLOGY_MODE);
        let detail = format!("must match annotations[{TOPOLOGY_HINTS}] when both are specified");
        errors.push(FieldError::invalid(&path, mode, detail));
    }
}

fn validate_demands_of_type(object: &Value, errors: &mut Vec<FieldError>) {
    let kind = kind(object);
    if ports(object).is_empty() && !is_headless(object) && kind != "ExternalName" {
        errors.push(FieldError::required(&spec("ports"), ""));
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(object) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.push(FieldError::invalid(&spec("clusterIPs").index(0), "None", detail));
        }
        "ExternalName" => validate_external_name(object, errors),
        _ => {}
    }
}

fn validate_type(object: &Value, errors: &mut Vec<FieldError>) {
    match kind(object) {
        "" => errors.push(FieldError::required(&spec("type"), "")),
        known if TYPES.contains(&known) => {}
        other => errors.push(FieldError::not_supported(&spec("type"), other, TYPES)),
    }
}

fn validate_external_name(object: &Value, errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "may not be set for ExternalName services";
    let is_set = [
        ("clusterIPs", !cluster_ips(object).is_empty()),
        ("ipFamilies", !ip_families(object).is_empty()),
        ("ipFamilyPolicy", !text(object, "ipFamilyPolicy").is_empty()),
    ];
    for (field, _) in is_set.iter().filter(|(_, is_set)| *is_set) {
        errors.push(FieldError::forbidden(&spec(field), DETAIL));
    }
    let name = text(object, "externalName");
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.push(FieldError::required(&spec("externalName"), "")),
        name => rules::invalid_each(&spec("externalName"), name, names::dns1123_subdomain(name), errors),
    }
}

fn validate_doubled_ports(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let all = ports(object);
    if kind(object) == "ClusterIP" {
        for (at, _) in all.iter().enumerate().filter(|(_, it)| node_port(it) != 0) {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(&spec("ports").index(at).child("nodePort"), detail));
        }
    }
    let protocol = |port: &Value| port.str_at(&["protocol"]).to_owned();
    for (at, port) in all.iter().enumerate() {
        let before = || all[..at].iter().filter(|it| protocol(it) == protocol(port));
        let path = spec("ports").index(at);
        if node_port(port) != 0 && before().any(|it| node_port(it) == node_port(port)) {
            // Upstream notices a new one when it takes the ports, which is before validation.
            let path = path.child("nodePort");
            errors.push(match ports(old).iter().any(|it| node_port(it) == node_port(port)) {
                true => FieldError::duplicate(&path, node_port(port)),
                false => FieldError::invalid(&path, node_port(port), "provided port is already allocated"),
            });
        }
        let number = port.i64_at(&["port"]).unwrap_or(0);
        if before().any(|it| it.i64_at(&["port"]).unwrap_or(0) == number) {
            let text = format!(r#"{{"Name":"","Protocol":"{}","AppProtocol":null,"Port":{number},"#, protocol(port));
            let text = format!(r#"{text}"TargetPort":0,"NodePort":0}}"#);
            errors.push(FieldError::duplicate(&path, apimachinery::field_error::Verbatim(text)));
        }
    }
}

fn validate_port(port: &Value, before: &[Value], needs_name: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = port.str_at(&["name"]);
    if !name.is_empty() {
        rules::invalid_each(&path.child("name"), name, names::dns1123_label(name), errors);
        if before.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
    } else if needs_name {
        errors.push(FieldError::required(&path.child("name"), ""));
    }
    let number = port.i64_at(&["port"]).unwrap_or(0);
    for message in names::port_number(number) {
        errors.push(FieldError::invalid(&path.child("port"), number, message));
    }
    endpoints::protocol(port, path, errors);
    match port.field("targetPort") {
        Value::Int(number) => {
            for message in names::port_number(*number) {
                errors.push(FieldError::invalid(&path.child("targetPort"), *number, message));
            }
        }
        Value::String(name) => rules::invalid_each(&path.child("targetPort"), name, names::port_name(name), errors),
        _ => {}
    }
    endpoints::app_protocol(port, path, errors);
}

fn validate_affinity(object: &Value, errors: &mut Vec<FieldError>) {
    let config = object.at(&["spec", "sessionAffinityConfig"]);
    match text(object, "sessionAffinity") {
        "" => errors.push(FieldError::required(&spec("sessionAffinity"), "")),
        "None" if !config.is_null() => {
            let detail = "must not be set when session affinity is None";
            errors.push(FieldError::forbidden(&spec("sessionAffinityConfig"), detail));
        }
        "None" => {}
        "ClientIP" => {
            let path = spec("sessionAffinityConfig").child("clientIP").child("timeoutSeconds");
            let Some(seconds) = config.i64_at(&["clientIP", "timeoutSeconds"]) else {
                let detail = "when session affinity type is ClientIP";
                errors.push(FieldError::required(&path, detail));
                return;
            };
            if !(1..=AFFINITY_SECONDS_MAX).contains(&seconds) {
                let detail = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
                errors.push(FieldError::invalid(&path, seconds, detail));
            }
        }
        other => errors.push(FieldError::not_supported(&spec("sessionAffinity"), other, &["ClientIP", "None"])),
    }
}

fn validate_external_ips(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let before = strings(old, "externalIPs");
    for (at, ip) in strings(object, "externalIPs").into_iter().enumerate() {
        let path = spec("externalIPs").index(at);
        let found = if before.contains(&ip) { Vec::new() } else { names::legacy_ip(&path, ip) };
        match found.is_empty() {
            true => endpoints::endpoint_ip(ip, &path, errors),
            false => errors.extend(found),
        }
    }
}

fn validate_load_balancer(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let is_load_balancer = is_load_balancer(object);
    let ranges = strings(object, "loadBalancerSourceRanges");
    // Upstream writes the field with a capital letter here.
    let path = spec("LoadBalancerSourceRanges");
    if !ranges.is_empty() && !is_load_balancer {
        errors.push(FieldError::forbidden(&path, ONLY_LOAD_BALANCER));
    }
    let before: Vec<&str> = strings(old, "loadBalancerSourceRanges").into_iter().map(str::trim).collect();
    for (at, range) in ranges.into_iter().map(str::trim).enumerate().filter(|(_, it)| !before.contains(it)) {
        errors.extend(names::legacy_cidr(&path.index(at), range));
    }
    let allocate = object.at(&["spec", "allocateLoadBalancerNodePorts"]);
    match (is_load_balancer, allocate.is_null()) {
        (false, false) => {
            errors.push(FieldError::forbidden(&spec("allocateLoadBalancerNodePorts"), ONLY_LOAD_BALANCER));
        }
        (true, true) => errors.push(FieldError::required(&FieldPath::new("allocateLoadBalancerNodePorts"), "")),
        _ => {}
    }
    if let Some(class) = object.at(&["spec", "loadBalancerClass"]).as_str() {
        let path = spec("loadBalancerClass");
        match is_load_balancer {
            true => rules::invalid_each(&path, class, names::qualified_name(class), errors),
            false => errors.push(FieldError::forbidden(&path, ONLY_LOAD_BALANCER)),
        }
    }
}

fn validate_traffic(object: &Value, errors: &mut Vec<FieldError>) {
    let path = spec("externalTrafficPolicy");
    match (is_externally_accessible(object), text(object, "externalTrafficPolicy")) {
        (false, "") | (true, "Cluster" | "Local") => {}
        (false, policy) => {
            let detail = "may only be set for externally-accessible services";
            errors.push(FieldError::invalid(&path, policy, detail));
        }
        (true, "") => errors.push(FieldError::required(&path, "")),
        (true, policy) => errors.push(FieldError::not_supported(&path, policy, &["Cluster", "Local"])),
    }
    let port = health_check_port(object);
    if port != 0 {
        let path = spec("healthCheckNodePort");
        match needs_health_check(object) {
            false => {
                let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
                errors.push(FieldError::invalid(&path, port, detail));
            }
            true => {
                errors.extend(names::port_number(port).into_iter().map(|text| FieldError::invalid(&path, port, text)))
            }
        }
    }
    let path = spec("internalTrafficPolicy");
    match text(object, "internalTrafficPolicy") {
        "Cluster" | "Local" => {}
        "" if kind(object) == "ExternalName" => {}
        "" => errors.push(FieldError::required(&path, "")),
        other => errors.push(FieldError::not_supported(&path, other, &["Cluster", "Local"])),
    }
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(name) = object.at(&["spec", "trafficDistribution"]).as_str().filter(|it| !known.contains(it)) {
        errors.push(FieldError::not_supported(&spec("trafficDistribution"), name, &known));
    }
}

// ---- changes ------------------------------------------------------------------------------------

/// What an update of a Service may not do.
pub(super) fn validate_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if kind(object) != "ExternalName" && kind(old) != "ExternalName" {
        validate_addresses_change(object, old, errors);
        validate_families_change(object, old, errors);
    }
    let class = |it: &Value| it.at(&["spec", "loadBalancerClass"]).as_str().map(str::to_owned);
    if is_load_balancer(object) && is_load_balancer(old) && class(object) != class(old) {
        let value = rules::printed(object.at(&["spec", "loadBalancerClass"]));
        errors.push(FieldError::invalid(&spec("loadBalancerClass"), value, "may not change once set"));
    }
    let checks_health = needs_health_check(object) && needs_health_check(old);
    if checks_health && health_check_port(object) != health_check_port(old) {
        errors.push(FieldError::forbidden(&spec("healthCheckNodePort"), "field is immutable"));
    }
}

fn validate_addresses_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if is_headless(object) && is_headless(old) {
        return;
    }
    let (new, before) = (cluster_ips(object), cluster_ips(old));
    let mut refuse = |at: usize, detail: &str| {
        let value = rules::printed_strings(new.iter().copied());
        errors.push(FieldError::invalid(&spec("clusterIPs").index(at), value, detail));
    };
    if new.len() == before.len() {
        for (at, _) in new.iter().zip(&before).enumerate().filter(|(_, (new, before))| new != before) {
            refuse(at, "may not change once set");
        }
        return;
    }
    if new.is_empty() {
        refuse(0, "primary clusterIP can not be unset");
    } else if !before.is_empty() && new[0] != before[0] {
        refuse(0, "may not change once set");
    }
    if new.len() == 1 && before.len() == 2 {
        must_be_single(object, "must be set to 'SingleStack' when releasing the secondary clusterIP", errors);
    }
}

fn validate_families_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if is_headless(object) || is_headless(old) {
        return;
    }
    let (new, before) = (ip_families(object), ip_families(old));
    let is_kept = match new.len() == before.len() {
        true => new == before,
        false => new.first() == before.first() || new.is_empty() || before.is_empty(),
    };
    if !is_kept {
        let value = rules::printed_strings(new.iter().copied());
        errors.push(FieldError::invalid(&spec("ipFamilies").index(0), value, "may not change once set"));
    }
    if new.len() == 1 && before.len() == 2 {
        must_be_single(object, "must be set to 'SingleStack' when releasing the secondary ipFamily", errors);
    }
}

fn must_be_single(object: &Value, detail: &str, errors: &mut Vec<FieldError>) {
    let policy = text(object, "ipFamilyPolicy");
    if policy != "SingleStack" {
        errors.push(FieldError::invalid(&spec("ipFamilyPolicy"), policy, detail));
    }
}

/// `ValidateLoadBalancerStatus`
pub(super) fn validate_status(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    const INGRESS: &[&str] = &["status", "loadBalancer", "ingress"];
    let path = FieldPath::new("status.loadBalancer.ingress");
    let all = object.items_at(INGRESS);
    if !is_load_balancer(object) && !all.is_empty() {
        errors.push(FieldError::forbidden(&path, "may only be used when `spec.type` is 'LoadBalancer'"));
        return;
    }
    let before: Vec<&str> = old.items_at(INGRESS).iter().map(|it| it.str_at(&["ip"])).collect();
    for (at, ingress) in all.iter().enumerate() {
        let (path, ip) = (path.index(at), ingress.str_at(&["ip"]));
        if !ip.is_empty() && !before.contains(&ip) {
            errors.extend(names::legacy_ip(&path.child("ip"), ip));
        }
        match (ip, ingress.field("ipMode").as_str()) {
            ("", None) => {}
            ("", Some(_)) => {
                let detail = "may not be specified when `ip` is not set";
                errors.push(FieldError::forbidden(&path.child("ipMode"), detail));
            }
            (_, None) => {
                let detail = "must be specified when `ip` is set";
                errors.push(FieldError::required(&path.child("ipMode"), detail));
            }
            (_, Some("VIP" | "Proxy")) => {}
            (_, Some(mode)) => {
                errors.push(FieldError::not_supported(&path.child("ipMode"), mode, &["Proxy", "VIP"]));
            }
        }
        let hostname = ingress.str_at(&["hostname"]);
        if !hostname.is_empty() {
            rules::invalid_each(&path.child("hostname"), hostname, names::dns1123_subdomain(hostname), errors);
            if names::parse_ip_sloppy(hostname).is_some() {
                let detail = "must be a DNS name, not an IP address";
                errors.push(FieldError::invalid(&path.child("hostname"), hostname, detail));
            }
        }
    }
}
