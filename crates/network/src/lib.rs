//! Everything that programs the kernel's network: CNI attachments, addresses, Service rules.
//!
//! Deciding is pure (`service::compile`), acting is in `link`, `nft` and `apply` files. Must not know
//! Pods' lifecycle.

pub mod cidr;
pub mod cni;
pub mod link;
pub mod monitor;
pub mod netlink;
pub mod netns;
pub mod nft;
pub mod service;
