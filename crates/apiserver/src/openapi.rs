//! OpenAPI documents: v3 per group version, v2 whole, trimmed to what is served.
//!
//! Made from the packed facts when first asked for, then kept.

pub mod descriptions;
pub mod documents;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use apimachinery::status::Status;
use aws_lc_rs::digest;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use registry::resource::Registry;
use serde_json::{Map, Value};

use self::descriptions::Descriptions;
use self::documents::DOCUMENTS;
use crate::call::Call;
use crate::gzip::unpack_embedded;
use crate::reply::{Reply, ReplyBody};
use crate::{connect, reviews};

static V2: &[u8] = include_bytes!("../data/openapi-v2.json.gz");

/// What is served, as the documents' paths tell it.
struct Served {
    /// Group versions (`api/v1`, `apis/apps/v1`) with plurals, each with its subresources.
    versions: HashMap<String, HashMap<&'static str, Vec<&'static str>>>,
}

/// The documents.
pub struct OpenApi {
    served: Served,
    /// Hash of what is served: changes whenever a document could.
    hash: String,
    v3: HashMap<&'static str, OnceLock<Bytes>>,
    v2: OnceLock<Bytes>,
}

impl OpenApi {
    /// Of what `registry` serves, and of what the API server answers itself.
    pub fn new(registry: &Registry) -> OpenApi {
        let mut versions: HashMap<String, HashMap<&'static str, Vec<&'static str>>> = HashMap::new();
        for resource in registry.resources() {
            let ty = resource.resource_type();
            let subresources = ty.subresources.iter().map(|it| it.name);
            let is_served = |name: &&'static str| resource.serves_subresource(name) || connect::serves(ty.plural, name);
            let served = subresources.filter(is_served).collect();
            versions.entry(base(ty.group, ty.version)).or_default().insert(ty.plural, served);
        }
        for ty in reviews::resource_types() {
            versions.entry(base(ty.group, ty.version)).or_default().insert(ty.plural, Vec::new());
        }
        OpenApi::of(Served { versions })
    }

    fn of(served: Served) -> OpenApi {
        let v3 = DOCUMENTS.iter().filter(|(path, _)| served.has_document(path));
        let v3 = v3.map(|(path, _)| (*path, OnceLock::new())).collect();
        let hash = served.hash();
        OpenApi { served, hash, v3, v2: OnceLock::new() }
    }

