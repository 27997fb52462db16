//! All settings: one table gives flags, file keys, defaults and documentation.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Declares every setting once: the resolved [`Config`] and the optional [`Settings`] layer that both the
/// command line and the configuration file fill.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr;)*) => {
        /// A layer of settings: flags, or the configuration file. What is absent comes from the layer below.
        #[derive(Clone, Debug, Default, clap::Args, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct Settings {
            $(
                $(#[doc = $doc])+
                #[arg(long, global = true, hide_short_help = true)]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )*
        }

        /// Resolved settings.
        #[derive(Clone, Debug)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $type,)*
        }

        impl Settings {
            /// This layer's settings, else those of `below`.
            pub fn over(self, below: Settings) -> Settings {
                Settings { $($name: self.$name.or(below.$name),)* }
            }

            /// Fills what is still absent with the documented defaults.
            fn with_defaults(self) -> Config {
                Config { $($name: self.$name.unwrap_or_else(|| $default),)* }
            }
        }
    };
}

settings! {
    /// Instance name, 1 to 8 lower-case letters or digits: part of the names of links, rules and cgroups
    /// [default: corten]
    instance: String = "corten".into();
    /// Cluster state, keys, images and containers [default: /var/lib/corten]
    data_dir: PathBuf = "/var/lib/corten".into();
    /// admin.kubeconfig and config.yaml [default: /etc/corten]
    config_dir: PathBuf = "/etc/corten".into();
    /// Sockets and pid files; gone after a reboot [default: /run/corten]
    run_dir: PathBuf = "/run/corten".into();
    /// The server's own log [default: /var/log/corten]
    log_dir: PathBuf = "/var/log/corten".into();
    /// Pod volumes, as upstream's kubelet [default: /var/lib/kubelet]
    kubelet_dir: PathBuf = "/var/lib/kubelet".into();
    /// Container logs [default: /var/log/pods]
    pod_logs_dir: PathBuf = "/var/log/pods".into();
    /// Links to container logs by name [default: /var/log/containers]
    container_logs_dir: PathBuf = "/var/log/containers".into();
    /// CNI configurations [default: /etc/cni/net.d]
    cni_conf_dir: PathBuf = "/etc/cni/net.d".into();
    /// CNI plugins [default: /opt/cni/bin]
    cni_bin_dir: PathBuf = "/opt/cni/bin".into();
    /// Parent of all Pods' cgroups in every hierarchy; empty: the instance name [default: empty]
    cgroup_root: String = String::new();
    /// Name of this node [default: the host name in lower case]
    node_name: String = host_name();
    /// Address of this node in the cluster; unspecified: that of the default route [default: 0.0.0.0]
    node_ip: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    /// Address that the API server listens on [default: 0.0.0.0]
    bind_address: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    /// Port of the API server [default: 6443]
    api_port: u16 = 6443;
    /// Port of the kubelet [default: 10250]
    kubelet_port: u16 = 10250;
    /// DNS domain of the cluster [default: cluster.local]
    cluster_domain: String = "cluster.local".into();
    /// Addresses of Pods [default: 10.244.0.0/16]
    pod_cidr: String = "10.244.0.0/16".into();
    /// Addresses of Services [default: 10.96.0.0/12]
    service_cidr: String = "10.96.0.0/12".into();
    /// Address of the cluster's DNS, inside the Service range [default: 10.96.0.10]
    cluster_dns: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 96, 0, 10));
    /// Ports of NodePort Services [default: 30000-32767]
    node_port_range: String = "30000-32767".into();
    /// Pods that this node takes [default: 110]
    max_pods: u32 = 110;
    /// Directory of static Pods' manifests; empty: none [default: empty]
    static_pods_dir: PathBuf = PathBuf::new();
    /// Sysctls that Pods may set besides the safe ones, comma-separated, `*` at the end stands for anything
    /// [default: none]
    allowed_unsafe_sysctls: String = String::new();
    /// What runs in this process: all, or a comma-separated list of api, controllers, scheduler, node
    /// [default: all]
    roles: String = "all".into();
    /// File of `token,user,uid,"group1,group2"` lines that authenticate bearers [default: none]
    token_auth_file: PathBuf = PathBuf::new();
    /// Registry mirrors: `registry.k8s.io=http://127.0.0.1:5000`, comma-separated [default: none]
    registry_mirrors: String = String::new();
    /// Directory with a `REGISTRY/hosts.toml` per registry, as containerd's; empty: certs.d in the configuration
    /// directory [default: empty]
    registry_config_dir: PathBuf = PathBuf::new();
    /// RuntimeClass handlers and the runtime behind each: `NAME=embedded`, comma-separated
    /// [default: corten=embedded,runc=embedded]
    runtime_handlers: String = "corten=embedded,runc=embedded".into();
    /// File that names the DNS servers for names outside the cluster, also for Pods with `dnsPolicy: Default`; empty:
    /// systemd-resolved's where it runs, else /etc/resolv.conf [default: empty]
    resolv_conf: PathBuf = PathBuf::new();
    /// Validity of serving and client certificates in seconds; each is renewed when a third is left, while the server
    /// runs [default: 31536000]
    certificate_validity_seconds: u64 = 31_536_000;
    /// What is logged: error, warn, info, debug, or a tracing filter [default: info]
    log_level: String = "info".into();
}

