//! Deletes objects whose owners are gone, and finishes foreground and orphan deletions.
//!
//! The graph is an index: every served kind is watched in a projection of its metadata, by UID of its owners.

use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{DeleteOptions, PatchFormat, Resource};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::{Change, ObjectKey};
use client::plan::{Plan, Write};
use client::view::{Found, Lookup, View};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// Index of objects by the UIDs of their owners.
const BY_OWNER: &str = "owner";

/// See the module.
pub struct GarbageCollector {
    /// Kinds that are watched, by apiVersion and kind as owner references name them.
    kinds: Arc<HashMap<(String, String), Resource>>,
}

impl GarbageCollector {
    /// `kinds`: all kinds that are served and can be listed, watched and deleted.
    pub fn new(kinds: &[Resource]) -> Self {
        // Events have no owners and are many.
        let collected = kinds.iter().filter(|kind| kind.plural != "events");
        let kinds = collected.map(|kind| ((kind.api_version(), kind.kind.to_owned()), *kind)).collect();
        GarbageCollector { kinds: Arc::new(kinds) }
    }
}

/// What the graph knows of one object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Digest {
    uid: String,
    resource_version: String,
    owners: Vec<OwnerReference>,
    finalizers: Vec<String>,
    is_terminating: bool,
}

impl Digest {
    pub(crate) fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        Some(Digest {
            uid: object.uid().to_owned(),
            resource_version: object.resource_version().to_owned(),
            owners: object.owner_references(),
            finalizers: object.finalizers().into_iter().map(str::to_owned).collect(),
            is_terminating: object.deletion_timestamp().is_some(),
        })
    }

    fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers.iter().any(|finalizer| finalizer == name)
    }

    /// Whether it goes only once its dependents are gone.
    fn waits_for_dependents(&self) -> bool {
        self.is_terminating && self.has_finalizer(FOREGROUND)
    }

    fn needs_orphaning(&self) -> bool {
        self.is_terminating && self.has_finalizer(ORPHAN)
    }
}

fn owner_uids(_: &ObjectKey, digest: &Digest) -> Vec<String> {
    digest.owners.iter().map(|owner| owner.uid.clone()).collect()
}

impl Controller for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:generic-garbage-collector"
    }

    fn workers_max(&self) -> usize {
        20
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let watch = |resource: Resource| {
            let kinds = Arc::clone(&self.kinds);
            Watch::new(resource, Digest::project)
                .index(BY_OWNER, owner_uids)
                .touches(move |view, change, keys| touched(&kinds, resource, view, change, keys))
                .boxed()
        };
        self.kinds.values().map(|resource| watch(*resource)).collect()
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let Some(entry) = view.get::<Digest>(key.resource, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let object = Object { kinds: &self.kinds, view, key, digest: &entry.digest };
        if object.digest.needs_orphaning() {
            return object.orphan_dependents();
        }
        if object.digest.waits_for_dependents() {
            return object.delete_dependents_first();
        }
        match object.digest.is_terminating || object.digest.owners.is_empty() {
            true => Plan::none(),
            false => object.follow_owners(),
        }
    }
}

/// An object touches itself, when it is gone its dependents, and owners that wait for it.
fn touched(
    kinds: &HashMap<(String, String), Resource>,
    resource: Resource,
    view: &View,
    change: &Change<Digest>,
    keys: &mut Vec<Key>,
) {
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    if let (Some(old), Some(new)) = (old, new) {
        let (old, new) = (&old.digest, &new.digest);
        if old.owners == new.owners && old.finalizers == new.finalizers && old.is_terminating == new.is_terminating {
            return;
        }
    }
    if let Some(new) = new
        && (!new.digest.owners.is_empty() || new.digest.is_terminating)
    {
        keys.push(Key { resource, object: change.key.clone() });
    }
    if let Some(old) = old {
        for owner in &old.digest.owners {
            keys.extend(waiting_owner(kinds, view, owner, &change.key.namespace));
        }
        if new.is_none_or(|new| new.digest.uid != old.digest.uid) {
            keys.extend(dependents(kinds, view, &old.digest.uid).into_iter().map(|(key, _)| key));
        }
    }
}

