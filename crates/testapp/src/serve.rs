//! An HTTP server that drains on SIGTERM, and a UDP one.
//!
//! | path | answer |
//! |---|---|
//! | `/hostname` and `/` | the host name |
//! | `/echo?TEXT` | TEXT |
//! | `/env?NAME` | a variable |
//! | `/client` | the client's address |
//! | `/file?PATH` | a file |
//! | `/healthz` | 200, or 503 after `/fail` |
//! | `/fail`, `/heal` | change what `/healthz` says |
//! | `/exit?CODE` | ends the process |
//! | `/slow?MILLISECONDS` | answers later |

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::process::{host_name, is_terminated, watch_termination};
use crate::{Outcome, number};

/// How long new connections are still accepted after SIGTERM, while proxies learn of it.
const DRAIN: Duration = Duration::from_secs(3);

static IS_FAILING: AtomicBool = AtomicBool::new(false);
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Serves HTTP on each port until SIGTERM, then drains.
pub fn serve(arguments: &[String]) -> Outcome {
    watch_termination();
    let default = [String::from("8080")];
    for port in if arguments.is_empty() { &default[..] } else { arguments } {
        let port: u16 = port.parse().map_err(|_| format!("{port:?} is no port"))?;
        let listener = listen(port)?;
        std::thread::spawn(move || accept(&listener));
    }
    println!("serving");
    while !is_terminated() {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("draining");
    let end = Instant::now() + DRAIN;
    while Instant::now() < end || OPEN.load(Ordering::SeqCst) > 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("drained");
    Ok(0)
}

fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind(("::", port))
        .or_else(|_| TcpListener::bind(("0.0.0.0", port)))
        .map_err(|error| format!("port {port}: {error}"))
}

fn accept(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        OPEN.fetch_add(1, Ordering::SeqCst);
        let started = std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            let _ = answer_all(stream);
            OPEN.fetch_sub(1, Ordering::SeqCst);
        });
        if started.is_err() {
            OPEN.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn answer_all(stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut closes = false;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            closes |= header.to_ascii_lowercase().starts_with("connection: close");
            if header.trim().is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).unwrap_or("/");
        let (status, body) = answer(target, &stream);
        let closes = closes || is_terminated();
        let connection = if closes { "close" } else { "keep-alive" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n",
            body.len()
        );
        (&stream).write_all(&[head.as_bytes(), &body].concat())?;
        if closes {
            return Ok(());
        }
    }
}

fn answer(target: &str, stream: &TcpStream) -> (&'static str, Vec<u8>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = match path {
        "/" | "/hostname" => host_name(),
        "/echo" => query.to_owned(),
        "/env" => std::env::var(query).unwrap_or_default(),
        "/client" => stream.peer_addr().map(|address| address.ip().to_canonical().to_string()).unwrap_or_default(),
        "/file" => match std::fs::read(query) {
            Ok(bytes) => return ("200 OK", bytes),
            Err(error) => return ("404 Not Found", error.to_string().into_bytes()),
        },
        "/healthz" if IS_FAILING.load(Ordering::SeqCst) => {
            return ("503 Service Unavailable", b"failing".to_vec());
        }
        "/healthz" => "ok".into(),
        "/fail" | "/heal" => {
            IS_FAILING.store(path == "/fail", Ordering::SeqCst);
            path[1..].to_owned()
        }
        "/exit" => std::process::exit(query.parse().unwrap_or(0)),
        "/slow" => {
            std::thread::sleep(Duration::from_millis(query.parse().unwrap_or(1_000)));
            host_name()
        }
        _ => return ("404 Not Found", b"not found".to_vec()),
    };
    ("200 OK", text.into_bytes())
}

/// Answers each datagram with the host name.
pub fn udp_serve(arguments: &[String]) -> Outcome {
    let port: u16 = number(arguments, 0, 8081)?;
    let socket = UdpSocket::bind(("0.0.0.0", port)).map_err(|error| format!("port {port}: {error}"))?;
    println!("serving");
    let mut buffer = [0; 2048];
    loop {
        let (_, from) = socket.recv_from(&mut buffer).map_err(|error| error.to_string())?;
        let _ = socket.send_to(host_name().as_bytes(), from);
    }
}
