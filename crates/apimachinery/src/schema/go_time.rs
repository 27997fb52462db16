//! RFC 3339 texts as Go's `time.Parse` reads them, with its error texts, → normal form in UTC.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::quote;
use crate::time::{format_micros, format_seconds};

const SECONDS_LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
const MICROS_LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Go's zero time, which is encoded as null.
const ZERO: &str = "0001-01-01T00:00:00Z";

/// `metav1.Time` text: whole seconds, UTC. `None` is the zero time.
pub(super) fn normal_seconds(text: &str) -> Result<Option<String>, String> {
    let time = Reader { text, at: 0, layout: SECONDS_LAYOUT }.time()?;
    let normal = format_seconds(time);
    Ok((normal != ZERO).then_some(normal))
}

/// `metav1.MicroTime` text: microseconds, UTC; exactly six digits of fraction are wanted. `None` is zero.
pub(super) fn normal_micros(text: &str) -> Result<Option<String>, String> {
    let time = Reader { text, at: 0, layout: MICROS_LAYOUT }.time()?;
    let normal = format_micros(time);
    Ok((normal != "0001-01-01T00:00:00.000000Z").then_some(normal))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    layout: &'static str,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, rest: &str, element: &str) -> String {
        let (text, layout) = (quote(self.text), quote(self.layout));
        format!("parsing time {text} as {layout}: cannot parse {} as {}", quote(rest), quote(element))
    }

    fn range_error(&self, what: &str) -> String {
        format!("parsing time {}: {what} out of range", quote(self.text))
    }

    fn time(mut self) -> Result<jiff::Timestamp, String> {
        let year = self.digits(4, 4, "2006")?;
        self.literal("-")?;
        let month = self.digits(2, 2, "01")?;
        self.check(month, 1, 12, "month")?;
        self.literal("-")?;
        let day = self.digits(2, 2, "02")?;
        self.literal("T")?;
        let hour = self.digits(1, 2, "15")?;
        self.check(hour, 0, 23, "hour")?;
        self.literal(":")?;
        let minute = self.digits(2, 2, "04")?;
        self.check(minute, 0, 59, "minute")?;
        self.literal(":")?;
        let second = self.digits(2, 2, "05")?;
        self.check(second, 0, 59, "second")?;
        let nanos = match self.layout == MICROS_LAYOUT {
            true => self.six_digits()?,
            false => self.any_fraction(),
        };
        let offset_seconds = self.offset()?;
        if !self.rest().is_empty() {
            let (text, rest) = (quote(self.text), quote(self.rest()));
            return Err(format!("parsing time {text}: extra text: {rest}"));
        }
        let small = |number: i32| i8::try_from(number).unwrap_or(-1);
        let civil = DateTime::new(
            i16::try_from(year).unwrap_or(i16::MAX),
            small(month),
            small(day),
            small(hour),
            small(minute),
            small(second),
            nanos,
        );
        let out_of_range = || self.range_error("day");
        let civil = civil.map_err(|_| out_of_range())?;
        let offset = Offset::from_seconds(offset_seconds).map_err(|_| self.range_error("time zone offset hour"))?;
        offset.to_timestamp(civil).map_err(|_| out_of_range())
    }

    fn check(&self, number: i32, least: i32, most: i32, what: &str) -> Result<(), String> {
        match (least..=most).contains(&number) {
            true => Ok(()),
            false => Err(self.range_error(what)),
        }
    }

    fn digits(&mut self, least: usize, most: usize, element: &str) -> Result<i32, String> {
        let count = self.rest().bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return Err(self.error(self.rest(), element));
        }
        let number = self.rest()[..count].bytes().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
        self.at += count;
        Ok(number)
    }

    fn literal(&mut self, literal: &str) -> Result<(), String> {
        if !self.rest().starts_with(literal) {
            return Err(self.error(self.rest(), literal));
        }
        self.at += literal.len();
        Ok(())
    }

    /// Any digits behind a dot or comma, also where the layout has none.
    fn any_fraction(&mut self) -> i32 {
        let rest = self.rest();
        let count = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        if !rest.starts_with(['.', ',']) || count == 0 {
            return 0;
        }
        let nanos = nanos(&rest[1..=count]);
        self.at += count + 1;
        nanos
    }

    fn six_digits(&mut self) -> Result<i32, String> {
        let rest = self.rest();
        let is_fraction = rest.len() >= 7
            && rest.starts_with(['.', ','])
            && rest.bytes().skip(1).take(6).all(|byte| byte.is_ascii_digit());
        if !is_fraction {
            return Err(self.error(rest, ".000000"));
        }
        let nanos = nanos(&rest[1..7]);
        self.at += 7;
        Ok(nanos)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Result<i32, String> {
        let rest = self.rest();
        if rest.starts_with('Z') {
            self.at += 1;
            return Ok(0);
        }
        let bytes = rest.as_bytes();
        let is_offset = bytes.len() >= 6
            && matches!(bytes[0], b'+' | b'-')
            && bytes[3] == b':'
            && [1, 2, 4, 5].iter().all(|at| bytes[*at].is_ascii_digit());
        if !is_offset {
            return Err(self.error(rest, "Z07:00"));
        }
        let number = |at: usize| i32::from(bytes[at] - b'0') * 10 + i32::from(bytes[at + 1] - b'0');
        let (hours, minutes) = (number(1), number(4));
        self.check(hours, 0, 24, "time zone offset hour")?;
        self.check(minutes, 0, 59, "time zone offset minute")?;
        let seconds = (hours * 60 + minutes) * 60;
        let is_west = bytes[0] == b'-';
        self.at += 6;
        Ok(if is_west { -seconds } else { seconds })
    }
}

/// Nanoseconds of up to nine digits of fraction; further digits are cut.
fn nanos(digits: &str) -> i32 {
    let mut nanos = 0;
    for at in 0..9 {
        let digit = digits.as_bytes().get(at).map_or(0, |digit| i32::from(digit - b'0'));
        nanos = nanos * 10 + digit;
    }
    nanos
}
