//! What keeps Pods off nodes and brings them there: taints, tolerations, terms of a node selector. Scheduler and
//! controllers judge by the same words.

use apimachinery::selector::{LabelSelector, Operator, Requirement};
use apimachinery::time;
use apimachinery::value::Value;

/// One entry of a Node's `spec.taints`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
    /// When it was added; only of `NoExecute` taints.
    pub added: Option<jiff::Timestamp>,
}

impl Taint {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let text = |field: &str| value.str_at(&[field]).to_owned();
        let added = time::parse(value.str_at(&["timeAdded"]));
        Taint { key: text("key"), value: text("value"), effect: text("effect"), added }
    }
}

/// One entry of a Pod's `spec.tolerations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toleration {
    /// Key; empty for every key.
    pub key: String,
    /// `Exists`, or `Equal` also when empty.
    pub operator: String,
    /// Value.
    pub value: String,
    /// Effect; empty for every effect.
    pub effect: String,
    /// How long a `NoExecute` taint is tolerated, in seconds; `None` is forever.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let text = |field: &str| value.str_at(&[field]).to_owned();
        Toleration {
            key: text("key"),
            operator: text("operator"),
            value: text("value"),
            effect: text("effect"),
            seconds: value.i64_at(&["tolerationSeconds"]),
        }
    }

    /// Whether it is for this taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        let has_effect = self.effect.is_empty() || self.effect == taint.effect;
        let has_key = self.key.is_empty() || self.key == taint.key;
        let has_value = match self.operator.as_str() {
            "Exists" => true,
            "" | "Equal" => self.value == taint.value,
            _ => false,
        };
        has_effect && has_key && has_value
    }
}

/// One term of a node selector: all of its requirements must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSelectorTerm {
    labels: LabelSelector,
    /// On `metadata.name`, the only field there is.
    names: LabelSelector,
    /// A term without requirements, or with one that cannot be read, matches nothing.
    matches_nothing: bool,
}

impl NodeSelectorTerm {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let parse = |field: &str| value.items_at(&[field]).iter().map(requirement).collect::<Option<Vec<_>>>();
        let (labels, names) = (parse("matchExpressions"), parse("matchFields"));
        let is_empty = [&labels, &names].iter().all(|it| it.as_ref().is_some_and(Vec::is_empty));
        NodeSelectorTerm {
            matches_nothing: is_empty || labels.is_none() || names.is_none(),
            labels: LabelSelector { requirements: labels.unwrap_or_default() },
            names: LabelSelector { requirements: names.unwrap_or_default() },
        }
    }

    /// Whether the node of this name fulfils it; `label` looks one of its labels up.
    pub fn matches<'a>(&self, name: &'a str, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let field = |key: &str| (key == "metadata.name").then_some(name);
        !self.matches_nothing && self.labels.matches(label) && self.names.matches(field)
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

#[cfg(test)]
mod tests {
    use apimachinery::json;

    use super::*;

    fn tree(text: &str) -> Value {
        json::parse(text.as_bytes()).expect("a tree")
    }

    #[track_caller]
    fn check_term(term: &str, expected: bool) {
        let label = |key: &str| [("zone", "a"), ("cores", "8")].into_iter().find(|it| it.0 == key).map(|it| it.1);
        assert_eq!(NodeSelectorTerm::of(&tree(term)).matches("n", label), expected, "{term}");
    }

    #[test]
    fn a_term_holds_when_all_of_it_does() {
        check_term(r#"{"matchExpressions":[{"key":"zone","operator":"In","values":["b","a"]}]}"#, true);
        check_term(r#"{"matchExpressions":[{"key":"cores","operator":"Gt","values":["7"]}]}"#, true);
        check_term(r#"{"matchExpressions":[{"key":"cores","operator":"Lt","values":["8"]}]}"#, false);
        check_term(r#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["n"]}]}"#, true);
        check_term(r#"{"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n"]}]}"#, false);
        check_term(
            r#"{"matchExpressions":[{"key":"zone","operator":"Exists"},{"key":"cores","operator":"DoesNotExist"}]}"#,
            false,
        );
    }

    #[test]
    fn a_term_that_is_empty_or_cannot_be_read_matches_nothing() {
        check_term("{}", false);
        check_term(r#"{"matchExpressions":[]}"#, false);
        check_term(r#"{"matchExpressions":[{"key":"zone","operator":"Like","values":["a"]}]}"#, false);
    }

    #[test]
    fn a_toleration_is_for_taints_of_its_key_value_and_effect() {
        let taint = Taint::of(&tree(r#"{"key":"k","value":"v","effect":"NoSchedule"}"#));
        let tolerates = |text: &str| Toleration::of(&tree(text)).tolerates(&taint);
        assert!(tolerates(r#"{"operator":"Exists"}"#));
        assert!(tolerates(r#"{"key":"k","value":"v"}"#));
        assert!(!tolerates(r#"{"key":"k","operator":"Equal","value":"w"}"#));
        assert!(!tolerates(r#"{"key":"k","operator":"Exists","effect":"NoExecute"}"#));
    }
}
