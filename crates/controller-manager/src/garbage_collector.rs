//! Deletes objects whose owners are gone, and finishes foreground and orphan deletions.
//!
//! The graph is an index: every served kind is watched in a projection of its metadata, by UID of its owners. An owner
//! whose kind is not served is neither there nor gone: what names it waits until the kind is.

mod departed;

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

use crate::live_kinds::{LiveKinds, Served};
use departed::Departed;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// Index of objects by the UIDs of their owners.
const BY_OWNER: &str = "owner";

/// See the module.
pub struct GarbageCollector {
    kinds: LiveKinds,
    departed: Arc<Departed>,
}

impl GarbageCollector {
    /// `kinds`: all kinds that are served.
    pub fn new(kinds: LiveKinds) -> Self {
        GarbageCollector { kinds, departed: Arc::default() }
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
            let (kinds, departed) = (self.kinds.clone(), Arc::clone(&self.departed));
            Watch::new(resource, Digest::project)
                .live()
                .index(BY_OWNER, owner_uids)
                .touches(move |view, change, keys| touched(&kinds, &departed, (resource, view, change), keys))
                .boxed()
        };
        let served = self.kinds.now();
        // Events have no owners and are many.
        served.watchable.iter().filter(|kind| kind.plural != "events").map(|kind| watch(*kind)).collect()
    }

    /// Touches what names an owner of this kind, and what waits until all dependents are known.
    fn touched_by_kind(&self, view: &View, resource: Resource, keys: &mut Vec<Key>) {
        let served = self.kinds.now();
        let names_it = |owner: &OwnerReference| {
            let may_be = owner.api_version.starts_with(resource.group);
            let named = may_be.then(|| served.named(&owner.api_version, &owner.kind)).flatten();
            named.is_some_and(|it| (it.group, it.plural) == (resource.group, resource.plural))
        };
        for (kind, informer) in view.all_watched::<Digest>() {
            for (object, entry) in informer.list() {
                let digest = &entry.digest;
                if digest.needs_orphaning() || digest.waits_for_dependents() || digest.owners.iter().any(names_it) {
                    keys.push(Key { resource: kind, object });
                }
            }
        }
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let entry = view.watched::<Digest>(key.resource).and_then(|kind| kind.get(&key.object));
        let Some(entry) = entry else { return Plan::none() };
        let object = Object { served: &self.kinds.now(), departed: &self.departed, view, key, digest: &entry.digest };
        // Who acts on all dependents must know them all; it is asked again when they are.
        if object.digest.needs_orphaning() {
            return if view.is_filling(now) { Plan::none() } else { object.orphan_dependents() };
        }
        if object.digest.waits_for_dependents() {
            return if view.is_filling(now) { Plan::none() } else { object.delete_dependents_first() };
        }
        match object.digest.is_terminating || object.digest.owners.is_empty() {
            true => Plan::none(),
            false => object.follow_owners(),
        }
    }
}

/// An object touches itself, when it is gone its dependents, and owners that wait for it.
fn touched(
    kinds: &LiveKinds,
    departed: &Departed,
    (resource, view, change): (Resource, &View, &Change<Digest>),
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
            keys.extend(waiting_owner(&kinds.now(), view, owner, &change.key.namespace));
        }
        if new.is_none_or(|new| new.digest.uid != old.digest.uid) {
            let left = dependents(view, &old.digest.uid);
            if !left.is_empty() {
                departed.note(&old.digest.uid);
            }
            keys.extend(left.into_iter().map(|(key, _)| key));
        }
    }
}

fn waiting_owner(served: &Served, view: &View, owner: &OwnerReference, namespace: &str) -> Option<Key> {
    let resource = served.named(&owner.api_version, &owner.kind)?;
    let namespace = if resource.is_namespaced { namespace } else { "" };
    let entry = view.watched::<Digest>(resource)?.get(&ObjectKey::new(namespace, &owner.name))?;
    let waits = entry.digest.uid == owner.uid && entry.digest.waits_for_dependents();
    waits.then(|| Key::new(resource, namespace, &owner.name))
}

/// All objects that name `uid` as an owner, with that reference.
fn dependents(view: &View, uid: &str) -> Vec<(Key, Arc<Digest>)> {
    let mut found = Vec::new();
    for (resource, informer) in view.all_watched::<Digest>() {
        for (object, entry) in informer.indexed(BY_OWNER, uid) {
            found.push((Key { resource, object }, entry.digest));
        }
    }
    found
}

/// An object that is worked on.
struct Object<'a> {
    served: &'a Served,
    departed: &'a Departed,
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
    /// Nobody knows: its kind is not served, or it would be in another namespace. Nothing can be said of the object.
    Unknown,
    /// To be read live first: a view may lag.
    Unverified(Lookup),
}

