//! YAML text → tree (YAML 1.1 rules as sigs.k8s.io/yaml), and tree → YAML for answers.

use crate::schema::DecodeError;
use crate::value::Value;

/// Parses one YAML document; duplicate keys are returned beside the tree as dotted paths.
pub fn parse(text: &[u8]) -> Result<(Value, Vec<String>), DecodeError> {
    let _ = text;
    todo!("schema helper")
}

/// Encodes with sorted keys, as sigs.k8s.io/yaml does.
pub fn encode(value: &Value) -> String {
    let _ = value;
    todo!("schema helper")
}

/// Upstream's one strict issue for all duplicate keys of a document.
pub(crate) fn duplicate_issue(duplicates: &[String]) -> Option<String> {
    match duplicates.is_empty() {
        true => None,
        false => Some(format!("error converting YAML to JSON: yaml: unmarshal errors:\n  {}", duplicates.join("\n  "))),
    }
}
