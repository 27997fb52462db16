//! secret: a Secret's keys as files, in memory.

use api::k8s_openapi::api::core::v1::{KeyToPath, Secret, Volume};

use super::atomic_writer::{File, Payload};
use super::projected::{MODE_DEFAULT, mode_bits, publish};
use super::{MountInput, VolumeKind, empty_dir};
use crate::env::References;

/// The kind.
pub struct SecretVolume;

impl VolumeKind for SecretVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~secret"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.secret.is_some()
    }

    fn references(&self, volume: &Volume, into: &mut References) {
        if let Some(name) = volume.secret.as_ref().and_then(|source| source.secret_name.as_deref()) {
            into.add_secret(name);
        }
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let source = input.volume.secret.as_ref().ok_or("not a secret")?;
        let is_optional = source.optional.unwrap_or(false);
        let secret = input.objects.secret(source.secret_name.as_deref().unwrap_or(""), is_optional)?;
        let mode = source.default_mode.unwrap_or(MODE_DEFAULT);
        let payload = payload(secret, source.items.as_deref(), mode, is_optional)?;
        empty_dir::wrap(input.directory)?;
        publish(input, &payload)
    }

    fn is_read_only(&self) -> bool {
        true
    }
}

/// The files of a Secret; the error is upstream's text.
pub(super) fn payload(
    secret: Option<&Secret>,
    items: Option<&[KeyToPath]>,
    mode: i32,
    is_optional: bool,
) -> Result<Payload, String> {
    let value = |key: &str| secret?.data.as_ref()?.get(key).map(|bytes| bytes.0.clone());
    let file = |data, mode| File { data, mode: mode_bits(mode), user: None };
    let mut payload = Payload::new();
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        for (key, bytes) in secret.into_iter().flat_map(|secret| secret.data.iter().flatten()) {
            payload.insert(key.clone(), file(bytes.0.clone(), mode));
        }
        return Ok(payload);
    };
    for item in items {
        match value(&item.key) {
            Some(data) => drop(payload.insert(item.path.clone(), file(data, item.mode.unwrap_or(mode)))),
            None if is_optional => {}
            None => return Err(format!("references non-existent secret key: {}", item.key)),
        }
    }
    Ok(payload)
}
