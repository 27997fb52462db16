//! The images of a container's start: its own and those of its image volumes, looked up or pulled one after another.

use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;

use super::back_off::BackOff;
use super::effect::{EventType, Work};
use super::event::Outcome;
use super::record::{ImageUse, Lane, LaneStep, StartFailure};
use super::start::CREATE_RETRY;
use super::step::Turn;
use crate::image_name;
use crate::spec::{self, go_duration, quote};

const IMAGE_BACK_OFF: &str = "ImagePullBackOff";
/// How long `ErrImagePull` is shown before `ImagePullBackOff`.
const PULL_ERROR_SHOWN: Duration = Duration::from_secs(1);

/// An image as the spec names it, and when it is pulled.
struct Wanted {
    name: String,
    policy: Option<String>,
}

impl Wanted {
    fn of(pod: &Pod, container: &str, image_use: &ImageUse) -> Wanted {
        match image_use {
            ImageUse::Root => {
                let found = spec::any_container(pod, container);
                let found = found.map(std::borrow::Cow::into_owned).unwrap_or_default();
                Wanted { name: found.image.unwrap_or_default(), policy: found.image_pull_policy }
            }
            ImageUse::Volume(volume) => {
                let mut volumes = spec::spec(pod).volumes.iter().flatten();
                let source = volumes.find(|known| &known.name == volume).and_then(|known| known.image.clone());
                let source = source.unwrap_or_default();
                Wanted { name: source.reference.unwrap_or_default(), policy: source.pull_policy }
            }
        }
    }

    /// The name with its tag.
    fn full_name(&self) -> String {
        image_name::with_default_tag(&self.name).unwrap_or_else(|_| self.name.clone())
    }

    fn policy(&self, image: &str) -> &str {
        self.policy.as_deref().filter(|policy| !policy.is_empty()).unwrap_or_else(|| default_policy(image))
    }
}

/// What a container needs images for.
fn uses(pod: &Pod, container: &str) -> Vec<ImageUse> {
    let is_image = |name: &str| {
        let mut volumes = spec::spec(pod).volumes.iter().flatten();
        volumes.any(|volume| volume.name == name && volume.image.is_some())
    };
    let mut all = vec![ImageUse::Root];
    let found = spec::any_container(pod, container);
    for mount in found.iter().flat_map(|found| found.volume_mounts.iter().flatten()) {
        let volume = ImageUse::Volume(mount.name.clone());
        if is_image(&mount.name) && !all.contains(&volume) {
            all.push(volume);
        }
    }
    all
}

