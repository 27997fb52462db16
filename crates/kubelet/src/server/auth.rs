//! Who asks, and whether they may.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use client::client::Client;
use client::resources::{SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS};
use http::{Method, Request, StatusCode, header};
use parking_lot::Mutex;
use serde_json::{Value, json};
use streaming::serve::ClientCertificate;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Entries of each cache; when it is full, it starts anew.
const CACHE_ENTRIES_MAX: usize = 4_096;
/// How long answers count (upstream's defaults).
const TOKEN_TTL: Duration = Duration::from_secs(120);
const ALLOWED_TTL: Duration = Duration::from_secs(300);
const DENIED_TTL: Duration = Duration::from_secs(30);

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct User {
    name: String,
    uid: String,
    groups: Vec<String>,
}

/// Who a connection's certificate is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateUser {
    /// It showed none.
    None,
    /// The CA vouches for them.
    User(User),
    /// The CA does not.
    Untrusted,
}

impl CertificateUser {
    /// Common name and organizations of the leaf.
    pub fn of(certificate: &ClientCertificate) -> CertificateUser {
        let chain = match certificate {
            ClientCertificate::None => return CertificateUser::None,
            ClientCertificate::Untrusted { .. } => return CertificateUser::Untrusted,
            ClientCertificate::Trusted(chain) => chain,
        };
        let leaf = chain.first().and_then(|leaf| X509Certificate::from_der(leaf).ok());
        let Some((_, leaf)) = leaf else { return CertificateUser::Untrusted };
        let text =
            |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| attribute.as_str().ok().map(str::to_owned);
        let name = leaf.subject().iter_common_name().find_map(text).unwrap_or_default();
        let groups = leaf.subject().iter_organization().filter_map(text);
        let groups = groups.chain(["system:authenticated".to_owned()]).collect();
        CertificateUser::User(User { name, uid: String::new(), groups })
    }
}

/// User, verb, subresource.
type Question = (User, String, String);

/// A request that is not answered.
#[derive(Debug)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// Upstream's text.
    pub message: String,
}

fn unauthorized() -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, message: "Unauthorized".to_owned() }
}

/// Asks the API server who may do what, and remembers its answers for a while. Cheap to clone.
#[derive(Clone)]
pub struct Authority {
    client: Client,
    node_name: Arc<str>,
    tokens: Arc<Mutex<Cache<String, Option<User>>>>,
    decisions: Arc<Mutex<Cache<Question, bool>>>,
}

impl Authority {
    /// For the kubelet of that node.
    pub fn new(client: Client, node_name: String) -> Authority {
        Authority { client, node_name: node_name.into(), tokens: Arc::default(), decisions: Arc::default() }
    }

    /// Whether the request may be answered.
    pub async fn check<B>(&self, request: &Request<B>, certificate: &CertificateUser) -> Result<(), Refusal> {
        let user = match certificate {
            CertificateUser::User(user) => user.clone(),
            CertificateUser::Untrusted => return Err(unauthorized()),
            CertificateUser::None => self.token_user(request).await?,
        };
        let verb = verb(request.method());
        let subresources = subresources(request.uri().path());
        for subresource in &subresources {
            if self.is_allowed(&user, verb, subresource).await? {
                return Ok(());
            }
        }
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            message: format!(
                "Forbidden (user={}, verb={verb}, resource=nodes, subresource(s)=[{}])\n",
                user.name,
                subresources.join(" ")
            ),
        })
    }

    async fn token_user<B>(&self, request: &Request<B>) -> Result<User, Refusal> {
        let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            value.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty());
        let token = token.ok_or_else(unauthorized)?.to_owned();
        if let Some(known) = self.tokens.lock().get(&token) {
            return known.ok_or_else(unauthorized);
        }
        let body = json!({"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {"token": token}});
        let answer = self.client.create(TOKEN_REVIEWS, "", Bytes::from(body.to_string())).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(%error, "token review");
            unauthorized()
        })?;
        let user = reviewed_user(&answer);
        self.tokens.lock().put(token, user.clone(), TOKEN_TTL);
        user.ok_or_else(unauthorized)
    }

    async fn is_allowed(&self, user: &User, verb: &str, subresource: &str) -> Result<bool, Refusal> {
        let key = (user.clone(), verb.to_owned(), subresource.to_owned());
        if let Some(known) = self.decisions.lock().get(&key) {
            return Ok(known);
        }
        let body = json!({
            "kind": "SubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {
                "user": user.name,
                "uid": user.uid,
                "groups": user.groups,
                "resourceAttributes": {
                    "verb": verb, "version": "v1", "resource": "nodes",
                    "subresource": subresource, "name": &*self.node_name,
                },
            },
        });
        let answer = self.client.create(SUBJECT_ACCESS_REVIEWS, "", Bytes::from(body.to_string())).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(%error, "subject access review");
            let message = format!(
                "Authorization error (user={}, verb={verb}, resource=nodes, subresource={subresource})",
                user.name
            );
            Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, message }
        })?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let is_allowed = answer["status"]["allowed"] == true;
        self.decisions.lock().put(key, is_allowed, if is_allowed { ALLOWED_TTL } else { DENIED_TTL });
        Ok(is_allowed)
    }
}

/// The user that a TokenReview names, if it authenticates one.
fn reviewed_user(answer: &[u8]) -> Option<User> {
    let review = api::typed::token_review(answer).ok()?;
    let status = review.status.filter(|status| status.authenticated == Some(true))?;
    let user = status.user?;
    Some(User {
        name: user.username.unwrap_or_default(),
        uid: user.uid.unwrap_or_default(),
        groups: user.groups.unwrap_or_default(),
    })
}

fn verb(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::GET => "get",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "",
    }
}

/// The subresources of `nodes` that stand for a path; any one of them is enough.
fn subresources(path: &str) -> Vec<&'static str> {
    let is_below = |root: &str| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut all = Vec::new();
    let fine = [("/pods", "pods"), ("/healthz", "healthz"), ("/configz", "configz"), ("/runningpods", "pods")];
    all.extend(fine.into_iter().find(|(root, _)| is_below(root)).map(|(_, name)| name));
    let coarse = [
        ("/stats", "stats"),
        ("/metrics", "metrics"),
        ("/logs", "log"),
        ("/checkpoint", "checkpoint"),
        ("/statusz", "statusz"),
        ("/flagz", "configz"),
    ];
    all.push(coarse.into_iter().find(|(root, _)| is_below(root)).map_or("proxy", |(_, name)| name));
    all
}

/// Answers that count for a while.
struct Cache<K, V> {
    entries: HashMap<K, (V, Instant)>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Cache { entries: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.entries.get(key).filter(|(_, until)| *until > Instant::now()).map(|(value, _)| value.clone())
    }

    fn put(&mut self, key: K, value: V, ttl: Duration) {
        if self.entries.len() >= CACHE_ENTRIES_MAX {
            self.entries.clear();
        }
        self.entries.insert(key, (value, Instant::now() + ttl));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_for_upstreams_subresources() {
        let all = ["/pods", "/podsx", "/healthz/ping", "/metrics/cadvisor", "/stats/summary", "/exec/a/b/c", "/logs/"]
            .map(|path| subresources(path).join("+"));
        assert_eq!(all, ["pods+proxy", "proxy", "healthz+proxy", "metrics", "stats", "proxy", "log"]);
    }
}
