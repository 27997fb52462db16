//! Waiting times between attempts that keep failing: doubled each time, up to a limit, forgotten after a while.
//! Pure.

use std::time::Duration;

/// First waiting time (upstream's, for restarts and pulls).
pub const BACK_OFF_FIRST: Duration = Duration::from_secs(10);
/// Longest waiting time (upstream's).
pub const BACK_OFF_MAX: Duration = Duration::from_secs(300);
/// A container that ran this long since the last restart starts over with the first waiting time.
pub const BACK_OFF_FORGET: Duration = Duration::from_secs(600);

/// The waiting time of one container or image. Times are on the boot clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// Time to wait after the next failure.
    pub delay: Duration,
    /// When it was last raised.
    pub raised_at: Duration,
}

impl BackOff {
    /// Until when to wait after a failure at `failed_at`; `None` when there is nothing to wait for.
    pub fn wait_until(&self, failed_at: Duration) -> Option<Duration> {
        (!self.is_forgotten(failed_at)).then(|| failed_at + self.delay)
    }

    /// The waiting time after one more attempt at `now`, whose failure was at `failed_at`.
    pub fn raise(previous: Option<BackOff>, failed_at: Duration, now: Duration) -> BackOff {
        let delay = match previous {
            Some(back_off) if !back_off.is_forgotten(failed_at) => (back_off.delay * 2).min(BACK_OFF_MAX),
            _ => BACK_OFF_FIRST,
        };
        BackOff { delay, raised_at: now }
    }

    fn is_forgotten(&self, failed_at: Duration) -> bool {
        failed_at.saturating_sub(self.raised_at) > BACK_OFF_FORGET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_double_up_to_five_minutes_and_are_forgotten_after_ten() {
        let mut now = Duration::from_secs(1_000);
        let mut back_off = None;
        let mut delays = Vec::new();
        for _ in 0..7 {
            let next = BackOff::raise(back_off, now, now);
            delays.push(next.delay.as_secs());
            back_off = Some(next);
            now += next.delay;
        }
        assert_eq!(delays, [10, 20, 40, 80, 160, 300, 300]);
        let late = now + Duration::from_secs(1_000);
        assert_eq!(back_off.expect("raised").wait_until(late), None);
        assert_eq!(BackOff::raise(back_off, late, late).delay, BACK_OFF_FIRST);
    }
}
