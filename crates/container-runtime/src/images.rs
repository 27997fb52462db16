//! Images: pulled or imported, verified, unpacked once, shared by digest.

pub mod archive;
pub mod digest;
pub mod hosts;
mod http;
pub mod layer;
pub mod manifest;
pub mod pull;
pub mod reference;
pub mod registry_server;
pub mod service;
pub mod source;
pub mod store;
mod unpack;

#[cfg(test)]
mod tests;
