//! IP addresses.

use std::any::Any;
use std::net::IpAddr;

use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Fault, Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("ip(string) -> net.IP", Cost::Text, |args| of_text(args, |text| parse(text).map(Val::opaque))),
    costly("isIP(string) -> bool", Cost::Text, |args| of_text(args, |text| Ok(Val::Bool(parse(text).is_ok())))),
    costly("ip.isCanonical(string) -> bool", Cost::Text, |args| {
        of_text(args, |text| Ok(Val::Bool(parse(text)?.0.to_string() == text)))
    }),
    function("net.IP.family() -> int", |args| of(args, |ip| Val::Int(if ip.is_ipv4() { 4 } else { 6 }))),
    function("net.IP.isUnspecified() -> bool", |args| of(args, |ip| Val::Bool(ip.is_unspecified()))),
    function("net.IP.isLoopback() -> bool", |args| of(args, |ip| Val::Bool(ip.is_loopback()))),
    function("net.IP.isLinkLocalMulticast() -> bool", |args| of(args, |ip| Val::Bool(is_link_local_multicast(ip)))),
    function("net.IP.isLinkLocalUnicast() -> bool", |args| of(args, |ip| Val::Bool(is_link_local_unicast(ip)))),
    function("net.IP.isGlobalUnicast() -> bool", |args| of(args, |ip| Val::Bool(is_global_unicast(ip)))),
    function("string(net.IP) -> string", |args| of(args, |ip| Val::text(ip.to_string()))),
];

/// An address.
#[derive(Debug)]
pub(super) struct Ip(pub IpAddr);

impl Opaque for Ip {
    fn type_name(&self) -> &'static str {
        "net.IP"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<Ip>().is_some_and(|other| self.0 == other.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Reads an address, without zones and embedded IPv4.
pub(super) fn parse(text: &str) -> Result<Ip, Fault> {
    if text.contains('%') {
        return Err(format!("IP address \"{text}\" with zone value is not allowed").into());
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address \"{text}\" is not allowed").into())
        }
        Ok(ip) => Ok(Ip(ip)),
        Err(_) => Err(format!(
            "IP Address \"{text}\" parse error during conversion from string: ParseAddr(\"{text}\"): unable to parse IP"
        )
        .into()),
    }
}

fn of_text(args: &[Val], answer: impl Fn(&str) -> Outcome) -> Outcome {
    match args {
        [Val::String(text)] => answer(text),
        _ => no_overload(),
    }
}

fn of(args: &[Val], part: impl Fn(&IpAddr) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast::<Ip>) {
        Some(ip) => Ok(part(&ip.0)),
        None => no_overload(),
    }
}

fn is_link_local_multicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_link_local_unicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_global_unicast(ip: &IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !is_broadcast && !ip.is_unspecified() && !ip.is_loopback() && !ip.is_multicast() && !is_link_local_unicast(ip)
}
