//! The PersistentVolumeClaims of a StatefulSet: made from templates, and owned as the retention policy says.

use std::sync::Arc;

use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::tree;
use apimachinery::value::Value;
use client::events::Occurrence;
use client::plan::{Step, Write};
use client::resources::PERSISTENT_VOLUME_CLAIMS;
use client::view::View;

use super::{ClaimDigest, StatefulSet, Work, ordinal};
use crate::digest::PodDigest;

impl StatefulSet {
    fn templates(&self) -> &[Value] {
        self.object.items_at(&["spec", "volumeClaimTemplates"])
    }

    fn claim_name(&self, template: &Value, ordinal: i64) -> String {
        format!("{}-{}-{ordinal}", template.name(), self.object.name())
    }

    fn deletes(&self, when: &str) -> bool {
        self.object.str_at(&["spec", "persistentVolumeClaimRetentionPolicy", when]) == "Delete"
    }

    fn claim_of(&self, view: &View, template: &Value, ordinal: i64) -> Option<Value> {
        let name = self.claim_name(template, ordinal);
        let claim = view.get::<ClaimDigest>(PERSISTENT_VOLUME_CLAIMS, self.object.namespace(), &name);
        claim.map(|entry| entry.value())
    }

    /// The volumes of a Pod: those of the claims, then the template's others.
    pub(super) fn volumes(&self, pod: &Value, ordinal: i64) -> Vec<Value> {
        let own = self.templates().iter().map(|template| {
            tree!({"name": (template.name()),
                "persistentVolumeClaim": {"claimName": (self.claim_name(template, ordinal))}})
        });
        let mut volumes: Vec<Value> = own.collect();
        let is_claim = |volume: &&Value| self.templates().iter().any(|it| it.name() == volume.str_at(&["name"]));
        let others = pod.items_at(&["spec", "volumes"]).iter().filter(|volume| !is_claim(volume));
        volumes.extend(others.cloned());
        volumes
    }

    pub(super) fn create_missing_claims(&self, view: &View, pod: &str, ordinal: i64, work: &mut Work) {
        for template in self.templates() {
            if self.claim_of(view, template, ordinal).is_none() {
                work.add(self.claim_creation(template, pod, ordinal));
            }
        }
    }

    fn claim_creation(&self, template: &Value, pod: &str, ordinal: i64) -> Write {
        let (name, set) = (self.claim_name(template, ordinal), self.object.name());
        let mut claim = template.clone();
        claim.remove_at(&["status"]);
        claim.set(&["kind"], "PersistentVolumeClaim");
        claim.set(&["apiVersion"], "v1");
        claim.set(&["metadata", "name"], name.as_str());
        claim.set(&["metadata", "namespace"], self.object.namespace());
        let selected = self.object.at(&["spec", "selector", "matchLabels"]).as_object();
        for (key, value) in selected.into_iter().flat_map(|map| map.iter()) {
            claim.set_label(key, value.as_str().unwrap_or(""));
        }
        if self.deletes("whenDeleted") {
            claim.set(&["metadata", "ownerReferences"], vec![OwnerReference::controller_of(&self.object).to_value()]);
        }
        let about = self.reference();
        let done = format!("Create Claim {name} Pod {pod} in StatefulSet {set} success");
        let failed = format!("Create Claim {name} for Pod {pod} in StatefulSet {set} failed error: {{error}}");
        Write::create(PERSISTENT_VOLUME_CLAIMS, claim)
            .accept_already_exists()
            .event_on_success(Occurrence::normal(&about, "SuccessfulCreate", done))
            .event_on_failure(Occurrence::warning(&about, "FailedCreate", failed))
    }

