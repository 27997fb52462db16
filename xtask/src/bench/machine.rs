//! What is said of the machine: its kind, never its name.

/// Today's date, UTC, as `2026-11-21`.
pub fn date() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = civil(i64::try_from(since.as_secs() / 86_400).unwrap_or(0));
    format!("{year}-{month:02}-{day:02}")
}

/// Processors, memory and kernel.
pub fn kind() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = memory.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0);
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<&str> = release.trim().split('.').take(2).collect();
    let is_virtual = std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("hypervisor"));
    let kind = if is_virtual { "virtual machine" } else { "machine" };
    format!("{processors}-core {kind}, {:.0} GB, Linux {}", kibibytes / 1e6, kernel.join("."))
}

/// Year, month and day of a day since 1970-01-01, in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that the leap day ends a year; an era has 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        assert_eq!([civil(0), civil(19_782), civil(20_778)], [(1970, 1, 1), (2024, 2, 29), (2026, 11, 21)]);
    }
}
