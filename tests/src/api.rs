//! A blocking client of the cluster's API, for tests that need no kubectl.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use apimachinery::value::Value;
use apimachinery::{json, yaml};
use bytes::Bytes;
use client::client::{Client, json_request, query_value, read_whole};
use client::kubeconfig;
use client::tls::{TlsOptions, TlsTransport};
use client::watch::WatchStream;
use http::Method;

use crate::network_thread::NetworkThread;

/// Longest wait for one answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// Pause before a watch that ended is opened again.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// An answer: status code and body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub code: u16,
    /// Body as it came.
    pub body: Bytes,
    /// Texts of `Warning` headers.
    pub warnings: Vec<String>,
    /// All headers.
    pub headers: http::HeaderMap,
}

impl Answer {
    /// The body as an object tree; null when it is no JSON.
    pub fn value(&self) -> Value {
        json::parse(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A client with one identity, inside one network namespace.
pub struct Api {
    thread: Arc<NetworkThread>,
    options: TlsOptions,
    client: Client,
}

impl Api {
    /// Connects as the current user of a kubeconfig.
    ///
    /// # Errors
    /// A kubeconfig that cannot be read.
    pub fn from_kubeconfig(thread: Arc<NetworkThread>, text: &str) -> anyhow::Result<Self> {
        let options = kubeconfig::connection(text.as_bytes(), None, Path::new("/"))?;
        Api::new(thread, options)
    }

    fn new(thread: Arc<NetworkThread>, options: TlsOptions) -> anyhow::Result<Self> {
        let transport = TlsTransport::new(&options)?;
        Ok(Api { thread, options, client: Client::new(Arc::new(transport), "system-tests") })
    }

    /// The same server under a bearer token; an empty one is nobody.
    ///
    /// # Errors
    /// A token that no header can hold.
    pub fn with_token(&self, token: &str) -> anyhow::Result<Self> {
        let token = (!token.is_empty()).then(|| token.to_owned());
        let options = TlsOptions { client_pem: None, token, ..self.options.clone() };
        Api::new(self.thread.clone(), options)
    }

    /// Another server, `https://HOST:PORT`, with the same authority and identity.
    ///
    /// # Errors
    /// A text that names no server.
    pub fn at(&self, server: &str) -> anyhow::Result<Self> {
        Api::new(self.thread.clone(), TlsOptions { server: server.to_owned(), ..self.options.clone() })
    }

    /// The same server and identity over a connection of its own.
    ///
    /// # Errors
    /// None in practice: the options were read before.
    pub fn another(&self) -> anyhow::Result<Self> {
        Api::new(self.thread.clone(), self.options.clone())
    }

    /// Any request; `body` is its content type and bytes.
    ///
    /// # Errors
    /// No answer within [`ANSWER_PATIENCE`].
    pub fn request(&self, method: Method, path: &str, body: Option<(&'static str, Bytes)>) -> anyhow::Result<Answer> {
        self.send(json_request(method, path, body)?)
    }

    /// A request with headers of its own.
    ///
    /// # Errors
    /// No answer within [`ANSWER_PATIENCE`].
    pub fn send(&self, request: http::Request<Bytes>) -> anyhow::Result<Answer> {
        let (client, shown) = (self.client.clone(), format!("{} {}", request.method(), request.uri()));
        let work = async move {
            let response = client.send(request).await?;
            let (code, warnings) = (response.status.as_u16(), warnings(&response.headers));
            let headers = response.headers;
            Ok::<_, client::client::ClientError>(Answer {
                code,
                warnings,
                headers,
                body: read_whole(response.body).await?,
            })
        };
        let answered = self.thread.run(async move { tokio::time::timeout(ANSWER_PATIENCE, work).await });
        Ok(answered.with_context(|| format!("{shown}: no answer in {} s", ANSWER_PATIENCE.as_secs()))??)
    }

    /// GET; `None` when there is no such object.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn get(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let answer = self.request(Method::GET, path, None)?;
        match answer.code {
            404 => Ok(None),
            _ => accepted(path, answer).map(Some),
        }
    }

    /// GET of something that must be there: an object, or a list's items under `items`.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect(&self, path: &str) -> Value {
        self.get(path).expect("the server answers").unwrap_or_else(|| panic!("{path} is not there"))
    }

    /// Creates every document of a YAML text in `namespace` (which the documents may override).
    ///
    /// # Errors
    /// No answer, or the first refusal.
    pub fn create(&self, namespace: &str, documents: &str) -> anyhow::Result<Vec<Value>> {
        let documents = documents.split("\n---\n").map(str::trim).filter(|text| !text.is_empty());
        documents.map(|text| self.create_one(namespace, text)).collect()
    }

    fn create_one(&self, namespace: &str, text: &str) -> anyhow::Result<Value> {
        let (object, _) = yaml::parse(text.as_bytes()).map_err(|error| anyhow::anyhow!("{}\n{text}", error.message))?;
        let path = collection_path(&object, namespace)?;
        let body = Bytes::from(json::to_vec(&object));
        accepted(&path, self.request(Method::POST, &path, Some(("application/json", body)))?)
    }

    /// PATCHes with a merge patch in YAML.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn merge(&self, path: &str, patch: &str) -> anyhow::Result<Value> {
        self.patch(path, "application/merge-patch+json", patch)
    }

    /// PATCHes with a strategic merge patch in YAML.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn strategic(&self, path: &str, patch: &str) -> anyhow::Result<Value> {
        self.patch(path, "application/strategic-merge-patch+json", patch)
    }

