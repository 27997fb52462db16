//! What a cluster holds in the kernel and on disk, as sorted lines: two of them are compared before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use network::link::Links;
use network::netlink::{self, Message, Socket};
use network::netns;

use crate::outer::Outer;
use crate::{cgroups, process};

/// Directories whose entries count.
const DIRECTORIES: &[&str] =
    &["/var/lib", "/var/log", "/run", "/etc/corten", "/etc/cni", "/opt", "/var/run", "/tmp/corten"];

/// Directories whose content changes without anything being left behind: the datastore's files, blobs of images.
const OWN_BUSINESS: &[&str] = &["/var/lib/corten/datastore", "/var/lib/corten/images/", "/run/outer"];

const NFT_SUBSYSTEM: u16 = 10 << 8;
const NFT_GET_CHAIN: u16 = 4;
const NFT_GET_RULE: u16 = 7;
const NFT_GET_SET: u16 = 10;
const NFT_GET_ELEMENTS: u16 = 13;

/// What was there at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    lines: BTreeSet<String>,
}

impl Snapshot {
    /// Looks at everything inside.
    ///
    /// # Errors
    /// The namespaces are gone.
    pub fn take(outer: &Outer, cgroup: &str) -> anyhow::Result<Self> {
        let mut lines = BTreeSet::new();
        lines.extend(mounts(outer)?);
        lines.extend(processes(outer));
        lines.extend(cgroups::tree(cgroup).iter().map(|path| format!("cgroup {}", path.display())));
        lines.extend(files(outer));
        lines.extend(netns::run_in_opened(&outer.network()?, || kernel_network().map_err(std::io::Error::other))?);
        Ok(Snapshot { lines })
    }

    /// What `later` has and this has not.
    pub fn added_in(&self, later: &Snapshot) -> Vec<String> {
        later.lines.difference(&self.lines).cloned().collect()
    }

    /// Lines that start with `word`, such as `process`.
    pub fn count(&self, word: &str) -> usize {
        self.lines.iter().filter(|line| line.starts_with(word)).count()
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

fn mounts(outer: &Outer) -> anyhow::Result<Vec<String>> {
    let table = std::fs::read_to_string(format!("/proc/{}/mountinfo", outer.init_pid))?;
    Ok(table.lines().filter_map(|line| line.split(' ').nth(4)).map(|point| format!("mount {point}")).collect())
}

/// Each process with its network namespace, so that one that is held shows up too. Instead of ids, equal ones are
/// numbered: a process that was started again is not left behind.
fn processes(outer: &Outer) -> Vec<String> {
    let own = std::fs::read_link(format!("/proc/{}/ns/net", outer.init_pid)).ok();
    let line = |pid: i32| {
        let words = process::command_line(pid);
        let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(""));
        let role = words.get(1).map_or("", String::as_str);
        let namespace = std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let place = if namespace == own { "node's network".to_owned() } else { "a network of its own".to_owned() };
        (!words.is_empty()).then(|| format!("process {program} {role} in {place}"))
    };
    let mut counts = BTreeMap::<String, usize>::new();
    let count = |line: String| {
        let count = counts.entry(line.clone()).or_default();
        *count += 1;
        format!("{line}, number {count}")
    };
    outer.processes().into_iter().filter_map(line).map(count).collect()
}

fn files(outer: &Outer) -> Vec<String> {
    let root = outer.path("");
    let mut found = Vec::new();
    for directory in DIRECTORIES {
        collect_files(&root, Path::new(directory), &mut found);
    }
    found
}

fn collect_files(root: &Path, directory: &Path, found: &mut Vec<String>) {
    let at = root.join(directory.strip_prefix("/").unwrap_or(directory));
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let path = directory.join(entry.file_name());
        let shown = path.display().to_string();
        if OWN_BUSINESS.iter().any(|own| shown.starts_with(own)) || is_of_a_present_image(root, &shown) {
            continue;
        }
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        found.push(format!("{} {shown}", if is_directory { "directory" } else { "file" }));
        if is_directory {
            collect_files(root, &path, found);
        }
    }
}

