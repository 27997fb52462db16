//! The hash by which a container is known to have been made from the present spec. Pure.

use api::k8s_openapi::api::core::v1::Container;

/// Hash of what a running container cannot have changed: its name and image (FNV-1a).
pub fn container_hash(container: &Container) -> u64 {
    let mut hash: u32 = 0x811c_9dc5;
    let image = container.image.as_deref().unwrap_or("");
    for byte in container.name.bytes().chain([0]).chain(image.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    u64::from(hash)
}
