//! Reads: get, list (from the cache, or as of a past revision), watch.

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::status::{Status, StatusCause, StatusDetails};
use apimachinery::watch::WatchFrame;
use apimachinery::{json, tree};
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use base64::{DecodeError, Engine};
use datastore::{KeyValue, Revision, StorageError};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

use crate::request::{ListOptions, ResourceVersionMatch};
use crate::resource::ObjectList;
use crate::store::{self, Store, storage_status};
use crate::watch_cache::{Cached, Filter, Projection, WatchOptions, WatchStart};

/// Keys that one page of a past list reads from the store while it looks for objects that match (upstream's number).
const PAGE_KEYS_MAX: usize = 10_000;

/// Reason of the cause that carries the new token of an expired one, for `metadata.continue` of the `Status`.
pub const CONTINUE_TOKEN_CAUSE: &str = "ContinueToken";

const CONTINUE_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You \
                                can start a new list without the continue parameter, or use the continue token in \
                                this response to retrieve the remainder of the results. Continuing with the provided \
                                token results in an inconsistent list - objects that were created, modified, or \
                                deleted between the time the first chunk was returned and now may show up in the \
                                list.";

/// Which state a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Point {
    /// The newest.
    Newest,
    /// Whatever the cache has, if it is not older than this.
    NotOlderThan(u64),
    /// Exactly this.
    Exactly(u64),
    /// The rest of a list: after this key (relative to the filter's prefix), as of this revision (`None`: newest).
    Continue { after: String, revision: Option<u64> },
}

impl Store {
    /// GET: newest from the store, or from the cache when the client says how old it may be.
    pub async fn get(&self, namespace: &str, name: &str, version: &str) -> Result<Arc<EncodedObject>, Status> {
        let not_found = || Status::not_found(&self.group_resource(), name);
        let key = self.named_key(namespace, name)?;
        let found = match parse_version(version).map_err(store::bare_error)? {
            None => self.read_live(&key).await?.object,
            Some(revision) => {
                self.wait_for(revision).await?;
                self.cache.get(&key)
            }
        };
        found.ok_or_else(not_found)
    }

    /// LIST.
    pub async fn list(&self, namespace: &str, options: &ListOptions) -> Result<ObjectList, Status> {
        validate_list(options)?;
        let filter = self.filter(namespace, options)?;
        match self.point(options)? {
            Point::Newest => {
                self.cache.sync().await.map_err(|error| storage_status(&error))?;
                Ok(self.list_cached(&filter, options.limit))
            }
            Point::NotOlderThan(revision) => {
                self.wait_for(revision).await?;
                // Upstream's cache ignores the limit of a list that may be of any age.
                Ok(self.list_cached(&filter, if revision == 0 { 0 } else { options.limit }))
            }
            Point::Exactly(revision) => self.list_at(&filter, options, Some(revision), None).await,
            Point::Continue { after, revision } => self.list_at(&filter, options, revision, Some(after)).await,
        }
    }

    /// WATCH.
    pub async fn watch(&self, namespace: &str, options: &ListOptions) -> Result<mpsc::Receiver<WatchFrame>, Status> {
        validate_watch(options)?;
        let filter = self.filter(namespace, options)?;
        let version = parse_version(&options.resource_version).map_err(store::bare_error)?;
        let start = match (options.send_initial_events, version) {
            (Some(true), _) | (None, None | Some(0)) => WatchStart::State,
            (Some(false), None | Some(0)) => WatchStart::Now,
            (_, Some(revision)) => WatchStart::After(revision),
        };
        match version {
            None => drop(self.cache.sync().await.map_err(|error| storage_status(&error))?),
            Some(revision) if start == WatchStart::State => self.wait_for(revision).await?,
            Some(_) => {}
        }
        self.cache.watch(WatchOptions {
            filter,
            start,
            marks_initial_end: options.send_initial_events == Some(true) && options.allow_watch_bookmarks,
            wants_bookmarks: options.allow_watch_bookmarks,
            deadline: options.timeout_seconds.and_then(|it| Instant::now().checked_add(Duration::from_secs(it))),
        })
    }

    fn filter(&self, namespace: &str, options: &ListOptions) -> Result<Filter, Status> {
        let is_namespaced = self.resource_type.is_namespaced;
        Filter::new(self.cache.kind(), is_namespaced, namespace, &options.label_selector, &options.field_selector)
    }

    fn list_cached(&self, filter: &Filter, limit: usize) -> ObjectList {
        let found = self.cache.list(filter, limit);
        let has_more = limit > 0 && found.has_more;
        let continue_token = match found.items.last() {
            Some(last) if has_more => token(filter, &last.key, i64::try_from(found.revision).unwrap_or(i64::MAX)),
            _ => String::new(),
        };
        ObjectList {
            items: found.items.iter().map(|it| it.object.clone()).collect(),
            revision: found.revision,
            continue_token,
            remaining_item_count: (has_more && !filter.is_selective()).then_some(found.remaining),
        }
    }

