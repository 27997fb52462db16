//! The Service proxy: Services and their endpoints become nftables elements.
//!
//! `compile` decides (pure), `apply` programs the kernel, `proxy` connects both to live views.

mod apply;
mod compile;
mod conntrack;
mod digest;
mod host_ports;
mod proxy;

pub use apply::{ProxyConfig, remove_rules};
pub use host_ports::HostPorts;
pub use proxy::Proxy;

#[cfg(test)]
mod tests;
