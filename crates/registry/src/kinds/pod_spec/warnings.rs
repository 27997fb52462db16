//! What is odd about a Pod or template that is accepted (`warningsForPodSpecAndMeta`).

mod overlaps;

use apimachinery::field_error::{FieldPath, quoted};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};

use super::annotations::{SECCOMP_CONTAINER, SECCOMP_POD};
use super::{SpecOf, apparmor, containers_with_paths};
use crate::rules;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";

/// Annotations that mean nothing any more.
const DEAD_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];

/// Node labels that others took the place of.
const OLD_NODE_LABELS: &[(&str, &str)] = &[
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
];

/// Volumes that mean nothing any more, or soon: kind, upstream's name for it, text.
const DEAD_VOLUMES: &[(&str, &str, &str)] = &[
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("ephemeral", "ephemeral", ""),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// Warnings about the labels that the terms of a node selector name, at this path of the list of terms.
pub(in super::super) fn of_node_selector(terms: &[Value], path: &FieldPath) -> Vec<String> {
    let mut warnings = Warnings { texts: Vec::new() };
    for (at, term) in terms.iter().enumerate() {
        warnings.node_selector_term(term, false, &path.index(at));
    }
    warnings.texts
}

/// Warnings about a Pod, or about a template at this path.
pub(in super::super) fn of(object: &Value, of: SpecOf<'_>, path: &FieldPath) -> Vec<String> {
    let mut warnings = Warnings { texts: Vec::new() };
    let (spec, spec_path) = (object.field("spec"), path.child("spec"));
    warnings.node_labels(spec, &spec_path);
    for (key, text) in DEAD_ANNOTATIONS.iter().filter(|(key, _)| object.annotation(key).is_some()) {
        warnings.add(&path.child("metadata").child("annotations").key(key), text);
    }
    for (at, volume) in spec.items_at(&["volumes"]).iter().enumerate() {
        warnings.volume(volume, &spec_path.child("volumes").index(at));
    }
    warnings.texts.extend(overlaps::find(spec.items_at(&["volumes"])));
    warnings.doubles(spec, "hostAliases", "ip", &spec_path);
    warnings.doubles(spec, "imagePullSecrets", "name", &spec_path);
    for (at, secret) in spec.items_at(&["imagePullSecrets"]).iter().enumerate() {
        if secret.str_at(&["name"]).is_empty() {
            let path = spec_path.child("imagePullSecrets").index(at).child("name");
            warnings.add(&path, "invalid empty name \"\"");
        }
    }
    for name in ["memory", "ephemeral-storage"] {
        warnings.fraction(spec.str_at(&["overhead", name]), &spec_path.child("overhead").key(name));
    }
    warnings.old_profiles(object, of, path);
    warnings.ports(spec, &spec_path);
    warnings.port_names(spec, &spec_path);
    if spec.i64_at(&["terminationGracePeriodSeconds"]).is_some_and(|it| it < 0) {
        let text = "must be >= 0; negative values are invalid and will be treated as 1";
        warnings.add(&spec_path.child("terminationGracePeriodSeconds"), text);
    }
    warnings.pod_affinity(spec, &spec_path.child("affinity"));
    warnings.addresses(spec, &spec_path);
    warnings.texts
}

struct Warnings {
    texts: Vec<String>,
}

impl Warnings {
    fn add(&mut self, path: &FieldPath, text: &str) {
        self.texts.push(format!("{path}: {text}"));
    }

    fn node_labels(&mut self, spec: &Value, path: &FieldPath) {
        for key in spec.field("nodeSelector").as_object().into_iter().flat_map(Map::keys) {
            if let Some(text) = old_node_label(key) {
                self.add(&path.child("nodeSelector").key(key), text);
            }
        }
        let (affinity, node_path) = (spec.at(&["affinity", "nodeAffinity"]), path.child("affinity.nodeAffinity"));
        for (at, term) in affinity.items_at(&[REQUIRED, "nodeSelectorTerms"]).iter().enumerate() {
            self.node_selector_term(term, false, &node_path.child(REQUIRED).child("nodeSelectorTerms").index(at));
        }
        for (at, term) in affinity.items_at(&[PREFERRED]).iter().enumerate() {
            let path = node_path.child(PREFERRED).index(at).child("preference");
            self.node_selector_term(term.field("preference"), true, &path);
        }
        for (at, constraint) in spec.items_at(&["topologySpreadConstraints"]).iter().enumerate() {
            let (path, key) = (path.child("topologySpreadConstraints").index(at), constraint.str_at(&["topologyKey"]));
            if let Some(text) = old_node_label(key) {
                self.add(&path.child("topologyKey"), &format!("{key} is {text}"));
            }
            if constraint.field("labelSelector").is_null() {
                self.add(&path.child("labelSelector"), NO_SELECTOR);
            }
        }
    }

    fn node_selector_term(&mut self, term: &Value, looks_at_values: bool, path: &FieldPath) {
        for (at, expression) in term.items_at(&["matchExpressions"]).iter().enumerate() {
            let (path, key) = (path.child("matchExpressions").index(at), expression.str_at(&["key"]));
            if let Some(text) = old_node_label(key) {
                self.add(&path.child("key"), &format!("{key} is {text}"));
            }
            let values = expression.items_at(&["values"]).iter().filter_map(Value::as_str).enumerate();
            for (nth, value) in values.filter(|_| looks_at_values) {
                for message in names::label_value(value) {
                    self.add(&path.child("values").index(nth), &format!("{value} is invalid, {message}"));
                }
            }
        }
    }

    fn volume(&mut self, volume: &Value, path: &FieldPath) {
        for (_, name, text) in DEAD_VOLUMES.iter().filter(|(kind, ..)| !volume.field(kind).is_null()) {
            if !text.is_empty() {
                self.add(&path.child(name), text);
                continue;
            }
            let spec = volume.at(&["ephemeral", "volumeClaimTemplate", "spec"]);
            let path = path.child("ephemeral.volumeClaimTemplate.spec.resources");
            for field in ["requests", "limits"] {
                self.fraction(spec.str_at(&["resources", field, "storage"]), &path.child(field).key("storage"));
            }
        }
    }

    fn doubles(&mut self, spec: &Value, list: &str, field: &str, path: &FieldPath) {
        let items = spec.items_at(&[list]);
        for (at, item) in items.iter().enumerate() {
            let value = item.str_at(&[field]);
            if items[..at].iter().any(|it| it.str_at(&[field]) == value) {
                let path = path.child(list).index(at).child(field);
                self.add(&path, &format!("duplicate {field} {}", quoted(value)));
            }
        }
    }

    fn fraction(&mut self, text: &str, path: &FieldPath) {
        if Quantity::parse(text).is_ok_and(|it| it.milli_value() % 1_000 != 0) {
            self.add(path, &format!("fractional byte value {} is invalid, must be an integer", quoted(text)));
        }
    }

    /// Annotations that fields took the place of, and what each container has.
    fn old_profiles(&mut self, object: &Value, of: SpecOf<'_>, path: &FieldPath) {
        let (spec, annotations) = (object.field("spec"), path.child("metadata").child("annotations"));
        let text = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        if spec.at(&["securityContext", "seccompProfile"]).is_null() && object.annotation(SECCOMP_POD).is_some() {
            self.add(&annotations.key(SECCOMP_POD), text);
        }
        for (container, path) in containers_with_paths(spec, &path.child("spec")) {
            let (security, name) = (container.field("securityContext"), container.str_at(&["name"]));
            let key = format!("{SECCOMP_CONTAINER}{name}");
            if security.field("seccompProfile").is_null() && object.annotation(&key).is_some() {
                self.add(&annotations.key(&key), text);
            }
            // Of a Pod's, its preparation warns.
            let is_of_template = of.pod().is_none();
            if is_of_template && security.field("appArmorProfile").is_null() {
                self.apparmor(object, name, &annotations);
            }
            for (field, name) in [
                ("limits", "memory"),
                ("requests", "memory"),
                ("limits", "ephemeral-storage"),
                ("requests", "ephemeral-storage"),
            ] {
                let path = path.child("resources").child(field).key(name);
                self.fraction(container.str_at(&["resources", field, name]), &path);
            }
            self.hidden_variables(container, &path);
        }
    }

    fn apparmor(&mut self, object: &Value, container: &str, annotations: &FieldPath) {
        let key = format!("{}{container}", apparmor::ANNOTATION);
        let Some(annotation) = object.annotation(&key) else { return };
        let of_pod = object.at(&["spec", "securityContext", "appArmorProfile"]);
        if of_pod.is_null() || apparmor::from_annotation(annotation).as_ref() != Some(of_pod) {
            self.add(&annotations.key(&key), "deprecated since v1.30; use the \"appArmorProfile\" field instead");
        }
    }

    /// A variable that stands twice, where the second does not build on the first.
    fn hidden_variables(&mut self, container: &Value, path: &FieldPath) {
        let variables = container.items_at(&["env"]);
        for (at, variable) in variables.iter().enumerate() {
            let (name, value) = (variable.str_at(&["name"]), variable.str_at(&["value"]));
            if !variables[..at].iter().any(|it| it.str_at(&["name"]) == name) {
                continue;
            }
            let reference = format!("$({name})");
            let builds_on = value.contains(&reference) && value != reference && variable.field("valueFrom").is_null();
            if !builds_on {
                let text = "which may be dropped when using apply";
                self.add(
                    &path.child("env").index(at),
                    &format!("hides previous definition of {}, {text}", quoted(name)),
                );
            }
        }
    }

    fn ports(&mut self, spec: &Value, path: &FieldPath) {
        let mut seen: Vec<(FieldPath, &Value)> = Vec::new();
        for (container, path) in containers_with_paths(spec, path) {
            for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
                let path = path.child("ports").index(nth);
                if !port.str_at(&["hostIP"]).is_empty() && number(port, "hostPort") == 0 {
                    self.add(&path, &format!("hostIP set without hostPort: {}", go_printed_port(port)));
                }
                for (other_path, other) in &seen {
                    if let Some(text) = conflict(port, other) {
                        self.add(&path, &format!("{text} port definition with {other_path}"));
                    }
                }
                seen.push((path, port));
            }
        }
    }

    fn port_names(&mut self, spec: &Value, path: &FieldPath) {
        let mut seen: Vec<(&str, FieldPath)> = Vec::new();
        for (container, path) in containers_with_paths(spec, path) {
            for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
                let (path, name) = (path.child("ports").index(nth), port.str_at(&["name"]));
                match seen.iter().find(|(found, _)| *found == name) {
                    _ if name.is_empty() => {}
                    None => seen.push((name, path)),
                    Some((_, other)) => {
                        let name = quoted(name);
                        let text = format!(
                            "duplicate port name {name} with {other}, services and probes that select ports by name \
                             will use {other}"
                        );
                        self.add(&path, &text);
                    }
                }
            }
        }
    }

    fn pod_affinity(&mut self, spec: &Value, path: &FieldPath) {
        for field in ["podAffinity", "podAntiAffinity"] {
            let (affinity, path) = (spec.at(&["affinity", field]), path.child(field));
            for (list, below) in [(REQUIRED, &[][..]), (PREFERRED, &["podAffinityTerm"][..])] {
                for (at, term) in affinity.items_at(&[list]).iter().enumerate() {
                    if term.at(below).field("labelSelector").is_null() {
                        let path = below.iter().fold(path.child(list).index(at), |path, part| path.child(part));
                        self.add(&path.child("labelSelector"), NO_SELECTOR);
                    }
                }
            }
        }
    }

    fn addresses(&mut self, spec: &Value, path: &FieldPath) {
        for (at, server) in spec.items_at(&["dnsConfig", "nameservers"]).iter().enumerate() {
            let path = path.child("dnsConfig.nameservers").index(at);
            self.texts.extend(rules::ip_warnings(&path, server.as_str().unwrap_or("")));
        }
        for (at, alias) in spec.items_at(&["hostAliases"]).iter().enumerate() {
            let path = path.child("hostAliases").index(at).child("ip");
            self.texts.extend(rules::ip_warnings(&path, alias.str_at(&["ip"])));
        }
    }
}

