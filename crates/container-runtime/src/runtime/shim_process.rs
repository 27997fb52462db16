//! Starting shims. Nothing forks in the daemon: the executable is spawned (vfork and exec), and forks itself.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::CWD;
use rustix::mount::{OpenTreeFlags, open_tree};

use super::shim_client::ShimError;
use crate::contract::{FAILED, Failure, OK, SandboxSpec, Welcome};
use crate::sys::{self, MountChange};
use crate::{shim, wire};

/// The executable that shims run.
pub struct ShimExecutable {
    path: PathBuf,
    /// The same file through a mount of its own that is read-only: a container whose program is a link to
    /// /proc/self/exe must not be able to write to it.
    tree: Option<OwnedFd>,
}

impl ShimExecutable {
    /// Opens it once; a file that replaces it later is used after the daemon's next start.
    pub fn open(path: &Path) -> io::Result<ShimExecutable> {
        let path = std::fs::canonicalize(path)?;
        let tree = read_only_tree(&path).inspect_err(|error| {
            tracing::warn!(%error, "shims run from a writable mount");
        });
        Ok(ShimExecutable { path, tree: tree.ok() })
    }

    /// Starts a shim and waits until it is set up. Blocks for some milliseconds.
    pub fn start(&self, spec: &SandboxSpec) -> Result<Welcome, ShimError> {
        let start = |cause| ShimError::Start { cause };
        let program = match &self.tree {
            Some(tree) => PathBuf::from(format!("/proc/self/fd/{}", tree.as_raw_fd())),
            None => self.path.clone(),
        };
        let mut child = Command::new(program)
            .arg0("corten-shim")
            .args([shim::ROLE, &spec.id])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(start)?;
        let told = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(&wire::frame(0, 0, 0, spec)));
        let mut answer = Vec::new();
        let heard = child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut answer));
        child.wait().map_err(start)?;
        told.map_err(start)?;
        heard.map_err(start)?;
        let Ok(Some(header)) = wire::Header::parse(&answer) else { return Err(ShimError::Malformed) };
        let body = &answer[wire::HEADER_BYTES..];
        match header.kind {
            OK => wire::decode(body).map_err(|_| ShimError::Malformed),
            FAILED => {
                let failure: Failure = wire::decode(body).map_err(|_| ShimError::Malformed)?;
                Err(ShimError::Refused { code: failure.code, message: failure.message })
            }
            _ => Err(ShimError::Malformed),
        }
    }
}

fn read_only_tree(path: &Path) -> io::Result<OwnedFd> {
    let tree = open_tree(CWD, path, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)?;
    let change = MountChange { set: sys::ATTR_READ_ONLY, ..MountChange::default() };
    sys::change_mount(tree.as_fd(), "", change)?;
    Ok(tree)
}
