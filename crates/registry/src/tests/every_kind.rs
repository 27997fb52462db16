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

const SIGNING_REQUEST: &str = "{metadata: {name: a}, spec: {signerName: a.b/c, usages: [any], request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISE1HNENBUUF3RERFS01BZ0dBMVVFQXd3QllUQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCSDJ6UWNTMGlqYzcrSW0wc0R3TVZjdnV0RFMvc0dWbTVYNkg0bUFMY2t4V0VUU2d0NTVzbXl1ZWpaOTJSeXdCCmxkT3FyRVdzODV4YjVUVklrSTlSTUdtZ0FEQUtCZ2dxaGtqT1BRUURBZ05KQURCR0FpRUF2TWlnVzVySlIxMEMKeVhvTW1pTWhXMlJvS0NWeDVWdzNEYnFGN1VpdWdjNENJUUQrZktzT21tVzYzb2hLU3gycEJ5ZVBuUjdpZVArMApyRUJ6elFaTG1weCs0QT09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=}}";

/// A valid object of the kind, as short as possible.
fn sample(kind: &str) -> Value {
    parse(match kind {
        "APIService" => {
            "{metadata: {name: v1.a.b}, spec: {group: a.b, version: v1, groupPriorityMinimum: 1, versionPriority: 1}}"
        }
        "ClusterRoleBinding" => "{metadata: {name: a}, roleRef: {kind: ClusterRole, name: r}}",
        "RoleBinding" => "{metadata: {name: a}, roleRef: {kind: Role, name: r}}",
        "EndpointSlice" => "{metadata: {name: a}, addressType: IPv4, endpoints: []}",
        "IPAddress" => "{metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: services, name: s}}}",
        "ServiceCIDR" => "{metadata: {name: a}, spec: {cidrs: [10.7.0.0/16]}}",
        "Service" => "{metadata: {name: a}, spec: {ports: [{port: 80}]}}",
        "Event" => "{metadata: {name: a}, involvedObject: {namespace: default}}",
        "Pod" => "{metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}",
        "ControllerRevision" => "{metadata: {name: a}, data: {a: b}, revision: 1}",
        "CronJob" => {
            "{metadata: {name: a}, spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: \
             Never, containers: [{name: c, image: i}]}}}}}}"
        }
        "Job" => {
            "{metadata: {name: a}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}"
        }
        "ReplicationController" => {
            "{metadata: {name: a}, spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: \
             i}]}}}}"
        }
        "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet" => {
            "{metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, \
             spec: {containers: [{name: c, image: i}]}}}}"
        }
        "PersistentVolume" => {
            "{metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}}}"
        }
        "PersistentVolumeClaim" => {
            "{metadata: {name: a}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
        }
        "RuntimeClass" => "{metadata: {name: a}, handler: h}",
        "PodTemplate" => "{metadata: {name: a}, template: {spec: {containers: [{name: c, image: i}]}}}",
        "Ingress" => "{metadata: {name: a}, spec: {rules: [{host: h}]}}",
        "IngressClass" => "{metadata: {name: a}, spec: {controller: a/b}}",
        "FlowSchema" => "{metadata: {name: a}, spec: {priorityLevelConfiguration: {name: p}}}",
        "PriorityLevelConfiguration" => {
            "{metadata: {name: a}, spec: {type: Limited, limited: {limitResponse: {type: Reject}}}}"
        }
        "CertificateSigningRequest" => SIGNING_REQUEST,
        "ValidatingAdmissionPolicy" => {
            "{metadata: {name: a}, spec: {matchConstraints: {resourceRules: [{apiGroups: [g], apiVersions: [v1], \
             operations: [CREATE], resources: [r]}]}, validations: [{expression: 'true'}]}}"
        }
        "MutatingAdmissionPolicy" => {
            "{metadata: {name: a}, spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [{apiGroups: [g], \
             apiVersions: [v1], operations: [CREATE], resources: [r]}]}, mutations: [{patchType: JSONPatch, jsonPatch: \
             {expression: '[JSONPatch{op: \"remove\", path: \"/x\"}]'}}]}}"
        }
        "ValidatingAdmissionPolicyBinding" => "{metadata: {name: a}, spec: {policyName: p, validationActions: [Deny]}}",
        "MutatingAdmissionPolicyBinding" => "{metadata: {name: a}, spec: {policyName: p}}",
        "ResourceSlice" => {
            "{metadata: {name: a}, spec: {driver: d, pool: {name: p, resourceSliceCount: 1}, nodeName: n1}}"
        }
        "StorageClass" => "{metadata: {name: a}, provisioner: p}",
        "CSIDriver" => "{metadata: {name: a}, spec: {}}",
        "CSINode" => "{metadata: {name: a}, spec: {drivers: []}}",
        "CSIStorageCapacity" => "{metadata: {name: a}, storageClassName: c}",
        "VolumeAttachment" => {
            "{metadata: {name: a}, spec: {attacher: d, nodeName: n1, source: {persistentVolumeName: p}}}"
        }
        "CustomResourceDefinition" => {
            "{metadata: {name: as.b.c}, spec: {group: b.c, scope: Namespaced, names: {plural: as, kind: A}, \
             versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}"
        }
        "HorizontalPodAutoscaler" => {
            "{metadata: {name: a}, spec: {maxReplicas: 1, scaleTargetRef: {apiVersion: a/v1, kind: K, name: x}}}"
        }
        "VolumeAttributesClass" => "{metadata: {name: a}, driverName: d, parameters: {a: b}}",
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
