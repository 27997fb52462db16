//! `/configz`: the settings that the kubelet runs with, in upstream's form.

use http::Response;
use serde_json::{Map, Value, json};
use streaming::serve::Body;

use super::Server;
use crate::config::Config;

impl Server {
    pub(super) fn configz(&self) -> Response<Body> {
        super::json(&json!({"kubeletconfig": configuration(&self.effects.config)}))
    }
}

/// A KubeletConfiguration with what is set here.
fn configuration(config: &Config) -> Value {
    let reserved: Map<String, Value> =
        config.reserved.iter().map(|(name, amount)| (name.clone(), json!(amount))).collect();
    let taints =
        config.taints.iter().map(|taint| json!({"key": taint.key, "value": taint.value, "effect": taint.effect}));
    json!({
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": config.listen.map(|listen| listen.ip().to_string()).unwrap_or_default(),
        "port": config.listen.map_or(0, |listen| listen.port()),
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": config.cgroup_root,
        "clusterDNS": config.cluster_dns,
        "clusterDomain": config.cluster_domain,
        "containerLogMaxFiles": config.container_log_files_max,
        "containerLogMaxSize": config.container_log_bytes_max.to_string(),
        "cpuCFSQuota": true,
        "cpuManagerPolicy": "none",
        "evictionHard": {
            "memory.available": config.memory_available_bytes_min.to_string(),
            "nodefs.available": format!("{}%", config.disk_available_percent_min),
            "nodefs.inodesFree": "5%",
        },
        "allowedUnsafeSysctls": config.allowed_unsafe_sysctls,
        "kubeReserved": reserved,
        "maxPods": config.pods_max,
        "memoryManagerPolicy": "None",
        "nodeLeaseDurationSeconds": config.lease_duration.as_secs(),
        "nodeStatusMaxImages": config.node_images_max,
        "nodeStatusReportFrequency": crate::spec::go_duration(config.node_report_period),
        "nodeStatusUpdateFrequency": crate::spec::go_duration(config.node_status_period),
        "registerNode": true,
        "registerWithTaints": taints.collect::<Vec<_>>(),
        "resolvConf": config.resolv_conf.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        "seccompDefault": config.has_seccomp_default,
    })
}
