//! What a failed spec leaves beside its own records: the server's and node's log of its time.

use std::path::Path;

use crate::records::Outcome;

/// Bytes of `2026-11-21T15:04:05` at the head of a line of the log and of a time in a record.
const SECOND_BYTES: usize = 19;

/// Writes the part of `log` that belongs to the outcome into its folder below `records`.
///
/// # Errors
/// The disk refuses.
pub fn keep_log(records: &Path, outcome: &Outcome, log: &str) -> std::io::Result<()> {
    if outcome.folder.is_empty() {
        return Ok(());
    }
    let directory = records.join(&outcome.folder);
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("server.log"), span(log, &outcome.began, &outcome.ended))
}

/// Lines from the second `began` to the second `ended`; lines without a time belong to the one before.
fn span(log: &str, began: &str, ended: &str) -> String {
    let (Some(began), Some(ended)) = (began.get(..SECOND_BYTES), ended.get(..SECOND_BYTES)) else {
        return String::new();
    };
    let mut is_inside = false;
    let mut kept = String::new();
    for line in log.lines() {
        if let Some(time) = line.get(..SECOND_BYTES).filter(|time| time.as_bytes()[10] == b'T') {
            is_inside = began <= time && time <= ended;
        }
        if is_inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_time_span_are_kept() {
        let log = "2026-11-21T15:00:00.1Z before\n2026-11-21T15:00:01.9Z in\n  more\n2026-11-21T15:00:03.0Z after\n";
        let kept = span(log, "2026-11-21T15:00:01.95Z", "2026-11-21T15:00:02Z");
        assert_eq!(kept, "2026-11-21T15:00:01.9Z in\n  more\n");
    }
}
