//! CNI: which configuration a node uses, and Corten's own plugin (veth, bridge, addresses, hostPorts).

mod addresses;
mod bridge;
mod chosen;
mod plugin;

pub use addresses::{AddressError, Addresses};
pub use bridge::{Bridge, BridgeConfig, InProcess, PortMapper};
pub use chosen::{ChosenNetwork, write_own_configuration};
pub use plugin::{PLUGIN_NAME, plugin_main};
