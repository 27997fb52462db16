//! Users of client certificates: common name and organizations.

use std::sync::Arc;

use apimachinery::time;
use aws_lc_rs::digest;
use registry::request::UserInfo;
use streaming::serve::ClientCertificate;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::request_header::FrontProxies;
use super::{Unauthenticated, with_authenticated};

/// Object identifier of a user's UID in a subject (KEP-4633).
const UID_OID: &str = "1.3.6.1.4.1.57683.2";

/// What a connection's certificate says, read once per connection.
#[derive(Clone, Debug)]
pub enum ConnectionIdentity {
    /// No certificate.
    None,
    /// A user, until the certificate ends (RFC 3339 seconds).
    User {
        /// Who.
        user: Arc<UserInfo>,
        /// `notAfter`.
        not_after: String,
    },
    /// A certificate that is no good, and why.
    Refused(String),
    /// A front proxy, which may speak for users; and what its certificate is beside that.
    FrontProxy(Box<ConnectionIdentity>),
}

impl ConnectionIdentity {
    /// Of a handshake's outcome.
    pub fn of(certificate: &ClientCertificate, front_proxies: Option<&FrontProxies>) -> ConnectionIdentity {
        let own = ConnectionIdentity::of_user(certificate);
        match front_proxies.is_some_and(|it| it.includes(certificate)) {
            true => ConnectionIdentity::FrontProxy(Box::new(own)),
            false => own,
        }
    }

    fn of_user(certificate: &ClientCertificate) -> ConnectionIdentity {
        match certificate {
            ClientCertificate::None => ConnectionIdentity::None,
            ClientCertificate::Untrusted { reason, .. } => ConnectionIdentity::Refused(reason.clone()),
            ClientCertificate::Trusted(chain) => match chain.first() {
                None => ConnectionIdentity::None,
                Some(leaf) => read(leaf.as_ref()).unwrap_or_else(ConnectionIdentity::Refused),
            },
        }
    }

    /// The user at `now` (RFC 3339 seconds).
    pub fn user(&self, now: &str) -> Result<Option<Arc<UserInfo>>, Unauthenticated> {
        match self {
            ConnectionIdentity::None => Ok(None),
            ConnectionIdentity::User { user, not_after } if now <= not_after.as_str() => Ok(Some(Arc::clone(user))),
            ConnectionIdentity::User { not_after, .. } => {
                Err(Unauthenticated(format!("client certificate expired at {not_after}")))
            }
            ConnectionIdentity::FrontProxy(own) => own.user(now),
            ConnectionIdentity::Refused(reason) => Err(Unauthenticated(format!("client certificate: {reason}"))),
        }
    }
}

fn read(der: &[u8]) -> Result<ConnectionIdentity, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
    let subject = certificate.subject();
    let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| value.as_str().ok().map(str::to_owned);
    let name = subject.iter_common_name().next().and_then(text).unwrap_or_default();
    if name.is_empty() {
        return Ok(ConnectionIdentity::None);
    }
    let uid = subject.iter_attributes().find(|it| it.attr_type().to_id_string() == UID_OID).and_then(text);
    let fingerprint = digest::digest(&digest::SHA256, der);
    let fingerprint: String = fingerprint.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let user = UserInfo {
        name,
        uid: uid.unwrap_or_default(),
        groups: subject.iter_organization().filter_map(text).collect(),
        extra: vec![("authentication.kubernetes.io/credential-id".into(), vec![format!("X509SHA256={fingerprint}")])],
    };
    let not_after = certificate.validity().not_after.timestamp();
    let not_after = jiff::Timestamp::from_second(not_after).unwrap_or(jiff::Timestamp::MAX);
    Ok(ConnectionIdentity::User {
        user: Arc::new(with_authenticated(user)),
        not_after: time::format_seconds(not_after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(name: Option<&str>, organizations: &[&str]) -> ClientCertificate {
        let mut params = rcgen::CertificateParams::new(vec![]).expect("params");
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = name {
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
        }
        for organization in organizations {
            params.distinguished_name.push(rcgen::DnType::OrganizationName, *organization);
        }
        let key = rcgen::KeyPair::generate().expect("key");
        let certificate = params.self_signed(&key).expect("sign");
        ClientCertificate::Trusted(vec![certificate.der().clone()])
    }

    #[test]
    fn name_and_groups_come_from_the_subject() {
        let identity = ConnectionIdentity::of(&certificate(Some("system:node:n1"), &["system:nodes"]), None);
        let user = identity.user("2026-11-21T00:00:00Z").expect("valid").expect("a user");
        assert_eq!(user.name, "system:node:n1");
        assert_eq!(user.groups, ["system:nodes", "system:authenticated"]);
        assert!(user.extra[0].1[0].starts_with("X509SHA256="));
        assert!(identity.user("9999-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn a_certificate_without_a_name_is_nobody_and_a_strangers_is_refused() {
        let now = "2026-11-21T00:00:00Z";
        assert_eq!(ConnectionIdentity::of(&certificate(None, &["x"]), None).user(now), Ok(None));
        let stranger = ClientCertificate::Untrusted { chain: vec![], reason: "unknown issuer".into() };
        assert!(ConnectionIdentity::of(&stranger, None).user(now).is_err());
    }
}
