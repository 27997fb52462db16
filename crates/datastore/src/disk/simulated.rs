//! A disk in memory whose power can be cut, and whose process can be killed.
//!
//! Writes and changes of names reach the platter when they are synced. A power cut keeps of the rest
//! any subset: of writes per 512-byte sector and in any order, of names each on its own. A killed
//! process keeps them all, still not durable. Handles of the time before do nothing any more.

use std::any::Any;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Disk, DiskFile};
use crate::random::Random;

const SECTOR_BYTES: usize = 512;

/// A handle on the disk, good until the next power cut or kill.
pub(crate) struct SimulatedDisk {
    machine: Arc<Mutex<Machine>>,
    life: u64,
}

struct SimulatedFile {
    machine: Arc<Mutex<Machine>>,
    life: u64,
    inode: usize,
}

#[derive(Default)]
struct Inode {
    /// What the process sees.
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors, or parts of them, that are not durable yet.
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone)]
enum NameChange {
    Set(String, usize),
    Remove(String, usize),
}

struct Machine {
    random: Random,
    life: u64,
    is_locked: bool,
    inodes: Vec<Inode>,
    seen_names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<NameChange>,
    /// Writes, syncs and changes of names until the power goes.
    operations_left: Option<u64>,
    is_on: bool,
    space_bytes: Option<usize>,
    fail_syncs: bool,
    operations: u64,
}

impl SimulatedDisk {
    pub fn new(seed: u64) -> Arc<Self> {
        let machine = Machine {
            random: Random::new(seed),
            life: 0,
            is_locked: false,
            inodes: Vec::new(),
            seen_names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            operations_left: None,
            is_on: true,
            space_bytes: None,
            fail_syncs: false,
            operations: 0,
        };
        Arc::new(Self { machine: Arc::new(Mutex::new(machine)), life: 0 })
    }

    /// Cuts the power in the middle of the operation after so many.
    pub fn cut_power_after(&self, operations: u64) {
        self.machine.lock().operations_left = Some(operations);
    }

    pub fn is_on(&self) -> bool {
        self.machine.lock().is_on
    }

    /// Fails allocations beyond so many bytes; `None` for no limit.
    pub fn limit_space(&self, bytes: Option<usize>) {
        self.machine.lock().space_bytes = bytes;
    }

    pub fn fail_syncs(&self) {
        self.machine.lock().fail_syncs = true;
    }

    /// The disk after a power cut now.
    pub fn restart(&self) -> Arc<Self> {
        self.machine.lock().lose_unsynced();
        self.kill()
    }

    /// The disk after the process was killed now.
    pub fn kill(&self) -> Arc<Self> {
        let mut machine = self.machine.lock();
        machine.life += 1;
        machine.is_on = true;
        machine.is_locked = false;
        machine.fail_syncs = false;
        machine.operations_left = None;
        Arc::new(Self { machine: self.machine.clone(), life: machine.life })
    }

    /// Changes the bytes of a file behind everybody's back.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut machine = self.machine.lock();
        let inode = machine.durable_names[name];
        change(&mut machine.inodes[inode].durable);
        machine.inodes[inode].seen = machine.inodes[inode].durable.clone();
    }

    fn with<T>(&self, act: impl FnOnce(&mut Machine) -> io::Result<T>) -> io::Result<T> {
        let mut machine = self.machine.lock();
        machine.check_on(self.life)?;
        act(&mut machine)
    }

    fn file(&self, inode: usize) -> Box<dyn DiskFile> {
        Box::new(SimulatedFile { machine: self.machine.clone(), life: self.life, inode })
    }
}

impl Machine {
    fn check_on(&self, life: u64) -> io::Result<()> {
        if self.is_on && self.life == life { Ok(()) } else { Err(io::Error::other("the power is off")) }
    }

