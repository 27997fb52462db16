//! Patch documents as text: parsing, strict issues, and Go's printing of them in errors.

use super::PatchType;
use crate::field_error::quoted;
use crate::json;
use crate::json::lexer::{Lexer, Start};
use crate::value::{Map, Value};

/// Strict issues that one document reports.
const ISSUES_MAX: usize = 100;

/// Keys that an operation of a JSON patch may have.
const OPERATION_KEYS: [&str; 4] = ["op", "path", "from", "value"];

/// A JSON type's name in decoding errors.
pub fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The object that a merge patch is; `None` for `null`.
pub(super) fn parse_object(patch: &[u8]) -> Result<Option<Map>, String> {
    match json::parse(patch).map_err(|error| error.message)? {
        Value::Object(map) => Ok(Some(map)),
        Value::Null => Ok(None),
        other => {
            Err(format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", json_type(&other)))
        }
    }
}

/// Duplicate and unknown fields of a patch document, in document order, as strict field validation
/// reports them. A document that is no JSON has none: applying it says what is wrong.
pub fn document_issues(kind: PatchType, patch: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(patch);
    let mut walk = Walk { lexer: Lexer::new(&text), is_operations: kind == PatchType::Json, issues: Vec::new() };
    let _ = walk.value("", 0);
    walk.issues
}

struct Walk<'a> {
    lexer: Lexer<'a>,
    is_operations: bool,
    issues: Vec<String>,
}

impl Walk<'_> {
    /// Takes one value at `path`; an error is bad syntax.
    fn value(&mut self, path: &str, depth: usize) -> Result<(), crate::schema::DecodeError> {
        match self.lexer.start()? {
            Start::Object => {
                self.lexer.enter()?;
                let mut seen = std::collections::HashSet::new();
                let mut is_first = true;
                while let Some(key) = self.lexer.key(is_first)? {
                    is_first = false;
                    let dot = if path.is_empty() { "" } else { "." };
                    let inner = format!("{path}{dot}{key}");
                    if !seen.insert(key.to_string()) {
                        self.issue("duplicate field", &inner);
                    } else if self.is_operations && depth == 1 && !OPERATION_KEYS.contains(&key.as_ref()) {
                        self.issue("unknown field", &inner);
                    }
                    self.value(&inner, depth + 1)?;
                }
                Ok(())
            }
            Start::Array => {
                self.lexer.enter()?;
                let mut at = 0;
                while self.lexer.element(at == 0)? {
                    self.value(&format!("{path}[{at}]"), depth + 1)?;
                    at += 1;
                }
                Ok(())
            }
            _ => self.lexer.skip(),
        }
    }

    fn issue(&mut self, what: &str, path: &str) {
        let prefix = if self.is_operations { "json patch " } else { "" };
        let issue = format!("{prefix}{what} {}", quoted(path));
        if self.issues.len() < ISSUES_MAX && !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }
}

/// A tree as Go prints it with `%v`: `map[a:1 b:[x y] c:<nil>]`, keys sorted.
pub fn go_text(value: &Value) -> String {
    let mut out = String::new();
    push_go_text(value, &mut out);
    out
}

fn push_go_text(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(truth) => out.push_str(&truth.to_string()),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&go_float(*number)),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { " " });
                push_go_text(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push_str("map[");
            for (at, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { " " });
                out.push_str(key);
                out.push(':');
                push_go_text(item, out);
            }
            out.push(']');
        }
    }
}

/// Go's `%v` of a float64: an exponent of two digits below 1e-4 and from 1e21 on.
fn go_float(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-4..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}
