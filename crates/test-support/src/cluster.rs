//! The control plane and what tests ask of it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::value::Value;
use apimachinery::{json, yaml};
use apiserver::{ApiServer, Config, admission, build, loopback_user};
use bytes::Bytes;
use client::client::{Client, ClientError, DeleteOptions, PatchFormat, Resource, query_value};
use client::transport::Transport;
use client::watch::WatchStream;
use datastore::MemoryStorage;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use registry::request::UserInfo;
use registry::resource::Registry;
use streaming::tls::{ClientVerifier, ServingCertificate};
use tokio::task::JoinHandle;

use crate::hollow_node;

/// How long control loops may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A control plane in this process. Dropping it ends its tasks with the runtime.
pub struct InProcessCluster {
    client: Client,
    /// Kept alive: dropping them stops the loops.
    _controllers: client::runner::Running,
    _scheduler: scheduler::Running,
    hollow_node: JoinHandle<()>,
}

impl InProcessCluster {
    /// Starts it with one hollow node named `hollow`.
    ///
    /// # Panics
    /// When a part cannot be built: nothing outside the process is needed.
    pub async fn start() -> InProcessCluster {
        let api = api_server().await;
        api.bootstrap().await.expect("a fresh store takes what every cluster has");
        let transport_for = |user: &str| -> Arc<dyn Transport> { api.transport(identity(user)) };
        let settings = controller_manager::Config {
            root_ca_pem: "-----BEGIN CERTIFICATE-----\n".into(),
            ..controller_manager::Config::default()
        };
        let controllers = controller_manager::start(&settings, &transport_for);
        let scheduler = scheduler::start(&scheduler::Config::default(), transport_for("system:kube-scheduler"));
        let client = Client::new(api.transport(loopback_user()), "tests");
        let hollow_node = hollow_node::start(client.clone()).await;
        InProcessCluster { client, _controllers: controllers, _scheduler: scheduler, hollow_node }
    }

    /// Creates one object from YAML.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When the text is no YAML.
    pub async fn create(&self, resource: Resource, namespace: &str, text: &str) -> Result<Value, ClientError> {
        let (object, _) = yaml::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{}\n{text}", error.message));
        let made = self.client.create(resource, namespace, Bytes::from(json::to_vec(&object))).await?;
        Ok(parse(&made))
    }

    /// PATCHes with a strategic merge patch in YAML.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When the text is no YAML.
    pub async fn patch(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        text: &str,
    ) -> Result<Value, ClientError> {
        let (patch, _) = yaml::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{}\n{text}", error.message));
        let body = Bytes::from(json::to_vec(&patch));
        let patched = self.client.patch(resource, namespace, name, "", PatchFormat::Strategic, body).await?;
        Ok(parse(&patched))
    }

    /// Deletes one object with a propagation policy.
    ///
    /// # Errors
    /// The refusal.
    pub async fn delete(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        propagation_policy: &'static str,
    ) -> Result<(), ClientError> {
        let options = DeleteOptions { propagation_policy: Some(propagation_policy), ..DeleteOptions::default() };
        self.client.delete(resource, namespace, name, &options).await.map(drop)
    }

    /// All objects of a resource in a namespace.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn list(&self, resource: Resource, namespace: &str) -> Vec<Value> {
        let list = self.client.list(resource, namespace, "").await.expect("lists are served");
        parse(&list).items_at(&["items"]).to_vec()
    }

    /// Watches until an object is as `is_done` wants it; returns it.
    ///
    /// # Panics
    /// After [`PATIENCE`], with the object as it is then.
    pub async fn wait(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        is_done: impl Fn(&Value) -> bool,
    ) -> Value {
        let found = tokio::time::timeout(PATIENCE, self.watch(resource, namespace, name, |_, it| is_done(it))).await;
        match found {
            Ok(object) => object,
            Err(_) => panic!("waited in vain for {name}: {:?}", self.client.get(resource, namespace, name).await),
        }
    }

    /// Watches until an object is gone.
    ///
    /// # Panics
    /// After [`PATIENCE`], with the object as it is then.
    pub async fn wait_gone(&self, resource: Resource, namespace: &str, name: &str) {
        let gone = async {
            while let Ok(object) = self.client.get(resource, namespace, name).await {
                let seen = parse(&object).str_at(&["metadata", "resourceVersion"]).to_owned();
                let query = format!("&resourceVersion={seen}");
                self.watch_from(resource, namespace, name, &query, |event, _| event == "DELETED").await;
            }
        };
        if tokio::time::timeout(PATIENCE, gone).await.is_err() {
            panic!("{name} stays: {:?}", self.client.get(resource, namespace, name).await);
        }
    }

    async fn watch(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        is_done: impl Fn(&str, &Value) -> bool,
    ) -> Value {
        loop {
            let is_done = |event: &str, object: &Value| event != "DELETED" && is_done(event, object);
            if let Some(found) = self.watch_from(resource, namespace, name, "", is_done).await {
                return found;
            }
        }
    }

    /// One watch, to its end or to the event that `is_done` wants.
    async fn watch_from(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        query: &str,
        is_done: impl Fn(&str, &Value) -> bool,
    ) -> Option<Value> {
        let selector = query_value(&format!("metadata.name={name}"));
        let path = format!("{}?watch=true&fieldSelector={selector}{query}", resource.collection_path(namespace));
        let mut stream = WatchStream::open(&self.client, &path).await.expect("watches are served");
        while let Some(Ok(frame)) = stream.next().await {
            let object = parse(&frame.object.to_json());
            if is_done(frame.event_type.as_str(), &object) {
                return Some(object);
            }
        }
        None
    }
}

impl Drop for InProcessCluster {
    fn drop(&mut self) {
        self.hollow_node.abort();
    }
}

pub(crate) fn parse(bytes: &[u8]) -> Value {
    json::parse(bytes).expect("the server answers in JSON")
}

async fn api_server() -> ApiServer {
    let chain = admission::chain();
    let settings = registry::config::Config::default();
    let registry = Registry::open(Arc::new(MemoryStorage::new()), chain.clone(), settings);
    let registry = registry.await.expect("an empty store opens");
    let key = KeyPair::generate().expect("keys can be made");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a good name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("it signs itself").pem();
    let serving = ServingCertificate::from_pem(certificate.as_bytes(), key.serialize_pem().as_bytes());
    let clients = ClientVerifier::from_pem(certificate.as_bytes()).expect("a good certificate");
    let account_key = KeyPair::generate().expect("keys can be made").serialize_pem().into_bytes();
    let address = IpAddr::from([192, 0, 2, 1]);
    let config = Config::new(serving.expect("a good certificate"), clients, address, account_key);
    build(config, registry, chain).expect("the API server is built")
}

/// The user with the groups that authentication would give it.
fn identity(name: &str) -> UserInfo {
    let mut groups = vec!["system:authenticated".to_owned()];
    if let Some(account) = name.strip_prefix("system:serviceaccount:") {
        let namespace = account.split(':').next().unwrap_or_default();
        groups.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    UserInfo { name: name.to_owned(), groups, ..UserInfo::default() }
}
