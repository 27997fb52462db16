//! Pods from templates, and the writes that make and remove them with upstream's events.

use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::DeleteOptions;
use client::events::{ObjectReference, Occurrence};
use client::plan::Write;
use client::resources::PODS;

use crate::digest::Meta;

/// Bytes of a generated name's prefix.
const GENERATED_PREFIX_BYTES_MAX: usize = 253;

/// The Pod that `owner` (with its kind) makes of `template`, as a tree, so that no field is lost.
pub fn pod_from_template(owner: &Value, template: &Value) -> Value {
    let mut metadata = tree!({
        "generateName": (generated_prefix(owner.name())),
        "namespace": (owner.namespace()),
        "ownerReferences": [(OwnerReference::controller_of(owner).to_value())]
    });
    for field in ["labels", "annotations", "finalizers"] {
        let value = template.at(&["metadata", field]);
        if !value.is_null() {
            metadata.set(&[field], value.clone());
        }
    }
    tree!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": (template.field("spec").clone())})
}

/// `name-`, or `name` where that would be too long for a name.
fn generated_prefix(name: &str) -> String {
    match name.len() < GENERATED_PREFIX_BYTES_MAX {
        true => format!("{name}-"),
        false => name.to_owned(),
    }
}

/// Creates a Pod and tells so in events about its owner.
pub fn creation(about: &ObjectReference, pod: Value) -> Write {
    Write::create(PODS, pod)
        .event_on_success(Occurrence::normal(about, "SuccessfulCreate", "Created pod: {name}"))
        .event_on_failure(Occurrence::warning(about, "FailedCreate", "Error creating: {error}"))
}

/// Deletes a Pod and tells so in events about its owner.
pub fn deletion(about: &ObjectReference, pod: &Meta) -> Write {
    let options = DeleteOptions { uid: Some(pod.uid.clone()), ..DeleteOptions::default() };
    let deleted = format!("Deleted pod: {}", pod.name);
    Write::delete(PODS, &pod.namespace, &pod.name, options)
        .event_on_success(Occurrence::normal(about, "SuccessfulDelete", deleted))
        .event_on_failure(Occurrence::warning(about, "FailedDelete", "Error deleting: {error}"))
}

/// How an object's `status` differs from what it should be: field by field, since the server leaves zero counts and
/// empty lists out.
pub fn status_differs(old: &Value, new: &Value, counted_even_when_zero: &[&str]) -> bool {
    let Some(new) = new.as_object() else { return false };
    new.iter().any(|(field, new)| match (old.field(field), new) {
        // A count that was never written differs from a zero that was.
        (Value::Null, Value::Int(0)) => counted_even_when_zero.contains(&field),
        (Value::Null, Value::Array(items)) => !items.is_empty(),
        (Value::Null, Value::String(text)) => !text.is_empty(),
        (old, new) => old != new,
    })
}
