//! APIServices of what this server serves itself: one per built-in group version, made at start, and one per group
//! version of definitions, kept all the time.

use std::collections::BTreeMap;
use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use registry::request::{Body, BodyFormat, DeleteOptions, ListOptions};
use registry::resource::Resource;

use super::worker::request;
use super::{GROUP, PLURAL};
use crate::bootstrap::documents;
use crate::discovery::{CUSTOM_PRIORITY, built_in_priorities};
use crate::server::Server;

/// Says how an APIService is kept.
const LABEL: &str = "kube-aggregator.kubernetes.io/automanaged";
/// Once, when the server starts.
const ON_START: &str = "onstart";
/// All the time.
const ALWAYS: &str = "true";

/// Writes at a time. The store commits what comes together with one flush.
const WRITES_MAX: usize = 32;

/// When a reconciliation happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The server starts: everything is made right.
    Start,
    /// Later: what users changed of the built-in ones stays.
    Later,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
enum Step {
    Create(Value),
    Update(Value),
    /// Of this UID only.
    Delete {
        name: String,
        uid: String,
    },
}

/// Brings the stored APIServices in line; what fails is logged and tried again with the next change.
pub(crate) async fn reconcile(server: &Arc<Server>, moment: Moment) {
    let _one = server.aggregator.registering.lock().await;
    let Some(resource) = server.registry.resource(GROUP, "v1", PLURAL) else { return };
    let definitions = server.registry.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    let Some(definitions) = definitions else { return };
    let (Some(stored), Some(definitions)) = (all(&resource).await, all(&definitions).await) else { return };
    // Later nothing is done about the built-in ones.
    let mut wanted = if moment == Moment::Start { built_in() } else { BTreeMap::new() };
    for service in of_definitions(&definitions).into_iter().filter(|it| !is_built_in(it)) {
        wanted.insert(service.name().to_owned(), service);
    }
    let steps = plan(&wanted, &stored, moment);
    let writes = steps.into_iter().map(|step| perform(Arc::clone(&resource), step));
    let mut writes = stream::iter(writes).buffer_unordered(WRITES_MAX);
    while let Some(written) = writes.next().await {
        if let Err(status) = written {
            tracing::warn!(message = status.message, "cannot register a group version");
        }
    }
}

async fn all(resource: &Resource) -> Option<Vec<Value>> {
    let options = ListOptions { resource_version: "0".into(), ..ListOptions::default() };
    let list = resource.list("", &options).await.ok()?;
    Some(list.items.iter().filter_map(|object| json::parse(&object.to_json()).ok()).collect())
}

async fn perform(resource: Arc<Resource>, step: Step) -> Result<(), Status> {
    let body = |object: &Value| Body { format: BodyFormat::Json, bytes: Bytes::from(json::to_vec(object)) };
    let outcome = match &step {
        Step::Create(object) => resource.create(&request("create", "", ""), &body(object)).await.map(drop),
        Step::Update(object) => resource.update(&request("update", object.name(), ""), &body(object)).await.map(drop),
        Step::Delete { name, uid } => {
            let options = DeleteOptions { uid: Some(uid.clone()), ..DeleteOptions::default() };
            resource.delete(&request("delete", name, ""), &options).await.map(drop)
        }
    };
    match outcome {
        // Somebody else was quicker: the next change brings us here again.
        Err(status) if matches!(status.code, 404 | 409) => Ok(()),
        outcome => outcome,
    }
}

/// Those of the group versions that are built in.
fn built_in() -> BTreeMap<String, Value> {
    let document = documents::bootstrap();
    let all = documents::objects(&document, PLURAL).into_iter().map(|mut service| {
        stamp(&mut service);
        (service.name().to_owned(), service)
    });
    all.collect()
}

fn is_built_in(service: &Value) -> bool {
    let text = |field: &str| service.str_at(&["spec", field]).to_owned();
    built_in_priorities().contains_key(&(text("group"), text("version")))
}

/// Those of the group versions that definitions serve.
fn of_definitions(definitions: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for spec in definitions.iter().map(|it| it.field("spec")) {
        let group = spec.str_at(&["group"]);
        for version in spec.items_at(&["versions"]).iter().filter(|it| it.bool_at(&["served"])) {
            let version = version.str_at(&["name"]);
            let mut service = tree!({
                "metadata": {"name": (format!("{version}.{group}"))},
                "spec": {
                    "group": group,
                    "version": version,
                    "groupPriorityMinimum": (CUSTOM_PRIORITY.group),
                    "versionPriority": (CUSTOM_PRIORITY.version),
                },
            });
            service.set_label(LABEL, ALWAYS);
            stamp(&mut service);
            all.push(service);
        }
    }
    all
}

