//! CNI: which configuration a node uses, and Corten's own plugin (veth, bridge, addresses, hostPorts).

mod addresses;
mod bridge;
mod chosen;
mod plugin;

pub use addresses::{AddressError, Addresses};
pub use bridge::{Bridge, BridgeConfig, InProcess, PortMapper};
pub use chosen::{ChosenNetwork, write_own_configuration};
pub use plugin::{PLUGIN_NAME, plugin_main};

/// Attaches a sandbox in the calling thread's namespace.
#[cfg(test)]
pub(crate) fn attach_for_test(bridge: &Bridge, request: &container_interfaces::cni::CniRequest) {
    bridge::execute(bridge, "ADD", request).expect("attach");
}
