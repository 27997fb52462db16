//! OCI and Docker manifests and configurations: the fields that are used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// Media types that name a list of manifests.
pub const INDEX_TYPES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// Media types that name one image.
pub const MANIFEST_TYPES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// A reference to a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Media type.
    #[serde(default)]
    pub media_type: String,
    /// Digest.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// Platform, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Annotations; the image's name in an archive's index.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What an image runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `linux`.
    pub os: String,
}

/// An index or manifest list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// Media type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// Manifests.
    pub manifests: Vec<Descriptor>,
}

impl Index {
    /// The manifest for this machine.
    pub fn for_this_platform(&self) -> Option<&Descriptor> {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let fits = |platform: &Platform| platform.os == "linux" && platform.architecture == architecture;
        let exact = self.manifests.iter().find(|manifest| manifest.platform.as_ref().is_some_and(fits));
        exact.or_else(|| self.manifests.iter().find(|manifest| manifest.platform.is_none()))
    }
}

/// One image's manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// Media type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// Configuration; its digest is the image's id.
    pub config: Descriptor,
    /// Layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// An image configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImageConfiguration {
    /// Such as `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// Such as `linux`.
    #[serde(default)]
    pub os: String,
    /// How to run it.
    #[serde(default)]
    pub config: RunConfig,
    /// Uncompressed layers.
    pub rootfs: RootFilesystem,
}

/// Digests of the uncompressed layers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RootFilesystem {
    /// Always `layers`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Lowest first.
    #[serde(default)]
    pub diff_ids: Vec<Digest>,
}

/// The `config` object of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunConfig {
    /// `USER`
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// `EXPOSE`
    #[serde(default, skip_serializing_if = "is_null")]
    pub exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    /// `ENV`
    #[serde(default, skip_serializing_if = "is_null")]
    pub env: Option<Vec<String>>,
    /// `ENTRYPOINT`
    #[serde(default, skip_serializing_if = "is_null")]
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`
    #[serde(default, skip_serializing_if = "is_null")]
    pub cmd: Option<Vec<String>>,
    /// `VOLUME`
    #[serde(default, skip_serializing_if = "is_null")]
    pub volumes: Option<BTreeMap<String, serde_json::Value>>,
    /// `WORKDIR`
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// `LABEL`
    #[serde(default, skip_serializing_if = "is_null")]
    pub labels: Option<BTreeMap<String, String>>,
    /// `STOPSIGNAL`
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stop_signal: String,
}

fn is_null<T>(value: &Option<T>) -> bool {
    value.is_none()
}
