use std::convert::Infallible;

use hyper::server::conn::{http1 as server_http1, http2 as server_http2};
use hyper::service::service_fn;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::client::Client;
use crate::resources::PODS;
use crate::watch::WatchStream;

#[test]
fn a_server_needs_https_and_may_be_ipv6() {
    assert_eq!(split_server("https://[::1]:6443").expect("a good server"), ("::1".to_owned(), 6443));
    assert_eq!(split_server("https://a/").expect("a good server"), ("a".to_owned(), 443));
    assert!(split_server("http://a").is_err());
}

#[test]
fn names_come_from_the_hosts_file() {
    let hosts = "127.0.0.1 localhost # here\n10.0.0.2\tapi api.local\n";
    assert_eq!(find_host(hosts, "api.local"), Some(IpAddr::from([10, 0, 0, 2])));
    assert_eq!(find_host(hosts, "here"), None);
}

#[test]
fn only_watches_and_followed_logs_are_streamed() {
    assert!(is_streaming("a=1&watch=true"));
    assert!(is_streaming("follow=true"));
    assert!(!is_streaming("labelSelector=watch"));
}

/// Keys of one test: a CA, and what it signed.
struct Keys {
    ca: String,
    server: (String, String),
    client: (String, String),
}

fn keys() -> Keys {
    let ca_key = KeyPair::generate().expect("keys can be made");
    let mut ca = CertificateParams::new(Vec::new()).expect("no names");
    ca.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).expect("it signs itself").pem();
    let issuer = Issuer::new(ca, ca_key);
    let signed = |names: Vec<String>, usage: ExtendedKeyUsagePurpose| {
        let key = KeyPair::generate().expect("keys can be made");
        let mut params = CertificateParams::new(names).expect("good names");
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &issuer).expect("the CA signs");
        (certificate.pem(), key.serialize_pem())
    };
    Keys {
        server: signed(vec!["localhost".into()], ExtendedKeyUsagePurpose::ServerAuth),
        client: signed(vec!["admin".into()], ExtendedKeyUsagePurpose::ClientAuth),
        ca: ca_pem,
    }
}

/// Serves on loopback with this protocol; answers with what it was asked, and `watch` in pieces.
async fn serve(keys: &Keys, protocol: &'static [u8]) -> u16 {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(keys.ca.as_bytes()).expect("just made");
    roots.add(ca).expect("it is a CA");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain = vec![CertificateDer::from_pem_slice(keys.server.0.as_bytes()).expect("just made")];
    let key = PrivateKeyDer::from_pem_slice(keys.server.1.as_bytes()).expect("just made");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_client_cert_verifier(verifier.build().expect("there is a root"))
        .with_single_cert(chain, key)
        .expect("key and certificate fit");
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((socket, _)) = listener.accept().await {
            connections += 1;
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(socket).await else { return };
                let service = service_fn(move |request| answer(request, connections));
                let stream = TokioIo::new(stream);
                if protocol == b"h2" {
                    let server = server_http2::Builder::new(TokioExecutor::new());
                    drop(server.serve_connection(stream, service).await);
                } else {
                    drop(server_http1::Builder::new().serve_connection(stream, service).await);
                }
            });
        }
    });
    port
}

async fn answer(request: http::Request<Incoming>, connection: u32) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let body = match request.uri().query() {
        Some("watch=true") => r#"{"type":"DELETED","object":{"metadata":{"name":"x","resourceVersion":"7"}}}"#.into(),
        _ => format!("{} {} {connection}", request.uri().path(), token.unwrap_or("-")),
    };
    Ok(http::Response::new(Full::new(Bytes::from(body))))
}

async fn talk(protocol: &'static [u8]) {
    let keys = keys();
    let port = serve(&keys, protocol).await;
    let options = TlsOptions {
        server: format!("https://127.0.0.1:{port}"),
        ca_pem: keys.ca.into_bytes(),
        server_name: Some("localhost".into()),
        client_pem: Some((keys.client.0.into_bytes(), keys.client.1.into_bytes())),
        token: Some("secret".into()),
    };
    let client = Client::new(Arc::new(TlsTransport::new(&options).expect("good options")), "test");
    for _ in 0..2 {
        let answer = client.get(PODS, "a", "x").await.expect("the server answers");
        assert_eq!(answer, "/api/v1/namespaces/a/pods/x Bearer secret 1", "one connection is kept");
    }
    let mut watch = WatchStream::open(&client, "/api/v1/pods?watch=true").await.expect("a watch");
    let frame = watch.next().await.expect("one event").expect("a good event");
    assert_eq!(frame.revision, 7);
    assert!(watch.next().await.is_none(), "then the server closes it");
}

#[tokio::test]
async fn http2_shares_one_connection() {
    talk(b"h2").await;
}

#[tokio::test]
async fn http1_keeps_its_connection() {
    talk(b"http/1.1").await;
}

#[tokio::test]
async fn a_server_of_another_ca_is_refused() {
    let port = serve(&keys(), b"h2").await;
    let options = TlsOptions {
        server: format!("https://localhost:{port}"),
        ca_pem: keys().ca.into_bytes(),
        ..TlsOptions::default()
    };
    let client = Client::new(Arc::new(TlsTransport::new(&options).expect("good options")), "test");
    let error = client.get(PODS, "a", "x").await.expect_err("the CA is another").to_string();
    assert!(error.starts_with(&format!("connect to localhost:{port}: ")), "{error}");
}
