//! Who is asking: front proxies' headers, client certificates, bearer tokens, and the anonymous user.

pub mod certificate;
pub mod keys;
pub mod request_header;
pub mod service_account;
pub mod static_tokens;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apimachinery::time;
use aws_lc_rs::digest;
use http::HeaderMap;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use parking_lot::Mutex;
use registry::request::UserInfo;
use registry::resource::Registry;

use self::certificate::ConnectionIdentity;
use self::keys::TokenKeys;
use self::static_tokens::StaticTokens;

/// Group of everybody who is authenticated.
pub const SYSTEM_AUTHENTICATED: &str = "system:authenticated";
/// Group of everybody who is not.
pub const SYSTEM_UNAUTHENTICATED: &str = "system:unauthenticated";
/// The user without credentials.
pub const SYSTEM_ANONYMOUS: &str = "system:anonymous";

/// How long a verified token is believed without asking again; upstream's.
const TOKEN_CACHE_TIME: Duration = Duration::from_secs(10);
/// Verified tokens that are remembered; beyond that the memory is emptied.
const TOKEN_CACHE_TOKENS_MAX: usize = 8_192;

/// Credentials that are no good; answered 401, the text goes to the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unauthenticated(pub String);

/// Who a token stands for, and for which of the asked audiences it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIdentity {
    /// The user.
    pub user: Arc<UserInfo>,
    /// Audiences that both sides named.
    pub audiences: Vec<String>,
}

type Digest = [u8; digest::SHA256_OUTPUT_LEN];

/// All ways to be authenticated.
pub struct Authenticator {
    /// Keys of ServiceAccount tokens.
    pub keys: Arc<TokenKeys>,
    /// Issuer of ServiceAccount tokens.
    pub issuer: String,
    /// Audiences of this API server.
    pub audiences: Vec<String>,
    static_tokens: StaticTokens,
    anonymous: Arc<UserInfo>,
    registry: Arc<Registry>,
    verified: Mutex<HashMap<Digest, (Arc<UserInfo>, Instant)>>,
}

impl Authenticator {
    /// Makes it; `registry` tells whether ServiceAccounts and what tokens are bound to still exist.
    pub fn new(
        keys: Arc<TokenKeys>,
        issuer: &str,
        audiences: Vec<String>,
        static_tokens: StaticTokens,
        registry: Arc<Registry>,
    ) -> Authenticator {
        let anonymous = UserInfo {
            name: SYSTEM_ANONYMOUS.into(),
            groups: vec![SYSTEM_UNAUTHENTICATED.into()],
            ..UserInfo::default()
        };
        Authenticator {
            keys,
            issuer: issuer.to_owned(),
            audiences,
            static_tokens,
            anonymous: Arc::new(anonymous),
            registry,
            verified: Mutex::default(),
        }
    }

    /// The user of a request on a connection with `identity`.
    ///
    /// As upstream: a front proxy's word first, the certificate, then the token; a bad credential without a good one is an error; nothing
    /// at all is the anonymous user.
    pub async fn authenticate(
        &self,
        identity: &ConnectionIdentity,
        headers: &HeaderMap,
    ) -> Result<Arc<UserInfo>, Unauthenticated> {
        if let ConnectionIdentity::FrontProxy(_) = identity
            && let Some(user) = request_header::user(headers)
        {
            return Ok(user);
        }
        let by_certificate = identity.user(time::format_seconds(jiff::Timestamp::now()).as_str());
        if let Ok(Some(user)) = by_certificate {
            return Ok(user);
        }
        match bearer_token(headers) {
            Some(token) => self.user_of_token(&token).await,
            None => by_certificate.map(|_| Arc::clone(&self.anonymous)),
        }
    }

    async fn user_of_token(&self, token: &str) -> Result<Arc<UserInfo>, Unauthenticated> {
        let digest = digest_of(token);
        let now = Instant::now();
        if let Some((user, until)) = self.verified.lock().get(&digest)
            && now < *until
        {
            return Ok(Arc::clone(user));
        }
        let user = self.identify(token, &self.audiences).await?.user;
        let mut verified = self.verified.lock();
        if verified.len() >= TOKEN_CACHE_TOKENS_MAX {
            verified.retain(|_, (_, until)| now < *until);
            if verified.len() >= TOKEN_CACHE_TOKENS_MAX {
                verified.clear();
            }
        }
        verified.insert(digest, (Arc::clone(&user), now + TOKEN_CACHE_TIME));
        Ok(user)
    }

    /// Who `token` stands for, when it is meant for one of `audiences`. Not remembered.
    pub async fn identify(&self, token: &str, audiences: &[String]) -> Result<TokenIdentity, Unauthenticated> {
        if let Some(user) = self.static_tokens.user(token) {
            // They are meant for this server.
            let shared: Vec<String> = audiences.iter().filter(|it| self.audiences.contains(it)).cloned().collect();
            if shared.is_empty() {
                return Err(Unauthenticated("invalid bearer token".into()));
            }
            return Ok(TokenIdentity { user, audiences: shared });
        }
        let claims = self.keys.verify(token, &self.issuer)?;
        let shared: Vec<String> = audiences.iter().filter(|it| claims.audiences.0.contains(it)).cloned().collect();
        if shared.is_empty() {
            return Err(Unauthenticated(format!(
                "token audiences {:?} is invalid for the target audiences {audiences:?}",
                claims.audiences.0
            )));
        }
        let user = service_account::user(&self.registry, &claims).await?;
        Ok(TokenIdentity { user: Arc::new(with_authenticated(user)), audiences: shared })
    }
}

/// Adds the group of everybody who is authenticated.
pub fn with_authenticated(mut user: UserInfo) -> UserInfo {
    if !user.groups.iter().any(|group| group == SYSTEM_AUTHENTICATED) {
        user.groups.push(SYSTEM_AUTHENTICATED.into());
    }
    user
}

fn digest_of(token: &str) -> Digest {
    let mut out = [0; digest::SHA256_OUTPUT_LEN];
    out.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    out
}

/// The token of `Authorization: Bearer`, or of a browser's WebSocket subprotocol.
fn bearer_token(headers: &HeaderMap) -> Option<String> {
    if let Some(value) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        let (scheme, token) = value.trim().split_once(' ')?;
        let token = token.trim();
        return (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned());
    }
    const PREFIX: &str = "base64url.bearer.authorization.k8s.io.";
    let offers = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let encoded = offers.split(',').find_map(|offer| offer.trim().strip_prefix(PREFIX))?;
    use base64::Engine;
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).ok()?;
    String::from_utf8(token).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn tokens_are_found_in_the_header_or_the_subprotocol() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer_token(&headers), None);
        headers
            .insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("base64url.bearer.authorization.k8s.io.YWJj, v5"));
        assert_eq!(bearer_token(&headers).as_deref(), Some("abc"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer  xyz"));
        assert_eq!(bearer_token(&headers).as_deref(), Some("xyz"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic xyz"));
        assert_eq!(bearer_token(&headers), None);
    }
}
