//! Deletion: the second list. An object goes at once, or its deletion begins as an update and ends when nothing holds
//! it any more (a grace period, finalizers, what the kind says).

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::time;
use apimachinery::value::Value;
use apimachinery::{json, schema};
use jiff::SignedDuration;

use crate::admission::{Attributes, Operation};
use crate::environment;
use crate::request::{DeleteOptions, ListOptions, RequestInfo};
use crate::resource::{Deleted, ObjectList, Resource};
use crate::store::{Before, Store};
use crate::strategy::{Context, Dependents};
use crate::write::{Failure, delete_key, put};

/// Attempts of one deletion while others write the same object.
const DELETE_RETRIES_MAX: usize = 64;

/// Objects that a collection's deletion reads at once (upstream's number).
const COLLECTION_PAGE_OBJECTS_MAX: usize = 10_000;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// What a deletion does to an object now.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// It goes.
    Remove,
    /// Its deletion begins or is hastened: this is its new state.
    Mark(Box<Value>),
    /// The same, and nothing will hold it then: it goes right after.
    MarkAndRemove(Box<Value>),
    /// Its deletion has begun, nothing changes.
    Wait,
}

/// Deletes one object.
pub(crate) async fn delete(
    resource: &Resource,
    info: &RequestInfo,
    options: &DeleteOptions,
) -> Result<Deleted, Status> {
    validate_options(options)?;
    delete_named(resource, info, &info.namespace, &info.name, options).await
}

async fn delete_named(
    resource: &Resource,
    info: &RequestInfo,
    namespace: &str,
    name: &str,
    options: &DeleteOptions,
) -> Result<Deleted, Status> {
    let store = resource.store();
    let not_found = || Status::not_found(&store.group_resource(), name);
    let key = store.named_key(namespace, name)?;
    let context = Context { info, now: environment::now(), config: &store.config };
    let mut before = store.read_live(&key).await?;
    for _ in 0..DELETE_RETRIES_MAX {
        let Some(stored) = before.object.clone() else { return Err(not_found()) };
        let old = resource.working(&before).await?;
        check_preconditions(store, &old, stored.revision, options)?;
        admit(resource, info, &old, stored.revision).await?;
        let step = plan(store, &old, options, &context);
        match perform(resource, info, &key, &before, step).await {
            Ok((object, is_gone)) => {
                if is_gone {
                    store.release_reserved(&old, info.is_dry_run).await;
                }
                return Ok(Deleted { object: resource.served_anew(&object).await?, is_gone });
            }
            Err(Failure::Refused(status)) => return Err(status),
            Err(Failure::Conflict(current)) => before = current,
        }
    }
    Err(Status::conflict_modified(&store.group_resource(), name))
}

/// Does a step; the object's last state, and whether it is gone.
async fn perform(
    resource: &Resource,
    info: &RequestInfo,
    key: &Arc<str>,
    before: &Before,
    step: Step,
) -> Result<(Arc<EncodedObject>, bool), Failure> {
    let store = resource.store();
    let stored = before.object.clone().expect("only objects that are there are deleted");
    match step {
        Step::Wait => Ok((stored, false)),
        Step::Remove => {
            let revision = delete_key(store, info, key, before).await?;
            Ok((Arc::new(EncodedObject { revision, ..(*stored).clone() }), true))
        }
        Step::Mark(object) => {
            let encoded = normal_form(resource, *object, stored.revision).await?;
            if encoded.bytes == stored.bytes {
                return Ok((stored, false));
            }
            Ok((put(store, info, key, encoded, before).await?, false))
        }
        Step::MarkAndRemove(object) => {
            let encoded = normal_form(resource, *object, stored.revision).await?;
            let marked = put(store, info, key, encoded, before).await?;
            if info.is_dry_run {
                return Ok((marked, true));
            }
            let before = Before { object: Some(marked.clone()), is_live: true };
            match delete_key(store, info, key, &before).await {
                Ok(revision) => Ok((Arc::new(EncodedObject { revision, ..(*marked).clone() }), true)),
                // Someone else saw the mark and removed it first.
                Err(Failure::Conflict(Before { object: None, .. })) => Ok((marked, true)),
                Err(failure) => Err(failure),
            }
        }
    }
}

