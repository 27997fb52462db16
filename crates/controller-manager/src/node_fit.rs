//! Whether a node takes a template's Pods, whatever else runs there: names, labels, taints.

use api::node_selection::{NodeSelectorTerm, Taint, Toleration};
use apimachinery::meta::string_entries;
use apimachinery::value::Value;

use crate::digest::NodeDigest;

/// What a Pod's spec says about nodes.
pub struct NodeDemands {
    node_name: String,
    labels: Vec<(String, String)>,
    terms: Option<Vec<NodeSelectorTerm>>,
    tolerations: Vec<Toleration>,
}

/// Whether Pods come to a node, and stay there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// New ones come.
    pub may_come: bool,
    /// Present ones stay.
    pub may_stay: bool,
}

impl NodeDemands {
    /// Those of a `PodSpec`, which tolerates `added` taints beside its own.
    pub fn of(spec: &Value, added: impl IntoIterator<Item = Toleration>) -> Self {
        let required = spec.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]);
        let terms = (!required.is_null())
            .then(|| required.items_at(&["nodeSelectorTerms"]).iter().map(NodeSelectorTerm::of).collect());
        let own = spec.items_at(&["tolerations"]).iter().map(Toleration::of);
        let labels = string_entries(spec.field("nodeSelector"));
        NodeDemands {
            node_name: spec.str_at(&["nodeName"]).to_owned(),
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            terms,
            tolerations: own.chain(added).collect(),
        }
    }

    /// How a node takes such Pods.
    pub fn welcome(&self, node: &NodeDigest) -> Welcome {
        if !self.selects(node) {
            return Welcome { may_come: false, may_stay: false };
        }
        let is_free_of = |effects: &[&str]| {
            let mut hard = node.taints.iter().filter(|taint| effects.contains(&&*taint.effect));
            hard.all(|taint| self.tolerates(taint))
        };
        Welcome { may_come: is_free_of(&["NoSchedule", "NoExecute"]), may_stay: is_free_of(&["NoExecute"]) }
    }

    fn selects(&self, node: &NodeDigest) -> bool {
        let has_name = self.node_name.is_empty() || self.node_name == node.meta.name;
        let has_labels = self.labels.iter().all(|(key, value)| node.meta.label(key) == Some(value));
        has_name && has_labels && self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| node.fulfils(term)))
    }

    fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    }
}
