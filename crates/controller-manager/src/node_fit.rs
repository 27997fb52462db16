//! Whether a node takes a template's Pods, whatever else runs there: names, labels, taints.

use apimachinery::meta::string_entries;
use apimachinery::selector::{LabelSelector, Operator, Requirement};
use apimachinery::value::Value;

use crate::digest::{NodeDigest, Taint, Toleration};

/// What a Pod's spec says about nodes.
pub struct NodeDemands {
    node_name: String,
    labels: Vec<(String, String)>,
    terms: Option<Vec<Term>>,
    tolerations: Vec<Toleration>,
}

struct Term {
    labels: LabelSelector,
    names: LabelSelector,
    matches_nothing: bool,
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
        let terms = (!required.is_null()).then(|| required.items_at(&["nodeSelectorTerms"]).iter().map(term).collect());
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
        has_name && has_labels && self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(node)))
    }

    fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    }
}

impl Term {
    fn matches(&self, node: &NodeDigest) -> bool {
        let name = |key: &str| (key == "metadata.name").then_some(node.meta.name.as_str());
        !self.matches_nothing && self.labels.matches(|key| node.meta.label(key)) && self.names.matches(name)
    }
}

fn term(value: &Value) -> Term {
    let parse = |field: &str| value.items_at(&[field]).iter().map(requirement).collect::<Option<Vec<_>>>();
    let (labels, names) = (parse("matchExpressions"), parse("matchFields"));
    let is_empty = [&labels, &names].iter().all(|it| it.as_ref().is_some_and(Vec::is_empty));
    Term {
        matches_nothing: is_empty || labels.is_none() || names.is_none(),
        labels: LabelSelector { requirements: labels.unwrap_or_default() },
        names: LabelSelector { requirements: names.unwrap_or_default() },
    }
}

fn requirement(value: &Value) -> Option<Requirement> {
    let operator = match value.str_at(&["operator"]) {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::GreaterThan,
        "Lt" => Operator::LessThan,
        _ => return None,
    };
    let values = value.items_at(&["values"]).iter().filter_map(Value::as_str).map(str::to_owned);
    let mut values: Vec<String> = values.collect();
    values.sort();
    Some(Requirement { key: value.str_at(&["key"]).to_owned(), operator, values })
}