    fn patch(&self, path: &str, media: &'static str, patch: &str) -> anyhow::Result<Value> {
        let (patch, _) = yaml::parse(patch.as_bytes()).map_err(|error| anyhow::anyhow!("{}", error.message))?;
        let body = Bytes::from(json::to_vec(&patch));
        accepted(path, self.request(Method::PATCH, path, Some((media, body)))?)
    }

    /// DELETEs; one that is gone already is fine.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn delete(&self, path: &str) -> anyhow::Result<()> {
        let answer = self.request(Method::DELETE, path, None)?;
        match answer.code {
            404 => Ok(()),
            _ => accepted(path, answer).map(drop),
        }
    }

    /// Sends a request whose answer goes on, and hands its pieces to `work` as they come, until `work` has ended.
    pub fn stream<F: Future<Output = ()> + Send + 'static>(
        &self,
        request: http::Request<Bytes>,
        work: impl FnOnce(Result<client::transport::Response, client::client::ClientError>) -> F + Send + 'static,
    ) {
        let client = self.client.clone();
        self.thread.spawn(async move { work(client.send(request).await).await });
    }

    /// Watches a collection until `is_done` says so of one of its objects; `query` narrows it.
    ///
    /// `is_done` gets the event's type (`ADDED`, `MODIFIED`, `DELETED`) and object; all that exist come first.
    ///
    /// # Errors
    /// `patience` is over.
    pub fn watch_until<T: Send + 'static>(
        &self,
        path: &str,
        query: &str,
        patience: Duration,
        mut is_done: impl FnMut(&'static str, &Value) -> Option<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let client = self.client.clone();
        let separator = if query.is_empty() { "" } else { "&" };
        let path = format!("{path}?watch=true{separator}{query}");
        let shown = path.clone();
        let work = async move {
            loop {
                if let Ok(mut stream) = WatchStream::open(&client, &path).await {
                    while let Some(Ok(frame)) = stream.next().await {
                        let object = json::parse(&frame.object.to_json()).unwrap_or_default();
                        if let Some(found) = is_done(frame.event_type.as_str(), &object) {
                            return found;
                        }
                    }
                }
                tokio::time::sleep(WATCH_PAUSE).await;
            }
        };
        let outcome = self.thread.run(async move { tokio::time::timeout(patience, work).await });
        outcome.with_context(|| format!("waited {} s in vain: {shown}", patience.as_secs()))
    }

    /// Watches a collection from now on; each event with the moment at which it came.
    pub fn events(&self, path: &str) -> std::sync::mpsc::Receiver<(Instant, Value)> {
        let (client, path) = (self.client.clone(), format!("{path}?watch=true"));
        let (sender, events) = std::sync::mpsc::channel();
        self.thread.spawn(async move {
            let Ok(mut stream) = WatchStream::open(&client, &path).await else { return };
            while let Some(Ok(frame)) = stream.next().await {
                let now = Instant::now();
                let object = json::parse(&frame.object.to_json()).unwrap_or_default();
                if sender.send((now, object)).is_err() {
                    return;
                }
            }
        });
        events
    }

    /// Waits until an object is as `is_done` wants it; returns it.
    ///
    /// # Panics
    /// When `patience` is over: with the object as it is then.
    #[track_caller]
    pub fn wait(&self, path: &str, patience: Duration, is_done: impl Fn(&Value) -> bool + Send + 'static) -> Value {
        let (collection, name) = path.rsplit_once('/').expect("a path of an object");
        let query = format!("fieldSelector=metadata.name%3D{}", query_value(name));
        let found = self.watch_until(collection, &query, patience, move |event, object| {
            (event != "DELETED" && is_done(object)).then(|| object.clone())
        });
        found.unwrap_or_else(|error| panic!("{error:#}\n{}", self.show(path)))
    }

    /// Waits until an object is gone.
    ///
    /// # Panics
    /// When `patience` is over: with the object as it is then.
    #[track_caller]
    pub fn wait_gone(&self, path: &str, patience: Duration) {
        let deadline = Instant::now() + patience;
        let (collection, name) = path.rsplit_once('/').expect("a path of an object");
        let query = format!("fieldSelector=metadata.name%3D{}", query_value(name));
        while let Some(object) = self.get(path).expect("the server answers") {
            // From what was just seen on, so that an end in between is not missed.
            let seen = object.str_at(&["metadata", "resourceVersion"]);
            let query = format!("{query}&resourceVersion={seen}");
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{path} is still there\n{}", self.show(path));
            let _ = self.watch_until(collection, &query, left, |event, _| (event == "DELETED").then_some(()));
        }
    }

    /// A container's log; `query` as in `?container=…&previous=true`.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn log(&self, namespace: &str, pod: &str, query: &str) -> anyhow::Result<String> {
        let answer =
            self.request(Method::GET, &format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?{query}"), None)?;
        anyhow::ensure!(answer.code == 200, "log of {pod}: {}", answer.text());
        Ok(answer.text())
    }

    /// An object as YAML, for messages.
    pub fn show(&self, path: &str) -> String {
        match self.get(path) {
            Ok(Some(object)) => yaml::encode(&object),
            Ok(None) => format!("{path} is not there"),
            Err(error) => format!("{error:#}"),
        }
    }

    /// Starts asynchronous work with the same client and on the same thread.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(&self, work: impl FnOnce(Client) -> F) {
        self.thread.spawn(work(self.client.clone()));
    }
}

