//! Where containers get their images from: the seam between this crate's two halves.

use std::path::PathBuf;

use async_trait::async_trait;
use tonic::Status;

/// What an image's configuration says about its containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Program and first arguments.
    pub entrypoint: Vec<String>,
    /// Further arguments, or the program where there is no entrypoint.
    pub cmd: Vec<String>,
    /// `uid`, `name`, `uid:gid`, `name:group`; empty: root.
    pub user: String,
    /// Working directory.
    pub working_dir: String,
    /// Such as `SIGQUIT`; empty: SIGTERM.
    pub stop_signal: String,
    /// Such as `80/tcp`.
    pub exposed_ports: Vec<String>,
}

/// An image that containers can be made of.
pub struct ResolvedImage {
    /// Id: the digest of its configuration.
    pub id: String,
    /// Names with tags, best first.
    pub repo_tags: Vec<String>,
    /// Names with digests, best first.
    pub repo_digests: Vec<String>,
    /// Its configuration.
    pub config: ImageConfig,
    /// Unpacked layers, lowest first, fit to be overlay's lower directories.
    pub layers: Vec<PathBuf>,
    /// While it is held the layers are not removed.
    pub lease: Box<dyn Send + Sync>,
}

/// Finds images that are on this node.
#[async_trait]
pub trait ImageSource: Send + Sync + 'static {
    /// The image that `image_ref` (id, tag or digest) means. `NotFound` when it is not here.
    async fn resolve(&self, image_ref: &str) -> Result<ResolvedImage, Status>;
}

/// Images that are directories: `<root>/<name>` is the one layer of image `<name>`. For tests.
pub struct DirectoryImages {
    /// Where the images are.
    pub root: PathBuf,
    /// Configuration of all of them.
    pub config: ImageConfig,
}

#[async_trait]
impl ImageSource for DirectoryImages {
    async fn resolve(&self, image_ref: &str) -> Result<ResolvedImage, Status> {
        let layer = self.root.join(image_ref);
        if image_ref.is_empty() || image_ref.contains('/') || !layer.is_dir() {
            return Err(Status::not_found(format!("image {image_ref:?} not found")));
        }
        Ok(ResolvedImage {
            id: image_ref.to_owned(),
            repo_tags: vec![format!("{image_ref}:latest")],
            repo_digests: Vec::new(),
            config: self.config.clone(),
            layers: vec![layer],
            lease: Box::new(()),
        })
    }
}