fn waiting_owner(
    kinds: &HashMap<(String, String), Resource>,
    view: &View,
    owner: &OwnerReference,
    namespace: &str,
) -> Option<Key> {
    let resource = *kinds.get(&(owner.api_version.clone(), owner.kind.clone()))?;
    let namespace = if resource.is_namespaced { namespace } else { "" };
    let entry = view.get::<Digest>(resource, namespace, &owner.name)?;
    let waits = entry.digest.uid == owner.uid && entry.digest.waits_for_dependents();
    waits.then(|| Key::new(resource, namespace, &owner.name))
}

/// All objects that name `uid` as an owner, with that reference.
fn dependents(kinds: &HashMap<(String, String), Resource>, view: &View, uid: &str) -> Vec<(Key, Arc<Digest>)> {
    let mut found = Vec::new();
    for resource in kinds.values() {
        for (object, entry) in view.kind::<Digest>(*resource).indexed(BY_OWNER, uid) {
            found.push((Key { resource: *resource, object }, entry.digest));
        }
    }
    found
}

/// An object that is worked on.
struct Object<'a> {
    kinds: &'a HashMap<(String, String), Resource>,
    view: &'a View,
    key: &'a Key,
    digest: &'a Digest,
}

/// What became of an owner.
enum Owner {
    /// It is there.
    Solid,
    /// It is there, but goes as soon as its dependents are gone.
    Waiting,
    /// It is gone, or its name has another UID.
    Gone,
    /// Nobody knows: its kind is not served, or it would be in another namespace.
    Unknown,
    /// To be read live first: a view may lag.
    Unverified(Lookup),
}

