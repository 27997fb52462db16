//! Sets of indexes as text: `0,2-4,7`.

use apimachinery::field_error::quoted;

/// Checks such a text and counts its indexes, all below `completions`.
pub(super) fn count(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let (mut last, mut total) = (None, 0);
    for part in text.split(',') {
        let (low, high) = interval(part, completions)?;
        if let Some(last) = last.filter(|last| *last >= low) {
            return Err(format!("non-increasing order, previous: {last}, current: {low}"));
        }
        total += high - low + 1;
        last = Some(high);
    }
    Ok(total)
}

/// The first index that both sets have.
pub(super) fn overlap(a: &str, b: &str, completions: i64) -> Option<i64> {
    let parse = |text: &str| -> Vec<(i64, i64)> {
        text.split(',').filter_map(|part| interval(part, completions).ok()).collect()
    };
    let (a, b) = (parse(a), parse(b));
    let common = |x: &(i64, i64)| b.iter().find(|y| x.0 <= y.1 && y.0 <= x.1).map(|y| x.0.max(y.0));
    a.iter().find_map(common)
}

fn interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = text.split('-').collect();
    if limits.len() > 2 {
        return Err(format!(
            "the fragment {} violates the requirement that an index interval can have at most two parts separated by \
             '-'",
            quoted(text)
        ));
    }
    let low = index(limits[0], completions)?;
    let Some(high) = limits.get(1) else { return Ok((low, low)) };
    let high = index(high, completions)?;
    match low < high {
        true => Ok((low, high)),
        false => Err(format!("non-increasing order, previous: {low}, current: {high}")),
    }
}

fn index(text: &str, completions: i64) -> Result<i64, String> {
    let number: i64 =
        text.parse().map_err(|_| format!("cannot convert string to integer for index: {}", quoted(text)))?;
    match number < completions {
        true => Ok(number),
        false => Err(format!("too large index: {}", quoted(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_counted_and_checked() {
        assert_eq!(count("0,2-4,7", 8), Ok(5));
        assert_eq!(count("8", 8), Err("too large index: \"8\"".into()));
        assert_eq!(count("3,1", 8), Err("non-increasing order, previous: 3, current: 1".into()));
        assert_eq!(overlap("0-3", "3,5", 8), Some(3));
        assert_eq!(overlap("0-3", "4", 8), None);
    }
}
