//! Cells of Table rows that several kinds share.

pub use apimachinery::time::human_duration;

use apimachinery::time;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;

/// A row of these cells.
pub fn row(cells: Vec<Value>) -> Row {
    Row { cells, conditions: Vec::new() }
}

/// `metadata.name`
pub fn name(object: &Value) -> Value {
    Value::from(object.str_at(&["metadata", "name"]))
}

/// The time since `metadata.creationTimestamp`: `5m`, `2d3h`.
pub fn age(object: &Value, now: Timestamp) -> Value {
    since(object.str_at(&["metadata", "creationTimestamp"]), now).into()
}

/// The string at a path.
pub fn text(object: &Value, path: &[&str]) -> Value {
    Value::from(object.str_at(path))
}

/// The string at a path, `<none>` when empty.
pub fn text_or_none(object: &Value, path: &[&str]) -> Value {
    match object.str_at(path) {
        "" => Value::from("<none>"),
        text => Value::from(text),
    }
}

/// The number at a path, 0 when absent.
pub fn number(object: &Value, path: &[&str]) -> Value {
    Value::Int(object.i64_at(path).unwrap_or(0))
}

/// The time since an API timestamp (`translateTimestampSince`), `<unknown>` when there is none.
pub fn since(timestamp: &str, now: Timestamp) -> String {
    time::human_age(timestamp, now)
}

/// `metav1.FormatLabelSelector`: the selector's text, `<none>` when empty.
pub fn selector_text(selector: &Value) -> String {
    let mut parts: Vec<String> = map_entries(selector.field("matchLabels")).map(|(k, v)| format!("{k}={v}")).collect();
    for expression in selector.items_at(&["matchExpressions"]) {
        let key = expression.str_at(&["key"]);
        let mut values: Vec<&str> = expression.items_at(&["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        parts.push(match expression.str_at(&["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") }
}

/// `labels.FormatLabels`: `a=b,c=d`, `<none>` when empty.
pub fn labels_text(labels: &Value) -> String {
    let parts: Vec<String> = map_entries(labels).map(|(k, v)| format!("{k}={v}")).collect();
    if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") }
}

fn map_entries(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    map.as_object().into_iter().flat_map(|it| it.iter()).map(|(k, v)| (k, v.as_str().unwrap_or("")))
}
