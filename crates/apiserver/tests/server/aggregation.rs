//! A group version that another server serves, behind a Service: a real TLS socket plays that server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use corten_apiserver::{FrontProxyConfig, loopback_user};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use streaming::serve::{Acceptor, Answer, ClientCertificate, Connection, Handler, ServeLimits, full_body, serve};
use streaming::tls::{ClientVerifier, ServingCertificate, server_tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::cluster::{Authority, Cluster, cluster_with, user};

const GROUP: &str = "wardle.example.com";
const BASE: &str = "/apis/wardle.example.com/v1alpha1";

/// What the other server serves, and whether it does.
#[derive(Default)]
struct Wardle {
    is_down: AtomicBool,
    is_old: bool,
}

struct WardleConnection {
    server: Arc<Wardle>,
    is_known: bool,
}

struct Door(Arc<Wardle>);

impl Acceptor for Door {
    fn accept(&self, connection: Connection) -> Arc<dyn Handler> {
        let is_known = matches!(connection.client_certificate, ClientCertificate::Trusted(_));
        Arc::new(WardleConnection { server: Arc::clone(&self.0), is_known })
    }
}

impl Handler for WardleConnection {
    fn handle(&self, mut request: Request<Incoming>) -> Answer {
        let answer = match (self.is_known, self.server.is_down.load(Ordering::Relaxed)) {
            (false, _) => (StatusCode::UNAUTHORIZED, "application/json", "{}".to_owned()),
            (true, true) => (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "down".to_owned()),
            (true, false) => self.server.answer(&request),
        };
        Box::pin(async move {
            if request.uri().path().ends_with("/upgrade") {
                let upgrade = hyper::upgrade::on(&mut request);
                tokio::spawn(async move { echo(upgrade).await });
                let mut response = Response::new(full_body(Bytes::new()));
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                response.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
                response.headers_mut().insert("upgrade", HeaderValue::from_static("echo"));
                return response;
            }
            let (status, content_type, body) = answer;
            let mut response = Response::new(full_body(body));
            *response.status_mut() = status;
            response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
            if status.is_redirection() {
                response.headers_mut().insert("location", HeaderValue::from_static("https://elsewhere/"));
            }
            response
        })
    }
}

async fn echo(upgrade: hyper::upgrade::OnUpgrade) {
    let mut io = TokioIo::new(upgrade.await.expect("upgraded"));
    let mut bytes = [0; 5];
    io.read_exact(&mut bytes).await.expect("the client speaks first");
    io.write_all(&bytes).await.expect("the client listens");
}

impl Wardle {
    fn answer(&self, request: &Request<Incoming>) -> (StatusCode, &'static str, String) {
        const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let ok = |body: Value| (StatusCode::OK, "application/json", body.to_string());
        match request.uri().path() {
            "/apis" if !self.is_old => (StatusCode::OK, AGGREGATED, aggregated().to_string()),
            BASE => ok(json!({"kind": "APIResourceList", "groupVersion": format!("{GROUP}/v1alpha1"), "resources": [
                {"name": "flunders", "singularName": "flunder", "namespaced": true, "kind": "Flunder", "verbs": ["get"]},
            ]})),
            "/openapi/v2" => ok(json!({
                "paths": {format!("{BASE}/flunders"): {"get": {"responses": {"200": {"description": "OK",
                    "schema": {"$ref": "#/definitions/com.example.wardle.Flunder"}}}}}},
                "definitions": {"com.example.wardle.Flunder": {"type": "object"}},
            })),
            path if path.ends_with("/elsewhere") => (StatusCode::FOUND, "text/plain", String::new()),
            path if path.starts_with(BASE) => {
                let remote = |(name, value): (&http::HeaderName, &HeaderValue)| {
                    let is_about_user = name.as_str().starts_with("x-remote-") || name == "authorization";
                    is_about_user.then(|| format!("{name}={}", value.to_str().unwrap_or("")))
                };
                let headers: Vec<String> = request.headers().iter().filter_map(remote).collect();
                ok(json!({"method": request.method().as_str(), "uri": request.uri().to_string(), "headers": headers}))
            }
            _ => (StatusCode::NOT_FOUND, "text/plain", "404 page not found".to_owned()),
        }
    }
}

fn aggregated() -> Value {
    json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": GROUP}, "versions": [
        {"version": "v1alpha1", "freshness": "Current", "resources": [
            {"resource": "flunders", "scope": "Namespaced", "singularResource": "flunder", "verbs": ["get"],
                "responseKind": {"group": GROUP, "version": "v1alpha1", "kind": "Flunder"}},
        ]},
    ]}]})
}

