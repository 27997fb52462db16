//! Cells of Table rows that several kinds share.

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
    match time::parse(timestamp) {
        None => "<unknown>".to_owned(),
        Some(then) => human_duration(now.as_second() - then.as_second()),
    }
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

/// `duration.HumanDuration` of whole seconds.
pub fn human_duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..=0 => "0s".to_owned(),
        1..120 => format!("{seconds}s"),
        120..600 => two_parts(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two_parts(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two_parts(hours / 24, 'd', hours % 24, 'h'),
        691_200..63_072_000 => format!("{}d", hours / 24),
        63_072_000..252_288_000 => two_parts(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        _ => format!("{}y", hours / 24 / 365),
    }
}

fn two_parts(large: i64, large_unit: char, small: i64, small_unit: char) -> String {
    match small {
        0 => format!("{large}{large_unit}"),
        _ => format!("{large}{large_unit}{small}{small_unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_lose_detail_as_they_grow() {
        let cases = [
            (-2, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (3_600, "60m"),
            (10_860, "3h1m"),
            (100_000, "27h"),
            (180_000, "2d2h"),
            (700_000, "8d"),
            (63_158_400, "2y1d"),
            (400_000_000, "12y"),
        ];
        for (seconds, wanted) in cases {
            assert_eq!(human_duration(seconds), wanted, "{seconds} seconds");
        }
    }
}
