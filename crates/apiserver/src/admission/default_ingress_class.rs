//! DefaultIngressClass: an Ingress that names no class gets the newest default one.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::Dependencies;

const GROUP: &str = "networking.k8s.io";
const CLASS: &[&str] = &["spec", "ingressClassName"];

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, ingress: &mut Value) -> Result<(), Status> {
    let info = attributes.info;
    let is_new = attributes.operation == Operation::Create
        && info.group == GROUP
        && info.resource == "ingresses"
        && info.subresource.is_empty();
    let has_class = !ingress.at(CLASS).is_null() || ingress.annotation("kubernetes.io/ingress.class").is_some();
    if !is_new || has_class {
        return Ok(());
    }
    if let Some(name) = default_class(&all.objects(GROUP, "ingressclasses", "").await?) {
        ingress.set(CLASS, name);
    }
    Ok(())
}

/// The default class; of several the newest, then the first by name.
fn default_class(classes: &[Value]) -> Option<&str> {
    let is_default = |it: &&Value| it.annotation("ingressclass.kubernetes.io/is-default-class") == Some("true");
    let created = |it: &Value| it.str_at(&["metadata", "creationTimestamp"]).to_owned();
    let newest_first = |a: &&Value, b: &&Value| created(b).cmp(&created(a)).then_with(|| a.name().cmp(b.name()));
    classes.iter().filter(is_default).min_by(newest_first).map(ObjectMeta::name)
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn the_newest_default_counts() {
        let class = |name: &str, created: &str, is_default: &str| {
            tree!({"metadata": {"name": name, "creationTimestamp": created,
                "annotations": {"ingressclass.kubernetes.io/is-default-class": is_default}}})
        };
        let all = [
            class("a", "2020-01-01T00:00:00Z", "true"),
            class("c", "2021-01-01T00:00:00Z", "true"),
            class("b", "2021-01-01T00:00:00Z", "true"),
            class("d", "2022-01-01T00:00:00Z", "false"),
        ];
        assert_eq!(default_class(&all), Some("b"));
        assert_eq!(default_class(&all[3..]), None);
    }
}
