//! Who asks for what: all that the registry knows of a caller.

use std::sync::Arc;

use apimachinery::value::Value;
use bytes::Bytes;
use parking_lot::Mutex;

/// An authenticated user.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct UserInfo {
    /// Name, such as `system:serviceaccount:default:web`.
    pub name: String,
    /// UID, may be empty.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Extra attributes, keys lower case.
    pub extra: Vec<(String, Vec<String>)>,
}

/// What to do about unknown and duplicate fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Drop silently.
    Ignore,
    /// Drop and warn.
    #[default]
    Warn,
    /// Refuse.
    Strict,
}

/// Encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
}

/// A request body as received.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its encoding.
    pub format: BodyFormat,
    /// Its bytes, at most the server's limit.
    pub bytes: Bytes,
}

/// Patch media types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchFormat {
    /// `application/json-patch+json`
    Json,
    /// `application/merge-patch+json`
    Merge,
    /// `application/strategic-merge-patch+json`
    Strategic,
    /// `application/apply-patch+yaml`: server-side apply
    Apply,
}

/// What only a server-side apply says.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// `force`: take fields that others own.
    pub is_forced: bool,
    /// Why the user may not create the object, where it does not exist.
    pub create_refusal: Option<apimachinery::status::Status>,
}

/// One API request behind authentication and authorization.
#[derive(Debug, Default)]
pub struct RequestInfo {
    /// Who.
    pub user: Arc<UserInfo>,
    /// API verb: `create`, `update`, `patch`, `delete`, `deletecollection`, `get`, `list`, `watch`, `connect`.
    pub verb: &'static str,
    /// API group.
    pub group: String,
    /// Version in the path.
    pub version: String,
    /// Plural.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Namespace, or empty.
    pub namespace: String,
    /// Name, or empty (create, list).
    pub name: String,
    /// `dryRun=All`
    pub is_dry_run: bool,
    /// `fieldManager`, or the user agent up to its first `/`.
    pub field_manager: String,
    /// `fieldValidation`
    pub field_validation: FieldValidation,
    /// For a server-side apply.
    pub apply: ApplyOptions,
    /// The request's options as an object (`CreateOptions`, ...), for admission webhooks; null when there are none.
    pub options: Value,
    /// Whether admission was asked already, about the request that this write is a part of (an eviction's deletion).
    pub is_admitted: bool,
    /// Texts for `Warning` headers, in order, without doubles.
    pub warnings: Mutex<Vec<String>>,
    /// Audit annotations.
    pub audit_annotations: Mutex<Vec<(String, String)>>,
}

impl RequestInfo {
    /// Adds a warning for the client, once.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        let mut warnings = self.warnings.lock();
        if !warnings.contains(&text) {
            warnings.push(text);
        }
    }
}

/// `resourceVersionMatch`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ResourceVersionMatch {
    /// Not given.
    #[default]
    Unset,
    /// `Exact`
    Exact,
    /// `NotOlderThan`
    NotOlderThan,
}

/// Options of list and watch, parsed but not yet checked against each other (the registry does that with
/// upstream's messages).
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// `labelSelector`
    pub label_selector: apimachinery::selector::LabelSelector,
    /// `fieldSelector`
    pub field_selector: apimachinery::selector::FieldSelector,
    /// `resourceVersion`, as given.
    pub resource_version: String,
    /// `resourceVersionMatch`
    pub resource_version_match: ResourceVersionMatch,
    /// `limit`
    pub limit: usize,
    /// `continue`, as given.
    pub continue_token: String,
    /// `allowWatchBookmarks`
    pub allow_watch_bookmarks: bool,
    /// `sendInitialEvents`
    pub send_initial_events: Option<bool>,
    /// `timeoutSeconds`; the caller ends the watch.
    pub timeout_seconds: Option<u64>,
}

/// Decoded `DeleteOptions`.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// `gracePeriodSeconds`
    pub grace_period_seconds: Option<i64>,
    /// `preconditions.uid`
    pub uid: Option<String>,
    /// `preconditions.resourceVersion`
    pub resource_version: Option<String>,
    /// `propagationPolicy`, or `orphanDependents` translated: `Orphan`, `Background`, `Foreground`.
    pub propagation_policy: Option<String>,
}
