//! HTTP requests of probes and hooks: plain, without proxies, certificates unchecked, errors in Go's words.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, HTTPGetAction};
use api::k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use bytes::Bytes;
use http::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use streaming::tls::unverified_client_config;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer's body that are read (upstream's).
const BODY_BYTES_MAX: usize = 10 * 1_024;
/// Redirects that are followed on the same host (upstream's).
const REDIRECTS_MAX: usize = 10;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTarget {
    /// Whether TLS is used.
    pub is_https: bool,
    /// Address or name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path with query.
    pub path: String,
    /// Headers.
    pub headers: HeaderMap,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// The beginning of the body.
    pub body: String,
}

impl HttpTarget {
    /// Of a probe's or hook's action; `purpose` names the client (`probe`, `lifecycle`). The error is upstream's text.
    pub fn new(action: &HTTPGetAction, container: &Container, pod_ip: &str, purpose: &str) -> Result<Self, String> {
        let host = action.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(pod_ip);
        let path = action.path.as_deref().unwrap_or("");
        Ok(HttpTarget {
            is_https: action.scheme.as_deref().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            host: host.to_owned(),
            port: port_number(&action.port, container)?,
            path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
            headers: headers(action, purpose)?,
        })
    }

    /// The URL.
    pub fn url(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.path)
    }

    fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

fn headers(action: &HTTPGetAction, purpose: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for header in action.http_headers.iter().flatten() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_str(&header.value).map_err(|error| error.to_string())?;
        headers.append(name, value);
    }
    let agent = HeaderValue::from_str(&format!("kube-{purpose}/1.36")).map_err(|error| error.to_string())?;
    headers.entry(USER_AGENT).or_insert(agent);
    match headers.get(ACCEPT).map(|value| value.is_empty()) {
        None => drop(headers.insert(ACCEPT, HeaderValue::from_static("*/*"))),
        Some(true) => drop(headers.remove(ACCEPT)),
        Some(false) => {}
    }
    Ok(headers)
}

/// A port by number or by its name in the container's list; the error is upstream's text.
pub fn port_number(port: &IntOrString, container: &Container) -> Result<u16, String> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let named = container.ports.iter().flatten().find(|port| port.name.as_deref() == Some(name));
            match named {
                Some(port) => port.container_port,
                None => name.parse().map_err(|_| format!("couldn't find port: \"{name}\" in container"))?,
            }
        }
    };
    u16::try_from(number).ok().filter(|port| *port > 0).ok_or_else(|| format!("invalid port number: {number}"))
}

/// An address from a host; names other than those of this machine are not looked up.
pub fn address(host: &str, port: u16) -> Result<SocketAddr, String> {
    let ip: IpAddr = match host {
        "localhost" => IpAddr::from([127, 0, 0, 1]),
        _ => host.parse().map_err(|_| format!("lookup {host}: no such host"))?,
    };
    Ok(SocketAddr::new(ip, port))
}

