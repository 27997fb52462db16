//! One Pod of a StatefulSet: made with its claims, kept to its identity.

use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{DeleteOptions, PatchFormat};
use client::events::Occurrence;
use client::plan::Write;
use client::resources::PODS;
use client::view::View;

use super::{Next, StatefulSet, Work};
use crate::digest::PodDigest;
use crate::pod_template::pod_from_template;
use crate::revision_history::{POD_REVISION, with_template_of};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

impl StatefulSet {
    /// The name of the Pod at an index of `replicas`.
    fn pod_name(&self, at: usize) -> String {
        format!("{}-{}", self.object.name(), self.ordinal_at(at))
    }

    pub(super) fn ordinal_at(&self, at: usize) -> i64 {
        self.start + i64::try_from(at).unwrap_or(0)
    }

    pub(super) fn process_replica(&self, view: &View, at: usize, now: Now, work: &mut Work) -> Next {
        let Some(pod) = &self.replicas[at] else {
            return self.create(view, at, work);
        };
        if pod.is_terminal() {
            if !pod.meta.is_terminating() {
                work.add(self.deletion(pod));
            }
            return Next::Stop;
        }
        if pod.phase == "Pending" {
            self.create_missing_claims(view, &pod.meta.name, self.ordinal_at(at), work);
        }
        if pod.meta.is_terminating() && self.is_ordered() {
            return Next::Stop;
        }
        match pod.available_in(self.min_ready, now.wall) {
            _ if !self.is_ordered() => {}
            Some(left) if left.is_zero() && pod.phase == "Running" => {}
            _ => return Next::Stop,
        }
        self.keep_identity(pod, at, work);
        self.fix_claims(view, pod, work);
        Next::GoOn
    }

    fn create(&self, view: &View, at: usize, work: &mut Work) -> Next {
        let (name, ordinal) = (self.pod_name(at), self.ordinal_at(at));
        if self.has_stale_claim(view, ordinal) {
            return Next::Stop;
        }
        self.create_missing_claims(view, &name, ordinal, work);
        let about = self.reference();
        let set = self.object.name();
        let (done, failed) = (
            format!("Create Pod {name} in StatefulSet {set} successful"),
            format!("Create Pod {name} in StatefulSet {set} failed error: {{error}}"),
        );
        work.add(
            Write::create(PODS, self.pod(at, &name))
                .event_on_success(Occurrence::normal(&about, "SuccessfulCreate", done))
                .event_on_failure(Occurrence::warning(&about, "FailedCreate", failed)),
        );
        Next::Stop
    }

    /// The Pod at an index, of the revision that the update has for it.
    fn pod(&self, at: usize, name: &str) -> Value {
        let strategy = self.object.at(&["spec", "updateStrategy"]);
        let partition = match strategy.at(&["rollingUpdate", "partition"]).as_i64() {
            _ if strategy.str_at(&["type"]) != "RollingUpdate" => 0,
            Some(partition) => partition,
            None => self.object.i64_at(&["status", "currentReplicas"]).unwrap_or(0),
        };
        let is_current = i64::try_from(at).unwrap_or(0) < partition;
        let revision = match self.history.named(&self.current).filter(|_| is_current) {
            Some(current) => current,
            None => &self.history.current,
        };
        let set = with_template_of(&self.object, revision);
        let mut pod = pod_from_template(&set, set.at(&["spec", "template"]));
        pod.remove_at(&["metadata", "generateName"]);
        pod.set(&["metadata", "name"], name);
        pod.set_label(POD_NAME, name);
        pod.set_label(POD_INDEX, &self.ordinal_at(at).to_string());
        pod.set_label(POD_REVISION, revision.name());
        let volumes = self.volumes(&pod, self.ordinal_at(at));
        let spec = pod.object_at(&["spec"]);
        spec.insert("hostname", name);
        match self.object.str_at(&["spec", "serviceName"]) {
            "" => drop(spec.remove("subdomain")),
            service => drop(spec.insert("subdomain", service)),
        }
        if !volumes.is_empty() {
            spec.insert("volumes", volumes);
        }
        pod
    }

    pub(super) fn deletion(&self, pod: &Arc<PodDigest>) -> Write {
        let (about, set, name) = (self.reference(), self.object.name(), &pod.meta.name);
        let options = DeleteOptions { uid: Some(pod.meta.uid.clone()), ..DeleteOptions::default() };
        let done = format!("Delete Pod {name} in StatefulSet {set} successful");
        let failed = format!("Delete Pod {name} in StatefulSet {set} failed error: {{error}}");
        Write::delete(PODS, &pod.meta.namespace, name, options)
            .event_on_success(Occurrence::normal(&about, "SuccessfulDelete", done))
            .event_on_failure(Occurrence::warning(&about, "FailedDelete", failed))
    }

    /// A Pod that was adopted may lack the labels of its place.
    fn keep_identity(&self, pod: &Arc<PodDigest>, at: usize, work: &mut Work) {
        if pod.meta.label(POD_NAME) == Some(&pod.meta.name) {
            return;
        }
        let index = self.ordinal_at(at).to_string();
        let labels = Value::from_iter([(POD_NAME, pod.meta.name.as_str()), (POD_INDEX, &index)]);
        let patch = tree!({"metadata": {"uid": (pod.meta.uid.as_str()), "labels": labels}});
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        work.add(Write::patch(PODS, namespace, name, PatchFormat::Merge, patch).accept_not_found());
    }
}
