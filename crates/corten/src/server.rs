//! `corten server`: starts every part in order, and stops them in reverse.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use apiserver::ApiServer;
use client::kubeconfig::{Credentials, NewKubeconfig};
use controller_manager::LiveAddress;
use datastore::{Engine, EngineConfig};
use kubelet::config::NodeAddresses;
use registry::config::Cidr;
use registry::resource::Registry;
use streaming::tls::{ClientVerifier, ServingCertificate};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{Config, Roles};
use crate::keys::Keys;
use crate::pki::KeyedCertificate;
use crate::upkeep::Upkeep;
use crate::{additions, address, identity, node, served};

/// Threads that blocking work (disk, netlink) may use.
const BLOCKING_THREADS_MAX: usize = 64;

/// Old versions that the datastore keeps in memory for continue tokens and exact revisions, in bytes.
const STORE_HISTORY_BYTES_MAX: u64 = 4 << 20;

/// Changes kept per resource for watchers that reconnect, in bytes; whoever is further behind lists again.
const WATCH_HISTORY_BYTES_MAX: usize = 1 << 20;

/// Runs a server until SIGTERM or SIGINT.
pub fn run(config: Config) -> anyhow::Result<()> {
    crate::memory::return_freed_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("corten")
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
        .context("start the runtime")?;
    let outcome = runtime.block_on(serve(config));
    // Threads that wait for the kernel are not waited for.
    runtime.shutdown_background();
    outcome
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    let roles = config.parsed_roles()?;
    let node_ip = address::of_node(&config)?;
    crate::owned::claim(&config)?;
    let keys = Keys::open(&config, node_ip)?;
    let engine = open_engine(&config).await?;
    let (stop, stopped) = watch::channel(false);
    let api_certificate = serving_certificate(&keys.api)?;
    let api = Arc::new(open_api(&config, &keys, (node_ip, &api_certificate), Arc::clone(&engine)).await?);
    let listener = listen(&config).await?;
    let serving = tokio::spawn(serve_api(Arc::clone(&api), listener, stopped.clone()));
    write_kubeconfig(&config, &keys)?;
    api.bootstrap().await.context("create what every cluster has")?;
    let transport_for = |user: &str| api.transport(identity::user(user));
    additions::create(&api, &config).await?;
    let advertised = LiveAddress::new(node_ip);
    let controllers = roles.controllers.then(|| {
        let mut settings = controller_settings(&config, &keys, &advertised);
        settings.live = served::live(&api);
        controller_manager::start(&settings, &transport_for)
    });
    let scheduler = roles
        .scheduler
        .then(|| scheduler::start(&scheduler::Config::default(), transport_for("system:kube-scheduler")));
    let (node_addresses, live_addresses) = watch::channel(vec![node_ip.to_string()]);
    let identity = node::Identity {
        certificate: serving_certificate(&keys.kubelet)?,
        authority_pem: keys.authority_pem.clone(),
        addresses: NodeAddresses::live(live_addresses),
    };
    let kubelet_certificate = Arc::clone(&identity.certificate);
    let node = match roles.node {
        true => Some(node::start(&config, identity, &transport_for).await?),
        false => None,
    };
    let upkeep = Upkeep {
        config,
        keys,
        node_ip,
        api: Arc::clone(&api),
        api_certificate,
        kubelet_certificate,
        node_addresses,
        advertised,
    };
    let upkeep = tokio::spawn(upkeep.run());
    tracing::info!(milliseconds = started.elapsed().as_millis() as u64, "all parts are started");
    wait_for_stop().await?;
    tracing::info!("stopping");
    upkeep.abort();
    let _ = upkeep.await;
    if let Some(node) = node {
        node.stop().await;
    }
    if let Some(scheduler) = scheduler {
        scheduler.stop().await;
    }
    if let Some(controllers) = controllers {
        controllers.stop().await;
    }
    stop.send_replace(true);
    serving.await.context("stop the API server")??;
    api.registry().stop();
    tokio::task::spawn_blocking(move || engine.close()).await.context("close the datastore")?;
    Ok(())
}

async fn open_engine(config: &Config) -> anyhow::Result<Arc<Engine>> {
    let settings = EngineConfig {
        history_bytes_max: STORE_HISTORY_BYTES_MAX,
        ..EngineConfig::new(config.data_dir.join("datastore"))
    };
    let opened = tokio::task::spawn_blocking(move || Engine::open(settings)).await.context("open the datastore")?;
    opened.context("open the datastore")
}

