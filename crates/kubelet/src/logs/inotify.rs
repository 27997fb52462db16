//! Waiting for a file to change, by the kernel's inotify.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Watches a file by its directory, so that its replacement is seen.
pub struct Watcher {
    inotify: AsyncFd<OwnedFd>,
    name: Vec<u8>,
}

impl Watcher {
    /// Watches from now on.
    pub fn new(path: &Path) -> io::Result<Watcher> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        inotify::add_watch(&inotify, directory, flags)?;
        let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default().to_vec();
        // SAFETY: the descriptor is owned by the AsyncFd, which closes it when it is dropped and not before; it is
        // registered nowhere else.
        let inotify = unsafe { AsyncFd::register(inotify) }.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Watcher { inotify, name })
    }

    /// Completes when the file has changed (or may have).
    pub async fn wait(&mut self) -> io::Result<()> {
        loop {
            let mut guard = self.inotify.readable().await?;
            let mut buffer = [std::mem::MaybeUninit::uninit(); 4_096];
            let mut events = inotify::Reader::new(self.inotify.get_ref().as_fd(), &mut buffer);
            let mut is_ours = false;
            loop {
                match events.next() {
                    Ok(event) => {
                        let named = event.file_name().map(|name| name.to_bytes() == self.name.as_slice());
                        let is_overflow = event.events().contains(ReadFlags::QUEUE_OVERFLOW);
                        is_ours |= named.unwrap_or(true) || is_overflow;
                    }
                    Err(rustix::io::Errno::AGAIN) => {
                        guard.clear_ready();
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
                if is_ours && events.is_buffer_empty() {
                    break;
                }
            }
            if is_ours {
                return Ok(());
            }
        }
    }
}
