//! Writes `status` of validating policies: what their expressions were checked against.

use std::sync::{Arc, Weak};

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use cel::{Type, schemas};
use registry::request::{PatchFormat, RequestInfo, UserInfo};
use registry::resource::{Registry, Resource};

use super::type_checking::{self, Matched, TYPES_MAX};
use crate::changes::Changes;

/// Group of the policies.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";

/// Their plural.
pub(super) const PLURAL: &str = "validatingadmissionpolicies";

/// Upstream's name of this controller; it is also whose field the status is.
const CONTROLLER: &str = "validatingadmissionpolicy-status";

/// Follows the policies until the registry is gone.
pub(super) async fn run(registry: Weak<Registry>, policies: Arc<Resource>) {
    let mut changes = Changes::new(Arc::clone(&policies));
    loop {
        let frame = changes.next().await;
        let Some(registry) = registry.upgrade() else { return };
        if matches!(frame.event_type, WatchEventType::Added | WatchEventType::Modified) {
            reconcile(&registry, &policies, &frame.object).await;
        }
    }
}

async fn reconcile(registry: &Registry, policies: &Resource, object: &EncodedObject) {
    let Ok(policy) = json::parse(&object.bytes) else { return };
    let generation = policy.i64_at(&["metadata", "generation"]).unwrap_or(0);
    let observed = policy.i64_at(&["status", "observedGeneration"]).unwrap_or(0);
    if generation <= observed || policy.deletion_timestamp().is_some() {
        return;
    }
    let types = types_of(registry, &policy);
    let params = params_type(registry, &policy);
    let warnings = type_checking::warnings(&policy, &types, params.as_ref());
    let mut checking = Value::object();
    if !warnings.is_empty() {
        checking.set(&["expressionWarnings"], warnings);
    }
    let mut patch = tree!({"status": {"observedGeneration": generation, "typeChecking": null}});
    patch.set(&["status", "typeChecking"], checking);
    match write(policies, policy.name(), &patch).await {
        Ok(()) => {}
        Err(status) if matches!(status.code, 404 | 409) => {}
        Err(status) => tracing::warn!(name = policy.name(), message = status.message, "cannot write a policy's status"),
    }
}

async fn write(policies: &Resource, name: &str, patch: &Value) -> Result<(), Status> {
    let user = UserInfo {
        name: format!("system:serviceaccount:kube-system:{CONTROLLER}-controller"),
        groups: vec!["system:serviceaccounts".into(), "system:authenticated".into()],
        ..UserInfo::default()
    };
    let info = RequestInfo {
        user: Arc::new(user),
        verb: "patch",
        group: GROUP.to_owned(),
        version: "v1".to_owned(),
        resource: PLURAL.to_owned(),
        subresource: "status".to_owned(),
        name: name.to_owned(),
        field_manager: CONTROLLER.to_owned(),
        ..RequestInfo::default()
    };
    policies.patch(&info, PatchFormat::Merge, &json::to_vec(patch)).await.map(drop)
}

/// The types that a policy names, ordered; a few per rule.
fn types_of(registry: &Registry, policy: &Value) -> Vec<Matched> {
    let mut found: Vec<Arc<Resource>> = Vec::new();
    for named in type_checking::named_resources(policy) {
        let resources = named.iter().filter_map(|(group, version, plural)| registry.resource(group, version, plural));
        found.extend(resources.take(TYPES_MAX));
    }
    found.sort_by_key(|resource| kind_key(resource));
    found.dedup_by_key(|resource| kind_key(resource));
    let matched = |resource: &Arc<Resource>| {
        let (group, version, kind) = kind_key(resource);
        Matched { shown: format!("{group}/{version}, Kind={kind}"), ty: object_type(resource) }
    };
    found.iter().map(matched).collect()
}

fn kind_key(resource: &Resource) -> (&'static str, &'static str, &'static str) {
    let ty = resource.resource_type();
    (ty.group, ty.version, ty.kind)
}

fn params_type(registry: &Registry, policy: &Value) -> Option<Type> {
    let kind = policy.at(&["spec", "paramKind"]);
    let api_version = kind.str_at(&["apiVersion"]);
    let is_it = |resource: &&Arc<Resource>| {
        let ty = resource.resource_type();
        ty.kind == kind.str_at(&["kind"]) && ty.api_version() == api_version
    };
    let resources = registry.resources();
    resources.iter().find(is_it).map(|resource| object_type(resource))
}

/// The type of a resource's objects.
pub(crate) fn object_type(resource: &Resource) -> Type {
    let ty = resource.resource_type();
    let Some(custom) = resource.custom() else { return schemas::of_struct(ty.schema) };
    let Type::Object(plain) = schemas::of_struct(ty.schema) else { return Type::Dyn };
    let metadata = plain.fields.get("metadata").cloned().unwrap_or(Type::Dyn);
    schemas::of_custom_resource(&custom.schema, ty.kind, metadata)
}
