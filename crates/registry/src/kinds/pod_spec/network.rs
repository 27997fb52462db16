//! Fields about the Pod's network and names: host ports, DNS, hosts file, hostname.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::SpecOf;
use crate::rules;

const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARACTERS_MAX: usize = 2_048;
const HOSTNAME_BYTES_MAX: usize = 64;

/// On the host's network the host's port is the container's; a template may leave it out.
pub fn host_ports(spec: &Value, of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if !spec.bool_at(&["hostNetwork"]) {
        return;
    }
    for (at, container) in spec.items_at(&["containers"]).iter().enumerate() {
        for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
            let number = |field: &str| port.i64_at(&[field]).unwrap_or(0);
            let (host, own) = (number("hostPort"), number("containerPort"));
            if (of.pod().is_some() || host != 0) && host != own {
                let path = path.child("containers").index(at).child("ports").index(nth).child("hostPort");
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.push(FieldError::invalid(&path, host, detail));
            }
        }
    }
}

/// `dnsConfig`
pub fn dns(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let config = spec.field("dnsConfig");
    let servers = strings(config, "nameservers");
    if spec.str_at(&["dnsPolicy"]) == "None" {
        if config.is_null() {
            let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
            return errors.push(FieldError::required(path, detail));
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.push(FieldError::required(&path.child("nameservers"), detail));
        }
    }
    if servers.len() > NAMESERVERS_MAX {
        let detail = format!("must not have more than {NAMESERVERS_MAX} nameservers");
        let value = rules::printed_strings(servers.iter().copied());
        errors.push(FieldError::invalid(&path.child("nameservers"), value, detail));
    }
    for (at, server) in servers.iter().enumerate() {
        errors.extend(names::legacy_ip(&path.child("nameservers").index(at), server));
    }
    dns_searches(&strings(config, "searches"), &path.child("searches"), errors);
    for (at, option) in config.items_at(&["options"]).iter().enumerate() {
        if option.str_at(&["name"]).is_empty() {
            errors.push(FieldError::required(&path.child("options").index(at), "must not be empty"));
        }
    }
}

fn dns_searches(searches: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let value = || rules::printed_strings(searches.iter().copied());
    if searches.len() > SEARCHES_MAX {
        let detail = format!("must not have more than {SEARCHES_MAX} search paths");
        errors.push(FieldError::invalid(path, value(), detail));
    }
    if searches.join(" ").len() > SEARCH_CHARACTERS_MAX {
        let detail =
            format!("must not have more than {SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list");
        errors.push(FieldError::invalid(path, value(), detail));
    }
    for (at, search) in searches.iter().enumerate().filter(|(_, it)| **it != ".") {
        let name = search.strip_suffix('.').unwrap_or(search);
        let messages = names::dns1123_subdomain_with_underscore(name);
        rules::invalid_each(&path.index(at), name, messages, errors);
    }
}

fn strings<'a>(object: &'a Value, field: &str) -> Vec<&'a str> {
    object.items_at(&[field]).iter().filter_map(Value::as_str).collect()
}

/// `hostnameOverride`
pub fn hostname_override(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(name) = spec.field("hostnameOverride").as_str() else { return };
    let path = path.child("hostnameOverride");
    for field in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec.bool_at(&[field]) {
            errors.push(FieldError::forbidden(&path, format!("may not be specified when {field} is true")));
        }
    }
    if name.len() > HOSTNAME_BYTES_MAX {
        errors.push(FieldError::too_long(&path, HOSTNAME_BYTES_MAX));
    }
    rules::invalid_each(&path, name, names::dns1123_subdomain(name), errors);
}

/// `hostAliases`
pub fn host_aliases(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, alias) in spec.items_at(&["hostAliases"]).iter().enumerate() {
        let path = path.index(at);
        errors.extend(names::legacy_ip(&path.child("ip"), alias.str_at(&["ip"])));
        for (nth, name) in strings(alias, "hostnames").into_iter().enumerate() {
            let path = path.child("hostnames").index(nth);
            rules::invalid_each(&path, name, names::dns1123_subdomain(name), errors);
        }
    }
}
