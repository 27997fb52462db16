//! The HTTP client of registries: one connection a request, names through an own resolver.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use streaming::tls::{any_server, provider, system_authorities};
use tokio::net::TcpStream;

use super::store::{DOCUMENT_BYTES_MAX, ImageError};

/// Patience for a connection with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Patience for the head of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Redirects that one request may take.
const REDIRECTS_MAX: usize = 5;

/// Sends requests over plain TCP or TLS.
#[derive(Clone)]
pub struct HttpClient {
    tls: tokio_rustls::TlsConnector,
}

/// An answer whose body is still to be read.
pub type Answer = http::Response<Incoming>;

/// How TLS to a host differs from the machine's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// Further certificate authorities, PEM.
    pub authority_files: Vec<PathBuf>,
    /// Client certificate and key, PEM.
    pub identity_files: Option<(PathBuf, PathBuf)>,
    /// Takes any certificate: somebody asked for it.
    pub skips_verification: bool,
}

impl HttpClient {
    /// Trusts the machine's authorities and those of `options`.
    ///
    /// # Errors
    /// A client certificate that cannot be used.
    pub fn new(options: &TlsOptions) -> Result<Self, ImageError> {
        let builder = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.2 and 1.3");
        let builder = match options.skips_verification {
            true => builder.dangerous().with_custom_certificate_verifier(any_server()),
            false => builder.with_root_certificates(roots(&options.authority_files)),
        };
        let config = match &options.identity_files {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let unusable =
                    |error: &dyn std::fmt::Display| ImageError::Invalid(format!("{}: {error}", certificate.display()));
                let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
                let chain = chain.map_err(|error| unusable(&error))?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(&error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&error))?
            }
        };
        Ok(HttpClient { tls: tokio_rustls::TlsConnector::from(Arc::new(config)) })
    }

    /// GETs `url`, following redirects; credentials stay with the first host.
    pub async fn get(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, ImageError> {
        let mut url = url.to_owned();
        let first_host = host_of(&url)?.to_owned();
        for _ in 0..REDIRECTS_MAX {
            let keeps_credentials = host_of(&url)? == first_host;
            let sent = headers.iter().filter(|(name, _)| keeps_credentials || name != "authorization");
            let answer = self.send(&url, sent).await?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
            let location = location.ok_or_else(|| ImageError::Unavailable(format!("{url}: redirect to nowhere")))?;
            url = match location.starts_with('/') {
                true => format!("{}{location}", &url[..url.len() - path_of(&url).len()]),
                false => location.to_owned(),
            };
        }
        Err(ImageError::Unavailable(format!("{url}: more than {REDIRECTS_MAX} redirects")))
    }

    async fn send<'a>(
        &self,
        url: &str,
        headers: impl Iterator<Item = &'a (String, String)>,
    ) -> Result<Answer, ImageError> {
        let fail = |cause: &dyn std::fmt::Display| ImageError::Unavailable(format!("Get {url:?}: {cause}"));
        let host = host_of(url)?;
        let path = path_of(url);
        let mut request = http::Request::get(if path.is_empty() { "/" } else { path })
            .header("host", host)
            .header("user-agent", concat!("corten/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| fail(&error))?;
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect(host, url.starts_with("https://")));
        let stream = stream.await.map_err(|_| fail(&"connect: timed out"))?.map_err(|cause| fail(&cause))?;
        let answer = async {
            if url.starts_with("https://") {
                let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']).to_owned();
                let name = ServerName::try_from(name).map_err(|error| fail(&error))?;
                let stream = self.tls.connect(name, stream).await.map_err(|error| fail(&error))?;
                exchange(stream, request).await.map_err(|error| fail(&error))
            } else {
                exchange(stream, request).await.map_err(|error| fail(&error))
            }
        };
        tokio::time::timeout(ANSWER_TIMEOUT, answer).await.map_err(|_| fail(&"no answer in time"))?
    }
}

fn roots(authority_files: &[PathBuf]) -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    for path in system_authorities().into_iter().chain(authority_files.iter().map(PathBuf::as_path)) {
        match CertificateDer::pem_file_iter(path) {
            Ok(certificates) => drop(roots.add_parsable_certificates(certificates.flatten())),
            Err(error) => tracing::warn!(path = %path.display(), %error, "certificate authorities cannot be read"),
        }
    }
    roots
}

/// Reads a bounded body.
pub async fn read_body(answer: Answer) -> Result<Bytes, ImageError> {
    let limited = http_body_util::Limited::new(answer.into_body(), DOCUMENT_BYTES_MAX as usize);
    let collected = tokio::time::timeout(ANSWER_TIMEOUT, limited.collect()).await;
    let collected = collected.map_err(|_| ImageError::Unavailable("read answer: timed out".into()))?;
    Ok(collected.map_err(|error| ImageError::Unavailable(format!("read answer: {error}")))?.to_bytes())
}

async fn exchange<S>(stream: S, request: http::Request<Empty<Bytes>>) -> hyper::Result<Answer>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    sender.send_request(request).await
}

async fn connect(host: &str, is_tls: bool) -> Result<TcpStream, String> {
    let default_port = if is_tls { 443 } else { 80 };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().map_err(|_| format!("bad port {port:?}"))?),
        _ => (host, default_port),
    };
    let name = name.trim_matches(['[', ']']);
    let addresses = match name.parse() {
        Ok(address) => vec![address],
        Err(_) => streaming::names::resolve(name).await?,
    };
    let mut last = format!("lookup {name}: no such host");
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                last = format!("dial tcp {}: connect: {}", SocketAddr::new(address, port), errno_text(&error))
            }
        }
    }
    Err(last)
}

/// The system's words for an error, as Go's programs show them: `connection refused`.
fn errno_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn host_of(url: &str) -> Result<&str, ImageError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| ImageError::Unavailable(format!("{url}: not an http URL")))?;
    Ok(rest.split('/').next().unwrap_or(rest))
}

fn path_of(url: &str) -> &str {
    let scheme = url.find("://").map_or(0, |at| at + 3);
    url[scheme..].find('/').map_or("", |at| &url[scheme + at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_a_path() {
        assert_eq!(host_of("https://r.io:5000/v2/").ok(), Some("r.io:5000"));
        assert_eq!(path_of("https://r.io:5000/v2/x?y=1"), "/v2/x?y=1");
        assert_eq!(path_of("http://r.io"), "");
        assert!(host_of("ftp://r.io").is_err());
    }
}
