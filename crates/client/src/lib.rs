//! Client of the Kubernetes API over one [`transport::Transport`]: requests, informers, the controller
//! runner, events. Must not know the server or the store.

pub mod client;
pub mod informer;
pub mod transport;
