//! The API server as a whole: built once, asked over sockets and in process.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use parking_lot::{Mutex, RwLock};
use registry::request::UserInfo;
use registry::resource::Registry;
use streaming::serve::{Acceptor, Answer, Connection, Handler, serve};
use streaming::tls::{TlsError, server_tls_hinting};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::admission::Chain;
use crate::aggregation::{self, AggregatedKinds, Aggregator};
use crate::authentication::Authenticator;
use crate::authentication::certificate::ConnectionIdentity;
use crate::authentication::keys::{KeyError, TokenKeys};
use crate::authentication::request_header::FrontProxies;
use crate::authentication::static_tokens::{StaticTokens, TokenFileError};
use crate::authorization::Authorizer;
use crate::authorization::node::NodeAuthorizer;
use crate::authorization::rbac::RbacAuthorizer;
use crate::bootstrap::api_caller::ApiCaller;
use crate::bootstrap::{self, BootstrapError};
use crate::config::{Config, FrontProxyConfig, KubeletClientConfig};
use crate::custom_resources;
use crate::discovery::{Discovery, Registered};
use crate::in_flight::InFlightLimits;
use crate::in_process::InProcess;
use crate::kubelet_client::Backends;
use crate::metrics::Metrics;
use crate::openapi::OpenApi;
use crate::openapi::additions::Source as OpenApiSource;
use crate::pipeline::Arrival;
use crate::views::Views;