    /// Lists as of a past revision, straight from the store.
    async fn list_at(
        &self,
        filter: &Filter,
        options: &ListOptions,
        revision: Option<u64>,
        after: Option<String>,
    ) -> Result<ObjectList, Status> {
        let is_continued = after.is_some();
        let revision = match revision {
            Some(revision) => revision,
            None => self.storage.current_revision().await.map_err(|error| storage_status(&error))?.0,
        };
        let mut after = after.map(|rest| format!("{}{rest}", filter.key_prefix()));
        let mut page_keys = options.limit;
        let mut items = Vec::new();
        loop {
            let read = self.storage.list_at(filter.key_prefix(), Revision(revision), after.as_deref(), page_keys).await;
            let page = read.map_err(|error| list_error(&error, filter, after.as_deref().filter(|_| is_continued)))?;
            let (read_keys, mut has_more) = (page.items.len(), page.remaining > 0);
            let mut remaining = page.remaining;
            for (at, found) in page.items.iter().enumerate() {
                after = Some(found.key.to_string());
                items.extend(self.select(filter, found)?);
                if options.limit > 0 && items.len() == options.limit {
                    remaining += (read_keys - at - 1) as u64;
                    has_more = remaining > 0;
                    break;
                }
            }
            let is_full = options.limit > 0 && items.len() >= options.limit;
            if is_full || !has_more || options.limit == 0 {
                let continue_token = match &after {
                    Some(last) if has_more => token(filter, last, i64::try_from(revision).unwrap_or(i64::MAX)),
                    _ => String::new(),
                };
                let remaining_item_count = (has_more && !filter.is_selective()).then_some(remaining);
                return Ok(ObjectList { items, revision, continue_token, remaining_item_count });
            }
            page_keys = (page_keys * 2).min(PAGE_KEYS_MAX);
        }
    }

    fn select(&self, filter: &Filter, found: &KeyValue) -> Result<Option<Arc<EncodedObject>>, Status> {
        let object = self.scan(found)?;
        let projection = Projection::of(&object, self.cache.kind().fields);
        let cached = Cached { key: found.key.clone(), object, projection };
        Ok(filter.matches(&cached).then_some(cached.object))
    }

    /// Waits until the cache is not older than `revision`; refuses one that does not exist yet.
    async fn wait_for(&self, revision: u64) -> Result<(), Status> {
        if self.cache.revision() >= revision {
            return Ok(());
        }
        let reached = self.cache.sync().await.map_err(|error| storage_status(&error))?;
        match reached >= revision {
            true => Ok(()),
            false => Err(Status::resource_version_too_large(revision, reached)),
        }
    }

    fn point(&self, options: &ListOptions) -> Result<Point, Status> {
        let version = parse_version(&options.resource_version);
        let version = version.map_err(|text| Status::bad_request(format!("invalid resource version: {text}")))?;
        if !options.continue_token.is_empty() {
            if version.is_some_and(|it| it > 0) {
                let text = "specifying resource version is not allowed when using continue";
                return Err(Status::bad_request(text));
            }
            let (after, revision) = parse_token(&options.continue_token)?;
            return Ok(Point::Continue { after, revision: u64::try_from(revision).ok() });
        }
        Ok(match (version, options.resource_version_match) {
            (None, _) => Point::Newest,
            (Some(revision), ResourceVersionMatch::Exact) => Point::Exactly(revision),
            // Without a match, a limit asks for an exact state (the API's older rule).
            (Some(revision), ResourceVersionMatch::Unset) if revision > 0 && options.limit > 0 => {
                Point::Exactly(revision)
            }
            (Some(revision), _) => Point::NotOlderThan(revision),
        })
    }
}

/// `resourceVersion` of a read; the error is upstream's text, which reads answer in different ways.
fn parse_version(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let detail = store::unreadable_revision(text);
        FieldError::invalid(&FieldPath::new("resourceVersion"), text, detail).to_string()
    })
}

/// An expired list says how to go on: `after` is the last key that the client has.
fn list_error(error: &StorageError, filter: &Filter, after: Option<&str>) -> Status {
    let (StorageError::Compacted { .. }, Some(after)) = (error, after) else { return storage_status(error) };
    let mut status = Status::expired(CONTINUE_EXPIRED);
    let cause = StatusCause {
        reason: CONTINUE_TOKEN_CAUSE.to_owned(),
        message: token(filter, after, -1),
        field: String::new(),
    };
    status.details = Some(Box::new(StatusDetails { causes: vec![cause], ..StatusDetails::default() }));
    status
}

