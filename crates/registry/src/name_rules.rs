//! What an object's name must look like. Each rule gives upstream's messages, empty when the name is good; the
//! second argument says that the name is a `generateName`, which may end in a dash.

use apimachinery::names;

/// DNS-1123 subdomain, the rule of most kinds.
pub fn dns_subdomain(name: &str, is_prefix: bool) -> Vec<String> {
    names::dns1123_subdomain(&masked(name, is_prefix))
}

/// DNS-1123 label (namespaces).
pub fn dns_label(name: &str, is_prefix: bool) -> Vec<String> {
    names::dns1123_label(&masked(name, is_prefix))
}

/// DNS-1035 label (Services before they could start with a digit).
pub fn dns1035_label(name: &str, is_prefix: bool) -> Vec<String> {
    names::dns1035_label(&masked(name, is_prefix))
}

/// Any path segment (RBAC kinds).
pub fn path_segment(name: &str, is_prefix: bool) -> Vec<String> {
    if !is_prefix && (name == "." || name == "..") {
        return vec![format!("may not be '{name}'")];
    }
    let contained = ["/", "%"].iter().filter(|it| name.contains(**it));
    contained.map(|it| format!("may not contain '{it}'")).collect()
}

/// A trailing dash of a prefix is as good as a letter, since more follows.
fn masked(name: &str, is_prefix: bool) -> String {
    match name.strip_suffix('-') {
        Some(start) if is_prefix && !start.is_empty() => format!("{start}a"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_segments_refuse_slashes_percent_signs_and_dots() {
        assert_eq!(path_segment("system:node", false), Vec::<String>::new());
        assert_eq!(path_segment("a/b%c", false), ["may not contain '/'", "may not contain '%'"]);
        assert_eq!(path_segment("..", false), ["may not be '..'"]);
    }
}
