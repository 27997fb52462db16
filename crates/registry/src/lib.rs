//! The generic registry: one write pipeline, one watch cache, one file per kind.
//!
//! A write is read top to bottom in `write.rs`; what is particular to a kind is in its file below `kinds/`, mostly as
//! a table ([`strategy::KindRules`]). Must not know HTTP, nor more of the caller than a [`request::RequestInfo`].

pub mod admission;
pub mod admitted;
pub mod cells;
pub mod config;
pub mod custom_resources;
mod decode;
pub mod defaults;
mod delete;
mod environment;
pub mod expressions;
#[cfg(test)]
mod harness;
pub mod kinds;
pub mod list;
pub mod name_rules;
mod object_meta;
mod open;
mod prepare;
pub mod request;
mod reserve;
pub mod resource;
pub mod rules;
mod scale;
mod store;
pub mod strategy;
#[cfg(test)]
mod tests;
mod watch_cache;
mod write;

pub use prepare::match_namespace;
