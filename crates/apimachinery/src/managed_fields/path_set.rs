//! Sets of field paths.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::field_error::quoted;
use crate::json;
use crate::value::Value;

/// One step of a field path. The order is that in which upstream writes them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathElement {
    /// A field of a struct or an entry of a map.
    Field(String),
    /// The item of a list that has these values in its key fields, sorted by field name.
    Key(Vec<(String, KeyValue)>),
    /// The item of a set.
    Value(KeyValue),
    /// The item at a place of a list.
    Index(i64),
}

impl PathElement {
    /// A field by name.
    pub fn field(name: &str) -> Self {
        PathElement::Field(name.to_owned())
    }
}

/// A value that identifies a list item, with a total order: numbers by size, then strings, then others.
#[derive(Clone, Debug)]
pub struct KeyValue(pub Value);

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_values(&self.0, &other.0)
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyValue {}

/// A total order of values; equal numbers are equal whether they are integers or floats, and the order
/// of fields does not count.
pub(super) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        (Value::Int(left), Value::Float(right)) => (*left as f64).total_cmp(right),
        (Value::Float(left), Value::Int(right)) => left.total_cmp(&(*right as f64)),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => {
            let items = left.iter().zip(right).map(|(left, right)| compare_values(left, right));
            items.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        (Value::Object(left), Value::Object(right)) => {
            let (left, right) = (sorted(left), sorted(right));
            let entries = left.iter().zip(&right).map(|(l, r)| l.0.cmp(r.0).then_with(|| compare_values(l.1, r.1)));
            entries.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn sorted(map: &crate::value::Map) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    entries
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Int(_) | Value::Float(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

/// A set of field paths. A path being in the set says nothing of the paths above or below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Paths of one step.
    pub members: BTreeSet<PathElement>,
    /// Longer paths by their first step; no set in here is empty.
    pub children: BTreeMap<PathElement, Set>,
}

impl Set {
    /// Whether no path is in the set.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }

    /// Adds a path; the empty path is none.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => drop(self.members.insert(last.clone())),
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the path is in the set.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|set| set.contains(rest)),
        }
    }

    /// Puts `below` under `element`, if it is not empty.
    pub(super) fn adopt(&mut self, element: &PathElement, below: Set) {
        if !below.is_empty() {
            self.children.insert(element.clone(), below);
        }
    }

    /// The paths of both sets.
    pub fn union(&self, other: &Set) -> Set {
        let mut union = self.clone();
        union.extend(other);
        union
    }

    fn extend(&mut self, other: &Set) {
        self.members.extend(other.members.iter().cloned());
        for (element, below) in &other.children {
            match self.children.get_mut(element) {
                Some(own) => own.extend(below),
                None => drop(self.children.insert(element.clone(), below.clone())),
            }
        }
    }

    /// The paths that are in both sets.
    pub fn intersection(&self, other: &Set) -> Set {
        let mut both = Set { members: self.members.intersection(&other.members).cloned().collect(), ..Set::default() };
        for (element, below) in &self.children {
            if let Some(others) = other.children.get(element) {
                both.adopt(element, below.intersection(others));
            }
        }
        both
    }

    /// The paths that are not in `other`.
    pub fn difference(&self, other: &Set) -> Set {
        let mut left = Set { members: self.members.difference(&other.members).cloned().collect(), ..Set::default() };
        for (element, below) in &self.children {
            let below = match other.children.get(element) {
                Some(others) => below.difference(others),
                None => below.clone(),
            };
            left.adopt(element, below);
        }
        left
    }

    /// The paths that are neither in `other` nor below one that is.
    pub fn recursive_difference(&self, other: &Set) -> Set {
        let mut left = Set { members: self.members.difference(&other.members).cloned().collect(), ..Set::default() };
        for (element, below) in self.children.iter().filter(|(element, _)| !other.members.contains(element)) {
            let below = match other.children.get(element) {
                Some(others) => below.recursive_difference(others),
                None => below.clone(),
            };
            left.adopt(element, below);
        }
        left
    }
}

impl std::fmt::Display for PathElement {
    /// As conflicts print it: `.spec`, `[name="web"]`, `[="x"]`, `[0]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |value: &KeyValue| match &value.0 {
            Value::String(text) => quoted(text),
            other => String::from_utf8_lossy(&json::to_vec(other)).into_owned(),
        };
        match self {
            PathElement::Field(name) => write!(f, ".{name}"),
            PathElement::Key(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
                write!(f, "[{}]", fields.join(","))
            }
            PathElement::Value(value) => write!(f, "[={}]", text(value)),
            PathElement::Index(at) => write!(f, "[{at}]"),
        }
    }
}