/// Connects; the error is Go's text.
pub async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let address = address(host, port).map_err(|error| format!("dial tcp: {error}"))?;
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|error| format!("dial tcp {address}: connect: {}", os_text(&error)))?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// An operating system's error in Go's words: `connection refused`.
pub fn os_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Sends the request, follows redirects on the same host, reads the answer; the error is Go's text.
pub async fn get(target: &HttpTarget, timeout: Duration) -> Result<HttpAnswer, String> {
    let fail = |text: String| format!("Get \"{}\": {text}", target.url());
    match tokio::time::timeout(timeout, follow(target.clone())).await {
        Ok(answer) => answer.map_err(fail),
        Err(_) => Err(fail("context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned())),
    }
}

async fn follow(mut target: HttpTarget) -> Result<HttpAnswer, String> {
    for _ in 0..=REDIRECTS_MAX {
        let (answer, location) = once(&target).await?;
        let next = location.filter(|_| (300..400).contains(&answer.status)).and_then(|to| redirect(&target, &to));
        match next {
            Some(next) if next.host == target.host => target = next,
            _ => return Ok(answer),
        }
    }
    Err(format!("stopped after {REDIRECTS_MAX} redirects"))
}

/// Where a `Location` leads.
fn redirect(from: &HttpTarget, location: &str) -> Option<HttpTarget> {
    let mut to = from.clone();
    if location.starts_with('/') {
        to.path = location.to_owned();
        return Some(to);
    }
    let url: http::Uri = location.parse().ok()?;
    to.is_https = url.scheme_str()? == "https";
    to.host = url.host()?.to_owned();
    to.port = url.port_u16().unwrap_or(if to.is_https { 443 } else { 80 });
    to.path = url.path_and_query().map_or("/".into(), ToString::to_string);
    Some(to)
}

async fn once(target: &HttpTarget) -> Result<(HttpAnswer, Option<String>), String> {
    let stream = connect(&target.host, target.port).await?;
    match target.is_https {
        false => exchange(target, stream).await,
        true => {
            let name = ServerName::try_from(target.host.clone()).map_err(|error| error.to_string())?;
            let connector = TlsConnector::from(unchecked_tls());
            let stream = connector.connect(name, stream).await.map_err(|error| match error.to_string() {
                text if text.contains("corrupt message") => {
                    "http: server gave HTTP response to HTTPS client".to_owned()
                }
                text => text,
            })?;
            exchange(target, stream).await
        }
    }
}

async fn exchange<Io>(target: &HttpTarget, stream: Io) -> Result<(HttpAnswer, Option<String>), String>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
    let task = tokio::spawn(connection);
    let mut request =
        Request::get(target.path.as_str()).body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    *request.headers_mut() = target.headers.clone();
    if !request.headers().contains_key(HOST) {
        let host = HeaderValue::from_str(&target.authority()).map_err(|error| error.to_string())?;
        request.headers_mut().insert(HOST, host);
    }
    let answer = sender.send_request(request).await;
    let answer = match answer {
        Ok(answer) => read(answer).await,
        Err(error) if error.is_incomplete_message() => Err("EOF".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    task.abort();
    answer
}

async fn read(answer: http::Response<Incoming>) -> Result<(HttpAnswer, Option<String>), String> {
    let status = answer.status().as_u16();
    let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Limited::new(answer.into_body(), BODY_BYTES_MAX);
    let mut bytes = Vec::new();
    // A longer body is cut, a broken one is as good as ended.
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok((HttpAnswer { status, body: String::from_utf8_lossy(&bytes).into_owned() }, location))
}

/// Takes every certificate: a probe asks whether a server answers, not who it is.
fn unchecked_tls() -> Arc<ClientConfig> {
    static CONFIG: LazyLock<Arc<ClientConfig>> =
        LazyLock::new(|| unverified_client_config(None).expect("the provider has suites for the default versions"));
    Arc::clone(&CONFIG)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn answering(answers: Vec<&'static str>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            for answer in answers {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut request = vec![0; 4_096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        port
    }

    fn target(port: u16) -> HttpTarget {
        let action = HTTPGetAction { port: IntOrString::Int(i32::from(port)), ..HTTPGetAction::default() };
        HttpTarget::new(&action, &Container::default(), "127.0.0.1", "probe").expect("a target")
    }

    #[tokio::test]
    async fn a_redirect_on_the_same_host_is_followed() {
        let port = answering(vec![
            "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        ])
        .await;
        let answer = get(&target(port), Duration::from_secs(5)).await.expect("an answer");
        assert_eq!(answer, HttpAnswer { status: 200, body: "hi".into() });
    }

    #[tokio::test]
    async fn errors_are_told_in_gos_words() {
        let port = answering(vec![]).await;
        tokio::task::yield_now().await;
        let mut nobody = target(port);
        nobody.port = 1;
        let error = get(&nobody, Duration::from_secs(5)).await.expect_err("nobody listens");
        assert_eq!(error, "Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused");
    }
}
