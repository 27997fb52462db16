//! `pods/ephemeralcontainers`: adds containers to a Pod that runs, to look into it.

use apimachinery::field_error::{FieldError, FieldPath, quoted};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use super::super::pod_spec::unified_diff::unified_diff;
use super::super::pod_spec::{self, MIRROR_ANNOTATION, NO_PATH, defaults, go_struct};
use super::change;

/// Takes all but the ephemeral containers from the stored Pod.
pub fn prepare(pod: &mut Value, old: &Value) {
    let wanted = pod.at(&["spec", "ephemeralContainers"]).clone();
    pod.set(&["spec"], old.field("spec").clone());
    match wanted {
        Value::Null => drop(pod.remove_at(&["spec", "ephemeralContainers"])),
        wanted => pod.set(&["spec", "ephemeralContainers"], wanted),
    }
    if let Some(spec) = pod.at_mut(&["spec"]) {
        defaults::drop_disabled(spec);
    }
}

/// Containers may come, but neither change nor go.
pub fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if old.annotation(MIRROR_ANNOTATION).is_some() {
        let detail = "static pods do not support ephemeral containers";
        errors.clear();
        return errors.push(FieldError::forbidden(&FieldPath::new(NO_PATH), detail));
    }
    pod_spec::validate_pod(pod, errors);
    change::annotations(pod, old, errors);
    let path = FieldPath::new("spec.ephemeralContainers");
    let containers = pod.items_at(&["spec", "ephemeralContainers"]);
    for before in old.items_at(&["spec", "ephemeralContainers"]) {
        let name = before.str_at(&["name"]);
        let shown = quoted(name);
        match containers.iter().rfind(|it| it.str_at(&["name"]) == name) {
            None => {
                let detail = format!("existing ephemeral containers {shown} may not be removed\n");
                errors.push(FieldError::forbidden(&path, detail));
            }
            Some(now) if now != before => {
                let [before, now] = [before, now].map(|it| go_struct::lines("EphemeralContainer", it));
                let difference = unified_diff(&before, &now);
                let detail = format!("existing ephemeral containers {shown} may not be changed\n{difference}");
                errors.push(FieldError::forbidden(&path, detail));
            }
            Some(_) => {}
        }
    }
}
