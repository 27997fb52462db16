//! TLS on both sides: certificates that can be replaced while serving, and client certificates that are
//! optional and judged after the handshake.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};

/// Trouble with keys or certificates; a retry with the same bytes cannot help.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not PEM, or nothing in it.
    #[error("read {what} from PEM: {cause}")]
    Pem {
        /// Which input.
        what: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The key does not fit the certificate, or the CA is unusable.
    #[error("use {what}")]
    Unusable {
        /// Which input.
        what: &'static str,
        /// The TLS library's reason.
        #[source]
        cause: Error,
    },
}

/// The one crypto provider of the process.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::OnceLock<Arc<CryptoProvider>> = std::sync::OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())))
}

/// All certificates of a PEM text, in order; at least one.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|cause| TlsError::Pem { what: "certificates", cause: cause.to_string() })?;
    match all.is_empty() {
        true => Err(TlsError::Pem { what: "certificates", cause: "none found".into() }),
        false => Ok(all),
    }
}

fn key_from_pem(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|cause| TlsError::Pem { what: "private key", cause: cause.to_string() })
}

fn certified_key(certificate_pem: &[u8], key_pem: &[u8]) -> Result<CertifiedKey, TlsError> {
    let chain = certificates_from_pem(certificate_pem)?;
    CertifiedKey::from_der(chain, key_from_pem(key_pem)?, &provider())
        .map_err(|cause| TlsError::Unusable { what: "certificate and key", cause })
}

fn roots_from_pem(ca_pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_from_pem(ca_pem)? {
        roots.add(certificate).map_err(|cause| TlsError::Unusable { what: "CA certificate", cause })?;
    }
    Ok(roots)
}

/// A serving certificate that can be replaced while connections are served; new handshakes see the new one.
#[derive(Debug)]
pub struct ServingCertificate {
    current: ArcSwap<CertifiedKey>,
}

impl ServingCertificate {
    /// From a PEM chain (leaf first) and its PEM key.
    pub fn from_pem(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Arc<Self>, TlsError> {
        let key = certified_key(certificate_pem, key_pem)?;
        Ok(Arc::new(ServingCertificate { current: ArcSwap::from_pointee(key) }))
    }

    /// Replaces chain and key; on error the old ones stay.
    pub fn replace(&self, certificate_pem: &[u8], key_pem: &[u8]) -> Result<(), TlsError> {
        self.current.store(Arc::new(certified_key(certificate_pem, key_pem)?));
        Ok(())
    }
}

impl ResolvesServerCert for ServingCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// Judges client certificates against a CA bundle that can be replaced while serving.
///
/// In the handshake every certificate is accepted whose key the client has; whether the CA signed it is asked
/// afterwards with [`ClientVerifier::verify`], so that a stranger gets an HTTP answer (401), as upstream's do.
pub struct ClientVerifier {
    current: ArcSwap<Trust>,
}

struct Trust {
    verifier: Arc<dyn ClientCertVerifier>,
    subjects: Vec<DistinguishedName>,
}

impl fmt::Debug for ClientVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientVerifier")
    }
}

fn trust(ca_pem: &[u8]) -> Result<Trust, TlsError> {
    let roots = roots_from_pem(ca_pem)?;
    let subjects = roots.subjects();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| TlsError::Unusable { what: "client CA", cause: Error::General(error.to_string()) })?;
    Ok(Trust { verifier, subjects })
}

impl ClientVerifier {
    /// From a PEM bundle of CA certificates.
    pub fn from_pem(ca_pem: &[u8]) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(ClientVerifier { current: ArcSwap::from_pointee(trust(ca_pem)?) }))
    }

    /// Replaces the bundle; on error the old one stays.
    pub fn replace(&self, ca_pem: &[u8]) -> Result<(), TlsError> {
        self.current.store(Arc::new(trust(ca_pem)?));
        Ok(())
    }

    /// Whether the bundle vouches for `chain` (leaf first) now; else why not.
    pub fn verify(&self, chain: &[CertificateDer<'_>]) -> Result<(), Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        self.current.load().verifier.verify_client_cert(leaf, intermediates, UnixTime::now()).map(|_| ())
    }
}

/// What the TLS library asks of [`ClientVerifier`]; holds the subjects that were hinted at start, since the
/// library borrows them.
#[derive(Debug)]
struct HandshakeVerifier {
    verifier: Arc<ClientVerifier>,
    subjects: Vec<DistinguishedName>,
}

