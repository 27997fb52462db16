//! Images in tar archives: reads OCI layouts and `docker save` files, writes OCI layouts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use bytes::Bytes;
use serde::Deserialize;

use super::digest::Digest;
use super::manifest::{
    Descriptor, INDEX_TYPES, ImageConfiguration, Index, MANIFEST_TYPES, Manifest, Platform, RootFilesystem, RunConfig,
};
use super::reference::Reference;
use super::store::{ImageError, ImageRecord, ImageStore, parse};

/// Entries that an image archive may have.
const ARCHIVE_ENTRIES_MAX: usize = 100_000;

/// One image of a `docker save` archive's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerImage {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// Files of an archive, by name; all are blobs of the store already.
struct Files {
    blobs: BTreeMap<String, (Digest, u64)>,
    links: BTreeMap<String, String>,
}

/// Imports every image of an archive (plain, gzip or zstd) under the names it carries.
///
/// # Errors
/// An archive that is neither format, or broken; nothing is recorded of an image that is not whole.
pub fn import(store: &ImageStore, archive: impl Read) -> Result<Vec<std::sync::Arc<ImageRecord>>, ImageError> {
    let work = store.work();
    let imported = read_files(store, archive).and_then(|files| import_files(store, &files));
    drop(work);
    store.collect_garbage()?;
    imported
}

fn import_files(store: &ImageStore, files: &Files) -> Result<Vec<std::sync::Arc<ImageRecord>>, ImageError> {
    if files.blobs.contains_key("index.json") {
        import_layout(store, files)
    } else if files.blobs.contains_key("manifest.json") {
        import_docker(store, files)
    } else {
        Err(ImageError::Invalid("archive has neither index.json (OCI) nor manifest.json (Docker)".into()))
    }
}

fn read_files(store: &ImageStore, archive: impl Read) -> Result<Files, ImageError> {
    let fail = |cause: io::Error| ImageError::Disk { attempt: "read image archive".into(), cause };
    let mut files = Files { blobs: BTreeMap::new(), links: BTreeMap::new() };
    let mut tar = tar::Archive::new(super::unpack::decompress(archive).map_err(fail)?);
    for (count, entry) in tar.entries().map_err(fail)?.enumerate() {
        if count >= ARCHIVE_ENTRIES_MAX {
            return Err(ImageError::Invalid(format!("archive has more than {ARCHIVE_ENTRIES_MAX} entries")));
        }
        let mut entry = entry.map_err(fail)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        match entry.header().entry_type() {
            tar::EntryType::Regular => {
                let mut blob = store.write_blob()?;
                io::copy(&mut entry, &mut blob).map_err(fail)?;
                let blob = blob.finish()?;
                let bytes = blob.bytes;
                files.blobs.insert(name, (store.keep_blob(blob)?, bytes));
            }
            tar::EntryType::Symlink | tar::EntryType::Link => {
                let target = entry.link_name_bytes().unwrap_or_default();
                files.links.insert(name, String::from_utf8_lossy(&target).into_owned());
            }
            _ => {}
        }
    }
    Ok(files)
}

impl Files {
    fn get(&self, name: &str) -> Result<&(Digest, u64), ImageError> {
        let found = self.blobs.get(name).or_else(|| {
            // `docker save` links equal layers: `../ID/layer.tar`.
            self.blobs.get(self.links.get(name)?.trim_start_matches("../"))
        });
        found.ok_or_else(|| ImageError::Invalid(format!("archive lacks {name}")))
    }

    /// Checks that a blob of a layout is what its name says.
    fn check(&self, descriptor: &Descriptor) -> Result<(), ImageError> {
        let (got, _) = self.get(&format!("blobs/sha256/{}", descriptor.digest.hex()))?;
        match *got == descriptor.digest {
            true => Ok(()),
            false => Err(ImageError::Invalid(format!("blob {} hashed to {got}", descriptor.digest))),
        }
    }
}

fn import_layout(store: &ImageStore, files: &Files) -> Result<Vec<std::sync::Arc<ImageRecord>>, ImageError> {
    let (digest, _) = files.get("index.json")?;
    let index: Index = parse(&store.read_document(digest)?, "index", digest)?;
    let mut imported = Vec::new();
    for descriptor in &index.manifests {
        let names = layout_names(descriptor)?;
        files.check(descriptor)?;
        let bytes = store.read_document(&descriptor.digest)?;
        let manifest_digest = match INDEX_TYPES.contains(&descriptor.media_type.as_str()) {
            true => {
                let nested: Index = parse(&bytes, "index", &descriptor.digest)?;
                let chosen = nested.for_this_platform();
                let chosen =
                    chosen.ok_or_else(|| ImageError::Invalid("archive has no image for this platform".into()))?;
                files.check(chosen)?;
                chosen.digest.clone()
            }
            false => descriptor.digest.clone(),
        };
        let manifest: Manifest = parse(&store.read_document(&manifest_digest)?, "manifest", &manifest_digest)?;
        manifest.layers.iter().chain([&manifest.config]).try_for_each(|blob| files.check(blob))?;
        imported.push(store.add_image(&manifest_digest, &names)?);
    }
    Ok(imported)
}

