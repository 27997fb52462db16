//! The certificates of one server: who signs, who serves, who asks.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use apiserver::{FrontProxyConfig, KubeletClientConfig};

use crate::config::Config;
use crate::pki::{Authority, KeyedCertificate, LeafRequest, SubjectName, service_account_key};

/// Name under which the API server speaks for users to servers behind APIServices.
const FRONT_PROXY: &str = "front-proxy-client";

/// Everything that the parts of a server prove themselves with.
pub struct Keys {
    /// The cluster's authority, PEM.
    pub authority_pem: String,
    /// The API server's serving certificate.
    pub api: KeyedCertificate,
    /// The kubelet's serving certificate.
    pub kubelet: KeyedCertificate,
    /// The API server as a client of kubelets.
    pub kubelet_client: KeyedCertificate,
    /// The authority of front proxies, PEM: another one than that of users, or every user could speak for others.
    pub front_proxy_authority_pem: String,
    /// The API server as the front proxy of other API servers.
    pub front_proxy: KeyedCertificate,
    /// The administrator.
    pub admin: KeyedCertificate,
    /// Signs ServiceAccount tokens.
    pub service_account_key_pem: String,
}

/// Where an instance keeps its keys.
pub fn directory(config: &Config) -> std::path::PathBuf {
    config.data_dir.join("pki")
}

impl Keys {
    /// Reads them, and makes what is missing, ends soon or is for other names.
    pub fn open(config: &Config, node_ip: IpAddr) -> anyhow::Result<Keys> {
        let directory = directory(config);
        make_private(&directory)?;
        let validity = Duration::from_secs(config.certificate_validity_seconds);
        let authority = Authority::open(&directory, validity)?;
        let front_proxies = Authority::open_as("front-proxy-ca", &directory.join("front-proxy"), validity)?;
        let client = |file, common_name, organizations: &[&str]| {
            authority.leaf(&LeafRequest { file, common_name, organizations, names: vec![] })
        };
        Ok(Keys {
            api: authority.leaf(&LeafRequest {
                file: "apiserver",
                common_name: "kube-apiserver",
                organizations: &[],
                names: api_names(config, node_ip),
            })?,
            kubelet: authority.leaf(&LeafRequest {
                file: "kubelet",
                common_name: &format!("system:node:{}", config.node_name),
                organizations: &["system:nodes"],
                names: vec![SubjectName::Dns(config.node_name.clone()), SubjectName::Ip(node_ip), loopback()],
            })?,
            kubelet_client: client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", &[])?,
            front_proxy: front_proxies.leaf(&LeafRequest {
                file: "client",
                common_name: FRONT_PROXY,
                organizations: &[],
                names: vec![],
            })?,
            front_proxy_authority_pem: front_proxies.certificate_pem,
            admin: client("admin", "kubernetes-admin", &["system:masters"])?,
            service_account_key_pem: service_account_key(&directory)?,
            authority_pem: authority.certificate_pem,
        })
    }
}

impl Keys {
    /// When the first of them is to be renewed, in seconds since the epoch.
    pub fn renew_at(&self) -> i64 {
        let all = [&self.api, &self.kubelet, &self.kubelet_client, &self.front_proxy, &self.admin];
        all.map(|it| it.renew_at).into_iter().min().unwrap_or(i64::MAX)
    }

    /// What the API server proves itself to kubelets with.
    pub fn kubelet_client_config(&self) -> KubeletClientConfig {
        KubeletClientConfig {
            ca_pem: self.authority_pem.clone().into_bytes(),
            certificate_pem: self.kubelet_client.certificate_pem.clone().into_bytes(),
            key_pem: self.kubelet_client.key_pem.clone().into_bytes(),
        }
    }

    /// What the API server proves itself to other API servers with, and whose word about users it takes.
    pub fn front_proxy_config(&self) -> FrontProxyConfig {
        FrontProxyConfig {
            ca_pem: self.front_proxy_authority_pem.clone().into_bytes(),
            allowed_names: vec![FRONT_PROXY.to_owned()],
            certificate_pem: self.front_proxy.certificate_pem.clone().into_bytes(),
            key_pem: self.front_proxy.key_pem.clone().into_bytes(),
        }
    }
}

fn loopback() -> SubjectName {
    SubjectName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// All names under which the API server is asked.
fn api_names(config: &Config, node_ip: IpAddr) -> Vec<SubjectName> {
    let domain = &config.cluster_domain;
    let service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
    let service = service.into_iter().chain([format!("kubernetes.default.svc.{domain}"), "localhost".into()]);
    let mut names: Vec<SubjectName> = service.chain([config.node_name.clone()]).map(SubjectName::Dns).collect();
    let first = registry::config::Cidr::parse(&config.service_cidr).and_then(|range| range.nth(1));
    names.extend(first.into_iter().chain([node_ip]).map(SubjectName::Ip));
    names.push(loopback());
    if !config.bind_address.is_unspecified() {
        names.push(SubjectName::Ip(config.bind_address));
    }
    names.dedup();
    names
}

fn make_private(directory: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("create {}", directory.display()))
}