fn stamp(service: &mut Value) {
    service.set(&["kind"], "APIService");
    service.set(&["apiVersion"], "apiregistration.k8s.io/v1");
}

/// What brings `stored` in line with `wanted`. Only what bears the label is touched.
fn plan(wanted: &BTreeMap<String, Value>, stored: &[Value], moment: Moment) -> Vec<Step> {
    let is_due = |service: &Value| match service.label(LABEL) {
        Some(ON_START) => moment == Moment::Start,
        Some(ALWAYS) => true,
        _ => false,
    };
    let is_stored = |name: &str| stored.iter().any(|it| it.name() == name);
    let missing = wanted.iter().filter(|(name, service)| is_due(service) && !is_stored(name));
    let mut steps: Vec<Step> = missing.map(|(_, service)| Step::Create(service.clone())).collect();
    for service in stored.iter().filter(|it| is_due(it)) {
        match wanted.get(service.name()) {
            None => steps.push(Step::Delete { name: service.name().to_owned(), uid: service.uid().to_owned() }),
            Some(wanted) if is_due(wanted) && wanted.field("spec") != service.field("spec") => {
                let mut updated = service.clone();
                updated.set(&["spec"], wanted.field("spec").clone());
                steps.push(Step::Update(updated));
            }
            Some(_) => {}
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, label: &str, priority: i64) -> Value {
        let mut service = tree!({"metadata": {"name": name, "uid": "u"}, "spec": {"versionPriority": priority}});
        service.set_label(LABEL, label);
        service
    }

    #[track_caller]
    fn check(wanted: &[Value], stored: &[Value], moment: Moment, expected: &str) {
        let wanted = wanted.iter().map(|it| (it.name().to_owned(), it.clone())).collect();
        let steps = plan(&wanted, stored, moment).into_iter().map(|step| match step {
            Step::Create(object) => format!("create {}", object.name()),
            Step::Update(object) => {
                format!("update {} {}", object.name(), object.i64_at(&["spec", "versionPriority"]).unwrap_or(0))
            }
            Step::Delete { name, uid } => format!("delete {name} {uid}"),
        });
        assert_eq!(steps.collect::<Vec<_>>().join(", "), expected);
    }

    #[test]
    fn at_start_everything_that_bears_the_label_is_made_right() {
        let wanted =
            [service("v1.apps", ON_START, 15), service("v1.a.b", ALWAYS, 100), service("v2.apps", ON_START, 1)];
        let stored = [
            service("v1.apps", ON_START, 7),
            service("v1.gone", ON_START, 1),
            service("v1.x.y", ALWAYS, 1),
            service("v2.apps", "", 3),
        ];
        check(&wanted, &stored, Moment::Start, "create v1.a.b, update v1.apps 15, delete v1.gone u, delete v1.x.y u");
    }

    #[test]
    fn later_only_those_of_definitions_are_kept() {
        let wanted = [service("v1.apps", ON_START, 15), service("v1.a.b", ALWAYS, 100)];
        check(&wanted, &[service("v1.gone", ON_START, 1)], Moment::Later, "create v1.a.b");
        check(
            &wanted,
            &[service("v1.apps", ON_START, 1), service("v1.a.b", ALWAYS, 1)],
            Moment::Later,
            "update v1.a.b 100",
        );
        check(&[], &[service("v1.a.b", ALWAYS, 100)], Moment::Later, "delete v1.a.b u");
    }

    #[test]
    fn every_served_version_of_a_definition_is_registered() {
        let definition = tree!({"spec": {"group": "a.b", "versions": [
            {"name": "v1", "served": true}, {"name": "v1beta1", "served": false}, {"name": "v2", "served": true},
        ]}});
        let names: Vec<String> = of_definitions(&[definition]).iter().map(|it| it.name().to_owned()).collect();
        assert_eq!(names, ["v1.a.b", "v2.a.b"]);
        let apps = tree!({"spec": {"group": "apps", "versions": [{"name": "v1", "served": true}]}});
        assert!(of_definitions(&[apps]).iter().all(is_built_in));
        assert_eq!(built_in().len(), 21);
    }
}
