//! Empties a namespace that is being deleted, then lets it go.
//!
//! Pods go first (KEP-5080), then everything else. What is left is told in the status.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::{self, Now};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{DeleteOptions, Resource};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Pace, Plan, Write};
use client::resources::{NAMESPACES, PODS};
use client::view::{Found, Lookup, View};

use crate::digest::{BY_CONTROLLER, NamedDigest, PodDigest};
use crate::live_kinds::LiveKinds;

/// `spec.finalizers` entry that this controller removes.
const FINALIZER: &str = "kubernetes";
/// How long finalizers of others may take before another look.
const FINALIZERS_SECONDS: i64 = 15;

/// Pause before group versions whose server does not answer are looked at again.
const DISCOVERY_PAUSE: Duration = Duration::from_secs(5);

/// Pause between deleting and looking what is left.
const NEXT_ROUND: Duration = Duration::from_millis(20);

/// See the module.
pub struct NamespaceController {
    /// Kinds that can be listed and deleted.
    kinds: LiveKinds,
}

impl NamespaceController {
    /// `kinds`: all kinds that are served.
    pub fn new(kinds: LiveKinds) -> Self {
        NamespaceController { kinds }
    }

    fn lookup(kind: Resource, namespace: &str) -> Lookup {
        Lookup::List { resource: kind, namespace: Arc::from(namespace) }
    }
}

impl Controller for NamespaceController {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:namespace-controller"
    }

    fn workers_max(&self) -> usize {
        10
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(NAMESPACES, NamedDigest::project).touches(touched_by_deletion).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<NamedDigest>(NAMESPACES, "", key.name()) else {
            return Plan::none();
        };
        if !entry.digest.meta.is_terminating() {
            return Plan::none();
        }
        let namespace = entry.value();
        if namespace.items_at(&["spec", "finalizers"]).is_empty() {
            return Plan::none();
        }
        if namespace.str_at(&["status", "phase"]) != "Terminating" {
            let mut namespace = namespace;
            namespace.set(&["status", "phase"], "Terminating");
            let write = Write::update(NAMESPACES, namespace).to_subresource("status");
            return Plan::write(write.accept_not_found());
        }
        let served = self.kinds.now();
        let (unknown, kinds) = (&served.unknown, served.kinds.iter().filter(|kind| kind.is_namespaced));
        let kinds: Vec<Resource> = kinds.copied().collect();
        let lookups: Vec<Lookup> = kinds.iter().map(|kind| Self::lookup(*kind, key.name())).collect();
        let mut content = Vec::new();
        for (kind, lookup) in kinds.iter().zip(&lookups) {
            match view.found(lookup) {
                None => return Plan::look_up(lookups),
                Some(Found::Items(items)) if !items.is_empty() => {
                    content.push(Content { kind: *kind, items });
                }
                Some(_) => {}
            }
        }
        match (content.is_empty(), unknown.is_empty()) {
            (true, true) => finalize(namespace),
            // There may be something in it.
            (true, false) => {
                update_conditions(namespace, &undiscovered(unknown), now).and_requeue_after(DISCOVERY_PAUSE)
            }
            (false, _) => empty(namespace, &content, undiscovered(unknown), now),
        }
    }
}

fn touched_by_deletion(_: &View, change: &Change<NamedDigest>, keys: &mut Vec<Key>) {
    if change.new.as_ref().is_some_and(|namespace| namespace.digest.meta.is_terminating()) {
        keys.push(Key::new(NAMESPACES, "", &change.key.name));
    }
}

/// A Pod that is gone may have been the last.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    if change.new.is_some() {
        return;
    }
    let namespace = view.get::<NamedDigest>(NAMESPACES, "", &change.key.namespace);
    if namespace.is_some_and(|namespace| namespace.digest.meta.is_terminating()) {
        keys.push(Key::new(NAMESPACES, "", &change.key.namespace));
    }
}

/// What is left of one kind.
struct Content<'a> {
    kind: Resource,
    items: &'a [Value],
}

impl Content<'_> {
    fn has_undeleted(&self) -> bool {
        self.items.iter().any(|item| item.deletion_timestamp().is_none())
    }
}

