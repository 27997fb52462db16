//! The controllers: each one file with a pure `reconcile` over a view, performed by the client's one runner.
//!
//! Must not know the server, the store, or that other controllers exist: they meet in the objects.

pub mod claim;
pub mod deployment;
pub mod digest;
pub mod replica_set;

#[cfg(test)]
mod test_text;