/// A continue token: the list goes on behind `last_key`. Revision -1 stands for the newest.
fn token(filter: &Filter, last_key: &str, revision: i64) -> String {
    let rest = last_key.strip_prefix(filter.key_prefix()).unwrap_or(last_key);
    let token = tree!({"v": "meta.k8s.io/v1", "rv": revision, "start": (format!("{rest}\0"))});
    URL_SAFE_NO_PAD.encode(json::to_vec(&token))
}

/// The key (relative to the filter's prefix) behind which a list goes on, and its revision.
fn parse_token(token: &str) -> Result<(String, i64), Status> {
    let invalid =
        |cause: &str| Status::bad_request(format!("invalid continue token: continue key is not valid{cause}"));
    // As Go reads it: bits behind the last whole byte are ignored.
    let lenient = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
    let bytes = lenient.decode(token).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _)
            | DecodeError::InvalidLastSymbol(at, _)
            | DecodeError::InvalidLength(at) => at,
            DecodeError::InvalidPadding => token.len(),
        };
        invalid(&format!(": illegal base64 data at input byte {at}"))
    })?;
    let token = json::parse(&bytes).map_err(|error| invalid(&format!(": {error}")))?;
    let version = token.str_at(&["v"]);
    if version != "meta.k8s.io/v1" {
        return Err(invalid(&format!(": server does not recognize this encoded version {version}")));
    }
    let revision = token.i64_at(&["rv"]).unwrap_or(0);
    if revision == 0 {
        return Err(invalid(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
    }
    let start = token.str_at(&["start"]);
    if start.is_empty() {
        return Err(invalid(": encoded start key empty (version meta.k8s.io/v1)"));
    }
    // A key cannot lead out of the resource: it must be in its shortest form.
    let is_clean = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !start.trim_start_matches('/').split('/').all(is_clean) || start.starts_with("//") {
        return Err(invalid(&format!(": {start}")));
    }
    let start = start.strip_prefix('/').unwrap_or(start);
    Ok((start.strip_suffix('\0').unwrap_or(start).to_owned(), revision))
}

/// `ValidateListOptions` of a list.
fn validate_list(options: &ListOptions) -> Result<(), Status> {
    let mut errors = Vec::new();
    let path = FieldPath::new("resourceVersionMatch");
    if options.resource_version_match != ResourceVersionMatch::Unset {
        if options.resource_version.is_empty() {
            let detail = "resourceVersionMatch is forbidden unless resourceVersion is provided";
            errors.push(FieldError::forbidden(&path, detail));
        }
        refuse_continue(options, &path, &mut errors);
        if options.resource_version_match == ResourceVersionMatch::Exact && options.resource_version == "0" {
            let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            errors.push(FieldError::forbidden(&path, detail));
        }
    }
    if options.send_initial_events.is_some() {
        let detail = "sendInitialEvents is forbidden for list";
        errors.push(FieldError::forbidden(&FieldPath::new("sendInitialEvents"), detail));
    }
    options_result(&errors)
}

/// `ValidateListOptions` of a watch.
fn validate_watch(options: &ListOptions) -> Result<(), Status> {
    let mut errors = Vec::new();
    let path = FieldPath::new("resourceVersionMatch");
    let is_not_older_than = options.resource_version_match == ResourceVersionMatch::NotOlderThan;
    if options.send_initial_events.is_some() && !is_not_older_than {
        let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.push(FieldError::forbidden(&path, detail));
    }
    // A watch from now, or from any version, streams its initial events even when nobody asks for it.
    let is_streamed = options.send_initial_events.is_none() && matches!(options.resource_version.as_str(), "" | "0");
    if options.resource_version_match == ResourceVersionMatch::Unset && is_streamed {
        refuse_continue(options, &path, &mut errors);
    }
    if options.resource_version_match != ResourceVersionMatch::Unset {
        if options.send_initial_events.is_none() {
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(FieldError::forbidden(&path, detail));
        }
        if !is_not_older_than {
            errors.push(FieldError::not_supported(&path, "Exact", &["NotOlderThan"]));
        }
        refuse_continue(options, &path, &mut errors);
    }
    options_result(&errors)
}

fn refuse_continue(options: &ListOptions, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if !options.continue_token.is_empty() {
        errors.push(FieldError::forbidden(path, "resourceVersionMatch is forbidden when continue is provided"));
    }
}

fn options_result(errors: &[FieldError]) -> Result<(), Status> {
    if errors.is_empty() {
        return Ok(());
    }
    let kind = GroupVersionKind { group: "meta.k8s.io".into(), version: "v1".into(), kind: "ListOptions".into() };
    Err(Status::invalid(&kind, "", errors))
}
