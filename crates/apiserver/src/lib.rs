//! The API server: routes, authentication, authorization, admission, discovery, OpenAPI, watch streaming and the
//! connect verbs.
//!
//! Start: [`admission::chain`] → open the registry with it → [`build`] → [`ApiServer::bootstrap`] and
//! [`ApiServer::serve`]. Own parts of the process call through [`ApiServer::transport`]. Must not know engines or
//! controllers.

pub mod admission;
mod aggregation;
pub mod authentication;
pub mod authorization;
pub mod bootstrap;
mod call;
mod changes;
mod component_statuses;
pub mod config;
mod connect;
mod custom_resources;
mod deprecation;
mod discovery;
mod eviction;
mod gzip;
mod identifiers;
mod impersonation;
mod in_flight;
mod in_process;
mod indent;
mod kubelet_client;
mod metrics;
mod negotiation;
mod openapi;
mod options;
mod pipeline;
mod query;
mod render;
mod reply;
mod resources;
mod reviews;
mod route;
mod server;
mod system;
mod target;
mod token_request;
mod views;
mod watch_body;
mod webhook_client;

pub use aggregation::{AggregatedKind, AggregatedKinds};
pub use config::{Config, FrontProxyConfig, KubeletClientConfig};
pub use openapi::additions::Source as OpenApiSource;
pub use server::{ApiServer, BuildError, build, loopback_user};
pub use system::GIT_VERSION;
