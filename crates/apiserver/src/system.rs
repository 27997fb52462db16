//! Paths that are about no resource: discovery, OpenAPI, health, version, metrics, token issuer.

use std::fmt::Write;

use apimachinery::status::Status;
use apimachinery::value::Value;
use http::{HeaderValue, Method, StatusCode};

use crate::call::Call;
use crate::negotiation::{self, Offer, Shape};
use crate::reply::Reply;
use crate::resources::method_not_allowed;
use crate::server::Server;

/// The version that is said to be served, as `gitVersion`.
pub const GIT_VERSION: &str = "v1.36.3+corten.1";

/// Paths that are counted under their own name in the metrics.
const KNOWN_PATHS: [&str; 12] = [
    "/",
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/version",
    "/.well-known/openid-configuration",
];

/// The path as a metric label, if it is a known one.
pub(crate) fn known_path(path: &str) -> &'static str {
    KNOWN_PATHS.iter().find(|known| **known == path).copied().unwrap_or("")
}

impl Server {
    /// Answers a request about no resource.
    pub(crate) async fn system(&self, call: &Call) -> Result<Reply, Status> {
        let path = match call.target.path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let reply = self.system_path(path, call).await?;
        match (reply, &call.method) {
            (None, _) => Ok(Reply::not_found_text()),
            (Some(reply), &Method::GET | &Method::HEAD) => Ok(reply),
            (Some(_), _) => Err(method_not_allowed()),
        }
    }

    async fn system_path(&self, path: &str, call: &Call) -> Result<Option<Reply>, Status> {
        if let Some(check) = ["/healthz", "/livez", "/readyz"].into_iter().find(|it| is_below(path, it)) {
            return Ok(self.health(check, path, call).await);
        }
        if is_below(path, "/api") || is_below(path, "/apis") {
            return self.discovery_path(path, call);
        }
        if is_below(path, "/openapi") {
            return self.openapi.answer(path, call);
        }
        Ok(match path {
            "/" => Some(self.index()),
            "/version" => Some(Reply::full(StatusCode::OK, "application/json", version_document())),
            "/metrics" => Some(self.metrics_reply().await),
            "/.well-known/openid-configuration" => Some(self.openid_configuration()),
            "/openid/v1/jwks" => {
                let jwks = self.authenticator.keys.jwks_document();
                Some(cacheable(Reply::full(StatusCode::OK, "application/jwk-set+json", jwks)))
            }
            _ => None,
        })
    }

