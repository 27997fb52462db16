//! One kind over the store: keys, stored bytes, and what storage trouble means to a client.

use std::sync::Arc;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use apimachinery::field_error::quoted;
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::json;
use apimachinery::names;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;
use datastore::{KeyValue, Storage, StorageError};

use crate::admission::Admission;
use crate::config::Config;
use crate::custom_resources::Conversion;
use crate::reserve::ServiceAddresses;
use crate::strategy::{KindRules, Strategy};
use crate::watch_cache::WatchCache;

/// All that the verbs of one kind need.
pub(crate) struct Store {
    /// The kind's rules.
    pub strategy: &'static dyn Strategy,
    /// The table of `strategy`.
    pub rules: &'static KindRules,
    /// The kind in the version in which it is stored.
    pub resource_type: &'static ResourceType,
    /// Where it is stored.
    pub storage: Arc<dyn Storage>,
    /// What is read and watched.
    pub cache: Arc<WatchCache>,
    /// What else may change or refuse writes.
    pub admission: Arc<dyn Admission>,
    /// Settings.
    pub config: Arc<Config>,
    /// What writes of this kind reserve elsewhere.
    pub reservations: Option<Arc<ServiceAddresses>>,
    /// The webhook that converts custom objects between versions.
    pub conversion: Option<Conversion>,
}

/// An object as it was before a write, and where it was read.
#[derive(Clone)]
pub(crate) struct Before {
    /// The stored object; `None` when there is none.
    pub object: Option<Arc<EncodedObject>>,
    /// Whether it was read from the store itself rather than the cache.
    pub is_live: bool,
}

impl Before {
    /// Revision of the object, 0 when there is none.
    pub fn revision(&self) -> u64 {
        self.object.as_ref().map_or(0, |object| object.revision)
    }
}

impl Store {
    /// Key of an object; `None` for names that cannot be a part of a path.
    pub fn key(&self, namespace: &str, name: &str) -> Option<Arc<str>> {
        let is_part = |text: &str| !text.is_empty() && !text.contains('/') && text != "." && text != "..";
        let prefix = self.rules.storage_prefix;
        match (self.resource_type.is_namespaced, is_part(namespace), is_part(name)) {
            (true, true, true) => Some(format!("{prefix}/{namespace}/{name}").into()),
            (false, _, true) => Some(format!("{prefix}/{name}").into()),
            _ => None,
        }
    }

    /// Key of the object that a request names.
    ///
    /// # Errors
    /// A name that no path can have.
    pub fn named_key(&self, namespace: &str, name: &str) -> Result<Arc<str>, Status> {
        let faults = names::path_segment(name);
        if !faults.is_empty() {
            return Err(Status::bad_request(format!("Name parameter invalid: {name:?}: {}", faults.join(";"))));
        }
        self.key(namespace, name).ok_or_else(|| Status::not_found(&self.group_resource(), name))
    }

    /// Resource name as in messages.
    pub fn group_resource(&self) -> GroupResource {
        GroupResource::new(self.resource_type.group, self.resource_type.plural)
    }

    /// Kind as in messages.
    pub fn kind(&self) -> GroupVersionKind {
        kind_of(self.resource_type)
    }

    /// Seconds that an object of the kind lives after a write.
    pub fn ttl_seconds(&self) -> Option<u32> {
        self.rules.expires.then_some(self.config.event_ttl_seconds)
    }

    /// Gives back what a deleted object had reserved.
    pub async fn release_reserved(&self, object: &Value, is_dry_run: bool) {
        if let (Some(reservations), false) = (&self.reservations, is_dry_run) {
            reservations.release(object).await;
        }
    }

    /// Stored bytes as an object.
    pub fn scan(&self, found: &KeyValue) -> Result<Arc<EncodedObject>, Status> {
        let object =
            json::scan_object(found.value.clone(), found.revision.0).map(Arc::new).map_err(Status::internal)?;
        Ok(match self.strategy.custom() {
            Some(custom) => custom.read(object),
            None => object,
        })
    }

    /// Reads an object from the store itself.
    pub async fn read_live(&self, key: &str) -> Result<Before, Status> {
        let found = self.storage.get(key).await.map_err(|error| storage_status(&error))?;
        let object = found.map(|found| self.scan(&found)).transpose()?;
        Ok(Before { object, is_live: true })
    }

    /// Reads an object from the cache, which may lag behind a little.
    pub fn read_cached(&self, key: &str) -> Before {
        Before { object: self.cache.get(key), is_live: false }
    }

    /// The normalised tree of a stored object as it is stored, without `resourceVersion`; null when there is none.
    pub fn decode(&self, before: &Before) -> Result<Value, Status> {
        match &before.object {
            None => Ok(Value::Null),
            Some(object) => self.decode_bytes(&object.bytes),
        }
    }

    /// The normalised tree of stored bytes.
    pub fn decode_bytes(&self, bytes: &[u8]) -> Result<Value, Status> {
        let decoded = schema::decode_json(self.resource_type.schema, bytes);
        decoded.map(|(object, _)| object).map_err(Status::internal)
    }
}

/// Kind of a resource as in messages.
pub(crate) fn kind_of(resource: &ResourceType) -> GroupVersionKind {
    GroupVersionKind {
        group: resource.group.to_owned(),
        version: resource.version.to_owned(),
        kind: resource.kind.to_owned(),
    }
}

/// An error that upstream's storage lets through as it is: without a reason.
pub(crate) fn bare_error(message: String) -> Status {
    Status { code: 500, reason: "", message, details: None }
}

/// Why a text is no `resourceVersion`.
pub(crate) fn unreadable_revision(text: &str) -> String {
    format!("strconv.ParseUint: parsing {}: invalid syntax", quoted(text))
}

/// What trouble with the store means to a client.
pub(crate) fn storage_status(error: &StorageError) -> Status {
    match error {
        StorageError::Compacted { .. } => Status::expired("The resourceVersion for the provided list is too old."),
        StorageError::Future { asked, newest } => Status::resource_version_too_large(*asked, *newest),
        StorageError::TooLarge { .. } => {
            Status::request_entity_too_large("etcdserver: request is too large".to_owned())
        }
        StorageError::Full => Status::internal("etcdserver: mvcc: database space exceeded"),
        StorageError::Unavailable { reason } => {
            Status::service_unavailable(format!("the store is unavailable: {reason}"))
        }
    }
}
