//! Work inside another network namespace, on a thread of its own.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Runs `work` in the network namespace at `path`; no thread of the daemon ever changes its own.
pub fn run_in<T: Send>(path: &Path, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let namespace = File::open(path)?;
    run_in_opened(&namespace, work)
}

/// The same for an open namespace.
pub fn run_in_opened<T: Send>(namespace: &File, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("netns".into()).spawn_scoped(scope, || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            work()
        })?;
        worker.join().unwrap_or_else(|_| Err(io::Error::other("work in a network namespace panicked")))
    })
}
