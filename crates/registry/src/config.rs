//! The registry's settings.

use std::net::IpAddr;

/// Settings of the registry, with documented defaults.
#[derive(Clone, Debug)]
pub struct Config {
    /// Ranges of Service addresses, the first one's family is the cluster's first (default `10.96.0.0/16`).
    pub service_cidrs: Vec<Cidr>,
    /// First and last node port (default 30000 to 32767).
    pub node_ports: (u16, u16),
    /// Seconds that an Event lives (default 3600).
    pub event_ttl_seconds: u32,
    /// Change history kept per resource for watchers that reconnect, in bytes.
    ///
    /// A watcher that resumes from before this window gets `410 Gone` and must list again.
    pub history_bytes_max: usize,
}

impl std::default::Default for Config {
    fn default() -> Self {
        Config {
            service_cidrs: vec![Cidr { address: IpAddr::from([10, 96, 0, 0]), prefix_bits: 16 }],
            node_ports: (30_000, 32_767),
            event_ttl_seconds: 3_600,
            history_bytes_max: 4 << 20,
        }
    }
}

/// An address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// First address.
    pub address: IpAddr,
    /// Bits of the network part.
    pub prefix_bits: u8,
}

impl Cidr {
    /// Parses `10.96.0.0/16`; bits of the host part must be zero.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix_bits: u8 = bits.parse().ok()?;
        let cidr = Cidr { address, prefix_bits };
        let is_whole = prefix_bits <= cidr.address_bits() && cidr.number_of(address)? & cidr.host_mask() == 0;
        is_whole.then_some(cidr)
    }

    /// Whether the range holds IPv6 addresses.
    pub fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// Whether `address` lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let numbers = self.number_of(address).zip(self.number_of(self.address));
        numbers.is_some_and(|(a, b)| a & !self.host_mask() == b)
    }

    /// The address at `offset` from the first one; `None` beyond the last.
    pub fn nth(&self, offset: u128) -> Option<IpAddr> {
        if offset > self.host_mask() {
            return None;
        }
        let number = self.number_of(self.address)? + offset;
        Some(match self.is_ipv6() {
            true => IpAddr::from(number.to_be_bytes()),
            false => IpAddr::from(u32::try_from(number).ok()?.to_be_bytes()),
        })
    }

    /// How many addresses follow the first one.
    pub fn host_mask(&self) -> u128 {
        let bits = u32::from(self.address_bits() - self.prefix_bits);
        1u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1)
    }

    fn address_bits(&self) -> u8 {
        if self.is_ipv6() { 128 } else { 32 }
    }

    /// The address as a number; `None` when it is of the other family.
    fn number_of(&self, address: IpAddr) -> Option<u128> {
        match (address, self.address) {
            (IpAddr::V4(it), IpAddr::V4(_)) => Some(u128::from(u32::from(it))),
            (IpAddr::V6(it), IpAddr::V6(_)) => Some(u128::from(it)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_know_what_they_contain() {
        let cidr = Cidr::parse("10.96.0.0/16").expect("a range");
        assert!(cidr.contains(IpAddr::from([10, 96, 255, 255])));
        assert!(!cidr.contains(IpAddr::from([10, 97, 0, 0])));
        assert_eq!(cidr.nth(10), Some(IpAddr::from([10, 96, 0, 10])));
        assert_eq!(cidr.nth(1 << 16), None);
        assert_eq!(Cidr::parse("10.96.0.1/16"), None);
        assert_eq!(Cidr::parse("::/0").map(|all| all.host_mask()), Some(u128::MAX));
    }
}
