//! Parts of times and durations.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::{Function, function, no_overload};
use crate::value::{Fault, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    function("timestamp.getFullYear() -> int", |args| part(args, |time| time.year().into())),
    function("timestamp.getFullYear(string) -> int", |args| part(args, |time| time.year().into())),
    function("timestamp.getMonth() -> int", |args| part(args, |time| i64::from(time.month()) - 1)),
    function("timestamp.getMonth(string) -> int", |args| part(args, |time| i64::from(time.month()) - 1)),
    function("timestamp.getDayOfYear() -> int", |args| part(args, |time| i64::from(time.day_of_year()) - 1)),
    function("timestamp.getDayOfYear(string) -> int", |args| part(args, |time| i64::from(time.day_of_year()) - 1)),
    function("timestamp.getDayOfMonth() -> int", |args| part(args, |time| i64::from(time.day()) - 1)),
    function("timestamp.getDayOfMonth(string) -> int", |args| part(args, |time| i64::from(time.day()) - 1)),
    function("timestamp.getDate() -> int", |args| part(args, |time| time.day().into())),
    function("timestamp.getDate(string) -> int", |args| part(args, |time| time.day().into())),
    function("timestamp.getDayOfWeek() -> int", |args| part(args, weekday)),
    function("timestamp.getDayOfWeek(string) -> int", |args| part(args, weekday)),
    function("timestamp.getHours() -> int", |args| part(args, |time| time.hour().into())),
    function("timestamp.getHours(string) -> int", |args| part(args, |time| time.hour().into())),
    function("timestamp.getMinutes() -> int", |args| part(args, |time| time.minute().into())),
    function("timestamp.getMinutes(string) -> int", |args| part(args, |time| time.minute().into())),
    function("timestamp.getSeconds() -> int", |args| part(args, |time| time.second().into())),
    function("timestamp.getSeconds(string) -> int", |args| part(args, |time| time.second().into())),
    function("timestamp.getMilliseconds() -> int", |args| part(args, |time| time.millisecond().into())),
    function("timestamp.getMilliseconds(string) -> int", |args| part(args, |time| time.millisecond().into())),
    function("duration.getHours() -> int", |args| of_duration(args, 3_600_000_000_000)),
    function("duration.getMinutes() -> int", |args| of_duration(args, 60_000_000_000)),
    function("duration.getSeconds() -> int", |args| of_duration(args, 1_000_000_000)),
    function("duration.getMilliseconds() -> int", |args| of_duration(args, 1_000_000)),
];

fn weekday(time: &Zoned) -> i64 {
    time.weekday().to_sunday_zero_offset().into()
}

fn part(args: &[Val], of: impl Fn(&Zoned) -> i64) -> Outcome {
    match args {
        [Val::Timestamp(time)] => Ok(Val::Int(of(&time.to_zoned(TimeZone::UTC)))),
        [Val::Timestamp(time), Val::String(zone)] => Ok(Val::Int(of(&in_zone(*time, zone)?))),
        _ => no_overload(),
    }
}

/// A zone by its name, or an offset such as `-08:00`.
fn in_zone(time: Timestamp, zone: &str) -> Result<Zoned, Fault> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let parsed = hours.parse::<i32>().ok().zip(minutes.parse::<i32>().ok());
        let (hours_number, minutes) = parsed.ok_or_else(|| format!("invalid time zone: {zone}"))?;
        let sign = if hours.starts_with('-') { -1 } else { 1 };
        let offset = Offset::from_seconds(hours_number * 3_600 + sign * minutes * 60);
        return offset.map(|offset| time.to_zoned(TimeZone::fixed(offset))).map_err(|error| error.to_string().into());
    }
    let zone_of = |name: &str| TimeZone::get(name).map_err(|_| Fault::Error(format!("unknown time zone {name}")));
    Ok(time.to_zoned(if zone.is_empty() { TimeZone::UTC } else { zone_of(zone)? }))
}

fn of_duration(args: &[Val], unit: i64) -> Outcome {
    match args {
        // The milliseconds are those of the whole duration, as in cel-go.
        [Val::Duration(nanoseconds)] => Ok(Val::Int(nanoseconds / unit)),
        _ => no_overload(),
    }
}
