//! Client of the Kubernetes API over one [`transport::Transport`]: requests, informers, the controller
//! runner, events. Must not know the server or the store.

pub mod client;
pub mod clock;
pub mod informer;
pub mod resources;
pub mod transport;
pub mod watch;
