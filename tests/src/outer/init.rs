//! Process 1 inside: mounts, host name, network; then it waits for the test to let go.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};

use super::{GATEWAY_ADDRESS, HOST_NAME, INSIDE, Request, network};
use crate::sys;

/// Directories of the host that are empty inside.
const EMPTY: &[&str] = &["/run", "/var/lib", "/var/log", "/opt"];

/// Directories of a real installation that must not be seen in the copy of `/etc`.
const HIDDEN: &[&str] = &["/etc/corten", "/etc/cni", "/etc/kubernetes"];

/// The role's body.
pub fn run(request: &Request) -> ! {
    if let Err(error) = prepare(request) {
        eprintln!("process 1 of the test's namespaces: {error:#}");
        sys::end_now(1);
    }
    // All orphans become children of process 1; the kernel collects them while SIGCHLD is ignored.
    sys::ignore_signal(libc::SIGCHLD);
    println!("ready");
    let _ = std::io::stdout().flush();
    let mut rest = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut rest);
    sys::end_now(0)
}

fn prepare(request: &Request) -> anyhow::Result<()> {
    sys::die_with_parent()?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).context("make mounts private")?;
    mount("proc", "/proc", "proc", MountFlags::empty(), None).context("mount /proc")?;
    // Opened before their directories are hidden.
    let programs = request.programs.iter().map(|(name, path)| {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        Ok((name.as_str(), file))
    });
    let programs = programs.collect::<anyhow::Result<Vec<_>>>()?;
    let disk = request.disk.as_ref().map(File::open).transpose().context("open the directory on disk")?;
    for directory in EMPTY {
        match &disk {
            Some(disk) if *directory == "/var/lib" => bind(disk, directory)?,
            _ => mount("tmpfs", *directory, "tmpfs", MountFlags::empty(), Some(c"mode=755"))
                .with_context(|| format!("mount {directory}"))?,
        }
    }
    copy_etc()?;
    for directory in ["bin", "home", "tmp"] {
        fs::create_dir_all(format!("{INSIDE}/{directory}"))?;
    }
    for (name, file) in programs {
        let path = format!("{INSIDE}/bin/{name}");
        File::create(&path)?.set_permissions(fs::Permissions::from_mode(0o755))?;
        bind(&file, &path)?;
    }
    rustix::system::sethostname(HOST_NAME.as_bytes()).context("set the host name")?;
    network::set_up().context("set up the network")
}

fn bind(source: &File, target: &str) -> anyhow::Result<()> {
    let source = format!("/proc/self/fd/{}", source.as_raw_fd());
    mount_bind(source, target).with_context(|| format!("mount {target}"))
}

/// Puts a copy of `/etc` over itself, so that nothing inside changes the host's.
fn copy_etc() -> anyhow::Result<()> {
    let (upper, work) = (format!("{INSIDE}/etc/upper"), format!("{INSIDE}/etc/work"));
    fs::create_dir_all(&upper)?;
    fs::create_dir_all(&work)?;
    let options = std::ffi::CString::new(format!("lowerdir=/etc,upperdir={upper},workdir={work}"))?;
    mount("overlay", "/etc", "overlay", MountFlags::empty(), Some(options.as_c_str())).context("mount /etc")?;
    for path in HIDDEN.iter().filter(|path| Path::new(path).exists()) {
        fs::remove_dir_all(path).with_context(|| format!("hide {path}"))?;
    }
    // Often a link into /run.
    let _ = fs::remove_file("/etc/resolv.conf");
    Ok(fs::write("/etc/resolv.conf", format!("nameserver {GATEWAY_ADDRESS}\n"))?)
}