impl Turn<'_> {
    /// Goes on with the first image that is not known yet, or creates the container. Whether that has begun.
    pub(super) fn next_image(&mut self, pod: &Pod, name: &str) -> bool {
        let lane = self.record.lane.as_ref();
        let is_known = |image_use: &ImageUse| lane.is_some_and(|lane| lane.images.contains_key(image_use));
        match uses(pod, name).into_iter().find(|image_use| !is_known(image_use)) {
            Some(image_use) => self.look_for(pod, name, image_use),
            None => {
                self.create(pod, name);
                true
            }
        }
    }

    fn look_for(&mut self, pod: &Pod, name: &str, image_use: ImageUse) -> bool {
        let wanted = Wanted::of(pod, name, &image_use);
        let image = match image_name::with_default_tag(&wanted.name) {
            Ok(image) => image,
            Err(error) => {
                let message = format!("Failed to apply default image tag {}: {error}", quote(&wanted.name));
                self.note_container(name, EventType::Warning, "InspectFailed", message.clone());
                self.note_container(name, EventType::Warning, "Failed", "Error: InvalidImageName");
                self.fail(name, "InvalidImageName", message, CREATE_RETRY);
                return false;
            }
        };
        match wanted.policy(&image) {
            "Always" => self.pull(&wanted, name, image_use),
            _ => {
                let work = Work::CheckImage { container: name.to_owned(), image };
                self.enter(name, LaneStep::CheckImage(image_use), work);
                true
            }
        }
    }

    /// Begins a pull unless an earlier failure makes it wait.
    fn pull(&mut self, wanted: &Wanted, name: &str, image_use: ImageUse) -> bool {
        let image = wanted.full_name();
        if let Some((back_off, error)) = self.record.pulls.get(&image).cloned() {
            let until = back_off.raised_at + back_off.delay;
            if !self.is_due(until) {
                let text = format!("Back-off pulling image {}", quote(&wanted.name));
                self.note_container(name, EventType::Normal, "BackOff", text.clone());
                self.note_container(name, EventType::Warning, "Failed", format!("Error: {IMAGE_BACK_OFF}"));
                self.record.lane = None;
                self.record.failures.insert(
                    name.to_owned(),
                    StartFailure { reason: IMAGE_BACK_OFF, message: format!("{text}: {error}") },
                );
                self.record.holds.insert(name.to_owned(), until);
                return false;
            }
        }
        self.note_container(name, EventType::Normal, "Pulling", format!("Pulling image {}", quote(&wanted.name)));
        if let Some(lane) = &mut self.record.lane {
            lane.pull_started = self.now.boot;
        }
        let work = Work::PullImage { container: name.to_owned(), image };
        self.enter(name, LaneStep::PullImage(image_use), work);
        true
    }

    /// An answer to [`Work::CheckImage`].
    pub(super) fn image_checked(&mut self, pod: &Pod, name: &str, image_use: &ImageUse, outcome: Outcome) {
        match outcome {
            Outcome::Image(Some(image_ref)) => {
                let image = quote(&Wanted::of(pod, name, image_use).name);
                let message =
                    format!("Container image {image} already present on machine and can be accessed by the pod");
                self.note_container(name, EventType::Normal, "Pulled", message);
                self.image_found(pod, name, image_use, image_ref);
            }
            Outcome::Image(None) => self.image_missing(pod, name, image_use),
            Outcome::Failed(error) => {
                let message = format!("Failed to inspect image \"\": {error}");
                self.note_container(name, EventType::Warning, "InspectFailed", message.clone());
                self.note_container(name, EventType::Warning, "Failed", "Error: ImageInspectError");
                self.fail(name, "ImageInspectError", message, CREATE_RETRY);
            }
            _ => self.record.lane = None,
        }
    }

    /// An answer to [`Work::PullImage`].
    pub(super) fn image_pulled(&mut self, pod: &Pod, lane: &Lane, image_use: &ImageUse, outcome: Outcome) {
        let name = lane.container.as_str();
        match outcome {
            Outcome::Pulled { image_ref, bytes, pull_time } => {
                let waited = self.now.boot.saturating_sub(lane.pull_started).max(pull_time);
                let message = format!(
                    "Successfully pulled image {} in {} ({} including waiting). Image size: {bytes} bytes.",
                    quote(&Wanted::of(pod, name, image_use).name),
                    go_duration(pull_time),
                    go_duration(waited)
                );
                self.note_container(name, EventType::Normal, "Pulled", message);
                self.image_found(pod, name, image_use, image_ref);
            }
            Outcome::Failed(error) => self.pull_failed(&Wanted::of(pod, name, image_use), name, &error),
            _ => self.record.lane = None,
        }
    }

    fn image_found(&mut self, pod: &Pod, name: &str, image_use: &ImageUse, image_ref: String) {
        if let Some(lane) = &mut self.record.lane {
            lane.images.insert(image_use.clone(), image_ref);
        }
        self.next_image(pod, name);
    }

    fn image_missing(&mut self, pod: &Pod, name: &str, image_use: &ImageUse) {
        let wanted = Wanted::of(pod, name, image_use);
        if wanted.policy(&wanted.full_name()) != "Never" {
            self.pull(&wanted, name, image_use.clone());
            return;
        }
        let message = format!("Container image {} is not present with pull policy of Never", quote(&wanted.name));
        self.note_container(name, EventType::Warning, "ErrImageNeverPull", message.clone());
        self.note_container(name, EventType::Warning, "Failed", "Error: ErrImageNeverPull");
        self.fail(name, "ErrImageNeverPull", message, CREATE_RETRY);
    }

    fn pull_failed(&mut self, wanted: &Wanted, name: &str, error: &str) {
        let image = wanted.full_name();
        let (reason, text) = pull_reason(&wanted.name, error);
        let message = format!("Failed to pull image {}: {error}", quote(&wanted.name));
        self.note_container(name, EventType::Warning, "Failed", message);
        self.note_container(name, EventType::Warning, "Failed", format!("Error: {reason}"));
        let previous = self.record.pulls.get(&image).map(|(back_off, _)| *back_off);
        let raised = BackOff::raise(previous, self.now.boot, self.now.boot);
        self.record.pulls.insert(image, (raised, format!("{reason}: {text}")));
        self.fail(name, reason, text, PULL_ERROR_SHOWN);
    }
}

/// Upstream's default: the tag `latest` is always pulled.
fn default_policy(image: &str) -> &'static str {
    match image.ends_with(":latest") {
        true => "Always",
        false => "IfNotPresent",
    }
}

/// The reason of a failed pull, and its text.
fn pull_reason(image: &str, error: &str) -> (&'static str, String) {
    if let Some(rest) = error.strip_prefix("RegistryUnavailable") {
        return (
            "RegistryUnavailable",
            format!("image pull failed for {image} because the registry is unavailable{rest}"),
        );
    }
    if let Some(rest) = error.strip_prefix("SignatureValidationFailed") {
        let text = format!("image pull failed for {image} because the signature validation failed{rest}");
        return ("SignatureValidationFailed", text);
    }
    ("ErrImagePull", error.to_owned())
}
