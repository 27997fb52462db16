//! The table of kinds: one file each, one line here.

use crate::strategy::Strategy;

mod config_map;
mod namespace;

/// Every kind that is stored, by name.
pub static KINDS: &[&dyn Strategy] = &[&config_map::ConfigMap, &namespace::Namespace];
