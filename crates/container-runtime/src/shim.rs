//! The shim role: one single-threaded process per Pod.
//!
//! It holds the Pod's namespaces, is the parent of the containers' processes, pumps their streams into CRI log
//! files, and keeps their exit records. It must stay small: no async runtime, no thread, no JSON. What it is told
//! is in [`crate::contract`].

mod channel;
mod child;
mod connection;
mod container;
mod event_loop;
mod exec;
mod exit_record;
mod init;
mod log_file;
mod namespaces;
mod pause;
mod process;
mod requests;
mod root_fs;
mod start;
mod streams;
mod users;
mod wall_clock;

pub use exit_record::read as read_exit_record;
pub use namespaces::outside_root;

/// Name of the role on the command line: `corten shim`.
pub const ROLE: &str = "shim";

/// Runs the role. To be called before any thread is started.
///
/// Reads a [`SandboxSpec`](crate::contract::SandboxSpec) frame on its standard input, goes into the background and
/// answers with a frame on its standard output.
pub fn main(_arguments: &[String]) -> ! {
    start::run()
}
