//! Images on disk: blobs and unpacked layers by digest, one record per image.
//!
//! ```text
//! blobs/sha256/HEX        manifests, configurations, layers as received
//! layers/HEX              unpacked layers, by the digest of the uncompressed tar
//! records/HEX.json        one per image, by the digest of its configuration
//! staging/                unfinished work; emptied at start
//! ```
//! Everything is made in `staging`, synced and renamed: what has its final name is whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, HashingWriter};
use super::manifest::{ImageConfiguration, Manifest, RunConfig};
use super::reference::Reference;
use super::unpack;

/// Manifests and configurations that are read into memory, in bytes (upstream registries' limit).
pub const DOCUMENT_BYTES_MAX: u64 = 4 << 20;

/// Trouble with images. The text says what was attempted.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Local disk trouble; the caller may retry.
    #[error("{attempt}")]
    Disk {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// Bytes that are not what they claim to be; a retry cannot help.
    #[error("{0}")]
    Invalid(String),
    /// The reference is not one.
    #[error("couldn't parse image name {0:?}: invalid reference format")]
    Reference(String),
    /// Nothing by that name.
    #[error("{0}: not found")]
    NotFound(String),
    /// The registry refused the credentials, or wants some.
    #[error("{0}")]
    Unauthorized(String),
    /// The registry cannot be reached or failed; a retry may help.
    #[error("{0}")]
    Unavailable(String),
}

impl ImageError {
    /// Wraps a disk error.
    pub fn disk(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> ImageError {
        let attempt = attempt.into();
        move |cause| ImageError::Disk { attempt, cause }
    }
}

/// One image: names, configuration and layers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageRecord {
    /// Digest of the configuration: the image's id.
    pub id: Digest,
    /// Digest of the manifest.
    pub manifest: Digest,
    /// `registry/repository:tag`, sorted.
    pub tags: Vec<String>,
    /// `registry/repository@sha256:…`, sorted.
    pub digests: Vec<String>,
    /// Blob digests of the layers, lowest first.
    pub blobs: Vec<Digest>,
    /// Digests of the uncompressed layers, lowest first.
    pub layers: Vec<Digest>,
    /// Size of all blobs in bytes.
    pub bytes: u64,
    /// How to run it.
    pub config: RunConfig,
    /// Kept from garbage collection.
    #[serde(default)]
    pub is_pinned: bool,
}

/// The node's images. All methods block on the disk: call them from blocking threads.
pub struct ImageStore {
    root: PathBuf,
    records: Mutex<BTreeMap<Digest, Arc<ImageRecord>>>,
    leases: Arc<Mutex<HashMap<Digest, usize>>>,
    flights: Mutex<HashMap<Digest, Weak<Mutex<()>>>>,
    staged: AtomicU64,
    at_work: Mutex<usize>,
}

/// Somebody is bringing blobs in that no record names yet: garbage collection waits until it is dropped.
pub struct Work<'a> {
    store: &'a ImageStore,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        *self.store.at_work.lock() -= 1;
    }
}

/// Keeps layers from being removed while it lives.
pub struct LayerLease {
    layers: Vec<Digest>,
    leases: Arc<Mutex<HashMap<Digest, usize>>>,
}

impl Drop for LayerLease {
    fn drop(&mut self) {
        let mut leases = self.leases.lock();
        for layer in &self.layers {
            if let Some(count) = leases.get_mut(layer) {
                *count -= 1;
                if *count == 0 {
                    leases.remove(layer);
                }
            }
        }
    }
}

impl ImageStore {
    /// Opens or makes the store below `root`; unfinished work is removed.
    pub fn open(root: &Path) -> Result<Self, ImageError> {
        let staging = root.join("staging");
        let _ = std::fs::remove_dir_all(&staging);
        for directory in [&staging, &root.join("blobs/sha256"), &root.join("layers"), &root.join("records")] {
            std::fs::create_dir_all(directory).map_err(ImageError::disk(format!("create {}", directory.display())))?;
        }
        let records = read_records(&root.join("records"))?;
        Ok(ImageStore {
            root: root.to_owned(),
            records: Mutex::new(records),
            leases: Arc::default(),
            flights: Mutex::default(),
            staged: AtomicU64::new(0),
            at_work: Mutex::new(0),
        })
    }

    /// All images, by id.
    pub fn list(&self) -> Vec<Arc<ImageRecord>> {
        self.records.lock().values().cloned().collect()
    }

