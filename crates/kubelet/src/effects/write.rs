//! Writing statuses and deleting Pods from the API.

use api::k8s_openapi::api::core::v1::PodStatus;
use bytes::Bytes;
use client::client::{ClientError, DeleteOptions, PatchFormat};
use client::resources::PODS;

use super::{Effects, Target};
use crate::pod::event::Outcome;
use crate::status_patch::pod_status_patch;

impl Effects {
    pub(super) async fn write_status(&self, target: &Target, base: &PodStatus, status: &PodStatus) -> Outcome {
        let id = &target.id;
        let Some(patch) = pod_status_patch(&target.api_uid, base, status) else {
            return Outcome::Written { status: Box::new(base.clone()), revision: 0 };
        };
        let patch = Bytes::from(patch);
        let written = self.client.patch(PODS, &id.namespace, &id.name, "status", PatchFormat::Strategic, patch).await;
        let bytes = match written {
            Ok(bytes) => bytes,
            Err(error) => return refused(&error),
        };
        match api::typed::pod(&bytes) {
            Ok(pod) => {
                let revision = pod.metadata.resource_version.as_deref().and_then(|text| text.parse().ok());
                let status = Box::new(pod.status.unwrap_or_default());
                Outcome::Written { status, revision: revision.unwrap_or(0) }
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    pub(super) async fn delete_pod(&self, target: &Target) -> Outcome {
        let id = &target.id;
        let options = DeleteOptions {
            uid: Some(target.api_uid.clone()),
            grace_period_seconds: Some(0),
            ..DeleteOptions::default()
        };
        match self.client.delete(PODS, &id.namespace, &id.name, &options).await {
            Ok(_) => Outcome::Ok,
            Err(error) => refused(&error),
        }
    }
}

/// A Pod that is gone, or whose name another one has now, needs no more writes.
fn refused(error: &ClientError) -> Outcome {
    match error.is_not_found() || error.is_conflict() {
        true => Outcome::NotFound,
        false => Outcome::Failed(error.to_string()),
    }
}
