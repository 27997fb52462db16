//! Pulling from registries (OCI distribution-spec): mirrors, tokens, resume, digests checked.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;

use super::digest::Digest;
use super::hosts::{self, RegistryHost};
use super::http::{Answer, HttpClient, TlsOptions, read_body};
use super::manifest::{Descriptor, INDEX_TYPES, Index, MANIFEST_TYPES, Manifest};
use super::reference::Reference;
use super::store::{ImageError, ImageRecord, ImageStore, parse};

/// Blobs of one image that are fetched at once.
const FETCHES_MAX: usize = 3;

/// Attempts at one blob; each goes on where the last one broke off.
const ATTEMPTS_MAX: usize = 4;

/// Patience for the next piece of a body.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Where images come from.
#[derive(Clone, Debug, Default)]
pub struct PullConfig {
    /// Registry → base URLs that are asked first, such as `http://127.0.0.1:5000`.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// Directory with `REGISTRY/hosts.toml` files, as containerd's `certs.d`; none when empty.
    pub hosts_directory: PathBuf,
}

/// What authenticates a pull.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// User and password.
    Basic(String, String),
    /// A ready token for the registry.
    Token(String),
}

/// Pulls into a store.
pub struct Puller {
    store: Arc<ImageStore>,
    config: PullConfig,
    /// For hosts without TLS settings of their own.
    http: HttpClient,
}

/// One registry endpoint with what authenticates there.
struct Endpoint<'a> {
    host: &'a RegistryHost,
    http: HttpClient,
    repository: &'a str,
    credentials: &'a Credentials,
    token: parking_lot::Mutex<Option<String>>,
}

impl Puller {
    /// Pulls into `store`.
    pub fn new(store: Arc<ImageStore>, config: PullConfig) -> Self {
        let http = HttpClient::new(&TlsOptions::default()).expect("no client certificate that could be unusable");
        Puller { store, config, http }
    }

    /// Pulls an image and records it under `reference`.
    pub async fn pull(&self, reference: &Reference, credentials: &Credentials) -> Result<Arc<ImageRecord>, ImageError> {
        let hosts = hosts::of_registry(&self.config, &reference.registry).map_err(|cause| named(reference, cause))?;
        let mut wanted = reference.clone();
        if hosts.iter().any(|host| host.pulls && !host.resolves) && wanted.digest.is_none() {
            wanted.digest = Some(self.resolve(&hosts, reference, credentials).await?);
        }
        let mut last = None;
        for host in hosts.iter().filter(|host| host.pulls) {
            let pulled = match self.endpoint(host, reference, credentials) {
                Ok(endpoint) => self.pull_from(&endpoint, &wanted, reference).await,
                Err(error) => Err(error),
            };
            match pulled {
                Ok(record) => return Ok(record),
                Err(error) => {
                    tracing::debug!(host = host.base, %error, "pull an image");
                    last = Some(error);
                }
            }
        }
        let cause = last.unwrap_or_else(|| ImageError::NotFound(reference.to_string()));
        Err(named(reference, cause))
    }

    /// The digest behind a tag, from the first host that may be asked and knows it.
    async fn resolve(
        &self,
        hosts: &[RegistryHost],
        reference: &Reference,
        credentials: &Credentials,
    ) -> Result<Digest, ImageError> {
        let mut last = ImageError::NotFound(reference.to_string());
        let tag = reference.tag.as_deref().unwrap_or("latest");
        for host in hosts.iter().filter(|host| host.resolves) {
            let found = match self.endpoint(host, reference, credentials) {
                Ok(endpoint) => self.fetch_document(&endpoint, tag).await,
                Err(error) => Err(error),
            };
            match found {
                Ok((bytes, _)) => return Ok(Digest::of(&bytes)),
                Err(error) => last = error,
            }
        }
        Err(named(reference, last))
    }