    /// The image by id (with or without `sha256:`), tag, digest or short name.
    pub fn find(&self, text: &str) -> Option<Arc<ImageRecord>> {
        let records = self.records.lock();
        let id = Digest::parse(text).or_else(|| Digest::parse(&format!("sha256:{text}")));
        if let Some(record) = id.and_then(|id| records.get(&id)) {
            return Some(Arc::clone(record));
        }
        let reference = Reference::parse(text)?;
        let wanted = match &reference.digest {
            Some(digest) => format!("{}@{digest}", reference.name()),
            None => reference.tagged()?,
        };
        records.values().find(|record| record.tags.contains(&wanted) || record.digests.contains(&wanted)).cloned()
    }

    /// The unpacked layers of an image, lowest first, and a lease that keeps them.
    pub fn layers(&self, record: &ImageRecord) -> (Vec<PathBuf>, LayerLease) {
        let lease = self.lease(record.layers.clone());
        (record.layers.iter().map(|layer| self.layer_path(layer)).collect(), lease)
    }

    /// Leases layers by their directories, for containers that were there before the daemon.
    pub fn lease_directories(&self, directories: &[PathBuf]) -> LayerLease {
        let named = directories.iter().filter_map(|path| path.file_name()?.to_str());
        self.lease(named.filter_map(|hex| Digest::parse(&format!("sha256:{hex}"))).collect())
    }

    fn lease(&self, layers: Vec<Digest>) -> LayerLease {
        let mut leases = self.leases.lock();
        layers.iter().for_each(|layer| *leases.entry(layer.clone()).or_default() += 1);
        LayerLease { layers, leases: Arc::clone(&self.leases) }
    }

    /// Whether a blob is there.
    pub fn has_blob(&self, digest: &Digest) -> bool {
        self.blob_path(digest).exists()
    }

    /// Opens a blob.
    pub fn open_blob(&self, digest: &Digest) -> Result<File, ImageError> {
        File::open(self.blob_path(digest)).map_err(ImageError::disk(format!("open blob {digest}")))
    }

