//! Sockets: UDP and TCP on the cluster's DNS address.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cluster::Cluster;
use crate::forward::forward;
use crate::upstream;
use crate::zone::{self, Data, Found};

/// Time to live of cluster records and of their absence, in seconds: short, since endpoints move.
const TTL_SECONDS: u32 = 5;

/// UDP payload that is offered and used at most, in bytes (DNS flag day 2020).
const UDP_BYTES_MAX: u16 = 1_232;

/// Forwarded queries and TCP connections at one time; further ones are refused.
const AT_ONCE_MAX: usize = 1_000;

/// Patience with a silent TCP client.
const TCP_IDLE: Duration = Duration::from_secs(10);

/// CNAMEs followed inside the cluster domain.
const ALIASES_MAX: usize = 8;

/// Settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Cluster domain, such as `cluster.local`.
    pub domain: String,
    /// Addresses to serve on; they must exist on the host.
    pub addresses: Vec<SocketAddr>,
    /// Files that may name the servers for other domains: the first one that is there counts, at every query anew.
    /// Without servers such names do not exist.
    pub resolver_files: Vec<PathBuf>,
}

/// The server cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("listen for DNS on {address}")]
pub struct BindError {
    address: SocketAddr,
    #[source]
    cause: std::io::Error,
}

/// A DNS server with its sockets bound.
pub struct Dns {
    shared: Arc<Shared>,
    udp: Vec<UdpSocket>,
    tcp: Vec<TcpListener>,
}

struct Shared {
    domain: String,
    cluster: Cluster,
    own: Vec<IpAddr>,
    resolver_files: Vec<PathBuf>,
    at_once: Semaphore,
}

impl Dns {
    /// Binds the sockets.
    pub async fn bind(config: Config, cluster: Cluster) -> Result<Dns, BindError> {
        let (mut udp, mut tcp) = (Vec::new(), Vec::new());
        for address in config.addresses.iter().copied() {
            udp.push(UdpSocket::bind(address).await.map_err(|cause| BindError { address, cause })?);
            tcp.push(TcpListener::bind(address).await.map_err(|cause| BindError { address, cause })?);
        }
        let own = config.addresses.iter().map(SocketAddr::ip).collect();
        let domain = config.domain.trim_matches('.').to_ascii_lowercase();
        let resolver_files = config.resolver_files;
        let shared = Shared { domain, cluster, own, resolver_files, at_once: Semaphore::new(AT_ONCE_MAX) };
        Ok(Dns { shared: Arc::new(shared), udp, tcp })
    }

    /// Serves until dropped.
    pub async fn run(self) {
        let mut tasks = JoinSet::new();
        for socket in self.udp {
            tasks.spawn(serve_udp(Arc::clone(&self.shared), Arc::new(socket)));
        }
        for listener in self.tcp {
            tasks.spawn(serve_tcp(Arc::clone(&self.shared), listener));
        }
        while tasks.join_next().await.is_some() {}
    }
}

async fn serve_udp(shared: Arc<Shared>, socket: Arc<UdpSocket>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let (length, from) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // A client that went away shows up here as a refused connection.
                tracing::debug!(%error, "receive a DNS query");
                continue;
            }
        };
        match shared.answer(&buffer[..length], false) {
            Answer::Ready(answer) => drop(socket.send_to(&answer, from).await),
            Answer::Silence => {}
            Answer::Forward(fallback) => {
                let (shared, socket, query) = (Arc::clone(&shared), Arc::clone(&socket), buffer[..length].to_vec());
                tokio::spawn(async move {
                    let answer = shared.forward(&query, false, fallback).await;
                    drop(socket.send_to(&answer, from).await);
                });
            }
        }
    }
}

async fn serve_tcp(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: let connections end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let Ok(_permit) = shared.at_once.try_acquire() else { return };
            if let Err(error) = serve_connection(&shared, stream).await {
                tracing::debug!(%error, "serve DNS over TCP");
            }
        });
    }
}

async fn serve_connection(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let Ok(length) = tokio::time::timeout(TCP_IDLE, stream.read_u16()).await? else { return Ok(()) };
        let mut query = vec![0; usize::from(length)];
        tokio::time::timeout(TCP_IDLE, stream.read_exact(&mut query)).await??;
        let answer = match shared.answer(&query, true) {
            Answer::Ready(answer) => answer,
            Answer::Silence => return Ok(()),
            Answer::Forward(fallback) => shared.forward(&query, true, fallback).await,
        };
        let length = u16::try_from(answer.len()).map_err(std::io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), &answer[..]].concat()).await?;
    }
}

/// What to do with a query.
enum Answer {
    /// Send this.
    Ready(Vec<u8>),
    /// Ask the host's servers; send this when none answers.
    Forward(Message),
    /// Not a query: no answer, so that two servers cannot be played against each other.
    Silence,
}

