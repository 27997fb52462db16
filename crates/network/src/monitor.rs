//! Tells of changes of this namespace's addresses and routes.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use tokio::io::unix::AsyncFd;

/// `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV4_ROUTE`
const GROUPS: u32 = 0x10 | 0x40;

/// Bytes of a message that are read: its content does not matter.
const RECEIVE_BYTES: usize = 4_096;

/// Waits for changes of IPv4 addresses and routes.
pub struct AddressMonitor {
    socket: AsyncFd<OwnedFd>,
}

impl AddressMonitor {
    /// Changes from now on, in the caller's network namespace. Needs a tokio runtime.
    pub fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        #[expect(deprecated, reason = "an owned descriptor gives what the unsafe name asks for")]
        let socket = AsyncFd::new(socket)?;
        Ok(AddressMonitor { socket })
    }

    /// Completes when something has changed since the last call. It carries no data: the truth is to be read again.
    pub async fn changed(&self) -> io::Result<()> {
        loop {
            let mut ready = self.socket.readable().await?;
            let mut has_changed = false;
            let mut buffer = [0_u8; RECEIVE_BYTES];
            loop {
                match rustix::net::recv(self.socket.get_ref(), &mut buffer[..], RecvFlags::empty()) {
                    Ok(_) | Err(Errno::NOBUFS) => has_changed = true,
                    Err(Errno::AGAIN) => break,
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            ready.clear_ready();
            if has_changed {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Links;
    use std::time::Duration;

    #[test]
    fn a_new_address_is_told() {
        // Needs root; the namespace ends with the thread.
        let thread = std::thread::spawn(|| {
            #[expect(deprecated, reason = "the safe form; its hazards are about file descriptor tables")]
            rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET).expect("root may make namespaces");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let monitor = AddressMonitor::open().expect("netlink");
                let quiet = tokio::time::timeout(Duration::from_millis(20), monitor.changed()).await;
                assert!(quiet.is_err(), "nothing has changed yet");
                let mut links = Links::open().expect("netlink");
                let loopback = links.find("lo").expect("list links").expect("every namespace has one");
                links.add_address(loopback, [192, 0, 2, 1].into(), 32).expect("add an address");
                let told = tokio::time::timeout(Duration::from_secs(5), monitor.changed()).await;
                told.expect("in time").expect("netlink");
            });
        });
        thread.join().expect("the test runs");
    }
}
