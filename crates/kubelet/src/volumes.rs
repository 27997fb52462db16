//! A Pod's volumes.

use api::k8s_openapi::api::core::v1::Pod;

use crate::env::References;

/// What a Pod's volumes refer to.
pub fn references(_pod: &Pod) -> References {
    References::default()
}
