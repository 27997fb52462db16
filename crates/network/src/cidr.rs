//! Address ranges.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An IPv4 range in CIDR notation; host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ipv4Cidr {
    /// First address.
    pub network: Ipv4Addr,
    /// Prefix length, 0 to 32.
    pub prefix: u8,
}

impl Ipv4Cidr {
    /// Parses `10.244.0.0/16`; host bits are cleared.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let (address, prefix): (Ipv4Addr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
        (prefix <= 32).then(|| Ipv4Cidr::of(address, prefix))
    }

    /// The range of `prefix` bits that holds `address`.
    pub fn of(address: Ipv4Addr, prefix: u8) -> Self {
        Ipv4Cidr { network: Ipv4Addr::from(u32::from(address) & mask(prefix)), prefix }
    }

    /// Number of addresses.
    pub fn size(self) -> u64 {
        1 << (32 - u32::from(self.prefix))
    }

    /// The address at `offset` from the first.
    pub fn at(self, offset: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.network).wrapping_add(offset))
    }

    /// Whether `address` is inside.
    pub fn contains(self, address: IpAddr) -> bool {
        matches!(address, IpAddr::V4(address) if Ipv4Cidr::of(address, self.prefix) == self)
    }
}

impl fmt::Display for Ipv4Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_cleared_and_bounds_hold() {
        let cidr = Ipv4Cidr::parse("10.244.3.7/16").expect("a range");
        assert_eq!(
            (cidr.to_string().as_str(), cidr.size(), cidr.at(257).to_string().as_str()),
            ("10.244.0.0/16", 65_536, "10.244.1.1")
        );
        assert!(cidr.contains("10.244.255.255".parse().expect("an address")));
        assert!(!cidr.contains("10.245.0.0".parse().expect("an address")));
        assert_eq!(Ipv4Cidr::parse("1.2.3.4/0").expect("a range").to_string(), "0.0.0.0/0");
        assert!(Ipv4Cidr::parse("1.2.3.4/33").is_none());
    }
}
