//! Waiting for a file to change, by the kernel's inotify.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Watches a file by its directory, so that its replacement is seen; or a whole directory.
pub struct Watcher {
    inotify: AsyncFd<OwnedFd>,
    /// The file; without one, all of the directory counts.
    name: Option<Vec<u8>>,
}

impl Watcher {
    /// Watches a file from now on.
    pub fn new(path: &Path) -> io::Result<Watcher> {
        let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default().to_vec();
        Watcher::begin(path.parent().unwrap_or(Path::new("/")), Some(name))
    }

    /// Watches the files of a directory from now on.
    pub fn of_directory(directory: &Path) -> io::Result<Watcher> {
        Watcher::begin(directory, None)
    }

    fn begin(directory: &Path, name: Option<Vec<u8>>) -> io::Result<Watcher> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        // Of a directory also what leaves it counts, and its own end.
        let flags = match name {
            Some(_) => flags,
            None => flags | WatchFlags::MOVED_FROM | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF,
        };
        inotify::add_watch(&inotify, directory, flags)?;
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
                        let is_named = |found: &[u8]| self.name.as_deref().is_none_or(|name| name == found);
                        let named = event.file_name().map(|name| is_named(name.to_bytes()));
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
