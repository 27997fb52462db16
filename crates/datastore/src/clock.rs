//! Time for deadlines: the wall clock for what is written down, the boot clock for what is waited for.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds of both clocks.
pub(crate) trait Clock: Send + Sync + 'static {
    /// Since 1970; may jump.
    fn wall_ms(&self) -> u64;
    /// Since boot, suspended time included; never jumps.
    fn boot_ms(&self) -> u64;
}

/// A deadline on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub wall_ms: u64,
    pub boot_ms: u64,
}

impl Deadline {
    pub fn after_seconds(clock: &dyn Clock, seconds: u32) -> Self {
        let ms = u64::from(seconds) * 1_000;
        Self { wall_ms: clock.wall_ms().saturating_add(ms), boot_ms: clock.boot_ms().saturating_add(ms) }
    }

    /// A deadline that was written down, by whoever ran before.
    pub fn from_wall_ms(clock: &dyn Clock, wall_ms: u64) -> Self {
        let left_ms = wall_ms.saturating_sub(clock.wall_ms());
        Self { wall_ms, boot_ms: clock.boot_ms().saturating_add(left_ms) }
    }
}

/// What `boot_ms` is on the wall clock, as of now.
pub(crate) fn wall_from_boot_ms(clock: &dyn Clock, boot_ms: u64) -> u64 {
    let (wall_now, boot_now) = (clock.wall_ms(), clock.boot_ms());
    wall_now.saturating_add(boot_ms).saturating_sub(boot_now)
}

/// The machine's clocks.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn wall_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as u64)
    }

    fn boot_ms(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        now.tv_sec as u64 * 1_000 + now.tv_nsec as u64 / 1_000_000
    }
}