fn finalize(mut namespace: Value) -> Plan {
    let finalizers = namespace.items_at(&["spec", "finalizers"]).iter();
    let rest: Value = finalizers.filter(|it| it.as_str() != Some(FINALIZER)).cloned().collect();
    namespace.set(&["spec", "finalizers"], rest);
    let write = Write::update(NAMESPACES, namespace).to_subresource("finalize");
    Plan::write(write.accept_not_found())
}

/// Deletes what nobody has deleted yet; if all is under way, tells so and looks again later.
fn empty(namespace: Value, content: &[Content<'_>], mut troubles: Troubles, now: Now) -> Plan {
    let pods: Vec<&Content<'_>> = content.iter().filter(|it| it.kind == PODS).collect();
    let first = match pods.is_empty() {
        true => content.iter().collect(),
        false => pods,
    };
    let background = DeleteOptions { propagation_policy: Some("Background"), ..DeleteOptions::default() };
    let deletions: Vec<Write> = first
        .iter()
        .filter(|content| content.has_undeleted())
        .map(|content| Write::delete_collection(content.kind, namespace.name(), background.clone()))
        .collect();
    if !deletions.is_empty() {
        let again = NEXT_ROUND;
        let plan = Plan::none().and_batch(deletions, Pace::Full).and_requeue_after(again);
        let failed = move |error: &str| {
            let message = format!("Failed to delete all resource types, 1 remaining: {error}");
            troubles.insert(CONTENT_FAILURE, ("ContentDeletionFailed", message));
            update_conditions(namespace, &troubles, now)
        };
        return plan.and_then(move |outcome| match &outcome.error {
            None => Plan::none(),
            Some(error) => failed(&error.to_string()),
        });
    }
    let pause = estimate_seconds(&namespace, &first, now) / 2 + 1;
    troubles.extend(remaining(content));
    update_conditions(namespace, &troubles, now)
        .and_requeue_after(Duration::from_secs(u64::try_from(pause).unwrap_or(1)))
}

/// How long what is left may take: the Pods' grace period, or that of finalizers.
fn estimate_seconds(namespace: &Value, content: &[&Content<'_>], now: Now) -> i64 {
    let pods = content.iter().filter(|it| it.kind == PODS).flat_map(|it| it.items);
    let live = pods.filter(|pod| !matches!(pod.str_at(&["status", "phase"]), "Succeeded" | "Failed"));
    let grace = live.filter_map(|pod| pod.i64_at(&["spec", "terminationGracePeriodSeconds"])).max();
    let since = namespace.deletion_timestamp().and_then(time::parse);
    let elapsed = since.map_or(0, |since| now.wall.duration_since(since).as_secs());
    match grace.filter(|grace| elapsed < *grace) {
        Some(grace) => grace,
        None => FINALIZERS_SECONDS,
    }
}

const DISCOVERY_FAILURE: &str = "NamespaceDeletionDiscoveryFailure";
const CONTENT_FAILURE: &str = "NamespaceDeletionContentFailure";
const CONTENT_REMAINING: &str = "NamespaceContentRemaining";
const FINALIZERS_REMAINING: &str = "NamespaceFinalizersRemaining";

/// Condition types in order, with reason and message for when all is well.
const CONDITIONS: &[(&str, &str, &str)] = &[
    (DISCOVERY_FAILURE, "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (CONTENT_FAILURE, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    (CONTENT_REMAINING, "ContentRemoved", "All content successfully removed"),
    (FINALIZERS_REMAINING, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

/// Conditions that are true, with reason and message.
type Troubles = BTreeMap<&'static str, (&'static str, String)>;

/// Group versions whose server does not answer.
fn undiscovered(unknown: &[String]) -> Troubles {
    if unknown.is_empty() {
        return Troubles::new();
    }
    let each: Vec<String> = unknown.iter().map(|it| format!("{it}: stale GroupVersion discovery: {it}")).collect();
    let message = format!(
        "Discovery failed for some groups, {} failing: unable to retrieve the complete list of server APIs: {}",
        unknown.len(),
        each.join(", ")
    );
    Troubles::from([(DISCOVERY_FAILURE, ("DiscoveryFailed", message))])
}

fn remaining(content: &[Content<'_>]) -> Troubles {
    let mut troubles = Troubles::new();
    let mut kinds: Vec<String> = content
        .iter()
        .map(|it| {
            let count = it.items.len();
            format!("{}.{} has {count} resource instances", it.kind.plural, it.kind.group)
        })
        .collect();
    kinds.sort();
    let message = format!("Some resources are remaining: {}", kinds.join(", "));
    troubles.insert(CONTENT_REMAINING, ("SomeResourcesRemain", message));
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for finalizer in content.iter().flat_map(|it| it.items).flat_map(ObjectMeta::finalizers) {
        *finalizers.entry(finalizer).or_insert(0) += 1;
    }
    if !finalizers.is_empty() {
        let told = finalizers.iter().map(|(name, count)| format!("{name} in {count} resource instances"));
        let told = told.collect::<Vec<_>>().join(", ");
        let message = format!("Some content in the namespace has finalizers remaining: {told}");
        troubles.insert(FINALIZERS_REMAINING, ("SomeFinalizersRemain", message));
    }
    troubles
}

/// Writes all conditions if any of them changes.
fn update_conditions(mut namespace: Value, troubles: &Troubles, now: Now) -> Plan {
    let mut conditions = namespace.items_at(&["status", "conditions"]).to_vec();
    let mut is_changed = false;
    for (condition_type, ok_reason, ok_message) in CONDITIONS {
        let (status, reason, message) = match troubles.get(condition_type) {
            Some((reason, message)) => ("True", *reason, message.as_str()),
            None => ("False", *ok_reason, *ok_message),
        };
        let at = conditions.iter().position(|it| it.str_at(&["type"]) == *condition_type);
        let mut since = now.seconds_text();
        if let Some(present) = at.map(|at| &conditions[at]) {
            let same_status = present.str_at(&["status"]) == status;
            let same_text = present.str_at(&["reason"]) == reason;
            if same_status && same_text && present.str_at(&["message"]) == message {
                continue;
            }
            if same_status {
                since = present.str_at(&["lastTransitionTime"]).to_owned();
            }
        }
        let condition = tree!({"type": (*condition_type), "status": status,
            "lastTransitionTime": since, "reason": reason, "message": message});
        is_changed = true;
        match at {
            Some(at) => conditions[at] = condition,
            None => conditions.push(condition),
        }
    }
    if !is_changed {
        return Plan::none();
    }
    namespace.set(&["status", "conditions"], conditions);
    Plan::write(Write::update(NAMESPACES, namespace).to_subresource("status").accept_not_found())
}

impl NamedDigest {
    /// Whether a namespace takes new objects.
    pub fn is_live_namespace(&self) -> bool {
        !self.meta.is_terminating() && self.phase != "Terminating"
    }
}

#[cfg(test)]
mod tests {
    use client::resources::{CONFIG_MAPS, NODES};
    use expect_test::{Expect, expect};

    use super::*;
    use crate::live_kinds::Served;
    use crate::test_text::{now, objects, parse_key, view};

    const GOING: &str = r#"Namespace a deleted=5s status.phase=Terminating spec.finalizers=["kubernetes"]"#;

    const KINDS: [Resource; 3] = [CONFIG_MAPS, NODES, PODS];

    #[track_caller]
    fn check(namespace: &str, content: &str, expected: Expect) {
        check_with(LiveKinds::fixed(&KINDS), namespace, content, expected);
    }

    #[track_caller]
    fn check_with(kinds: LiveKinds, namespace: &str, content: &str, expected: Expect) {
        let controller = NamespaceController::new(kinds);
        let content = objects(content);
        let mut view = view(&controller, namespace);
        for kind in &KINDS {
            let of_kind = content.iter().filter(|it| it.str_at(&["kind"]) == kind.kind);
            let items = Found::Items(of_kind.cloned().collect());
            view = view.and_found(NamespaceController::lookup(*kind, "a"), items);
        }
        let plan = controller.reconcile(&view, &parse_key("Namespace a"), now());
        expected.assert_eq(&plan.to_string());
    }

    #[test]
    fn first_everything_is_listed() {
        let controller = NamespaceController::new(LiveKinds::fixed(&KINDS));
        let plan = controller.reconcile(&view(&controller, GOING), &parse_key("Namespace a"), now());
        expect![[r#"
            list ConfigMap a
            list Pod a
        "#]]
        .assert_eq(&plan.to_string());
    }

    #[test]
    fn pods_go_before_the_rest() {
        check(
            GOING,
            "Pod a/x\nConfigMap a/y",
            expect![[r#"
            delete all Pod a/
            requeue after 20ms
        "#]],
        );
        check(
            GOING,
            "ConfigMap a/y",
            expect![[r#"
            delete all ConfigMap a/
            requeue after 20ms
        "#]],
        );
    }

    #[test]
    fn what_is_under_way_is_told() {
        check(
            GOING,
            r#"Pod a/x deleted=1s spec.terminationGracePeriodSeconds=30 metadata.finalizers=["f"]"#,
            expect![[r#"
                update Namespace a status {"metadata":{"name":"a","uid":"a-uid","resourceVersion":"1","deletionTimestamp":"2026-11-21T11:59:55Z"},"status":{"phase":"Terminating","conditions":[{"type":"NamespaceDeletionDiscoveryFailure","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ResourcesDiscovered","message":"All resources successfully discovered"},{"type":"NamespaceDeletionGroupVersionParsingFailure","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ParsedGroupVersions","message":"All legacy kube types successfully parsed"},{"type":"NamespaceDeletionContentFailure","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ContentDeleted","message":"All content successfully deleted, may be waiting on finalization"},{"type":"NamespaceContentRemaining","status":"True","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"SomeResourcesRemain","message":"Some resources are remaining: pods. has 1 resource instances"},{"type":"NamespaceFinalizersRemaining","status":"True","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"SomeFinalizersRemain","message":"Some content in the namespace has finalizers remaining: f in 1 resource instances"}]},"spec":{"finalizers":["kubernetes"]}}
                requeue after 16s
            "#]],
        );
    }

    #[test]
    fn an_empty_namespace_is_finalized() {
        check(
            GOING,
            "",
            expect![[r#"
            update Namespace a finalize {"metadata":{"name":"a","uid":"a-uid","resourceVersion":"1","deletionTimestamp":"2026-11-21T11:59:55Z"},"status":{"phase":"Terminating"},"spec":{"finalizers":[]}}
        "#]],
        );
    }

    #[test]
    fn a_namespace_waits_for_groups_that_nobody_knows() {
        let served = || Served { kinds: KINDS.to_vec(), unknown: vec!["w.io/v1".into()], ..Served::default() };
        let unknown = || LiveKinds::always(served());
        check_with(
            unknown(),
            GOING,
            "ConfigMap a/y",
            expect![[r#"
            delete all ConfigMap a/
            requeue after 20ms
        "#]],
        );
        check_with(
            unknown(),
            GOING,
            "",
            expect![[r#"
            update Namespace a status {"metadata":{"name":"a","uid":"a-uid","resourceVersion":"1","deletionTimestamp":"2026-11-21T11:59:55Z"},"status":{"phase":"Terminating","conditions":[{"type":"NamespaceDeletionDiscoveryFailure","status":"True","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"DiscoveryFailed","message":"Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: w.io/v1: stale GroupVersion discovery: w.io/v1"},{"type":"NamespaceDeletionGroupVersionParsingFailure","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ParsedGroupVersions","message":"All legacy kube types successfully parsed"},{"type":"NamespaceDeletionContentFailure","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ContentDeleted","message":"All content successfully deleted, may be waiting on finalization"},{"type":"NamespaceContentRemaining","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ContentRemoved","message":"All content successfully removed"},{"type":"NamespaceFinalizersRemaining","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ContentHasNoFinalizers","message":"All content-preserving finalizers finished"}]},"spec":{"finalizers":["kubernetes"]}}
            requeue after 5s
        "#]],
        );
    }

    #[test]
    fn a_live_namespace_is_left_alone() {
        check(r#"Namespace a spec.finalizers=["kubernetes"]"#, "Pod a/x", expect![[""]]);
    }
}
