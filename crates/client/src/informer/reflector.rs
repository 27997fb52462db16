//! The list-and-watch loop behind an informer, the same code for every kind.
//!
//! First choice is a streamed list (KEP-3157); a server that refuses it is listed page by page and then
//! watched. A watch that ends is resumed after the last revision; 410 lists again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use tokio::sync::Notify;

use crate::client::{Client, ClientError, Resource, query_value};
use crate::clock;
use crate::informer::Scope;
use crate::watch::{WatchStream, encode_wire_object};

/// First pause before a retry.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// Longest pause before a retry, as upstream's reflector.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Objects asked for in one page of a LIST.
const PAGE_OBJECTS_MAX: usize = 500;

/// Where the loop puts what it sees.
pub(super) trait Sink: Send + Sync {
    /// A whole new picture begins: what is not applied before [`Sink::end_replace`] is gone.
    fn begin_replace(&self);
    /// One object of the new picture, or one change.
    fn apply(&self, frame: &WatchFrame);
    /// The new picture is complete up to `revision`.
    fn end_replace(&self, revision: u64);
}

/// Why one round ended.
enum Round {
    /// The server closed the watch in order; go on after this revision.
    Closed(u64),
    /// Somebody asked for a fresh list.
    Relist,
}

pub(super) struct Reflector {
    pub client: Client,
    pub resource: Resource,
    pub scope: Scope,
    pub sink: Arc<dyn Sink>,
    pub relist: Arc<Notify>,
    /// The round in progress is the last one.
    pub is_ending: Arc<AtomicBool>,
}

impl Reflector {
    /// Runs until the task is aborted, or a round ends that is the last one.
    pub async fn run(self) {
        let mut resume = None;
        let mut streams_lists = true;
        let mut backoff = BACKOFF_MIN;
        loop {
            let started = clock::boot();
            let round = match resume {
                Some(revision) => self.watch_from(revision).await,
                None if streams_lists => self.stream_list().await,
                None => self.list_and_watch().await,
            };
            if self.is_ending.load(Ordering::Relaxed) {
                return;
            }
            let was_long = clock::boot().saturating_sub(started) > BACKOFF_MAX;
            if was_long {
                backoff = BACKOFF_MIN;
            }
            match round {
                Ok(Round::Relist) => resume = None,
                Ok(Round::Closed(revision)) => {
                    resume = Some(revision);
                    if was_long {
                        continue;
                    }
                }
                Err(error) if streams_lists && resume.is_none() && refuses_streamed_list(&error) => {
                    tracing::debug!(resource = self.resource.plural, %error, "streamed list refused");
                    streams_lists = false;
                    continue;
                }
                Err(error) => {
                    let is_gone = is_expired(&error);
                    tracing::debug!(resource = self.resource.plural, %error, "watch failed");
                    if is_gone && resume.take().is_some() {
                        continue;
                    }
                }
            }
            tokio::time::sleep(jittered(backoff)).await;
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    async fn stream_list(&self) -> Result<Round, ClientError> {
        let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=";
        let mut stream = WatchStream::open(&self.client, &self.watch_path(query)).await?;
        self.sink.begin_replace();
        loop {
            let frame = match stream.next().await {
                None => return Ok(Round::Relist),
                Some(frame) => frame?,
            };
            match frame.ends_initial_events {
                false => self.sink.apply(&frame),
                true => {
                    self.sink.end_replace(frame.revision);
                    return self.follow(stream, frame.revision).await;
                }
            }
        }
    }

    async fn watch_from(&self, revision: u64) -> Result<Round, ClientError> {
        let path = self.watch_path(&format!("resourceVersion={revision}"));
        let stream = WatchStream::open(&self.client, &path).await?;
        self.follow(stream, revision).await
    }

    async fn list_and_watch(&self) -> Result<Round, ClientError> {
        self.sink.begin_replace();
        let mut token = String::new();
        loop {
            let page = self.page(&token).await?;
            let revision = list_revision(&page)?;
            for item in page.items_at(&["items"]) {
                self.sink.apply(&self.listed_frame(item)?);
            }
            token = page.str_at(&["metadata", "continue"]).to_owned();
            if token.is_empty() {
                self.sink.end_replace(revision);
                return self.watch_from(revision).await;
            }
        }
    }

    async fn page(&self, token: &str) -> Result<Value, ClientError> {
        let mut query = format!("limit={PAGE_OBJECTS_MAX}{}", self.selectors());
        if !token.is_empty() {
            query.push_str("&continue=");
            query.push_str(&query_value(token));
        }
        let body = self.client.list(self.resource, &self.scope.namespace, &query).await?;
        json::parse(&body).map_err(|error| ClientError::Decode(error.to_string()))
    }

    fn listed_frame(&self, item: &Value) -> Result<WatchFrame, ClientError> {
        let mut object = item.clone();
        object.set(&["kind"], self.resource.kind);
        object.set(&["apiVersion"], self.resource.api_version());
        let encoded = encode_wire_object(&object)?;
        Ok(WatchFrame {
            event_type: WatchEventType::Added,
            revision: encoded.revision,
            ends_initial_events: false,
            object: Arc::new(encoded),
        })
    }

    /// Applies changes until the stream ends.
    async fn follow(&self, mut stream: WatchStream, mut revision: u64) -> Result<Round, ClientError> {
        loop {
            tokio::select! {
                biased;
                () = self.relist.notified() => return Ok(Round::Relist),
                frame = stream.next() => match frame {
                    None => return Ok(Round::Closed(revision)),
                    // What was applied so far stays applied: resume behind it.
                    Some(Err(ClientError::Transport(_))) => return Ok(Round::Closed(revision)),
                    Some(frame) => {
                        let frame = frame?;
                        revision = revision.max(frame.revision);
                        self.sink.apply(&frame);
                    }
                },
            }
        }
    }

    fn watch_path(&self, query: &str) -> String {
        format!(
            "{}?watch=true&allowWatchBookmarks=true&{query}{}",
            self.resource.collection_path(&self.scope.namespace),
            self.selectors()
        )
    }

    fn selectors(&self) -> String {
        let mut query = String::new();
        let selectors = [("labelSelector", &self.scope.label_selector), ("fieldSelector", &self.scope.field_selector)];
        for (name, selector) in selectors {
            if !selector.is_empty() {
                query.push_str(&format!("&{name}={}", query_value(selector)));
            }
        }
        query
    }
}

fn list_revision(page: &Value) -> Result<u64, ClientError> {
    let version = page.str_at(&["metadata", "resourceVersion"]);
    version.parse().map_err(|_| ClientError::Decode(format!("resourceVersion {version:?} of a list is no number")))
}

/// A server without WatchList answers `Invalid` or `BadRequest`, one without watch for the kind `MethodNotAllowed`.
fn refuses_streamed_list(error: &ClientError) -> bool {
    matches!(error, ClientError::Status(Status { code: 400 | 405 | 422, .. }))
}

fn is_expired(error: &ClientError) -> bool {
    matches!(error, ClientError::Status(Status { code: 410, .. }))
}

/// Between one and two times `pause`.
fn jittered(pause: Duration) -> Duration {
    pause + pause.mul_f64((clock::jitter() % 1024) as f64 / 1024.0)
}
