//! The CRI ImageService over the store and the puller.

use std::sync::Arc;

use async_trait::async_trait;
use container_interfaces::cri::ImageService;
use container_interfaces::cri::v1::*;
use tonic::Status;

use super::pull::{Credentials, Puller};
use super::reference::Reference;
use super::store::{ImageError, ImageRecord, ImageStore};

/// Answers CRI image calls.
pub struct Images {
    store: Arc<ImageStore>,
    puller: Puller,
}

impl Images {
    /// Over an open store.
    pub fn new(store: Arc<ImageStore>, config: super::pull::PullConfig) -> Self {
        let puller = Puller::new(Arc::clone(&store), config);
        Images { store, puller }
    }
}

#[async_trait]
impl ImageService for Images {
    async fn list_images(&self, request: ListImagesRequest) -> Result<ListImagesResponse, Status> {
        let wanted = request.filter.and_then(|filter| filter.image).map(|image| image.image).unwrap_or_default();
        let found = match wanted.is_empty() {
            true => self.store.list(),
            false => self.store.find(&wanted).into_iter().collect(),
        };
        Ok(ListImagesResponse { images: found.iter().map(|record| to_cri(record)).collect() })
    }

    async fn image_status(&self, request: ImageStatusRequest) -> Result<ImageStatusResponse, Status> {
        let found = self.store.find(&image_name(request.image)?);
        let mut info = std::collections::BTreeMap::new();
        if let (true, Some(record)) = (request.verbose, &found) {
            let spec = serde_json::json!({ "imageSpec": { "config": record.config } });
            info.insert("info".to_owned(), spec.to_string());
        }
        Ok(ImageStatusResponse { image: found.map(|record| to_cri(&record)), info })
    }

    async fn pull_image(&self, request: PullImageRequest) -> Result<PullImageResponse, Status> {
        let name = image_name(request.image)?;
        let reference = Reference::parse(&name).ok_or(ImageError::Reference(name)).map_err(to_status)?;
        let credentials = credentials(request.auth.unwrap_or_default())?;
        let record = self.puller.pull(&reference, &credentials).await.map_err(to_status)?;
        Ok(PullImageResponse { image_ref: record.id.to_string() })
    }

    async fn remove_image(&self, request: RemoveImageRequest) -> Result<RemoveImageResponse, Status> {
        let name = image_name(request.image)?;
        let store = Arc::clone(&self.store);
        let removed = tokio::task::spawn_blocking(move || store.remove(&name)).await;
        removed.map_err(|error| Status::internal(error.to_string()))?.map_err(to_status)?;
        Ok(RemoveImageResponse {})
    }

    async fn image_fs_info(&self, _: ImageFsInfoRequest) -> Result<ImageFsInfoResponse, Status> {
        let usage = rustix::fs::statvfs(self.store.root()).map_err(|error| Status::internal(error.to_string()))?;
        let used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize;
        let usage = FilesystemUsage {
            timestamp: jiff::Timestamp::now().as_nanosecond() as i64,
            fs_id: Some(FilesystemIdentifier { mountpoint: self.store.root().display().to_string() }),
            used_bytes: Some(UInt64Value { value: used }),
            inodes_used: Some(UInt64Value { value: usage.f_files - usage.f_ffree }),
        };
        Ok(ImageFsInfoResponse { image_filesystems: vec![usage.clone()], container_filesystems: vec![usage] })
    }
}

fn image_name(image: Option<ImageSpec>) -> Result<String, Status> {
    let name = image.map(|image| image.image).unwrap_or_default();
    match name.is_empty() {
        true => Err(Status::invalid_argument("image is not named")),
        false => Ok(name),
    }
}

fn to_cri(record: &ImageRecord) -> Image {
    let user = record.config.user.split(':').next().unwrap_or_default();
    Image {
        id: record.id.to_string(),
        repo_tags: record.tags.clone(),
        repo_digests: record.digests.clone(),
        size: record.bytes,
        uid: user.parse().ok().map(|value| Int64Value { value }),
        username: if user.parse::<i64>().is_ok() { String::new() } else { user.to_owned() },
        spec: Some(ImageSpec { image: record.id.to_string(), ..ImageSpec::default() }),
        pinned: record.is_pinned,
    }
}

fn credentials(auth: AuthConfig) -> Result<Credentials, Status> {
    use base64::Engine;
    if !auth.registry_token.is_empty() {
        return Ok(Credentials::Token(auth.registry_token));
    }
    if !auth.username.is_empty() {
        return Ok(Credentials::Basic(auth.username, auth.password));
    }
    if !auth.auth.is_empty() {
        let bytes = base64::engine::general_purpose::STANDARD.decode(auth.auth.trim());
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = text.as_deref().and_then(|text| text.split_once(':'));
        let (user, password) = pair.ok_or_else(|| Status::invalid_argument("auth is not base64 of user:password"))?;
        return Ok(Credentials::Basic(user.to_owned(), password.trim_end_matches('\0').to_owned()));
    }
    match auth.identity_token.is_empty() {
        true => Ok(Credentials::None),
        false => Err(Status::unimplemented("identity tokens are not supported yet")),
    }
}

/// The gRPC status of an image error; causes are part of the text.
pub fn to_status(error: ImageError) -> Status {
    let text = match &error {
        ImageError::Disk { attempt, cause } => format!("{attempt}: {cause}"),
        other => other.to_string(),
    };
    match error {
        ImageError::NotFound(_) => Status::not_found(text),
        ImageError::Reference(_) => Status::invalid_argument(text),
        ImageError::Unavailable(_) => Status::unavailable(text),
        _ => Status::unknown(text),
    }
}
