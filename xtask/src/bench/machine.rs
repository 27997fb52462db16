//! What is said of the machine: its kind, never its name.

/// Today's date, UTC, as `2026-11-21`.
pub fn date() -> String {
    date_of(jiff::Timestamp::now())
}

fn date_of(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
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

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn days_become_dates() {
        let of_day = |day: i64| date_of(jiff::Timestamp::from_second(day * 86_400).expect("a time of our calendar"));
        assert_eq!([of_day(0), of_day(19_782), of_day(20_778)], ["1970-01-01", "2024-02-29", "2026-11-21"]);
    }
}
