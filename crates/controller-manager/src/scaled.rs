//! Counts that may be percentages of a whole.

use apimachinery::value::Value;

/// A count, or a percentage of `whole` rounded up.
pub fn scaled_up(value: &Value, whole: usize) -> usize {
    scaled(value, |percent| (percent * whole).div_ceil(100))
}

/// A count, or a percentage of `whole` rounded down.
pub fn scaled_down(value: &Value, whole: usize) -> usize {
    scaled(value, |percent| percent * whole / 100)
}

fn scaled(value: &Value, of_percent: impl Fn(usize) -> usize) -> usize {
    match value {
        Value::Int(count) => usize::try_from(*count).unwrap_or(0),
        Value::String(text) => text.strip_suffix('%').and_then(|it| it.parse().ok()).map_or(0, of_percent),
        _ => 0,
    }
}