impl Object<'_> {
    fn orphan_dependents(&self) -> Plan {
        let mut plan = Plan::none();
        for (key, _) in dependents(self.kinds, self.view, &self.digest.uid) {
            plan = plan.and_write(release(&key, std::slice::from_ref(&self.digest.uid)));
        }
        plan.and_write(self.without_finalizer(ORPHAN))
    }

    fn delete_dependents_first(&self) -> Plan {
        let blocks = |digest: &Digest| {
            let mut owners = digest.owners.iter();
            owners.any(|owner| owner.uid == self.digest.uid && owner.blocks_owner_deletion)
        };
        let mut blocking = dependents(self.kinds, self.view, &self.digest.uid);
        blocking.retain(|(_, digest)| blocks(digest));
        if blocking.is_empty() {
            return Plan::write(self.without_finalizer(FOREGROUND));
        }
        let undeleted = blocking.into_iter().filter(|(_, digest)| !digest.is_terminating);
        undeleted.fold(Plan::none(), |plan, (key, _)| plan.and_enqueue(key))
    }

    fn follow_owners(&self) -> Plan {
        let (mut solid, mut waiting, mut gone) = (0, Vec::new(), Vec::new());
        let mut lookups = Vec::new();
        for owner in &self.digest.owners {
            match self.state_of(owner) {
                Owner::Solid | Owner::Unknown => solid += 1,
                Owner::Waiting => waiting.push(owner.uid.clone()),
                Owner::Gone => gone.push(owner.uid.clone()),
                Owner::Unverified(lookup) => lookups.push(lookup),
            }
        }
        if !lookups.is_empty() {
            return Plan::look_up(lookups);
        }
        let has_waiting = !waiting.is_empty();
        let leaving: Vec<String> = waiting.into_iter().chain(gone).collect();
        match (solid, leaving.is_empty()) {
            (_, true) => Plan::none(),
            (0, false) => self.delete(has_waiting),
            (_, false) => Plan::write(release(self.key, &leaving)),
        }
    }

    fn state_of(&self, owner: &OwnerReference) -> Owner {
        let kind = (owner.api_version.clone(), owner.kind.clone());
        let Some(&resource) = self.kinds.get(&kind) else { return Owner::Unknown };
        let namespace = match (resource.is_namespaced, self.key.namespace()) {
            (true, "") => return Owner::Unknown,
            (true, namespace) => namespace,
            (false, _) => "",
        };
        let entry = self.view.get::<Digest>(resource, namespace, &owner.name);
        if let Some(entry) = entry.filter(|entry| entry.digest.uid == owner.uid) {
            return match entry.digest.waits_for_dependents() {
                true => Owner::Waiting,
                false => Owner::Solid,
            };
        }
        let key = ObjectKey::new(namespace, &owner.name);
        let lookup = Lookup::Get { resource, key };
        match self.view.found(&lookup) {
            None => Owner::Unverified(lookup),
            Some(Found::Object(live)) if live.uid() == owner.uid => Owner::Solid,
            Some(_) => Owner::Gone,
        }
    }

    /// How it goes is told by its own finalizers; under a waiting owner, in the foreground if it has dependents.
    fn delete(&self, has_waiting_owner: bool) -> Plan {
        let dependents = dependents(self.kinds, self.view, &self.digest.uid);
        if has_waiting_owner && dependents.iter().any(|(_, digest)| digest.waits_for_dependents()) {
            return self.break_circle();
        }
        let policy = match () {
            () if has_waiting_owner && !dependents.is_empty() => "Foreground",
            () if self.digest.has_finalizer(ORPHAN) => "Orphan",
            () if self.digest.has_finalizer(FOREGROUND) => "Foreground",
            () => "Background",
        };
        let options = DeleteOptions {
            uid: Some(self.digest.uid.clone()),
            // Its owners may have changed since: then the answer is a conflict, and it is looked at again.
            resource_version: Some(self.digest.resource_version.clone()),
            propagation_policy: Some(policy),
            ..DeleteOptions::default()
        };
        let Key { resource, .. } = self.key;
        Plan::write(Write::delete(*resource, self.key.namespace(), self.key.name(), options))
    }

    /// Its owner waits for it and one of its dependents for others, perhaps for its owner: it blocks nobody any more.
    fn break_circle(&self) -> Plan {
        let owners = self.digest.owners.iter();
        let unblocked: Value =
            owners.map(|owner| tree!({"uid": (owner.uid.as_str()), "blockOwnerDeletion": false})).collect();
        let patch = tree!({"metadata": {"uid": (self.digest.uid.as_str()), "ownerReferences": unblocked}});
        let (resource, namespace, name) = (self.key.resource, self.key.namespace(), self.key.name());
        let options = DeleteOptions {
            uid: Some(self.digest.uid.clone()),
            propagation_policy: Some("Foreground"),
            ..DeleteOptions::default()
        };
        Plan::write(Write::patch(resource, namespace, name, PatchFormat::Strategic, patch).accept_not_found())
            .and_write(Write::delete(resource, namespace, name, options))
    }

    fn without_finalizer(&self, name: &str) -> Write {
        let finalizers = self.digest.finalizers.iter().filter(|it| *it != name);
        let rest: Value = finalizers.map(|it| Value::from(it.as_str())).collect();
        let patch = tree!({"metadata": {
            "resourceVersion": (self.digest.resource_version.as_str()), "finalizers": rest
        }});
        let (namespace, object) = (self.key.namespace(), self.key.name());
        Write::patch(self.key.resource, namespace, object, PatchFormat::Merge, patch).accept_not_found()
    }
}

/// Takes owners out of an object's references.
fn release(key: &Key, owner_uids: &[String]) -> Write {
    let references: Value = owner_uids.iter().map(|uid| tree!({"$patch": "delete", "uid": (uid.as_str())})).collect();
    let patch = tree!({"metadata": {"ownerReferences": references}});
    Write::patch(key.resource, key.namespace(), key.name(), PatchFormat::Strategic, patch).accept_not_found()
}

#[cfg(test)]
mod tests {
    use client::resources::{CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, REPLICA_SETS};
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_text::{now, objects, parse_key, view};

    /// `live`: what a look-up finds.
    #[track_caller]
    fn check(objects_text: &str, key: &str, live: &str, expected: Expect) {
        let collector = GarbageCollector::new(&[CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, REPLICA_SETS]);
        let mut view = view(&collector, objects_text);
        let key = parse_key(key);
        let live = objects(live);
        let plan = collector.reconcile(&view, &key, now());
        for lookup in &plan.lookups {
            let Lookup::Get { key, resource } = lookup else { panic!("owners are read one by one") };
            let found = live.iter().find(|it| it.name() == &*key.name && it.str_at(&["kind"]) == resource.kind);
            let found = found.map_or(Found::Nothing, |it| Found::Object(it.clone()));
            view = view.and_found(lookup.clone(), found);
        }
        expected.assert_eq(&collector.reconcile(&view, &key, now()).to_string());
    }

