//! Which times of a schedule have passed, and when the next one comes. Pure.

use std::time::Duration;

use apimachinery::cron::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Added to a wait: clocks differ a little.
const PADDING: Duration = Duration::from_millis(100);
/// Times missed in a row that are worth a warning.
const MISSED_MAX: i64 = 100;
/// Times that are stepped through to find the last one.
const STEPS_MAX: usize = 10_000;

/// What the times of a CronJob follow from.
pub(super) struct Times<'a> {
    pub schedule: &'a Schedule,
    pub zone: &'a TimeZone,
    pub created: Timestamp,
    pub last: Option<Timestamp>,
    pub deadline: Option<i64>,
    pub now: Timestamp,
}

/// Whether times before the starting deadline count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deadline {
    Counts,
    Ignored,
}

/// Times that have passed.
pub(super) struct Missed {
    pub earliest: Timestamp,
    pub most_recent: Option<Timestamp>,
    pub is_many: bool,
    is_none: bool,
}

impl Times<'_> {
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.schedule.next(after, self.zone)
    }

    /// The last time for which a Job should have been started.
    pub fn most_recent(&self, deadline: Deadline) -> Missed {
        let mut earliest = self.last.unwrap_or(self.created);
        if let (Deadline::Counts, Some(seconds)) = (deadline, self.deadline) {
            let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
            earliest = earliest.max(self.now.checked_sub(seconds).unwrap_or(Timestamp::MIN));
        }
        let found = |most_recent, is_many, is_none| Missed { earliest, most_recent, is_many, is_none };
        let Some(first) = self.next(earliest).filter(|first| *first <= self.now) else {
            return found(None, false, true);
        };
        let Some(second) = self.next(first).filter(|second| *second <= self.now) else {
            return found(Some(first), false, true);
        };
        let between = (second.as_second() - first.as_second()).max(1);
        let missed = (self.now.as_second() - first.as_second()) / between + 1;
        // One step back from where the last regular one would be, since schedules need not be regular.
        let from = Timestamp::from_second(first.as_second() + (missed - 2).max(-1) * between).unwrap_or(first);
        let mut last = None;
        let mut at = self.next(from);
        for _ in 0..STEPS_MAX {
            match at.filter(|at| *at <= self.now) {
                None => break,
                Some(time) => {
                    last = Some(time);
                    at = self.next(time);
                }
            }
        }
        found(last.or(Some(second)), missed > MISSED_MAX, false)
    }

    /// How long until the next time.
    pub fn until_next(&self) -> Duration {
        let missed = self.most_recent(Deadline::Ignored);
        let from = match missed.most_recent {
            Some(time) => time,
            None if missed.is_none => missed.earliest,
            None => self.now,
        };
        match self.next(from) {
            None => Duration::from_secs(24 * 3_600),
            Some(next) => Duration::try_from(next.duration_since(self.now)).unwrap_or_default() + PADDING,
        }
    }
}

/// RFC 3339 text in a zone: `2026-11-21T12:00:00Z`, `2026-11-21T13:00:00+01:00`.
pub(super) fn text_in(time: Timestamp, zone: &TimeZone) -> String {
    let zoned = time.to_zoned(zone.clone());
    match zoned.offset().is_zero() {
        true => apimachinery::time::format_seconds(time),
        false => zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}
