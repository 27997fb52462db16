//! Client of the Kubernetes API over one [`transport::Transport`]: requests, informers, the controller
//! runner, events. Must not know the server or the store.

pub mod client;
pub mod clock;
pub mod controller;
pub mod events;
pub mod informer;
pub mod kubeconfig;
pub mod plan;
pub mod resources;
pub mod runner;
pub mod tls;
pub mod transport;
pub mod view;
pub mod watch;
pub mod work_queue;
