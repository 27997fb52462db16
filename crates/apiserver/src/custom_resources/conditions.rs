//! The status of a definition: whether its names are free, and whether it is served.

use apimachinery::tree;
use apimachinery::value::Value;

/// Annotation that groups of the Kubernetes community need.
const APPROVED: &str = "api-approved.kubernetes.io";

/// Whether a condition is true.
pub(super) fn is_true(definition: &Value, ty: &str) -> bool {
    let conditions = definition.items_at(&["status", "conditions"]);
    conditions.iter().any(|it| it.str_at(&["type"]) == ty && it.str_at(&["status"]) == "True")
}

/// Sets accepted names and conditions, given all other definitions.
pub(super) fn set(definition: &mut Value, others: &[Value], now: &jiff::Timestamp) {
    let taken = |other: &&Value| {
        other.at(&["spec", "group"]) == definition.at(&["spec", "group"])
            && other.at(&["metadata", "deletionTimestamp"]).is_null()
    };
    let taken: Vec<&Value> = others.iter().filter(taken).map(|other| other.at(&["status", "acceptedNames"])).collect();
    let conflicts = conflicts(definition.at(&["spec", "names"]), &taken);
    let time = apimachinery::time::format_seconds(*now);
    let is_first = !is_true(definition, "Established");
    match conflicts.first() {
        None => {
            let names = definition.at(&["spec", "names"]).clone();
            definition.set(&["status", "acceptedNames"], names);
            condition(definition, ("NamesAccepted", "True", "NoConflicts", "no conflicts found"), &time);
            if is_first {
                let text = "the initial names have been accepted";
                condition(definition, ("Established", "True", "InitialNamesAccepted", text), &time);
            }
        }
        Some((reason, message)) => {
            condition(definition, ("NamesAccepted", "False", reason, message), &time);
            if is_first {
                condition(definition, ("Established", "False", "NotAccepted", "not all names are accepted"), &time);
            }
        }
    }
    approve(definition, &time);
}

/// Groups of the community tell where their API was approved.
fn approve(definition: &mut Value, time: &str) {
    let group = definition.str_at(&["spec", "group"]);
    let is_protected = ["k8s.io", "kubernetes.io"].iter().any(|it| group == *it || group.ends_with(&format!(".{it}")));
    if !is_protected {
        return;
    }
    const TYPE: &str = "KubernetesAPIApprovalPolicyConformant";
    let approved = definition.str_at(&["metadata", "annotations", APPROVED]).to_owned();
    if approved.starts_with("https://") {
        condition(definition, (TYPE, "True", "ApprovedAnnotation", &format!("approved in {approved}")), time);
    } else {
        let text = format!("not approved: {approved:?}");
        condition(definition, (TYPE, "False", "UnapprovedAnnotation", &text), time);
    }
}

/// Names that others have, as reason and text.
fn conflicts(names: &Value, taken: &[&Value]) -> Vec<(&'static str, String)> {
    let of = |name: &str| format!("{name:?} is already in use");
    let is_resource_name = |name: &str| {
        taken.iter().any(|other| {
            other.str_at(&["plural"]) == name
                || other.str_at(&["singular"]) == name
                || other.items_at(&["shortNames"]).iter().any(|it| it.as_str() == Some(name))
        })
    };
    let is_kind = |name: &str| taken.iter().any(|it| it.str_at(&["kind"]) == name || it.str_at(&["listKind"]) == name);
    let mut found = Vec::new();
    for (field, reason) in [("plural", "PluralConflict"), ("singular", "SingularConflict")] {
        let name = names.str_at(&[field]);
        if is_resource_name(name) {
            found.push((reason, of(name)));
        }
    }
    let short = names.items_at(&["shortNames"]).iter().filter_map(Value::as_str).filter(|it| is_resource_name(it));
    found.extend(short.map(|name| ("ShortNamesConflict", of(name))));
    for (field, reason) in [("kind", "KindConflict"), ("listKind", "ListKindConflict")] {
        let name = names.str_at(&[field]);
        if is_kind(name) {
            found.push((reason, of(name)));
        }
    }
    found
}

fn condition(definition: &mut Value, (ty, status, reason, message): (&str, &str, &str, &str), time: &str) {
    let mut conditions = definition.items_at(&["status", "conditions"]).to_vec();
    let condition = tree!({
        "type": ty,
        "status": status,
        "lastTransitionTime": time,
        "reason": reason,
        "message": message
    });
    match conditions.iter_mut().find(|it| it.str_at(&["type"]) == ty) {
        Some(known) if known.str_at(&["status"]) == status => {
            known.set(&["reason"], reason);
            known.set(&["message"], message);
        }
        Some(known) => *known = condition,
        None => conditions.push(condition),
    }
    definition.set(&["status", "conditions"], conditions);
}
