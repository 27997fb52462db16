//! Removes images that no container uses when the disk fills up, those first that were not used for longest.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use client::clock;
use container_interfaces::cri::v1::{Image, ImageSpec, ListContainersRequest, ListImagesRequest, RemoveImageRequest};

use crate::config::Config;
use crate::effects::Effects;
use crate::stats::node_file_system;

/// Removal begins when less than this part of the disk is left, in percent (upstream's 85 % in use).
const LEFT_PERCENT_MIN: u64 = 15;
/// And goes on until this part is left.
const LEFT_PERCENT_WANTED: u64 = 20;
/// Images younger than this stay (upstream's).
const AGE_MIN: Duration = Duration::from_secs(120);

#[derive(Clone, Copy)]
struct Seen {
    first: Duration,
    used: Duration,
}

/// What is known of the images there are, by id.
#[derive(Default)]
pub struct ImageGc {
    seen: HashMap<String, Seen>,
}

impl ImageGc {
    /// Looks at all images and removes some if there is need; all unused ones when the node has disk pressure.
    pub async fn collect(&mut self, effects: &Effects, has_pressure: bool) {
        let recorded = effects.pulled_images.ids();
        let (images, used) = match lists(effects).await {
            Ok(lists) => lists,
            Err(error) => return tracing::warn!(error = error.message(), "list images"),
        };
        self.note(&images, &used, clock::boot());
        effects.pulled_images.retain(&recorded, |id| images.iter().any(|image| image.id == id));
        let disk = node_file_system(&crate::stats::image_root(effects).await);
        let (is_needed, wanted) = need(disk.capacity, disk.available, &effects.config);
        if !is_needed && !has_pressure {
            return;
        }
        let mut missing = if has_pressure { u64::MAX } else { wanted };
        for image in self.order(&images, &used, clock::boot()) {
            if missing == 0 {
                return;
            }
            let spec = ImageSpec { image: image.id.clone(), ..ImageSpec::default() };
            match effects.images.remove_image(RemoveImageRequest { image: Some(spec) }).await {
                Ok(_) => {
                    tracing::info!(image = image.id, bytes = image.size, "removed an unused image");
                    missing = missing.saturating_sub(image.size);
                }
                Err(error) => tracing::debug!(image = image.id, error = error.message(), "remove image"),
            }
        }
    }

    fn note(&mut self, images: &[Image], used: &BTreeSet<String>, now: Duration) {
        self.seen.retain(|id, _| images.iter().any(|image| &image.id == id));
        for image in images {
            let seen = self.seen.entry(image.id.clone()).or_insert(Seen { first: now, used: Duration::ZERO });
            if is_used(image, used) {
                seen.used = now;
            }
        }
    }

    /// Unused images that may go, in the order in which they go.
    fn order<'a>(&self, images: &'a [Image], used: &BTreeSet<String>, now: Duration) -> Vec<&'a Image> {
        let seen = |image: &Image| self.seen.get(&image.id).copied();
        let may_go = |image: &&Image| {
            let is_old = seen(image).is_some_and(|seen| now.saturating_sub(seen.first) >= AGE_MIN);
            !image.pinned && is_old && !is_used(image, used)
        };
        let mut all: Vec<_> = images.iter().filter(may_go).collect();
        all.sort_by_key(|image| seen(image).map(|seen| (seen.used, seen.first)));
        all
    }
}

/// Whether there is need, and how many bytes shall be freed.
fn need(capacity: u64, available: u64, config: &Config) -> (bool, u64) {
    // Before Pods have to go, also on a disk of which a part is a lot.
    let cap = config.disk_available_bytes_cap.saturating_add(config.disk_available_bytes_cap / 4);
    let bound = |percent: u64| (capacity / 100).saturating_mul(percent).min(cap);
    let wanted = bound(LEFT_PERCENT_WANTED).saturating_sub(available);
    (available < bound(LEFT_PERCENT_MIN), wanted)
}

fn is_used(image: &Image, used: &BTreeSet<String>) -> bool {
    used.contains(&image.id) || image.repo_tags.iter().chain(&image.repo_digests).any(|name| used.contains(name))
}

/// All images, and the names and ids of those that containers use.
async fn lists(effects: &Effects) -> Result<(Vec<Image>, BTreeSet<String>), tonic::Status> {
    let images = effects.images.list_images(ListImagesRequest::default()).await?.images;
    let containers = effects.runtime.list_containers(ListContainersRequest { filter: None }).await?.containers;
    let names = containers.into_iter().flat_map(|container| {
        [container.image_ref, container.image_id, container.image.map(|image| image.image).unwrap_or_default()]
    });
    Ok((images, names.filter(|name| !name.is_empty()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_old_images_go_the_longest_unused_first() {
        let image = |id: &str, pinned| Image { id: id.into(), pinned, ..Image::default() };
        let images = [image("used", false), image("late", false), image("never", false), image("pinned", true)];
        let mut gc = ImageGc::default();
        let used = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        gc.note(&images, &used(&["used", "late"]), Duration::from_secs(10));
        assert!(gc.order(&images, &used(&["used"]), Duration::from_secs(100)).is_empty());
        let order = gc.order(&images, &used(&["used"]), Duration::from_secs(200));
        assert_eq!(order.iter().map(|image| image.id.as_str()).collect::<Vec<_>>(), ["never", "late"]);
    }

    #[test]
    fn a_tenth_of_a_big_disk_is_no_need() {
        let config = Config::new("n", "10.0.0.1");
        const GIB: u64 = 1 << 30;
        assert!(!need(250 * GIB, 20 * GIB, &config).0);
        assert!(need(250 * GIB, 12 * GIB, &config).0);
        assert!(need(50 * GIB, 7 * GIB, &config).0);
    }
}
