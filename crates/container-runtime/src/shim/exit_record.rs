//! Exit records: how a container ended, on disk before anybody is told.

use std::io;
use std::path::{Path, PathBuf};

use crate::contract::{CONTAINER_EXITED, ContainerExit};
use crate::wire;

/// Path of a container's exit record in the sandbox's state directory.
fn path(state_dir: &Path, container_id: &str) -> PathBuf {
    state_dir.join(format!("{container_id}.exit"))
}

/// Writes the record; it is there whole or not at all.
pub fn write(state_dir: &Path, exit: &ContainerExit) -> io::Result<()> {
    let final_path = path(state_dir, &exit.id);
    let temporary = final_path.with_extension("exit.new");
    std::fs::write(&temporary, wire::frame(CONTAINER_EXITED, 0, 0, exit))?;
    std::fs::rename(&temporary, &final_path)
}

/// Removes the record.
pub fn remove(state_dir: &Path, container_id: &str) {
    let _ = std::fs::remove_file(path(state_dir, container_id));
}

/// The record of a container; `None` when there is none or it cannot be read.
pub fn read(state_dir: &Path, container_id: &str) -> Option<ContainerExit> {
    let bytes = std::fs::read(path(state_dir, container_id)).ok()?;
    wire::Header::parse(&bytes).ok()??;
    let exit: ContainerExit = wire::decode(&bytes[wire::HEADER_BYTES..]).ok()?;
    (exit.id == container_id).then_some(exit)
}
