//! An API server over a store in memory, asked in process and over TLS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use client::transport::{Response, ResponseBody};
use corten_apiserver::{ApiServer, Config, admission, build, loopback_user};
use datastore::{MemoryStorage, Storage};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use registry::request::UserInfo;
use registry::resource::Registry;
use rustls::pki_types::ServerName;
use serde_json::Value;
use streaming::tls::{ClientVerifier, ServingCertificate, client_config};
use tokio::net::{TcpListener, TcpStream};

pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        let key = KeyPair::generate().expect("key");
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("sign").pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// Certificate and key, PEM.
    pub fn leaf(&self, name: &str, groups: &[&str], hosts: &[&str]) -> (String, String) {
        let key = KeyPair::generate().expect("key");
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("params");
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        for group in groups {
            params.distinguished_name.push(DnType::OrganizationName, *group);
        }
        (params.signed_by(&key, &self.issuer).expect("sign").pem(), key.serialize_pem())
    }
}

pub struct Cluster {
    pub api: ApiServer,
    pub authority: Authority,
    pub storage: Arc<MemoryStorage>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// `404 NotFound: text`, or the code alone.
    pub fn line(&self) -> String {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(body) if body["status"] == "Failure" => {
                let (reason, message) = (body["reason"].as_str().unwrap_or(""), body["message"].as_str().unwrap_or(""));
                format!("{} {reason}: {message}", self.status.as_u16())
            }
            _ => self.status.as_u16().to_string(),
        }
    }
}

pub async fn cluster() -> Cluster {
    let cluster = cluster_before_bootstrap().await;
    cluster.api.bootstrap().await.expect("bootstraps");
    cluster
}

pub async fn cluster_before_bootstrap() -> Cluster {
    cluster_with(|_, _| {}).await
}

pub async fn cluster_with(configure: impl FnOnce(&Authority, &mut Config)) -> Cluster {
    let authority = Authority::new();
    let storage = Arc::new(MemoryStorage::new());
    let chain = admission::chain();
    let store: Arc<dyn Storage> = storage.clone();
    let registry = Registry::open(store, chain.clone(), registry::config::Config::default()).await.expect("opens");
    let (certificate, key) = authority.leaf("kube-apiserver", &[], &["localhost"]);
    let certificate = ServingCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).expect("key");
    let client_ca = ClientVerifier::from_pem(authority.pem.as_bytes()).expect("CA");
    let account_key = KeyPair::generate().expect("key").serialize_pem().into_bytes();
    let mut config = Config::new(certificate, client_ca, IpAddr::from([192, 0, 2, 1]), account_key);
    config.static_tokens = Some("janetoken,jane,1,\"dev\"\n".into());
    configure(&authority, &mut config);
    let api = build(config, registry, chain).expect("builds");
    Cluster { api, authority, storage }
}

pub fn user(name: &str, groups: &[&str]) -> UserInfo {
    let mut groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    groups.push("system:authenticated".into());
    UserInfo { name: name.into(), groups, ..UserInfo::default() }
}

impl Cluster {
    /// Asks in process: `METHOD path`, then headers and an empty line, or the body at once.
    pub async fn ask_as(&self, user: UserInfo, request: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let response = self.send(user, request, headers, body).await;
        let body = match response.body {
            ResponseBody::Full(bytes) => bytes,
            ResponseBody::Chunks(mut chunks) => {
                let mut all = Vec::new();
                while let Some(Ok(piece)) = chunks.recv().await {
                    all.extend_from_slice(&piece);
                }
                all.into()
            }
            ResponseBody::Watch(_) => panic!("a watch is no whole answer"),
        };
        Answer { status: response.status, headers: response.headers, body }
    }

    pub async fn send(&self, user: UserInfo, request: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let (method, uri) = request.split_once(' ').expect("method and path");
        let mut builder = Request::builder().method(method.parse::<Method>().expect("method")).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Bytes::copy_from_slice(body.as_bytes())).expect("request");
        self.api.transport(user).send(request).await.expect("answered")
    }

    /// Asks as the server itself, with JSON.
    pub async fn ask(&self, request: &str, body: &str) -> Answer {
        self.ask_as(loopback_user(), request, &[("content-type", "application/json")], body).await
    }

    /// Serves TLS on loopback until the test ends.
    pub async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        let api = self.api.clone();
        tokio::spawn(async move { api.serve(listener, std::future::pending()).await });
        address
    }

    /// Asks over TLS and HTTP/2.
    pub async fn ask_tls(
        &self,
        address: SocketAddr,
        identity: Option<&(String, String)>,
        request: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let identity = identity.map(|(certificate, key)| (certificate.as_bytes(), key.as_bytes()));
        let config = client_config(self.authority.pem.as_bytes(), identity, &[b"h2"]).expect("config");
        let socket = TcpStream::connect(address).await.expect("connect");
        let name = ServerName::try_from("localhost").expect("name");
        let stream = tokio_rustls::TlsConnector::from(config).connect(name, socket).await.expect("handshake");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("h2");
        tokio::spawn(connection);
        let (method, path) = request.split_once(' ').expect("method and path");
        let mut builder = Request::builder().method(method).uri(format!("https://localhost{path}"));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).expect("request");
        let response = sender.send_request(request).await.expect("answered");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}
