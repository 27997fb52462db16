//! The serve loop over loopback: TLS, both HTTP versions, client certificates, drain, upgrade.

use std::sync::Arc;

use corten_streaming::serve::{
    Acceptor, Answer, ClientCertificate, Connection, Handler, ServeLimits, full_body, serve,
};
use corten_streaming::tls::{ClientVerifier, ServingCertificate, client_config, server_tls};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

struct Echo;

struct EchoConnection(Connection);

impl Acceptor for Echo {
    fn accept(&self, connection: Connection) -> Arc<dyn Handler> {
        Arc::new(EchoConnection(connection))
    }
}

impl Handler for EchoConnection {
    fn handle(&self, request: Request<Incoming>) -> Answer {
        let who = match &self.0.client_certificate {
            ClientCertificate::None => "nobody",
            ClientCertificate::Trusted(_) => "trusted",
            ClientCertificate::Untrusted { .. } => "stranger",
        };
        let text = format!("{:?} {} {who}", request.version(), request.uri().path());
        Box::pin(async move { Response::new(full_body(text)) })
    }
}

struct Pki {
    ca: String,
    server: (String, String),
    client: (String, String),
    stranger: (String, String),
}

fn pki() -> Pki {
    let ca_key = rcgen::KeyPair::generate().expect("key");
    let mut ca = rcgen::CertificateParams::new(vec![]).expect("params");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_cert = ca.self_signed(&ca_key).expect("sign");
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let leaf = |name: &str| {
        let key = rcgen::KeyPair::generate().expect("key");
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("params");
        (params.signed_by(&key, &issuer).expect("sign").pem(), key.serialize_pem())
    };
    let stranger = rcgen::generate_simple_self_signed(vec!["x".into()]).expect("make");
    Pki {
        ca: ca_cert.pem(),
        server: leaf("localhost"),
        client: leaf("client"),
        stranger: (stranger.cert.pem(), stranger.signing_key.serialize_pem()),
    }
}

async fn start(pki: &Pki) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let certificate = ServingCertificate::from_pem(pki.server.0.as_bytes(), pki.server.1.as_bytes()).expect("key");
    let clients = ClientVerifier::from_pem(pki.ca.as_bytes()).expect("CA");
    let tls = server_tls(certificate, Some(clients)).expect("TLS");
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, Some(tls), Arc::new(Echo), ServeLimits::default(), async {
        let _ = stopped.await;
    }));
    (address, stop, task)
}

async fn ask(address: std::net::SocketAddr, pki: &Pki, identity: Option<&(String, String)>, alpn: &[u8]) -> String {
    let identity = identity.map(|(certificate, key)| (certificate.as_bytes(), key.as_bytes()));
    let config = client_config(pki.ca.as_bytes(), identity, &[alpn]).expect("config");
    let socket = TcpStream::connect(address).await.expect("connect");
    let name = ServerName::try_from("localhost").expect("name");
    let stream = TlsConnector::from(config).connect(name, socket).await.expect("handshake");
    let request = Request::builder().uri("http://localhost/x").body(Empty::<bytes::Bytes>::new()).expect("request");
    let response = if alpn == b"h2" {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("h2");
        tokio::spawn(connection);
        sender.send_request(request).await.expect("answer")
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("h1");
        tokio::spawn(connection);
        sender.send_request(request).await.expect("answer")
    };
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.expect("body").to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}

#[tokio::test]
async fn both_versions_and_all_kinds_of_clients_are_served_and_stop_drains() {
    let pki = pki();
    let (address, stop, task) = start(&pki).await;
    assert_eq!(ask(address, &pki, None, b"http/1.1").await, "HTTP/1.1 /x nobody");
    assert_eq!(ask(address, &pki, Some(&pki.client), b"h2").await, "HTTP/2.0 /x trusted");
    assert_eq!(ask(address, &pki, Some(&pki.stranger), b"h2").await, "HTTP/2.0 /x stranger");
    stop.send(()).expect("serving");
    task.await.expect("the loop ends");
    assert!(TcpStream::connect(address).await.is_err());
}