/// A cluster that can prove itself to the other server, and the authority that it does that with.
async fn cluster() -> (Cluster, Authority) {
    let front_proxy = Authority::new();
    let (certificate, key) = front_proxy.leaf("front-proxy-client", &[], &[]);
    let config = FrontProxyConfig {
        ca_pem: front_proxy.pem.clone().into_bytes(),
        allowed_names: vec!["front-proxy-client".into()],
        certificate_pem: certificate.into_bytes(),
        key_pem: key.into_bytes(),
    };
    let cluster = cluster_with(|authority, settings| {
        settings.client_ca_pem = authority.pem.clone().into_bytes();
        settings.front_proxy = Some(config);
    })
    .await;
    cluster.api.bootstrap().await.expect("bootstraps");
    (cluster, front_proxy)
}

/// Starts the other server with a certificate for `host`.
async fn start(wardle: &Arc<Wardle>, cluster: &Cluster, front_proxy: &Authority, host: &str) -> SocketAddr {
    let (certificate, key) = cluster.authority.leaf("wardle", &[], &[host]);
    let certificate = ServingCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).expect("key");
    let clients = ClientVerifier::from_pem(front_proxy.pem.as_bytes()).expect("CA");
    let tls = server_tls(certificate, Some(clients)).expect("TLS");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let acceptor = Arc::new(Door(Arc::clone(wardle)));
    tokio::spawn(serve(listener, Some(tls), acceptor, ServeLimits::default(), std::future::pending()));
    address
}

async fn register(cluster: &Cluster, address: SocketAddr) {
    use base64::Engine;
    let service =
        json!({"metadata": {"name": "wardle"}, "spec": {"type": "ExternalName", "externalName": "127.0.0.1"}});
    let path = "POST /api/v1/namespaces/default/services";
    assert_eq!(cluster.ask(path, &service.to_string()).await.line(), "201");
    let bundle = base64::engine::general_purpose::STANDARD.encode(&cluster.authority.pem);
    let registration = json!({"metadata": {"name": format!("v1alpha1.{GROUP}")}, "spec": {
        "group": GROUP, "version": "v1alpha1", "groupPriorityMinimum": 2000, "versionPriority": 200,
        "caBundle": bundle, "service": {"namespace": "default", "name": "wardle", "port": address.port()},
    }});
    let created = cluster.ask("POST /apis/apiregistration.k8s.io/v1/apiservices", &registration.to_string()).await;
    assert_eq!(created.line(), "201");
}

