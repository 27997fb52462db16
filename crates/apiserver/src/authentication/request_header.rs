//! Users whom a front proxy vouches for: it has authenticated them and names them in the headers `X-Remote-*`.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use registry::request::UserInfo;
use streaming::serve::ClientCertificate;
use streaming::tls::{ClientVerifier, TlsError};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{SYSTEM_ANONYMOUS, SYSTEM_UNAUTHENTICATED, with_authenticated};
use crate::query::decode_path;

/// Header with the name of the user.
pub(crate) const USER: &str = "x-remote-user";
/// Header with the UID of the user.
pub(crate) const UID: &str = "x-remote-uid";
/// Header with a group of the user.
pub(crate) const GROUP: &str = "x-remote-group";
/// Start of the names of headers with extra attributes.
pub(crate) const EXTRA_PREFIX: &str = "x-remote-extra-";

/// Who may speak for users.
pub struct FrontProxies {
    /// Judges their certificates.
    pub verifier: Arc<ClientVerifier>,
    allowed_names: Vec<String>,
}

impl FrontProxies {
    /// Those with a certificate of `ca_pem` and one of these common names; no names allow all.
    pub fn new(ca_pem: &[u8], allowed_names: Vec<String>) -> Result<FrontProxies, TlsError> {
        Ok(FrontProxies { verifier: ClientVerifier::from_pem(ca_pem)?, allowed_names })
    }

    /// Whether a connection is a front proxy's.
    pub fn includes(&self, certificate: &ClientCertificate) -> bool {
        let (ClientCertificate::Trusted(chain) | ClientCertificate::Untrusted { chain, .. }) = certificate else {
            return false;
        };
        let is_named = || self.allowed_names.is_empty() || self.allowed_names.contains(&common_name(&chain[0]));
        !chain.is_empty() && self.verifier.verify(chain).is_ok() && is_named()
    }
}

fn common_name(certificate: &[u8]) -> String {
    let parsed = X509Certificate::from_der(certificate).ok();
    let name = parsed.as_ref().and_then(|(_, it)| it.subject().iter_common_name().next()?.as_str().ok());
    name.unwrap_or_default().to_owned()
}

/// The user that the headers name, if they do.
pub(super) fn user(headers: &HeaderMap) -> Option<Arc<UserInfo>> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let one = |name: &str| headers.get(name).map(text).unwrap_or_default();
    let name = one(USER);
    if name.is_empty() {
        return None;
    }
    let groups = headers.get_all(GROUP).iter().map(text).filter(|group| !group.is_empty()).collect();
    let user = UserInfo { name, uid: one(UID), groups, extra: extra(headers) };
    let is_nobody = user.name == SYSTEM_ANONYMOUS || user.groups.iter().any(|it| it == SYSTEM_UNAUTHENTICATED);
    Some(Arc::new(if is_nobody { user } else { with_authenticated(user) }))
}

fn extra(headers: &HeaderMap) -> Vec<(String, Vec<String>)> {
    let named = headers.keys().filter_map(|name| {
        let key = name.as_str().strip_prefix(EXTRA_PREFIX)?;
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Some((decode_path(key).unwrap_or_else(|| key.to_owned()), values.collect()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_name_a_user_with_groups_and_attributes() {
        let mut headers = HeaderMap::new();
        assert_eq!(user(&headers), None);
        let lines = [
            (USER, "jane"),
            (UID, "7"),
            (GROUP, "dev"),
            (GROUP, "ops"),
            ("x-remote-extra-example.com%2fscope", "a"),
            ("x-remote-extra-example.com%2fscope", "b"),
        ];
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        let expected = UserInfo {
            name: "jane".into(),
            uid: "7".into(),
            groups: vec!["dev".into(), "ops".into(), "system:authenticated".into()],
            extra: vec![("example.com/scope".into(), vec!["a".into(), "b".into()])],
        };
        assert_eq!(user(&headers).as_deref(), Some(&expected));
    }

    #[test]
    fn nobody_stays_nobody() {
        let mut headers = HeaderMap::new();
        headers.append(USER, HeaderValue::from_static(SYSTEM_ANONYMOUS));
        headers.append(GROUP, HeaderValue::from_static(SYSTEM_UNAUTHENTICATED));
        assert_eq!(user(&headers).expect("named").groups, [SYSTEM_UNAUTHENTICATED]);
    }
}
