//! Counts what namespaces use of their quotas: at once after something is gone or changed, and in full now and then.
//!
//! What is created is charged by admission; the full count also corrects a status that somebody else wrote.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use api::pod_resources::{self, Amounts};
use api::quota::Counter;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::quantity::{Format, Quantity};
use apimachinery::time::Now;
use apimachinery::value::Value;
use client::client::Resource;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::RESOURCE_QUOTAS;
use client::view::View;

use crate::garbage_collector::Digest as Presence;
use crate::live_kinds::LiveKinds;

/// Time between full counts, as upstream's.
const RESYNC_PERIOD: Duration = Duration::from_secs(300);

/// A count that changed something is repeated after this time: what was charged or made just before may not have been
/// seen yet.
const RECOUNT_PAUSE: Duration = Duration::from_secs(1);

/// See the module.
pub struct ResourceQuotaController {
    /// The namespaced ones are counted.
    kinds: LiveKinds,
}

impl ResourceQuotaController {
    /// `kinds`: all kinds that are served.
    pub fn new(kinds: LiveKinds) -> Self {
        ResourceQuotaController { kinds }
    }

    fn counted(&self) -> Vec<Resource> {
        let served = self.kinds.now();
        // Events are many and short-lived; nobody counts them.
        let counted = served.watchable.iter().filter(|kind| kind.is_namespaced && kind.plural != "events");
        counted.copied().collect()
    }
}

/// What is known of a quota beside its whole.
#[derive(Debug)]
struct QuotaDigest {
    name: String,
    /// Stands for `spec` and `status`.
    content: u64,
}

impl QuotaDigest {
    fn project(bytes: &[u8]) -> Option<Self> {
        let quota = json::parse(bytes).ok()?;
        let content = hash_of(&[quota.field("spec"), quota.field("status")]);
        Some(QuotaDigest { name: quota.name().to_owned(), content })
    }
}

/// Stands for what an object of a measured kind uses, and in which scopes it is.
#[derive(Debug, PartialEq)]
struct Usage(u64);

/// Parts of Pods, Services and claims that decide what they use.
const MEASURED_PARTS: [&[&str]; 5] = [
    &["spec"],
    &["metadata", "deletionTimestamp"],
    &["status", "phase"],
    &["status", "allocatedResources"],
    &["status", "currentVolumeAttributesClassName"],
];

impl Usage {
    fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        Some(Usage(hash_of(&MEASURED_PARTS.map(|part| object.at(part)))))
    }
}

fn hash_of(parts: &[&Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        json::to_vec(part).hash(&mut hasher);
    }
    hasher.finish()
}

fn counter(kind: &Resource) -> Counter<'static> {
    Counter { group: kind.group, plural: kind.plural }
}

impl Controller for ResourceQuotaController {
    fn name(&self) -> &'static str {
        "resourcequota-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:resourcequota-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let mut watches = vec![Watch::new(RESOURCE_QUOTAS, QuotaDigest::project).touches(touched_by_itself).boxed()];
        for kind in self.counted() {
            watches.push(match counter(&kind).is_measured() {
                true => Watch::new(kind, Usage::project).live().touches(touched_by_usage).boxed(),
                false => Watch::new(kind, Presence::project).live().touches(touched_by_deletion).boxed(),
            });
        }
        watches
    }

    /// Any quota may name the kind.
    fn touched_by_kind(&self, view: &View, _resource: Resource, keys: &mut Vec<Key>) {
        let quotas = view.kind::<QuotaDigest>(RESOURCE_QUOTAS).list();
        keys.extend(quotas.into_iter().map(|(object, _)| Key { resource: RESOURCE_QUOTAS, object }));
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<QuotaDigest>(RESOURCE_QUOTAS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let mut quota = entry.value();
        let counted = self.count(view, key.namespace(), quota.field("spec"), now.wall.as_second());
        if !set_status(&mut quota, counted) {
            return Plan::none().and_requeue_after(RESYNC_PERIOD);
        }
        let write = Write::update(RESOURCE_QUOTAS, quota).to_subresource("status").accept_not_found();
        Plan::none().and_write(write).and_requeue_after(RECOUNT_PAUSE)
    }
}