impl Shared {
    fn answer(&self, bytes: &[u8], over_tcp: bool) -> Answer {
        let Ok(query) = Message::from_vec(bytes) else { return malformed(bytes) };
        if query.metadata.message_type != MessageType::Query {
            return Answer::Silence;
        }
        let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
        answer.metadata.recursion_desired = query.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.add_queries(query.queries.iter().cloned());
        let mut bytes_max = if over_tcp { u16::MAX } else { 512 };
        if let Some(edns) = &query.edns {
            bytes_max = if over_tcp { u16::MAX } else { edns.max_payload().clamp(512, UDP_BYTES_MAX) };
            let mut own = Edns::new();
            own.set_max_payload(UDP_BYTES_MAX);
            answer.set_edns(own);
        }
        let [question] = &query.queries[..] else {
            answer.metadata.response_code = ResponseCode::FormErr;
            return Answer::Ready(encode(&answer, bytes_max));
        };
        if query.metadata.op_code != OpCode::Query {
            answer.metadata.response_code = ResponseCode::NotImp;
            return Answer::Ready(encode(&answer, bytes_max));
        }
        if !self.cluster.is_synced() {
            answer.metadata.response_code = ResponseCode::ServFail;
            return Answer::Ready(encode(&answer, bytes_max));
        }
        match self.fill(&mut answer, &question.name, question.query_type) {
            true => Answer::Ready(encode(&answer, bytes_max)),
            false => Answer::Forward(answer),
        }
    }

    /// Fills in what the cluster knows; false when the name is not the cluster's.
    fn fill(&self, answer: &mut Message, asked: &Name, kind: RecordType) -> bool {
        let mut owner = asked.clone();
        for _ in 0..ALIASES_MAX {
            let name = owner.to_ascii().trim_end_matches('.').to_ascii_lowercase();
            match zone::look_up(&self.cluster, &self.domain, &name) {
                // The end of a chain that leads out of the cluster: the client resolves the rest.
                Found::Elsewhere => return !answer.answers.is_empty(),
                Found::Nothing => {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                    break;
                }
                Found::Records(records) => match add_records(answer, &owner, kind, &records) {
                    Some(target) => owner = target,
                    None => break,
                },
            }
        }
        answer.metadata.authoritative = true;
        if answer.answers.is_empty() {
            answer.authorities.extend(self.authority());
        }
        true
    }

    fn authority(&self) -> Option<Record> {
        let zone = absolute(&self.domain)?;
        let (server, contact) =
            (absolute(&format!("ns.dns.{}", self.domain))?, absolute(&format!("hostmaster.{}", self.domain))?);
        let soa = SOA::new(server, contact, 1, 7_200, 1_800, 86_400, TTL_SECONDS);
        Some(Record::from_rdata(zone, TTL_SECONDS, RData::SOA(soa)))
    }

    async fn forward(&self, query: &[u8], over_tcp: bool, mut fallback: Message) -> Vec<u8> {
        let servers = upstream::servers(&self.resolver_files, &self.own);
        let permit = self.at_once.try_acquire();
        fallback.metadata.response_code = match (&permit, servers.is_empty()) {
            (Err(_), _) => ResponseCode::Refused,
            // Nobody to ask: the name does not exist, said at once.
            (_, true) => ResponseCode::NXDomain,
            _ => ResponseCode::ServFail,
        };
        let answer = match permit {
            Ok(_permit) => forward(&servers, query, over_tcp).await,
            Err(_) => None,
        };
        answer.unwrap_or_else(|| encode(&fallback, UDP_BYTES_MAX))
    }
}

/// Adds the records of the asked type; an alias is added for every type and its target returned.
fn add_records(answer: &mut Message, owner: &Name, kind: RecordType, records: &[Data]) -> Option<Name> {
    let mut target = None;
    for data in records {
        let Some(rdata) = to_rdata(data) else { continue };
        let is_alias = rdata.record_type() == RecordType::CNAME;
        if is_alias || kind == RecordType::ANY || rdata.record_type() == kind {
            answer.add_answer(Record::from_rdata(owner.clone(), TTL_SECONDS, rdata));
        }
        if let (true, Data::Alias(name)) = (is_alias && kind != RecordType::CNAME, data) {
            target = absolute(name);
        }
    }
    target
}

fn to_rdata(data: &Data) -> Option<RData> {
    Some(match data {
        Data::Address(IpAddr::V4(address)) => RData::A(A(*address)),
        Data::Address(IpAddr::V6(address)) => RData::AAAA(AAAA(*address)),
        Data::Alias(name) => RData::CNAME(CNAME(absolute(name)?)),
        Data::Pointer(name) => RData::PTR(PTR(absolute(name)?)),
        Data::Server { weight, port, target } => RData::SRV(SRV::new(0, *weight, *port, absolute(target)?)),
        Data::Text(text) => RData::TXT(TXT::new(vec![(*text).to_owned()])),
    })
}

fn absolute(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

fn encode(answer: &Message, bytes_max: u16) -> Vec<u8> {
    let whole = answer.to_vec().unwrap_or_default();
    match whole.len() <= usize::from(bytes_max) {
        true => whole,
        false => answer.truncate().to_vec().unwrap_or_default(),
    }
}

/// A query that cannot be read gets FORMERR when it has at least an id.
fn malformed(bytes: &[u8]) -> Answer {
    match bytes {
        [high, low, flags, ..] if bytes.len() >= 12 && flags & 0x80 == 0 => {
            let id = u16::from_be_bytes([*high, *low]);
            let answer = Message::error_msg(id, OpCode::Query, ResponseCode::FormErr);
            Answer::Ready(encode(&answer, UDP_BYTES_MAX))
        }
        _ => Answer::Silence,
    }
}

#[cfg(test)]
mod tests;
