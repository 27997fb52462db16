//! The API server: routes, authentication, authorization, admission, discovery, OpenAPI, watch streaming and the
//! connect verbs.
//!
//! Must not know engines or controllers.

pub mod authentication;
pub mod authorization;
pub mod gzip;
pub mod indent;
pub mod metrics;
pub mod negotiation;
pub mod query;
pub mod render;
pub mod reply;
pub mod target;
pub mod views;
pub mod watch_body;
