//! The object tree: what the server changes and encodes.
//!
//! A normalised tree (see [`crate::schema`]) has struct fields in schema order and map keys sorted,
//! so that equal objects have equal encodings.

use std::borrow::Cow;

/// Field name or map key. Schema names are borrowed, map keys of a user are owned.
pub type Key = Cow<'static, str>;

/// One node of an object tree. Integers are apart from floats, as in Kubernetes' own JSON reader.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// JSON `null`.
    #[default]
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number without fraction or exponent that fits 64 bits signed.
    Int(i64),
    /// Any other JSON number.
    Float(f64),
    /// A string. Bytes (`[]byte`) are held as their base64 text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// A struct or map.
    Object(Map),
}

/// Ordered entries of a struct or map; keys are unique.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<(Key, Value)>,
    /// Whether the keys are known to ascend, so that large maps are searched by halving.
    is_sorted: bool,
}

/// Entries up to which a plain search is quicker than halving.
const PLAIN_SEARCH_MAX: usize = 32;

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

static NULL: Value = Value::Null;

impl Map {
    /// An empty map.
    pub const fn new() -> Self {
        Map { entries: Vec::new(), is_sorted: false }
    }

    /// An empty map with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Map { entries: Vec::with_capacity(capacity), is_sorted: false }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &str) -> Option<usize> {
        match self.is_sorted && self.entries.len() > PLAIN_SEARCH_MAX {
            true => self.entries.binary_search_by(|(k, _)| k.as_ref().cmp(key)).ok(),
            false => self.entries.iter().position(|(k, _)| k == key),
        }
    }

    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The value at `key`, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.position(key).map(|at| &mut self.entries[at].1)
    }

    /// Whether `key` is present (also with value null).
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets `key`, in place if present, else at the end. Returns the previous value.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> Option<Value> {
        let key = key.into();
        let value = value.into();
        match self.get_mut(&key) {
            Some(slot) => Some(std::mem::replace(slot, value)),
            None => {
                self.push(key, value);
                None
            }
        }
    }

    /// Appends an entry whose key the caller knows to be absent; constant time.
    pub fn push(&mut self, key: impl Into<Key>, value: impl Into<Value>) {
        let key = key.into();
        if self.is_sorted && self.entries.last().is_some_and(|(last, _)| *last >= key) {
            self.is_sorted = false;
        }
        self.entries.push((key, value.into()));
    }

    /// Removes `key` and returns its value; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.position(key)?;
        Some(self.entries.remove(at).1)
    }

    /// The value at `key`, inserted as an empty object if absent or null.
    pub fn object_entry(&mut self, key: impl Into<Key>) -> &mut Map {
        let key = key.into();
        let at = match self.position(&key) {
            Some(at) => at,
            None => {
                self.push(key, Value::Null);
                self.entries.len() - 1
            }
        };
        let slot = &mut self.entries[at].1;
        if !matches!(slot, Value::Object(_)) {
            *slot = Value::Object(Map::new());
        }
        match slot {
            Value::Object(map) => map,
            _ => unreachable!("the slot was just made an object"),
        }
    }

    /// The entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.entries.iter().map(|(k, v)| (k.as_ref(), v))
    }

    /// The entries in order, values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.entries.iter_mut().map(|(k, v)| {
            let key: &Key = k;
            (key.as_ref(), v)
        })
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.as_ref())
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.entries.retain_mut(|(k, v)| keep(k, v));
    }

    /// Sorts the entries by key, as maps are encoded.
    pub fn sort(&mut self) {
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
        self.is_sorted = true;
    }

    /// Takes the entries out, in order.
    pub fn into_entries(self) -> Vec<(Key, Value)> {
        self.entries
    }

    /// Builds from entries whose keys the caller knows to be unique.
    pub fn from_entries(entries: Vec<(Key, Value)>) -> Self {
        let is_sorted = entries.len() > PLAIN_SEARCH_MAX && entries.is_sorted_by(|a, b| a.0 < b.0);
        Map { entries, is_sorted }
    }
}

