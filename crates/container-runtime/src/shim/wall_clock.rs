//! The wall clock and its text in log lines.

/// Nanoseconds since the epoch.
pub fn now() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Appends `2026-01-02T03:04:05.000000006Z`.
pub fn append_rfc3339(nanoseconds: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    for (value, width, end) in [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (day, 2, b'T'),
        (hour, 2, b':'),
        (minute, 2, b':'),
        (second, 2, b'.'),
        (fraction, 9, b'Z'),
    ] {
        append_padded(value, width, out);
        out.push(end);
    }
}

fn append_padded(value: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        out.push(b'0' + (value / 10i64.pow(place) % 10) as u8);
    }
}

/// Year, month and day of a day number since 1970-01-01 (proleptic Gregorian; years begin in March inside).
fn civil_date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(nanoseconds: i64, expected: &str) {
        let mut out = Vec::new();
        append_rfc3339(nanoseconds, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn times_are_written_as_upstream_reads_them() {
        check(0, "1970-01-01T00:00:00.000000000Z");
        check(951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z");
        check(1_767_225_599_999_999_999, "2025-12-31T23:59:59.999999999Z");
        check(4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z");
    }
}