impl Object<'_> {
    fn orphan_dependents(&self) -> Plan {
        let mut plan = Plan::none();
        for (key, _) in dependents(self.view, &self.digest.uid) {
            plan = match release(self.view, &key, std::slice::from_ref(&self.digest.uid)) {
                Some(write) => plan.and_write(write),
                None => plan,
            };
        }
        plan.and_write(self.without_finalizer(ORPHAN))
    }

    fn delete_dependents_first(&self) -> Plan {
        let blocks = |digest: &Digest| {
            let mut owners = digest.owners.iter();
            owners.any(|owner| owner.uid == self.digest.uid && owner.blocks_owner_deletion)
        };
        let mut blocking = dependents(self.view, &self.digest.uid);
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
                Owner::Solid => solid += 1,
                Owner::Unknown => return Plan::none(),
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
            (_, false) => release(self.view, self.key, &leaving).map_or_else(Plan::none, Plan::write),
        }
    }

    fn state_of(&self, owner: &OwnerReference) -> Owner {
        if self.departed.has(&owner.uid) {
            return Owner::Gone;
        }
        let Some(resource) = self.served.named(&owner.api_version, &owner.kind) else { return Owner::Unknown };
        let namespace = match (resource.is_namespaced, self.key.namespace()) {
            (true, "") => return Owner::Unknown,
            (true, namespace) => namespace,
            (false, _) => "",
        };
        let key = ObjectKey::new(namespace, &owner.name);
        let entry = self.view.watched::<Digest>(resource).and_then(|kind| kind.get(&key));
        if let Some(entry) = entry.filter(|entry| entry.digest.uid == owner.uid) {
            return match entry.digest.waits_for_dependents() {
                true => Owner::Waiting,
                false => Owner::Solid,
            };
        }
        let lookup = Lookup::Get { resource, key };
        match self.view.found(&lookup) {
            None => Owner::Unverified(lookup),
            Some(Found::Object(live)) if live.uid() == owner.uid => {
                let waits = live.deletion_timestamp().is_some() && live.finalizers().contains(&FOREGROUND);
                if waits { Owner::Waiting } else { Owner::Solid }
            }
            Some(_) => Owner::Gone,
        }
    }

    /// How it goes is told by its own finalizers; under a waiting owner, in the foreground if it has dependents.
    fn delete(&self, has_waiting_owner: bool) -> Plan {
        let dependents = dependents(self.view, &self.digest.uid);
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
        let (resource, namespace, name) = (self.key.resource, self.key.namespace(), self.key.name());
        let options = DeleteOptions {
            uid: Some(self.digest.uid.clone()),
            propagation_policy: Some("Foreground"),
            ..DeleteOptions::default()
        };
        let deletion = Write::delete(resource, namespace, name, options);
        match self.unblock() {
            Some(patch) => Plan::write(patch.accept_not_found()).and_write(deletion),
            None => Plan::write(deletion),
        }
    }

    fn unblock(&self) -> Option<Write> {
        if !merges_lists(self.key.resource) {
            return patch_owners(self.view, self.key, |owners| {
                owners.iter_mut().for_each(|owner| owner.set(&["blockOwnerDeletion"], false));
            });
        }
        let owners = self.digest.owners.iter();
        let unblocked: Value =
            owners.map(|owner| tree!({"uid": (owner.uid.as_str()), "blockOwnerDeletion": false})).collect();
        let patch = tree!({"metadata": {"uid": (self.digest.uid.as_str()), "ownerReferences": unblocked}});
        Some(Write::patch(self.key.resource, self.key.namespace(), self.key.name(), PatchFormat::Strategic, patch))
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

/// Takes owners out of an object's references. `None` if it is not seen any more.
fn release(view: &View, key: &Key, owner_uids: &[String]) -> Option<Write> {
    if !merges_lists(key.resource) {
        let is_kept = |owner: &Value| !owner_uids.iter().any(|uid| uid == owner.str_at(&["uid"]));
        return patch_owners(view, key, |owners| owners.retain(is_kept));
    }
    let references: Value = owner_uids.iter().map(|uid| tree!({"$patch": "delete", "uid": (uid.as_str())})).collect();
    let patch = tree!({"metadata": {"ownerReferences": references}});
    let write = Write::patch(key.resource, key.namespace(), key.name(), PatchFormat::Strategic, patch);
    Some(write.accept_not_found())
}

/// Whether its server knows strategic merge patches: custom resources and perhaps other servers do not.
fn merges_lists(resource: Resource) -> bool {
    api::resources::resource(resource.group, resource.version, resource.plural).is_some()
}

/// Replaces the owner references as a whole, if they are still as the view has them.
fn patch_owners(view: &View, key: &Key, change: impl FnOnce(&mut Vec<Value>)) -> Option<Write> {
    let object = view.watched::<Digest>(key.resource)?.get(&key.object)?.value();
    let mut owners = object.items_at(&["metadata", "ownerReferences"]).to_vec();
    change(&mut owners);
    let patch = tree!({"metadata": {
        "resourceVersion": (object.resource_version()), "ownerReferences": (Value::from(owners))
    }});
    let write = Write::patch(key.resource, key.namespace(), key.name(), PatchFormat::Merge, patch);
    Some(write.accept_not_found())
}

#[cfg(test)]
mod tests;