/// The kubelet's record of who may use an image goes when the image does.
fn is_of_a_present_image(root: &Path, shown: &str) -> bool {
    let record = shown.strip_prefix("/var/lib/kubelet/image_manager/pulled/sha256_");
    record.is_some_and(|record| root.join("var/lib/corten/images/records").join(record).exists())
}

/// Links, and nftables chains, rules and elements by table.
fn kernel_network() -> anyhow::Result<Vec<String>> {
    let mut lines: Vec<String> = Links::open()?.names()?.into_iter().map(|name| format!("link {name}")).collect();
    let mut socket = Socket::netfilter()?;
    let mut rules = BTreeMap::<String, usize>::new();
    for payload in dump(&mut socket, NFT_GET_CHAIN, &[])? {
        rules.insert(format!("{} {}", text(&payload, 1), text(&payload, 3)), 0);
    }
    for payload in dump(&mut socket, NFT_GET_RULE, &[])? {
        *rules.entry(format!("{} {}", text(&payload, 1), text(&payload, 2))).or_default() += 1;
    }
    lines.extend(rules.into_iter().map(|(chain, count)| format!("nft chain {chain} with {count} rules")));
    for (table, set) in nft_sets(&mut socket)? {
        lines.extend(nft_elements(&mut socket, &table, &set)?.iter().map(|key| format!("nft {table} {set} {key}")));
    }
    Ok(lines)
}

/// Tables and names of all sets and maps in the caller's network namespace.
fn nft_sets(socket: &mut Socket) -> anyhow::Result<Vec<(String, String)>> {
    let sets = dump(socket, NFT_GET_SET, &[])?;
    Ok(sets.iter().map(|payload| (text(payload, 1), text(payload, 2))).collect())
}

/// Keys of a set's elements, in hexadecimal digits.
///
/// # Errors
/// The kernel refuses.
pub fn nft_elements(socket: &mut Socket, table: &str, set: &str) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::new();
    for payload in dump(socket, NFT_GET_ELEMENTS, &[(1, table), (2, set)])? {
        let Some(list) = netlink::attribute(payload.get(4..).unwrap_or_default(), 3) else { continue };
        for (_, element) in netlink::attributes(list) {
            let key = netlink::attribute(element, 1).and_then(|key| netlink::attribute(key, 1)).unwrap_or_default();
            keys.push(key.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    Ok(keys)
}

fn dump(socket: &mut Socket, kind: u16, attributes: &[(u16, &str)]) -> anyhow::Result<Vec<Vec<u8>>> {
    const FAMILY_ANY: u8 = 0;
    const FAMILY_IPV4: u8 = 2;
    let family = if attributes.is_empty() { FAMILY_ANY } else { FAMILY_IPV4 };
    let mut message = Message::new(NFT_SUBSYSTEM | kind, netlink::DUMP).put(&[family, 0, 0, 0]);
    for (attribute, value) in attributes {
        message = message.text(*attribute, value);
    }
    Ok(socket.request(message)?.into_iter().map(|reply| reply.payload).collect())
}

/// A text attribute behind the 4 bytes of `struct nfgenmsg`.
fn text(payload: &[u8], kind: u16) -> String {
    let value = netlink::attribute(payload.get(4..).unwrap_or_default(), kind).unwrap_or_default();
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_counts_as_left_behind() {
        let snapshot = |lines: &[&str]| Snapshot { lines: lines.iter().map(|line| (*line).to_owned()).collect() };
        let (before, after) = (snapshot(&["link a", "link b"]), snapshot(&["link b", "link c"]));
        assert_eq!(before.added_in(&after), ["link c"]);
        assert_eq!(after.count("link"), 2);
    }
}