impl ResourceQuotaController {
    /// What is used of the resources of a quota that can be counted.
    fn count(&self, view: &View, namespace: &str, spec: &Value, now_seconds: i64) -> Amounts {
        let hard = pod_resources::amounts(spec.field("hard"));
        let mut used = Amounts::new();
        for kind in self.counted() {
            let counter = counter(&kind);
            let names: Vec<&String> = hard.keys().filter(|name| counter.uses(name)).collect();
            if names.is_empty() {
                continue;
            }
            let found = match counter.is_measured() {
                true => measure(view, kind, namespace, spec, now_seconds),
                false => presence(view, kind, namespace, spec),
            };
            // What cannot be counted yet stays as it was.
            let Some(mut of_kind) = found else { continue };
            for name in &names {
                used.entry((*name).clone()).or_insert(Quantity::ZERO);
            }
            of_kind.retain(|name, _| names.contains(&name));
            pod_resources::add(&mut used, &of_kind);
        }
        used
    }
}

/// `None` if not all objects of the kind are seen.
fn measure(view: &View, kind: Resource, namespace: &str, spec: &Value, now_seconds: i64) -> Option<Amounts> {
    let objects = view.watched::<Usage>(kind).filter(|it| it.is_synced())?;
    let (counter, mut used) = (counter(&kind), Amounts::new());
    for (_, entry) in objects.list_namespace(namespace) {
        let object = entry.value();
        if counter.is_in_scope(spec, &object) {
            pod_resources::add(&mut used, &counter.usage(&object, now_seconds));
        }
    }
    Some(used)
}

/// `None` if not all objects of the kind are seen.
fn presence(view: &View, kind: Resource, namespace: &str, spec: &Value) -> Option<Amounts> {
    let objects = view.watched::<Presence>(kind).filter(|it| it.is_synced())?;
    let counter = counter(&kind);
    if !counter.is_in_scope(spec, &Value::Null) {
        return Some(Amounts::new());
    }
    let count = objects.list_namespace(namespace).len() as i64;
    let one = counter.usage(&Value::Null, 0);
    Some(one.into_keys().map(|name| (name, Quantity::from_i64(count, Format::DecimalSi))).collect())
}

/// Notes the count in the status; says whether it was not there already.
fn set_status(quota: &mut Value, counted: Amounts) -> bool {
    let hard = pod_resources::amounts(quota.at(&["spec", "hard"]));
    let before = pod_resources::amounts(quota.at(&["status", "used"]));
    let mut used = before.clone();
    used.extend(counted);
    used.retain(|name, _| hard.contains_key(name));
    if is_same(&used, &before) && is_same(&hard, &pod_resources::amounts(quota.at(&["status", "hard"]))) {
        return false;
    }
    quota.set(&["status", "hard"], quota.at(&["spec", "hard"]).clone());
    quota.set(&["status", "used"], pod_resources::to_value(&used));
    true
}

fn is_same(a: &Amounts, b: &Amounts) -> bool {
    a.len() == b.len() && a.iter().all(|(name, amount)| b.get(name).is_some_and(|it| it.compare(amount).is_eq()))
}

/// A quota is counted when it is new and when its `spec` may have changed.
fn touched_by_itself(_: &View, change: &Change<QuotaDigest>, keys: &mut Vec<Key>) {
    let content = |entry: &Option<client::informer::Entry<QuotaDigest>>| entry.as_ref().map(|it| it.digest.content);
    if change.new.is_some() && content(&change.new) != content(&change.old) && !is_charge(change) {
        keys.push(Key { resource: RESOURCE_QUOTAS, object: change.key.clone() });
    }
}

/// Whether only the status was changed: by admission, ourselves, or somebody whom the next full count corrects.
fn is_charge(change: &Change<QuotaDigest>) -> bool {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return false };
    let (old, new) = (old.value(), new.value());
    old.field("spec") == new.field("spec")
}

fn touched_by_usage(view: &View, change: &Change<Usage>, keys: &mut Vec<Key>) {
    let Some(old) = &change.old else { return };
    if change.new.as_ref().is_none_or(|new| new.digest != old.digest) {
        push_quotas(view, &change.key.namespace, keys);
    }
}

fn touched_by_deletion(view: &View, change: &Change<Presence>, keys: &mut Vec<Key>) {
    if change.new.is_none() {
        push_quotas(view, &change.key.namespace, keys);
    }
}