    /// Counts an operation; true when the power goes during it.
    fn is_last_operation(&mut self) -> bool {
        self.operations += 1;
        match &mut self.operations_left {
            Some(0) => {
                self.is_on = false;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    fn used_bytes(&self) -> usize {
        let inodes: HashSet<usize> = self.seen_names.values().copied().collect();
        inodes.iter().map(|&inode| self.inodes[inode].seen.len()).sum()
    }

    fn check_space(&self, inode: usize, size: usize) -> io::Result<()> {
        let more = size.saturating_sub(self.inodes[inode].seen.len());
        match self.space_bytes {
            Some(space) if more > 0 && self.used_bytes() + more > space => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let is_last = self.is_last_operation();
        apply_name(&mut self.seen_names, &change);
        self.pending_names.push(change);
        if is_last { Err(io::Error::other("the power went")) } else { Ok(()) }
    }

    fn lose_unsynced(&mut self) {
        let kept_percent = [0, 30, 70, 95, 100][self.random.below(5) as usize];
        let random = &mut self.random;
        for change in self.pending_names.drain(..) {
            if random.below(100) < kept_percent {
                apply_name(&mut self.durable_names, &change);
            }
        }
        self.seen_names = self.durable_names.clone();
        for (number, inode) in self.inodes.iter_mut().enumerate() {
            if !self.durable_names.values().any(|&named| named == number) {
                *inode = Inode::default();
            }
            if inode.pending.is_empty() {
                continue;
            }
            random.shuffle(&mut inode.pending);
            for (offset, bytes) in inode.pending.drain(..) {
                if random.below(100) < kept_percent {
                    write(&mut inode.durable, offset, &bytes);
                }
            }
            inode.seen = inode.durable.clone();
        }
    }
}

fn apply_name(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Set(name, inode) => {
            // A rename: the file leaves its old name.
            names.retain(|_, other| other != inode);
            names.insert(name.clone(), *inode);
        }
        NameChange::Remove(name, inode) => {
            if names.get(name) == Some(inode) {
                names.remove(name);
            }
        }
    }
}

fn write(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn missing(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, name.to_owned())
}

impl Disk for SimulatedDisk {
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        struct Unlock(Arc<Mutex<Machine>>, u64);
        impl Drop for Unlock {
            fn drop(&mut self) {
                let mut machine = self.0.lock();
                if machine.life == self.1 {
                    machine.is_locked = false;
                }
            }
        }
        self.with(|machine| {
            if std::mem::replace(&mut machine.is_locked, true) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        })?;
        Ok(Box::new(Unlock(self.machine.clone(), self.life)))
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.with(|machine| Ok(machine.seen_names.keys().cloned().collect()))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.with(|machine| {
            let inode = machine.inodes.len();
            machine.inodes.push(Inode::default());
            machine.change_names(NameChange::Set(name.to_owned(), inode))?;
            Ok(inode)
        })?;
        Ok(self.file(inode))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.with(|machine| machine.seen_names.get(name).copied().ok_or_else(|| missing(name)))?;
        Ok(self.file(inode))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.with(|machine| {
            let inode = machine.seen_names.get(from).copied().ok_or_else(|| missing(from))?;
            machine.change_names(NameChange::Set(to.to_owned(), inode))
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|machine| match machine.seen_names.get(name).copied() {
            Some(inode) => machine.change_names(NameChange::Remove(name.to_owned(), inode)),
            None => Ok(()),
        })
    }

    fn sync_names(&self) -> io::Result<()> {
        self.with(|machine| {
            if machine.is_last_operation() || machine.fail_syncs {
                return Err(io::Error::other("the sync failed"));
            }
            machine.pending_names.clear();
            machine.durable_names = machine.seen_names.clone();
            Ok(())
        })
    }

    fn die(&self, _what: &str, _error: &io::Error) -> ! {
        // Ends the thread without a message; what it owns tells the others.
        std::panic::resume_unwind(Box::new("the process died"))
    }
}

impl SimulatedFile {
    fn with<T>(&self, act: impl FnOnce(&mut Machine) -> io::Result<T>) -> io::Result<T> {
        let mut machine = self.machine.lock();
        machine.check_on(self.life)?;
        act(&mut machine)
    }
}

impl DiskFile for SimulatedFile {
    fn size(&self) -> io::Result<u64> {
        self.with(|machine| Ok(machine.inodes[self.inode].seen.len() as u64))
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.with(|machine| machine.check_space(self.inode, bytes as usize))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.with(|machine| {
            let content = &machine.inodes[self.inode].seen;
            let part = content.get(offset as usize..offset as usize + buffer.len());
            buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|machine| {
            let mut at = offset as usize;
            machine.check_space(self.inode, at + bytes.len())?;
            let is_last = machine.is_last_operation();
            let inode = &mut machine.inodes[self.inode];
            write(&mut inode.seen, at, bytes);
            let mut rest = bytes;
            while !rest.is_empty() {
                let length = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
                inode.pending.push((at, rest[..length].to_vec()));
                (at, rest) = (at + length, &rest[length..]);
            }
            if is_last { Err(io::Error::other("the power went")) } else { Ok(()) }
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|machine| {
            if machine.is_last_operation() || machine.fail_syncs {
                return Err(io::Error::other("the sync failed"));
            }
            let inode = &mut machine.inodes[self.inode];
            for (offset, bytes) in inode.pending.drain(..) {
                write(&mut inode.durable, offset, &bytes);
            }
            Ok(())
        })
    }
}
