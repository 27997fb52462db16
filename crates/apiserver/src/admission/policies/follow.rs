//! Follows policies and bindings.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::watch::WatchEventType;
use registry::request::{ListOptions, ResourceVersionMatch};
use registry::resource::{Registry, Resource};

use super::Policies;
use super::hooks::{Hooks, Part};

const GROUP: &str = "admissionregistration.k8s.io";

/// Pause before a broken watch is started anew.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Which hooks a resource feeds.
type Feed = fn(&Policies) -> &Hooks;

const FEEDS: [(&str, Feed, Part); 4] = [
    ("mutatingadmissionpolicies", |all| &all.mutating, Part::Policy),
    ("mutatingadmissionpolicybindings", |all| &all.mutating, Part::Binding),
    ("validatingadmissionpolicies", |all| &all.validating, Part::Policy),
    ("validatingadmissionpolicybindings", |all| &all.validating, Part::Binding),
];

/// Follows all four kinds until `policies` is dropped.
pub(crate) fn start(registry: &Registry, policies: &Arc<Policies>) {
    for (plural, feed, part) in FEEDS {
        if let Some(resource) = registry.resource(GROUP, "v1", plural) {
            let follower = Follower { policies: Arc::downgrade(policies), feed, part, known: HashSet::new() };
            tokio::spawn(follower.run(resource));
        }
    }
}

struct Follower {
    policies: Weak<Policies>,
    feed: Feed,
    part: Part,
    known: HashSet<String>,
}

impl Follower {
    async fn run(mut self, resource: Arc<Resource>) {
        loop {
            let options = ListOptions {
                send_initial_events: Some(true),
                allow_watch_bookmarks: true,
                resource_version_match: ResourceVersionMatch::NotOlderThan,
                ..ListOptions::default()
            };
            // What was there before and is not told of again is gone.
            let mut missing = std::mem::take(&mut self.known);
            if let Ok(mut frames) = resource.watch("", &options).await {
                while let Some(frame) = frames.recv().await {
                    if frame.event_type == WatchEventType::Error {
                        break;
                    }
                    if frame.ends_initial_events && !self.forget(&mut missing) {
                        return;
                    }
                    if !self.take(frame.event_type, &frame.object, &mut missing) {
                        return;
                    }
                }
            }
            self.known.extend(missing);
            if self.policies.strong_count() == 0 {
                return;
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// Forgets what is gone; false when nobody wants to know any more.
    fn forget(&self, missing: &mut HashSet<String>) -> bool {
        let Some(policies) = self.policies.upgrade() else { return false };
        missing.drain().for_each(|name| (self.feed)(&policies).remove(self.part, &name));
        true
    }

    fn take(&mut self, event: WatchEventType, object: &EncodedObject, missing: &mut HashSet<String>) -> bool {
        let Some(policies) = self.policies.upgrade() else { return false };
        let hooks = (self.feed)(&policies);
        let Ok(object) = json::parse(&object.bytes) else { return true };
        match event {
            WatchEventType::Added | WatchEventType::Modified => {
                missing.remove(object.name());
                self.known.insert(object.name().to_owned());
                hooks.set(self.part, &object);
            }
            WatchEventType::Deleted => {
                self.known.remove(object.name());
                hooks.remove(self.part, object.name());
            }
            WatchEventType::Bookmark | WatchEventType::Error => {}
        }
        true
    }
}
