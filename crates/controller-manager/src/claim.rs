//! Which objects belong to an owner by its selector: adopt orphans, release what no longer matches.

use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{PatchFormat, Resource};
use client::informer::{Entry, ObjectKey};
use client::plan::{Plan, Write};
use client::view::{Found, Lookup, View};

use crate::digest::Meta;

/// Who claims.
pub struct Owner<'a> {
    /// Its kind.
    pub resource: Resource,
    /// Its metadata.
    pub meta: &'a Meta,
    /// What it selects.
    pub selector: &'a LabelSelector,
    /// What holds its objects until it has seen their end; given on adoption, taken on release.
    pub finalizer: Option<&'static str>,
}

/// The result of a claim.
pub struct Claim<D> {
    /// Objects that belong to the owner.
    pub owned: Vec<Entry<D>>,
    /// What to do first, if anything; then decide again.
    pub plan: Option<Plan>,
}

/// Divides `candidates` (objects of kind `resource` in the owner's namespace).
///
/// Before an adoption the owner is read live: its view may not show yet that it is being deleted.
pub fn claim<D>(
    view: &View,
    owner: &Owner<'_>,
    resource: Resource,
    candidates: Vec<Entry<D>>,
    meta: impl Fn(&D) -> &Meta,
) -> Claim<D> {
    let mut owned = Vec::new();
    let mut writes = Vec::new();
    let mut adopts = false;
    for entry in candidates {
        let object = meta(&entry.digest);
        let matches = object.matches(owner.selector);
        match object.controller_uid() {
            uid if uid == owner.meta.uid && matches => owned.push(entry),
            uid if uid == owner.meta.uid && !owner.meta.is_terminating() => {
                writes.push(release(owner, resource, object));
            }
            "" if matches && !owner.meta.is_terminating() && !object.is_terminating() => {
                adopts = true;
                writes.push(adopt(owner, resource, object));
            }
            _ => {}
        }
    }
    let plan = match writes.is_empty() {
        true => None,
        false if adopts => Some(once_owner_lives(view, owner, writes)),
        false => Some(all_of(writes)),
    };
    Claim { owned, plan }
}

fn all_of(writes: Vec<Write>) -> Plan {
    writes.into_iter().fold(Plan::none(), Plan::and_write)
}

fn once_owner_lives(view: &View, owner: &Owner<'_>, writes: Vec<Write>) -> Plan {
    let Meta { namespace, name, uid, .. } = owner.meta;
    let key = ObjectKey { namespace: Arc::from(&**namespace), name: Arc::from(&**name) };
    let lookup = Lookup::Get { resource: owner.resource, key };
    match view.found(&lookup) {
        None => Plan::look_up(vec![lookup]),
        Some(Found::Object(live)) if live.uid() == uid && live.deletion_timestamp().is_none() => all_of(writes),
        Some(_) => Plan::none(),
    }
}

fn adopt(owner: &Owner<'_>, resource: Resource, object: &Meta) -> Write {
    let Meta { namespace, name, uid, .. } = object;
    let mut patch = tree!({"metadata": {
        "uid": (uid.as_str()),
        "ownerReferences": [{
            "apiVersion": (owner.resource.api_version()),
            "kind": (owner.resource.kind),
            "name": (owner.meta.name.as_str()),
            "uid": (owner.meta.uid.as_str()),
            "controller": true,
            "blockOwnerDeletion": true
        }]
    }});
    if let Some(finalizer) = owner.finalizer {
        patch.set(&["metadata", "finalizers"], vec![Value::from(finalizer)]);
    }
    Write::patch(resource, namespace, name, PatchFormat::Strategic, patch).accept_not_found()
}

fn release(owner: &Owner<'_>, resource: Resource, object: &Meta) -> Write {
    let Meta { namespace, name, uid, .. } = object;
    let mut patch = tree!({"metadata": {
        "uid": (uid.as_str()),
        "ownerReferences": [{"$patch": "delete", "uid": (owner.meta.uid.as_str())}]
    }});
    if let Some(finalizer) = owner.finalizer {
        patch.set(&["metadata", "$deleteFromPrimitiveList/finalizers"], vec![Value::from(finalizer)]);
    }
    Write::patch(resource, namespace, name, PatchFormat::Strategic, patch).accept_not_found()
}
