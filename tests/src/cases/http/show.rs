//! Answers as text.

use std::fmt::Write;

use apimachinery::json;
use apimachinery::value::Value;

use super::wire;
use crate::api::Answer;
use crate::cases::normalise;

/// Bytes of an answer's text that are shown when it is no object.
const TEXT_BYTES_SHOWN: usize = 20_000;

/// Headers that a full answer shows where they are.
const HEADERS: &[&str] = &["Allow", "Content-Encoding", "Location", "Retry-After", "Vary", "WWW-Authenticate"];

/// What of an answer is shown.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// Code, kind and name, or a refusal with its causes.
    Short,
    /// What is at a dotted path.
    At(&'a str),
    /// What is at a dotted path of each item.
    Items(&'a str),
    /// Everything.
    Full,
}

pub fn answer(answer: &Answer, view: View<'_>) -> String {
    match view {
        View::Short => short(answer),
        View::At(path) => at(&wire::value(&answer.body), path),
        View::Items(path) => items(&wire::value(&answer.body), path),
        View::Full => full(answer),
    }
}

fn short(answer: &Answer) -> String {
    let object = wire::value(&answer.body);
    let mut out = String::new();
    let shown = match (object.str_at(&["kind"]), object.str_at(&["reason"])) {
        ("Status", reason) => status(answer.code, reason, &object, &mut out),
        ("", _) => writeln!(out, "{}\n{}", answer.code, cut(&answer.text())),
        (kind, _) => writeln!(out, "{} {kind} {}", answer.code, object.str_at(&["metadata", "name"])),
    };
    shown.expect("a string takes all text");
    out
}

/// What is at a dotted path, as text or JSON; numbers are places in lists.
fn at(object: &Value, path: &str) -> String {
    let step = |at: &Value, name: &str| match name.parse::<usize>() {
        Ok(place) => at.as_array().and_then(|items| items.get(place)).cloned().unwrap_or_default(),
        Err(_) => at.field(name).clone(),
    };
    let found = path.split('.').fold(object.clone(), |at, name| step(&at, name));
    match found.as_str() {
        Some(text) => format!("{text}\n"),
        None => format!("{}\n", json_text(&found)),
    }
}

fn items(list: &Value, path: &str) -> String {
    match list.field("items").as_array() {
        Some(items) => items.iter().map(|item| at(item, path)).collect(),
        None => format!("no items: {}\n", json_text(list)),
    }
}

fn status(code: u16, reason: &str, status: &Value, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}", format!("{code} {} {reason}", status.str_at(&["status"])).trim_end())?;
    status.str_at(&["message"]).lines().try_for_each(|line| writeln!(out, "{line}"))?;
    for cause in status.items_at(&["details", "causes"]) {
        let field = |name: &str| cause.str_at(&[name]);
        writeln!(out, "cause {} {}: {}", field("reason"), field("field"), field("message"))?;
    }
    Ok(())
}

fn full(answer: &Answer) -> String {
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let mut out = format!("{} {}\n", answer.code, header("Content-Type").unwrap_or("-"));
    for name in HEADERS {
        if let Some(value) = header(name) {
            out.push_str(&format!("{name}: {value}\n"));
        }
    }
    let object = wire::value(&answer.body);
    match object.str_at(&["kind"]) {
        "" if object.is_null() => out.push_str(&format!("{}\n", cut(&answer.text()))),
        "Table" => out.push_str(&table(&object)),
        _ => out.push_str(&tree(&object)),
    }
    out
}

