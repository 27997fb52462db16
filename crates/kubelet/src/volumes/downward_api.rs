//! downwardAPI: fields and resources of the Pod as files, in memory.

use api::k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, Volume};

use super::atomic_writer::{File, Payload};
use super::projected::{MODE_DEFAULT, mode_bits, publish};
use super::{MountInput, VolumeKind, empty_dir};
use crate::env::field::FieldContext;

/// The kind.
pub struct DownwardApiVolume;

impl VolumeKind for DownwardApiVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~downward-api"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.downward_api.is_some()
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let source = input.volume.downward_api.as_ref().ok_or("not a downwardAPI")?;
        let mode = source.default_mode.unwrap_or(MODE_DEFAULT);
        let payload = payload(&input.fields, source.items.as_deref(), mode)?;
        empty_dir::wrap(input.directory)?;
        publish(input, &payload)
    }

    fn is_read_only(&self) -> bool {
        true
    }
}

/// The files; the error is upstream's text.
pub(super) fn payload(
    fields: &FieldContext<'_>,
    items: Option<&[DownwardAPIVolumeFile]>,
    mode: i32,
) -> Result<Payload, String> {
    let mut payload = Payload::new();
    for item in items.unwrap_or(&[]) {
        let text = match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), _) => fields.metadata(&field.field_path)?,
            (None, Some(resource)) => fields.resource(resource, None)?,
            (None, None) => String::new(),
        };
        let file = File { data: text.into_bytes(), mode: mode_bits(item.mode.unwrap_or(mode)), user: None };
        payload.insert(item.path.clone(), file);
    }
    Ok(payload)
}
