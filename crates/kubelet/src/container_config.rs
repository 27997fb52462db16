//! A container's CRI configuration from its spec. Pure, given the values that have to be looked up.

pub mod hash;
