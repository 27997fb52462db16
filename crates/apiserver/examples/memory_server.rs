//! An API server over a store in memory, for experiments: `cargo run --example memory_server -- DIRECTORY [PORT]`.
//!
//! Writes keys, certificates and an admin kubeconfig into DIRECTORY and serves on 127.0.0.1. What is stored is lost
//! when it ends.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use corten_apiserver::{Config, admission, build};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use streaming::tls::{ClientVerifier, ServingCertificate};
use tokio::net::TcpListener;

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Result<Authority, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "kubernetes");
    let pem = params.self_signed(&key)?.pem();
    Ok(Authority { pem, issuer: Issuer::new(params, key) })
}

fn leaf(authority: &Authority, name: &str, group: &str, hosts: &[&str]) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if !group.is_empty() {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    Ok((params.signed_by(&key, &authority.issuer)?.pem(), key.serialize_pem()))
}

fn kubeconfig(port: u16, ca: &str, (certificate, key): &(String, String)) -> String {
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: memory\n  cluster:\n    server: https://127.0.0.1:{port}\n    \
         certificate-authority-data: {}\nusers:\n- name: admin\n  user:\n    client-certificate-data: {}\n    \
         client-key-data: {}\ncontexts:\n- name: memory\n  context:\n    cluster: memory\n    user: admin\n\
         current-context: memory\n",
        encode(ca),
        encode(certificate),
        encode(key)
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::stderr).init();
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("want a directory")?;
    let port = arguments.next().unwrap_or_else(|| "16443".into()).parse()?;
    let started = Instant::now();
    let authority = authority()?;
    let serving = leaf(&authority, "kube-apiserver", "", &["localhost", "kubernetes.default.svc", "127.0.0.1"])?;
    let admin = leaf(&authority, "admin", "system:masters", &[])?;
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("kubeconfig"), kubeconfig(port, &authority.pem, &admin))?;
    std::fs::write(directory.join("ca.crt"), &authority.pem)?;

    let chain = admission::chain();
    let storage = Arc::new(datastore::MemoryStorage::new());
    let registry =
        registry::resource::Registry::open(storage, chain.clone(), registry::config::Config::default()).await?;
    let certificate = ServingCertificate::from_pem(serving.0.as_bytes(), serving.1.as_bytes())?;
    let client_ca = ClientVerifier::from_pem(authority.pem.as_bytes())?;
    let account_key = KeyPair::generate()?.serialize_pem().into_bytes();
    let address = IpAddr::from(Ipv4Addr::LOCALHOST);
    let mut config = Config::new(certificate, client_ca, address, account_key);
    config.port = port;
    // Endpoints may not be loopback addresses.
    config.advertise_address = IpAddr::from([192, 0, 2, 1]);
    config.static_tokens = std::fs::read_to_string(directory.join("tokens.csv")).ok();
    let server = build(config, registry, chain)?;
    let listener = TcpListener::bind((address, port)).await?;
    let bootstrap = async {
        match server.bootstrap().await {
            Ok(()) => eprintln!("ready after {:?}", started.elapsed()),
            Err(error) => eprintln!("bootstrap: {error}"),
        }
    };
    let (served, ()) = tokio::join!(server.serve(listener, async { drop(tokio::signal::ctrl_c().await) }), bootstrap);
    Ok(served?)
}
