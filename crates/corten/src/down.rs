//! `corten down` and `corten uninstall`.

use std::net::IpAddr;

use anyhow::Context;
use network::cni::Bridge;
use network::link::Links;

use crate::config::Config;
use crate::{node, owned, supervision};

/// Stops the server; containers go on unless `stops_pods`.
pub fn down(config: &Config, stops_pods: bool) -> anyhow::Result<()> {
    match supervision::find(config) {
        Some(running) => {
            running.stop()?;
            println!("server stopped");
        }
        None => println!("server was not running"),
    }
    match stops_pods {
        true => println!("{} Pods stopped", node::stop_all_pods(config)?),
        false => println!("containers go on running; stop them too with: corten down --pods"),
    }
    Ok(())
}

/// Stops everything and removes all that the instance made.
pub fn uninstall(config: &Config) -> anyhow::Result<()> {
    down(config, true)?;
    supervision::remove(config)?;
    remove_network(config)?;
    node::remove_cgroups(config)?;
    let own_cni = config.cni_conf_dir.join(format!("10-{}.conflist", config.instance));
    let _ = std::fs::remove_file(own_cni);
    // Only when nothing else is in it.
    let _ = std::fs::remove_dir(&config.cni_conf_dir);
    for directory in owned::directories(config).iter().rev() {
        if let Some(said) = owned::remove(directory, &config.instance)? {
            println!("{said}");
        }
    }
    println!("corten {} is uninstalled", config.instance);
    Ok(())
}

fn remove_network(config: &Config) -> anyhow::Result<()> {
    network::service::remove_rules(&config.instance).context("remove the rules")?;
    let mut links = Links::open().context("open netlink")?;
    links.remove(&Bridge::bridge_name(&config.instance)).context("remove the bridge")?;
    if let IpAddr::V4(address) = config.cluster_dns
        && let Some(loopback) = links.find("lo").context("find lo")?
    {
        links.remove_address(loopback, address, 32).context("remove the DNS address")?;
    }
    Ok(())
}