impl ClientCertVerifier for HandshakeVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }
    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.current.load().verifier.verify_tls12_signature(message, certificate, signature)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.current.load().verifier.verify_tls13_signature(message, certificate, signature)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.current.load().verifier.supported_verify_schemes()
    }
}

/// What [`crate::serve::serve`] needs for TLS.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// Handshake settings; ALPN `h2`, `http/1.1`.
    pub config: Arc<ServerConfig>,
    /// Judges client certificates; `None` asks for none.
    pub clients: Option<Arc<ClientVerifier>>,
}

/// TLS 1.2 and 1.3 serving with a live certificate and optional client certificates.
pub fn server_tls(
    certificate: Arc<ServingCertificate>,
    clients: Option<Arc<ClientVerifier>>,
) -> Result<ServerTls, TlsError> {
    server_tls_hinting(certificate, clients, &[])
}

/// The same; clients are told that certificates of `further` authorities are welcome, too. Those are as untrusted as
/// a stranger's here: who else vouches for them is the caller's to ask.
pub fn server_tls_hinting(
    certificate: Arc<ServingCertificate>,
    clients: Option<Arc<ClientVerifier>>,
    further: &[Arc<ClientVerifier>],
) -> Result<ServerTls, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|cause| TlsError::Unusable { what: "protocol versions", cause })?;
    let builder = match &clients {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(Arc::new(HandshakeVerifier {
            verifier: Arc::clone(verifier),
            subjects: [verifier].into_iter().chain(further).flat_map(|it| it.current.load().subjects.clone()).collect(),
        })),
    };
    let mut config = builder.with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(ServerTls { config: Arc::new(config), clients })
}

/// Client side: trusts `ca_pem`, shows `identity` (PEM chain, PEM key) when asked, offers `alpn`.
pub fn client_config(
    ca_pem: &[u8],
    identity: Option<(&[u8], &[u8])>,
    alpn: &[&[u8]],
) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|cause| TlsError::Unusable { what: "protocol versions", cause })?
        .with_root_certificates(roots_from_pem(ca_pem)?);
    client_side(builder, identity, alpn)
}

/// What both kinds of clients show and offer.
fn client_side(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    identity: Option<(&[u8], &[u8])>,
    alpn: &[&[u8]],
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate_pem, key_pem)) => builder
            .with_client_auth_cert(certificates_from_pem(certificate_pem)?, key_from_pem(key_pem)?)
            .map_err(|cause| TlsError::Unusable { what: "client certificate and key", cause })?,
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

/// Client side that takes any certificate: for servers that nobody vouches for (proxied Pods). Shows `identity` when
/// asked.
pub fn unverified_client_config(identity: Option<(&[u8], &[u8])>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|cause| TlsError::Unusable { what: "protocol versions", cause })?
        .dangerous()
        .with_custom_certificate_verifier(any_server());
    client_side(builder, identity, &[b"http/1.1"])
}

/// Where systems keep the authorities that everybody trusts: the first of these bundles that is there.
pub fn system_authorities() -> Option<&'static Path> {
    const BUNDLES: [&str; 3] =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    BUNDLES.into_iter().map(Path::new).find(|path| path.exists())
}

/// Takes any certificate, also one that the library cannot read: for whoever asks to skip verification.
pub fn any_server() -> Arc<dyn ServerCertVerifier> {
    Arc::new(AnyServer)
}

#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_needs_its_own_key() {
        let one = rcgen::generate_simple_self_signed(vec!["a".into()]).expect("make a certificate");
        let other = rcgen::generate_simple_self_signed(vec!["b".into()]).expect("make a certificate");
        let certificate = one.cert.pem();
        let good = ServingCertificate::from_pem(certificate.as_bytes(), one.signing_key.serialize_pem().as_bytes());
        let serving = good.expect("its own key fits");
        let wrong = serving.replace(certificate.as_bytes(), other.signing_key.serialize_pem().as_bytes());
        assert!(wrong.is_err());
        assert!(serving.replace(b"no pem", b"no pem").is_err());
    }

    #[test]
    fn a_stranger_is_not_vouched_for() {
        let ca = rcgen::generate_simple_self_signed(vec!["ca".into()]).expect("make a certificate");
        let stranger = rcgen::generate_simple_self_signed(vec!["b".into()]).expect("make a certificate");
        let verifier = ClientVerifier::from_pem(ca.cert.pem().as_bytes()).expect("usable CA");
        assert!(verifier.verify(&[stranger.cert.der().clone()]).is_err());
        assert!(verifier.verify(&[]).is_err());
    }
}
