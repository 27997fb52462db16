//! YAML text → tree (YAML 1.1 rules as sigs.k8s.io/yaml), and tree → YAML for answers.

mod compose;
mod emit;
mod resolve;

use crate::schema::DecodeError;
use crate::value::Value;

/// Parses the first YAML document; of duplicate keys the last stays. Beside the tree comes one text per
/// duplicate as upstream has it (`line 3: key "a" already set in map`).
///
/// Depth and alias expansion are bounded; never panics.
pub fn parse(text: &[u8]) -> Result<(Value, Vec<String>), DecodeError> {
    compose::compose(&String::from_utf8_lossy(text))
}

/// Encodes with sorted keys, as sigs.k8s.io/yaml does.
pub fn encode(value: &Value) -> String {
    emit::emit(value)
}

/// Upstream's one strict issue for all duplicate keys of a document.
pub fn duplicate_issue(duplicates: &[String]) -> Option<String> {
    match duplicates.is_empty() {
        true => None,
        false => Some(format!("yaml: unmarshal errors:\n  {}", duplicates.join("\n  "))),
    }
}

#[cfg(test)]
mod tests;
