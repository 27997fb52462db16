//! A webhook on loopback: TLS, one function that answers, and what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use serde_json::{Value, json};
use streaming::tls::{ServingCertificate, provider};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::cluster::Authority;

/// Answers a review's `request`, given the path, with the `response`.
type Answer = dyn Fn(&str, &Value) -> Value + Send + Sync;

pub struct WebhookServer {
    pub address: SocketAddr,
    /// CA bundle in base64.
    pub bundle: String,
    /// Every review's `request`.
    pub asked: Arc<Mutex<Vec<Value>>>,
}

impl WebhookServer {
    /// Serves until the test ends. A path of `/hang` is never answered, `/broken` with 500.
    pub async fn start(answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> WebhookServer {
        let authority = Authority::new();
        let (certificate, key) = authority.leaf("webhook", &[], &["localhost"]);
        WebhookServer::serve(&certificate, &key, authority.pem, answer).await
    }

    /// The same with a certificate that signed itself, and is the whole bundle.
    pub async fn self_signed(answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> WebhookServer {
        let key = KeyPair::generate().expect("key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("sign").pem();
        WebhookServer::serve(&certificate, &key.serialize_pem(), certificate.clone(), answer).await
    }

    async fn serve(
        certificate: &str,
        key: &str,
        bundle: String,
        answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static,
    ) -> WebhookServer {
        let certificate = ServingCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).expect("key");
        let tls = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let tls = tls.expect("versions").with_no_client_auth().with_cert_resolver(certificate);
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log): (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, answer, log) = (acceptor.clone(), Arc::clone(&answer), Arc::clone(&log));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let service = service_fn(|request| serve(request, Arc::clone(&answer), Arc::clone(&log)));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        WebhookServer { address, bundle: STANDARD.encode(bundle), asked }
    }

    /// A `clientConfig` for a path.
    pub fn client(&self, path: &str) -> Value {
        json!({"url": self.url(path), "caBundle": self.bundle})
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// What it was asked since the last call.
    pub fn take_asked(&self) -> Vec<Value> {
        std::mem::take(&mut *self.asked.lock().expect("not poisoned"))
    }
}

async fn serve(
    request: Request<Incoming>,
    answer: Arc<Answer>,
    log: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/hang" => std::future::pending::<()>().await,
        "/broken" => {
            let body = Full::new(Bytes::from_static(b"boom"));
            return Ok(Response::builder().status(500).body(body).expect("a response"));
        }
        _ => {}
    }
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let review: Value = serde_json::from_slice(&body).expect("JSON");
    let asked = &review["request"];
    log.lock().expect("not poisoned").push(asked.clone());
    let mut response = answer(&path, asked);
    response["uid"] = asked["uid"].clone();
    let review = json!({"kind": review["kind"], "apiVersion": review["apiVersion"], "response": response});
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(review.to_string())))
        .expect("a response"))
}
