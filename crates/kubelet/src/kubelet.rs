//! Wires the kubelet together and runs it.

use std::future::Future;
use std::sync::Arc;

use client::client::Client;
use client::events::EventRecorder;
use client::informer::{Informer, Scope};
use client::resources::{PODS, SERVICES};
use container_interfaces::cri::v1::VersionRequest;
use tokio::sync::{mpsc, watch};

use crate::cgroups::Cgroups;
use crate::config::{Config, Dependencies, KubeletError};
use crate::container_config::NodeSettings;
use crate::effects::Effects;
use crate::env::service_links;
use crate::node::{self, NodeReporter};
use crate::objects::ObjectSource;
use crate::pod::record::NodeFacts;
use crate::probes::counts::ProbeCounts;
use crate::pulled_images::PulledImages;
use crate::runner::{QUERIES_MAX, Runner, RunnerParts};
use crate::server;
use crate::static_pods::{self, StaticPods};
use crate::tokens::TokenSource;
use crate::{eviction, log_rotation, mounts};

/// Name of the runtime when it does not say its own.
const RUNTIME_NAME: &str = "corten";

/// A kubelet that is ready to run.
pub struct Kubelet {
    config: Config,
    dependencies: Dependencies,
}

/// Puts a kubelet together. Nothing runs yet.
pub fn build(config: Config, dependencies: Dependencies) -> Kubelet {
    Kubelet { config, dependencies }
}

impl Kubelet {
    /// Runs until `stop` completes. Pods go on running; a later run takes them over.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), KubeletError> {
        let Kubelet { config, dependencies } = self;
        let cgroups = prepare(&config)?;
        let listener = server::listen(&config, &dependencies).await?;
        let client = dependencies.client.clone();
        let recorder = EventRecorder::start(client.clone(), "kubelet", &config.node_name);
        let pods = Informer::start(client.clone(), PODS, own_pods(&config), |bytes| api::typed::pod(bytes).ok());
        let services = Informer::start(client.clone(), SERVICES, Scope::default(), service_links::project);
        let (reporter, node) = NodeReporter::new(config.clone(), &dependencies, recorder.clone());
        let facts =
            Arc::new(NodeFacts { node_ips: config.node_ips.now(), runtime_name: runtime_name(&dependencies).await });
        let effects = Arc::new(Effects {
            paths: config.paths(),
            client: client.clone(),
            runtime: Arc::clone(&dependencies.runtime),
            images: Arc::clone(&dependencies.images),
            settings: settings(&config, &cgroups),
            cgroups,
            objects: ObjectSource::new(client.clone()),
            tokens: TokenSource::new(client.clone()),
            services,
            pulled_images: PulledImages::open(config.root_directory.join("image_manager/pulled")),
            probe_counts: ProbeCounts::default(),
            recorder,
            node,
            config,
        });
        let (queries, query_receiver) = mpsc::channel(QUERIES_MAX);
        let statics = static_pods(&effects.config);
        let parts = RunnerParts { effects: Arc::clone(&effects), facts, pods, statics, queries: query_receiver };
        let runner = Runner::new(parts);
        let (stopping, stopped) = watch::channel(false);
        let evicting = eviction::watch::keep(Arc::clone(&effects), queries.clone());
        let serving = server::serve(listener, &dependencies, Arc::clone(&effects), queries, stopped);
        tokio::select! {
            () = stop => {}
            () = reporter.run() => {}
            () = runner.run() => {}
            () = log_rotation::keep(Arc::clone(&effects)) => {}
            () = evicting => {}
            () = serving => {}
        }
        // Whoever still holds a connection is told.
        let _ = stopping.send(true);
        Ok(())
    }
}

fn static_pods(config: &Config) -> watch::Receiver<StaticPods> {
    match &config.static_pods_directory {
        Some(directory) => static_pods::watch(directory.clone(), config.node_name.clone()),
        None => watch::channel(StaticPods::default()).1,
    }
}

fn own_pods(config: &Config) -> Scope {
    Scope { field_selector: format!("spec.nodeName={}", config.node_name), ..Scope::default() }
}

/// Makes the directories and the cgroups' classes.
fn prepare(config: &Config) -> Result<Cgroups, KubeletError> {
    let paths = config.paths();
    let fail = |what: String| move |cause| KubeletError::Prepare { what, cause };
    for (directory, mode) in [(paths.pods(), 0o750), (paths.pod_logs, 0o755), (paths.container_logs, 0o755)] {
        mounts::make_dirs(&directory, mode).map_err(fail(directory.display().to_string()))?;
    }
    let cgroups = Cgroups::new(&config.cgroup_mount, &config.cgroup_root);
    let (milli_cpu, memory_bytes) = node::for_pods(config);
    cgroups.make_classes(milli_cpu, memory_bytes).map_err(fail("cgroups of pods".to_owned()))?;
    Ok(cgroups)
}

fn settings(config: &Config, cgroups: &Cgroups) -> NodeSettings {
    let throttles = (0..node::cpu_count()).map(|cpu| format!("/sys/devices/system/cpu/cpu{cpu}/thermal_throttle"));
    NodeSettings {
        seccomp_profiles: config.root_directory.join("seccomp"),
        has_seccomp_default: config.has_seccomp_default,
        memory_capacity: node::memory_capacity(),
        huge_page_sizes: node::huge_page_sizes(),
        is_cgroup_v2: cgroups.is_v2(),
        masked_paths: throttles.filter(|path| std::path::Path::new(path).exists()).collect(),
    }
}

async fn runtime_name(dependencies: &Dependencies) -> String {
    let answer = dependencies.runtime.version(VersionRequest { version: "0.1.0".into() }).await;
    let name = answer.map(|answer| answer.runtime_name).unwrap_or_default();
    if name.is_empty() { RUNTIME_NAME.to_owned() } else { name }
}

/// The kubelet's identity towards the API, for callers that build its client.
pub fn user_agent(version: &str) -> String {
    format!("kubelet/{version} (linux/{})", std::env::consts::ARCH)
}

/// A client with the kubelet's user agent over a transport with the node's identity.
pub fn client(transport: Arc<dyn client::transport::Transport>, version: &str) -> Client {
    Client::new(transport, &user_agent(version))
}
