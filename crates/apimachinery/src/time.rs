//! Points in time as pure code sees them, and their API texts.

use std::time::Duration;

/// The present, given to pure code as an argument.
///
/// Deadlines come from API fields and compare with `wall`; durations are measured on `boot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock.
    pub wall: jiff::Timestamp,
    /// Time since boot, suspend included (CLOCK_BOOTTIME).
    pub boot: Duration,
}

impl Now {
    /// The wall clock as `metav1.Time` text: `2026-11-21T12:00:00Z`.
    pub fn seconds_text(&self) -> String {
        format_seconds(self.wall)
    }
    /// The wall clock as `metav1.MicroTime` text: `2026-11-21T12:00:00.000000Z`.
    pub fn micros_text(&self) -> String {
        format_micros(self.wall)
    }
}

/// `metav1.Time` text (whole seconds, UTC).
pub fn format_seconds(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `metav1.MicroTime` text (microseconds, UTC).
pub fn format_micros(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Parses RFC 3339 text with any offset and fraction.
pub fn parse(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

/// A duration as Tables show ages: two or three figures (`5s`, `2m3s`, `3h`, `2d4h`, `5y`).
///
/// A second into the future still reads `0s`, more than one is `<invalid>`.
pub fn human_duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let with_rest = |count: i64, unit: &str, rest: i64, rest_unit: &str| match rest {
        0 => format!("{count}{unit}"),
        _ => format!("{count}{unit}{rest}{rest_unit}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => with_rest(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => with_rest(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => with_rest(days, "d", hours % 24, "h"),
        _ if days < 365 * 2 => format!("{days}d"),
        _ if days < 365 * 8 => with_rest(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

/// The time from `then` to `now` as Tables show it; `<unknown>` for a text that is no time.
pub fn human_age(then: &str, now: jiff::Timestamp) -> String {
    match parse(then) {
        Some(then) => human_duration(now.as_second() - then.as_second()),
        None => "<unknown>".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_in_utc_with_fixed_digits() {
        let time = parse("2026-11-21T13:00:00.1234567+01:00").expect("a time");
        assert_eq!(format_seconds(time), "2026-11-21T12:00:00Z");
        assert_eq!(format_micros(time), "2026-11-21T12:00:00.123456Z");
        assert_eq!(format_micros(parse("2026-11-21T12:00:00Z").expect("a time")), "2026-11-21T12:00:00.000000Z");
        assert_eq!(parse("2026-11-21"), None);
    }

    #[test]
    fn ages_have_two_or_three_figures() {
        let day = 86_400;
        for (seconds, expected) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (123, "2m3s"),
            (600, "10m"),
            (3 * 3_600 - 1, "179m"),
            (3 * 3_600, "3h"),
            (3 * 3_600 + 60, "3h1m"),
            (8 * 3_600, "8h"),
            (2 * day - 1, "47h"),
            (2 * day, "2d"),
            (2 * day + 4 * 3_600, "2d4h"),
            (8 * day, "8d"),
            (729 * day, "729d"),
            (730 * day, "2y"),
            (731 * day, "2y1d"),
            (3_000 * day, "8y"),
        ] {
            assert_eq!(human_duration(seconds), expected, "{seconds} seconds");
        }
        assert_eq!(human_age("", parse("2026-11-21T12:00:00Z").expect("a time")), "<unknown>");
    }
}
