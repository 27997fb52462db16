use super::*;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("corten-unpack-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("make a scratch directory");
        Scratch(directory)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn entry(builder: &mut tar::Builder<Vec<u8>>, path: &str, kind: tar::EntryType, link: &str, body: &[u8]) {
    let mut header = tar::Header::new_gnu();
    // Written raw: the library refuses the hostile names that are wanted here.
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o640);
    header.set_uid(7);
    header.set_gid(8);
    header.set_mtime(1_000_000_000);
    header.set_size(body.len() as u64);
    if !link.is_empty() {
        header.set_link_name_literal(link).expect("short link");
    }
    header.set_cksum();
    builder.append(&header, body).expect("append to memory");
}

fn layer(entries: &[(&str, tar::EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    entries.iter().for_each(|(path, kind, link, body)| entry(&mut builder, path, *kind, link, body));
    builder.into_inner().expect("write to memory")
}

#[test]
fn files_links_and_whiteouts_become_an_overlay_layer() {
    use tar::EntryType as Kind;
    let scratch = Scratch::new("whole");
    let blob = layer(&[
        ("etc/", Kind::Directory, "", b""),
        ("etc/name", Kind::Regular, "", b"corten"),
        ("etc/alias", Kind::Symlink, "name", b""),
        ("etc/twin", Kind::Link, "etc/name", b""),
        ("etc/.wh.gone", Kind::Regular, "", b""),
        ("var/.wh..wh..opq", Kind::Regular, "", b""),
    ]);
    let unpacked = unpack(&blob[..], &scratch.0).expect("unpack");
    assert_eq!(unpacked, Unpacked { diff_id: Digest::of(&blob), bytes: blob.len() as u64 });
    let name = std::fs::metadata(scratch.0.join("etc/name")).expect("the file is there");
    assert_eq!(
        (name.mode() & 0o7777, name.uid(), name.gid(), name.nlink(), name.mtime()),
        (0o640, 7, 8, 2, 1_000_000_000)
    );
    assert_eq!(std::fs::read_link(scratch.0.join("etc/alias")).expect("a link"), Path::new("name"));
    let gone = std::fs::symlink_metadata(scratch.0.join("etc/gone")).expect("the whiteout is there");
    assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
    let mut value = [0; 4];
    let length = rustix::fs::getxattr(scratch.0.join("var"), "trusted.overlay.opaque", &mut value[..]).expect("opaque");
    assert_eq!(&value[..length], b"y");
}

#[test]
fn no_entry_reaches_outside_the_layer() {
    use tar::EntryType as Kind;
    let scratch = Scratch::new("outside");
    let target = scratch.0.join("layer");
    std::fs::create_dir(&target).expect("make the layer");
    let blob = layer(&[
        ("../escaped", Kind::Regular, "", b"x"),
        ("up", Kind::Symlink, "../..", b""),
        ("up/escaped", Kind::Regular, "", b"x"),
        ("abs", Kind::Symlink, "/", b""),
        ("abs/through", Kind::Regular, "", b"x"),
    ]);
    unpack(&blob[..], &target).expect("unpack");
    assert!(!scratch.0.join("escaped").exists());
    assert!(target.join("escaped").exists() && target.join("through").exists());
}

#[test]
fn compressed_layers_have_the_diff_id_of_the_plain_one() {
    use std::io::Write;
    let scratch = Scratch::new("gzip");
    let blob = layer(&[("a", tar::EntryType::Regular, "", b"1")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&blob).expect("compress");
    let unpacked = unpack(&gzip.finish().expect("compress")[..], &scratch.0).expect("unpack");
    assert_eq!(unpacked.diff_id, Digest::of(&blob));
}

#[test]
fn a_cut_archive_is_an_error() {
    let scratch = Scratch::new("cut");
    let blob = layer(&[("a", tar::EntryType::Regular, "", &[1; 4_000])]);
    assert!(unpack(&blob[..1_500], &scratch.0).is_err());
}
