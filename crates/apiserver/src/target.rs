//! What a request is about: upstream's `RequestInfo`, read from method, path and query.

use apimachinery::selector::{FieldSelector, FieldTerm};
use http::Method;

use crate::query::{Query, decode_path};

/// Verb, resource and name of a request, or its path if it is about no resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Whether it is about a resource.
    pub is_resource: bool,
    /// The decoded path.
    pub path: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for other requests the
    /// method in lower case.
    pub verb: &'static str,
    /// API group, or empty.
    pub group: String,
    /// API version, or empty.
    pub version: String,
    /// Namespace, or empty.
    pub namespace: String,
    /// Plural, or empty.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Name, or empty.
    pub name: String,
    /// Whether `name` stands in the path (and was not taken from a field selector).
    pub is_name_in_path: bool,
    /// Path segments behind `/{subresource}` (of proxies).
    pub rest: Vec<String>,
    /// Field selector of a list, watch or deletecollection, for authorization.
    pub field_selector: Option<FieldSelector>,
}

/// Subresources of namespaces: the path behind them is no resource in the namespace.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

/// A path that upstream refuses: `watch` or `proxy` with nothing behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unable to determine kind and namespace from url, {path}")]
pub struct TargetError {
    /// The path.
    pub path: String,
}

/// Reads what a request is about. `path` is as sent, percent-encoded.
pub fn parse(method: &Method, path: &str, query: &Query) -> Result<Target, TargetError> {
    let path = decode_path(path).unwrap_or_else(|| path.to_owned());
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let Some((group, version, parts)) = split_api_path(&segments) else {
        let verb = method_verb(method);
        return Ok(Target { verb, path, ..Target::default() });
    };
    let mut target = Target { is_resource: true, group: group.into(), version: version.into(), ..Target::default() };
    let mut parts = parts;
    let mut is_verb_in_path = false;
    match parts[0] {
        special @ ("watch" | "proxy") => {
            if parts.len() < 2 {
                return Err(TargetError { path });
            }
            target.verb = if special == "watch" { "watch" } else { "proxy" };
            is_verb_in_path = true;
            parts = &parts[1..];
        }
        _ => target.verb = resource_verb(method),
    }
    if parts[0] == "namespaces" && parts.len() > 1 {
        target.namespace = parts[1].into();
        if parts.len() > 2 && !NAMESPACE_SUBRESOURCES.contains(&parts[2]) {
            parts = &parts[2..];
        }
    }
    target.resource = parts[0].into();
    if let Some(name) = parts.get(1) {
        target.name = (*name).into();
        target.is_name_in_path = true;
    }
    if let Some(subresource) = parts.get(2).filter(|_| target.verb != "proxy") {
        target.subresource = (*subresource).into();
        target.rest = parts[3..].iter().map(|part| (*part).to_owned()).collect();
    }
    refine_verb(&mut target, query, is_verb_in_path);
    target.path = path;
    Ok(target)
}

/// Group, version and the rest (at least one segment) of a path below `/api` or `/apis`.
fn split_api_path<'a, 'b>(segments: &'a [&'b str]) -> Option<(&'b str, &'b str, &'a [&'b str])> {
    match segments {
        ["api", version, rest @ ..] if !rest.is_empty() => Some(("", version, rest)),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => Some((group, version, rest)),
        _ => None,
    }
}

fn method_verb(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "get",
        "HEAD" => "head",
        "POST" => "post",
        "PUT" => "put",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "OPTIONS" => "options",
        "CONNECT" => "connect",
        "TRACE" => "trace",
        _ => "",
    }
}

fn resource_verb(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" | "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    }
}

/// A `get` without a name is a list or a watch, a `delete` without one a deletecollection.
fn refine_verb(target: &mut Target, query: &Query, is_verb_in_path: bool) {
    if target.name.is_empty() && target.verb == "get" {
        target.verb = if query.flag("watch").unwrap_or(false) { "watch" } else { "list" };
        if let Some(name) = selected_name(query.text("fieldSelector")) {
            target.name = name;
        }
    }
    if target.name.is_empty() && target.verb == "delete" {
        target.verb = "deletecollection";
    }
    let has_selectors = matches!(target.verb, "list" | "watch" | "deletecollection") && !is_verb_in_path;
    if has_selectors && !query.text("fieldSelector").is_empty() {
        target.field_selector = FieldSelector::parse(query.text("fieldSelector")).ok();
    }
}