/// `299 - "TEXT"`
fn warnings(headers: &http::HeaderMap) -> Vec<String> {
    let texts = headers.get_all("warning").iter().filter_map(|value| value.to_str().ok());
    let unquoted = texts.map(|text| {
        let quoted = text.trim_start_matches("299 - ");
        quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted)
    });
    unquoted.map(|text| text.replace("\\\"", "\"")).collect()
}

fn accepted(path: &str, answer: Answer) -> anyhow::Result<Value> {
    anyhow::ensure!((200..300).contains(&answer.code), "{path}: {} {}", answer.code, answer.text());
    Ok(answer.value())
}

/// Where an object of this kind is created.
fn collection_path(object: &Value, namespace: &str) -> anyhow::Result<String> {
    let (version, kind) = (object.str_at(&["apiVersion"]), object.str_at(&["kind"]));
    let (group, short) = version.split_once('/').unwrap_or(("", version));
    let resource = api::kind(group, short, kind).with_context(|| format!("unknown kind {version} {kind:?}"))?;
    let prefix = if group.is_empty() { format!("/api/{short}") } else { format!("/apis/{version}") };
    let namespace = match object.str_at(&["metadata", "namespace"]) {
        "" => namespace,
        own => own,
    };
    Ok(match resource.is_namespaced {
        true => format!("{prefix}/namespaces/{namespace}/{}", resource.plural),
        false => format!("{prefix}/{}", resource.plural),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_go_to_the_collection_of_their_kind() {
        let path = |text: &str| collection_path(&yaml::parse(text.as_bytes()).expect("YAML").0, "n").expect("known");
        assert_eq!(path("apiVersion: apps/v1\nkind: Deployment"), "/apis/apps/v1/namespaces/n/deployments");
        assert_eq!(path("apiVersion: v1\nkind: Namespace"), "/api/v1/namespaces");
        assert_eq!(path("apiVersion: v1\nkind: Pod\nmetadata: {namespace: m}"), "/api/v1/namespaces/m/pods");
    }
}
