//! Which servers a webhook's client trusts: those that its CA bundle vouches for, or that are in it themselves.

use std::sync::{Arc, LazyLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use streaming::tls::{certificates_from_pem, provider, system_authorities};
use x509_parser::prelude::{FromDer, X509Certificate};

/// TLS settings that trust `bundle` (PEM), or what the system trusts when it is empty.
pub(super) fn tls_config(bundle: &[u8]) -> Result<Arc<ClientConfig>, String> {
    /// Read once: it is large.
    static SYSTEM: LazyLock<Result<Arc<ClientConfig>, String>> = LazyLock::new(|| trusting(system_certificates()));
    if bundle.is_empty() {
        return SYSTEM.clone();
    }
    let unusable = "unable to load root certificates: unable to parse bytes as PEM block";
    trusting(certificates_from_pem(bundle).map_err(|_| unusable.to_owned())?)
}

fn trusting(pinned: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(pinned.iter().cloned());
    let verifier: Arc<dyn ServerCertVerifier> = match roots.is_empty() {
        true => Arc::new(TrustsNobody),
        false => {
            let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
            Arc::new(Bundle { chain: chain.map_err(|error| error.to_string())?, pinned })
        }
    };
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn system_certificates() -> Vec<CertificateDer<'static>> {
    let text = system_authorities().and_then(|path| std::fs::read(path).ok());
    text.and_then(|text| certificates_from_pem(&text).ok()).unwrap_or_default()
}

/// A CA bundle. As in Go, a certificate in it may also be the server's own.
#[derive(Debug)]
struct Bundle {
    chain: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
}

impl Bundle {
    /// Whether the leaf is itself in the bundle, is of this name, and is of use now.
    fn vouches_for(&self, leaf: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<bool, Error> {
        if !self.pinned.iter().any(|it| it.as_ref() == leaf.as_ref()) {
            return Ok(false);
        }
        verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
        let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| CertificateError::BadEncoding)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let validity = parsed.validity();
        match (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now) {
            true => Ok(true),
            false => Err(CertificateError::Expired.into()),
        }
    }
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.vouches_for(leaf, name, now)? {
            true => Ok(ServerCertVerified::assertion()),
            false => self.chain.verify_server_cert(leaf, intermediates, name, ocsp, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Where there is no authority at all.
#[derive(Debug)]
struct TrustsNobody;

impl ServerCertVerifier for TrustsNobody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(CertificateError::UnknownIssuer.into())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// How Go words a failed handshake.
pub(super) fn go_text(error: &Error, host: &str) -> String {
    let cause = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "certificate signed by unknown authority".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "certificate has expired or is not yet valid".to_owned()
        }
        Error::InvalidCertificate(CertificateError::NotValidForName) => format!("certificate is not valid for {host}"),
        Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => {
            let names: Vec<&str> = presented.iter().map(|name| plain_name(name)).collect();
            format!("certificate is valid for {}, not {host}", names.join(", "))
        }
        Error::InvalidCertificate(other) => other.to_string(),
        Error::InvalidMessage(_) => return "tls: first record does not look like a TLS handshake".to_owned(),
        other => return format!("remote error: tls: {other}"),
    };
    format!("tls: failed to verify certificate: x509: {cause}")
}

/// `DnsName("a.b")` → `a.b`
fn plain_name(shown: &str) -> &str {
    shown.split('"').nth(1).unwrap_or(shown)
}
