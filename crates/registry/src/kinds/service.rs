//! `v1 Service`. Addresses and node ports are reserved by the write pipeline after validation, see `reserve.rs`.

mod families;
mod validation;

use apimachinery::field_error::{FieldError, FieldPath, quoted};
use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Reservation, SPEC, STATUS, SelectableField, Strategy, Subresource};
use crate::{cells, name_rules, rules};

/// A stable address for a set of Pods.
pub struct Service;

const AFFINITY_SECONDS_DEFAULT: i64 = 10_800;

static DEFAULTS: &[FieldDefault] =
    &[text("spec.sessionAffinity", "None"), text("spec.type", "ClusterIP"), text("spec.ports[].protocol", "TCP")];

static RULES: KindRules = KindRules {
    plural: "services",
    storage_prefix: "/registry/services/specs",
    name_rule: name_rules::dns_label,
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    selectable_fields: &[
        SelectableField::new("spec.clusterIP", &[&["spec", "clusterIP"]]),
        SelectableField::new("spec.type", &[&["spec", "type"]]),
    ],
    allows_create_on_update: true,
    returns_deleted_object: true,
    reservation: Some(Reservation::ServiceAddresses),
    ..KindRules::NEW
};

impl Strategy for Service {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_affinity(object);
        default_target_ports(object);
        if is_externally_accessible(object) && object.str_at(&["spec", "externalTrafficPolicy"]).is_empty() {
            object.set(&["spec", "externalTrafficPolicy"], "Cluster");
        }
        if !needs_cluster_ip(object) {
            // Upstream stores it for this type, but never shows it.
            object.remove_at(&["spec", "internalTrafficPolicy"]);
        } else if object.at(&["spec", "internalTrafficPolicy"]).is_null() {
            object.set(&["spec", "internalTrafficPolicy"], "Cluster");
        }
        if is_load_balancer(object) && object.at(&["spec", "allocateLoadBalancerNodePorts"]).is_null() {
            object.set(&["spec", "allocateLoadBalancerNodePorts"], true);
        }
        default_ip_modes(object);
    }

    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        let first = cluster_ip(object).to_owned();
        if !first.is_empty() && cluster_ips(object).is_empty() {
            object.set(&["spec", "clusterIPs"], vec![first.into()]);
        }
        families::initialise(object, &Value::Null, context.config);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, context: &Context<'_>) {
        keep_allocated(object, old);
        same_cluster_ips_in_both_fields(object, old);
        families::initialise(object, old, context.config);
        drop_fields_of_the_old_type(object, old);
    }

    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        families::check(object, &Value::Null, context.config, errors);
        if errors.is_empty() {
            validation::validate(object, &Value::Null, errors);
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        families::check(object, old, context.config, errors);
        if errors.is_empty() {
            validation::validate_change(object, old, errors);
            validation::validate(object, old, errors);
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validation::validate_status(object, old, errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let ports: Vec<String> = ports(object).iter().map(port_text).collect();
        let ports = if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") };
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "type"]),
            cluster_ips(object).first().copied().unwrap_or("<none>").into(),
            external_text(object).into(),
            ports.into(),
            cells::age(object, now),
            cells::labels_text(object.at(&["spec", "selector"])).into(),
        ])
    }
}

// ---- what a Service is --------------------------------------------------------------------------

/// `spec.type`
pub(crate) fn kind(object: &Value) -> &str {
    object.str_at(&["spec", "type"])
}

/// Whether the type has addresses at all (all but `ExternalName`).
pub(crate) fn needs_cluster_ip(object: &Value) -> bool {
    kind(object) != "ExternalName"
}

/// Whether the Service asks for no address of its own.
pub(crate) fn is_headless(object: &Value) -> bool {
    cluster_ips(object) == ["None"]
}

/// `spec.clusterIPs`
pub(crate) fn cluster_ips(object: &Value) -> Vec<&str> {
    strings(object, "clusterIPs")
}

/// `spec.ipFamilies`
pub(crate) fn ip_families(object: &Value) -> Vec<&str> {
    strings(object, "ipFamilies")
}

/// `spec.ports`
pub(crate) fn ports(object: &Value) -> &[Value] {
    object.items_at(&["spec", "ports"])
}

/// `nodePort` of a port, 0 when there is none.
pub(crate) fn node_port(port: &Value) -> i64 {
    port.i64_at(&["nodePort"]).unwrap_or(0)
}

/// Whether the type has node ports.
pub(crate) fn has_node_ports(object: &Value) -> bool {
    matches!(kind(object), "NodePort" | "LoadBalancer")
}

/// Whether ports without a node port get one.
pub(crate) fn allocates_node_ports(object: &Value) -> bool {
    match kind(object) {
        "NodePort" => true,
        "LoadBalancer" => object.at(&["spec", "allocateLoadBalancerNodePorts"]).as_bool().unwrap_or(true),
        _ => false,
    }
}

