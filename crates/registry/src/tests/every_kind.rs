//! What holds for every kind of the table.

use apimachinery::schema;
use apimachinery::value::Value;
use apimachinery::{json, tree};

use crate::harness::{Cluster, block_on, tree as parse};
use crate::kinds::KINDS;
use crate::request::{Body, BodyFormat, RequestInfo};
use crate::strategy::Strategy;
use crate::{cells, defaults};

const COLUMNS: &str = include_str!("../../../../schema/table-columns.json");

fn kind_of(strategy: &dyn Strategy) -> &'static api::ResourceType {
    let rules = strategy.rules();
    let found = api::resource(rules.group, rules.version, rules.plural);
    found.unwrap_or_else(|| panic!("{}/{} {} is no built-in resource", rules.group, rules.version, rules.plural))
}

/// A valid object of the kind, as short as possible.
fn sample(kind: &str) -> Value {
    parse(match kind {
        "ClusterRoleBinding" => "{metadata: {name: a}, roleRef: {kind: ClusterRole, name: r}}",
        "RoleBinding" => "{metadata: {name: a}, roleRef: {kind: Role, name: r}}",
        "EndpointSlice" => "{metadata: {name: a}, addressType: IPv4, endpoints: []}",
        "IPAddress" => "{metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: services, name: s}}}",
        "ServiceCIDR" => "{metadata: {name: a}, spec: {cidrs: [10.7.0.0/16]}}",
        "Service" => "{metadata: {name: a}, spec: {ports: [{port: 80}]}}",
        "Event" => "{metadata: {name: a}, involvedObject: {namespace: default}}",
        "Pod" => "{metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}",
        "Deployment" | "ReplicaSet" => {
            "{metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, \
             spec: {containers: [{name: c, image: i}]}}}}"
        }
        _ => "{metadata: {name: a}}",
    })
}

#[test]
fn the_table_is_in_order_and_every_kind_is_built_in() {
    let names: Vec<&str> = KINDS.iter().map(|it| kind_of(*it).kind).collect();
    assert!(names.is_sorted(), "{names:?}");
    for strategy in KINDS {
        for view in strategy.rules().views {
            assert!(api::resource(view.group, view.version, view.plural).is_some(), "{}", view.plural);
        }
        let kind = kind_of(*strategy);
        for part in strategy.rules().subresources {
            assert!(kind.subresource(part.name).is_some(), "{} has no {}", kind.kind, part.name);
        }
        if strategy.rules().indexed_field.is_some() {
            let indexed = strategy.rules().indexed_field;
            assert!(strategy.rules().selectable_fields.iter().any(|it| Some(it.name) == indexed), "{}", kind.kind);
        }
    }
}

#[test]
fn every_row_has_as_many_cells_as_its_kind_has_columns() {
    let columns = json::parse(COLUMNS.as_bytes()).expect("the facts are JSON");
    for strategy in KINDS {
        let kind = kind_of(*strategy);
        let key = format!("{}/{}/{}", kind.group, kind.version, kind.plural);
        let wanted = columns.items_at(&[&key]).len();
        let row = strategy.row(&sample(kind.kind), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(row.cells.len(), wanted, "{}", kind.kind);
        let empty = strategy.row(&tree!({}), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(empty.cells.len(), wanted, "{}: an empty object", kind.kind);
    }
    assert_eq!(cells::row(Vec::new()).cells.len(), 0);
}

#[test]
fn defaults_and_normal_form_are_idempotent() {
    for strategy in KINDS {
        let kind = kind_of(*strategy);
        let mut once = sample(kind.kind);
        let pass = |object: &mut Value| {
            schema::normalise(kind.schema, object).expect("a sample is of its kind");
            defaults::apply(strategy.rules().defaults, object);
            strategy.default(object);
            schema::normalise(kind.schema, object).expect("defaults are of the kind");
        };
        pass(&mut once);
        let mut twice = once.clone();
        pass(&mut twice);
        assert_eq!(once, twice, "{}", kind.kind);
    }
}

#[test]
fn every_kind_is_created_read_updated_and_deleted() {
    block_on(async {
        let cluster = Cluster::new().await;
        for strategy in KINDS {
            let kind = kind_of(*strategy);
            let resource = cluster.registry.resource(kind.group, kind.version, kind.plural).expect("served");
            let sample = sample(kind.kind);
            let namespace = if kind.is_namespaced { "default" } else { "" };
            let name = sample.str_at(&["metadata", "name"]).to_owned();
            let info = |verb| RequestInfo {
                verb,
                group: kind.group.into(),
                version: kind.version.into(),
                resource: kind.plural.into(),
                namespace: namespace.into(),
                name: if verb == "create" { String::new() } else { name.clone() },
                field_manager: "test".into(),
                ..RequestInfo::default()
            };
            let body = Body { format: BodyFormat::Json, bytes: json::to_vec(&sample).into() };
            let created = resource.create(&info("create"), &body).await;
            let created = created.unwrap_or_else(|status| panic!("{}: {status}", kind.kind)).object;
            let read = resource.get(namespace, &name, "").await.expect("it was created");
            assert_eq!(created, read, "{}", kind.kind);
            // What a client reads it may write back, and that changes nothing.
            let body = Body { format: BodyFormat::Json, bytes: read.to_json().into() };
            let updated = resource.update(&info("update"), &body).await;
            let updated = updated.unwrap_or_else(|status| panic!("{}: {status}", kind.kind)).object;
            assert_eq!(updated, read, "{}: writing back what was read", kind.kind);
            resource.delete(&info("delete"), &Default::default()).await.expect("a deletion");
        }
    });
}