    fn endpoint<'a>(
        &self,
        host: &'a RegistryHost,
        reference: &'a Reference,
        credentials: &'a Credentials,
    ) -> Result<Endpoint<'a>, ImageError> {
        let http = match host.tls == TlsOptions::default() {
            true => self.http.clone(),
            false => HttpClient::new(&host.tls)?,
        };
        Ok(Endpoint {
            host,
            http,
            repository: &reference.repository,
            credentials,
            token: parking_lot::Mutex::new(None),
        })
    }

    /// Fetches `wanted` and records it as `reference`.
    async fn pull_from(
        &self,
        endpoint: &Endpoint<'_>,
        wanted: &Reference,
        reference: &Reference,
    ) -> Result<Arc<ImageRecord>, ImageError> {
        let _work = self.store.work();
        let manifest_digest = self.fetch_manifest(endpoint, wanted).await?;
        let manifest: Manifest = parse(&self.store.read_document(&manifest_digest)?, "manifest", &manifest_digest)?;
        let mut fetches = Vec::new();
        let permits = Arc::new(tokio::sync::Semaphore::new(FETCHES_MAX));
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            let permits = Arc::clone(&permits);
            fetches.push(async move {
                let _permit = permits.acquire().await.expect("the semaphore is never closed");
                self.fetch_blob(endpoint, blob).await
            });
        }
        futures_util::future::try_join_all(fetches).await?;
        let (store, names) = (Arc::clone(&self.store), [reference.clone()]);
        let added = tokio::task::spawn_blocking(move || store.add_image(&manifest_digest, &names)).await;
        added.map_err(|error| ImageError::Unavailable(format!("unpack: {error}")))?
    }

    /// Fetches the manifest for this machine and keeps it as a blob.
    async fn fetch_manifest(&self, endpoint: &Endpoint<'_>, reference: &Reference) -> Result<Digest, ImageError> {
        let wanted = reference.digest.as_ref().map(Digest::to_string);
        let wanted = wanted.or_else(|| reference.tag.clone()).unwrap_or_else(|| "latest".into());
        let (bytes, media_type) = self.fetch_document(endpoint, &wanted).await?;
        check_digest(&bytes, reference.digest.as_ref())?;
        if !is_index(&bytes, &media_type) {
            return self.store.add_blob(&bytes);
        }
        let digest = Digest::of(&bytes);
        let index: Index = parse(&bytes, "index", &digest)?;
        let chosen = index.for_this_platform();
        let chosen = chosen.ok_or_else(|| ImageError::NotFound("no match for platform in manifest".into()))?;
        let (bytes, _) = self.fetch_document(endpoint, &chosen.digest.to_string()).await?;
        check_digest(&bytes, Some(&chosen.digest))?;
        self.store.add_blob(&bytes)
    }

    async fn fetch_document(&self, endpoint: &Endpoint<'_>, wanted: &str) -> Result<(Bytes, String), ImageError> {
        let accept = [INDEX_TYPES, MANIFEST_TYPES].concat().join(", ");
        let path = format!("manifests/{wanted}");
        let answer = self.get(endpoint, &path, vec![("accept", accept)]).await?;
        let media_type = answer.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        Ok((read_body(answer).await?, media_type))
    }

    async fn fetch_blob(&self, endpoint: &Endpoint<'_>, blob: &Descriptor) -> Result<(), ImageError> {
        if self.store.has_blob(&blob.digest) {
            return Ok(());
        }
        let path = format!("blobs/{}", blob.digest);
        let mut writer = self.store.write_blob()?;
        let mut received = 0_u64;
        for attempt in 1..=ATTEMPTS_MAX {
            let range = (received > 0).then(|| ("range", format!("bytes={received}-")));
            let answer = self.get(endpoint, &path, range.into_iter().collect()).await?;
            if received > 0 && answer.status() != StatusCode::PARTIAL_CONTENT {
                (writer, received) = (self.store.write_blob()?, 0);
            }
            match receive(answer, &mut writer, &mut received, blob.size).await {
                Ok(()) => break,
                Err(error) if attempt == ATTEMPTS_MAX || !matches!(error, ImageError::Unavailable(_)) => {
                    return Err(error);
                }
                Err(error) => tracing::info!(blob = %blob.digest, %error, received, "blob broke off, going on"),
            }
        }
        let finished = writer.finish()?;
        if finished.digest != blob.digest {
            return Err(ImageError::Invalid(format!("blob {} hashed to {}", blob.digest, finished.digest)));
        }
        self.store.keep_blob(finished).map(drop)
    }

    /// GETs below the repository; answers a challenge once.
    async fn get(
        &self,
        endpoint: &Endpoint<'_>,
        path: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Answer, ImageError> {
        let namespace = endpoint.host.stands_for.as_ref().map(|registry| format!("?ns={}", encode(registry)));
        let url = format!("{}/{}/{path}{}", endpoint.host.base, endpoint.repository, namespace.unwrap_or_default());
        for is_retry in [false, true] {
            let mut headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            headers.extend(endpoint.host.headers.iter().cloned());
            headers.extend(endpoint.authorization().map(|value| ("authorization".to_owned(), value)));
            let answer = endpoint.http.get(&url, &headers).await?;
            let status = answer.status();
            match status {
                _ if status.is_success() => return Ok(answer),
                StatusCode::NOT_FOUND => return Err(ImageError::NotFound(url)),
                StatusCode::UNAUTHORIZED if !is_retry => self.answer_challenge(endpoint, &answer).await?,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(ImageError::Unauthorized(format!("authorization failed: {url}: {status}")));
                }
                _ => {
                    return Err(ImageError::Unavailable(format!(
                        "unexpected status from GET request to {url}: {status}"
                    )));
                }
            }
        }
        Err(ImageError::Unauthorized(format!("authorization failed: {url}")))
    }

    async fn answer_challenge(&self, endpoint: &Endpoint<'_>, answer: &Answer) -> Result<(), ImageError> {
        let challenge = answer.headers().get(http::header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let refused =
            || ImageError::Unauthorized("pull access denied: authorization failed: no basic auth credentials".into());
        let (scheme, parameters) = parse_challenge(challenge.ok_or_else(refused)?);
        if scheme.eq_ignore_ascii_case("basic") {
            let Credentials::Basic(user, password) = endpoint.credentials else { return Err(refused()) };
            *endpoint.token.lock() = Some(basic(user, password));
            return Ok(());
        }
        let realm = parameters.get("realm").ok_or_else(refused)?;
        let scope = format!("repository:{}:pull", endpoint.repository);
        let scope = parameters.get("scope").unwrap_or(&scope);
        let service = parameters.get("service").map(|service| format!("&service={}", encode(service)));
        let url = format!("{realm}?scope={}{}", encode(scope), service.unwrap_or_default());
        let headers: Vec<_> = match endpoint.credentials {
            Credentials::Basic(user, password) => vec![("authorization".to_owned(), basic(user, password))],
            _ => vec![],
        };
        let answer = endpoint.http.get(&url, &headers).await?;
        if !answer.status().is_success() {
            return Err(ImageError::Unauthorized(format!(
                "failed to authorize: failed to fetch token: {}",
                answer.status()
            )));
        }
        let body: serde_json::Value = serde_json::from_slice(&read_body(answer).await?)
            .map_err(|error| ImageError::Unauthorized(format!("read token: {error}")))?;
        let token = ["token", "access_token"].iter().find_map(|key| body.get(*key)?.as_str());
        *endpoint.token.lock() = Some(format!("Bearer {}", token.ok_or_else(refused)?));
        Ok(())
    }
}

