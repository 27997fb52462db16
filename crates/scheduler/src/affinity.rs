//! What Pods say about where other Pods are: affinity, anti-affinity, topology spread.

use apimachinery::selector::{LabelSelector, Operator, Requirement};
use apimachinery::value::Value;

use crate::pod::PodInfo;

/// Labels of a namespace.
pub type NamespaceLabels<'a> = &'a dyn Fn(&str) -> Vec<(String, String)>;

/// One term of Pod affinity or anti-affinity.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTerm {
    /// No selector selects nothing.
    selector: Option<LabelSelector>,
    namespaces: Vec<String>,
    namespace_selector: Option<LabelSelector>,
    /// Label of nodes whose value makes a domain.
    pub topology_key: String,
}

/// A term with a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedTerm {
    /// 1 to 100.
    pub weight: i64,
    /// The term.
    pub term: PodTerm,
}

/// Affinity or anti-affinity of a Pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTerms {
    /// All must hold.
    pub required: Vec<PodTerm>,
    /// The more the better.
    pub preferred: Vec<WeightedTerm>,
}

/// One topology spread constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// By how many Pods domains may differ.
    pub skew_max: i64,
    /// Label of nodes whose value makes a domain.
    pub topology_key: String,
    /// Whether it must hold, or only should.
    pub is_hard: bool,
    /// With fewer domains than this the emptiest counts as having no Pod.
    pub domains_min: i64,
    /// Whether only nodes count that the Pod's node affinity admits.
    pub honors_affinity: bool,
    /// Whether only nodes count whose taints the Pod tolerates.
    pub honors_taints: bool,
    selector: LabelSelector,
}

impl PodTerms {
    /// Reads `podAffinity` or `podAntiAffinity` of a Pod in a namespace.
    pub fn of(value: &Value, namespace: &str) -> Self {
        let required = value.items_at(&["requiredDuringSchedulingIgnoredDuringExecution"]);
        let preferred = value.items_at(&["preferredDuringSchedulingIgnoredDuringExecution"]);
        let weighted = |value: &Value| WeightedTerm {
            weight: value.i64_at(&["weight"]).unwrap_or(0),
            term: PodTerm::of(value.field("podAffinityTerm"), namespace),
        };
        PodTerms {
            required: required.iter().map(|term| PodTerm::of(term, namespace)).collect(),
            preferred: preferred.iter().map(weighted).collect(),
        }
    }
}

impl PodTerm {
    fn of(value: &Value, namespace: &str) -> Self {
        let names = value.items_at(&["namespaces"]).iter().filter_map(Value::as_str);
        let mut namespaces: Vec<String> = names.map(str::to_owned).collect();
        let namespace_selector = LabelSelector::from_value(value.field("namespaceSelector")).ok().flatten();
        if namespaces.is_empty() && namespace_selector.is_none() {
            namespaces.push(namespace.to_owned());
        }
        PodTerm {
            selector: LabelSelector::from_value(value.field("labelSelector")).ok().flatten(),
            namespaces,
            namespace_selector,
            topology_key: value.str_at(&["topologyKey"]).to_owned(),
        }
    }

    /// Whether it speaks of a Pod.
    pub fn matches(&self, pod: &PodInfo, namespace_labels: NamespaceLabels<'_>) -> bool {
        let namespace = &*pod.key.namespace;
        let is_selected = || {
            let Some(selector) = &self.namespace_selector else { return false };
            let labels = namespace_labels(namespace);
            selector.matches(|key| labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()))
        };
        let is_there = self.namespaces.iter().any(|name| name == namespace) || is_selected();
        is_there && self.selector.as_ref().is_some_and(|selector| selector.matches(|key| pod.label(key)))
    }
}

impl Spread {
    /// Reads it; `label` gives the labels of the Pod that it is of.
    pub fn of<'a>(value: &Value, label: impl Fn(&str) -> Option<&'a str>) -> Self {
        let mut selector =
            LabelSelector::from_value(value.field("labelSelector")).ok().flatten().unwrap_or_else(nothing);
        for key in value.items_at(&["matchLabelKeys"]).iter().filter_map(Value::as_str) {
            if let Some(wanted) = label(key) {
                let values = vec![wanted.to_owned()];
                selector.requirements.push(Requirement { key: key.to_owned(), operator: Operator::In, values });
            }
        }
        Spread {
            skew_max: value.i64_at(&["maxSkew"]).unwrap_or(1),
            topology_key: value.str_at(&["topologyKey"]).to_owned(),
            is_hard: value.str_at(&["whenUnsatisfiable"]) != "ScheduleAnyway",
            domains_min: value.i64_at(&["minDomains"]).unwrap_or(1),
            honors_affinity: value.str_at(&["nodeAffinityPolicy"]) != "Ignore",
            honors_taints: value.str_at(&["nodeTaintsPolicy"]) == "Honor",
            selector,
        }
    }

    /// Whether a Pod counts.
    pub fn counts(&self, pod: &PodInfo) -> bool {
        self.selector.matches(|key| pod.label(key))
    }
}

/// Without a selector no Pod counts.
fn nothing() -> LabelSelector {
    let never = Requirement { key: String::new(), operator: Operator::In, values: Vec::new() };
    LabelSelector { requirements: vec![never] }
}
