//! `componentstatuses`: the old way to ask how the control plane is; answered, not stored.

use apimachinery::group_version::GroupResource;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, tree};
use http::{Method, StatusCode};

use crate::call::Call;
use crate::deprecation;
use crate::negotiation::{self, MetaVersion, Offer, Shape};
use crate::options::list_options;
use crate::render;
use crate::render::table::columns;
use crate::reply::Reply;
use crate::resources::method_not_allowed;
use crate::server::Server;

/// Plural of the kind.
pub(crate) const PLURAL: &str = "componentstatuses";

/// The store under the name that clients know.
const STORE: &str = "etcd-0";

/// Parts of a control plane beside the store.
const COMPONENTS: [&str; 2] = ["controller-manager", "scheduler"];

/// How a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Health {
    name: &'static str,
    /// What is wrong, or empty.
    error: &'static str,
}

impl Server {
    /// GET of one component or all.
    pub(crate) async fn component_statuses(&self, call: &mut Call) -> Result<Reply, Status> {
        let target = &call.target;
        if !target.namespace.is_empty() || !target.subresource.is_empty() {
            return Err(Status::unknown_resource());
        }
        if !matches!(call.method, Method::GET | Method::HEAD) || target.verb == "watch" {
            return Err(method_not_allowed());
        }
        let accepted = negotiation::accept(&call.headers, &call.query, Offer::Objects)?;
        let all = self.component_health().await;
        call.warnings.extend(deprecation::warning("", "v1", "ComponentStatus"));
        let document = match call.target.is_name_in_path {
            true => shaped_object(accepted.shape, &find(&all, &call.target.name)?),
            false => {
                let options = list_options(&call.query, &call.target)?;
                let is_meant = |it: &&Health| {
                    let field = |name: &str| if name == "metadata.name" { it.name } else { "" };
                    options.label_selector.matches(|_| None) && options.field_selector.matches(field)
                };
                shaped_list(accepted.shape, all.iter().filter(is_meant).map(object).collect())
            }
        };
        Ok(render::value_reply(accepted, StatusCode::OK, &document))
    }

    async fn component_health(&self) -> Vec<Health> {
        let error = |is_well: bool, text: &'static str| if is_well { "" } else { text };
        let is_here = |name: &str| self.config.components.iter().any(|it| it == name);
        let parts = COMPONENTS.into_iter();
        let mut all: Vec<Health> =
            parts.map(|name| Health { name, error: error(is_here(name), "does not run in this process") }).collect();
        all.push(Health { name: STORE, error: error(self.is_store_well().await, "the store does not answer") });
        all
    }
}

fn find(all: &[Health], name: &str) -> Result<Value, Status> {
    let found = all.iter().find(|it| it.name == name).map(object);
    found.ok_or_else(|| Status::not_found(&GroupResource::new("", "componentstatus"), name))
}

fn object(health: &Health) -> Value {
    let condition = match health.error {
        "" => tree!({"type": "Healthy", "status": "True", "message": "ok"}),
        error => tree!({"type": "Healthy", "status": "Unknown", "error": error}),
    };
    tree!({
        "kind": "ComponentStatus",
        "apiVersion": "v1",
        "metadata": {"name": (health.name)},
        "conditions": [condition],
    })
}

fn shaped_object(shape: Shape, object: &Value) -> Value {
    match shape {
        Shape::Table(version) => table(version, std::slice::from_ref(object)),
        Shape::Metadata(version) | Shape::MetadataList(version) => partial(version, object),
        Shape::Plain | Shape::AggregatedDiscovery => object.clone(),
    }
}

fn shaped_list(shape: Shape, mut objects: Vec<Value>) -> Value {
    let (kind, api_version) = match shape {
        Shape::Table(version) => return table(version, &objects),
        Shape::Metadata(version) | Shape::MetadataList(version) => {
            objects = objects.iter().map(|object| partial(version, object)).collect();
            ("PartialObjectMetadataList", version.api_version())
        }
        Shape::Plain | Shape::AggregatedDiscovery => {
            for object in &mut objects {
                object.remove_at(&["kind"]);
                object.remove_at(&["apiVersion"]);
            }
            ("ComponentStatusList", "v1")
        }
    };
    tree!({"kind": kind, "apiVersion": api_version, "metadata": {}, "items": objects})
}

fn partial(version: MetaVersion, object: &Value) -> Value {
    let metadata = object.field("metadata").clone();
    tree!({"kind": "PartialObjectMetadata", "apiVersion": (version.api_version()), "metadata": metadata})
}

fn table(version: MetaVersion, objects: &[Value]) -> Value {
    let rows: Value =
        objects.iter().map(|it| tree!({"cells": (cells(it)), "object": (partial(version, it))})).collect();
    let columns = json::parse(columns::definitions("", "v1", PLURAL).as_bytes()).unwrap_or_default();
    tree!({
        "kind": "Table",
        "apiVersion": (version.api_version()),
        "metadata": {},
        "columnDefinitions": columns,
        "rows": rows,
    })
}

fn cells(object: &Value) -> Value {
    let condition = object.items_at(&["conditions"]).first().cloned().unwrap_or_default();
    let health = if condition.str_at(&["status"]) == "True" { "Healthy" } else { "Unhealthy" };
    tree!([(object.name()), health, (condition.str_at(&["message"])), (condition.str_at(&["error"]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(json::to_vec(value)).expect("UTF-8")
    }

    const ALL: [Health; 2] = [Health { name: "scheduler", error: "" }, Health { name: STORE, error: "gone" }];

    #[test]
    fn a_component_is_healthy_or_says_what_is_wrong() {
        assert_eq!(
            text(&find(&ALL, "scheduler").expect("known")),
            r#"{"kind":"ComponentStatus","apiVersion":"v1","metadata":{"name":"scheduler"},"conditions":[{"type":"Healthy","status":"True","message":"ok"}]}"#
        );
        assert_eq!(find(&ALL, "x").expect_err("unknown").message, "componentstatus \"x\" not found");
    }

    #[test]
    fn all_components_are_listed_and_shown_in_rows() {
        let objects: Vec<Value> = ALL.iter().map(object).collect();
        assert!(text(&shaped_list(Shape::Plain, objects.clone())).starts_with(
            r#"{"kind":"ComponentStatusList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"scheduler"},"conditions""#
        ));
        let table = shaped_list(Shape::Table(MetaVersion::V1), objects);
        let rows: Vec<String> = table.items_at(&["rows"]).iter().map(|row| text(row.field("cells"))).collect();
        assert_eq!(rows, [r#"["scheduler","Healthy","ok",""]"#, r#"["etcd-0","Unhealthy","","gone"]"#]);
        assert_eq!(table.items_at(&["columnDefinitions"]).len(), 4);
    }
}
