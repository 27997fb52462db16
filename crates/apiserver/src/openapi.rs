//! OpenAPI documents: v3 per group version, v2 whole, trimmed to what is served, in JSON and protobuf.
//!
//! Made from the packed facts when first asked for, then kept compressed. Custom resources add theirs with
//! [`OpenApi::set_additions`].

pub mod additions;
pub mod descriptions;
pub mod documents;
pub mod gnostic;
pub mod packed;
mod shared_types;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use apimachinery::status::Status;
use aws_lc_rs::digest;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, EXPIRES, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use parking_lot::RwLock;
use registry::resource::Registry;
use serde_json::{Map, Value};

use self::additions::{Additions, Base, Source};
use self::descriptions::Descriptions;
use self::documents::DOCUMENTS;
use self::packed::{Encoding, Packed, pack};
use crate::call::Call;
use crate::gzip::unpack_embedded;
use crate::negotiation;
use crate::reply::Reply;
use crate::{connect, reviews};

static V2: &[u8] = include_bytes!("../data/openapi-v2.json.gz");

/// Media types that the v2 document is asked for with, and what is sent for each.
const V2_TYPES: [(&str, &str, Encoding); 3] = [
    ("application/json", "application/json", Encoding::Json),
    ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", V2_PROTOBUF, Encoding::Protobuf),
    (V2_PROTOBUF, V2_PROTOBUF, Encoding::Protobuf),
];
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The same of the v3 documents.
const V3_TYPES: [(&str, &str, Encoding); 3] = [
    ("application/json", "application/json", Encoding::Json),
    (V3_PROTOBUF, V3_PROTOBUF, Encoding::Protobuf),
    ("application/com.github.proto-openapi.spec.v3@v1.0+protobuf", V3_PROTOBUF, Encoding::Protobuf),
];
const V3_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

/// What is served, as the documents' paths tell it.
struct Served {
    /// Group versions (`api/v1`, `apis/apps/v1`) with plurals, each with its subresources.
    versions: HashMap<String, HashMap<&'static str, Vec<&'static str>>>,
}

/// The documents.
pub struct OpenApi {
    served: Served,
    /// Hash of what is built in: changes whenever one of its documents could.
    hash: String,
    v3: HashMap<&'static str, Packed>,
    v2: OnceLock<Base>,
    additions: RwLock<Arc<Additions>>,
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
        let v3 = v3.map(|(path, _)| (*path, Packed::default())).collect();
        let hash = served.hash();
        OpenApi { served, hash, v3, v2: OnceLock::new(), additions: RwLock::default() }
    }

    /// Replaces the documents that are not built in.
    pub fn set_additions(&self, sources: Vec<Arc<dyn Source>>) {
        let before = Arc::clone(&self.additions.read());
        *self.additions.write() = Arc::new(Additions::of(sources, &before));
    }

    /// Answers paths below `/openapi`.
    pub(crate) fn answer(&self, path: &str, call: &Call) -> Result<Option<Reply>, Status> {
        match path.strip_prefix("/openapi/v3/") {
            Some(name) => Ok(Some(self.v3_reply(name, call))),
            None if path == "/openapi/v3" => Ok(Some(self.index(&call.headers))),
            None if path == "/openapi/v2" => Ok(Some(self.v2_reply(&call.headers))),
            None => Ok(None),
        }
    }

    fn index(&self, headers: &HeaderMap) -> Reply {
        let additions = Arc::clone(&self.additions.read());
        let mut paths: BTreeMap<&str, Value> = BTreeMap::new();
        for name in self.v3.keys() {
            paths.insert(name, serde_json::json!({ "serverRelativeURL": relative_url(name, &self.hash) }));
        }
        for addition in &additions.all {
            let name = addition.source.path();
            paths.insert(name, serde_json::json!({ "serverRelativeURL": relative_url(name, &addition.hash) }));
        }
        let document = serde_json::json!({ "paths": paths }).to_string();
        let hash = digest_text(std::iter::once(document.clone()));
        packed::reply(&pack(document.as_bytes()), "application/json", &hash, headers)
    }

    fn v3_reply(&self, name: &str, call: &Call) -> Reply {
        let additions = Arc::clone(&self.additions.read());
        let built_in = self.v3.get_key_value(name);
        let (hash, addition) = match (&built_in, additions.find(name)) {
            (Some(_), _) => (self.hash.as_str(), None),
            (None, Some(addition)) => (addition.hash.as_str(), Some(addition)),
            (None, None) => return Reply::empty(StatusCode::NOT_FOUND),
        };
        let Some((media_type, encoding)) = chosen(&call.headers, &V3_TYPES) else {
            return Reply::empty(StatusCode::NOT_ACCEPTABLE);
        };
        let asked = call.query.text("hash");
        if !asked.is_empty() && asked != hash {
            let mut reply = Reply::empty(StatusCode::MOVED_PERMANENTLY);
            if let Ok(location) = HeaderValue::from_str(&relative_url(name, hash)) {
                reply.headers.insert(LOCATION, location);
            }
            return reply;
        }
        let packed = match (built_in, addition) {
            (Some((name, document)), _) => {
                document.get(encoding, &gnostic::v3::DOCUMENT, || self.served.v3_document(name))
            }
            (None, Some(addition)) => addition.v3(encoding),
            (None, None) => Bytes::new(),
        };
        let mut reply = packed::reply(&packed, media_type, hash, &call.headers);
        if !asked.is_empty() {
            // The hash is part of the address: what it names never changes.
            reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
            if let Ok(expires) = HeaderValue::from_str(&in_a_year()) {
                reply.headers.insert(EXPIRES, expires);
            }
        }
        reply
    }

    fn v2_reply(&self, headers: &HeaderMap) -> Reply {
        let Some((media_type, encoding)) = chosen(headers, &V2_TYPES) else {
            return Reply::empty(StatusCode::NOT_ACCEPTABLE);
        };
        let additions = Arc::clone(&self.additions.read());
        let base = self.v2.get_or_init(|| Base::of(self.served.v2_document()));
        packed::reply(&additions.v2(base, encoding), media_type, &additions.hash(&self.hash), headers)
    }
}

