//! Random identifiers.

use aws_lc_rs::rand;

/// A random UUID (version 4).
pub fn random_uuid() -> String {
    let mut bytes = [0u8; 16];
    rand::fill(&mut bytes).expect("the system's random source works");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A random suffix of five characters, as generated names have.
pub fn random_suffix() -> String {
    /// Without vowels and look-alikes, as upstream's.
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut bytes = [0u8; 5];
    rand::fill(&mut bytes).expect("the system's random source works");
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// A random number below `limit`; 0 when that is 0.
pub fn random_below(limit: usize) -> usize {
    let mut bytes = [0u8; 8];
    rand::fill(&mut bytes).expect("the system's random source works");
    (u64::from_ne_bytes(bytes) % limit.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_their_form_and_differ() {
        let (one, two) = (random_uuid(), random_uuid());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert_eq!(random_suffix().len(), 5);
    }
}
