//! What earlier Pods have left on the node: directories, logs and cgroups of Pods that nobody knows any more.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cgroups::Cgroups;
use crate::mounts;
use crate::paths::Paths;
use crate::volumes;

/// Removes what does not belong to one of `known` (UIDs). Blocking. Trouble is logged and left for the next time.
pub fn remove_leftovers(paths: &Paths, cgroups: &Cgroups, known: &BTreeSet<String>) {
    for uid in names(&paths.pods()).into_iter().filter(|uid| !known.contains(uid)) {
        let removed = volumes::unmount_all(paths, &uid).and_then(|()| mounts::remove_tree(&paths.pod(&uid)));
        report("directory", &uid, removed);
    }
    for name in names(&paths.pod_logs) {
        // `<namespace>_<name>_<uid>`
        if name.rsplit_once('_').is_some_and(|(_, uid)| !known.contains(uid)) {
            report("logs", &name, mounts::remove_tree(&paths.pod_logs.join(&name)));
        }
    }
    for name in names(&paths.container_logs) {
        let link = paths.container_logs.join(&name);
        if link.is_symlink() && !link.exists() {
            report("log link", &name, std::fs::remove_file(&link));
        }
    }
    for uid in cgroups.pods().unwrap_or_default().into_iter().filter(|uid| !known.contains(uid)) {
        let removed = cgroups.remove_pod(&uid);
        report("cgroup", &uid, removed);
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn report(what: &str, of: &str, removed: std::io::Result<()>) {
    match removed {
        Ok(()) => tracing::info!(what, of, "removed what an earlier pod left"),
        Err(error) => tracing::warn!(what, of, %error, "remove what an earlier pod left"),
    }
}