    const FOREGROUND_OWNER: &str = r#"ReplicaSet a/web deleted=1s metadata.finalizers=["foregroundDeletion"]"#;

    #[test]
    fn an_object_whose_owner_is_really_gone_is_deleted() {
        let pod = "Pod a/p owner=ReplicaSet/web";
        check(
            pod,
            "Pod a/p",
            "",
            expect![[r#"
            delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
        "#]],
        );
        check(pod, "Pod a/p", "ReplicaSet a/web", expect![[""]]);
        check(
            pod,
            "Pod a/p",
            "ReplicaSet a/web metadata.uid=another",
            expect![[r#"
            delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
        "#]],
        );
    }

    #[test]
    fn an_owner_of_an_unknown_kind_keeps_the_object() {
        check("Pod a/p owner=Widget/w", "Pod a/p", "", expect![[""]]);
    }

    #[test]
    fn with_another_owner_left_only_the_reference_goes() {
        let owners = r#"metadata.ownerReferences=[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"gone-uid"},{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web-uid"}]"#;
        check(
            &format!("ReplicaSet a/web\nPod a/p {owners}"),
            "Pod a/p",
            "",
            expect![[r#"
            patch Pod a/p {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"gone-uid"}]}}
        "#]],
        );
    }

    #[test]
    fn a_foreground_deletion_waits_for_the_dependents_that_block_it() {
        let all = format!("{FOREGROUND_OWNER}\nPod a/p owner=ReplicaSet/web");
        check(
            &all,
            "ReplicaSet a/web",
            "",
            expect![[r#"
            enqueue Pod a/p
        "#]],
        );
        check(
            &all,
            "Pod a/p",
            "",
            expect![[r#"
            delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"2"},"propagationPolicy":"Background"}
        "#]],
        );
        check(
            FOREGROUND_OWNER,
            "ReplicaSet a/web",
            "",
            expect![[r#"
            patch ReplicaSet a/web {"metadata":{"resourceVersion":"1","finalizers":[]}}
        "#]],
        );
    }

    #[test]
    fn a_dependent_with_dependents_goes_in_the_foreground_too() {
        let all = r#"Deployment a/web deleted=1s metadata.uid=d metadata.finalizers=["foregroundDeletion"]
            ReplicaSet a/set metadata.ownerReferences=[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"d","blockOwnerDeletion":true}]
            Pod a/p owner=ReplicaSet/set"#;
        check(
            all,
            "ReplicaSet a/set",
            "",
            expect![[r#"
            delete ReplicaSet a/set {"preconditions":{"uid":"set-uid","resourceVersion":"2"},"propagationPolicy":"Foreground"}
        "#]],
        );
    }

    #[test]
    fn an_orphan_deletion_releases_the_dependents() {
        let all = r#"ReplicaSet a/web deleted=1s metadata.finalizers=["orphan","other"]
            Pod a/p owner=ReplicaSet/web"#;
        check(
            all,
            "ReplicaSet a/web",
            "",
            expect![[r#"
            patch Pod a/p {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}}
            patch ReplicaSet a/web {"metadata":{"resourceVersion":"1","finalizers":["other"]}}
        "#]],
        );
    }

    #[test]
    fn a_circle_of_waiting_owners_is_broken() {
        check(
            r#"Pod a/1 deleted=1s metadata.finalizers=["foregroundDeletion"] metadata.ownerReferences=[{"apiVersion":"v1","kind":"Pod","name":"2","uid":"2-uid","blockOwnerDeletion":true}]
            Pod a/2 metadata.ownerReferences=[{"apiVersion":"v1","kind":"Pod","name":"1","uid":"1-uid","blockOwnerDeletion":true}]"#,
            "Pod a/2",
            "",
            expect![[r#"
                patch Pod a/2 {"metadata":{"uid":"2-uid","ownerReferences":[{"uid":"1-uid","blockOwnerDeletion":false}]}}
                delete Pod a/2 {"preconditions":{"uid":"2-uid"},"propagationPolicy":"Foreground"}
            "#]],
        );
    }
}
