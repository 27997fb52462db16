//! Byte streams under the API: TLS serving with live certificates, the HTTP serve loop, WebSocket framing of
//! exec and attach, and piping of upgraded connections.
//!
//! Must not know Kubernetes objects. Shared by the API server, the kubelet, the runtime and clients.

pub mod names;
pub mod port_forward;
pub mod remote_command;
pub mod serve;
pub mod spdy;
pub mod tls;
pub mod upgrade;
pub mod websocket;
