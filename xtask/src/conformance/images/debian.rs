//! Packages and sources of Debian, by the machine's own apt configuration, into the cache; nothing is installed.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Where sources are looked for when the configured mirrors lack them.
const FALLBACK: &str = "http://deb.debian.org/debian/";

/// apt's downloader: uses the machine's proxy settings and checks the hash.
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// Fetches packages and source archives.
pub struct Packages {
    packages: PathBuf,
    lists: PathBuf,
}

impl Packages {
    /// Kept below `cache`.
    pub fn new(cache: &Path) -> Self {
        Packages { packages: cache.join("packages"), lists: cache.join("apt") }
    }

    /// Hands the files of each package to `take`, as an uncompressed tar.
    ///
    /// # Errors
    /// A package that cannot be had, or what `take` says.
    pub fn files(&self, names: &[String], take: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        for (name, path) in self.fetch(names)? {
            let mut unpack =
                Command::new("dpkg-deb").arg("--fsys-tarfile").arg(&path).stdout(Stdio::piped()).spawn()?;
            let mut tar = Vec::new();
            unpack.stdout.take().context("dpkg-deb has an output")?.read_to_end(&mut tar)?;
            ensure!(unpack.wait()?.success(), "dpkg-deb cannot read {}", path.display());
            take(&tar).with_context(|| format!("package {name}"))?;
        }
        Ok(())
    }

    /// Unpacks packages into a directory.
    ///
    /// # Errors
    /// A package that cannot be had or unpacked.
    pub fn unpack(&self, names: &[&str], directory: &Path) -> anyhow::Result<()> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        for (_, path) in self.fetch(&names)? {
            let status = Command::new("dpkg-deb").arg("-x").arg(&path).arg(directory).status()?;
            ensure!(status.success(), "dpkg-deb -x {}: {status}", path.display());
        }
        Ok(())
    }

    /// A file of the archive's pool, such as an upstream tarball, with this SHA-256.
    ///
    /// # Errors
    /// No mirror has it, or not with these contents.
    pub fn source(&self, pool_path: &str, sha256: &str) -> anyhow::Result<PathBuf> {
        let name = pool_path.rsplit('/').next().unwrap_or(pool_path);
        let path = self.packages.join(name);
        if path.exists() {
            return Ok(path);
        }
        std::fs::create_dir_all(&self.packages)?;
        for mirror in mirrors()? {
            let unfinished = self.packages.join(format!("{name}.unfinished"));
            let fetched = Command::new(APT_HELPER)
                .args(["-o", "APT::Sandbox::User=root", "-qq", "download-file", &format!("{mirror}{pool_path}")])
                .arg(&unfinished)
                .arg(format!("SHA256:{sha256}"))
                .stdout(Stdio::null())
                .status()
                .with_context(|| format!("run {APT_HELPER}"))?;
            if fetched.success() {
                std::fs::rename(&unfinished, &path)?;
                return Ok(path);
            }
        }
        anyhow::bail!("no Debian mirror has {pool_path} with SHA-256 {sha256}")
    }

    /// The packages' files by name, fetched unless they are there; the newest version that apt knows.
    fn fetch(&self, names: &[String]) -> anyhow::Result<Vec<(String, PathBuf)>> {
        std::fs::create_dir_all(&self.packages)?;
        std::fs::create_dir_all(&self.lists)?;
        if let Ok(found) = self.fetch_known(names, &[]) {
            return Ok(found);
        }
        // The machine's package lists are absent or old: read newer ones into the cache.
        let lists = self.lists.join("lists");
        std::fs::create_dir_all(lists.join("partial"))?;
        let own = [format!("Dir::State::Lists={}", lists.display()), format!("Dir::Cache={}", self.lists.display())];
        println!("reading package lists");
        apt(&self.packages, &own, &["update"])?;
        self.fetch_known(names, &own)
    }

    fn fetch_known(&self, names: &[String], settings: &[String]) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let download = |directory: &Path, option: &'static str, names: &[String]| {
            let words = [option, "download"].into_iter().chain(names.iter().map(String::as_str));
            apt(directory, settings, &words.collect::<Vec<_>>())
        };
        // Asked elsewhere, because apt leaves out what is in the directory.
        let listed = download(&self.lists, "--print-uris", names)?;
        let files = file_names(&listed);
        let path = |name: &String| {
            let file = files.get(name.as_str()).with_context(|| format!("apt knows no package {name}"))?;
            Ok((name.clone(), self.packages.join(file)))
        };
        let found = names.iter().map(path).collect::<anyhow::Result<Vec<_>>>()?;
        let absent: Vec<String> =
            found.iter().filter(|(_, path)| !path.exists()).map(|(name, _)| name.clone()).collect();
        if !absent.is_empty() {
            download(&self.packages, "-q", &absent)?;
        }
        Ok(found)
    }
}

/// Runs apt-get, as root's own user because the cache may be in root's home, and returns what it prints.
fn apt(directory: &Path, settings: &[String], words: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("apt-get");
    command.args(["-qq", "-o", "APT::Sandbox::User=root"]).current_dir(directory);
    for setting in settings {
        command.args(["-o", setting]);
    }
    let output = command.args(words).output().context("run apt-get; the images' packages are Debian's")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "apt-get {}: {}", words.join(" "), errors.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// File names by package, from lines like `'http://…/curl_7.88_amd64.deb' curl_7.88_amd64.deb 315 SHA256:…`.
fn file_names(listed: &str) -> BTreeMap<&str, &str> {
    let files = listed.lines().filter_map(|line| line.split_whitespace().nth(1));
    files.filter_map(|file| Some((file.split_once('_')?.0, file))).collect()
}

/// Base addresses of the configured Debian mirrors, and a last resort.
fn mirrors() -> anyhow::Result<Vec<String>> {
    let listed = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"])
        .output()
        .context("run apt-get; busybox's source is Debian's")?;
    let mut mirrors: Vec<String> = Vec::new();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for mirror in listed.lines().chain([FALLBACK]).map(|line| format!("{}/", line.trim_end_matches('/'))) {
        if !mirrors.contains(&mirror) {
            mirrors.push(mirror);
        }
    }
    Ok(mirrors)
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_found_by_package() {
        let listed = "'http://m/p/curl_7.88_amd64.deb' curl_7.88_amd64.deb 315 SHA256:00\n\
                      'http://m/p/libc6_2%3a2.36.deb' libc6_2%3a2.36.deb 1 SHA256:01\n";
        let files = super::file_names(listed);
        assert_eq!(
            files.into_iter().collect::<Vec<_>>(),
            [("curl", "curl_7.88_amd64.deb"), ("libc6", "libc6_2%3a2.36.deb")]
        );
    }
}
