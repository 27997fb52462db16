//! Logs and exec through the API server to a kubelet: a real TLS socket that plays one.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::cluster::{Cluster, cluster_with};
use bytes::Bytes;
use corten_apiserver::{KubeletClientConfig, loopback_user};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::json;
use streaming::remote_command::client::{self, Event};
use streaming::remote_command::server::{RequestedStreams, Session};
use streaming::remote_command::{ExitStatus, Protocol};
use streaming::serve::{Acceptor, Answer, ClientCertificate, Connection, Handler, ServeLimits, full_body, serve};
use streaming::tls::{ClientVerifier, ServingCertificate, client_config, server_tls};
use streaming::upgrade::{accept_headers, offered_protocols, request_headers};
use tokio::net::{TcpListener, TcpStream};

/// Answers logs with what was asked, and exec with an echo of its input.
struct FakeKubelet;

struct FakeKubeletConnection {
    is_known: bool,
}

impl Acceptor for FakeKubelet {
    fn accept(&self, connection: Connection) -> Arc<dyn Handler> {
        let is_known = matches!(connection.client_certificate, ClientCertificate::Trusted(_));
        Arc::new(FakeKubeletConnection { is_known })
    }
}

impl Handler for FakeKubeletConnection {
    fn handle(&self, mut request: Request<Incoming>) -> Answer {
        let is_known = self.is_known;
        Box::pin(async move {
            let asked = request.uri().to_string();
            let mut response = Response::new(full_body(format!("{asked}\n")));
            if !is_known {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            } else if asked.contains("/waiting") {
                *response.status_mut() = StatusCode::BAD_REQUEST;
                *response.body_mut() = full_body("container \"waiting\" in pod \"web\" is waiting to start");
            } else if asked.starts_with("/exec/") {
                let protocol = Protocol::choose(&offered_protocols(request.headers())).expect("a known protocol");
                let streams = RequestedStreams::from_query(request.uri().query().unwrap_or(""));
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                *response.headers_mut() = accept_headers(request.headers(), Some(protocol.name())).expect("a key");
                *response.body_mut() = full_body(Bytes::new());
                let upgrade = hyper::upgrade::on(&mut request);
                tokio::spawn(async move {
                    let io = TokioIo::new(upgrade.await.expect("upgraded"));
                    echo(Session::start(Box::new(io), protocol, streams).await).await;
                });
            }
            response
        })
    }
}

async fn echo(mut session: Session) {
    let mut stdin = session.stdin.take().expect("stdin was asked for");
    while let Some(bytes) = stdin.recv().await {
        session.output.stdout(&bytes).await.expect("the client listens");
    }
    session.finish(&ExitStatus::Code(7)).await;
}

