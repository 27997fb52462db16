//! What earlier Pods have left on the node: directories, logs and cgroups of Pods that nobody knows any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cgroups::Cgroups;
use crate::mounts;
use crate::paths::Paths;
use crate::volumes;

/// What no Pod of the node owns.
pub struct Leftovers {
    /// UIDs of Pods that have a directory.
    directories: Vec<String>,
    /// Log directories of Pods.
    logs: Vec<PathBuf>,
    /// Links to logs.
    log_links: Vec<PathBuf>,
    /// UIDs of Pods that have a cgroup.
    cgroups: Vec<String>,
}

impl Leftovers {
    /// What does not belong to one of `known` (UIDs). To be called before a Pod that is not among them may start:
    /// what it makes would count as left over.
    pub fn find(paths: &Paths, cgroups: &Cgroups, known: &BTreeSet<String>) -> Self {
        let is_unknown = |uid: &str| !known.contains(uid);
        Leftovers {
            directories: names(&paths.pods()).filter(|uid| is_unknown(uid)).collect(),
            logs: children(&paths.pod_logs).filter(|it| uid_of_logs(it).is_some_and(is_unknown)).collect(),
            log_links: children(&paths.container_logs).filter(|it| is_dangling(it, known)).collect(),
            cgroups: cgroups.pods().unwrap_or_default().into_iter().filter(|uid| is_unknown(uid)).collect(),
        }
    }

    /// Removes it. Blocking. Trouble is logged and left for the next time.
    pub fn remove(&self, paths: &Paths, cgroups: &Cgroups) {
        for uid in &self.directories {
            let removed = volumes::unmount_all(paths, uid).and_then(|()| mounts::remove_tree(&paths.pod(uid)));
            report("directory", uid, removed);
        }
        for directory in &self.logs {
            report("logs", &directory.display(), mounts::remove_tree(directory));
        }
        for link in &self.log_links {
            report("log link", &link.display(), std::fs::remove_file(link));
        }
        for uid in &self.cgroups {
            report("cgroup", uid, cgroups.remove_pod(uid));
        }
    }
}

/// The UID in `<namespace>_<name>_<uid>`
fn uid_of_logs(directory: &Path) -> Option<&str> {
    Some(directory.file_name()?.to_str()?.rsplit_once('_')?.1)
}

/// A link to `<logs of a Pod>/<container>/<number>.log` that leads nowhere; a known Pod's log may be about to be made.
fn is_dangling(link: &Path, known: &BTreeSet<String>) -> bool {
    let Ok(target) = std::fs::read_link(link) else { return false };
    let uid = target.ancestors().nth(2).and_then(uid_of_logs);
    !target.exists() && !uid.is_some_and(|uid| known.contains(uid))
}

fn children(directory: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn names(directory: &Path) -> impl Iterator<Item = String> {
    children(directory).filter_map(|child| child.file_name()?.to_str().map(str::to_owned))
}

fn report(what: &str, of: &dyn std::fmt::Display, removed: std::io::Result<()>) {
    match removed {
        Ok(()) => tracing::info!(what, %of, "removed what an earlier pod left"),
        Err(error) => tracing::warn!(what, %of, %error, "remove what an earlier pod left"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn known_pods_and_those_that_come_later_keep_their_own() {
        let root = std::env::temp_dir().join(format!("corten-kubelet-orphans-{}", std::process::id()));
        let paths = Paths { pod_logs: root.join("logs"), container_logs: root.join("links"), root: root.clone() };
        // No hierarchy there: no cgroups.
        let cgroups = Cgroups::new(&root.join("cgroup"), "");
        std::fs::create_dir_all(&paths.container_logs).expect("make a directory");
        let make = |uid: &str| {
            let logs = paths.pod_logs.join(format!("ns_{uid}_{uid}"));
            std::fs::create_dir_all(paths.pod(uid)).expect("make a directory");
            std::fs::create_dir_all(&logs).expect("make a directory");
            symlink(logs.join("c/0.log"), paths.container_logs.join(uid)).expect("make a link");
        };
        make("known");
        make("gone");
        let leftovers = Leftovers::find(&paths, &cgroups, &BTreeSet::from(["known".to_owned()]));
        make("later");
        leftovers.remove(&paths, &cgroups);
        for (uid, expected) in [("known", true), ("later", true), ("gone", false)] {
            assert_eq!(paths.pod(uid).exists(), expected, "directory of {uid}");
            assert_eq!(paths.pod_logs.join(format!("ns_{uid}_{uid}")).exists(), expected, "logs of {uid}");
            assert_eq!(paths.container_logs.join(uid).is_symlink(), expected, "link of {uid}");
        }
        mounts::remove_tree(&root).expect("remove the tree");
    }
}