    /// Whether a claim still belongs to an earlier Pod of this place, with which it will be deleted.
    pub(super) fn has_stale_claim(&self, view: &View, ordinal: i64) -> bool {
        if !self.deletes("whenScaled") {
            return false;
        }
        let pod = format!("{}-{ordinal}", self.object.name());
        let claims = self.templates().iter().filter_map(|template| self.claim_of(view, template, ordinal));
        let mut owners = claims.flat_map(|claim| claim.owner_references());
        owners.any(|owner| owner.kind == "Pod" && owner.name == pod)
    }

    /// Brings the owners of a Pod's claims in line with the retention policy.
    pub(super) fn fix_claims(&self, view: &View, pod: &Arc<PodDigest>, work: &mut Work) {
        let Some(ordinal) = ordinal(self.object.name(), &pod.meta.name) else { return };
        for template in self.templates() {
            let Some(claim) = self.claim_of(view, template, ordinal) else { continue };
            let owners = claim.owner_references();
            if self.has_stale_owner(&owners, pod) {
                continue;
            }
            let is_foreign = self.has_foreign_controller(&owners, pod);
            if is_foreign && (self.deletes("whenDeleted") || self.deletes("whenScaled")) {
                let name = claim.name();
                let message = format!(
                    "PersistentVolumeClaim {name} has a conflicting OwnerReference that acts as a manging controller, \
                     the retention policy is ignored for this claim"
                );
                let event = Occurrence::warning(&self.reference(), "ConflictingController", message);
                if owners.iter().any(|owner| self.is_ours(owner, pod)) {
                    work.steps.push(Step::Event(event));
                }
            }
            let wanted = self.wanted_owners(&owners, pod, ordinal, is_foreign);
            if wanted != owners {
                let mut claim = claim;
                let list: Vec<Value> = wanted.iter().map(OwnerReference::to_value).collect();
                claim.set(&["metadata", "ownerReferences"], list);
                work.add(Write::update(PERSISTENT_VOLUME_CLAIMS, claim).accept_not_found());
            }
        }
    }

    fn is_set(&self, owner: &OwnerReference) -> bool {
        owner.kind == "StatefulSet" && owner.name == self.object.name()
    }

    fn is_ours(&self, owner: &OwnerReference, pod: &PodDigest) -> bool {
        self.is_set(owner) || (owner.kind == "Pod" && owner.name == pod.meta.name)
    }

    /// Owned by an earlier set or Pod of the same name: not to be touched.
    fn has_stale_owner(&self, owners: &[OwnerReference], pod: &PodDigest) -> bool {
        let ours = owners.iter().filter(|owner| self.is_ours(owner, pod));
        ours.into_iter().any(|owner| owner.uid != self.object.uid() && owner.uid != pod.meta.uid)
    }

    fn has_foreign_controller(&self, owners: &[OwnerReference], pod: &PodDigest) -> bool {
        owners.iter().any(|owner| owner.is_controller && !self.is_ours(owner, pod))
    }

    fn wanted_owners(
        &self,
        owners: &[OwnerReference],
        pod: &PodDigest,
        ordinal: i64,
        is_foreign: bool,
    ) -> Vec<OwnerReference> {
        let others = owners.iter().filter(|owner| !self.is_ours(owner, pod));
        let mut wanted: Vec<OwnerReference> = others.cloned().collect();
        let count = i64::try_from(self.replicas.len()).unwrap_or(i64::MAX);
        let is_surplus = !(self.start..self.start.saturating_add(count)).contains(&ordinal);
        let is_pods = self.deletes("whenScaled") && is_surplus;
        let is_sets = self.deletes("whenDeleted") && !is_pods;
        if is_foreign && (self.deletes("whenDeleted") || self.deletes("whenScaled")) {
            return wanted;
        }
        if is_pods {
            wanted.push(OwnerReference {
                api_version: "v1".into(),
                kind: "Pod".into(),
                name: pod.meta.name.clone(),
                uid: pod.meta.uid.clone(),
                is_controller: true,
                blocks_owner_deletion: true,
            });
        }
        if is_sets {
            wanted.push(OwnerReference::controller_of(&self.object));
        }
        wanted
    }
}