    fn discovery_path(&self, path: &str, call: &Call) -> Result<Option<Reply>, Status> {
        let is_root = matches!(path, "/api" | "/apis");
        let offer = if is_root { Offer::Discovery } else { Offer::Plain };
        let accepted = negotiation::accept(&call.headers, &call.query, offer)?;
        if accepted.shape == Shape::AggregatedDiscovery {
            return Ok(Some(self.discovery.read().aggregated(path, accepted, &call.headers)));
        }
        let document = self.discovery.read().document(path, accepted, &self.address());
        let group = path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next());
        // Below a served group unknown versions are refused like unknown resources.
        match document.is_none() && group.is_none_or(|group| self.discovery.read().serves_group(group)) {
            true => Err(Status::unknown_resource()),
            false => Ok(document),
        }
    }

    /// Address under which the server is reached.
    fn address(&self) -> String {
        std::net::SocketAddr::new(*self.advertised.read(), self.config.port).to_string()
    }

    fn index(&self) -> Reply {
        let mut paths: Vec<String> = KNOWN_PATHS.iter().skip(1).map(|path| (*path).to_owned()).collect();
        let discovery = std::sync::Arc::clone(&self.discovery.read());
        for (group, version) in discovery.group_versions() {
            paths.push(match group {
                "" => format!("/api/{version}"),
                group => format!("/apis/{group}/{version}"),
            });
        }
        paths.sort();
        paths.dedup();
        let document = serde_json::to_vec_pretty(&serde_json::json!({ "paths": paths })).unwrap_or_default();
        Reply::full(StatusCode::OK, "application/json", document)
    }

    async fn metrics_reply(&self) -> Reply {
        let mut objects = Vec::new();
        for resource in self.registry.resources() {
            let ty = resource.resource_type();
            let options = registry::request::ListOptions { resource_version: "0".into(), ..Default::default() };
            if let Ok(list) = resource.list("", &options).await {
                let name = apimachinery::group_version::GroupResource::new(ty.group, ty.plural).to_string();
                objects.push((name, list.items.len()));
            }
        }
        let mut text = self.metrics.text(&objects, &self.aggregator.availability());
        self.chain.write_metrics(&mut text);
        Reply::full(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
    }

    fn openid_configuration(&self) -> Reply {
        let algorithms: Value = self.authenticator.keys.algorithms().into_iter().map(Value::from).collect();
        let document = apimachinery::tree!({
            "issuer": (self.config.issuer.as_str()),
            "jwks_uri": (format!("https://{}/openid/v1/jwks", self.address())),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        });
        cacheable(Reply::full(StatusCode::OK, "application/json", apimachinery::json::to_vec(&document)))
    }

    /// `/livez`, `/readyz`, `/healthz` and the checks below them.
    async fn health(&self, endpoint: &str, path: &str, call: &Call) -> Option<Reply> {
        let mut checks = vec![("ping", true), ("log", true), ("etcd", self.is_store_well().await)];
        let is_bootstrapped = *self.bootstrapped.borrow();
        if endpoint != "/livez" {
            checks.push(("informer-sync", *self.authorizer.synced.borrow()));
        }
        let hooks = ["rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes", "bootstrap-controller"];
        let is_hook_done = endpoint == "/livez" || is_bootstrapped;
        checks.extend(hooks.map(|hook| (hook, is_hook_done)));
        if endpoint == "/readyz" {
            checks.push(("shutdown", !*self.stopping.borrow()));
        }
        let named: Vec<(String, bool)> = checks
            .into_iter()
            .map(|(name, is_well)| match name.contains("bootstrap") {
                true => (format!("poststarthook/{name}"), is_well),
                false => (name.to_owned(), is_well),
            })
            .collect();
        health_reply(endpoint, path, call, &named)
    }

    /// Whether the store answers.
    pub(crate) async fn is_store_well(&self) -> bool {
        match self.registry.resource("", "v1", "namespaces") {
            None => true,
            Some(namespaces) => match namespaces.get("", "default", "").await {
                Ok(_) => true,
                Err(status) => status.code == 404,
            },
        }
    }
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn cacheable(mut reply: Reply) -> Reply {
    reply.headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    reply
}

fn health_reply(endpoint: &str, path: &str, call: &Call, checks: &[(String, bool)]) -> Option<Reply> {
    let one = path.strip_prefix(endpoint).unwrap_or("").trim_start_matches('/');
    if !one.is_empty() {
        let (_, is_well) = checks.iter().find(|(name, _)| name == one)?;
        return Some(match is_well {
            true => Reply::full(StatusCode::OK, "text/plain; charset=utf-8", "ok"),
            false => Reply::text(StatusCode::INTERNAL_SERVER_ERROR, "internal server error: reason withheld"),
        });
    }
    let excluded: Vec<&str> = call.query.all("exclude").collect();
    let mut text = String::new();
    let mut is_all_well = true;
    for (name, is_well) in checks {
        let line = match (excluded.contains(&name.as_str()), is_well) {
            (true, _) => format!("[+]{name} excluded: ok"),
            (false, true) => format!("[+]{name} ok"),
            (false, false) => {
                is_all_well = false;
                format!("[-]{name} failed: reason withheld")
            }
        };
        let _ = writeln!(text, "{line}");
    }
    let what = endpoint.trim_start_matches('/');
    Some(match (is_all_well, call.query.get("verbose").is_some()) {
        (false, _) => Reply::text(StatusCode::INTERNAL_SERVER_ERROR, &format!("{text}{what} check failed")),
        (true, true) => Reply::text_line(StatusCode::OK, &format!("{text}{what} check passed\n")),
        (true, false) => Reply::text_line(StatusCode::OK, "ok"),
    })
}

/// The document of `/version`, indented as upstream's always is.
pub fn version_document() -> String {
    let platform = match std::env::consts::ARCH {
        "x86_64" => "linux/amd64",
        "aarch64" => "linux/arm64",
        _ => "linux/unknown",
    };
    let fields = [
        ("major", "1"),
        ("minor", "36"),
        ("emulationMajor", "1"),
        ("emulationMinor", "36"),
        ("minCompatibilityMajor", "1"),
        ("minCompatibilityMinor", "35"),
        ("gitVersion", GIT_VERSION),
        ("gitCommit", ""),
        ("gitTreeState", "clean"),
        ("buildDate", "1970-01-01T00:00:00Z"),
        ("goVersion", "rust1.95"),
        ("compiler", "rustc"),
        ("platform", platform),
    ];
    let lines: Vec<String> = fields.iter().map(|(key, value)| format!("  \"{key}\": \"{value}\"")).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_a_json_document() {
        let parsed: serde_json::Value = serde_json::from_str(&version_document()).expect("JSON");
        assert_eq!(parsed["gitVersion"], "v1.36.3+corten.1");
        assert_eq!((&parsed["major"], &parsed["minor"]), (&"1".into(), &"36".into()));
    }

    #[test]
    fn only_whole_segments_are_below() {
        assert!(is_below("/api/v1", "/api") && is_below("/api", "/api"));
        assert!(!is_below("/apis", "/api"));
    }
}