/// What became of this label of nodes.
pub(in super::super) fn old_node_label(key: &str) -> Option<&'static str> {
    OLD_NODE_LABELS.iter().find(|(old, _)| *old == key).map(|(_, text)| *text)
}

fn number(port: &Value, field: &str) -> i64 {
    port.i64_at(&[field]).unwrap_or(0)
}

/// A port as Go prints a struct.
fn go_printed_port(port: &Value) -> String {
    format!(
        "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}",
        port.str_at(&["name"]),
        number(port, "hostPort"),
        number(port, "containerPort"),
        port.str_at(&["protocol"]),
        port.str_at(&["hostIP"])
    )
}

fn conflict(a: &Value, b: &Value) -> Option<&'static str> {
    let is_same_port =
        number(a, "containerPort") == number(b, "containerPort") && a.str_at(&["protocol"]) == b.str_at(&["protocol"]);
    if !is_same_port {
        return None;
    }
    let (host_a, host_b) = (number(a, "hostPort"), number(b, "hostPort"));
    let (ip_a, ip_b) = (a.str_at(&["hostIP"]), b.str_at(&["hostIP"]));
    if host_a == host_b && ip_a == ip_b {
        Some("duplicate")
    } else if host_a == 0 || host_b == 0 {
        Some("overlapping")
    } else if host_a == host_b && ip_a.is_empty() != ip_b.is_empty() {
        Some("dangerously ambiguous")
    } else {
        None
    }
}
