//! The present, read where effects are allowed and handed to pure code as an argument.

use std::time::Duration;

use apimachinery::time::Now;
use rustix::time::{ClockId, clock_gettime};

/// Reads both clocks.
pub fn now() -> Now {
    Now { wall: jiff::Timestamp::now(), boot: boot() }
}

/// Time since boot, suspend included.
pub fn boot() -> Duration {
    read(ClockId::Boottime)
}

/// How long the machine has been suspended since boot. It grows only by a suspend.
pub fn suspended() -> Duration {
    boot().saturating_sub(read(ClockId::Monotonic))
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A random number that is good enough to spread retries over time.
pub fn jitter() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