/// Shortest validity of certificates: renewing them all takes a moment.
const VALIDITY_SECONDS_MIN: u64 = 5;

/// Which parts run in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// API server and datastore.
    pub api: bool,
    /// Controllers.
    pub controllers: bool,
    /// Scheduler.
    pub scheduler: bool,
    /// Kubelet, runtime, Service proxy, DNS.
    pub node: bool,
}

impl Settings {
    /// Writes what flags said into the configuration file, over what it says, for later commands.
    pub fn save(self, config_dir: &Path) -> anyhow::Result<()> {
        let path = config_dir.join("config.yaml");
        let merged = self.over(read_file(&path)?);
        let text = serde_saphyr::to_string(&merged).context("encode the settings")?;
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}

impl Config {
    /// Flags over the configuration file over defaults; checked.
    ///
    /// # Errors
    /// An unreadable file, an unknown key, or a setting that cannot be.
    pub fn load(flags: Settings) -> anyhow::Result<Config> {
        let config_dir = flags.config_dir.clone().unwrap_or_else(|| "/etc/corten".into());
        let file = read_file(&config_dir.join("config.yaml"))?;
        let config = flags.over(file).with_defaults();
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(1..=8).contains(&self.instance.len()) || !self.instance.chars().all(is_plain) {
            anyhow::bail!("instance {:?}: must be 1 to 8 lower-case letters or digits", self.instance);
        }
        self.parsed_roles()?;
        self.node_ports()?;
        self.handlers()?;
        let shortest = VALIDITY_SECONDS_MIN;
        anyhow::ensure!(
            self.certificate_validity_seconds >= shortest,
            "certificate-validity-seconds {}: must be at least {shortest}",
            self.certificate_validity_seconds
        );
        Ok(())
    }

    /// Names of RuntimeClass handlers; all lead to the embedded runtime, the only one so far.
    pub fn handlers(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for pair in self.runtime_handlers.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, runtime) =
                pair.split_once('=').with_context(|| format!("runtime-handlers {pair:?}: want NAME=RUNTIME"))?;
            let is_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            anyhow::ensure!(
                !name.is_empty() && name.chars().all(is_label),
                "runtime-handlers {name:?}: a handler is lower-case letters, digits and dashes"
            );
            anyhow::ensure!(
                runtime == "embedded",
                "runtime-handlers {pair:?}: there is no runtime {runtime:?}; embedded is the only one so far"
            );
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Files that may name the machine's DNS servers; the first one that is there counts.
    pub fn resolver_files(&self) -> Vec<PathBuf> {
        match self.resolv_conf.as_os_str().is_empty() {
            // The file of systemd-resolved itself: what it puts at /etc/resolv.conf leads to its stub on loopback.
            true => vec!["/run/systemd/resolve/resolv.conf".into(), "/etc/resolv.conf".into()],
            false => vec![self.resolv_conf.clone()],
        }
    }

