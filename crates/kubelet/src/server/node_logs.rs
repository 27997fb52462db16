//! `/logs/`: the node's own log files, as a browser of one directory tree.

use std::io::Read;
use std::path::Path;

use http::{Response, StatusCode};
use streaming::serve::Body;

use super::{Server, answer, decoded, not_found};
use crate::mounts;

/// Bytes of a file that are sent, from its end.
const FILE_BYTES_MAX: u64 = 10 << 20;
/// Names of a directory that are listed.
const NAMES_MAX: usize = 10_000;

impl Server {
    /// A file's content, or the names in a directory. Links may not lead out of the tree.
    pub(super) async fn node_logs(&self, path: &str) -> Response<Body> {
        let below = decoded(path.trim_start_matches("/logs").trim_matches('/'));
        let root = self.effects.config.node_logs_directory.clone();
        let read = tokio::task::spawn_blocking(move || read(&root, Path::new(&below)));
        match read.await {
            Ok(Ok(Found::File(bytes))) => answer(StatusCode::OK, "text/plain; charset=utf-8", bytes),
            Ok(Ok(Found::Directory(page))) => answer(StatusCode::OK, "text/html; charset=utf-8", page),
            _ => not_found(),
        }
    }
}

enum Found {
    File(Vec<u8>),
    Directory(String),
}

fn read(root: &Path, below: &Path) -> std::io::Result<Found> {
    let root = mounts::open_root(root)?;
    let opened = mounts::open_beneath(&root, below)?;
    let path = mounts::proc_path(&opened);
    if std::fs::metadata(&path)?.is_dir() {
        return Ok(Found::Directory(page(&path)?));
    }
    let mut file = std::fs::File::open(&path)?;
    let length = file.metadata()?.len();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length.saturating_sub(FILE_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Found::File(bytes))
}

/// As Go's file server lists a directory.
fn page(directory: &Path) -> std::io::Result<String> {
    let entries = std::fs::read_dir(directory)?.flatten().take(NAMES_MAX);
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let mark = if entry.file_type().ok()?.is_dir() { "/" } else { "" };
            Some(format!("{}{mark}", entry.file_name().into_string().ok()?))
        })
        .collect();
    names.sort();
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
    let lines = names.iter().map(|name| format!("<a href=\"{0}\">{0}</a>\n", escape(name)));
    Ok(format!(
        "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n{}</pre>\n",
        lines.collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_directories_are_shown_but_nothing_outside() {
        let root = std::env::temp_dir().join(format!("corten-node-logs-{}", std::process::id()));
        std::fs::create_dir_all(root.join("pods")).expect("a directory can be made");
        std::fs::write(root.join("a.log"), "line\n").expect("a file can be written");
        std::os::unix::fs::symlink("/etc/passwd", root.join("out")).expect("a link can be made");
        let (file, list) = (read(&root, Path::new("a.log")), read(&root, Path::new("")));
        let outside = [read(&root, Path::new("out")), read(&root, Path::new("../passwd"))].map(|found| found.is_err());
        std::fs::remove_dir_all(&root).expect("it is there");
        assert!(matches!(file, Ok(Found::File(bytes)) if bytes == b"line\n"));
        assert!(matches!(list, Ok(Found::Directory(page)) if page.contains("<a href=\"pods/\">pods/</a>\n")));
        assert_eq!(outside, [true, true]);
    }
}
