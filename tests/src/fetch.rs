//! Plain HTTP requests from the node or from the world outside, each on a connection of its own.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use network::netns;

/// Patience with one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The body of `GET /path` from `address`, asked from inside a network namespace.
///
/// # Errors
/// No connection, or an answer other than 200.
pub fn get(namespace: &File, address: SocketAddr, path: &str) -> io::Result<String> {
    netns::run_in_opened(namespace, || get_here(address, path))
}

/// The same from the network of the calling thread.
///
/// # Errors
/// No connection, or an answer other than 200.
pub fn get_here(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(io::Error::other(format!("answered {:?}", answer.lines().next().unwrap_or("")))),
    }
}
