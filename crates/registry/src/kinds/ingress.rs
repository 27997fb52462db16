//! `networking.k8s.io/v1 Ingress`

use std::collections::BTreeSet;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// Ways from outside to Services.
pub struct Ingress;

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];

/// Hosts that a Table cell shows.
const SHOWN_HOSTS_MAX: usize = 3;

static RULES: KindRules = KindRules {
    group: "networking.k8s.io",
    plural: "ingresses",
    storage_prefix: "/registry/ingress",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    ..KindRules::NEW
};

impl Strategy for Ingress {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate_update(object, &Value::Null, context, errors);
        let class = object.at(&["spec", "ingressClassName"]).as_str();
        if let (Some(annotation), Some(class)) = (object.annotation(CLASS_ANNOTATION), class)
            && annotation != class
        {
            let path = FieldPath::new("annotations").child(CLASS_ANNOTATION);
            let detail = "must match `ingressClassName` when both are specified";
            errors.push(FieldError::invalid(&path, annotation, detail));
        }
    }

    fn validate_update(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        let (rules_of, backend) = (spec.items_at(&["rules"]), spec.field("defaultBackend"));
        if rules_of.is_empty() && backend.is_null() {
            let detail = "either `defaultBackend` or `rules` must be specified";
            errors.push(FieldError::invalid(&path, rules::printed(spec.field("rules")), detail));
        }
        if !backend.is_null() {
            validate_backend(backend, &path.child("defaultBackend"), errors);
        }
        for (at, rule) in rules_of.iter().enumerate() {
            validate_rule(rule, &path.child("rules").index(at), errors);
        }
        for (at, tls) in spec.items_at(&["tls"]).iter().enumerate() {
            validate_tls(tls, &path.child("tls").index(at), errors);
        }
        if let Some(class) = spec.field("ingressClassName").as_str() {
            rules::invalid_each(&path.child("ingressClassName"), class, names::dns1123_subdomain(class), errors);
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("status.loadBalancer.ingress");
        let before: Vec<&str> = points(old).iter().map(|it| it.str_at(&["ip"])).collect();
        for (at, point) in points(object).iter().enumerate() {
            let (path, ip, host) = (path.index(at), point.str_at(&["ip"]), point.str_at(&["hostname"]));
            if !ip.is_empty() && !before.contains(&ip) {
                errors.extend(names::legacy_ip(&path.child("ip"), ip));
            }
            if !host.is_empty() {
                let path = path.child("hostname");
                rules::invalid_each(&path, host, names::dns1123_subdomain(host), errors);
                not_an_ip(host, &path, errors);
            }
        }
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let is_without_class = object.at(&["spec", "ingressClassName"]).is_null();
        match old.is_null() && is_without_class && object.annotation(CLASS_ANNOTATION).is_some() {
            true => vec![format!(
                "annotation {CLASS_ANNOTATION:?} is deprecated, please use 'spec.ingressClassName' instead"
            )],
            false => Vec::new(),
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let spec = object.field("spec");
        let ports = if spec.items_at(&["tls"]).is_empty() { "80" } else { "80, 443" };
        cells::row(vec![
            cells::name(object),
            spec.field("ingressClassName").as_str().unwrap_or("<none>").into(),
            hosts_text(spec.items_at(&["rules"])).into(),
            addresses_text(points(object)).into(),
            ports.into(),
            cells::age(object, now),
        ])
    }
}

/// Where traffic comes in.
fn points(object: &Value) -> &[Value] {
    object.items_at(&["status", "loadBalancer", "ingress"])
}

fn hosts_text(rules: &[Value]) -> String {
    let shown: Vec<&str> = rules.iter().map(|it| it.str_at(&["host"])).filter(|it| !it.is_empty()).collect();
    let text = shown[..shown.len().min(SHOWN_HOSTS_MAX)].join(",");
    // Whatever follows the last host that is shown counts, also a rule without one.
    let full_at = rules.iter().enumerate().filter(|(_, it)| !it.str_at(&["host"]).is_empty()).nth(SHOWN_HOSTS_MAX - 1);
    match full_at {
        _ if text.is_empty() => "*".to_owned(),
        Some((at, _)) if at + 1 < rules.len() => format!("{text} + {} more...", rules.len() - SHOWN_HOSTS_MAX),
        _ => text,
    }
}

fn addresses_text(points: &[Value]) -> String {
    let address = |it: &Value| match it.str_at(&["ip"]) {
        "" => it.str_at(&["hostname"]).to_owned(),
        ip => ip.to_owned(),
    };
    let all: BTreeSet<String> = points.iter().map(address).filter(|it| !it.is_empty()).collect();
    all.into_iter().collect::<Vec<_>>().join(",")
}

fn not_an_ip(host: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if names::parse_ip_sloppy(host).is_some() {
        errors.push(FieldError::invalid(path, host, "must be a DNS name, not an IP address"));
    }
}

/// A host name, which may start with `*.`.
fn host_name(host: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = match host.contains('*') {
        true => names::wildcard_dns1123_subdomain(host),
        false => names::dns1123_subdomain(host),
    };
    rules::invalid_each(path, host, messages, errors);
}

fn validate_rule(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let host = rule.str_at(&["host"]);
    if !host.is_empty() {
        not_an_ip(host, &path.child("host"), errors);
        host_name(host, &path.child("host"), errors);
    }
    if rule.field("http").is_null() {
        return;
    }
    let (paths, path) = (rule.items_at(&["http", "paths"]), path.child("http.paths"));
    if paths.is_empty() {
        errors.push(FieldError::required(&path, ""));
    }
    for (at, item) in paths.iter().enumerate() {
        validate_path(item, &path.index(at), errors);
    }
}

fn validate_path(item: &Value, at: &FieldPath, errors: &mut Vec<FieldError>) {
    let (text, path) = (item.str_at(&["path"]), at.child("path"));
    let Some(path_type) = item.field("pathType").as_str() else {
        return errors.push(FieldError::required(&at.child("pathType"), "pathType must be specified"));
    };
    let is_strict = matches!(path_type, "Exact" | "Prefix");
    match path_type {
        "Exact" | "Prefix" | "ImplementationSpecific" => {
            if !text.starts_with('/') && (is_strict || !text.is_empty()) {
                errors.push(FieldError::invalid(&path, text, "must be an absolute path"));
            }
        }
        other => errors.push(FieldError::not_supported(&at.child("pathType"), other, &PATH_TYPES)),
    }
    if is_strict {
        for part in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|it| text.contains(**it)) {
            errors.push(FieldError::invalid(&path, text, format!("must not contain '{part}'")));
        }
        for end in ["/..", "/."].iter().filter(|it| text.ends_with(**it)) {
            errors.push(FieldError::invalid(&path, text, format!("cannot end with '{end}'")));
        }
    }
    validate_backend(item.field("backend"), &at.child("backend"), errors);
}

