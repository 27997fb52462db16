//! Schedules of CronJobs: the standard five fields and descriptors, in a time zone. Pure.
//!
//! Accepts and refuses what upstream's parser does, with its texts; times are found as it finds them: a wall time that
//! a jump of the clock leaves out does not occur.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::field_error::quoted;

/// A parsed schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    when: When,
    /// The zone that stands in the schedule itself.
    zone: Option<TimeZone>,
}

#[derive(Clone, Debug, PartialEq)]
enum When {
    /// `@every`: at multiples of this after the start.
    Every(Duration),
    Fields(Fields),
}

/// One bit per admitted value; [`STAR`] says that the field is unrestricted.
#[derive(Clone, Debug, PartialEq)]
struct Fields {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
}

const STAR: u64 = 1 << 63;

/// Years that are looked ahead for the next time: 29 February on a given weekday comes within 28 years, but upstream
/// gives up after five.
const YEARS_AHEAD_MAX: i16 = 5;

/// What a field may hold.
struct Bounds {
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { low: 0, high: 59, names: &[] };
const HOURS: Bounds = Bounds { low: 0, high: 23, names: &[] };
const DAYS: Bounds = Bounds { low: 1, high: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    low: 1,
    high: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds = Bounds { low: 0, high: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The named time zone; the empty name and `UTC` are UTC.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    match name {
        "" | "UTC" => Some(TimeZone::UTC),
        _ => TimeZone::get(name).ok(),
    }
}

impl Schedule {
    /// Parses a schedule; the error is upstream's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("empty spec string".into());
        }
        let (zone, rest) = zone_prefix(text)?;
        let when = match rest.strip_prefix('@') {
            Some(_) => descriptor(rest)?,
            None => When::Fields(fields(rest)?),
        };
        Ok(Schedule { when, zone })
    }

    /// The first time after `after`, in `zone` unless the schedule names one; `None` when there is none for years.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        match &self.when {
            When::Every(pause) => {
                let whole = Timestamp::from_second(after.as_second()).ok()?;
                whole.checked_add(*pause).ok()
            }
            When::Fields(fields) => fields.next(after, zone),
        }
    }
}

/// `TZ=Europe/Berlin 0 * * * *`
fn zone_prefix(text: &str) -> Result<(Option<TimeZone>, &str), String> {
    if !text.starts_with("TZ=") && !text.starts_with("CRON_TZ=") {
        return Ok((None, text));
    }
    let Some((prefix, rest)) = text.split_once(' ') else {
        // Upstream's parser panics here and tells so.
        let at = text.find('=').map_or(0, |at| at + 1);
        return Err(format!("invalid schedule format: runtime error: slice bounds out of range [{at}:-1]"));
    };
    let name = prefix.split_once('=').map_or("", |(_, name)| name);
    match time_zone(name) {
        Some(zone) => Ok((Some(zone), rest.trim())),
        None => Err(format!("provided bad location {name}: unknown time zone {name}")),
    }
}

fn descriptor(text: &str) -> Result<When, String> {
    let (minute, midnight, first, all) = (1, 1, 1 << 1, STAR);
    let fields = |hour, day, month, weekday| Ok(When::Fields(Fields { minute, hour, day, month, weekday }));
    match text {
        "@yearly" | "@annually" => fields(midnight, first, first, all),
        "@monthly" => fields(midnight, first, all, all),
        "@weekly" => fields(midnight, all, all, 1),
        "@daily" | "@midnight" => fields(midnight, all, all, all),
        "@hourly" => fields(all, all, all, all),
        _ => match text.strip_prefix("@every ") {
            Some(pause) => every(pause).ok_or_else(|| {
                let quoted = quoted(pause);
                format!("failed to parse duration {text}: time: invalid duration {quoted}")
            }),
            None => Err(format!("unrecognized descriptor: {text}")),
        },
    }
}

/// A Go duration, at least a second, in whole seconds.
fn every(text: &str) -> Option<When> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += number
            * match &rest[..unit] {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_secs().max(1);
    Some(When::Every(Duration::from_secs(whole)))
}

fn fields(text: &str) -> Result<Fields, String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = parts.as_slice() else {
        let found = parts.join(" ");
        return Err(format!("expected exactly 5 fields, found {}: [{found}]", parts.len()));
    };
    Ok(Fields {
        minute: field(minute, &MINUTES)?,
        hour: field(hour, &HOURS)?,
        day: field(day, &DAYS)?,
        month: field(month, &MONTHS)?,
        weekday: field(weekday, &WEEKDAYS)?,
    })
}

fn field(text: &str, bounds: &Bounds) -> Result<u64, String> {
    text.split(',').filter(|range| !range.is_empty()).try_fold(0, |bits, part| Ok(bits | range(part, bounds)?))
}

