//! A small API server and a small runtime, both in memory.

pub mod api_server;
pub mod runtime;
