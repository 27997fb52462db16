//! What an object's name must look like. Each rule gives upstream's messages, empty when the name is good; the
//! second argument says that the name is a `generateName`, which may end in a dash.

use apimachinery::names;

/// DNS-1123 subdomain, the rule of most kinds.
pub fn dns_subdomain(name: &str, is_prefix: bool) -> Vec<String> {
    apply(names::dns1123_subdomain, name, is_prefix)
}

/// DNS-1123 label (namespaces).
pub fn dns_label(name: &str, is_prefix: bool) -> Vec<String> {
    apply(names::dns1123_label, name, is_prefix)
}

/// DNS-1035 label (Services before they could start with a digit).
pub fn dns1035_label(name: &str, is_prefix: bool) -> Vec<String> {
    apply(names::dns1035_label, name, is_prefix)
}

/// Any path segment (RBAC kinds).
pub fn path_segment(name: &str, is_prefix: bool) -> Vec<String> {
    match is_prefix {
        true => names::path_segment_prefix(name),
        false => names::path_segment(name),
    }
}

fn apply(rule: names::NameRule, name: &str, is_prefix: bool) -> Vec<String> {
    match is_prefix {
        true => names::prefix_of(rule, name),
        false => rule(name),
    }
}
