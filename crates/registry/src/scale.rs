//! `autoscaling/v1 Scale` of the kinds that have one.

use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;

use crate::cells;
use crate::strategy::ScalePaths;

/// The scale of a workload; with `revision` its `resourceVersion` is set.
pub fn of(object: &Value, paths: &ScalePaths, revision: Option<u64>) -> Value {
    let mut scale = tree!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": (object.name()),
            "namespace": (object.namespace()),
            "uid": (object.uid())
        },
        "spec": {},
        "status": {}
    });
    let revision = revision.filter(|it| *it > 0);
    if let Some(revision) = revision {
        scale.set_meta("resourceVersion", &revision.to_string());
    }
    if let Some(created) = object.at(&["metadata", "creationTimestamp"]).as_str() {
        scale.set_meta("creationTimestamp", created);
    }
    if let Some(replicas) = object.i64_at(paths.replicas).filter(|it| *it != 0) {
        scale.set(&["spec", "replicas"], replicas);
    }
    scale.set(&["status", "replicas"], object.i64_at(paths.current).unwrap_or(0));
    let selector = match object.at(paths.selector) {
        Value::String(text) => text.clone(),
        _ if paths.selector.is_empty() => String::new(),
        selector => selector_text(selector),
    };
    if !selector.is_empty() {
        scale.set(&["status", "selector"], selector);
    }
    scale
}

/// The text of a label selector; a plain map (ReplicationController) is one, too.
fn selector_text(selector: &Value) -> String {
    let is_plain = selector.field("matchLabels").is_null() && selector.field("matchExpressions").is_null();
    let text = if is_plain { cells::labels_text(selector) } else { cells::selector_text(selector) };
    if text == "<none>" { String::new() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_shows_replicas_and_selector() {
        let object = tree!({
            "metadata": {"name": "web", "namespace": "default", "uid": "u"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}},
            "status": {"replicas": 2}
        });
        let scale = of(&object, &ScalePaths::USUAL, Some(7));
        assert_eq!(scale.i64_at(&["spec", "replicas"]), Some(3));
        assert_eq!(scale.at(&["status"]), &tree!({"replicas": 2, "selector": "app=web"}));
        assert_eq!(scale.resource_version(), "7");
    }
}
