//! Looking for images and pulling them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use api::k8s_openapi::api::core::v1::{Pod, Secret};
use container_interfaces::cri::v1::{AuthConfig, Image, ImageSpec, ImageStatusRequest, PullImageRequest};

use super::setup::Warn;
use super::{Effects, Target, plain_error};
use crate::container_config::security::ImageUser;
use crate::pod::event::Outcome;
use crate::pulled_images::SecretKey;
use crate::{keyring, spec};

impl Effects {
    async fn image(&self, image: &str) -> Result<Option<Image>, tonic::Status> {
        let spec = ImageSpec { image: image.to_owned(), ..ImageSpec::default() };
        let request = ImageStatusRequest { image: Some(spec), verbose: false };
        Ok(self.images.image_status(request).await?.image)
    }

    /// The image if it is there and the Pod could have pulled it itself.
    pub(super) async fn check_image(&self, target: &Target, image: &str) -> Outcome {
        let found = match self.image(image).await {
            Ok(found) => found.map(|found| found.id),
            Err(error) => return Outcome::Failed(plain_error(&error)),
        };
        let (Some(id), Some(pod)) = (found.as_deref(), &target.pod) else { return Outcome::Image(found) };
        if self.pulled_images.may_use(id, image, &BTreeSet::new()) {
            return Outcome::Image(found);
        }
        let secrets = self.pull_secrets(target, pod).await;
        let keys = secrets.iter().map(|secret| SecretKey::of(secret)).collect();
        Outcome::Image(found.filter(|id| self.pulled_images.may_use(id, image, &keys)))
    }

    /// Whose processes an image runs: root when it does not say.
    pub(super) async fn image_user(&self, image: &str) -> Result<ImageUser, tonic::Status> {
        let found = self.image(image).await?;
        let uid = found.as_ref().and_then(|image| image.uid.as_ref()).map(|uid| uid.value);
        let username = found.map(|image| image.username).unwrap_or_default();
        match (uid, username.is_empty()) {
            (Some(uid), _) => Ok(ImageUser { uid: Some(uid), username: String::new() }),
            (None, false) => Ok(ImageUser { uid: None, username }),
            (None, true) => Ok(ImageUser { uid: Some(0), username: String::new() }),
        }
    }

    pub(super) async fn pull_image(&self, target: &Target, pod: &Arc<Pod>, image: &str) -> Outcome {
        let began = Instant::now();
        let secrets = self.pull_secrets(target, pod).await;
        let of_secret = |secret: &Arc<Secret>| {
            let key = SecretKey::of(secret);
            let all = keyring::credentials(std::iter::once(&**secret), image).into_iter();
            all.map(move |auth| (Some(auth), Some(key.clone()))).collect::<Vec<_>>()
        };
        let mut candidates: Vec<_> = secrets.iter().flat_map(of_secret).collect();
        if candidates.is_empty() {
            candidates.push((None, None));
        }
        let mut errors = Vec::new();
        for (auth, secret) in candidates {
            match self.pull_with(target, pod, image, auth).await {
                Ok(image_ref) => {
                    let found = self.image(&image_ref).await.ok().flatten();
                    if let Some(found) = &found {
                        self.pulled_images.note(&found.id, image, secret);
                    }
                    let bytes = found.map_or(0, |image| image.size);
                    return Outcome::Pulled { image_ref, bytes, pull_time: began.elapsed() };
                }
                Err(error) => errors.push(plain_error(&error)),
            }
        }
        errors.dedup();
        match errors.len() {
            1 => Outcome::Failed(errors.remove(0)),
            _ => Outcome::Failed(format!("[{}]", errors.join(", "))),
        }
    }

    async fn pull_with(
        &self,
        target: &Target,
        pod: &Pod,
        image: &str,
        auth: Option<AuthConfig>,
    ) -> Result<String, tonic::Status> {
        let spec = ImageSpec {
            image: image.to_owned(),
            annotations: pod.metadata.annotations.clone().unwrap_or_default(),
            ..ImageSpec::default()
        };
        let sandbox_config = self.sandbox_config(target, pod, 0, Warn::No).ok();
        let request = PullImageRequest { image: Some(spec), auth, sandbox_config };
        Ok(self.images.pull_image(request).await?.image_ref)
    }

    async fn pull_secrets(&self, target: &Target, pod: &Pod) -> Vec<Arc<Secret>> {
        let names = spec::spec(pod).image_pull_secrets.iter().flatten().map(|secret| secret.name.as_str());
        let (mut secrets, mut missing) = (Vec::new(), Vec::new());
        for name in names.filter(|name| !name.is_empty()) {
            match self.objects.secret(&target.id, name).await {
                Ok(secret) => secrets.push(secret),
                Err(_) => missing.push(name),
            }
        }
        if !missing.is_empty() {
            let message = format!(
                "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                missing.join(", ")
            );
            self.warn(target, "FailedToRetrieveImagePullSecret", message);
        }
        secrets
    }
}
