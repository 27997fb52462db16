//! Sets of completion indexes and their text: `0,2-4,7`.

use std::collections::BTreeSet;

/// A set of indexes.
pub(super) type Indexes = BTreeSet<i64>;

/// Reads a set; indexes from `limit` on and what is no number are left out.
pub(super) fn parse(text: &str, limit: i64) -> Indexes {
    let mut set = Indexes::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(low), Ok(high)) = (low.parse::<i64>(), high.parse::<i64>()) {
            set.extend(low.max(0)..=high.min(limit - 1));
        }
    }
    set
}

/// Writes a set; two neighbours are no range.
pub(super) fn print(set: &Indexes) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = set.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let mut last = first;
        while let Some(next) = rest.next_if(|next| *next == last + 1) {
            last = next;
        }
        parts.push(match last - first {
            0 => first.to_string(),
            1 => format!("{first},{last}"),
            _ => format!("{first}-{last}"),
        });
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_and_written() {
        let set = parse("0,2-4,7-20", 9);
        assert_eq!(print(&set), "0,2-4,7,8");
        assert_eq!(print(&Indexes::new()), "");
    }
}
