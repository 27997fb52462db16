//! Queries that are not the cluster's: handed to the host's servers, answers handed back.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Patience with one server.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Largest answer over UDP.
const DATAGRAM_BYTES_MAX: usize = 4_096;

/// Asks the servers in order; `None` when none answers.
pub async fn forward(servers: &[IpAddr], query: &[u8], over_tcp: bool) -> Option<Vec<u8>> {
    for server in servers {
        let address = SocketAddr::new(*server, 53);
        let exchange = async {
            match over_tcp {
                true => ask_tcp(address, query).await,
                false => ask_udp(address, query).await,
            }
        };
        match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => tracing::debug!(%server, %error, "forward a DNS query"),
            Err(_) => tracing::debug!(%server, "forwarded DNS query timed out"),
        }
    }
    None
}

async fn ask_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut answer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let read = socket.recv(&mut answer).await?;
        // Another id is a late or forged answer.
        if read >= 12 && answer[..2] == query[..2] {
            answer.truncate(read);
            return Ok(answer);
        }
    }
}

async fn ask_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
