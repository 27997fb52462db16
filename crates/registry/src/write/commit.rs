//! The last steps of a write: reservations, the commit, and the answer.

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use datastore::{CommitError, Precondition, Revision, Write as StorageWrite, WriteKind};

use super::{Failure, Target, Write};
use crate::request::RequestInfo;
use crate::reserve::Reserved;
use crate::resource::Written;
use crate::store::{Before, Store, storage_status};
use crate::{prepare, scale};

impl Write<'_> {
    /// Reserves what the object needs elsewhere and notes it in the object.
    pub(super) async fn reserve(&self, object: &mut Value, old: &Value) -> Result<Option<Reserved>, Status> {
        let Some(reservations) = &self.store.reservations else { return Ok(None) };
        let reserved = reservations.reserve(object, old, self.info.is_dry_run).await?;
        self.normalise(object)?;
        Ok(Some(reserved))
    }

    /// Keeps what was reserved, or gives it back; the other way round for what the object no longer needs.
    pub(super) async fn settle(&self, reserved: Option<Reserved>, is_committed: bool) {
        if let (Some(reservations), Some(reserved)) = (&self.store.reservations, reserved) {
            reservations.settle(reserved, is_committed).await;
        }
    }

    /// Commits the object, unless nothing changed; the update that lets the last thing go that held a deleted
    /// object commits as its deletion.
    pub(super) async fn commit(&self, object: &Value, old: &Value, before: &Before) -> Result<Written, Failure> {
        let no_key = || Status::bad_request("the name cannot be a part of a path");
        let key = self.store.key(object.namespace(), object.name()).ok_or_else(no_key)?;
        let is_created = old.is_null();
        let encoded = self.resource.encode(object, before.revision()).await?;
        let is_unchanged = before.object.as_ref().is_some_and(|it| it.bytes == encoded.bytes);
        if is_unchanged || self.info.is_dry_run {
            // Nothing is committed, so no precondition says that the cache was right.
            self.check_live(&key, before).await?;
        }
        let stored = if is_unchanged {
            before.object.clone().expect("an unchanged object was there before")
        } else if !is_created && prepare::is_released(object, old) && !self.store.strategy.is_held(object) {
            delete(self.store, self.info, &key, before).await?;
            self.store.release_reserved(object, self.info.is_dry_run).await;
            Arc::new(encoded)
        } else {
            put(self.store, self.info, &key, encoded, before).await?
        };
        match self.target {
            Target::Scale => Ok(Written { object: scale_answer(self.store, object, &stored), is_created }),
            _ => Ok(Written { object: self.resource.served_anew(&stored).await?, is_created }),
        }
    }

    /// Reads an object again that came from the cache.
    async fn check_live(&self, key: &str, before: &Before) -> Result<(), Failure> {
        if before.is_live {
            return Ok(());
        }
        let live = self.store.read_live(key).await?;
        match live.revision() == before.revision() {
            true => Ok(()),
            false => Err(Failure::Conflict(live)),
        }
    }
}

fn scale_answer(store: &Store, object: &Value, stored: &EncodedObject) -> Arc<EncodedObject> {
    Arc::new(json::encode_object(&scale::of(object, &store.rules.scale, None), stored.revision))
}

/// Sets the key's value. A dry run answers as if it had.
pub(crate) async fn put(
    store: &Store,
    info: &RequestInfo,
    key: &Arc<str>,
    mut encoded: EncodedObject,
    before: &Before,
) -> Result<Arc<EncodedObject>, Failure> {
    if info.is_dry_run {
        check_absent(store, key, before).await?;
        return Ok(Arc::new(encoded));
    }
    let ttl_seconds = store.ttl_seconds();
    let kind = WriteKind::Put { value: encoded.bytes.clone(), ttl_seconds };
    encoded.revision = commit(store, key, kind, before).await?;
    Ok(Arc::new(encoded))
}

/// Removes the key and gives the deletion's revision (the object's, for a dry run).
pub(crate) async fn delete(store: &Store, info: &RequestInfo, key: &Arc<str>, before: &Before) -> Result<u64, Failure> {
    match info.is_dry_run {
        true => Ok(before.revision()),
        false => commit(store, key, WriteKind::Delete, before).await,
    }
}

async fn commit(store: &Store, key: &Arc<str>, kind: WriteKind, before: &Before) -> Result<u64, Failure> {
    let precondition = match &before.object {
        None => Precondition::Absent,
        Some(object) => Precondition::At(Revision(object.revision)),
    };
    match store.storage.commit(StorageWrite { key: key.clone(), kind, precondition }).await {
        Ok(outcome) => Ok(outcome.revision.0),
        Err(CommitError::Precondition { current }) => {
            let object = current.map(|found| store.scan(&found)).transpose()?;
            Err(Failure::Conflict(Before { object, is_live: true }))
        }
        Err(CommitError::Storage(error)) => Err(Failure::Refused(storage_status(&error))),
    }
}

/// A dry run of a creation fails as the creation would.
async fn check_absent(store: &Store, key: &str, before: &Before) -> Result<(), Failure> {
    if before.object.is_some() {
        return Ok(());
    }
    let live = store.read_live(key).await?;
    match live.object {
        None => Ok(()),
        Some(_) => Err(Failure::Conflict(live)),
    }
}
