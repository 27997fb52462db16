//! A `Scale`: no stored object, but one that has rows and metadata too.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, time, tree};
use http::StatusCode;

use super::{table, value_reply};
use crate::negotiation::{Accepted, MetaVersion, Shape};
use crate::query::Query;
use crate::reply::Reply;

/// One scale in the negotiated encoding and shape.
pub fn reply(accepted: Accepted, scale: &Value, query: &Query) -> Result<Reply, Status> {
    let document = match accepted.shape {
        Shape::Plain | Shape::AggregatedDiscovery => scale.clone(),
        Shape::Metadata(version) => partial(version, scale),
        Shape::MetadataList(_) => {
            return Err(Status::not_acceptable(
                "you requested PartialObjectMetadataList, but the requested object is not a list (*autoscaling.Scale)",
            ));
        }
        Shape::Table(version) => table_of(version, table::include_object(query)?, scale),
    };
    Ok(value_reply(accepted, StatusCode::OK, &document))
}

fn partial(version: MetaVersion, scale: &Value) -> Value {
    tree!({
        "kind": "PartialObjectMetadata", "apiVersion": (version.api_version()),
        "metadata": (scale.field("metadata").clone())
    })
}

fn table_of(version: MetaVersion, include: table::IncludeObject, scale: &Value) -> Value {
    let now = jiff::Timestamp::now();
    let replicas = |part: &str| Value::Int(scale.i64_at(&[part, "replicas"]).unwrap_or(0));
    let age = time::human_age(scale.str_at(&["metadata", "creationTimestamp"]), now);
    let cells = vec![Value::from(scale.name()), replicas("spec"), replicas("status"), Value::from(age)];
    let object = match include {
        table::IncludeObject::None => Value::Null,
        table::IncludeObject::Metadata => partial(version, scale),
        table::IncludeObject::Object => scale.clone(),
    };
    let columns = table::columns::definitions("autoscaling", "v1", "scales");
    tree!({
        "kind": "Table", "apiVersion": (version.api_version()),
        "metadata": {"resourceVersion": (scale.resource_version())},
        "columnDefinitions": (json::parse(columns.as_bytes()).unwrap_or_default()),
        "rows": [{"cells": (Value::Array(cells)), "object": object}]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_a_row() {
        let scale = tree!({"metadata": {"name": "web", "resourceVersion": "7"}, "spec": {"replicas": 3}, "status": {"replicas": 2}});
        let shown = table_of(MetaVersion::V1, table::IncludeObject::None, &scale);
        let text = String::from_utf8(json::to_vec(&shown)).expect("UTF-8");
        assert!(
            text.contains(r#""rows":[{"cells":["web",3,2,"<unknown>"],"object":null}]"#)
                || text.contains(r#"["web",3,2,"#),
            "{text}"
        );
        assert!(text.contains(r#""name":"Desired""#), "{text}");
    }
}