impl Endpoint<'_> {
    fn authorization(&self) -> Option<String> {
        match (&*self.token.lock(), self.credentials) {
            (Some(token), _) => Some(token.clone()),
            (None, Credentials::Token(token)) => Some(format!("Bearer {token}")),
            _ => None,
        }
    }
}

/// Writes a body as it comes; blocking writes are short, the page cache takes them.
async fn receive(
    answer: Answer,
    writer: &mut impl Write,
    received: &mut u64,
    bytes_max: u64,
) -> Result<(), ImageError> {
    let mut body = answer.into_body();
    loop {
        let frame = tokio::time::timeout(IDLE_TIMEOUT, body.frame()).await;
        let frame = frame.map_err(|_| ImageError::Unavailable("read blob: no data in time".into()))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| ImageError::Unavailable(format!("read blob: {error}")))?;
        let Some(data) = frame.data_ref() else { continue };
        *received += data.len() as u64;
        if *received > bytes_max {
            return Err(ImageError::Invalid(format!("blob is larger than the {bytes_max} bytes of its manifest")));
        }
        writer.write_all(data).map_err(ImageError::disk("write blob"))?;
    }
    match *received == bytes_max {
        true => Ok(()),
        false => Err(ImageError::Unavailable(format!("blob ended after {received} of {bytes_max} bytes"))),
    }
}

fn named(reference: &Reference, cause: ImageError) -> ImageError {
    let text = format!("failed to pull and unpack image \"{reference}\": ");
    match cause {
        ImageError::NotFound(cause) => {
            ImageError::NotFound(format!("{text}failed to resolve reference \"{reference}\": {cause}"))
        }
        ImageError::Unauthorized(cause) => ImageError::Unauthorized(format!("{text}{cause}")),
        ImageError::Unavailable(cause) => ImageError::Unavailable(format!("{text}{cause}")),
        ImageError::Invalid(cause) => ImageError::Invalid(format!("{text}{cause}")),
        other => other,
    }
}

fn check_digest(bytes: &[u8], wanted: Option<&Digest>) -> Result<(), ImageError> {
    let got = Digest::of(bytes);
    match wanted {
        Some(wanted) if *wanted != got => Err(ImageError::Invalid(format!("manifest {wanted} hashed to {got}"))),
        _ => Ok(()),
    }
}

fn is_index(bytes: &[u8], media_type: &str) -> bool {
    INDEX_TYPES.contains(&media_type) || serde_json::from_slice::<Index>(bytes).is_ok()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// `Bearer realm="…",service="…"` → scheme and parameters.
fn parse_challenge(text: &str) -> (&str, BTreeMap<String, String>) {
    let (scheme, mut rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let mut parameters = BTreeMap::new();
    while let Some((key, behind)) = rest.split_once('=') {
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => behind.split_once(',').map_or((behind, ""), |(value, _)| (value, &behind[value.len()..])),
        };
        parameters.insert(key.trim_matches([',', ' ']).to_ascii_lowercase(), value.to_owned());
        rest = behind;
    }
    (scheme, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_has_quoted_parameters() {
        let (scheme, parameters) =
            parse_challenge(r#"Bearer realm="https://a/t",service="reg,1",scope="repository:x:pull""#);
        assert_eq!(scheme, "Bearer");
        let got: Vec<_> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(got, ["realm=https://a/t", "scope=repository:x:pull", "service=reg,1"]);
    }
}