/// Whether load balancers ask each node for its endpoints.
pub(crate) fn needs_health_check(object: &Value) -> bool {
    is_load_balancer(object) && object.str_at(&["spec", "externalTrafficPolicy"]) == "Local"
}

/// `spec.healthCheckNodePort`, 0 when there is none.
pub(crate) fn health_check_port(object: &Value) -> i64 {
    object.i64_at(&["spec", "healthCheckNodePort"]).unwrap_or(0)
}

fn cluster_ip(object: &Value) -> &str {
    object.str_at(&["spec", "clusterIP"])
}

fn is_load_balancer(object: &Value) -> bool {
    kind(object) == "LoadBalancer"
}

fn is_externally_accessible(object: &Value) -> bool {
    has_node_ports(object) || (kind(object) == "ClusterIP" && !object.items_at(&["spec", "externalIPs"]).is_empty())
}

fn strings<'a>(object: &'a Value, field: &str) -> Vec<&'a str> {
    object.items_at(&["spec", field]).iter().filter_map(Value::as_str).collect()
}

// ---- defaults -----------------------------------------------------------------------------------

fn default_affinity(object: &mut Value) {
    match object.str_at(&["spec", "sessionAffinity"]) {
        "None" => drop(object.remove_at(&["spec", "sessionAffinityConfig"])),
        "ClientIP" => {
            let seconds = &["spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"];
            if object.at(seconds).is_null() {
                object.set(seconds, AFFINITY_SECONDS_DEFAULT);
            }
        }
        _ => {}
    }
}

