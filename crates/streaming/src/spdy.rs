//! SPDY/3.1: many streams over one connection, as clients of Kubernetes upgrade to for exec, attach and
//! port-forward. <https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/>
//!
//! As the library of upstream's clients and servers, this speaks no flow control: a peer's window is neither kept nor
//! updated, and a stream that nobody reads holds up its connection.

mod connection;
mod frame;
pub mod handshake;

pub use connection::{Connection, Reader, Role, Stream, Writer};
pub use frame::Headers;

/// Name of the protocol in `Upgrade`.
pub const PROTOCOL: &str = "SPDY/3.1";

/// The connection or the stream is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer has closed the stream")]
pub struct Closed;

#[cfg(test)]
mod tests;
