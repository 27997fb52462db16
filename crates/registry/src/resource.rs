//! One served resource: all its verbs.

use std::sync::Arc;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::WatchFrame;
use tokio::sync::mpsc;

use crate::request::{Body, DeleteOptions, ListOptions, PatchFormat, RequestInfo};

/// The registry: every served resource over one store.
pub struct Registry {
    // Filled by the registry helper.
}

/// One served resource (group, version, plural). Cheap to clone through `Arc`.
pub struct Resource {
    // Filled by the registry helper.
}

/// One page of a LIST.
pub struct ObjectList {
    /// In key order.
    pub items: Vec<Arc<EncodedObject>>,
    /// `metadata.resourceVersion`
    pub revision: u64,
    /// `metadata.continue`, or empty.
    pub continue_token: String,
    /// `metadata.remainingItemCount`, where upstream gives it.
    pub remaining_item_count: Option<u64>,
}

/// An object that was written (or would have been, for a dry run).
pub struct Written {
    /// As stored; a dry run's has the revision of the object before, 0 at creation (then no resourceVersion).
    pub object: Arc<EncodedObject>,
    /// Whether it was created (201).
    pub is_created: bool,
}

/// The answer to a DELETE.
pub struct Deleted {
    /// The last state of the object (still there, when graceful or held by finalizers).
    pub object: Arc<EncodedObject>,
    /// Whether it is gone now: kinds but Pods and the like then answer a `Status`, as upstream does.
    pub is_gone: bool,
}

/// One row of a Table.
pub struct Row {
    /// One cell per column of the kind, as JSON values.
    pub cells: Vec<Value>,
    /// `conditions` of the row (`Completed`, ...), usually empty.
    pub conditions: Vec<Value>,
}

impl Registry {
    /// The served resource, if any.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        let _ = (group, version, plural);
        todo!("registry helper")
    }
    /// All served resources, ordered by group, version and plural.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        todo!("registry helper")
    }
}

impl Resource {
    /// Names, verbs, schema, subresources that are served.
    pub fn resource_type(&self) -> &'static ResourceType {
        todo!("registry helper")
    }
    /// GET. An empty `resource_version` is a linearizable read, `0` any version, `N` not older.
    pub async fn get(&self, namespace: &str, name: &str, resource_version: &str) -> Result<Arc<EncodedObject>, Status> {
        let _ = (namespace, name, resource_version);
        todo!("registry helper")
    }
    /// LIST of one namespace, or all when empty.
    pub async fn list(&self, namespace: &str, options: &ListOptions) -> Result<ObjectList, Status> {
        let _ = (namespace, options);
        todo!("registry helper")
    }
    /// WATCH; ends with an `Error` frame, or when the receiver is dropped. A receiver that lags is cut off.
    pub async fn watch(&self, namespace: &str, options: &ListOptions) -> Result<mpsc::Receiver<WatchFrame>, Status> {
        let _ = (namespace, options);
        todo!("registry helper")
    }
    /// POST; with `info.subresource` that of a subresource which the registry owns (`binding`).
    pub async fn create(&self, info: &RequestInfo, body: &Body) -> Result<Written, Status> {
        let _ = (info, body);
        todo!("registry helper")
    }
    /// PUT of the object, `status`, `scale`, `finalize`.
    pub async fn update(&self, info: &RequestInfo, body: &Body) -> Result<Written, Status> {
        let _ = (info, body);
        todo!("registry helper")
    }
    /// PATCH of the object or a subresource.
    pub async fn patch(&self, info: &RequestInfo, format: PatchFormat, patch: &[u8]) -> Result<Written, Status> {
        let _ = (info, format, patch);
        todo!("registry helper")
    }
    /// DELETE.
    pub async fn delete(&self, info: &RequestInfo, options: &DeleteOptions) -> Result<Deleted, Status> {
        let _ = (info, options);
        todo!("registry helper")
    }
    /// DELETE of a collection; the objects that were deleted.
    pub async fn delete_collection(
        &self,
        info: &RequestInfo,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<ObjectList, Status> {
        let _ = (info, list, options);
        todo!("registry helper")
    }
    /// GET of a subresource with an own body (`scale`; `status` is the object itself).
    pub async fn get_subresource(&self, namespace: &str, name: &str, subresource: &str) -> Result<Value, Status> {
        let _ = (namespace, name, subresource);
        todo!("registry helper")
    }
    /// The Table row of an object (columns are in `schema/table-columns.json`).
    pub fn row(&self, object: &EncodedObject, now: jiff::Timestamp) -> Row {
        let _ = (object, now);
        todo!("registry helper")
    }
}