    /// Answers paths below `/openapi`.
    pub(crate) fn answer(&self, path: &str, call: &Call) -> Result<Option<Reply>, Status> {
        if path == "/openapi/v2" {
            return self.v2_reply(&call.headers).map(Some);
        }
        if path == "/openapi/v3" {
            return Ok(Some(self.index()));
        }
        let Some(name) = path.strip_prefix("/openapi/v3/") else { return Ok(None) };
        let Some((name, document)) = self.v3.get_key_value(name) else { return Ok(Some(empty(StatusCode::NOT_FOUND))) };
        let bytes = document.get_or_init(|| self.served.v3_document(name)).clone();
        let mut reply = self.document_reply(bytes, &call.headers)?;
        if !call.query.text("hash").is_empty() {
            let value = match call.query.text("hash") == self.hash {
                true => "public, immutable",
                false => "no-cache, private",
            };
            reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        Ok(Some(reply))
    }

    fn index(&self) -> Reply {
        let mut names: Vec<&str> = self.v3.keys().copied().collect();
        names.sort_unstable();
        let paths: BTreeMap<&str, Value> = names
            .into_iter()
            .map(|name| {
                let url = format!("/openapi/v3/{name}?hash={}", self.hash);
                (name, serde_json::json!({ "serverRelativeURL": url }))
            })
            .collect();
        let document = serde_json::json!({ "paths": paths });
        Reply::full(StatusCode::OK, "application/json", document.to_string())
    }

    fn v2_reply(&self, headers: &HeaderMap) -> Result<Reply, Status> {
        let bytes = self.v2.get_or_init(|| self.served.v2_document()).clone();
        self.document_reply(bytes, headers)
    }

    /// JSON, if the client takes it; the protobuf form is not made.
    fn document_reply(&self, bytes: Bytes, headers: &HeaderMap) -> Result<Reply, Status> {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut types = accept.split(',').map(|clause| clause.split(';').next().unwrap_or("").trim());
        if !accept.is_empty() && !types.any(|it| matches!(it, "application/json" | "application/*" | "*/*")) {
            return Ok(empty(StatusCode::NOT_ACCEPTABLE));
        }
        let etag = HeaderValue::from_str(&format!("\"{}\"", self.hash)).map_err(Status::internal)?;
        let mut reply = match headers.get(IF_NONE_MATCH) == Some(&etag) {
            true => Reply::full(StatusCode::NOT_MODIFIED, "application/json", Bytes::new()),
            false => Reply::full(StatusCode::OK, "application/json", bytes),
        };
        reply.headers.insert(ETAG, etag);
        reply.headers.insert(VARY, HeaderValue::from_static("Accept"));
        Ok(reply)
    }
}

fn empty(status: StatusCode) -> Reply {
    let headers = HeaderMap::new();
    Reply { status, headers, body: ReplyBody::Full(Bytes::new()), unread: None }
}

fn base(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

impl Served {
    /// Whether a v3 document is about something that is served.
    fn has_document(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').collect();
        match segments[..] {
            ["api" | "apis"] | ["version"] | [".well-known", ..] | ["openid", ..] => true,
            ["apis", group] => self.versions.keys().any(|it| it.starts_with(&format!("apis/{group}/"))),
            _ => self.versions.contains_key(path),
        }
    }

    /// Whether a path of a document (`/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale`) is served.
    fn has_path(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        let segments: Vec<&str> = path.split('/').collect();
        let (base, rest) = match segments[..] {
            ["api", _, ref rest @ ..] => (segments[..2].join("/"), rest),
            ["apis", _, _, ref rest @ ..] => (segments[..3].join("/"), rest),
            ["apis", _] | ["api" | "apis"] => return self.has_document(path),
            _ => return true,
        };
        let Some(plurals) = self.versions.get(&base) else { return false };
        let rest = rest.strip_prefix(&["watch"]).unwrap_or(rest);
        let rest = match rest {
            ["namespaces", "{namespace}", rest @ ..] if !rest.is_empty() => rest,
            rest => rest,
        };
        match rest {
            [] => true,
            [plural] | [plural, _] => plurals.contains_key(plural),
            [plural, _, subresource, ..] => plurals.get(plural).is_some_and(|it| it.contains(subresource)),
        }
    }

    fn v3_document(&self, name: &str) -> Bytes {
        let packed = DOCUMENTS.iter().find(|(path, _)| *path == name).map(|(_, packed)| *packed).unwrap_or_default();
        let mut document = parse(packed);
        self.trim_paths(&mut document);
        let reached = reachable(&document, &["components", "schemas"], "#/components/schemas/");
        if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
            schemas.retain(|name, _| reached.contains(name));
            Descriptions::collect().describe(schemas);
        }
        Bytes::from(document.to_string())
    }

    fn v2_document(&self) -> Bytes {
        let mut document = parse(V2);
        self.trim_paths(&mut document);
        let reached = reachable(&document, &["definitions"], "#/definitions/");
        if let Some(Value::Object(schemas)) = document.get_mut("definitions") {
            schemas.retain(|name, _| reached.contains(name));
            Descriptions::collect().describe(schemas);
        }
        Bytes::from(document.to_string())
    }

    fn trim_paths(&self, document: &mut Value) {
        if let Some(Value::Object(paths)) = document.get_mut("paths") {
            paths.retain(|path, _| self.has_path(path));
        }
    }

    fn hash(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (base, plurals) in &self.versions {
            lines.extend(plurals.iter().map(|(plural, subresources)| format!("{base} {plural} {subresources:?}")));
        }
        lines.sort_unstable();
        lines.push(crate::system::GIT_VERSION.to_owned());
        let hash = digest::digest(&digest::SHA512, lines.join("\n").as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

fn parse(packed: &[u8]) -> Value {
    serde_json::from_slice(&unpack_embedded(packed)).expect("embedded documents are tested")
}

/// Names of the schemas that the paths refer to, directly or through others.
fn reachable(document: &Value, place: &[&str], prefix: &str) -> HashSet<String> {
    let empty = Map::new();
    let schemas = place.iter().try_fold(document, |value, key| value.get(key)).and_then(Value::as_object);
    let schemas = schemas.unwrap_or(&empty);
    let mut waiting: Vec<&Value> = document.get("paths").into_iter().collect();
    let mut reached = HashSet::new();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                for (key, value) in fields {
                    let name = value.as_str().filter(|_| key == "$ref").and_then(|it| it.strip_prefix(prefix));
                    match name {
                        Some(name) if reached.insert(name.to_owned()) => waiting.extend(schemas.get(name)),
                        Some(_) => {}
                        None => waiting.push(value),
                    }
                }
            }
            _ => {}
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openapi() -> OpenApi {
        let core = HashMap::from([("configmaps", vec![]), ("pods", vec!["status", "log"])]);
        let apps = HashMap::from([("deployments", vec!["scale", "status"])]);
        OpenApi::of(Served { versions: HashMap::from([("api/v1".into(), core), ("apis/apps/v1".into(), apps)]) })
    }

    #[test]
    fn documents_hold_what_is_served_and_the_types_that_it_needs() {
        let openapi = openapi();
        let document: Value = serde_json::from_slice(&openapi.served.v3_document("apis/apps/v1")).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        assert!(paths.contains_key("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"));
        assert!(paths.contains_key("/apis/apps/v1/watch/deployments"));
        assert!(!paths.keys().any(|path| path.contains("daemonsets")));
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        assert!(
            schemas.contains_key("io.k8s.api.apps.v1.Deployment")
                && schemas.contains_key("io.k8s.api.core.v1.Container")
        );
        assert!(!schemas.contains_key("io.k8s.api.apps.v1.DaemonSet"));
    }

    #[test]
    fn subresources_and_namespaces_are_told_apart() {
        let served = openapi().served;
        assert!(served.has_path("/api/v1/namespaces/{namespace}/pods/{name}/log"));
        assert!(!served.has_path("/api/v1/namespaces/{namespace}/pods/{name}/exec"));
        assert!(!served.has_path("/api/v1/namespaces/{name}"));
        assert!(served.has_path("/version/") && served.has_path("/apis/apps/") && !served.has_path("/apis/batch/"));
    }

    #[test]
    fn the_old_document_is_trimmed_too() {
        let document: Value = serde_json::from_slice(&openapi().served.v2_document()).expect("JSON");
        let definitions = document["definitions"].as_object().expect("definitions");
        assert!(definitions.contains_key("io.k8s.api.core.v1.ConfigMap"));
        assert!(!definitions.contains_key("io.k8s.api.batch.v1.Job"));
    }

    #[test]
    fn the_hash_follows_what_is_served() {
        let other = OpenApi::of(Served { versions: HashMap::new() });
        assert_ne!(openapi().hash, other.hash);
        assert_eq!(openapi().hash, openapi().hash);
    }
}
