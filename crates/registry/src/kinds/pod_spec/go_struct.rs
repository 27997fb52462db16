//! Values of upstream's internal types as its errors print them: JSON with Go's field names, absent ones included.

use apimachinery::field_error::Verbatim;
use apimachinery::json;
use apimachinery::value::Value;

/// A field of an internal type.
struct GoField {
    json: &'static str,
    go: &'static str,
    kind: Kind,
}

/// How a field prints.
enum Kind {
    /// A pointer, list or map of plain values: `null` when absent.
    Nullable,
    /// A string: empty when absent.
    Text,
    /// A pointer to a struct: `null` when absent.
    Struct(&'static [GoField]),
    /// A list of structs: `null` when absent.
    Structs(&'static [GoField]),
}

const fn field(json: &'static str, go: &'static str, kind: Kind) -> GoField {
    GoField { json, go, kind }
}

static SECCOMP_PROFILE: &[GoField] =
    &[field("type", "Type", Kind::Text), field("localhostProfile", "LocalhostProfile", Kind::Nullable)];

static SELINUX_OPTIONS: &[GoField] = &[
    field("user", "User", Kind::Text),
    field("role", "Role", Kind::Text),
    field("type", "Type", Kind::Text),
    field("level", "Level", Kind::Text),
];

static WINDOWS_OPTIONS: &[GoField] = &[
    field("gmsaCredentialSpecName", "GMSACredentialSpecName", Kind::Nullable),
    field("gmsaCredentialSpec", "GMSACredentialSpec", Kind::Nullable),
    field("runAsUserName", "RunAsUserName", Kind::Nullable),
    field("hostProcess", "HostProcess", Kind::Nullable),
];

static CAPABILITIES: &[GoField] = &[field("add", "Add", Kind::Nullable), field("drop", "Drop", Kind::Nullable)];

static SECURITY_CONTEXT: &[GoField] = &[
    field("capabilities", "Capabilities", Kind::Struct(CAPABILITIES)),
    field("privileged", "Privileged", Kind::Nullable),
    field("seLinuxOptions", "SELinuxOptions", Kind::Struct(SELINUX_OPTIONS)),
    field("windowsOptions", "WindowsOptions", Kind::Struct(WINDOWS_OPTIONS)),
    field("runAsUser", "RunAsUser", Kind::Nullable),
    field("runAsGroup", "RunAsGroup", Kind::Nullable),
    field("runAsNonRoot", "RunAsNonRoot", Kind::Nullable),
    field("readOnlyRootFilesystem", "ReadOnlyRootFilesystem", Kind::Nullable),
    field("allowPrivilegeEscalation", "AllowPrivilegeEscalation", Kind::Nullable),
    field("procMount", "ProcMount", Kind::Nullable),
    field("seccompProfile", "SeccompProfile", Kind::Struct(SECCOMP_PROFILE)),
    field("appArmorProfile", "AppArmorProfile", Kind::Struct(SECCOMP_PROFILE)),
];

static RESOURCE_CLAIM: &[GoField] = &[
    field("name", "Name", Kind::Text),
    field("resourceClaimName", "ResourceClaimName", Kind::Nullable),
    field("resourceClaimTemplateName", "ResourceClaimTemplateName", Kind::Nullable),
];

static REQUIREMENT: &[GoField] = &[
    field("key", "Key", Kind::Text),
    field("operator", "Operator", Kind::Text),
    field("values", "Values", Kind::Nullable),
];

static NODE_SELECTOR_TERM: &[GoField] = &[
    field("matchExpressions", "MatchExpressions", Kind::Structs(REQUIREMENT)),
    field("matchFields", "MatchFields", Kind::Structs(REQUIREMENT)),
];

static POD_IP: &[GoField] = &[field("ip", "IP", Kind::Text)];

/// A container's `securityContext`.
pub fn security_context(value: &Value) -> Verbatim {
    Verbatim(structure(value, SECURITY_CONTEXT))
}

/// A `seccompProfile`.
pub fn seccomp_profile(value: &Value) -> Verbatim {
    Verbatim(structure(value, SECCOMP_PROFILE))
}

/// An entry of `resourceClaims`.
pub fn resource_claim(value: &Value) -> Verbatim {
    Verbatim(structure(value, RESOURCE_CLAIM))
}

/// A node selector term, or a list of them.
pub fn node_selector_terms(value: &Value) -> Verbatim {
    Verbatim(match value {
        Value::Object(_) => structure(value, NODE_SELECTOR_TERM),
        list => structures(list, NODE_SELECTOR_TERM),
    })
}

/// `podIPs` or `hostIPs`.
pub fn pod_ips(value: &Value) -> Verbatim {
    Verbatim(structures(value, POD_IP))
}

/// What a pointer to a plain value points to: unlike the value itself, it is printed as JSON.
pub fn pointer(value: &Value) -> Verbatim {
    Verbatim(json_text(value))
}

fn json_text(value: &Value) -> String {
    String::from_utf8_lossy(&json::to_vec(value)).into_owned()
}

fn structure(value: &Value, fields: &[GoField]) -> String {
    let parts: Vec<String> = fields.iter().map(|it| format!("\"{}\":{}", it.go, printed(value, it))).collect();
    format!("{{{}}}", parts.join(","))
}

fn structures(list: &Value, fields: &[GoField]) -> String {
    match list.as_array() {
        None => "null".to_owned(),
        Some(items) => {
            let items: Vec<String> = items.iter().map(|it| structure(it, fields)).collect();
            format!("[{}]", items.join(","))
        }
    }
}

fn printed(parent: &Value, field: &GoField) -> String {
    let value = parent.field(field.json);
    match (&field.kind, value) {
        (Kind::Text, Value::Null) => "\"\"".to_owned(),
        (Kind::Struct(fields), Value::Object(_)) => structure(value, fields),
        (Kind::Structs(fields), Value::Array(_)) => structures(value, fields),
        _ => json_text(value),
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn absent_fields_are_printed_as_go_does() {
        assert_eq!(
            resource_claim(&tree!({"name": "a"})).0,
            concat!(r#"{"Name":"a","ResourceClaimName":null,"#, r#""ResourceClaimTemplateName":null}"#)
        );
        let term = tree!([{"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}]);
        assert_eq!(
            node_selector_terms(&term).0,
            r#"[{"MatchExpressions":[{"Key":"k","Operator":"In","Values":["v"]}],"MatchFields":null}]"#
        );
    }
}