fn default_target_ports(object: &mut Value) {
    for port in object.at_mut(&["spec", "ports"]).and_then(Value::as_array_mut).into_iter().flatten() {
        let is_unset = match port.field("targetPort") {
            Value::Null | Value::Int(0) => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if is_unset {
            let number = port.i64_at(&["port"]).unwrap_or(0);
            port.set(&["targetPort"], number);
        }
    }
}

fn default_ip_modes(object: &mut Value) {
    if !is_load_balancer(object) {
        return;
    }
    let ingress = object.at_mut(&["status", "loadBalancer", "ingress"]).and_then(Value::as_array_mut);
    for one in ingress.into_iter().flatten() {
        if !one.str_at(&["ip"]).is_empty() && one.at(&["ipMode"]).is_null() {
            one.set(&["ipMode"], "VIP");
        }
    }
}

// ---- preparation of an update -------------------------------------------------------------------

/// Values that the system chose stay when the client leaves them out.
fn keep_allocated(object: &mut Value, old: &Value) {
    if needs_cluster_ip(old) && needs_cluster_ip(object) {
        if cluster_ip(object).is_empty() && !cluster_ip(old).is_empty() {
            object.set(&["spec", "clusterIP"], cluster_ip(old));
        }
        if cluster_ips(object).is_empty() && !cluster_ips(old).is_empty() {
            object.set(&["spec", "clusterIPs"], old.at(&["spec", "clusterIPs"]).clone());
        }
    }
    if allocates_node_ports(old) && allocates_node_ports(object) {
        keep_node_ports(object, old);
    }
    if needs_health_check(old) && needs_health_check(object) && health_check_port(object) == 0 {
        object.set(&["spec", "healthCheckNodePort"], health_check_port(old));
    }
}

/// A port of the same name keeps its node port, unless the client gave that one to another port.
fn keep_node_ports(object: &mut Value, old: &Value) {
    let given: Vec<i64> = ports(object).iter().map(node_port).filter(|it| *it != 0).collect();
    for port in object.at_mut(&["spec", "ports"]).and_then(Value::as_array_mut).into_iter().flatten() {
        if node_port(port) != 0 {
            continue;
        }
        let name = port.str_at(&["name"]);
        let same = ports(old).iter().rev().find(|it| it.str_at(&["name"]) == name);
        if let Some(before) = same.map(node_port).filter(|it| *it != 0 && !given.contains(it)) {
            port.set(&["nodePort"], before);
        }
    }
}

/// `clusterIP` is the first of `clusterIPs`; a client that knows only the older field means both.
fn same_cluster_ips_in_both_fields(object: &mut Value, old: &Value) {
    let (new, before) = (cluster_ip(object).to_owned(), cluster_ip(old));
    if !cluster_ips(old).is_empty() && cluster_ips(object).is_empty() && new == before {
        object.set(&["spec", "clusterIPs"], old.at(&["spec", "clusterIPs"]).clone());
    }
    if new == before || cluster_ips(object) != cluster_ips(old) {
        return;
    }
    match new.is_empty() {
        true => drop(object.remove_at(&["spec", "clusterIPs"])),
        false => object.set(&["spec", "clusterIPs"], vec![new.into()]),
    }
}

/// Drops what a change of `type` made meaningless, where the client did not touch it.
fn drop_fields_of_the_old_type(object: &mut Value, old: &Value) {
    let is_same = |object: &Value, field: &str| rules::is_equal(object.at(&["spec", field]), old.at(&["spec", field]));
    let mut dropped: Vec<&'static str> = Vec::new();
    if needs_cluster_ip(old) && !needs_cluster_ip(object) {
        if is_same(object, "clusterIP") && is_same(object, "clusterIPs") {
            dropped.extend(["clusterIP", "clusterIPs"]);
        }
        dropped.extend(["ipFamilies", "ipFamilyPolicy"].into_iter().filter(|it| is_same(object, it)));
    }
    if needs_health_check(old) && !needs_health_check(object) && is_same(object, "healthCheckNodePort") {
        dropped.push("healthCheckNodePort");
    }
    if is_load_balancer(old) && !is_load_balancer(object) {
        let fields = ["allocateLoadBalancerNodePorts", "loadBalancerClass"];
        dropped.extend(fields.into_iter().filter(|it| is_same(object, it)));
    }
    let was_reachable = is_externally_accessible(old) && !is_externally_accessible(object);
    if was_reachable && is_same(object, "externalTrafficPolicy") {
        dropped.push("externalTrafficPolicy");
    }
    for field in dropped {
        object.remove_at(&["spec", field]);
    }
    if has_node_ports(old) && !has_node_ports(object) {
        drop_node_ports(object, old);
    }
    if !is_load_balancer(object) {
        object.set(&["status", "loadBalancer"], tree!({}));
    }
}

fn drop_node_ports(object: &mut Value, old: &Value) {
    let before: Vec<i64> = ports(old).iter().map(node_port).collect();
    if !ports(object).iter().map(node_port).all(|it| it == 0 || before.contains(&it)) {
        return;
    }
    for port in object.at_mut(&["spec", "ports"]).and_then(Value::as_array_mut).into_iter().flatten() {
        port.remove_at(&["nodePort"]);
    }
}

// ---- texts --------------------------------------------------------------------------------------

fn warnings(object: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    let spec = FieldPath::new("spec");
    let text = |field: &str| object.str_at(&["spec", field]);
    if object.annotation("service.kubernetes.io/topology-aware-hints").is_some() {
        warnings.push(
            "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use \
             service.kubernetes.io/topology-mode instead"
                .to_owned(),
        );
    }
    let is_headless = kind(object) == "ClusterIP" && cluster_ip(object) == "None";
    let external_ips = strings(object, "externalIPs");
    if !is_headless {
        for (at, ip) in cluster_ips(object).iter().enumerate() {
            warnings.extend(rules::ip_warnings(&spec.child("clusterIPs").index(at), ip));
        }
    } else {
        let ignored = [
            (!text("loadBalancerIP").is_empty(), "spec.loadBalancerIP is ignored for headless services"),
            (!external_ips.is_empty(), "spec.externalIPs is ignored for headless services"),
            (text("sessionAffinity") != "None", "spec.SessionAffinity is ignored for headless services"),
        ];
        warnings.extend(ignored.iter().filter(|(is_set, _)| *is_set).map(|(_, text)| (*text).to_owned()));
    }
    for (at, ip) in external_ips.iter().enumerate() {
        warnings.extend(rules::ip_warnings(&spec.child("externalIPs").index(at), ip));
    }
    let is_external_name = kind(object) == "ExternalName";
    if !external_ips.is_empty() && !is_headless && !is_external_name {
        let text = "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        warnings.push(text.to_owned());
    }
    warnings.extend(rules::ip_warnings(&spec.child("loadBalancerIP"), text("loadBalancerIP")));
    if is_external_name && !external_ips.is_empty() {
        warnings.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !is_external_name && !text("externalName").is_empty() {
        warnings.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if text("trafficDistribution") == "PreferClose" {
        let (old, new) = (quoted("PreferClose"), quoted("PreferSameZone"));
        warnings.push(format!("spec.trafficDistribution: {old} is deprecated; use {new}"));
    }
    warnings
}

/// `80:30080/TCP`
fn port_text(port: &Value) -> String {
    let (number, protocol) = (port.i64_at(&["port"]).unwrap_or(0), port.str_at(&["protocol"]));
    match node_port(port) {
        0 => format!("{number}/{protocol}"),
        node_port => format!("{number}:{node_port}/{protocol}"),
    }
}

fn external_text(object: &Value) -> String {
    let external_ips = strings(object, "externalIPs");
    match kind(object) {
        "ClusterIP" | "NodePort" if external_ips.is_empty() => "<none>".to_owned(),
        "ClusterIP" | "NodePort" => external_ips.join(","),
        "LoadBalancer" => {
            let ingress = object.items_at(&["status", "loadBalancer", "ingress"]).iter();
            let address = |it| match Value::str_at(it, &["ip"]) {
                "" => Value::str_at(it, &["hostname"]),
                ip => ip,
            };
            let mut all: Vec<&str> = ingress.map(address).filter(|it| !it.is_empty()).collect();
            all.sort_unstable();
            all.dedup();
            all.extend(external_ips);
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        "ExternalName" => object.str_at(&["spec", "externalName"]).to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

#[cfg(test)]
mod tests;
