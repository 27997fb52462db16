//! Kinds that upstream has deprecated: every request to them is answered with a warning.

/// Group, version and kind; since when, as minor version of Kubernetes 1; what to use instead.
const DEPRECATED: &[(&str, &str, &str, u32, &str)] =
    &[("", "v1", "ComponentStatus", 19, ""), ("", "v1", "Endpoints", 33, "discovery.k8s.io/v1 EndpointSlice")];

/// The warning for requests to a kind.
pub(crate) fn warning(group: &str, version: &str, kind: &str) -> Option<String> {
    let row = DEPRECATED.iter().find(|row| (row.0, row.1, row.2) == (group, version, kind))?;
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let instead = if row.4.is_empty() { String::new() } else { format!("; use {}", row.4) };
    Some(format!("{api_version} {kind} is deprecated in v1.{}+{instead}", row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deprecated_kinds_are_named_with_what_replaces_them() {
        assert_eq!(
            warning("", "v1", "Endpoints").as_deref(),
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        );
        assert_eq!(warning("", "v1", "ComponentStatus").as_deref(), Some("v1 ComponentStatus is deprecated in v1.19+"));
        assert_eq!(warning("", "v1", "Pod"), None);
    }
}