fn push_quotas(view: &View, namespace: &str, keys: &mut Vec<Key>) {
    let quotas = view.in_namespace::<QuotaDigest>(RESOURCE_QUOTAS, namespace);
    keys.extend(quotas.iter().map(|quota| Key::new(RESOURCE_QUOTAS, namespace, &quota.digest.name)));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::{WIDGETS, now, parse_key, plan, view};

    fn decide(objects: &str) -> String {
        let kinds = [client::resources::STORED, &[WIDGETS]].concat();
        plan(&ResourceQuotaController::new(LiveKinds::fixed(&kinds)), objects, "ResourceQuota a/q")
    }

    const CUSTOM: &str = r#"ResourceQuota a/q spec.hard={"count/widgets.example.com":"3"}
        Widget a/x
        Widget a/y
        Widget b/z"#;

    #[test]
    fn custom_objects_are_counted() {
        expect![[r#"
            update ResourceQuota a/q status {"metadata":{"name":"q","uid":"q-uid","resourceVersion":"1"},"spec":{"hard":{"count/widgets.example.com":"3"}},"status":{"hard":{"count/widgets.example.com":"3"},"used":{"count/widgets.example.com":"2"}}}
            requeue after 1s
        "#]].assert_eq(&decide(CUSTOM));
    }

    #[test]
    fn a_kind_that_is_served_but_not_seen_yet_keeps_its_count() {
        let before = ResourceQuotaController::new(LiveKinds::fixed(client::resources::STORED));
        let view = view(&before, CUSTOM);
        let served = ResourceQuotaController::new(LiveKinds::fixed(&[WIDGETS]));
        expect![[r#"
            update ResourceQuota a/q status {"metadata":{"name":"q","uid":"q-uid","resourceVersion":"1"},"spec":{"hard":{"count/widgets.example.com":"3"}},"status":{"hard":{"count/widgets.example.com":"3"},"used":{}}}
            requeue after 1s
        "#]].assert_eq(&served.reconcile(&view, &parse_key("ResourceQuota a/q"), now()).to_string());
    }

    #[test]
    fn all_quotas_are_counted_again_when_a_kind_comes() {
        let controller = ResourceQuotaController::new(LiveKinds::fixed(&[WIDGETS]));
        let mut keys = Vec::new();
        controller.touched_by_kind(&view(&controller, CUSTOM), WIDGETS, &mut keys);
        assert_eq!(keys, [parse_key("ResourceQuota a/q")]);
    }

    #[test]
    fn what_is_there_is_counted() {
        let quota = r#"ResourceQuota a/q spec.hard={"pods":"3","cpu":"2","secrets":"9","count/deployments.apps":"1"}"#;
        let text = format!(
            r#"{quota}
            Pod a/one spec.containers=[{{"name":"c","resources":{{"requests":{{"cpu":"1500m"}}}}}}]
            Pod a/done status.phase=Succeeded spec.containers=[{{"name":"c","resources":{{"requests":{{"cpu":"1"}}}}}}]
            Pod b/two spec.containers=[]
            Secret a/s
            Deployment a/d"#
        );
        expect![[r#"
            update ResourceQuota a/q status {"metadata":{"name":"q","uid":"q-uid","resourceVersion":"1"},"spec":{"hard":{"pods":"3","cpu":"2","secrets":"9","count/deployments.apps":"1"}},"status":{"hard":{"pods":"3","cpu":"2","secrets":"9","count/deployments.apps":"1"},"used":{"count/deployments.apps":"1","cpu":"1500m","pods":"1","secrets":"1"}}}
            requeue after 1s
        "#]].assert_eq(&decide(&text));
    }

    #[test]
    fn a_status_that_is_right_stays() {
        let quota =
            r#"ResourceQuota a/q spec.hard={"secrets":"9"} status.hard={"secrets":"9"} status.used={"secrets":"#;
        expect![[r#"
            requeue after 300s
        "#]]
        .assert_eq(&decide(&format!("{quota}\"1\"}}\nSecret a/s")));
        expect![[r#"
            update ResourceQuota a/q status {"metadata":{"name":"q","uid":"q-uid","resourceVersion":"1"},"spec":{"hard":{"secrets":"9"}},"status":{"hard":{"secrets":"9"},"used":{"secrets":"1"}}}
            requeue after 1s
        "#]].assert_eq(&decide(&format!("{quota}\"5\"}}\nSecret a/s")));
    }
}