fn layout_names(descriptor: &Descriptor) -> Result<Vec<Reference>, ImageError> {
    let keys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    let Some(name) = keys.iter().find_map(|key| descriptor.annotations.get(*key)) else { return Ok(vec![]) };
    Ok(vec![Reference::parse(name).ok_or_else(|| ImageError::Reference(name.clone()))?])
}

fn import_docker(store: &ImageStore, files: &Files) -> Result<Vec<std::sync::Arc<ImageRecord>>, ImageError> {
    let (digest, _) = files.get("manifest.json")?;
    let images: Vec<DockerImage> = parse(&store.read_document(digest)?, "manifest.json", digest)?;
    let mut imported = Vec::new();
    for image in images {
        let (config, config_bytes) = files.get(&image.config)?.clone();
        let layer = |name: &String| -> Result<Descriptor, ImageError> {
            let (digest, bytes) = files.get(name)?.clone();
            Ok(descriptor("application/vnd.oci.image.layer.v1.tar", digest, bytes))
        };
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST_TYPES[0].into(),
            config: descriptor("application/vnd.oci.image.config.v1+json", config, config_bytes),
            layers: image.layers.iter().map(layer).collect::<Result<_, _>>()?,
        };
        let manifest_digest = store.add_blob(&to_json(&manifest))?;
        let tags = image.repo_tags.unwrap_or_default();
        let parse_tag = |tag: &String| Reference::parse(tag).ok_or_else(|| ImageError::Reference(tag.clone()));
        let names: Vec<Reference> = tags.iter().map(parse_tag).collect::<Result<_, _>>()?;
        imported.push(store.add_image(&manifest_digest, &names)?);
    }
    Ok(imported)
}

/// An image to be written as an OCI archive.
pub struct NewImage {
    /// `registry/repository:tag`
    pub name: String,
    /// How to run it.
    pub config: RunConfig,
    /// Uncompressed layer tars, lowest first.
    pub layers: Vec<Bytes>,
}

/// Writes an OCI layout with these images as a tar; layers that they share are in it once.
pub fn write(images: &[NewImage], out: impl Write) -> io::Result<()> {
    let mut layout = Layout { tar: tar::Builder::new(out), blobs: BTreeSet::new() };
    let manifests = images.iter().map(|image| layout.add_image(image)).collect::<io::Result<_>>()?;
    let index = Index { schema_version: 2, media_type: INDEX_TYPES[0].into(), manifests };
    layout.add("index.json", &to_json(&index))?;
    layout.add("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    layout.tar.into_inner()?.flush()
}

/// An OCI layout under construction.
struct Layout<W: Write> {
    tar: tar::Builder<W>,
    blobs: BTreeSet<Digest>,
}

impl<W: Write> Layout<W> {
    fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        self.tar.append_data(&mut header, name, bytes)
    }

    fn add_blob(&mut self, media_type: &str, bytes: &[u8]) -> io::Result<Descriptor> {
        let digest = Digest::of(bytes);
        if self.blobs.insert(digest.clone()) {
            self.add(&format!("blobs/sha256/{}", digest.hex()), bytes)?;
        }
        Ok(descriptor(media_type, digest, bytes.len() as u64))
    }

    fn add_image(&mut self, image: &NewImage) -> io::Result<Descriptor> {
        let layers = image.layers.iter().map(|layer| self.add_blob("application/vnd.oci.image.layer.v1.tar", layer));
        let layers: Vec<Descriptor> = layers.collect::<io::Result<_>>()?;
        let platform = this_platform();
        let configuration = ImageConfiguration {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            config: image.config.clone(),
            rootfs: RootFilesystem {
                kind: "layers".into(),
                diff_ids: layers.iter().map(|layer| layer.digest.clone()).collect(),
            },
        };
        let config = self.add_blob("application/vnd.oci.image.config.v1+json", &to_json(&configuration))?;
        let manifest = Manifest { schema_version: 2, media_type: MANIFEST_TYPES[0].into(), config, layers };
        let mut manifest = self.add_blob(MANIFEST_TYPES[0], &to_json(&manifest))?;
        manifest.platform = Some(platform);
        manifest.annotations.insert("io.containerd.image.name".into(), image.name.clone());
        Ok(manifest)
    }
}

fn this_platform() -> Platform {
    let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "amd64" };
    Platform { architecture: architecture.into(), os: "linux".into() }
}

fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    Descriptor { media_type: media_type.into(), digest, size, platform: None, annotations: BTreeMap::new() }
}

fn to_json(document: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("image documents have only string keys")
}
