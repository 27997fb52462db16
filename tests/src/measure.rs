//! Memory and processor time of a cluster, and small statistics.

use std::time::Duration;

use crate::outer::Outer;
use crate::{process, sys};

/// What the processes of Corten itself use; containers are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Server and supervisor, summed PSS.
    pub server_bytes: u64,
    /// Shims, summed PSS.
    pub shim_bytes: u64,
    /// Shims.
    pub shims: usize,
    /// Processor time of all of them so far.
    pub cpu: Duration,
}

impl Usage {
    /// What is used now.
    pub fn of(outer: &Outer) -> Usage {
        let mut usage = Usage::default();
        for pid in outer.processes() {
            let words = process::command_line(pid);
            match role(&words) {
                Some("server" | "supervise") => usage.server_bytes += process::proportional_bytes(pid),
                Some("shim") => {
                    usage.shim_bytes += process::proportional_bytes(pid);
                    usage.shims += 1;
                }
                _ => continue,
            }
            usage.cpu += sys::process_cpu_time(pid).unwrap_or_default();
        }
        usage
    }

    /// All memory.
    pub fn bytes(&self) -> u64 {
        self.server_bytes + self.shim_bytes
    }
}

/// The role in which a process runs `corten`.
pub fn role(words: &[String]) -> Option<&str> {
    let program = words.first()?.rsplit('/').next()?;
    let known = |word: &&String| matches!(word.as_str(), "server" | "supervise" | "shim");
    match program {
        "corten" | "corten-shim" => words.get(1).filter(known).map(String::as_str),
        _ => None,
    }
}

/// The value below which `percent` of the sorted values lie.
pub fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_tail_are_values_that_occurred() {
        let mut values: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut values, 50), Duration::from_millis(50));
        assert_eq!(percentile(&mut values, 99), Duration::from_millis(99));
    }

    #[test]
    fn roles_are_told_from_the_command_line() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(role(&words("/var/lib/corten/bin/corten server --config-dir /etc/corten")), Some("server"));
        assert_eq!(role(&words("/bin/testapp server")), None);
    }
}
