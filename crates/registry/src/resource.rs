//! One served resource: all its verbs.

use std::borrow::Cow;
use std::sync::Arc;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use apimachinery::group_version::GroupVersionKind;
use apimachinery::json;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use tokio::sync::mpsc;

use crate::custom_resources::{CustomVersion, Memory, OwnFields};
use crate::request::{Body, DeleteOptions, ListOptions, PatchFormat, RequestInfo};
use crate::store::{self, Before, Store};
use crate::strategy::View;
use crate::write::{self, WriteBody};
use crate::{delete, scale};

pub use crate::open::Registry;

/// Frames that wait between the cache and the client of a resource that is served in another version than stored.
const VIEW_LAG_EVENTS_MAX: usize = 256;

/// One served resource (group, version, plural). Cheap to clone through `Arc`.
pub struct Resource {
    store: Arc<Store>,
    resource_type: &'static ResourceType,
    view: Option<&'static View>,
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
    /// As stored; a dry run's has the revision of the object before, 0 at creation (then no resourceVersion). For
    /// `scale` it is the scale.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// One cell per column of the kind, as JSON values.
    pub cells: Vec<Value>,
    /// `conditions` of the row (`Completed`, ...), usually empty.
    pub conditions: Vec<Value>,
}

impl Resource {
    pub(crate) fn new(store: Arc<Store>, resource_type: &'static ResourceType, view: Option<&'static View>) -> Self {
        Resource { store, resource_type, view }
    }

