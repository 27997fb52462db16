//! A layer under construction: files by path, packed as a reproducible tar.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};

use bytes::Bytes;

/// Links that are followed while one path is resolved (the kernel's own limit).
const LINKS_MAX: usize = 40;

/// User and group 0.
const ROOT: (u32, u32) = (0, 0);

/// Files of a layer, by path without a leading slash. Equal contents give equal bytes.
#[derive(Default)]
pub struct Layer {
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    mode: u32,
    owner: (u32, u32),
    content: Content,
}

enum Content {
    Directory,
    File(Bytes),
    Symlink(String),
}

impl Layer {
    /// Adds a directory, owned by root.
    pub fn add_directory(&mut self, path: &str, mode: u32) {
        self.add(path, Entry { mode, owner: ROOT, content: Content::Directory });
    }

    /// Adds a file, owned by root.
    pub fn add_file(&mut self, path: &str, mode: u32, bytes: impl Into<Bytes>) {
        self.add(path, Entry { mode, owner: ROOT, content: Content::File(bytes.into()) });
    }

    /// Adds a symbolic link.
    pub fn add_link(&mut self, path: &str, target: &str) {
        self.add(path, Entry { mode: 0o777, owner: ROOT, content: Content::Symlink(target.to_owned()) });
    }

    /// Adds the files of a tar whose paths `keep` accepts; devices and the like are left out.
    ///
    /// # Errors
    /// The tar is broken, or a hard link names no file of this layer.
    pub fn add_tar(&mut self, archive: impl Read, keep: &dyn Fn(&str) -> bool) -> io::Result<()> {
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let path = clean(&String::from_utf8_lossy(&entry.path_bytes())).to_owned();
            if path.is_empty() || !keep(&path) {
                continue;
            }
            let header = entry.header();
            let (kind, mode) = (header.entry_type(), header.mode()? & 0o7777);
            let owner = (number(header.uid()?)?, number(header.gid()?)?);
            let content = match kind {
                // A link in the way stays: `/lib` of a package below `/lib -> usr/lib`.
                tar::EntryType::Directory if self.is_link(&path) => continue,
                tar::EntryType::Directory => Content::Directory,
                tar::EntryType::Regular => {
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes)?;
                    Content::File(bytes.into())
                }
                tar::EntryType::Symlink => Content::Symlink(link_name(&entry)?),
                tar::EntryType::Link => Content::File(self.file(&link_name(&entry)?)?.clone()),
                _ => continue,
            };
            self.add(&path, Entry { mode, owner, content });
        }
        Ok(())
    }

    /// Changes the mode of what is there.
    ///
    /// # Errors
    /// Nothing is at the path.
    pub fn set_mode(&mut self, path: &str, mode: u32) -> io::Result<()> {
        self.entry_mut(path)?.mode = mode;
        Ok(())
    }

    /// Changes user and group of what is there.
    ///
    /// # Errors
    /// Nothing is at the path.
    pub fn set_owner(&mut self, path: &str, uid: u32, gid: u32) -> io::Result<()> {
        self.entry_mut(path)?.owner = (uid, gid);
        Ok(())
    }

    /// Whether anything is at the path.
    pub fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(&self.resolve(clean(path)))
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The layer as an uncompressed tar: sorted, without times, parents before children.
    ///
    /// # Errors
    /// A path or link is too long for a tar.
    pub fn pack(&self) -> io::Result<Bytes> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(entry.mode);
            header.set_uid(entry.owner.0.into());
            header.set_gid(entry.owner.1.into());
            header.set_mtime(0);
            header.set_size(0);
            match &entry.content {
                Content::Directory => {
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, path, io::empty())?;
                }
                Content::File(bytes) => {
                    header.set_entry_type(tar::EntryType::Regular);
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, &bytes[..])?;
                }
                Content::Symlink(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    tar.append_link(&mut header, path, target)?;
                }
            }
        }
        Ok(tar.into_inner()?.into())
    }

    fn add(&mut self, path: &str, entry: Entry) {
        let path = self.resolve(clean(path));
        for (end, _) in path.match_indices('/') {
            let parent = || Entry { mode: 0o755, owner: ROOT, content: Content::Directory };
            self.entries.entry(path[..end].to_owned()).or_insert_with(parent);
        }
        self.entries.insert(path, entry);
    }

    fn is_link(&self, path: &str) -> bool {
        matches!(self.entries.get(path), Some(Entry { content: Content::Symlink(_), .. }))
    }

    fn entry_mut(&mut self, path: &str) -> io::Result<&mut Entry> {
        let resolved = self.resolve(clean(path));
        self.entries.get_mut(&resolved).ok_or_else(|| absent(path))
    }

    fn file(&self, path: &str) -> io::Result<&Bytes> {
        match self.entries.get(&self.resolve(clean(path))) {
            Some(Entry { content: Content::File(bytes), .. }) => Ok(bytes),
            _ => Err(absent(path)),
        }
    }

    /// The path with links among its parents followed, so that `/bin/sh` below `/bin -> usr/bin` is `usr/bin/sh`.
    fn resolve(&self, path: &str) -> String {
        let mut path = path.to_owned();
        for _ in 0..LINKS_MAX {
            let parents = path.match_indices('/').map(|(end, _)| end);
            let linked = parents.into_iter().find_map(|end| match &self.entries.get(&path[..end])?.content {
                Content::Symlink(target) => Some((end, target)),
                _ => None,
            });
            let Some((end, target)) = linked else { return path };
            let rest = &path[end..];
            path = match (target.strip_prefix('/'), path[..end].rsplit_once('/')) {
                (Some(target), _) => format!("{target}{rest}"),
                (None, Some((parent, _))) => format!("{parent}/{target}{rest}"),
                (None, None) => format!("{target}{rest}"),
            };
        }
        path
    }
}