    /// Reads a manifest, index or configuration.
    pub fn read_document(&self, digest: &Digest) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        let read = self.open_blob(digest)?.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(ImageError::disk(format!("read blob {digest}")))?;
        Ok(bytes)
    }

    /// Starts writing a blob; see [`BlobWriter::finish`].
    pub fn write_blob(&self) -> Result<BlobWriter, ImageError> {
        let path = self.staging_path();
        let file = File::create_new(&path).map_err(ImageError::disk("create a blob"))?;
        Ok(BlobWriter { writer: Some(HashingWriter::new(file)), path })
    }

    /// Keeps a finished blob under its digest.
    pub fn keep_blob(&self, blob: FinishedBlob) -> Result<Digest, ImageError> {
        let digest = blob.digest.clone();
        std::fs::rename(&blob.path, self.blob_path(&digest))
            .map_err(ImageError::disk(format!("keep blob {digest}")))?;
        Ok(digest)
    }

    /// Keeps bytes at hand as a blob.
    pub fn add_blob(&self, bytes: &[u8]) -> Result<Digest, ImageError> {
        let mut blob = self.write_blob()?;
        blob.write_all(bytes).map_err(ImageError::disk("write a blob"))?;
        self.keep_blob(blob.finish()?)
    }

    /// A lock that only one flight of this digest holds.
    pub fn flight(&self, digest: &Digest) -> Arc<Mutex<()>> {
        let mut flights = self.flights.lock();
        flights.retain(|_, flight| flight.strong_count() > 0);
        if let Some(flight) = flights.get(digest).and_then(Weak::upgrade) {
            return flight;
        }
        let flight = Arc::default();
        flights.insert(digest.clone(), Arc::downgrade(&flight));
        flight
    }

    /// Unpacks the layer of `blob` as `diff_id`, if it is not there yet.
    pub fn ensure_layer(&self, blob: &Digest, diff_id: &Digest) -> Result<(), ImageError> {
        let flight = self.flight(diff_id);
        let _held = flight.lock();
        let target = self.layer_path(diff_id);
        if target.exists() {
            return Ok(());
        }
        let staged = self.staging_path();
        let unpacked = self.unpack_to(blob, &staged);
        let outcome = unpacked.and_then(|unpacked| match unpacked.diff_id == *diff_id {
            true => unpack::sync(&staged)
                .and_then(|()| std::fs::rename(&staged, &target))
                .map_err(ImageError::disk(format!("keep layer {diff_id}"))),
            false => Err(ImageError::Invalid(format!("layer {diff_id} hashed to {}", unpacked.diff_id))),
        });
        if outcome.is_err() {
            let _ = std::fs::remove_dir_all(&staged);
        }
        outcome
    }

    fn unpack_to(&self, blob: &Digest, staged: &Path) -> Result<unpack::Unpacked, ImageError> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().mode(0o755).create(staged).map_err(ImageError::disk("create a layer"))?;
        unpack::unpack(self.open_blob(blob)?, staged).map_err(ImageError::disk(format!("unpack layer {blob}")))
    }

    /// Records the image of a manifest whose blobs are all there, under these names; unpacks its layers.
    pub fn add_image(&self, manifest_digest: &Digest, names: &[Reference]) -> Result<Arc<ImageRecord>, ImageError> {
        let manifest: Manifest = parse(&self.read_document(manifest_digest)?, "manifest", manifest_digest)?;
        let config_digest = manifest.config.digest.clone();
        let config: ImageConfiguration = parse(&self.read_document(&config_digest)?, "configuration", &config_digest)?;
        if config.rootfs.diff_ids.len() != manifest.layers.len() {
            let (wanted, got) = (manifest.layers.len(), config.rootfs.diff_ids.len());
            return Err(ImageError::Invalid(format!(
                "manifest {manifest_digest} has {wanted} layers, its configuration {got}"
            )));
        }
        let _lease = self.lease(config.rootfs.diff_ids.clone());
        for (layer, diff_id) in manifest.layers.iter().zip(&config.rootfs.diff_ids) {
            self.ensure_layer(&layer.digest, diff_id)?;
        }
        let record = ImageRecord {
            id: config_digest,
            manifest: manifest_digest.clone(),
            tags: names.iter().filter(|name| name.digest.is_none()).filter_map(Reference::tagged).collect(),
            digests: names.iter().map(|name| format!("{}@{manifest_digest}", name.name())).collect(),
            blobs: manifest.layers.iter().map(|layer| layer.digest.clone()).collect(),
            layers: config.rootfs.diff_ids,
            bytes: manifest.config.size + manifest.layers.iter().map(|layer| layer.size).sum::<u64>(),
            config: config.config,
            is_pinned: false,
        };
        self.put(record)
    }

    /// Writes a record, merging names with those it has; takes its tags from other images.
    fn put(&self, mut record: ImageRecord) -> Result<Arc<ImageRecord>, ImageError> {
        let mut records = self.records.lock();
        if let Some(before) = records.get(&record.id) {
            record.tags.extend(before.tags.iter().cloned());
            record.digests.extend(before.digests.iter().cloned());
            record.is_pinned |= before.is_pinned;
        }
        for names in [&mut record.tags, &mut record.digests] {
            names.sort();
            names.dedup();
        }
        let losers: Vec<_> = records
            .values()
            .filter(|other| other.id != record.id && other.tags.iter().any(|tag| record.tags.contains(tag)))
            .cloned()
            .collect();
        for loser in losers {
            let mut changed = ImageRecord::clone(&loser);
            changed.tags.retain(|tag| !record.tags.contains(tag));
            self.write_record(&changed)?;
            records.insert(changed.id.clone(), Arc::new(changed));
        }
        self.write_record(&record)?;
        let record = Arc::new(record);
        records.insert(record.id.clone(), Arc::clone(&record));
        Ok(record)
    }

    /// Removes a name, or the whole image when `text` is its id or last name. Says whether anything was there.
    pub fn remove(&self, text: &str) -> Result<bool, ImageError> {
        let Some(found) = self.find(text) else { return Ok(false) };
        let tag = Reference::parse(text).filter(|name| name.digest.is_none()).and_then(|name| name.tagged());
        let mut changed = ImageRecord::clone(&found);
        changed.tags.retain(|other| Some(other) != tag.as_ref());
        let is_by_tag = changed.tags.len() < found.tags.len();
        if is_by_tag && !changed.tags.is_empty() {
            self.write_record(&changed)?;
            self.records.lock().insert(changed.id.clone(), Arc::new(changed));
            return Ok(true);
        }
        std::fs::remove_file(self.record_path(&found.id)).map_err(ImageError::disk(format!("remove {}", found.id)))?;
        self.records.lock().remove(&found.id);
        self.collect_garbage()?;
        Ok(true)
    }

    /// Holds garbage collection off while blobs come in.
    pub fn work(&self) -> Work<'_> {
        *self.at_work.lock() += 1;
        Work { store: self }
    }

    /// Removes blobs and layers that no image names and no lease keeps; does nothing while somebody is at work
    /// (the next removal or import collects then).
    pub fn collect_garbage(&self) -> Result<(), ImageError> {
        let at_work = self.at_work.lock();
        if *at_work > 0 {
            return Ok(());
        }
        let (mut layers, mut blobs) = (HashSet::new(), HashSet::new());
        for record in self.records.lock().values() {
            layers.extend(record.layers.iter().map(|layer| layer.hex().to_owned()));
            blobs.extend(record.blobs.iter().chain([&record.id, &record.manifest]).map(|blob| blob.hex().to_owned()));
        }
        layers.extend(self.leases.lock().keys().map(|layer| layer.hex().to_owned()));
        remove_others(&self.root.join("layers"), &layers)?;
        remove_others(&self.root.join("blobs/sha256"), &blobs)
    }

    /// Directory of everything.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn write_record(&self, record: &ImageRecord) -> Result<(), ImageError> {
        let staged = self.staging_path();
        let write = || -> io::Result<()> {
            let mut file = File::create_new(&staged)?;
            serde_json::to_writer(&mut file, record)?;
            file.sync_all()?;
            std::fs::rename(&staged, self.record_path(&record.id))
        };
        write().map_err(ImageError::disk(format!("record image {}", record.id)))
    }

    fn staging_path(&self) -> PathBuf {
        self.root.join("staging").join(self.staged.fetch_add(1, Ordering::Relaxed).to_string())
    }

    fn record_path(&self, id: &Digest) -> PathBuf {
        self.root.join("records").join(format!("{}.json", id.hex()))
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    fn layer_path(&self, diff_id: &Digest) -> PathBuf {
        self.root.join("layers").join(diff_id.hex())
    }
}

