//! Seccomp filters: profiles, and their compilation to the kernel's BPF.
//!
//! Compiled in the daemon and cached by capability set; the shim only installs the bytes. Pure, except for the
//! cache.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use crate::capabilities::Capabilities;

mod assembler;
mod compile;
pub mod numbers;
pub mod profile;

pub use compile::compile;
pub use profile::{Profile, ProfileError};

/// Compiled default profiles that are kept; containers of one cluster use few capability sets.
const CACHE_ENTRIES_MAX: usize = 64;

/// Flag of seccomp(2): no speculative-store mitigation (runc's default too).
pub const FLAG_SPEC_ALLOW: u32 = 4;

/// A compiled filter: `sock_filter` records as the kernel reads them.
pub type Filter = Arc<[u8]>;

/// The RuntimeDefault filter for a container with `capabilities` in its bounding set.
pub fn runtime_default(capabilities: Capabilities) -> Filter {
    static CACHE: LazyLock<Mutex<HashMap<Capabilities, Filter>>> = LazyLock::new(Mutex::default);
    if let Some(filter) = CACHE.lock().get(&capabilities) {
        return Arc::clone(filter);
    }
    let filter: Filter = compile(&profile::runtime_default(capabilities)).expect("the built-in profile fits").into();
    let mut cache = CACHE.lock();
    if cache.len() >= CACHE_ENTRIES_MAX {
        cache.clear();
    }
    cache.insert(capabilities, Arc::clone(&filter));
    filter
}

#[cfg(test)]
mod tests;
