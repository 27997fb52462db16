//! A small stub resolver: hosts file, search list, A, AAAA, SRV, PTR, CNAME over UDP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::{Outcome, required};

/// One record of an answer: name, type, printed data.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    name: String,
    kind: u16,
    data: String,
}

const KINDS: &[(&str, u16)] = &[("A", 1), ("CNAME", 5), ("PTR", 12), ("AAAA", 28), ("SRV", 33)];

/// Asks for a name; prints `name TYPE data` lines, sorted, or the response code.
pub fn lookup(arguments: &[String]) -> Outcome {
    let name = required(arguments, 0, "NAME")?;
    let kind_name = arguments.get(1).map_or("A", String::as_str);
    let kind =
        KINDS.iter().find(|(known, _)| *known == kind_name).ok_or_else(|| format!("{kind_name:?} is no known type"))?.1;
    let mut resolver = Resolver::from_files();
    if let Some(server) = arguments.get(2) {
        resolver.servers = vec![server.parse().map_err(|_| format!("{server:?} is no address"))?];
    }
    let asked = match (kind, name.parse::<IpAddr>()) {
        (12, Ok(address)) => reverse_name(address),
        _ => name.to_owned(),
    };
    let records = resolver.search(&asked, kind)?;
    let mut lines: Vec<String> = records
        .iter()
        .map(|record| {
            let kind = KINDS.iter().find(|(_, number)| *number == record.kind).map_or("?", |(name, _)| name);
            format!("{} {kind} {}", record.name, record.data)
        })
        .collect();
    lines.sort();
    lines.iter().for_each(|line| println!("{line}"));
    Ok(0)
}

/// The first address of a name: hosts file, then DNS.
pub fn address_of(name: &str) -> Result<IpAddr, String> {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    for line in hosts.lines().map(|line| line.split('#').next().unwrap_or("")) {
        let mut words = line.split_whitespace();
        if let Some(Ok(address)) = words.next().map(str::parse)
            && words.any(|word| word == name)
        {
            return Ok(address);
        }
    }
    let records = Resolver::from_files().search(name, 1)?;
    let address = records.iter().find(|record| record.kind == 1).and_then(|record| record.data.parse().ok());
    address.ok_or_else(|| format!("{name}: no address"))
}

struct Resolver {
    servers: Vec<IpAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Resolver {
    fn from_files() -> Self {
        let mut resolver = Resolver { servers: vec![], search: vec![], ndots: 1 };
        for line in std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default().lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    resolver.servers.extend(words.next().and_then(|word| word.parse::<IpAddr>().ok()))
                }
                Some("search") => resolver.search = words.map(str::to_owned).collect(),
                Some("options") => {
                    let ndots = words.find_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    resolver.ndots = ndots.unwrap_or(resolver.ndots);
                }
                _ => {}
            }
        }
        resolver
    }

    fn search(&self, name: &str, kind: u16) -> Result<Vec<Record>, String> {
        let absolute = name.strip_suffix('.');
        let mut candidates: Vec<String> = match absolute {
            Some(name) => vec![name.to_owned()],
            None => self.search.iter().map(|domain| format!("{name}.{domain}")).collect(),
        };
        if absolute.is_none() {
            let at = if name.matches('.').count() >= self.ndots { 0 } else { candidates.len() };
            candidates.insert(at, name.to_owned());
        }
        let mut last = format!("{name}: no candidate");
        for candidate in candidates {
            match self.ask(&candidate, kind) {
                Ok(records) if !records.is_empty() => return Ok(records),
                Ok(_) => last = format!("{candidate}: no data"),
                Err(error) => last = format!("{candidate}: {error}"),
            }
        }
        Err(last)
    }

    fn ask(&self, name: &str, kind: u16) -> Result<Vec<Record>, String> {
        let server = *self.servers.first().ok_or("no nameserver")?;
        let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })
            .map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_secs(5))).map_err(|error| error.to_string())?;
        socket.connect(SocketAddr::new(server, 53)).map_err(|error| error.to_string())?;
        socket.send(&query(name, kind)).map_err(|error| error.to_string())?;
        let mut buffer = [0; 4096];
        let read = socket.recv(&mut buffer).map_err(|error| error.to_string())?;
        parse_answer(&buffer[..read])
    }
}

fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let nibbles = address
                .octets()
                .iter()
                .rev()
                .map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4))
                .collect::<String>();
            format!("{nibbles}ip6.arpa.")
        }
    }
}

fn query(name: &str, kind: u16) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        message.push(label.len().min(63) as u8);
        message.extend(label.bytes().take(63));
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

fn parse_answer(message: &[u8]) -> Result<Vec<Record>, String> {
    let short = || String::from("short answer");
    let word = |at: usize| -> Option<u16> { Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?])) };
    match message.get(3).ok_or_else(short)? & 15 {
        0 => {}
        3 => return Err("NXDOMAIN".into()),
        code => return Err(format!("response code {code}")),
    }
    let answers = word(6).ok_or_else(short)?;
    let (_, mut at) = read_name(message, 12).ok_or_else(short)?;
    at += 4;
    let mut records = Vec::new();
    for _ in 0..answers {
        let (name, behind) = read_name(message, at).ok_or_else(short)?;
        let (kind, length) = (word(behind).ok_or_else(short)?, word(behind + 8).ok_or_else(short)?);
        let start = behind + 10;
        let bytes = message.get(start..start + usize::from(length)).ok_or_else(short)?;
        let data = match (kind, bytes) {
            (1, [a, b, c, d]) => Ipv4Addr::new(*a, *b, *c, *d).to_string(),
            (28, bytes) => {
                <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).to_string()).map_err(|_| short())?
            }
            (5 | 12, _) => read_name(message, start).ok_or_else(short)?.0,
            (33, _) => {
                let target = read_name(message, start + 6).ok_or_else(short)?.0;
                let numbers: Vec<String> = (0..3).filter_map(|n| word(start + 2 * n)).map(|n| n.to_string()).collect();
                format!("{} {target}", numbers.join(" "))
            }
            _ => String::from("?"),
        };
        records.push(Record { name, kind, data });
        at = start + usize::from(length);
    }
    Ok(records)
}

/// Reads a possibly compressed name; returns it and the offset behind it.
fn read_name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut behind = None;
    for _ in 0..128 {
        let length = *message.get(at)?;
        if length & 0xc0 == 0xc0 {
            behind.get_or_insert(at + 2);
            at = usize::from(length & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
        } else if length == 0 {
            return Some((name, behind.unwrap_or(at + 1)));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&String::from_utf8_lossy(message.get(at + 1..at + 1 + usize::from(length))?));
            at += 1 + usize::from(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_answer_is_read() {
        let mut message = query("web.default", 1);
        message[2] = 0x81;
        message[7] = 1;
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 7]);
        let expected = Record { name: "web.default".into(), kind: 1, data: "10.96.0.7".into() };
        assert_eq!(parse_answer(&message), Ok(vec![expected]));
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        assert!(parse_answer(&[0; 5]).is_err());
    }
}