/// A blob on its way in; removed when dropped unfinished.
pub struct BlobWriter {
    writer: Option<HashingWriter<File>>,
    path: PathBuf,
}

/// A whole, synced blob that has no name yet.
pub struct FinishedBlob {
    path: PathBuf,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl BlobWriter {
    /// Syncs it and computes its digest.
    pub fn finish(mut self) -> Result<FinishedBlob, ImageError> {
        let (file, digest, bytes) = self.writer.take().expect("only finish takes the writer").finish();
        file.sync_data().map_err(ImageError::disk(format!("sync blob {digest}")))?;
        Ok(FinishedBlob { path: std::mem::take(&mut self.path), digest, bytes })
    }
}

impl Write for BlobWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.as_mut().expect("only finish takes the writer").write(buffer)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if self.writer.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for FinishedBlob {
    fn drop(&mut self) {
        // After `keep_blob` the name is gone and this does nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Parses a document of an image.
pub fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &str, digest: &Digest) -> Result<T, ImageError> {
    serde_json::from_slice(bytes).map_err(|error| ImageError::Invalid(format!("parse {what} {digest}: {error}")))
}

fn read_records(directory: &Path) -> Result<BTreeMap<Digest, Arc<ImageRecord>>, ImageError> {
    let mut records = BTreeMap::new();
    let entries = std::fs::read_dir(directory).map_err(ImageError::disk("list images"))?;
    for entry in entries {
        let path = entry.map_err(ImageError::disk("list images"))?.path();
        let bytes = std::fs::read(&path).map_err(ImageError::disk(format!("read {}", path.display())))?;
        match serde_json::from_slice::<ImageRecord>(&bytes) {
            Ok(record) => drop(records.insert(record.id.clone(), Arc::new(record))),
            Err(error) => tracing::warn!(path = %path.display(), %error, "image record cannot be read, left alone"),
        }
    }
    Ok(records)
}

fn remove_others(directory: &Path, kept: &HashSet<String>) -> Result<(), ImageError> {
    let entries = std::fs::read_dir(directory).map_err(ImageError::disk("list for garbage collection"))?;
    for entry in entries {
        let entry = entry.map_err(ImageError::disk("list for garbage collection"))?;
        if kept.contains(entry.file_name().to_string_lossy().as_ref()) {
            continue;
        }
        let path = entry.path();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_directory { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(ImageError::disk(format!("remove {}", path.display())))?;
    }
    Ok(())
}
