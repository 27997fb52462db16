//! Ranges of IP addresses.

use std::any::Any;
use std::net::IpAddr;

use super::ip::{self, Ip};
use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Fault, Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("cidr(string) -> net.CIDR", Cost::Text, |args| of_text(args, |text| parse(text).map(Val::opaque))),
    costly("isCIDR(string) -> bool", Cost::Text, |args| of_text(args, |text| Ok(Val::Bool(parse(text).is_ok())))),
    costly("net.CIDR.containsIP(string) -> bool", Cost::Text, contains_ip),
    function("net.CIDR.containsIP(net.IP) -> bool", contains_ip),
    costly("net.CIDR.containsCIDR(string) -> bool", Cost::Text, contains_cidr),
    function("net.CIDR.containsCIDR(net.CIDR) -> bool", contains_cidr),
    function("net.CIDR.ip() -> net.IP", |args| of(args, |it| Val::opaque(Ip(it.ip)))),
    function("net.CIDR.prefixLength() -> int", |args| of(args, |it| Val::Int(it.bits.into()))),
    function("net.CIDR.masked() -> net.CIDR", |args| {
        of(args, |it| Val::opaque(Cidr { ip: masked(it.ip, it.bits), bits: it.bits }))
    }),
    function("string(net.CIDR) -> string", |args| of(args, |it| Val::text(format!("{}/{}", it.ip, it.bits)))),
];

/// A range.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cidr {
    ip: IpAddr,
    bits: u8,
}

impl Opaque for Cidr {
    fn type_name(&self) -> &'static str {
        "net.CIDR"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<Cidr>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn parse(text: &str) -> Result<Cidr, Fault> {
    let fault = || {
        Fault::Error(format!(
            "network address parse error during conversion from string: netip.ParsePrefix(\"{text}\"): no valid prefix"
        ))
    };
    let (address, bits) = text.split_once('/').ok_or_else(fault)?;
    let ip = ip::parse(address).map_err(|fault_of_ip| match fault_of_ip {
        Fault::Error(text) if text.contains("IPv4-mapped") => Fault::Error(text),
        _ => fault(),
    })?;
    let has_digits =
        !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits = bits.parse().ok().filter(|bits| has_digits && *bits <= width(ip.0)).ok_or_else(fault)?;
    Ok(Cidr { ip: ip.0, bits })
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn masked(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4((ip.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).into()),
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).into()),
    }
}

fn contains(range: &Cidr, ip: IpAddr) -> bool {
    range.ip.is_ipv4() == ip.is_ipv4() && masked(range.ip, range.bits) == masked(ip, range.bits)
}

fn of_text(args: &[Val], answer: impl Fn(&str) -> Outcome) -> Outcome {
    match args {
        [Val::String(text)] => answer(text),
        _ => no_overload(),
    }
}

fn of(args: &[Val], part: impl Fn(&Cidr) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(range) => Ok(part(range)),
        None => no_overload(),
    }
}

fn contains_ip(args: &[Val]) -> Outcome {
    let [range, other] = args else { return no_overload() };
    let Some(range) = range.downcast::<Cidr>() else { return no_overload() };
    match (other, other.downcast::<Ip>()) {
        (Val::String(text), _) => Ok(Val::Bool(contains(range, ip::parse(text)?.0))),
        (_, Some(ip)) => Ok(Val::Bool(contains(range, ip.0))),
        _ => no_overload(),
    }
}

fn contains_cidr(args: &[Val]) -> Outcome {
    let [range, other] = args else { return no_overload() };
    let Some(range) = range.downcast::<Cidr>() else { return no_overload() };
    let other = match (other, other.downcast::<Cidr>()) {
        (Val::String(text), _) => parse(text)?,
        (_, Some(other)) => *other,
        _ => return no_overload(),
    };
    Ok(Val::Bool(range.bits <= other.bits && contains(range, other.ip)))
}
