//! Addresses of sandboxes: one file per address in a directory, as upstream's host-local keeps them.
//!
//! ```text
//! DIRECTORY/10.244.0.5     "CONTAINER-ID\nINTERFACE\n"
//! DIRECTORY/last           the address given last: the next search starts behind it
//! ```
//! The files are the truth: whoever restarts reads them again.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::cidr::Ipv4Cidr;

/// No address could be given.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Every address of the range is in use.
    #[error("no IP addresses available in range set: {range}")]
    Exhausted {
        /// The range.
        range: Ipv4Cidr,
    },
    /// The directory cannot be used.
    #[error("keep addresses in {directory}")]
    Disk {
        /// The directory.
        directory: PathBuf,
        #[source]
        cause: io::Error,
    },
}

/// The addresses of one range. Processes share it through a lock on the directory.
#[derive(Clone, Debug)]
pub struct Addresses {
    directory: PathBuf,
    range: Ipv4Cidr,
}

impl Addresses {
    /// Addresses of `range` but its first (the network's), second (the gateway's) and last (broadcast).
    pub fn new(directory: &Path, range: Ipv4Cidr) -> Self {
        Addresses { directory: directory.to_owned(), range }
    }

    /// The gateway: second address of the range.
    pub fn gateway(&self) -> Ipv4Addr {
        self.range.at(1)
    }

    /// The range.
    pub fn range(&self) -> Ipv4Cidr {
        self.range
    }

    /// Gives an address to an interface of a sandbox; the same one again when it has one.
    pub fn allocate(&self, container_id: &str, interface: &str) -> Result<Ipv4Addr, AddressError> {
        let owner = format!("{container_id}\n{interface}\n");
        let _lock = self.lock().map_err(|cause| self.disk(cause))?;
        if let Some(address) = self.held_by(&owner).map_err(|cause| self.disk(cause))?.first() {
            return Ok(*address);
        }
        let count = u32::try_from(self.range.size()).unwrap_or(u32::MAX).saturating_sub(3);
        let last = std::fs::read_to_string(self.directory.join("last")).ok().and_then(|text| text.trim().parse().ok());
        let start = last.map_or(0, |last: Ipv4Addr| u32::from(last).wrapping_sub(u32::from(self.range.at(2))) + 1);
        for step in 0..count {
            let address = self.range.at(2 + start.wrapping_add(step) % count);
            match self.claim(address, &owner) {
                Ok(()) => return Ok(address),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(self.disk(cause)),
            }
        }
        Err(AddressError::Exhausted { range: self.range })
    }

    /// Frees the addresses of an interface of a sandbox; returns them.
    pub fn release(&self, container_id: &str, interface: &str) -> Result<Vec<Ipv4Addr>, AddressError> {
        let _lock = self.lock().map_err(|cause| self.disk(cause))?;
        let held = self.held_by(&format!("{container_id}\n{interface}\n")).map_err(|cause| self.disk(cause))?;
        for address in &held {
            std::fs::remove_file(self.directory.join(address.to_string())).map_err(|cause| self.disk(cause))?;
        }
        Ok(held)
    }

    /// The address of an interface of a sandbox.
    pub fn find(&self, container_id: &str, interface: &str) -> Result<Option<Ipv4Addr>, AddressError> {
        let held = self.held_by(&format!("{container_id}\n{interface}\n")).map_err(|cause| self.disk(cause))?;
        Ok(held.first().copied())
    }

    fn claim(&self, address: Ipv4Addr, owner: &str) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(self.directory.join(address.to_string()))?;
        file.write_all(owner.as_bytes())?;
        std::fs::write(self.directory.join("last"), address.to_string())
    }

    fn held_by(&self, owner: &str) -> io::Result<Vec<Ipv4Addr>> {
        let mut held = Vec::new();
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(held),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(address) = entry.file_name().to_string_lossy().parse() else { continue };
            if std::fs::read_to_string(entry.path()).is_ok_and(|text| text == owner) {
                held.push(address);
            }
        }
        Ok(held)
    }

    fn lock(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.directory)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.directory.join("lock"))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    }

    fn disk(&self, cause: io::Error) -> AddressError {
        AddressError::Disk { directory: self.directory.clone(), cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(name: &str, range: &str) -> Addresses {
        let directory = std::env::temp_dir().join(format!("corten-addresses-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        Addresses::new(&directory, Ipv4Cidr::parse(range).expect("a range"))
    }

    #[test]
    fn a_freed_address_is_not_given_again_at_once() {
        let pool = addresses("reuse", "10.0.0.0/24");
        let first = pool.allocate("a", "eth0").expect("an address");
        assert_eq!(pool.allocate("a", "eth0").expect("the same"), first);
        assert_eq!(pool.release("a", "eth0").expect("release"), [first]);
        assert_eq!(first.to_string(), "10.0.0.2");
        assert_eq!(pool.allocate("b", "eth0").expect("an address").to_string(), "10.0.0.3");
        std::fs::remove_dir_all(&pool.directory).expect("clean up");
    }

    #[test]
    fn a_full_range_says_so_and_wraps_around() {
        let pool = addresses("full", "10.0.0.0/29");
        let given: Vec<String> =
            (0..5).map(|n| pool.allocate(&n.to_string(), "eth0").expect("an address").to_string()).collect();
        assert_eq!(given, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
        let error = pool.allocate("x", "eth0").expect_err("the range is full");
        assert_eq!(error.to_string(), "no IP addresses available in range set: 10.0.0.0/29");
        pool.release("2", "eth0").expect("release");
        assert_eq!(pool.allocate("x", "eth0").expect("an address").to_string(), "10.0.0.4");
        std::fs::remove_dir_all(&pool.directory).expect("clean up");
    }
}
