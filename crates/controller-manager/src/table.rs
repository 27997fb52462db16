//! The family of controllers: one line each, in alphabetical order.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use client::client::Client;
use client::controller::Controller;
use client::runner::{Runner, Running};
use client::transport::Transport;

use crate::cluster_role_aggregation::ClusterRoleAggregationController;
use crate::cron_job::CronJobController;
use crate::daemon_set::DaemonSetController;
use crate::deployment::DeploymentController;
use crate::disruption::DisruptionController;
use crate::endpoint_slice::EndpointSliceController;
use crate::endpoint_slice_mirroring::EndpointSliceMirroringController;
use crate::endpoints::EndpointsController;
use crate::garbage_collector::GarbageCollector;
use crate::job::JobController;
use crate::kubernetes_service::{Advertised, KubernetesServiceController, LiveAddress};
use crate::live_kinds::LiveKinds;
use crate::namespace::NamespaceController;
use crate::node_lifecycle::NodeLifecycleController;
use crate::pod_gc::PodGarbageCollector;
use crate::replica_set::ReplicaSetController;
use crate::resource_quota::ResourceQuotaController;
use crate::root_ca_publisher::RootCaPublisher;
use crate::service_account::ServiceAccountController;
use crate::stateful_set::StatefulSetController;
use crate::taint_eviction::TaintEvictionController;
use crate::ttl_after_finished::TtlAfterFinishedController;

/// The user that lists and watches for all controllers, as upstream's shared informers do.
pub const READER: &str = "system:kube-controller-manager";
/// First part of the User-Agent: becomes the field manager of writes, as upstream's.
const FIELD_MANAGER: &str = "kube-controller-manager";

/// What the controllers need to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Certificates (PEM) that Pods verify the API server with: `kube-root-ca.crt`.
    pub root_ca_pem: String,
    /// What is served while the controllers run. Default: [`client::resources::STORED`], for ever.
    pub live: LiveKinds,
    /// How long a node may be silent before its state is unknown. Default 50 s, as upstream.
    pub node_monitor_grace_period: Duration,
    /// Where the API server is reached; `None` leaves `default/kubernetes` alone. Default `None`.
    pub advertised: Option<Advertised>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            root_ca_pem: String::new(),
            live: LiveKinds::fixed(client::resources::STORED),
            node_monitor_grace_period: Duration::from_secs(50),
            advertised: None,
        }
    }
}

impl Config {
    /// Publishes `default/kubernetes` with these addresses.
    pub fn advertise(&mut self, address: LiveAddress, port: u16, service_address: IpAddr) {
        self.advertised = Some(Advertised { address, port, service_address });
    }
}

/// Makes a controller, or none if the configuration has it switched off.
type Make = fn(&Config) -> Option<Arc<dyn Controller>>;

/// All controllers.
pub static CONTROLLERS: &[(&str, Make)] = &[
    ("cluster_role_aggregation", |_| Some(Arc::new(ClusterRoleAggregationController))),
    ("cron_job", |_| Some(Arc::new(CronJobController))),
    ("daemon_set", |_| Some(Arc::new(DaemonSetController::default()))),
    ("deployment", |_| Some(Arc::new(DeploymentController))),
    ("disruption", |_| Some(Arc::new(DisruptionController))),
    ("endpoint_slice", |_| Some(Arc::new(EndpointSliceController))),
    ("endpoint_slice_mirroring", |_| Some(Arc::new(EndpointSliceMirroringController))),
    ("endpoints", |_| Some(Arc::new(EndpointsController))),
    ("garbage_collector", |config| Some(Arc::new(GarbageCollector::new(config.live.clone())))),
    ("job", |_| Some(Arc::new(JobController))),
    ("kubernetes_service", |config| {
        let advertised = config.advertised.clone()?;
        Some(Arc::new(KubernetesServiceController::new(advertised)))
    }),
    ("namespace", |config| Some(Arc::new(NamespaceController::new(config.live.clone())))),
    ("node_lifecycle", |config| Some(Arc::new(NodeLifecycleController::new(config.node_monitor_grace_period)))),
    ("pod_gc", |_| Some(Arc::new(PodGarbageCollector))),
    ("replica_set", |_| Some(Arc::new(ReplicaSetController::REPLICA_SETS))),
    ("replication_controller", |_| Some(Arc::new(ReplicaSetController::REPLICATION_CONTROLLERS))),
    ("resource_quota", |config| Some(Arc::new(ResourceQuotaController::new(config.live.clone())))),
    ("root_ca_publisher", |config| Some(Arc::new(RootCaPublisher::new(&config.root_ca_pem)))),
    ("service_account", |_| Some(Arc::new(ServiceAccountController))),
    ("stateful_set", |_| Some(Arc::new(StatefulSetController))),
    ("taint_eviction", |_| Some(Arc::new(TaintEvictionController))),
    ("ttl_after_finished", |_| Some(Arc::new(TtlAfterFinishedController))),
];

/// Starts all controllers on the current runtime. `transport_for` gives the way to the API server as a user.
pub fn start(config: &Config, transport_for: &dyn Fn(&str) -> Arc<dyn Transport>) -> Running {
    let mut runner = Runner::new(Client::new(transport_for(READER), FIELD_MANAGER));
    runner.follow(config.live.changes());
    for (_, make) in CONTROLLERS {
        let Some(controller) = make(config) else { continue };
        let agent = format!("{FIELD_MANAGER}/{}", controller.name());
        let writer = Client::new(transport_for(controller.identity()), &agent);
        runner.add(controller, writer);
    }
    runner.start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_alphabetical_order() {
        assert!(CONTROLLERS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn every_controller_has_a_name_and_an_identity_of_its_own() {
        let mut config = Config::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        config.advertise(LiveAddress::new(address), 6443, address);
        let made: Vec<_> = CONTROLLERS.iter().filter_map(|(_, make)| make(&config)).collect();
        assert_eq!(made.len(), CONTROLLERS.len());
        let mut names: Vec<_> = made.iter().map(|controller| controller.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), made.len());
        assert!(made.iter().all(|controller| controller.identity().starts_with("system:")));
    }
}