/// The media type to answer with, and its encoding.
fn chosen(
    headers: &HeaderMap,
    types: &[(&'static str, &'static str, Encoding); 3],
) -> Option<(&'static str, Encoding)> {
    let offered = types.map(|(asked, ..)| asked);
    negotiation::first_accepted(headers, &offered).map(|at| (types[at].1, types[at].2))
}

fn relative_url(name: &str, hash: &str) -> String {
    format!("/openapi/v3/{name}?hash={hash}")
}

fn in_a_year() -> String {
    let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let next = day.saturating_add(jiff::Span::new().years(1));
    next.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}

/// Upper-case hexadecimal SHA-512 of lines.
pub(crate) fn digest_text(lines: impl Iterator<Item = String>) -> String {
    let text = lines.collect::<Vec<_>>().join("\n");
    let hash = digest::digest(&digest::SHA512, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
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

    fn v3_document(&self, name: &str) -> Value {
        let mut document = parse(documents::packed(name));
        self.trim_paths(&mut document);
        let reached = reachable(&document, &["components", "schemas"], "#/components/schemas/");
        if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
            schemas.retain(|name, _| reached.contains(name));
            Descriptions::collect().describe(schemas);
        }
        document
    }

    fn v2_document(&self) -> Value {
        let mut document = parse(V2);
        self.trim_paths(&mut document);
        let reached = reachable(&document, &["definitions"], "#/definitions/");
        if let Some(Value::Object(schemas)) = document.get_mut("definitions") {
            schemas.retain(|name, _| reached.contains(name));
            Descriptions::collect().describe(schemas);
        }
        document
    }

    fn trim_paths(&self, document: &mut Value) {
        if let Some(Value::Object(paths)) = document.get_mut("paths") {
            paths.retain(|path, _| self.has_path(path));
            paths.values_mut().for_each(describe_responses);
        }
    }

    fn hash(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (base, plurals) in &self.versions {
            lines.extend(plurals.iter().map(|(plural, subresources)| format!("{base} {plural} {subresources:?}")));
        }
        lines.sort_unstable();
        lines.push(crate::system::GIT_VERSION.to_owned());
        digest_text(lines.into_iter())
    }
}

/// A response must have a description: what HTTP calls its status.
fn describe_responses(path: &mut Value) {
    let operations = path.as_object_mut().into_iter().flatten();
    let responses = operations.filter_map(|(_, operation)| operation.get_mut("responses")?.as_object_mut());
    for (code, response) in responses.flatten() {
        let status = code.parse::<u16>().ok().and_then(|code| StatusCode::from_u16(code).ok());
        let text = status.and_then(|status| status.canonical_reason()).unwrap_or("");
        if let Some(response) = response.as_object_mut().filter(|it| !it.contains_key("$ref")) {
            response.entry("description").or_insert_with(|| text.into());
        }
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
        let document = openapi.served.v3_document("apis/apps/v1");
        let paths = document["paths"].as_object().expect("paths");
        assert!(paths.contains_key("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"));
        let list = &paths["/apis/apps/v1/watch/deployments"]["get"];
        assert_eq!(list["responses"]["401"]["description"], "Unauthorized");
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
        let document = openapi().served.v2_document();
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