/// A cluster with a node (the fake kubelet) and a Pod of two containers on it.
async fn cluster() -> Cluster {
    let cluster = cluster_with(|authority, config| {
        let (certificate, key) = authority.leaf("kube-apiserver-kubelet-client", &[], &[]);
        config.kubelet_client = Some(KubeletClientConfig {
            ca_pem: authority.pem.clone().into_bytes(),
            certificate_pem: certificate.into_bytes(),
            key_pem: key.into_bytes(),
        });
    })
    .await;
    cluster.api.bootstrap().await.expect("bootstraps");
    let port = start_kubelet(&cluster).await.port();
    let node = json!({"metadata": {"name": "n1"}}).to_string();
    assert_eq!(cluster.ask("POST /api/v1/nodes", &node).await.line(), "201");
    let status = json!({"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}});
    let patch = [("content-type", "application/merge-patch+json")];
    let patched = cluster.ask_as(loopback_user(), "PATCH /api/v1/nodes/n1/status", &patch, &status.to_string()).await;
    assert_eq!(patched.line(), "200");
    cluster.ask("POST /api/v1/namespaces/default/serviceaccounts", r#"{"metadata":{"name":"default"}}"#).await;
    for (name, node) in [("web", Some("n1")), ("pending", None)] {
        let containers = json!([{"name": "a", "image": "x"}, {"name": "waiting", "image": "x"}]);
        let mut pod = json!({"metadata": {"name": name}, "spec": {"containers": containers}});
        if let Some(node) = node {
            pod["spec"]["nodeName"] = node.into();
        }
        assert_eq!(cluster.ask("POST /api/v1/namespaces/default/pods", &pod.to_string()).await.line(), "201");
    }
    cluster
}

async fn start_kubelet(cluster: &Cluster) -> SocketAddr {
    let (certificate, key) = cluster.authority.leaf("system:node:n1", &[], &["127.0.0.1"]);
    let certificate = ServingCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).expect("key");
    let clients = ClientVerifier::from_pem(cluster.authority.pem.as_bytes()).expect("CA");
    let tls = server_tls(certificate, Some(clients)).expect("TLS");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    tokio::spawn(serve(listener, Some(tls), Arc::new(FakeKubelet), ServeLimits::default(), std::future::pending()));
    address
}

#[tokio::test]
async fn logs_are_piped_and_refusals_keep_their_text() {
    let cluster = cluster().await;
    let log = "GET /api/v1/namespaces/default/pods/web/log";
    let answer = cluster.ask(&format!("{log}?container=a&follow=true&tailLines=5"), "").await;
    assert_eq!(&answer.body[..], b"/containerLogs/default/web/a?follow=true&tailLines=5\n");
    assert_eq!(answer.headers["content-type"], "text/plain");
    let waiting = cluster.ask(&format!("{log}?container=waiting"), "").await;
    assert_eq!(waiting.line(), "400 BadRequest: container \"waiting\" in pod \"web\" is waiting to start");
    assert_eq!(
        cluster.ask(log, "").await.line(),
        "400 BadRequest: a container name must be specified for pod web, choose one of: [a waiting]"
    );
    assert_eq!(cluster.ask(&log.replace("web", "pending"), "").await.status, 400);
    assert_eq!(cluster.ask(&format!("{}?container=a", log.replace("web", "pending")), "").await.status, 204);
    assert_eq!(cluster.ask(&log.replace("web", "gone"), "").await.line(), "404 NotFound: pods \"gone\" not found");
}

#[tokio::test]
async fn exec_is_piped_both_ways_to_its_exit_code() {
    let cluster = cluster().await;
    let address = cluster.listen().await;
    let admin = cluster.authority.leaf("admin", &["system:masters"], &[]);
    let identity = Some((admin.0.as_bytes(), admin.1.as_bytes()));
    let config = client_config(cluster.authority.pem.as_bytes(), identity, &[b"http/1.1"]).expect("config");
    let socket = TcpStream::connect(address).await.expect("connect");
    let name = ServerName::try_from("localhost").expect("name");
    let stream = tokio_rustls::TlsConnector::from(config).connect(name, socket).await.expect("handshake");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("h1");
    tokio::spawn(connection.with_upgrades());
    let query = "container=a&command=cat&command=-u&stdin=true&stdout=true";
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(format!("/api/v1/namespaces/default/pods/web/exec?{query}"))
        .body(Empty::<Bytes>::new())
        .expect("request");
    *request.headers_mut() = request_headers(&["v5.channel.k8s.io", "v4.channel.k8s.io"]);
    request.headers_mut().insert("host", http::HeaderValue::from_static("localhost"));
    let mut response = sender.send_request(request).await.expect("answered");
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let body = response.into_body().collect().await.expect("body").to_bytes();
        panic!("{}", String::from_utf8_lossy(&body));
    }
    assert_eq!(response.headers()["sec-websocket-protocol"], "v5.channel.k8s.io");
    let io = TokioIo::new(hyper::upgrade::on(&mut response).await.expect("upgraded"));
    let (mut stdin, mut output) = client::start(Box::new(io), Protocol::V5).await;
    stdin.stdin(b"hello").await.expect("open");
    assert_eq!(output.next().await.expect("open"), Some(Event::Stdout(Bytes::from_static(b"hello"))));
    stdin.close_stdin().await.expect("open");
    assert_eq!(output.next().await.expect("open"), Some(Event::Ended(ExitStatus::Code(7))));
}

#[tokio::test]
async fn exec_without_upgrade_or_place_is_refused() {
    let cluster = cluster().await;
    let exec = "POST /api/v1/namespaces/default/pods/web/exec?container=a&command=true";
    assert_eq!(cluster.ask(exec, "").await.line(), "400 BadRequest: Upgrade request required");
    let pending = exec.replace("web", "pending");
    assert_eq!(cluster.ask(&pending, "").await.line(), "400 BadRequest: pod pending does not have a host assigned");
}
