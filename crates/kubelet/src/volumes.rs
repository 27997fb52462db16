//! A Pod's volumes: one file per kind, one table.
//!
//! Mounting is idempotent and brings a mounted volume up to date; a volume's place on the node follows from its
//! Pod's UID, kind and name, so that nothing has to be remembered over a restart.

pub mod atomic_writer;
pub mod config_map;
pub mod downward_api;
pub mod empty_dir;
pub mod host_path;
pub mod image;
pub mod ownership;
pub mod projected;
pub mod secret;
pub mod sub_path;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use api::k8s_openapi::api::core::v1::{Pod, Volume};

use crate::env::field::FieldContext;
use crate::env::{Objects, References};
use crate::paths::Paths;
use crate::{mounts, spec};

/// What a kind of volume does.
pub trait VolumeKind: Sync {
    /// Directory name, in upstream's escaped form.
    fn plugin(&self) -> &'static str;
    /// Whether a volume is of this kind.
    fn claims(&self, volume: &Volume) -> bool;
    /// Adds what the volume refers to.
    fn references(&self, _volume: &Volume, _into: &mut References) {}
    /// Adds the tokens that the volume wants.
    fn tokens(&self, _volume: &Volume, _into: &mut Vec<TokenWish>) {}
    /// Mounts it or brings it up to date. Blocking. The error is upstream's text.
    fn mount(&self, input: &MountInput<'_>) -> Result<(), String>;
    /// Where its content is on the node.
    fn content(&self, _volume: &Volume, directory: PathBuf) -> PathBuf {
        directory
    }
    /// Whether containers may only read it.
    fn is_read_only(&self) -> bool {
        false
    }
}

/// All kinds, in alphabetical order.
pub static KINDS: &[&dyn VolumeKind] = &[
    &config_map::ConfigMapVolume,
    &downward_api::DownwardApiVolume,
    &empty_dir::EmptyDirVolume,
    &host_path::HostPathVolume,
    &image::ImageVolume,
    &projected::ProjectedVolume,
    &secret::SecretVolume,
];

/// A service account token that a volume wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenWish {
    /// Audience; empty for the API server's.
    pub audience: String,
    /// Life asked for, in seconds.
    pub expiration_seconds: i64,
}

/// What a volume is mounted from.
pub struct MountInput<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// The volume.
    pub volume: &'a Volume,
    /// Its directory.
    pub directory: &'a Path,
    /// What the Pod refers to.
    pub objects: &'a Objects,
    /// The Pod's fields.
    pub fields: FieldContext<'a>,
    /// Tokens, or why there is none.
    pub tokens: &'a BTreeMap<TokenWish, Result<String, String>>,
}

/// The kind of a volume.
pub fn kind(volume: &Volume) -> Option<&'static dyn VolumeKind> {
    KINDS.iter().copied().find(|kind| kind.claims(volume))
}

fn volumes(pod: &Pod) -> impl Iterator<Item = &Volume> {
    spec::spec(pod).volumes.iter().flatten()
}

/// What a Pod's volumes refer to.
pub fn references(pod: &Pod) -> References {
    let mut all = References::default();
    for volume in volumes(pod) {
        if let Some(kind) = kind(volume) {
            kind.references(volume, &mut all);
        }
    }
    all
}

/// The tokens that a Pod's volumes want.
pub fn token_wishes(pod: &Pod) -> Vec<TokenWish> {
    let mut all = Vec::new();
    for volume in volumes(pod) {
        if let Some(kind) = kind(volume) {
            kind.tokens(volume, &mut all);
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Where the content of a Pod's volume is on the node; `None` if there is no such volume.
pub fn content(pod: &Pod, paths: &Paths, name: &str) -> Option<(PathBuf, &'static dyn VolumeKind)> {
    let volume = volumes(pod).find(|volume| volume.name == name)?;
    let kind = kind(volume)?;
    Some((kind.content(volume, paths.volume(spec::uid(pod), kind.plugin(), name)), kind))
}

/// What all of a Pod's volumes are mounted from.
pub struct MountAll<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// Paths.
    pub paths: &'a Paths,
    /// What the Pod refers to.
    pub objects: &'a Objects,
    /// The Pod's fields.
    pub fields: FieldContext<'a>,
    /// Tokens, or why there is none.
    pub tokens: &'a BTreeMap<TokenWish, Result<String, String>>,
}

/// Makes the Pod's directories and mounts its volumes. Blocking. The errors are upstream's texts, one per volume.
pub fn mount_all(input: &MountAll<'_>) -> Result<(), MountError> {
    let uid = spec::uid(input.pod);
    for directory in ["volumes", "plugins", "containers"] {
        let path = input.paths.pod(uid).join(directory);
        mounts::make_dirs(&path, 0o750)
            .map_err(|error| MountError::Directory(format!("mkdir {}: {error}", path.display())))?;
    }
    let failed = volumes(input.pod).filter_map(|volume| {
        let error = mount_one(input, volume).err()?;
        Some(format!("MountVolume.SetUp failed for volume \"{}\" : {error}", volume.name))
    });
    let failed: Vec<_> = failed.collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(MountError::Volumes(failed)),
    }
}

fn mount_one(input: &MountAll<'_>, volume: &Volume) -> Result<(), String> {
    let Some(kind) = kind(volume) else { return Err(unsupported(volume)) };
    let directory = input.paths.volume(spec::uid(input.pod), kind.plugin(), &volume.name);
    kind.mount(&MountInput {
        pod: input.pod,
        volume,
        directory: &directory,
        objects: input.objects,
        fields: input.fields,
        tokens: input.tokens,
    })
}

fn unsupported(volume: &Volume) -> String {
    let what = if volume.persistent_volume_claim.is_some() {
        "persistentVolumeClaim"
    } else if volume.csi.is_some() {
        "csi"
    } else if volume.ephemeral.is_some() {
        "ephemeral"
    } else if volume.nfs.is_some() {
        "nfs"
    } else {
        return "no volume plugin matched".to_owned();
    };
    format!("volumes of type {what} are not supported by this kubelet")
}

/// Why a Pod's volumes are not all mounted; a retry may help.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// The Pod's directories could not be made.
    #[error("make pod directories: {0}")]
    Directory(String),
    /// One message per volume.
    #[error("mount volumes: {}", .0.join("; "))]
    Volumes(Vec<String>),
}

/// Unmounts a Pod's volumes and removes their directories. Blocking. Data of volumes that live elsewhere is not
/// touched.
pub fn unmount_all(paths: &Paths, uid: &str) -> std::io::Result<()> {
    let pod = paths.pod(uid);
    mounts::unmount_below(&pod)?;
    for directory in ["volumes", "volume-subpaths", "plugins"] {
        mounts::remove_tree(&pod.join(directory))?;
    }
    Ok(())
}

/// The user that all of a Pod's containers run as, if it is one.
pub fn fs_user(pod: &Pod) -> Option<i64> {
    let pod_user = spec::spec(pod).security_context.as_ref().and_then(|context| context.run_as_user);
    let mut users = spec::all_containers(pod).map(|container| {
        let own = container.security_context.as_ref().and_then(|context| context.run_as_user);
        own.or(pod_user)
    });
    let first = users.next()??;
    users.all(|user| user == Some(first)).then_some(first)
}

/// The group that a Pod's volumes belong to.
pub fn fs_group(pod: &Pod) -> Option<i64> {
    spec::spec(pod).security_context.as_ref().and_then(|context| context.fs_group)
}

#[cfg(test)]
mod tests;
