//! Registry credentials of a Pod's pull secrets. Pure.

use api::k8s_openapi::api::core::v1::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use container_interfaces::cri::v1::AuthConfig;
use serde_json::Value;

use crate::image_name;

/// Where images without a registry come from, and the names under which credentials for it are kept.
const DEFAULT_REGISTRY: &str = "docker.io";
const DEFAULT_REGISTRY_ALIASES: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// The credentials that fit an image, the most specific first.
pub fn credentials<'a>(secrets: impl Iterator<Item = &'a Secret>, image: &str) -> Vec<AuthConfig> {
    let Ok(parts) = image_name::parse(image) else { return Vec::new() };
    let (host, path) = image_name::split_host(parts.repository);
    let host = host.unwrap_or(DEFAULT_REGISTRY);
    let mut fitting: Vec<(usize, AuthConfig)> = Vec::new();
    for secret in secrets {
        for (server, entry) in entries(secret) {
            if let (Some(length), Some(auth)) = (fit(&server, host, path), auth(&server, &entry)) {
                fitting.push((length, auth));
            }
        }
    }
    fitting.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    fitting.into_iter().map(|(_, auth)| auth).collect()
}

/// Server and entry of each credential in a Secret of one of the two types.
fn entries(secret: &Secret) -> Vec<(String, Value)> {
    let data = |key: &str| {
        let bytes = secret.data.as_ref()?.get(key)?;
        serde_json::from_slice::<Value>(&bytes.0).ok()
    };
    let map = match secret.type_.as_deref() {
        Some("kubernetes.io/dockerconfigjson") => data(".dockerconfigjson").map(|mut value| value["auths"].take()),
        Some("kubernetes.io/dockercfg") => data(".dockercfg"),
        _ => None,
    };
    match map {
        Some(Value::Object(map)) => map.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// How well a server's name fits (the length of its path), if at all.
fn fit(server: &str, host: &str, path: &str) -> Option<usize> {
    let bare = server.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let bare = bare.trim_end_matches("/v1").trim_end_matches("/v2");
    let (server_host, server_path) = bare.split_once('/').unwrap_or((bare, ""));
    let is_default = |name: &str| DEFAULT_REGISTRY_ALIASES.contains(&name);
    let is_host = host_fits(server_host, host) || (is_default(server_host) && is_default(host));
    let is_path = server_path.is_empty()
        || path == server_path
        || path.strip_prefix(server_path).is_some_and(|rest| rest.starts_with('/'));
    (is_host && is_path).then_some(server_path.len() + 1)
}

/// Equal, part by part; `*` in a part of the pattern stands for anything within it.
fn host_fits(pattern: &str, host: &str) -> bool {
    let (pattern_parts, host_parts): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), host.split('.').collect());
    pattern_parts.len() == host_parts.len()
        && pattern_parts.iter().zip(&host_parts).all(|(pattern, part)| match pattern.split_once('*') {
            Some((before, after)) => {
                part.len() >= before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
            }
            None => pattern == part,
        })
}

fn auth(server: &str, entry: &Value) -> Option<AuthConfig> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let (mut username, mut password) = (text("username"), text("password"));
    let joined = STANDARD.decode(text("auth")).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((user, secret)) = joined.as_deref().and_then(|joined| joined.split_once(':')) {
        (username, password) = (user.to_owned(), secret.to_owned());
    }
    let (identity_token, registry_token) = (text("identitytoken"), text("registrytoken"));
    let is_empty = username.is_empty() && identity_token.is_empty() && registry_token.is_empty();
    (!is_empty).then(|| AuthConfig {
        username,
        password,
        server_address: server.to_owned(),
        identity_token,
        registry_token,
        ..AuthConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_fit_by_host_and_longest_path() {
        let config = json!({"auths": {
            "registry.example": {"auth": STANDARD.encode("all:1")},
            "https://registry.example/team/": {"username": "team", "password": "2"},
            "*.other.example": {"username": "wild", "password": "3"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "4"},
        }});
        let secret = json!({"type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": STANDARD.encode(config.to_string())}});
        let secret = api::typed::secret(secret.to_string().as_bytes()).expect("a Secret");
        let users = |image: &str| {
            let found = credentials([&secret].into_iter(), image);
            found.into_iter().map(|auth| format!("{}:{}", auth.username, auth.password)).collect::<Vec<_>>()
        };
        assert_eq!(users("registry.example/team/app:1"), ["team:2", "all:1"]);
        assert_eq!(users("registry.example/teammate/app:1"), ["all:1"]);
        assert_eq!(users("a.other.example/x:1"), ["wild:3"]);
        assert_eq!(users("busybox:1"), ["hub:4"]);
        assert!(users("elsewhere.example/x:1").is_empty());
    }
}