async fn open_api(
    config: &Config,
    keys: &Keys,
    (node_ip, certificate): (IpAddr, &Arc<ServingCertificate>),
    engine: Arc<Engine>,
) -> anyhow::Result<ApiServer> {
    let service_range = service_range(config)?;
    let chain = apiserver::admission::chain();
    let registry_config = registry::config::Config {
        service_cidrs: vec![service_range],
        node_ports: config.node_ports()?,
        history_bytes_max: WATCH_HISTORY_BYTES_MAX,
        ..registry::config::Config::default()
    };
    let registry =
        Registry::open(engine, Arc::clone(&chain) as _, registry_config).await.context("read the datastore")?;
    let client_ca = ClientVerifier::from_pem(keys.authority_pem.as_bytes())?;
    let key = keys.service_account_key_pem.clone().into_bytes();
    let mut settings = apiserver::Config::new(Arc::clone(certificate), client_ca, node_ip, key);
    settings.port = config.api_port;
    settings.service_cidrs = vec![service_range];
    settings.issuer = format!("https://kubernetes.default.svc.{}", config.cluster_domain);
    settings.audiences = vec![settings.issuer.clone()];
    settings.kubelet_client = Some(keys.kubelet_client_config());
    settings.client_ca_pem = keys.authority_pem.clone().into_bytes();
    settings.front_proxy = Some(keys.front_proxy_config());
    settings.components = components(&config.parsed_roles()?);
    if !config.token_auth_file.as_os_str().is_empty() {
        let path = &config.token_auth_file;
        settings.static_tokens =
            Some(std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?);
    }
    apiserver::build(settings, registry, chain).context("build the API server")
}

/// The parts of the control plane that `componentstatuses` shows as running.
fn components(roles: &Roles) -> Vec<String> {
    let all = [("controller-manager", roles.controllers), ("scheduler", roles.scheduler)];
    all.into_iter().filter(|(_, runs)| *runs).map(|(name, _)| name.to_owned()).collect()
}

/// The Service range, checked.
pub fn service_range(config: &Config) -> anyhow::Result<Cidr> {
    Cidr::parse(&config.service_cidr).with_context(|| format!("service-cidr {:?}: is no range", config.service_cidr))
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(config.bind_address, config.api_port);
    TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))
}

async fn serve_api(
    api: Arc<ApiServer>,
    listener: TcpListener,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let stop = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    api.serve(listener, stop).await.context("serve the API")
}

fn serving_certificate(keyed: &KeyedCertificate) -> anyhow::Result<Arc<ServingCertificate>> {
    Ok(ServingCertificate::from_pem(keyed.certificate_pem.as_bytes(), keyed.key_pem.as_bytes())?)
}

fn controller_settings(config: &Config, keys: &Keys, advertised: &LiveAddress) -> controller_manager::Config {
    let mut settings =
        controller_manager::Config { root_ca_pem: keys.authority_pem.clone(), ..controller_manager::Config::default() };
    if let Some(service_address) = Cidr::parse(&config.service_cidr).and_then(|range| range.nth(1)) {
        settings.advertise(advertised.clone(), config.api_port, service_address);
    }
    settings
}

/// Writes the administrator's kubeconfig; it goes over loopback, so that it survives a change of address.
pub fn write_kubeconfig(config: &Config, keys: &Keys) -> anyhow::Result<()> {
    let host = match config.bind_address.is_unspecified() {
        true => "127.0.0.1".to_owned(),
        false => config.bind_address.to_string(),
    };
    let kubeconfig = NewKubeconfig {
        cluster: &config.instance,
        server: &format!("https://{host}:{}", config.api_port),
        ca_pem: keys.authority_pem.as_bytes(),
        user: "kubernetes-admin",
        credentials: Credentials::Certificate {
            certificate_pem: keys.admin.certificate_pem.as_bytes(),
            key_pem: keys.admin.key_pem.as_bytes(),
        },
    };
    let path = config.admin_kubeconfig();
    let text = kubeconfig.to_yaml();
    if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    std::fs::create_dir_all(&config.config_dir).with_context(|| format!("create {}", config.config_dir.display()))?;
    crate::pki::write_private(&path, &text)
}

/// Completes at SIGTERM or SIGINT.
pub async fn wait_for_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("watch signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("watch signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
