//! Another server's `APIResourceList`, told as the aggregated document does.

use apimachinery::group_version::GroupVersion;
use apimachinery::tree;
use apimachinery::value::Value;

/// The resources of another server's `APIResourceList` as the aggregated document has them.
pub(super) fn resources(list: &Value) -> Vec<Value> {
    let own = GroupVersion::parse(list.str_at(&["groupVersion"])).unwrap_or_default();
    let (mut resources, mut subresources) = (Vec::<Value>::new(), Vec::new());
    for entry in list.items_at(&["resources"]) {
        match entry.str_at(&["name"]).split_once('/') {
            None => resources.push(resource_of(entry, &own)),
            Some((parent, name)) => subresources.push((parent, subresource_of(name, entry, &own))),
        }
    }
    for (parent, subresource) in subresources {
        let Some(resource) = resources.iter_mut().find(|it| it.str_at(&["resource"]) == parent) else { continue };
        let mut all = resource.items_at(&["subresources"]).to_vec();
        all.push(subresource);
        resource.set(&["subresources"], all);
    }
    resources
}

fn response_kind(entry: &Value, own: &GroupVersion) -> Value {
    let or_own = |field: &str, own: &str| match entry.str_at(&[field]) {
        "" => own.to_owned(),
        text => text.to_owned(),
    };
    let (group, version) = (or_own("group", &own.group), or_own("version", &own.version));
    tree!({"group": group, "version": version, "kind": (entry.field("kind").clone())})
}

fn resource_of(entry: &Value, own: &GroupVersion) -> Value {
    let scope = if entry.bool_at(&["namespaced"]) { "Namespaced" } else { "Cluster" };
    let mut resource = tree!({
        "resource": (entry.field("name").clone()),
        "responseKind": (response_kind(entry, own)),
        "scope": scope,
        "singularResource": (entry.str_at(&["singularName"])),
        "verbs": (entry.field("verbs").clone()),
    });
    for field in ["shortNames", "categories"] {
        if !entry.items_at(&[field]).is_empty() {
            resource.set(&[field], entry.field(field).clone());
        }
    }
    resource
}

fn subresource_of(name: &str, entry: &Value, own: &GroupVersion) -> Value {
    tree!({
        "subresource": name,
        "responseKind": (response_kind(entry, own)),
        "verbs": (entry.field("verbs").clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::json;

    #[test]
    fn an_old_list_of_resources_is_told_as_the_aggregated_document_does() {
        let list = tree!({"groupVersion": "w.io/v1", "resources": [
            {"name": "flunders", "singularName": "", "namespaced": true, "kind": "Flunder", "verbs": ["get"], "shortNames": ["f"]},
            {"name": "flunders/scale", "namespaced": true, "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get"]},
            {"name": "gone/status", "kind": "Gone", "verbs": ["get"]},
        ]});
        let text = json::to_vec(&Value::from(resources(&list)));
        assert_eq!(
            String::from_utf8_lossy(&text),
            r#"[{"resource":"flunders","responseKind":{"group":"w.io","version":"v1","kind":"Flunder"},"scope":"Namespaced","singularResource":"","verbs":["get"],"shortNames":["f"],"subresources":[{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get"]}]}]"#
        );
    }
}