    /// Names, verbs, schema, subresources that are served.
    pub fn resource_type(&self) -> &'static ResourceType {
        self.resource_type
    }

    /// Whether the objects are stored as they are served here, and not under another group or version.
    pub fn is_stored_version(&self) -> bool {
        self.view.is_none()
    }

    /// The version of a custom kind that is served here.
    pub fn custom(&self) -> Option<&'static CustomVersion> {
        self.store.strategy.custom()?.version(self.resource_type.version)
    }

    /// The type by which fields are owned and applied.
    pub fn ownership(&self) -> &'static schema::Struct {
        self.custom().map_or(self.resource_type.schema, |custom| custom.ownership)
    }

    /// Whether DELETE answers with the deleted object rather than a `Status` (Pods, Services).
    pub fn returns_deleted_object(&self) -> bool {
        self.store.rules.returns_deleted_object
    }

    /// Whether a subresource is served here (`status`, `scale`, `finalize`, `binding`).
    pub fn serves_subresource(&self, name: &str) -> bool {
        self.store.rules.subresource(name).is_some() || (name == "scale" && self.store.rules.has_scale)
    }

    /// Whether it serves the same objects as another one.
    pub fn is_equivalent(&self, other: &Resource) -> bool {
        Arc::ptr_eq(&self.store, &other.store)
    }

    /// GET. An empty `resource_version` is a linearizable read, `0` any version, `N` not older.
    pub async fn get(&self, namespace: &str, name: &str, resource_version: &str) -> Result<Arc<EncodedObject>, Status> {
        self.served(&self.store.get(namespace, name, resource_version).await?).await
    }

    /// The object as the cache has it now, without waiting: for admission and authorization.
    pub fn get_cached(&self, namespace: &str, name: &str) -> Option<Arc<EncodedObject>> {
        self.store.cache.get(&self.store.key(namespace, name)?)
    }

    /// LIST of one namespace, or all when empty.
    pub async fn list(&self, namespace: &str, options: &ListOptions) -> Result<ObjectList, Status> {
        if let Some(custom) = self.custom() {
            return self.list_custom(custom, namespace, options).await;
        }
        let options = self.stored_options(options)?;
        let mut list = self.store.list(namespace, &options).await?;
        if let Some(view) = self.view {
            for item in &mut list.items {
                *item = in_view(view, self.resource_type.schema, item)?;
            }
        }
        Ok(list)
    }

    /// WATCH; ends with an `Error` frame, or when the receiver is dropped. A receiver that lags is cut off.
    pub async fn watch(&self, namespace: &str, options: &ListOptions) -> Result<mpsc::Receiver<WatchFrame>, Status> {
        if let (Some(custom), true) = (self.custom(), self.is_converted()) {
            return self.watch_custom(custom, namespace, options).await;
        }
        let options = self.stored_options(options)?;
        let frames = self.store.watch(namespace, &options).await?;
        match self.is_converted() {
            true => Ok(self.watch_converted(frames, None)),
            false => Ok(frames),
        }
    }

    /// Whether what is served here may differ from what is stored.
    pub(crate) fn is_converted(&self) -> bool {
        self.view.is_some() || self.store.conversion.is_some()
    }

    /// The options in terms of the stored version.
    fn stored_options<'a>(&self, options: &'a ListOptions) -> Result<Cow<'a, ListOptions>, Status> {
        let Some(view) = self.view() else { return Ok(Cow::Borrowed(options)) };
        let mut options = options.clone();
        for term in options.field_selector.terms.iter_mut().filter(|it| !it.field.starts_with("metadata.")) {
            let Some((_, stored)) = view.selectors.iter().find(|(name, _)| *name == term.field) else {
                return Err(Status::bad_request(format!("field label not supported: {}", term.field)));
            };
            (*stored).clone_into(&mut term.field);
        }
        Ok(Cow::Owned(options))
    }

    /// Converts a watch of the stored version; `own_fields` says what of it is seen.
    pub(crate) fn watch_converted(
        &self,
        mut stored: mpsc::Receiver<WatchFrame>,
        mut own_fields: Option<OwnFields>,
    ) -> mpsc::Receiver<WatchFrame> {
        let (sender, receiver) = mpsc::channel(VIEW_LAG_EVENTS_MAX);
        let own = Resource { store: self.store.clone(), resource_type: self.resource_type, view: self.view };
        tokio::spawn(async move {
            while let Some(frame) = stored.recv().await {
                let converted = match frame.event_type {
                    WatchEventType::Error => Ok(frame.object.clone()),
                    WatchEventType::Bookmark => own.bookmark(&frame.object),
                    _ => own.served(&frame.object).await,
                };
                let frame =
                    converted.map_or_else(|status| error_frame(&status), |object| WatchFrame { object, ..frame });
                let is_last = frame.event_type == WatchEventType::Error;
                let seen = match &mut own_fields {
                    Some(fields) => fields.frame(frame),
                    None => Some(frame),
                };
                let Some(frame) = seen else { continue };
                if sender.send(frame).await.is_err() || is_last {
                    return;
                }
            }
        });
        receiver
    }

    /// POST; with `info.subresource` that of a subresource which the registry owns (`binding`).
    pub async fn create(&self, info: &RequestInfo, body: &Body) -> Result<Written, Status> {
        write::write(self, info, WriteBody::Create(body)).await
    }

    /// PUT of the object, `status`, `scale`, `finalize`.
    pub async fn update(&self, info: &RequestInfo, body: &Body) -> Result<Written, Status> {
        write::write(self, info, WriteBody::Update(body)).await
    }

    /// PATCH of the object or a subresource.
    pub async fn patch(&self, info: &RequestInfo, format: PatchFormat, patch: &[u8]) -> Result<Written, Status> {
        write::write(self, info, WriteBody::Patch(format, patch)).await
    }

    /// DELETE.
    pub async fn delete(&self, info: &RequestInfo, options: &DeleteOptions) -> Result<Deleted, Status> {
        delete::delete(self, info, options).await
    }

    /// DELETE of a collection; the objects that were deleted.
    pub async fn delete_collection(
        &self,
        info: &RequestInfo,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<ObjectList, Status> {
        delete::delete_collection(self, info, list, options).await
    }

    /// GET of a subresource with an own body (`scale`; `status` is the object itself).
    pub async fn get_subresource(&self, namespace: &str, name: &str, subresource: &str) -> Result<Value, Status> {
        let object = self.store.get(namespace, name, "").await?;
        match subresource {
            "scale" if self.store.rules.has_scale => {
                let revision = object.revision;
                let tree = self.working(&Before { object: Some(object), is_live: true }).await?;
                Ok(scale::of(&tree, &self.store.rules.scale, Some(revision)))
            }
            "status" if self.store.rules.subresource("status").is_some() => {
                json::parse(&self.served(&object).await?.to_json()).map_err(Status::internal)
            }
            _ => Err(Status::unknown_resource()),
        }
    }

    /// The Table row of an object (columns are in `schema/table-columns.json`).
    pub fn row(&self, object: &EncodedObject, now: jiff::Timestamp) -> Row {
        let mut tree = json::parse(&object.bytes).unwrap_or_default();
        if let Some(custom) = self.custom() {
            return custom.row(&tree, now);
        }
        if let Some(view) = self.view {
            view.hide(&mut tree);
        }
        self.store.strategy.row(&tree, now)
    }

    /// Brings the cache up to what the store has handed over, without waiting.
    #[cfg(test)]
    pub(crate) fn take_pending(&self) {
        self.store.cache.take_pending();
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// How the version that is served here shows what writes work on. Writes of custom objects work on the served
    /// version itself.
    pub(crate) fn view(&self) -> Option<&'static View> {
        self.view.filter(|_| self.custom().is_none())
    }

    /// The kind of the objects that writes work on.
    pub(crate) fn working_kind(&self) -> GroupVersionKind {
        match self.custom() {
            Some(_) => store::kind_of(self.resource_type),
            None => self.store.kind(),
        }
    }

    /// A stored object as writes work on it, without `resourceVersion`; null when there is none.
    pub(crate) async fn working(&self, before: &Before) -> Result<Value, Status> {
        let tree = self.store.decode(before)?;
        match self.custom() {
            Some(custom) if !tree.is_null() => self.store.convert_one(tree, custom).await,
            _ => Ok(tree),
        }
    }

    /// What a write has made, as it is stored.
    pub(crate) async fn encode(&self, object: &Value, revision: u64) -> Result<EncodedObject, Status> {
        match self.store.strategy.custom() {
            Some(kind) if self.view.is_some() => {
                let stored = self.store.convert_one(object.clone(), kind.stored()).await?;
                Ok(json::encode_object(&stored, revision))
            }
            _ => Ok(json::encode_object(object, revision)),
        }
    }

    /// A stored object in the version that is served here.
    async fn served(&self, stored: &Arc<EncodedObject>) -> Result<Arc<EncodedObject>, Status> {
        self.served_with(stored, Memory::Used).await
    }

    /// The same for an object that may never have been stored (a dry run).
    pub(crate) async fn served_anew(&self, written: &Arc<EncodedObject>) -> Result<Arc<EncodedObject>, Status> {
        self.served_with(written, Memory::Unused).await
    }

    async fn served_with(&self, stored: &Arc<EncodedObject>, memory: Memory) -> Result<Arc<EncodedObject>, Status> {
        match (self.custom(), self.view) {
            (Some(custom), _) => {
                let mut one = [stored.clone()];
                self.store.convert_encoded(&mut one, custom, memory).await?;
                let [one] = one;
                Ok(one)
            }
            (None, Some(view)) => in_view(view, self.resource_type.schema, stored),
            (None, None) => Ok(stored.clone()),
        }
    }

    /// A bookmark of the version that is served here: nobody converts it.
    fn bookmark(&self, stored: &Arc<EncodedObject>) -> Result<Arc<EncodedObject>, Status> {
        match self.view {
            Some(view) => in_view(view, self.resource_type.schema, stored),
            None => Ok(stored.clone()),
        }
    }
}

fn in_view(view: &View, schema: &schema::Struct, stored: &EncodedObject) -> Result<Arc<EncodedObject>, Status> {
    let mut tree = json::parse(&stored.bytes).map_err(Status::internal)?;
    view.show(&mut tree);
    schema::normalise(schema, &mut tree).map_err(Status::internal)?;
    Ok(Arc::new(json::encode_object(&tree, stored.revision)))
}

/// The frame that ends a watch with an error.
fn error_frame(status: &Status) -> WatchFrame {
    let bytes = json::to_vec(&status.to_value()).into();
    let object =
        EncodedObject { bytes, revision: 0, metadata: (0, 0), splice: 0, prefix_end: 0, protobuf: Default::default() };
    WatchFrame { event_type: WatchEventType::Error, revision: 0, ends_initial_events: false, object: Arc::new(object) }
}
