//! Requests through the whole server over a store in memory: in process, over TLS, and on to a kubelet or another
//! API server.

#[path = "server/aggregation.rs"]
mod aggregation;
#[path = "server/api.rs"]
mod api_requests;
#[path = "server/cluster.rs"]
mod cluster;
#[path = "server/connect.rs"]
mod connect;
#[path = "server/conversion.rs"]
mod conversion;
#[path = "server/discovery.rs"]
mod discovery;
#[path = "server/policies.rs"]
mod policies;
#[path = "server/tls.rs"]
mod tls;
#[path = "server/webhook_server.rs"]
mod webhook_server;
#[path = "server/webhooks.rs"]
mod webhooks;