/// Asks again until the condition `Available` has this reason.
async fn wait_for(cluster: &Cluster, reason: &str) {
    let path = format!("GET /apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.{GROUP}/status");
    let mut last = Value::Null;
    for _ in 0..500 {
        last = cluster.ask(&path, "").await.json()["status"]["conditions"][0].clone();
        if last["reason"] == reason {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not {reason}: {last}");
}

async fn aggregated_group(cluster: &Cluster) -> Value {
    let accept = [("accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")];
    let document = cluster.ask_as(loopback_user(), "GET /apis", &accept, "").await.json();
    let groups = document["items"].as_array().expect("groups").iter();
    groups.filter(|it| it["metadata"]["name"] == GROUP).map(|it| it["versions"].clone()).next().unwrap_or_default()
}

#[tokio::test]
async fn requests_go_to_the_server_behind_the_service_under_their_users_name() {
    let (cluster, front_proxy) = cluster().await;
    let wardle = Arc::new(Wardle::default());
    let address = start(&wardle, &cluster, &front_proxy, "wardle.default.svc").await;
    register(&cluster, address).await;
    wait_for(&cluster, "Passed").await;
    let path = format!("{BASE}/namespaces/default/flunders");
    assert_eq!(cluster.ask_as(user("jane", &["dev"]), &format!("GET {path}"), &[], "").await.status, 403);
    let headers = [("x-remote-user", "root"), ("authorization", "Bearer x")];
    let request = format!("POST {path}?fieldManager=a%20b");
    let answer = cluster.ask_as(loopback_user(), &request, &headers, "{}").await.json();
    assert_eq!(answer["uri"], format!("{path}?fieldManager=a%20b"));
    assert_eq!(
        answer["headers"],
        json!([
            "x-remote-user=system:apiserver",
            "x-remote-group=system:masters",
            "x-remote-group=system:authenticated"
        ])
    );
    let answer = cluster.ask(&format!("GET {path}/elsewhere"), "").await;
    assert_eq!(answer.status, 502);
    assert_eq!(cluster.ask(&format!("GET /apis/{GROUP}/v9/flunders"), "").await.status, 404);
}

#[tokio::test]
async fn discovery_and_openapi_show_what_the_other_server_serves() {
    for is_old in [false, true] {
        let (cluster, front_proxy) = cluster().await;
        let wardle = Arc::new(Wardle { is_old, ..Wardle::default() });
        let address = start(&wardle, &cluster, &front_proxy, "wardle.default.svc").await;
        register(&cluster, address).await;
        wait_for(&cluster, "Passed").await;
        let versions = aggregated_group(&cluster).await;
        assert_eq!(versions[0]["freshness"], "Current", "{versions}");
        assert_eq!(versions[0]["resources"][0]["resource"], "flunders");
        assert_eq!(versions[0]["resources"][0]["responseKind"]["kind"], "Flunder");
        let group = cluster.ask(&format!("GET /apis/{GROUP}"), "").await.json();
        assert_eq!(group["preferredVersion"]["groupVersion"], format!("{GROUP}/v1alpha1"));
        let list = cluster.ask(&format!("GET {BASE}"), "").await.json();
        assert_eq!(list["resources"][0]["name"], "flunders");
        let document = cluster.ask(&format!("GET /openapi/v3{BASE}"), "").await.json();
        assert!(document["components"]["schemas"]["com.example.wardle.Flunder"].is_object(), "{document}");
        let whole = cluster.ask("GET /openapi/v2", "").await.json();
        assert!(whole["paths"][format!("{BASE}/flunders")].is_object());
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable_until_it_does() {
    let (cluster, front_proxy) = cluster().await;
    let wardle = Arc::new(Wardle::default());
    wardle.is_down.store(true, Ordering::Relaxed);
    let address = start(&wardle, &cluster, &front_proxy, "wardle.default.svc").await;
    register(&cluster, address).await;
    let answer = cluster.ask(&format!("GET {BASE}/flunders"), "").await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (503, &b"service unavailable\n"[..]));
    wait_for(&cluster, "FailedDiscoveryCheck").await;
    assert_eq!(aggregated_group(&cluster).await[0], json!({"version": "v1alpha1", "freshness": "Stale"}));
    wardle.is_down.store(false, Ordering::Relaxed);
    wait_for(&cluster, "Passed").await;
    assert_eq!(cluster.ask(&format!("GET {BASE}/flunders"), "").await.status, 200);
    cluster.ask("DELETE /api/v1/namespaces/default/services/wardle", "").await;
    wait_for(&cluster, "ServiceNotFound").await;
    assert_eq!(aggregated_group(&cluster).await[0]["freshness"], "Stale");
    let path = format!("DELETE /apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.{GROUP}");
    assert_eq!(cluster.ask(&path, "").await.status, 200);
    for _ in 0..500 {
        if cluster.ask(&format!("GET {BASE}/flunders"), "").await.status == 404 {
            assert!(aggregated_group(&cluster).await.is_null());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a deleted APIService is still served");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_taken() {
    let (cluster, front_proxy) = cluster().await;
    let address = start(&Arc::new(Wardle::default()), &cluster, &front_proxy, "other.default.svc").await;
    register(&cluster, address).await;
    wait_for(&cluster, "FailedDiscoveryCheck").await;
}

#[tokio::test]
async fn an_upgrade_is_passed_on() {
    let (cluster, front_proxy) = cluster().await;
    let address = start(&Arc::new(Wardle::default()), &cluster, &front_proxy, "wardle.default.svc").await;
    register(&cluster, address).await;
    wait_for(&cluster, "Passed").await;
    let own = cluster.listen().await;
    let admin = cluster.authority.leaf("admin", &["system:masters"], &[]);
    let identity = Some((admin.0.as_bytes(), admin.1.as_bytes()));
    let config = streaming::tls::client_config(cluster.authority.pem.as_bytes(), identity, &[b"http/1.1"]);
    let socket = tokio::net::TcpStream::connect(own).await.expect("connect");
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("name");
    let connector = tokio_rustls::TlsConnector::from(config.expect("config"));
    let mut stream = connector.connect(name, socket).await.expect("handshake");
    let request = format!(
        "GET {BASE}/flunders/upgrade HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("send");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.expect("headers"));
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    stream.write_all(b"hello").await.expect("send");
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.expect("an echo");
    assert_eq!(&bytes, b"hello");
}

#[tokio::test]
async fn every_group_version_of_this_server_is_registered() {
    let (cluster, _) = cluster().await;
    let list = cluster.ask("GET /apis/apiregistration.k8s.io/v1/apiservices", "").await.json();
    let names: Vec<&str> =
        list["items"].as_array().expect("items").iter().filter_map(|it| it["metadata"]["name"].as_str()).collect();
    assert_eq!(names.len(), 21);
    assert!(names.contains(&"v1.") && names.contains(&"v2.autoscaling"));
    assert_eq!(list["items"][0]["metadata"]["labels"]["kube-aggregator.kubernetes.io/automanaged"], "onstart");
    assert_eq!(list["items"][0]["status"]["conditions"][0]["reason"], "Local");
    let definition = json!({"metadata": {"name": "as.b.example.com"}, "spec": {"group": "b.example.com",
        "scope": "Namespaced", "names": {"plural": "as", "kind": "A"}, "versions": [{"name": "v1", "served": true,
        "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(cluster.ask(&format!("POST {path}"), &definition.to_string()).await.line(), "201");
    let own = "GET /apis/apiregistration.k8s.io/v1/apiservices/v1.b.example.com";
    until(&cluster, own, 200).await;
    let service = cluster.ask(own, "").await.json();
    assert_eq!(service["metadata"]["labels"]["kube-aggregator.kubernetes.io/automanaged"], "true");
    assert_eq!(
        (&service["spec"]["groupPriorityMinimum"], &service["spec"]["versionPriority"]),
        (&1000.into(), &100.into())
    );
    let uid = service["metadata"]["uid"].clone();
    assert_eq!(cluster.ask(&own.replace("GET", "DELETE"), "").await.status, 200);
    for _ in 0..500 {
        let again = cluster.ask(own, "").await;
        if again.status == 200 && again.json()["metadata"]["uid"] != uid {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(cluster.ask(&format!("DELETE {path}/as.b.example.com"), "").await.status, 200);
    until(&cluster, own, 404).await;
}

async fn until(cluster: &Cluster, request: &str, status: u16) {
    for _ in 0..500 {
        if cluster.ask(request, "").await.status == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{request} is never answered {status}");
}

#[tokio::test]
async fn a_front_proxy_speaks_for_users_and_nobody_else_does() {
    let (cluster, front_proxy) = cluster().await;
    let address = cluster.listen().await;
    let who = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
    let headers = [("content-type", "application/json"), ("x-remote-user", "jane"), ("x-remote-group", "dev")];
    let proxy = front_proxy.leaf("front-proxy-client", &[], &[]);
    let answer = cluster.ask_tls(address, Some(&proxy), who, &headers, "{}").await.json();
    assert_eq!(answer["status"]["userInfo"], json!({"username": "jane", "groups": ["dev", "system:authenticated"]}));
    let other = front_proxy.leaf("somebody", &[], &[]);
    assert_eq!(cluster.ask_tls(address, Some(&other), who, &headers, "{}").await.status, 401);
    let own = cluster.authority.leaf("front-proxy-client", &[], &[]);
    let answer = cluster.ask_tls(address, Some(&own), who, &headers, "{}").await.json();
    assert_eq!(answer["status"]["userInfo"]["username"], "front-proxy-client");
    let map = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
    assert_eq!(cluster.ask(&format!("DELETE {map}"), "").await.status, 200);
    until(&cluster, &format!("GET {map}"), 200).await;
    let published = cluster
        .ask("GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication", "")
        .await
        .json();
    assert_eq!(published["data"]["requestheader-allowed-names"], r#"["front-proxy-client"]"#);
    assert_eq!(published["data"]["requestheader-username-headers"], r#"["X-Remote-User"]"#);
    assert_eq!(
        published["data"]["requestheader-client-ca-file"].as_str().map(str::trim),
        Some(front_proxy.pem.replace("\r\n", "\n").trim())
    );
    assert_eq!(
        published["data"]["client-ca-file"].as_str().map(str::trim),
        Some(cluster.authority.pem.replace("\r\n", "\n").trim())
    );
}
