//! Static Pods in the runner: they run whatever the API says, and have a mirror there so that people see them.

use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;
use bytes::Bytes;
use client::client::DeleteOptions;
use client::informer::ObjectKey;
use client::resources::PODS;

use super::Runner;
use crate::pod::event::PodEvent;
use crate::spec;
use crate::static_pods::{MIRROR, is_mirror, mirror_body};

/// Wait until a mirror that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

fn key(pod: &Pod) -> ObjectKey {
    ObjectKey::new(spec::namespace(pod), spec::name(pod))
}

fn revision(bytes: &[u8]) -> u64 {
    let made = api::typed::pod(bytes).ok();
    made.and_then(|made| made.metadata.resource_version?.parse().ok()).unwrap_or(0)
}

impl Runner {
    /// The files have changed: ends what is no longer there, starts what is new.
    pub(super) fn statics_changed(&mut self) {
        let wanted = Arc::clone(&self.statics.borrow_and_update());
        let gone: Vec<_> = self
            .records
            .iter()
            .filter(|(uid, record)| record.mirror.is_some() && !record.is_gone && !wanted.contains_key(*uid))
            .map(|(uid, record)| (uid.clone(), record.pod.clone()))
            .collect();
        for (uid, pod) in gone {
            self.happen(&uid, PodEvent::Gone);
            if let Some(mirror) = pod.and_then(|pod| self.pods.get(&key(&pod))) {
                self.remove_mirror(&uid, &mirror.digest);
            }
        }
        self.start_statics();
    }

    /// Starts static Pods that do not run yet; one of the same name ends first.
    pub(super) fn start_statics(&mut self) {
        let wanted = Arc::clone(&self.statics.borrow());
        for (uid, pod) in wanted.iter().filter(|(uid, _)| !self.records.contains_key(*uid)).collect::<Vec<_>>() {
            let is_held = self.records.values().any(|record| {
                let id = &record.id;
                record.mirror.is_some() && id.name == spec::name(pod) && id.namespace == spec::namespace(pod)
            });
            if !is_held {
                self.pod_seen(Arc::clone(pod), 0);
                self.sync_mirror(uid);
            }
        }
    }

    /// A mirror came, changed or went.
    pub(super) fn mirror_changed(&mut self, mirror: &Pod) {
        let wanted = Arc::clone(&self.statics.borrow());
        let (name, namespace) = (spec::name(mirror), spec::namespace(mirror));
        let owner = wanted.iter().find(|(_, pod)| spec::name(pod) == name && spec::namespace(pod) == namespace);
        match owner {
            Some((uid, _)) => self.sync_mirror(uid),
            None if self.pods.get(&key(mirror)).is_some() => self.remove_mirror(spec::uid(mirror), mirror),
            None => {}
        }
    }

    /// Sees to it that a static Pod has its mirror.
    pub(super) fn sync_mirror(&mut self, uid: &str) {
        let Some(pod) = self.statics.borrow().get(uid).cloned() else { return };
        let Some(found) = self.pods.get(&key(&pod)) else {
            self.happen(uid, PodEvent::MirrorGone);
            return self.create_mirror(uid, &pod);
        };
        let mirror = &found.digest;
        if !is_mirror(mirror) {
            return tracing::warn!(pod = %spec::PodId::of(&pod), "a pod of the static pod's name is in the API");
        }
        let hash = mirror.metadata.annotations.as_ref().and_then(|annotations| annotations.get(MIRROR));
        if hash.map(String::as_str) != Some(uid) || spec::is_deleted(mirror) {
            return self.remove_mirror(uid, mirror);
        }
        let event = PodEvent::Mirrored {
            uid: spec::uid(mirror).to_owned(),
            status: Box::new(spec::status(mirror).clone()),
            revision: found.object.revision,
        };
        self.happen(uid, event);
    }

    fn create_mirror(&mut self, uid: &str, pod: &Pod) {
        if !self.mirroring.insert(uid.to_owned()) {
            return;
        }
        let (effects, inbox, uid) = (Arc::clone(&self.effects), self.inbox.clone(), uid.to_owned());
        let node_uid = self.effects.node.borrow().uid.clone();
        let body = Bytes::from(mirror_body(pod, &self.effects.config.node_name, &node_uid));
        let (namespace, pods) = (spec::namespace(pod).to_owned(), self.pods.clone());
        tokio::spawn(async move {
            let made = match node_uid.is_empty() {
                true => Err("the node is not registered yet".to_owned()),
                false => effects.client.create(PODS, &namespace, body).await.map_err(|error| error.to_string()),
            };
            match made {
                // The next look is at what was just made.
                Ok(bytes) => drop(tokio::time::timeout(RETRY, pods.wait_revision(revision(&bytes))).await),
                Err(error) => {
                    tracing::debug!(error, "create mirror pod");
                    tokio::time::sleep(RETRY).await;
                }
            }
            let _ = inbox.send((uid, PodEvent::MirrorWritten)).await;
        });
    }

    fn remove_mirror(&mut self, uid: &str, mirror: &Pod) {
        if !is_mirror(mirror) || !self.mirroring.insert(uid.to_owned()) {
            return;
        }
        let (effects, inbox, uid) = (Arc::clone(&self.effects), self.inbox.clone(), uid.to_owned());
        let id = spec::PodId::of(mirror);
        tokio::spawn(async move {
            let options =
                DeleteOptions { uid: Some(id.uid.clone()), grace_period_seconds: Some(0), ..DeleteOptions::default() };
            if let Err(error) = effects.client.delete(PODS, &id.namespace, &id.name, &options).await
                && !error.is_not_found()
            {
                tracing::warn!(pod = %id, %error, "delete mirror pod");
                tokio::time::sleep(RETRY).await;
            }
            let _ = inbox.send((uid, PodEvent::MirrorWritten)).await;
        });
    }

    /// A write of a mirror has ended, one way or the other.
    pub(super) fn mirror_written(&mut self, uid: &str) {
        self.mirroring.remove(uid);
        self.sync_mirror(uid);
        // What was asked for meanwhile, and who has lost their static Pod.
        let all: Vec<_> = self.pods.list().into_iter().map(|(_, entry)| entry.digest).collect();
        for mirror in all.iter().filter(|pod| is_mirror(pod)) {
            self.mirror_changed(mirror);
        }
    }
}
