//! A Pod's resolver configuration from its policy, the node's file and the cluster's settings. Pure.

use api::k8s_openapi::api::core::v1::{Pod, PodDNSConfig};
use container_interfaces::cri::v1::DnsConfig;

use crate::spec;

const NAMESERVERS_MAX: usize = 3;
const SEARCH_PATHS_MAX: usize = 32;
const SEARCH_CHARS_MAX: usize = 2_048;
const DOMAIN_CHARS_MAX: usize = 253;

/// What the cluster and the node say about names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsSettings {
    /// Cluster DNS addresses.
    pub cluster_dns: Vec<String>,
    /// Cluster domain.
    pub cluster_domain: String,
    /// The node's own configuration; `None` when no file is configured.
    pub host: Option<DnsConfig>,
}

/// A Pod's configuration, and what is to be warned about: event reason and message.
#[derive(Clone, Debug, PartialEq)]
pub struct PodDns {
    /// For the sandbox.
    pub config: DnsConfig,
    /// Warnings.
    pub warnings: Vec<(&'static str, String)>,
}

/// Works out a Pod's configuration.
pub fn pod_dns(pod: &Pod, settings: &DnsSettings) -> PodDns {
    let mut warnings = Vec::new();
    let base = match policy(pod) {
        Policy::None => DnsConfig::default(),
        Policy::Cluster if !settings.cluster_dns.is_empty() => cluster(pod, settings),
        Policy::Cluster => {
            let text = "kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. Falling back to \"Default\" policy.";
            warnings.push(("MissingClusterDNS", format!("pod: \"{}\". {text}", spec::PodId::of(pod))));
            host(settings)
        }
        Policy::Host => host(settings),
    };
    let config = match &spec::spec(pod).dns_config {
        Some(own) => append(base, own),
        None => base,
    };
    let config = fit(config, &mut warnings);
    PodDns { config, warnings }
}

enum Policy {
    Cluster,
    Host,
    None,
}

fn policy(pod: &Pod) -> Policy {
    match spec::spec(pod).dns_policy.as_deref().unwrap_or("ClusterFirst") {
        "None" => Policy::None,
        "Default" => Policy::Host,
        "ClusterFirst" if spec::is_host_network(pod) => Policy::Host,
        _ => Policy::Cluster,
    }
}

fn cluster(pod: &Pod, settings: &DnsSettings) -> DnsConfig {
    let host_searches = settings.host.as_ref().map(|host| host.searches.clone()).unwrap_or_default();
    let domain = &settings.cluster_domain;
    let searches = match domain.is_empty() {
        true => host_searches,
        false => {
            let own = [format!("{}.svc.{domain}", spec::namespace(pod)), format!("svc.{domain}"), domain.clone()];
            without_duplicates(own.into_iter().chain(host_searches))
        }
    };
    DnsConfig { servers: settings.cluster_dns.clone(), searches, options: vec!["ndots:5".into()] }
}

fn host(settings: &DnsSettings) -> DnsConfig {
    settings.host.clone().unwrap_or_else(|| DnsConfig {
        servers: vec!["127.0.0.1".into()],
        searches: vec![".".into()],
        options: Vec::new(),
    })
}

fn append(mut base: DnsConfig, own: &PodDNSConfig) -> DnsConfig {
    let more = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
    base.servers = without_duplicates(base.servers.into_iter().chain(more(&own.nameservers)));
    base.searches = without_duplicates(base.searches.into_iter().chain(more(&own.searches)));
    for option in own.options.iter().flatten() {
        let name = option.name.clone().unwrap_or_default();
        let text = match option.value.as_deref().filter(|value| !value.is_empty()) {
            Some(value) => format!("{name}:{value}"),
            None => name.clone(),
        };
        put_option(&mut base.options, text);
    }
    base
}

/// Adds an option in place of one with the same name.
fn put_option(options: &mut Vec<String>, option: String) {
    let name = |option: &str| option.split(':').next().unwrap_or("").to_owned();
    match options.iter_mut().find(|known| name(known) == name(&option)) {
        Some(known) => *known = option,
        None => options.push(option),
    }
}

fn without_duplicates(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    for text in all {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

fn fit(mut config: DnsConfig, warnings: &mut Vec<(&'static str, String)>) -> DnsConfig {
    if config.servers.len() > NAMESERVERS_MAX {
        config.servers.truncate(NAMESERVERS_MAX);
        let text =
            "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ";
        warnings.push(("DNSConfigForming", format!("{text}{}", config.servers.join(" "))));
    }
    let before = config.searches.len();
    config.searches.truncate(SEARCH_PATHS_MAX);
    config.searches.retain(|search| search.len() <= DOMAIN_CHARS_MAX);
    while config.searches.join(" ").len() > SEARCH_CHARS_MAX {
        config.searches.pop();
    }
    if config.searches.len() != before {
        let text =
            "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ";
        warnings.push(("DNSConfigForming", format!("{text}{}", config.searches.join(" "))));
    }
    config
}

/// Reads a resolv.conf: servers add up, the last `search` counts, options are merged by name.
pub fn parse_resolv_conf(text: &str) -> DnsConfig {
    let mut config = DnsConfig::default();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => config.servers.extend(words.next().map(str::to_owned)),
            Some("search") => {
                let all = words.filter(|word| *word != ".");
                config.searches = all.map(|word| word.trim_end_matches('.').to_owned()).collect();
            }
            Some("options") => words.for_each(|word| put_option(&mut config.options, word.to_owned())),
            _ => {}
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(spec: Value, expected: &str) {
        let pod = json!({"metadata": {"name": "p", "namespace": "ns"}, "spec": spec});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let settings = DnsSettings {
            cluster_dns: vec!["10.96.0.10".into()],
            cluster_domain: "cluster.local".into(),
            host: Some(parse_resolv_conf("nameserver 1.1.1.1\nsearch a.example. b.example\noptions ndots:2 rotate\n")),
        };
        let dns = pod_dns(&pod, &settings);
        let config = dns.config;
        let text =
            format!("{} | {} | {}", config.servers.join(" "), config.searches.join(" "), config.options.join(" "));
        assert_eq!(text, expected);
    }

    #[test]
    fn each_policy_has_its_own_base() {
        let own = json!({"nameservers": ["9.9.9.9"], "searches": ["x"], "options": [{"name": "ndots", "value": "1"}, {"name": "edns0"}]});
        check(
            json!({"containers": []}),
            "10.96.0.10 | ns.svc.cluster.local svc.cluster.local cluster.local a.example b.example | ndots:5",
        );
        check(json!({"containers": [], "dnsPolicy": "Default"}), "1.1.1.1 | a.example b.example | ndots:2 rotate");
        check(json!({"containers": [], "hostNetwork": true}), "1.1.1.1 | a.example b.example | ndots:2 rotate");
        check(
            json!({"containers": [], "hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"}),
            "10.96.0.10 | ns.svc.cluster.local svc.cluster.local cluster.local a.example b.example | ndots:5",
        );
        check(json!({"containers": [], "dnsPolicy": "None", "dnsConfig": own.clone()}), "9.9.9.9 | x | ndots:1 edns0");
        check(
            json!({"containers": [], "dnsPolicy": "Default", "dnsConfig": own}),
            "1.1.1.1 9.9.9.9 | a.example b.example x | ndots:1 rotate edns0",
        );
    }
}
