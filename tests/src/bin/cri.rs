//! `corten-cri INSTANCE CGROUP TESTAPP`: Corten's container runtime alone, on the CRI socket `/run/corten-cri.sock`,
//! with the test image. For a foreign kubelet: this is what upstream's answers are recorded with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use container_runtime::images::pull::PullConfig;
use container_runtime::images::service::Images;
use container_runtime::images::source::StoreSource;
use container_runtime::images::{archive, store::ImageStore};
use container_runtime::runtime::{Dependencies, Runtime};
use container_runtime::{config::Config, cri_server, shim};
use corten_system_tests::image;
use network::cidr::Ipv4Cidr;
use network::cni::{Bridge, BridgeConfig, ChosenNetwork, write_own_configuration};
use network::service::HostPorts;

const ROOT: &str = "/var/lib/corten-cri";
const SOCKET: &str = "/run/corten-cri.sock";
const POD_RANGE: &str = "10.244.0.0/24";
const SERVICE_RANGE: &str = "10.96.0.0/12";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|role| role == shim::ROLE) {
        shim::main(&arguments);
    }
    let [instance, cgroup, testapp] = &arguments[..] else {
        anyhow::bail!("usage: corten-cri INSTANCE CGROUP TESTAPP")
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(
        instance,
        cgroup,
        testapp.as_ref(),
    ))
}

async fn serve(instance: &str, cgroup: &str, testapp: &Path) -> anyhow::Result<()> {
    let root = PathBuf::from(ROOT);
    let store = Arc::new(ImageStore::open(&root.join("images"))?);
    for name in [image::NAME, image::NEXT] {
        archive::import(&store, &image::archive(testapp, name)?[..])?;
    }
    let settings = Config {
        root_directory: root.join("runtime"),
        state_directory: "/run/corten-cri".into(),
        cgroup_root: format!("/{cgroup}"),
        ..Config::default()
    };
    let dependencies = Dependencies { images: Arc::new(StoreSource(store.clone())), cni: network(instance)? };
    let runtime = Arc::new(Runtime::build(settings, dependencies).await?);
    let images = Arc::new(Images::new(store, PullConfig::default()));
    println!("serving on {SOCKET}");
    Ok(cri_server::serve(SOCKET.as_ref(), runtime, images, std::future::pending()).await?)
}

fn network(instance: &str) -> anyhow::Result<Arc<ChosenNetwork>> {
    let directory = PathBuf::from(ROOT).join("cni");
    let range = |text: &str| Ipv4Cidr::parse(text).with_context(|| format!("{text:?} is no range"));
    let own = BridgeConfig {
        instance: instance.to_owned(),
        range: range(POD_RANGE)?,
        directory: directory.join("addresses"),
    };
    let (conf_dir, bin_dir) = (PathBuf::from("/etc/cni/net.d"), PathBuf::from("/opt/cni/bin"));
    write_own_configuration(&conf_dir, &own)?;
    let ports = Arc::new(HostPorts::new(instance, &directory.join("hostports")));
    let bridge = Arc::new(Bridge::new(&own, ports));
    bridge.route_services(range(SERVICE_RANGE)?)?;
    Ok(Arc::new(ChosenNetwork::new(&conf_dir, &bin_dir, instance, bridge)))
}
