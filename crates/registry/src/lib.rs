//! The generic registry: one write pipeline, one watch cache, one file per kind.
//!
//! Must not know HTTP, nor more of the caller than a [`request::RequestInfo`].

pub mod admission;
pub mod request;
pub mod resource;
