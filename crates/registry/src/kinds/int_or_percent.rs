//! Numbers of Pods that are counts or percentages (`IntOrString`).

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use crate::rules;

/// A count that is not negative, or a percentage (`ValidatePositiveIntOrPercent`).
pub(super) fn count_or_percent(value: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match value {
        Value::String(text) => rules::invalid_each(path, text, names::percent(text), errors),
        other => rules::not_negative(other.as_i64().unwrap_or(0), path, errors),
    }
}

/// A percentage is at most 100 (`IsNotMoreThan100Percent`).
pub(super) fn not_over_all(value: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if percent_of(value).is_some_and(|it| it > 100) {
        errors.push(FieldError::invalid(path, rules::printed(value), "must not be greater than 100%"));
    }
}

/// The number that stands there, a percentage or not.
pub(super) fn amount(value: &Value) -> i64 {
    let text = || value.as_str().and_then(|it| it.parse().ok());
    percent_of(value).or(value.as_i64()).or_else(text).unwrap_or(0)
}

fn percent_of(value: &Value) -> Option<i64> {
    value.as_str().filter(|it| names::percent(it).is_empty())?.strip_suffix('%')?.parse().ok()
}

/// Its text, as a cell.
pub(super) fn text_or(value: &Value, absent: &str) -> Value {
    match value {
        Value::Int(number) => Value::from(number.to_string()),
        Value::String(text) => Value::from(text.as_str()),
        _ => Value::from(absent),
    }
}
