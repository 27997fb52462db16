//! The generic registry: one write pipeline, one watch cache, one file per kind.
//!
//! A write is read top to bottom in `write.rs`; what is particular to a kind is in its file below `kinds/`, mostly as
//! a table ([`strategy::KindRules`]). Must not know HTTP, nor more of the caller than a [`request::RequestInfo`].

pub mod admission;
pub mod cells;
pub mod config;
pub mod defaults;
pub mod kinds;
pub mod name_rules;
pub mod request;
pub mod resource;
pub mod rules;
pub mod strategy;
