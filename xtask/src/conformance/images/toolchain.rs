//! C programs that are linked with musl: static, and without glibc's lookups of users and hosts at run time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::debian::Packages;

/// The C library and what programs include of the kernel.
const PACKAGES: [&str; 3] = ["linux-libc-dev", "musl-dev", "musl-tools"];

/// busybox's original source, as Debian keeps it; Debian's own build has patches and a `wget` that crashes.
const BUSYBOX_SOURCE: &str = "pool/main/b/busybox/busybox_1.37.0.orig.tar.bz2";

/// What it must be.
const BUSYBOX_SHA256: &str = "3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4";

/// Compiles and links; kept below a cache.
pub struct Toolchain {
    root: PathBuf,
}

impl Toolchain {
    /// Kept below `cache`.
    pub fn new(cache: &Path) -> Self {
        Toolchain { root: cache.join("toolchain") }
    }

    /// A static program of one source file.
    ///
    /// # Errors
    /// gcc is missing or refuses the source.
    pub fn compile(&self, source: &Path, packages: &Packages) -> anyhow::Result<Vec<u8>> {
        let program = self.root.join("program");
        let specs = self.specs(packages)?;
        let status = Command::new("gcc")
            .arg(format!("-specs={}", specs.display()))
            .args(["-static", "-no-pie", "-Os", "-s", "-Wall", "-Werror", "-o"])
            .args([&program, source])
            .status()
            .context("run gcc; it is needed for the test images")?;
        ensure!(status.success(), "gcc {}: {status}", source.display());
        std::fs::read(&program).with_context(|| format!("read {}", program.display()))
    }

    /// busybox with all applets but `tc`, which current kernel headers no longer let it build.
    ///
    /// # Errors
    /// Its source cannot be had, or gcc, make or bzip2 is missing.
    pub fn busybox(&self, packages: &Packages) -> anyhow::Result<PathBuf> {
        let program = self.root.join("busybox");
        if program.exists() {
            return Ok(program);
        }
        let specs = self.specs(packages)?;
        let archive = packages.source(BUSYBOX_SOURCE, BUSYBOX_SHA256)?;
        println!("building busybox");
        let source = self.root.join("busybox-1.37.0");
        run(Command::new("tar").arg("-xjf").arg(&archive).arg("-C").arg(&self.root))?;
        run(Command::new("make").arg("defconfig").current_dir(&source))?;
        let config = source.join(".config");
        let text = std::fs::read_to_string(&config)?;
        let text = text.replace("CONFIG_TC=y", "# CONFIG_TC is not set");
        std::fs::write(&config, text.replace("# CONFIG_STATIC is not set", "CONFIG_STATIC=y"))?;
        let compiler = format!("CC=gcc -specs={}", specs.display());
        run(Command::new("make").args(["-j2", &compiler, "busybox"]).current_dir(&source))?;
        std::fs::rename(source.join("busybox"), &program)?;
        std::fs::remove_dir_all(&source)?;
        Ok(program)
    }

    /// gcc's specs file for the unpacked library.
    fn specs(&self, packages: &Packages) -> anyhow::Result<PathBuf> {
        let specs = self.root.join("musl.specs");
        if specs.exists() {
            return Ok(specs);
        }
        std::fs::create_dir_all(&self.root)?;
        packages.unpack(&PACKAGES, &self.root)?;
        let machine = std::env::consts::ARCH;
        let usr = self.root.join("usr");
        let library = usr.join(format!("lib/{machine}-linux-musl"));
        let include = usr.join(format!("include/{machine}-linux-musl"));
        for name in ["asm-generic", "linux", "mtd"] {
            link(&usr.join("include").join(name), &include.join(name))?;
        }
        link(&usr.join(format!("include/{machine}-linux-gnu/asm")), &include.join("asm"))?;
        let text = std::fs::read_to_string(library.join("musl-gcc.specs")).context("read musl's specs for gcc")?;
        // The package is meant for the root directory: `/usr` is where it was unpacked.
        let text = text.replace(" /usr/", &format!(" {}/", usr.display()));
        std::fs::write(&specs, text.replace("-L/usr/", &format!("-L{}/", usr.display())))?;
        Ok(specs)
    }
}

fn link(target: &Path, path: &Path) -> anyhow::Result<()> {
    let _ = std::fs::remove_file(path);
    std::os::unix::fs::symlink(target, path).with_context(|| format!("link {}", path.display()))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    let output = command.output().with_context(|| format!("run {shown}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown}: {}", errors.trim());
    Ok(())
}