fn clean(path: &str) -> &str {
    let path = path.trim_start_matches("./").trim_matches('/');
    if path == "." { "" } else { path }
}

fn link_name(entry: &tar::Entry<'_, impl Read>) -> io::Result<String> {
    let name: Option<Cow<'_, [u8]>> = entry.link_name_bytes();
    let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "link without a target"))?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

fn number(id: u64) -> io::Result<u32> {
    u32::try_from(id).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("owner {id} is too large")))
}

fn absent(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("the layer has no {path}"))
}

#[cfg(test)]
mod tests {
    use super::Layer;

    #[track_caller]
    fn check(layer: &Layer, expected: &[&str]) {
        let bytes = layer.pack().expect("pack");
        let mut archive = tar::Archive::new(&bytes[..]);
        let lines = archive.entries().expect("entries").map(|entry| {
            let entry = entry.expect("entry");
            let header = entry.header();
            let link = entry.link_name().expect("link").map(|to| format!(" -> {}", to.display()));
            let owner = format!("{}:{}", header.uid().expect("uid"), header.gid().expect("gid"));
            let path = entry.path().expect("path").display().to_string();
            format!("{path} {:o} {owner}{}", header.mode().expect("mode"), link.unwrap_or_default())
        });
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn parents_come_before_children_and_owners_and_modes_are_kept() {
        let mut layer = Layer::default();
        layer.add_file("/usr/bin/nnp", 0o755, "program");
        layer.set_mode("usr/bin/nnp", 0o6755).expect("there");
        layer.set_owner("usr/bin/nnp", 5, 6).expect("there");
        layer.add_directory("/tmp", 0o1777);
        check(&layer, &["tmp 1777 0:0", "usr 755 0:0", "usr/bin 755 0:0", "usr/bin/nnp 6755 5:6"]);
        layer.set_mode("usr/bin/absent", 0o755).expect_err("nothing there");
    }

    #[test]
    fn paths_below_links_go_where_the_links_point() {
        let mut layer = Layer::default();
        layer.add_link("bin", "usr/bin");
        layer.add_link("usr/lib/here", "../share");
        layer.add_file("bin/sh", 0o755, "");
        assert!(layer.contains("/usr/bin/sh") && layer.contains("/bin/sh") && !layer.contains("/bin/bash"));
        check(
            &layer,
            &[
                "bin 777 0:0 -> usr/bin",
                "usr 755 0:0",
                "usr/bin 755 0:0",
                "usr/bin/sh 755 0:0",
                "usr/lib 755 0:0",
                "usr/lib/here 777 0:0 -> ../share",
            ],
        );
    }

    #[test]
    fn packages_are_merged_below_links_and_filtered() {
        let mut package = Layer::default();
        package.add_file("lib/libc.so", 0o644, "");
        package.add_file("usr/share/doc/libc/copyright", 0o644, "");
        let mut layer = Layer::default();
        layer.add_link("lib", "usr/lib");
        let bytes = package.pack().expect("pack");
        layer.add_tar(&bytes[..], &|path| !path.starts_with("usr/share")).expect("read");
        check(&layer, &["lib 777 0:0 -> usr/lib", "usr 755 0:0", "usr/lib 755 0:0", "usr/lib/libc.so 644 0:0"]);
    }
}
