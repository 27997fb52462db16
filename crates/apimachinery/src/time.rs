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