async fn normal_form(resource: &Resource, mut object: Value, revision: u64) -> Result<EncodedObject, Status> {
    schema::normalise(resource.store().resource_type.schema, &mut object).map_err(Status::internal)?;
    resource.encode(&object, revision).await
}

/// Decides what the deletion of `old` does now. Pure.
fn plan(store: &Store, old: &Value, options: &DeleteOptions, context: &Context<'_>) -> Step {
    let strategy = store.strategy;
    let mut object = old.clone();
    let graceful = begin_grace(store, &mut object, options, context);
    if graceful == Grace::Pending {
        return Step::Wait;
    }
    let finalizers = finalizers_for_deletion(&object, store.rules.dependents, options);
    if finalizers.iter().map(String::as_str).collect::<Vec<_>>() != object.finalizers() {
        let finalizers: Vec<Value> = finalizers.iter().map(|it| Value::from(it.as_str())).collect();
        object.set(&["metadata", "finalizers"], finalizers);
    }
    let is_held = !object.finalizers().is_empty() || strategy.is_held(&object);
    match (graceful, is_held) {
        (Grace::None, false) => Step::Remove,
        (Grace::None, true) => {
            mark_as_deleting(&mut object, context);
            strategy.mark_deleting(&mut object);
            Step::Mark(Box::new(object))
        }
        (Grace::Seconds(0), false) => Step::MarkAndRemove(Box::new(object)),
        _ => Step::Mark(Box::new(object)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grace {
    /// The kind knows no grace, or it is over.
    None,
    /// The object was marked with this period.
    Seconds(i64),
    /// A deletion is under way that ends no later than the new one would.
    Pending,
}

/// Marks an object of a graceful kind, or shortens the period of one that is marked (`BeforeDelete`).
fn begin_grace(store: &Store, object: &mut Value, options: &DeleteOptions, context: &Context<'_>) -> Grace {
    // A negative period means one second.
    let requested = options.grace_period_seconds.map(|it| if it < 0 { 1 } else { it });
    let now = context.now.wall;
    if let Some(marked_at) = object.deletion_timestamp().map(str::to_owned) {
        if store.strategy.grace_period_seconds(object, requested).is_none() {
            return Grace::None;
        }
        let current = object.deletion_grace_period_seconds().unwrap_or(0);
        if current == 0 {
            return Grace::None;
        }
        let Some(period) = requested.filter(|it| *it < current) else { return Grace::Pending };
        let begun = time::parse(&marked_at).unwrap_or(now) - SignedDuration::from_secs(current);
        let mut end = begun + SignedDuration::from_secs(period);
        let mut period = period;
        if end < now {
            // The period is over already; someone must still see the mark, unless there is to be none.
            end = now;
            period = period.min(1);
        }
        set_deletion(object, &time::format_seconds(end), period);
        return Grace::Seconds(period);
    }
    let Some(period) = store.strategy.grace_period_seconds(object, requested) else { return Grace::None };
    let end = now.checked_add(SignedDuration::from_secs(period)).unwrap_or(now);
    set_deletion(object, &time::format_seconds(end), period);
    count_generation(object);
    Grace::Seconds(period)
}

/// Marks an object without grace that finalizers hold (`markAsDeleting`).
fn mark_as_deleting(object: &mut Value, context: &Context<'_>) {
    let marked_at = object.deletion_timestamp().and_then(time::parse);
    if marked_at.is_none() {
        count_generation(object);
    }
    match marked_at.filter(|it| *it <= context.now.wall) {
        Some(_) => object.set(&["metadata", "deletionGracePeriodSeconds"], 0),
        None => set_deletion(object, &context.now.seconds_text(), 0),
    }
}

fn set_deletion(object: &mut Value, timestamp: &str, seconds: i64) {
    object.set(&["metadata", "deletionTimestamp"], timestamp);
    object.set(&["metadata", "deletionGracePeriodSeconds"], seconds);
}

fn count_generation(object: &mut Value) {
    if object.generation() > 0 {
        object.set(&["metadata", "generation"], object.generation() + 1);
    }
}

/// The finalizers with those that tell the garbage collector what to do with dependents
/// (`deletionFinalizersForGarbageCollection`).
fn finalizers_for_deletion(object: &Value, dependents: Dependents, options: &DeleteOptions) -> Vec<String> {
    let current = object.finalizers();
    let wanted = match (dependents, options.propagation_policy.as_deref()) {
        (Dependents::Unsupported, _) => None,
        (_, Some("Orphan")) => Some(ORPHAN),
        (_, Some("Foreground")) => Some(FOREGROUND),
        (_, Some(_)) => None,
        (_, None) if current.contains(&ORPHAN) => Some(ORPHAN),
        (_, None) if current.contains(&FOREGROUND) => Some(FOREGROUND),
        (Dependents::Orphan, None) => Some(ORPHAN),
        (Dependents::Delete, None) => None,
    };
    let is_unchanged = match wanted {
        Some(it) => current.contains(&it) && current.iter().filter(|it| is_policy(it)).count() == 1,
        None => !current.iter().any(|it| is_policy(it)),
    };
    if is_unchanged {
        return current.iter().map(|it| (*it).to_owned()).collect();
    }
    let others = current.iter().filter(|it| !is_policy(it)).copied();
    others.chain(wanted).map(str::to_owned).collect()
}

fn is_policy(finalizer: &str) -> bool {
    matches!(finalizer, ORPHAN | FOREGROUND)
}

fn check_preconditions(store: &Store, old: &Value, revision: u64, options: &DeleteOptions) -> Result<(), Status> {
    // Upstream names the kind in the place of the resource here.
    let resource = GroupResource::new(store.resource_type.group, store.resource_type.kind);
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != old.uid()) {
        let cause = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
             deleted and then recreated",
            old.uid()
        );
        return Err(Status::conflict(&resource, old.name(), &cause));
    }
    let revision = revision.to_string();
    if let Some(wanted) = options.resource_version.as_deref().filter(|wanted| *wanted != revision) {
        let cause = format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({revision}). The object might have been modified"
        );
        return Err(Status::conflict(&resource, old.name(), &cause));
    }
    Ok(())
}