    /// Where `hosts.toml` files are.
    pub fn registry_hosts(&self) -> PathBuf {
        match self.registry_config_dir.as_os_str().is_empty() {
            true => self.config_dir.join("certs.d"),
            false => self.registry_config_dir.clone(),
        }
    }

    /// The roles by name.
    pub fn parsed_roles(&self) -> anyhow::Result<Roles> {
        let mut roles = Roles { api: false, controllers: false, scheduler: false, node: false };
        for role in self.roles.split(',').map(str::trim) {
            match role {
                "all" => roles = Roles { api: true, controllers: true, scheduler: true, node: true },
                "api" => roles.api = true,
                "controllers" => roles.controllers = true,
                "scheduler" => roles.scheduler = true,
                "node" => roles.node = true,
                other => anyhow::bail!("roles: {other:?} is none of all, api, controllers, scheduler, node"),
            }
        }
        if !roles.api {
            anyhow::bail!("roles: without api the other roles have nothing to talk to; joining a server comes later");
        }
        Ok(roles)
    }

    /// First and last NodePort.
    pub fn node_ports(&self) -> anyhow::Result<(u16, u16)> {
        let parse = || {
            let (first, last) = self.node_port_range.split_once('-')?;
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        let range: (u16, u16) =
            parse().with_context(|| format!("node-port-range {:?}: want FIRST-LAST", self.node_port_range))?;
        anyhow::ensure!(range.0 > 0 && range.0 <= range.1, "node-port-range {:?}: is empty", self.node_port_range);
        Ok(range)
    }

    /// The cgroup below which all Pods run, without slashes at the ends.
    pub fn cgroup_parent(&self) -> String {
        match self.cgroup_root.trim_matches('/') {
            "" => self.instance.clone(),
            root => root.to_owned(),
        }
    }

    /// Path of the administrator's kubeconfig.
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.config_dir.join("admin.kubeconfig")
    }

    /// Path of the supervised server's log.
    pub fn server_log(&self) -> PathBuf {
        self.log_dir.join(format!("{}.log", self.instance))
    }
}

fn read_file(path: &Path) -> anyhow::Result<Settings> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Settings::default());
        }
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    if text.trim().is_empty() {
        return Ok(Settings::default());
    }
    serde_saphyr::from_str(&text).with_context(|| format!("read {}", path.display()))
}

/// The host name in lower case, as upstream names nodes.
fn host_name() -> String {
    let uname = rustix::system::uname();
    uname.nodename().to_string_lossy().trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let file = Settings { api_port: Some(7443), kubelet_port: Some(11250), ..Settings::default() };
        let flags = Settings { api_port: Some(8443), ..Settings::default() };
        let config = flags.over(file).with_defaults();
        assert_eq!((config.api_port, config.kubelet_port, config.max_pods), (8443, 11250, 110));
    }

    #[test]
    fn an_unknown_key_of_the_file_is_refused() {
        assert!(serde_saphyr::from_str::<Settings>("apiPort: 1\nnope: 2\n").is_err());
    }

    #[test]
    fn handlers_lead_to_a_runtime_that_is_there() {
        let handlers = |text: &str| {
            let settings = Settings { runtime_handlers: Some(text.into()), ..Settings::default() };
            settings.with_defaults().handlers().map_err(|error| error.to_string())
        };
        assert_eq!(handlers("test-handler=embedded, b=embedded"), Ok(vec!["test-handler".into(), "b".into()]));
        assert_eq!(handlers(""), Ok(vec![]));
        assert!(handlers("kata=/usr/bin/kata").is_err_and(|error| error.contains("there is no runtime")));
        assert!(handlers("Kata=embedded").is_err());
    }

    #[test]
    fn a_long_instance_name_is_refused() {
        let settings = Settings { instance: Some("much-too-long".into()), ..Settings::default() };
        let error = settings.with_defaults().check().expect_err("the name has 13 characters");
        assert!(error.to_string().starts_with("instance \"much-too-long\""));
    }
}
