//! Label and field selectors: parsing with upstream's errors, matching, printing.

use crate::value::{Map, Value};

/// A parsed label selector; the empty one matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LabelSelector {
    /// All must hold.
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// Operator.
    pub operator: Operator,
    /// Values, sorted.
    pub values: Vec<String>,
}

/// Label selector operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `in`, `=`, `==`
    In,
    /// `notin`, `!=`
    NotIn,
    /// `key`
    Exists,
    /// `!key`
    DoesNotExist,
    /// `key>1` (node affinity)
    GreaterThan,
    /// `key<1` (node affinity)
    LessThan,
}

/// A text or object that is no selector; upstream's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// Upstream's text.
    pub message: String,
}

impl LabelSelector {
    /// Parses `a=b,c in (d,e),!f`.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let _ = text;
        todo!("rules helper")
    }
    /// From a `metav1.LabelSelector` tree (`matchLabels`, `matchExpressions`); null matches nothing,
    /// which is `None`.
    pub fn from_value(selector: &Value) -> Result<Option<Self>, SelectorError> {
        let _ = selector;
        todo!("rules helper")
    }
    /// From a plain map (`spec.selector` of a Service).
    pub fn from_map<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let _ = labels;
        todo!("rules helper")
    }
    /// Whether these labels match; `label` looks one up.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let _ = label;
        todo!("rules helper")
    }
    /// Whether the labels of a tree's map match.
    pub fn matches_map(&self, labels: Option<&Map>) -> bool {
        self.matches(|key| labels.and_then(|map| map.get(key)).and_then(Value::as_str))
    }
    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

/// A parsed field selector: `metadata.name=x,status.phase!=Running`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FieldSelector {
    /// All must hold.
    pub terms: Vec<FieldTerm>,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerm {
    /// Dotted field, such as `spec.nodeName`.
    pub field: String,
    /// `=` or `==`, else `!=`.
    pub is_equal: bool,
    /// Value.
    pub value: String,
}

impl FieldSelector {
    /// Parses with upstream's escapes (`\,`, `\=`, `\\`).
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let _ = text;
        todo!("rules helper")
    }
    /// Whether it matches; `value` looks a field up (absent reads as empty).
    pub fn matches<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.terms.iter().all(|term| (value(&term.field) == term.value) == term.is_equal)
    }
}
