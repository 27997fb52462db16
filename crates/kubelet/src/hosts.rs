//! A Pod's host name and hosts file. Pure.

use api::k8s_openapi::api::core::v1::{HostAlias, Pod};

use crate::spec;

const HOSTNAME_CHARS_MAX: usize = 63;
/// Characters that the kernel takes as a host name.
const KERNEL_HOSTNAME_CHARS_MAX: usize = 64;

const HEADER: &str = "# Kubernetes-managed hosts file.\n";
const HEADER_HOST_NETWORK: &str = "# Kubernetes-managed hosts file (host network).\n";
const LOCAL: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";

/// A Pod's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodNames {
    /// Short host name.
    pub hostname: String,
    /// Domain of the headless Service it belongs to; empty without one.
    pub domain: String,
    /// What the kernel is told.
    pub kernel_hostname: String,
}

/// Works the names out; the error is upstream's text.
pub fn pod_names(pod: &Pod, cluster_domain: &str) -> Result<PodNames, String> {
    let spec = spec::spec(pod);
    if let Some(override_name) = spec.hostname_override.as_deref() {
        let hostname = truncated(spec::name(pod), override_name)?;
        return Ok(PodNames { kernel_hostname: hostname.clone(), hostname, domain: String::new() });
    }
    let wanted = spec.hostname.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| spec::name(pod));
    let hostname = truncated(spec::name(pod), wanted)?;
    let domain = match spec.subdomain.as_deref().filter(|name| !name.is_empty()) {
        Some(subdomain) => format!("{subdomain}.{}.svc.{cluster_domain}", spec::namespace(pod)),
        None => String::new(),
    };
    let mut kernel_hostname = hostname.clone();
    if spec.set_hostname_as_fqdn == Some(true) && !domain.is_empty() {
        kernel_hostname = format!("{hostname}.{domain}");
        if kernel_hostname.len() > KERNEL_HOSTNAME_CHARS_MAX {
            return Err(format!(
                "failed to construct FQDN from pod hostname and cluster domain, FQDN {kernel_hostname} is too long ({KERNEL_HOSTNAME_CHARS_MAX} characters is the max, {} characters requested)",
                kernel_hostname.len()
            ));
        }
    }
    Ok(PodNames { hostname, domain, kernel_hostname })
}

fn truncated(pod_name: &str, hostname: &str) -> Result<String, String> {
    if hostname.len() <= HOSTNAME_CHARS_MAX {
        return Ok(hostname.to_owned());
    }
    let end = (0..=HOSTNAME_CHARS_MAX).rev().find(|at| hostname.is_char_boundary(*at)).unwrap_or(0);
    match hostname[..end].trim_end_matches(['-', '.']) {
        "" => Err(format!("hostname for pod \"{pod_name}\" was invalid: \"{hostname}\"")),
        short => Ok(short.to_owned()),
    }
}

/// The hosts file of a Pod with its own network.
pub fn managed_hosts(ips: &[String], names: &PodNames, aliases: &[HostAlias]) -> String {
    let mut out = format!("{HEADER}{LOCAL}");
    for ip in ips {
        match names.domain.is_empty() {
            true => out.push_str(&format!("{ip}\t{}\n", names.hostname)),
            false => out.push_str(&format!("{ip}\t{0}.{1}\t{0}\n", names.hostname, names.domain)),
        }
    }
    out.push_str(&alias_lines(aliases));
    out
}

/// The hosts file of a Pod on the node's network: the node's own, with the Pod's aliases.
pub fn host_network_hosts(node_file: &str, aliases: &[HostAlias]) -> String {
    format!("{HEADER_HOST_NETWORK}{node_file}{}", alias_lines(aliases))
}

fn alias_lines(aliases: &[HostAlias]) -> String {
    if aliases.is_empty() {
        return String::new();
    }
    let line = |alias: &HostAlias| {
        format!("{}\t{}\n", alias.ip, alias.hostnames.iter().flatten().cloned().collect::<Vec<_>>().join("\t"))
    };
    format!("\n# Entries added by HostAliases.\n{}", aliases.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subdomain_names_the_pod_in_its_hosts_file() {
        let pod = json!({"metadata": {"name": "web-0", "namespace": "ns"}, "spec": {"containers": [],
            "subdomain": "web", "setHostnameAsFQDN": true, "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let names = pod_names(&pod, "cluster.local").expect("good names");
        assert_eq!(names.kernel_hostname, "web-0.web.ns.svc.cluster.local");
        let aliases = spec::spec(&pod).host_aliases.clone().unwrap_or_default();
        let file = managed_hosts(&["10.1.0.2".into()], &names, &aliases);
        assert!(file.ends_with(
            "ip6-allrouters\n10.1.0.2\tweb-0.web.ns.svc.cluster.local\tweb-0\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"
        ));
    }

    #[test]
    fn a_long_name_is_cut_where_a_host_name_may_end() {
        let pod = json!({"metadata": {"name": format!("{}-x", "a".repeat(62))}, "spec": {"containers": []}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        assert_eq!(pod_names(&pod, "").expect("good names").hostname, "a".repeat(62));
    }
}
