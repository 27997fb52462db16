//! CPU use per second from two measurements.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::Cpu;

/// Measurements closer than this to the last one do not replace it, in nanoseconds.
const SPACING_MIN: i64 = 1_000_000_000;
/// Measurements older than this are forgotten, in nanoseconds.
const AGE_MAX: i64 = 600_000_000_000;

#[derive(Clone, Copy)]
struct Sample {
    time: i64,
    core_nanoseconds: u64,
    rate: Option<u64>,
}

/// The last measurement of each thing, by its id.
#[derive(Default)]
pub struct Rates(Mutex<HashMap<String, Sample>>);

impl Rates {
    /// Takes a measurement in and gives it its rate, if there is one.
    pub fn note(&self, id: &str, cpu: &mut Cpu) {
        let mut all = self.0.lock();
        let last = all.get(id).copied();
        let rate = last.and_then(|last| rate(last, cpu)).or(last.and_then(|last| last.rate));
        cpu.nano_cores = cpu.nano_cores.or(rate);
        if last.is_none_or(|last| cpu.time - last.time >= SPACING_MIN) {
            let sample = Sample { time: cpu.time, core_nanoseconds: cpu.core_nanoseconds, rate };
            all.insert(id.to_owned(), sample);
        }
    }

    /// Forgets what is no longer measured.
    pub fn forget_old(&self) {
        let mut all = self.0.lock();
        let newest = all.values().map(|sample| sample.time).max().unwrap_or(0);
        all.retain(|_, sample| newest - sample.time < AGE_MAX);
    }
}

fn rate(last: Sample, cpu: &Cpu) -> Option<u64> {
    let passed = cpu.time.checked_sub(last.time).filter(|passed| *passed >= SPACING_MIN / 2)?;
    let used = u128::from(cpu.core_nanoseconds.checked_sub(last.core_nanoseconds)?);
    u64::try_from(used * 1_000_000_000 / u128::from(passed.unsigned_abs())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_two_measurements_and_stays_between_them() {
        let rates = Rates::default();
        let measure = |time: i64, used: u64| {
            let mut cpu = Cpu { time, core_nanoseconds: used, nano_cores: None };
            rates.note("a", &mut cpu);
            cpu.nano_cores
        };
        assert_eq!(measure(0, 0), None);
        assert_eq!(measure(2_000_000_000, 1_000_000_000), Some(500_000_000));
        assert_eq!(measure(2_000_000_001, 1_000_000_000), Some(500_000_000));
        assert_eq!(measure(4_000_000_000, 1_000_000_000), Some(0));
    }
}