async fn admit(resource: &Resource, info: &RequestInfo, old: &Value, old_revision: u64) -> Result<(), Status> {
    let (store, kind) = (resource.store(), resource.working_kind());
    let attributes = Attributes { info, operation: Operation::Delete, kind, old, old_revision };
    store.admission.mutate(&attributes, &mut Value::Null).await?;
    store.admission.validate(&attributes, &Value::Null).await
}

/// `ValidateDeleteOptions`
fn validate_options(options: &DeleteOptions) -> Result<(), Status> {
    let policy = options.propagation_policy.as_deref();
    if matches!(policy, None | Some("Orphan" | "Background" | "Foreground")) {
        return Ok(());
    }
    let kind = GroupVersionKind { group: "meta.k8s.io".into(), version: "v1".into(), kind: "DeleteOptions".into() };
    let path = FieldPath::new("propagationPolicy");
    let supported = ["Foreground", "Background", "Orphan", "nil"];
    let error = FieldError::not_supported(&path, policy.unwrap_or(""), &supported);
    Err(Status::invalid(&kind, "", &[error]))
}

/// Deletes what a list shows, page by page; gives the objects as they were listed.
pub(crate) async fn delete_collection(
    resource: &Resource,
    info: &RequestInfo,
    list: &ListOptions,
    options: &DeleteOptions,
) -> Result<ObjectList, Status> {
    validate_options(options)?;
    let mut list = list.clone();
    let is_limited = list.limit > 0;
    if !is_limited {
        list.limit = COLLECTION_PAGE_OBJECTS_MAX;
    }
    let mut deleted: Option<ObjectList> = None;
    loop {
        let page = resource.list(&info.namespace, &list).await?;
        for object in &page.items {
            let tree = json::parse(&object.bytes).map_err(Status::internal)?;
            let outcome = delete_named(resource, info, tree.namespace(), tree.name(), options).await;
            if let Err(status) = outcome
                && !status.is_not_found()
            {
                return Err(status);
            }
        }
        let token = page.continue_token.clone();
        match &mut deleted {
            None => deleted = Some(page),
            Some(all) => all.items.extend(page.items),
        }
        if token.is_empty() || is_limited {
            break;
        }
        list.continue_token = token;
        list.resource_version = String::new();
        list.resource_version_match = crate::request::ResourceVersionMatch::Unset;
    }
    let mut deleted = deleted.expect("the loop reads at least one page");
    if !is_limited {
        deleted.continue_token = String::new();
    }
    Ok(deleted)
}