impl Value {
    /// An empty object.
    pub fn object() -> Value {
        Value::Object(Map::new())
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The items, if this is a list, to change.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if this is an object.
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The entries, if this is an object, to change.
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The field `key` of an object; null when absent or not an object.
    pub fn field(&self, key: &str) -> &Value {
        self.as_object().and_then(|map| map.get(key)).unwrap_or(&NULL)
    }

    /// The value at a path of field names; null when anything on the way is absent.
    pub fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(self, |value, key| value.field(key))
    }

    /// The value at a path of field names, to change, if present.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Value> {
        path.iter().try_fold(self, |value, key| value.as_object_mut()?.get_mut(key))
    }

    /// The string at a path; empty when absent.
    pub fn str_at(&self, path: &[&str]) -> &str {
        self.at(path).as_str().unwrap_or("")
    }

    /// The integer at a path.
    pub fn i64_at(&self, path: &[&str]) -> Option<i64> {
        self.at(path).as_i64()
    }

    /// The truth value at a path; false when absent.
    pub fn bool_at(&self, path: &[&str]) -> bool {
        self.at(path).as_bool().unwrap_or(false)
    }

    /// The items at a path; empty when absent.
    pub fn items_at(&self, path: &[&str]) -> &[Value] {
        self.at(path).as_array().unwrap_or(&[])
    }

    /// Sets the value at a path, making objects on the way.
    ///
    /// New keys go to the end: normalise before encoding.
    pub fn set(&mut self, path: &[&'static str], value: impl Into<Value>) {
        let Some((last, parents)) = path.split_last() else {
            *self = value.into();
            return;
        };
        self.object_at(parents).insert(*last, value);
    }

    /// The object at a path, made where absent or not an object.
    pub fn object_at(&mut self, path: &[&'static str]) -> &mut Map {
        if !matches!(self, Value::Object(_)) {
            *self = Value::object();
        }
        let map = self.as_object_mut().expect("the value was just made an object");
        path.iter().fold(map, |map, key| map.object_entry(*key))
    }

    /// Removes the field at a path and returns it.
    pub fn remove_at(&mut self, path: &[&str]) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        self.at_mut(parents)?.as_object_mut()?.remove(last)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Int(i64::from(number))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::Array(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Object(map)
    }
}

impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        Value::Object(map)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::Array(items.into_iter().collect())
    }
}

/// Builds a [`Value`] from JSON-like syntax with string-literal keys:
/// `tree!({"a": 1, "b": [x, "y"], "c": {"d": some_value}})`.
///
/// Any expression that converts into `Value` can stand as a value; `null` is null.
#[macro_export]
macro_rules! tree {
    (null) => { $crate::value::Value::Null };
    ([ $($item:tt),* $(,)? ]) => {
        $crate::value::Value::Array(vec![ $( $crate::tree!($item) ),* ])
    };
    ({ $($key:literal : $value:tt),* $(,)? }) => {{
        #[allow(unused_mut)]
        let mut map = $crate::value::Map::new();
        $( map.push($key, $crate::tree!($value)); )*
        $crate::value::Value::Object(map)
    }};
    ($other:expr) => { $crate::value::Value::from($other) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_makes_objects_on_the_way() {
        let mut value = Value::Null;
        value.set(&["spec", "replicas"], 3);
        assert_eq!(value, tree!({"spec": {"replicas": 3}}));
        assert_eq!(value.i64_at(&["spec", "replicas"]), Some(3));
        assert!(value.at(&["status", "phase"]).is_null());
    }

    #[test]
    fn tree_takes_variables_in_parentheses() {
        let name = String::from("web");
        assert_eq!(tree!({"name": (name), "ports": [80, 443]}).str_at(&["name"]), "web");
    }
}
