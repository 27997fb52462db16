//! The clock and randomness: the only file of this crate that asks the machine for either.

use std::time::Duration;

use apimachinery::names;
use apimachinery::time::Now;
use rustix::time::{ClockId, clock_gettime};

/// The present.
pub fn now() -> Now {
    let boot = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(boot.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(boot.tv_nsec).unwrap_or(0);
    Now { wall: jiff::Timestamp::now(), boot: Duration::new(seconds, nanoseconds) }
}

/// A random UUID (version 4).
pub fn uid() -> String {
    let mut bytes = random_bytes::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    let part = |from: u32, bits: u32| (number >> from) & ((1 << bits) - 1);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(96, 32), part(80, 16), part(64, 16), part(48, 16), part(0, 48))
}

/// A name that starts with `base` and ends in random characters.
pub fn generated_name(base: &str) -> String {
    let bytes = random_bytes::<{ names::NAME_SUFFIX_CHARACTERS * 4 }>();
    let mut numbers = [0u32; names::NAME_SUFFIX_CHARACTERS];
    for (number, four) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
        *number = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    }
    names::generate_name(base, numbers)
}

/// A random number below `bound` (which is not 0).
pub fn random_below(bound: u128) -> u128 {
    u128::from_le_bytes(random_bytes::<16>()) % bound
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    let mut filled = 0;
    while filled < N {
        match rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("the kernel gives randomness since Linux 3.17, but said {error}"),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_have_their_shape_and_differ() {
        let (a, b) = (uid(), uid());
        let parts: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(a.as_bytes()[14], b'4');
        assert_ne!(a, b);
    }
}
