//! Settings of the API server.

use std::net::IpAddr;
use std::sync::Arc;

use registry::config::Cidr;
use streaming::serve::ServeLimits;
use streaming::tls::{ClientVerifier, ServingCertificate};

/// Issuer of ServiceAccount tokens unless said otherwise.
pub const DEFAULT_ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// Settings, with documented defaults.
pub struct Config {
    /// The serving certificate; can be replaced while serving.
    pub certificate: Arc<ServingCertificate>,
    /// The CA of client certificates; can be replaced while serving.
    pub client_ca: Arc<ClientVerifier>,
    /// Address under which the API server is reached from Pods; goes into `default/kubernetes`. No default.
    pub advertise_address: IpAddr,
    /// Port of the HTTPS listener (default 6443).
    pub port: u16,
    /// Ranges of Service addresses (default `10.96.0.0/16`); the first address of the first range is
    /// `default/kubernetes`.
    pub service_cidrs: Vec<Cidr>,
    /// Private key that signs ServiceAccount tokens: PEM, ECDSA P-256 (PKCS#8) or RSA.
    pub service_account_key_pem: Vec<u8>,
    /// Public keys of former signing keys, PEM (default none).
    pub service_account_further_keys_pem: Vec<Vec<u8>>,
    /// Issuer of ServiceAccount tokens (default [`DEFAULT_ISSUER`]).
    pub issuer: String,
    /// Audiences of the API server; the first is the default of tokens (default: the issuer).
    pub audiences: Vec<String>,
    /// PEM of `client_ca`, published for servers behind APIServices (default: nothing is published).
    pub client_ca_pem: Vec<u8>,
    /// How this server proves itself to servers behind APIServices, and whose word about users it takes (default
    /// none: such servers see a nobody).
    pub front_proxy: Option<FrontProxyConfig>,
    /// How kubelets are reached for logs and exec; `None` switches those off.
    pub kubelet_client: Option<KubeletClientConfig>,
    /// Text of a static token file (`token,user,uid,"group,group"` per line); an opt-in (default none).
    pub static_tokens: Option<String>,
    /// Requests that read at a time; further ones wait (default 400).
    pub reads_in_flight_max: usize,
    /// Requests that write at a time; further ones wait (default 200).
    pub writes_in_flight_max: usize,
    /// Parts of the control plane that run in this process, as `componentstatuses` shows them (default
    /// `controller-manager` and `scheduler`).
    pub components: Vec<String>,
    /// Limits of connections.
    pub limits: ServeLimits,
}

/// How the API server proves itself to kubelets and knows them.
#[derive(Clone)]
pub struct KubeletClientConfig {
    /// CA that signed the kubelets' serving certificates, PEM.
    pub ca_pem: Vec<u8>,
    /// Client certificate of user `kube-apiserver-kubelet-client`, PEM.
    pub certificate_pem: Vec<u8>,
    /// Its key, PEM.
    pub key_pem: Vec<u8>,
}

/// The front proxy: who may speak for users in the headers `X-Remote-*`.
#[derive(Clone, Debug)]
pub struct FrontProxyConfig {
    /// CA of front proxies' client certificates, PEM. It must not be the CA of users.
    pub ca_pem: Vec<u8>,
    /// Common names of front proxies; empty allows all that the CA signed.
    pub allowed_names: Vec<String>,
    /// This server's own client certificate, PEM.
    pub certificate_pem: Vec<u8>,
    /// Its key, PEM.
    pub key_pem: Vec<u8>,
}

impl Config {
    /// Defaults around what has none.
    pub fn new(
        certificate: Arc<ServingCertificate>,
        client_ca: Arc<ClientVerifier>,
        advertise_address: IpAddr,
        service_account_key_pem: Vec<u8>,
    ) -> Config {
        Config {
            certificate,
            client_ca,
            advertise_address,
            port: 6443,
            service_cidrs: registry::config::Config::default().service_cidrs,
            service_account_key_pem,
            service_account_further_keys_pem: Vec::new(),
            issuer: DEFAULT_ISSUER.into(),
            audiences: vec![DEFAULT_ISSUER.into()],
            client_ca_pem: Vec::new(),
            front_proxy: None,
            kubelet_client: None,
            static_tokens: None,
            reads_in_flight_max: 400,
            writes_in_flight_max: 200,
            components: vec!["controller-manager".into(), "scheduler".into()],
            limits: ServeLimits::default(),
        }
    }
}