/// Why the API server cannot be built; a retry with the same settings cannot help.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A key of ServiceAccount tokens.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The static token file.
    #[error(transparent)]
    Tokens(#[from] TokenFileError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Everything that requests are answered from.
pub(crate) struct Server {
    pub config: Config,
    pub registry: Arc<Registry>,
    pub authenticator: Authenticator,
    pub front_proxies: Option<FrontProxies>,
    pub authorizer: Arc<Authorizer>,
    pub views: Views,
    pub metrics: Metrics,
    pub discovery: RwLock<Arc<Discovery>>,
    pub openapi: OpenApi,
    /// Held while discovery and OpenAPI are made anew.
    pub refreshing: Mutex<()>,
    /// Grows whenever other kinds are served.
    pub served: watch::Sender<u64>,
    pub in_flight: InFlightLimits,
    pub backends: Backends,
    pub aggregator: Aggregator,
    pub chain: Arc<Chain>,
    /// Address under which the server is reached.
    pub advertised: RwLock<IpAddr>,
    /// Turns true when the server stops: watches end.
    pub stopping: watch::Receiver<bool>,
    /// Turns true when what every cluster has is there.
    pub bootstrapped: watch::Receiver<bool>,
    bootstrapped_sender: watch::Sender<bool>,
    stopping_sender: watch::Sender<bool>,
}

/// A running API server. Cheap to clone.
#[derive(Clone)]
pub struct ApiServer {
    server: Arc<Server>,
}

/// Builds the API server over an opened registry whose admission is `chain`; starts its views. Needs a tokio
/// runtime.
pub fn build(config: Config, registry: Arc<Registry>, chain: Arc<Chain>) -> Result<ApiServer, BuildError> {
    let further = &config.service_account_further_keys_pem;
    let keys = Arc::new(TokenKeys::from_pem(&config.service_account_key_pem, further)?);
    let static_tokens = match &config.static_tokens {
        Some(text) => StaticTokens::parse(text)?,
        None => StaticTokens::default(),
    };
    let authenticator =
        Authenticator::new(keys, &config.issuer, config.audiences.clone(), static_tokens, Arc::clone(&registry));
    let (synced_sender, synced) = watch::channel(false);
    let node = NodeAuthorizer::new(bootstrap::documents::node_rules());
    node.set_registry(Arc::clone(&registry));
    let authorizer = Arc::new(Authorizer { node, rbac: RbacAuthorizer::default(), synced });
    let views = Views::start(&registry, &authorizer, synced_sender);
    chain.bind(Arc::clone(&registry), Arc::clone(&authorizer));
    let backends = Backends::new(config.kubelet_client.as_ref())?;
    let (stopping_sender, stopping) = watch::channel(false);
    let (bootstrapped_sender, bootstrapped) = watch::channel(false);
    let front_proxies = config.front_proxy.as_ref();
    let front_proxies = front_proxies.map(|it| FrontProxies::new(&it.ca_pem, it.allowed_names.clone())).transpose()?;
    let server = Server {
        front_proxies,
        aggregator: Aggregator::new(config.front_proxy.clone()),
        discovery: RwLock::new(Arc::new(Discovery::new(&registry, &Registered::default()))),
        openapi: OpenApi::new(&registry),
        refreshing: Mutex::default(),
        served: watch::Sender::new(0),
        in_flight: InFlightLimits::new(config.reads_in_flight_max, config.writes_in_flight_max),
        metrics: Metrics::default(),
        advertised: RwLock::new(config.advertise_address),
        config,
        registry,
        authenticator,
        authorizer,
        views,
        backends,
        chain,
        stopping,
        bootstrapped,
        bootstrapped_sender,
        stopping_sender,
    };
    let server = Arc::new(server);
    custom_resources::start(&server);
    aggregation::start(&server);
    Ok(ApiServer { server })
}

impl ApiServer {
    /// Creates what every cluster has (namespaces, roles, bindings, priority classes, `default/kubernetes`), where
    /// it is not there. `/readyz` fails until this is done.
    pub async fn bootstrap(&self) -> Result<(), BootstrapError> {
        custom_resources::serve_stored(&self.server).await;
        aggregation::read_stored(&self.server).await;
        bootstrap::run(&self.server, &self.transport(loopback_user())).await?;
        self.server.bootstrapped_sender.send_replace(true);
        Ok(())
    }

    /// The server is reached at another address from now on: discovery and `default/kubernetes` say so.
    pub async fn advertise(&self, address: IpAddr) -> Result<(), BootstrapError> {
        *self.server.advertised.write() = address;
        let api = ApiCaller::new(self.transport(loopback_user()));
        bootstrap::kubernetes_service::publish(&api, address, self.server.config.port).await
    }

    /// Asks kubelets with another client certificate from now on.
    pub fn renew_kubelet_client(&self, config: &KubeletClientConfig) -> Result<(), TlsError> {
        self.server.backends.renew(config)
    }

    /// Proves itself to servers behind APIServices with another client certificate from now on.
    pub fn renew_front_proxy(&self, config: FrontProxyConfig) {
        self.server.aggregator.renew(config);
    }

    /// Has a new value whenever other kinds are served, here or by other API servers.
    pub fn served_changes(&self) -> watch::Receiver<u64> {
        self.server.served.subscribe()
    }

    /// What other API servers serve now.
    pub fn aggregated_kinds(&self) -> AggregatedKinds {
        self.server.aggregator.kinds()
    }

    /// A transport inside the process: the same path as over a socket, behind authentication as `user`.
    pub fn transport(&self, user: UserInfo) -> Arc<dyn client::transport::Transport> {
        Arc::new(InProcess::new(Arc::clone(&self.server), user))
    }

    /// Serves HTTPS on `listener` until `stop` completes; then ends watches and drains.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()> + Send) -> Result<(), TlsError> {
        let config = &self.server.config;
        let clients = Some(Arc::clone(&config.client_ca));
        let front_proxies = self.server.front_proxies.iter().map(|it| Arc::clone(&it.verifier));
        let tls = server_tls_hinting(Arc::clone(&config.certificate), clients, &front_proxies.collect::<Vec<_>>())?;
        let acceptor = Arc::new(self.clone());
        let stop = async {
            stop.await;
            self.server.stopping_sender.send_replace(true);
        };
        serve(listener, Some(tls), acceptor, config.limits.clone(), stop).await;
        Ok(())
    }

    /// Ends running watches, so that open connections can drain.
    pub fn stop_watches(&self) {
        self.server.stopping_sender.send_replace(true);
    }

    /// Replaces the OpenAPI documents of what is not built in.
    pub fn set_openapi_additions(&self, sources: Vec<Arc<dyn OpenApiSource>>) {
        self.server.openapi.set_additions(sources);
    }

    /// The registry behind it.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.server.registry
    }
}

/// The server's own identity.
pub fn loopback_user() -> UserInfo {
    UserInfo {
        name: "system:apiserver".into(),
        groups: vec!["system:masters".into(), "system:authenticated".into()],
        ..UserInfo::default()
    }
}

impl Acceptor for ApiServer {
    fn accept(&self, connection: Connection) -> Arc<dyn Handler> {
        let front_proxies = self.server.front_proxies.as_ref();
        let identity = Arc::new(ConnectionIdentity::of(&connection.client_certificate, front_proxies));
        Arc::new(ConnectionHandler { server: Arc::clone(&self.server), identity, peer: connection.peer.ip() })
    }
}

struct ConnectionHandler {
    server: Arc<Server>,
    identity: Arc<ConnectionIdentity>,
    peer: IpAddr,
}

impl Handler for ConnectionHandler {
    fn handle(&self, request: Request<Incoming>) -> Answer {
        let (server, identity, peer) = (Arc::clone(&self.server), Arc::clone(&self.identity), self.peer);
        Box::pin(async move {
            let mut reply = server.respond(Arrival::from_socket(request, identity, peer)).await;
            reply.drain().await;
            reply.into_response()
        })
    }
}
