//! Service account tokens of Pods: asked for, kept, and renewed before they end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;
use bytes::Bytes;
use client::client::Client;
use client::resources::SERVICE_ACCOUNTS;
use parking_lot::Mutex;
use serde_json::json;

use crate::objects::while_forbidden;
use crate::spec;
use crate::volumes::TokenWish;

/// A token is renewed when this part of its life is over.
const RENEW_AFTER_PERCENT: i64 = 80;
/// A token is renewed at least this often, in seconds.
const RENEW_SECONDS_MAX: i64 = 24 * 3_600;
/// Wait until a renewal that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Token {
    text: String,
    expires: jiff::Timestamp,
    renew: jiff::Timestamp,
}

/// Pod's UID, service account, wish.
type Key = (String, String, TokenWish);

/// The tokens. Cheap to clone.
#[derive(Clone)]
pub struct TokenSource {
    client: Client,
    cache: Arc<Mutex<BTreeMap<Key, Token>>>,
}

/// Tokens of a Pod, or why there is none, and when to look again.
pub struct Tokens {
    /// By wish.
    pub texts: BTreeMap<TokenWish, Result<String, String>>,
    /// Time until the first one is due for renewal.
    pub refresh_after: Option<Duration>,
}

impl TokenSource {
    /// A source that asks with the kubelet's identity.
    pub fn new(client: Client) -> TokenSource {
        TokenSource { client, cache: Arc::default() }
    }

    /// The tokens that a Pod wants, from the cache if they are fresh enough.
    pub async fn gather(&self, pod: &Pod, wishes: Vec<TokenWish>) -> Tokens {
        let mut tokens = Tokens { texts: BTreeMap::new(), refresh_after: None };
        for wish in wishes {
            let (text, after) = match self.one(pod, &wish).await {
                Ok((token, after)) => (Ok(token.text), after),
                Err(error) => (Err(error), RETRY),
            };
            tokens.refresh_after = Some(tokens.refresh_after.map_or(after, |known| known.min(after)));
            tokens.texts.insert(wish, text);
        }
        tokens
    }

    async fn one(&self, pod: &Pod, wish: &TokenWish) -> Result<(Token, Duration), String> {
        let account = spec::spec(pod).service_account_name.clone().filter(|name| !name.is_empty());
        let account = account.unwrap_or_else(|| "default".to_owned());
        let key = (spec::uid(pod).to_owned(), account.clone(), wish.clone());
        let known = self.cache.lock().get(&key).cloned();
        let now = jiff::Timestamp::now();
        if let Some(token) = known.as_ref().filter(|token| token.renew > now) {
            return Ok((token.clone(), until(token.renew, now)));
        }
        match (self.fetch(pod, &account, wish).await, known) {
            (Ok(token), _) => {
                self.cache.lock().insert(key, token.clone());
                let after = until(token.renew, now);
                Ok((token, after))
            }
            (Err(error), Some(token)) if token.expires > now => {
                tracing::warn!(pod = %spec::PodId::of(pod), error, "renew token");
                Ok((token, RETRY))
            }
            (Err(error), Some(_)) => Err(format!("token {account} expired and refresh failed: {error}")),
            (Err(error), None) => Err(format!("failed to fetch token: {error}")),
        }
    }

    async fn fetch(&self, pod: &Pod, account: &str, wish: &TokenWish) -> Result<Token, String> {
        let audiences: Vec<_> = [wish.audience.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
        let body = json!({
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "spec": {
                "audiences": audiences,
                "expirationSeconds": wish.expiration_seconds,
                "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": spec::name(pod), "uid": spec::uid(pod)},
            },
        });
        let body = Bytes::from(body.to_string());
        let namespace = spec::namespace(pod);
        let request = || self.client.create_subresource(SERVICE_ACCOUNTS, namespace, account, "token", body.clone());
        let answer = while_forbidden(request).await.map_err(|error| error.to_string())?;
        let answer = api::typed::token_request(&answer).map_err(|error| error.to_string())?;
        let status = answer.status.unwrap_or_default();
        let now = jiff::Timestamp::now();
        let expires = status.expiration_timestamp.map_or(now, |time| time.0);
        let life = expires.as_second() - now.as_second();
        let renew_seconds = (life * RENEW_AFTER_PERCENT / 100).clamp(0, RENEW_SECONDS_MAX);
        let renew = jiff::Timestamp::from_second(now.as_second() + renew_seconds).unwrap_or(expires);
        Ok(Token { text: status.token.unwrap_or_default(), expires, renew })
    }

    /// A Pod's tokens are not needed any more.
    pub fn forget(&self, uid: &str) {
        self.cache.lock().retain(|(of, ..), _| of != uid);
    }
}

fn until(time: jiff::Timestamp, now: jiff::Timestamp) -> Duration {
    let seconds = u64::try_from(time.as_second() - now.as_second()).unwrap_or(0);
    Duration::from_secs(seconds.max(1))
}
