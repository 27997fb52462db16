//! configMap: a ConfigMap's keys as files.

use api::k8s_openapi::api::core::v1::{ConfigMap, KeyToPath, Volume};

use super::atomic_writer::{File, Payload};
use super::projected::{MODE_DEFAULT, mode_bits, publish};
use super::{MountInput, VolumeKind, empty_dir};
use crate::env::References;

/// The kind.
pub struct ConfigMapVolume;

impl VolumeKind for ConfigMapVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~configmap"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.config_map.is_some()
    }

    fn references(&self, volume: &Volume, into: &mut References) {
        if let Some(source) = &volume.config_map {
            into.add_config_map(&source.name);
        }
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let source = input.volume.config_map.as_ref().ok_or("not a configMap")?;
        let is_optional = source.optional.unwrap_or(false);
        let config_map = input.objects.config_map(&source.name, is_optional)?;
        let mode = source.default_mode.unwrap_or(MODE_DEFAULT);
        let payload = payload(config_map, source.items.as_deref(), mode, is_optional)?;
        empty_dir::wrap_on_disk(input.directory)?;
        publish(input, &payload)
    }

    fn is_read_only(&self) -> bool {
        true
    }
}

/// The files of a ConfigMap; the error is upstream's text.
pub(super) fn payload(
    config_map: Option<&ConfigMap>,
    items: Option<&[KeyToPath]>,
    mode: i32,
    is_optional: bool,
) -> Result<Payload, String> {
    let value = |key: &str| {
        let config_map = config_map?;
        let text = config_map.data.as_ref().and_then(|data| data.get(key)).map(|text| text.clone().into_bytes());
        text.or_else(|| config_map.binary_data.as_ref()?.get(key).map(|bytes| bytes.0.clone()))
    };
    let file = |data, mode: Option<i32>, default| File { data, mode: mode_bits(mode.unwrap_or(default)), user: None };
    let mut payload = Payload::new();
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        let keys = config_map.map(|map| map.data.iter().flatten().map(|(key, _)| key));
        let binary = config_map.map(|map| map.binary_data.iter().flatten().map(|(key, _)| key));
        for key in keys.into_iter().flatten().chain(binary.into_iter().flatten()) {
            payload.insert(key.clone(), file(value(key).unwrap_or_default(), None, mode));
        }
        return Ok(payload);
    };
    for item in items {
        match value(&item.key) {
            Some(data) => drop(payload.insert(item.path.clone(), file(data, item.mode, mode))),
            None if is_optional => {}
            None => return Err(format!("configmap references non-existent config key: {}", item.key)),
        }
    }
    Ok(payload)
}