/// A Table: its columns, and its rows with the object that each is for.
fn table(table: &Value) -> String {
    let mut out = format!("Table {}\n", table.str_at(&["apiVersion"]));
    let columns = table.items_at(&["columnDefinitions"]);
    for column in columns {
        let field = |name: &str| column.str_at(&[name]);
        let priority = column.i64_at(&["priority"]).unwrap_or(-1);
        let line = format!("{} ({}) {priority} {}", field("name"), field("type"), digest(field("description")));
        out.push_str(&format!("column {} {line}\n", or_dash(field("format"))));
    }
    for row in table.items_at(&["rows"]) {
        let cells: Vec<String> = row.items_at(&["cells"]).iter().map(cell).collect();
        let object = row.field("object");
        let name = object.str_at(&["metadata", "name"]);
        out.push_str(&format!("row {} | {} {name}\n", cells.join(" | "), or_dash(object.str_at(&["kind"]))));
    }
    let mut metadata = table.field("metadata").clone();
    hide(&mut metadata);
    out + &format!("metadata {}\n", json_text(&metadata))
}

/// A cell; how old an object is differs from run to run.
fn cell(cell: &Value) -> String {
    match cell.as_str() {
        Some(text) if normalise::is_age(text) => "AGE".into(),
        _ => json_text(cell),
    }
}

/// A description is compared, but not repeated: its length and a hash (FNV-1a).
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("described {} {hash:08x}", text.len())
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// An object as lines in the order in which its fields came; without what is another one in each run.
pub fn tree(object: &Value) -> String {
    let mut object = object.clone();
    hide(&mut object);
    let mut out = String::new();
    write_tree(&object, "", &mut out);
    out
}

fn hide(value: &mut Value) {
    if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(hide);
    }
    let Some(map) = value.as_object_mut() else { return };
    map.remove("managedFields");
    let is_column = map.contains_key("priority") && map.contains_key("format");
    for (key, value) in map.iter_mut() {
        let replaced = match key {
            "continue" => "CONTINUE",
            "description" if is_column => {
                *value = Value::String(digest(value.as_str().unwrap_or("")));
                continue;
            }
            "resourceVersion" if value.as_str().is_some_and(|text| text.parse::<u64>().is_ok()) => "RV",
            _ => {
                hide(value);
                continue;
            }
        };
        if value.as_str().is_some_and(|text| !text.is_empty()) {
            *value = Value::String(replaced.into());
        }
    }
}

fn write_tree(value: &Value, indent: &str, out: &mut String) {
    let deeper = format!("{indent}  ");
    match value {
        Value::Object(map) if map.is_empty() => out.push_str(&format!("{indent}{{}}\n")),
        Value::Object(map) => {
            for (key, value) in map.iter() {
                match is_nested(value) {
                    true => {
                        out.push_str(&format!("{indent}{key}:\n"));
                        write_tree(value, &deeper, out);
                    }
                    false => out.push_str(&format!("{indent}{key}: {}\n", json_text(value))),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut text = String::new();
                match is_nested(item) {
                    true => write_tree(item, &deeper, &mut text),
                    false => text = format!("{deeper}{}\n", json_text(item)),
                }
                out.push_str(&format!("{indent}- {}", &text[deeper.len()..]));
            }
        }
        scalar => out.push_str(&format!("{indent}{}\n", json_text(scalar))),
    }
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn json_text(value: &Value) -> String {
    String::from_utf8_lossy(&json::to_vec(value)).into_owned()
}

/// Text, shortened; what is none is not shown.
fn cut(text: &str) -> &str {
    if text.contains(|it: char| it.is_control() && !matches!(it, '\n' | '\t' | '\r')) {
        return "(no text)";
    }
    let mut end = text.len().min(TEXT_BYTES_SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `Warning` headers, as kubectl shows them.
pub fn warnings(answer: &Answer) -> String {
    answer.warnings.iter().map(|text| format!("Warning: {text}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_the_order_of_fields_and_hides_what_differs() {
        let text =
            br#"{"kind":"X","metadata":{"resourceVersion":"12","managedFields":[{}]},"b":[{"c":1,"d":[]},"e"],"a":{}}"#;
        let shown = tree(&json::parse(text).expect("JSON"));
        assert_eq!(
            shown,
            "kind: \"X\"\nmetadata:\n  resourceVersion: \"RV\"\nb:\n  - c: 1\n    d: []\n  - \"e\"\na: {}\n"
        );
    }
}