/// `*`, `5`, `1-5`, each perhaps with `/step`.
fn range(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let is_all = matches!(ends[0], "*" | "?");
    let (low, mut high) = match ends.as_slice() {
        _ if is_all => (bounds.low, bounds.high),
        [only] => number_or_name(only, bounds).map(|it| (it, it))?,
        [low, high] => (number_or_name(low, bounds)?, number_or_name(high, bounds)?),
        _ => return Err(format!("too many hyphens: {text}")),
    };
    let step = match parts.as_slice() {
        [_] => 1,
        [_, step] => number(step)?,
        _ => return Err(format!("too many slashes: {text}")),
    };
    if parts.len() == 2 && ends.len() == 1 {
        high = bounds.high;
    }
    check_range(text, (low, high, step), bounds)?;
    let bits = (low..=high).step_by(step as usize).fold(0, |bits, at| bits | 1 << at);
    Ok(if is_all && step == 1 { bits | STAR } else { bits })
}

fn check_range(text: &str, (low, high, step): (u32, u32, u32), bounds: &Bounds) -> Result<(), String> {
    if low < bounds.low {
        return Err(format!("beginning of range ({low}) below minimum ({}): {text}", bounds.low));
    }
    if high > bounds.high {
        return Err(format!("end of range ({high}) above maximum ({}): {text}", bounds.high));
    }
    if low > high {
        return Err(format!("beginning of range ({low}) beyond end of range ({high}): {text}"));
    }
    match step {
        0 => Err(format!("step of range should be a positive number: {text}")),
        _ => Ok(()),
    }
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(at) => Ok(bounds.low + at as u32),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    let refused = |why: &str| format!("failed to parse int from {text}: strconv.Atoi: parsing {}: {why}", quoted(text));
    if !is_number {
        return Err(refused("invalid syntax"));
    }
    let number: i64 = text.parse().map_err(|_| refused("value out of range"))?;
    if number < 0 {
        return Err(format!("negative number ({number}) not allowed: {text}"));
    }
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

fn has(bits: u64, at: i8) -> bool {
    bits & STAR != 0 || (at >= 0 && bits & (1 << at) != 0)
}

impl Fields {
    fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = after.to_zoned(zone.clone()).datetime();
        let last_year = start.year() + YEARS_AHEAD_MAX;
        let mut date = start.date();
        loop {
            if date.year() > last_year {
                return None;
            }
            if !has(self.month, date.month()) {
                date = date.first_of_month().checked_add(1.month()).ok()?;
                continue;
            }
            if self.has_day(date)
                && let Some(time) = self.first_on(date, after, zone)
            {
                return Some(time);
            }
            date = date.checked_add(1.day()).ok()?;
        }
    }

    /// With both days restricted one of them is enough, else both must fit.
    fn has_day(&self, date: jiff::civil::Date) -> bool {
        let day = has(self.day, date.day());
        let weekday = has(self.weekday, date.weekday().to_sunday_zero_offset());
        match self.day & STAR != 0 || self.weekday & STAR != 0 {
            true => day && weekday,
            false => day || weekday,
        }
    }

    fn first_on(&self, date: jiff::civil::Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let hours = (0..24).filter(|hour| has(self.hour, *hour));
        let times = hours.flat_map(|hour| (0..60).filter(|it| has(self.minute, *it)).map(move |it| (hour, it)));
        let mut found = times.filter_map(|(hour, minute)| exact(date.at(hour, minute, 0, 0), zone));
        found.find(|time| *time > after)
    }
}

/// The moment of a wall time; of two the first, none in the gap that a jump forward leaves.
fn exact(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => ambiguous.earlier().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn next(schedule: &str, zone: &str, after: &str) -> String {
        let schedule = Schedule::parse(schedule).expect("a schedule");
        let zone = time_zone(zone).expect("a zone");
        schedule.next(after.parse().expect("a time"), &zone).map_or("never".into(), |time| time.to_string())
    }

    #[test]
    fn times_follow_the_five_fields() {
        assert_eq!(next("*/15 * * * *", "", "2026-11-21T12:00:00Z"), "2026-11-21T12:15:00Z");
        assert_eq!(next("0 0 1 * mon", "", "2026-11-21T12:00:00Z"), "2026-11-23T00:00:00Z");
        assert_eq!(next("30 4 29 feb *", "", "2026-11-21T12:00:00Z"), "2028-02-29T04:30:00Z");
        assert_eq!(next("0 0 31 2 ?", "", "2026-11-21T12:00:00Z"), "never");
        assert_eq!(next("@every 1h30m", "", "2026-11-21T12:00:00.5Z"), "2026-11-21T13:30:00Z");
    }

    #[test]
    fn times_are_those_of_the_zone() {
        assert_eq!(next("0 9 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z"), "2026-07-01T07:00:00Z");
        assert_eq!(next("TZ=Asia/Tokyo 0 9 * * *", "", "2026-07-01T00:00:00Z"), "2026-07-02T00:00:00Z");
        // 02:30 does not occur on the day when summer time begins.
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
    }

    #[test]
    fn refusals_are_upstreams() {
        let refused = |text: &str| Schedule::parse(text).expect_err("no schedule");
        assert_eq!(refused("* * *"), "expected exactly 5 fields, found 3: [* * *]");
        assert_eq!(refused("60 * * * *"), "end of range (60) above maximum (59): 60");
        assert_eq!(refused("a * * * *"), "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax");
        assert_eq!(refused("@often"), "unrecognized descriptor: @often");
        assert_eq!(refused("5-1 * * * *"), "beginning of range (5) beyond end of range (1): 5-1");
        assert_eq!(refused("*/0 * * * *"), "step of range should be a positive number: */0");
    }
}