fn validate_backend(backend: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (resource, service) = (backend.field("resource"), backend.field("service"));
    match (resource.is_null(), service.is_null()) {
        (false, false) => {
            errors.push(FieldError::invalid(path, "", "cannot set both resource and service backends"));
        }
        (false, true) => validate_reference(resource, &path.child("resource"), errors),
        (true, false) => validate_service(service, path, errors),
        (true, true) => errors.push(FieldError::invalid(path, "", "resource or service backend is required")),
    }
}

fn validate_service(service: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name_path = path.child("service.name");
    match service.str_at(&["name"]) {
        "" => errors.push(FieldError::required(&name_path, "")),
        name => rules::invalid_each(&name_path, name, names::dns1123_label(name), errors),
    }
    let (name, number) = (service.str_at(&["port", "name"]), service.i64_at(&["port", "number"]).unwrap_or(0));
    match (name, number) {
        ("", 0) => errors.push(FieldError::required(path, "port name or number is required")),
        ("", number) => {
            let path = path.child("service.port.number");
            let messages = names::port_number(number).into_iter();
            errors.extend(messages.map(|message| FieldError::invalid(&path, number, message)));
        }
        (name, 0) => {
            rules::invalid_each(&path.child("service.port.name"), name, names::port_name(name), errors);
        }
        _ => errors.push(FieldError::invalid(path, "", "cannot set both port name & port number")),
    }
}

/// A reference to any kind: `apiGroup`, `kind`, `name`.
pub(super) fn validate_reference(reference: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(group) = reference.field("apiGroup").as_str() {
        rules::invalid_each(&path.child("apiGroup"), group, names::dns1123_subdomain(group), errors);
    }
    for field in ["kind", "name"] {
        match reference.str_at(&[field]) {
            "" => errors.push(FieldError::required(&path.child(field), "")),
            text => rules::invalid_each(&path.child(field), text, names::path_segment(text), errors),
        }
    }
}

fn validate_tls(tls: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, host) in tls.items_at(&["hosts"]).iter().filter_map(Value::as_str).enumerate() {
        host_name(host, &path.child("hosts").index(at), errors);
    }
    let secret = tls.str_at(&["secretName"]);
    if !secret.is_empty() {
        rules::invalid_each(&path.child("secretName"), secret, names::dns1123_subdomain(secret), errors);
    }
}