/// The name in a selector `metadata.name=x`, when it can be one path segment.
fn selected_name(selector: &str) -> Option<String> {
    if !selector.contains("metadata.name") {
        return None;
    }
    let terms = FieldSelector::parse(selector).ok()?.terms;
    let is_name = |term: &&FieldTerm| term.field == "metadata.name" && term.is_equal;
    let name = terms.iter().find(is_name)?.value.clone();
    let is_segment = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '%']);
    is_segment.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `METHOD path?query` to `verb group/version namespace resource/subresource name`.
    #[track_caller]
    fn check(request: &str, expected: &str) {
        let (method, uri) = request.split_once(' ').expect("method and path");
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let method: Method = method.parse().expect("a method");
        let got = match parse(&method, path, &Query::parse(query)) {
            Err(error) => error.to_string(),
            Ok(it) if !it.is_resource => format!("{} {}", it.verb, it.path),
            Ok(it) => format!(
                "{} {}/{} ns={} {}/{} name={} rest={}",
                it.verb,
                it.group,
                it.version,
                it.namespace,
                it.resource,
                it.subresource,
                it.name,
                it.rest.join("/")
            ),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn paths_are_read_as_upstream() {
        check("GET /", "get /");
        check("GET /api/v1", "get /api/v1");
        check("GET /apis/apps/v1/", "get /apis/apps/v1/");
        check("POST /healthz", "post /healthz");
        check("GET /api/v1/pods", "list /v1 ns= pods/ name= rest=");
        check("GET /api/v1/pods?watch=1", "watch /v1 ns= pods/ name= rest=");
        check("GET /api/v1/pods?watch=false", "list /v1 ns= pods/ name= rest=");
        check("GET /api/v1/namespaces/a/pods/b", "get /v1 ns=a pods/ name=b rest=");
        check("HEAD /api/v1/namespaces/a/pods/b", "get /v1 ns=a pods/ name=b rest=");
        check("GET /api/v1/namespaces/a/pods/b/log", "get /v1 ns=a pods/log name=b rest=");
        check("POST /api/v1/namespaces/a/pods", "create /v1 ns=a pods/ name= rest=");
        check(
            "DELETE /apis/apps/v1/namespaces/a/deployments",
            "deletecollection apps/v1 ns=a deployments/ name= rest=",
        );
        check("DELETE /apis/apps/v1/namespaces/a/deployments/d", "delete apps/v1 ns=a deployments/ name=d rest=");
    }

    #[test]
    fn a_namespace_is_a_resource_of_its_own() {
        check("GET /api/v1/namespaces", "list /v1 ns= namespaces/ name= rest=");
        check("GET /api/v1/namespaces/a", "get /v1 ns=a namespaces/ name=a rest=");
        check("PUT /api/v1/namespaces/a/finalize", "update /v1 ns=a namespaces/finalize name=a rest=");
        check("PUT /api/v1/namespaces/a/status", "update /v1 ns=a namespaces/status name=a rest=");
    }

    #[test]
    fn the_old_watch_prefix_is_known() {
        check("GET /api/v1/watch/namespaces/a/pods/b", "watch /v1 ns=a pods/ name=b rest=");
        check("GET /apis/apps/v1/watch/deployments", "watch apps/v1 ns= deployments/ name= rest=");
        check("GET /api/v1/watch", "unable to determine kind and namespace from url, /api/v1/watch");
    }

    #[test]
    fn a_selected_name_is_the_name() {
        check("GET /api/v1/pods?fieldSelector=metadata.name%3Dx", "list /v1 ns= pods/ name=x rest=");
        check("GET /api/v1/pods?fieldSelector=metadata.name!%3Dx", "list /v1 ns= pods/ name= rest=");
    }

    #[test]
    fn proxies_keep_what_stands_behind() {
        check("GET /api/v1/nodes/n/proxy/stats/summary", "get /v1 ns= nodes/proxy name=n rest=stats/summary");
    }
}
