//! image: the content of an image. The runtime mounts it inside the container; nothing is on the node's disk.

use api::k8s_openapi::api::core::v1::Volume;

use super::{MountInput, VolumeKind};

/// The kind.
pub struct ImageVolume;

impl VolumeKind for ImageVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~image"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.image.is_some()
    }

    fn mount(&self, _input: &MountInput<'_>) -> Result<(), String> {
        Ok(())
    }

    fn is_read_only(&self) -> bool {
        true
    }
}
