//! HTTP and raw connections to other Pods and Services.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use crate::{Outcome, dns, number, required};

const TIMEOUT: Duration = Duration::from_secs(5);

/// GETs a URL some times, each on a new connection; prints `count body` by body, most frequent first.
pub fn fetch(arguments: &[String]) -> Outcome {
    let url = required(arguments, 0, "URL")?;
    let count: usize = number(arguments, 1, 1)?;
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..count {
        let body = get(url).unwrap_or_else(|error| format!("error: {error}"));
        *tally.entry(body).or_default() += 1;
    }
    let mut rows: Vec<_> = tally.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    match (&rows[..], count) {
        ([(body, _)], 1) => println!("{body}"),
        _ => rows.iter().for_each(|(body, times)| println!("{times} {body}")),
    }
    Ok(i32::from(rows.iter().any(|(body, _)| body.starts_with("error: "))))
}

/// GETs a URL without pause for a time; prints how many were answered and each failure.
pub fn load(arguments: &[String]) -> Outcome {
    let url = required(arguments, 0, "URL")?;
    let end = Instant::now() + Duration::from_secs_f64(number(arguments, 1, 5.0)?);
    let (mut answered, mut failed) = (0_u64, 0_u64);
    while Instant::now() < end {
        match get(url) {
            Ok(_) => answered += 1,
            Err(error) => {
                failed += 1;
                println!("failed: {error}");
            }
        }
    }
    println!("answered {answered} failed {failed}");
    Ok(i32::from(failed > 0))
}

fn get(url: &str) -> Result<String, String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = resolve(authority, 80)?;
    let mut stream =
        TcpStream::connect_timeout(&address, TIMEOUT).map_err(|error| format!("connect {address}: {error}"))?;
    let exchange = || -> std::io::Result<String> {
        stream.set_read_timeout(Some(TIMEOUT))?;
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let mut exchange = exchange;
    let answer = exchange().map_err(|error| format!("read: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(head.lines().next().unwrap_or("").to_owned()),
    }
}

/// Connects over TCP or UDP, optionally sends a text and prints the answer.
pub fn connect(arguments: &[String]) -> Outcome {
    let (protocol, target) = (required(arguments, 0, "PROTOCOL")?, required(arguments, 1, "HOST:PORT")?);
    let address = resolve(target, 80)?;
    let text = arguments.get(2);
    let mut buffer = [0; 2048];
    let fail = |error: std::io::Error| format!("{address}: {error}");
    let read = if protocol == "udp" {
        let socket = UdpSocket::bind("0.0.0.0:0").map_err(fail)?;
        socket.set_read_timeout(Some(TIMEOUT)).map_err(fail)?;
        socket.connect(address).map_err(fail)?;
        socket.send(text.map_or("hello", String::as_str).as_bytes()).map_err(fail)?;
        socket.recv(&mut buffer).map_err(fail)?
    } else {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(fail)?;
        stream.set_read_timeout(Some(TIMEOUT)).map_err(fail)?;
        match text {
            Some(text) => {
                stream.write_all(text.as_bytes()).map_err(fail)?;
                stream.read(&mut buffer).map_err(fail)?
            }
            None => 0,
        }
    };
    println!("{}", if read == 0 { "connected".into() } else { String::from_utf8_lossy(&buffer[..read]) });
    Ok(0)
}

fn resolve(authority: &str, default_port: u16) -> Result<SocketAddr, String> {
    if let Ok(address) = authority.parse() {
        return Ok(address);
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("{port:?} is no port"))?),
        None => (authority, default_port),
    };
    let address: IpAddr = match host.parse() {
        Ok(address) => address,
        Err(_) => dns::address_of(host)?,
    };
    Ok(SocketAddr::new(address, port))
}
