//! The store as the runtime's source of images.

use std::sync::Arc;

use async_trait::async_trait;
use tonic::Status;

use super::manifest::RunConfig;
use super::store::ImageStore;
use crate::image_source::{ImageConfig, ImageSource, ResolvedImage};

/// Resolves images of a store.
pub struct StoreSource(pub Arc<ImageStore>);

#[async_trait]
impl ImageSource for StoreSource {
    async fn resolve(&self, image_ref: &str) -> Result<ResolvedImage, Status> {
        let not_found = || Status::not_found(format!("image {image_ref:?} not found"));
        let record = self.0.find(image_ref).ok_or_else(not_found)?;
        let (layers, lease) = self.0.layers(&record);
        Ok(ResolvedImage {
            id: record.id.to_string(),
            repo_tags: record.tags.clone(),
            repo_digests: record.digests.clone(),
            config: to_image_config(&record.config),
            layers,
            lease: Box::new(lease),
        })
    }
}

fn to_image_config(config: &RunConfig) -> ImageConfig {
    ImageConfig {
        env: config.env.clone().unwrap_or_default(),
        entrypoint: config.entrypoint.clone().unwrap_or_default(),
        cmd: config.cmd.clone().unwrap_or_default(),
        user: config.user.clone(),
        working_dir: config.working_dir.clone(),
        stop_signal: config.stop_signal.clone(),
        exposed_ports: config.exposed_ports.iter().flat_map(|ports| ports.keys().cloned()).collect(),
    }
}
