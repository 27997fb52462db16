//! Floors: the same work with nothing around it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use corten_system_tests::cluster::Cluster;
use corten_system_tests::measure::percentile;
use corten_system_tests::network_thread::NetworkThread;
use corten_system_tests::{process, programs, sys};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use network::netns;
use network::nft::{Bytes as Key, Element, Field, Transaction, Value, Values, remove_table};
use streaming::tls::{ServingCertificate, server_tls};
use tokio::net::TcpListener;

const WRITES: usize = 400;
const BLOCK_BYTES: usize = 4096;
const STARTS: usize = 60;
const CHANGES: usize = 200;
const SETTLE: Duration = Duration::from_millis(300);

/// Median of appending 4 KiB and syncing: into preallocated space, and at the end of a growing file.
pub fn durable_append(directory: &Path) -> anyhow::Result<(Duration, Duration)> {
    let path = directory.join("corten-bench-append");
    let block = [0x5a; BLOCK_BYTES];
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    file.write_all(&vec![0; BLOCK_BYTES * WRITES])?;
    file.sync_all()?;
    let mut preallocated = Vec::new();
    for number in 0..WRITES {
        let since = Instant::now();
        file.write_all_at(&block, (number * BLOCK_BYTES) as u64)?;
        file.sync_data()?;
        preallocated.push(since.elapsed());
    }
    let mut growing = Vec::new();
    for _ in 0..WRITES {
        let since = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        growing.push(since.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok((percentile(&mut preallocated, 50), percentile(&mut growing, 50)))
}

/// Median of starting a small static program and waiting for its end: alone, and in six namespaces.
pub fn start_process() -> anyhow::Result<(Duration, Duration)> {
    let testapp = programs::testapp()?;
    let measure = |is_isolated: bool| -> anyhow::Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let mut command = Command::new(&testapp);
            command.arg("true");
            if is_isolated {
                sys::isolate_in_child(&mut command);
            }
            let since = Instant::now();
            command.status()?;
            times.push(since.elapsed());
        }
        Ok(percentile(&mut times, 50))
    };
    Ok((measure(false)?, measure(true)?))
}

/// Median of starting the `corten` executable for nothing.
pub fn start_corten() -> anyhow::Result<Duration> {
    let corten = programs::corten()?;
    let mut times = Vec::new();
    for _ in 0..STARTS / 4 {
        let since = Instant::now();
        Command::new(&corten).arg("--version").stdout(Stdio::null()).status()?;
        times.push(since.elapsed());
    }
    Ok(percentile(&mut times, 50))
}

/// Memory of each of `count` static processes that only sleep.
pub fn sleeping_processes(count: usize) -> anyhow::Result<u64> {
    let start = || Command::new(programs::testapp()?).arg("sleep").spawn().context("start a sleeping process");
    let mut children = (0..count).map(|_| start()).collect::<anyhow::Result<Vec<_>>>()?;
    std::thread::sleep(SETTLE);
    let bytes: u64 = children.iter().map(|child| process::proportional_bytes(child.id() as i32)).sum();
    for child in &mut children {
        child.kill()?;
        child.wait()?;
    }
    Ok(bytes / count as u64)
}

/// Median of adding one element to a map in the kernel, in the cluster's network.
pub fn nft_element(cluster: &Cluster) -> anyhow::Result<Duration> {
    const TABLE: &str = "corten-bench";
    const SET: &str = "elements";
    let work = || -> anyhow::Result<Duration> {
        let mut transaction = Transaction::new(TABLE);
        transaction.add_table().add_set(SET, &[Field::Number], Values::None);
        transaction.commit()?;
        let mut times = Vec::new();
        for number in 0..CHANGES {
            let element = Element { key: Key::new().number(u32::try_from(number)?).done(), value: Value::None };
            let mut transaction = Transaction::new(TABLE);
            transaction.add_elements(SET, &[element]);
            let since = Instant::now();
            transaction.commit()?;
            times.push(since.elapsed());
        }
        remove_table(TABLE)?;
        Ok(percentile(&mut times, 50))
    };
    Ok(netns::run_in_opened(&cluster.outer().network()?, || work().map_err(std::io::Error::other))?)
}

/// Serves one body from memory over TLS on the node's loopback, with the API server's own certificate.
pub struct MemoryServer {
    thread: Arc<NetworkThread>,
    /// Where it listens.
    pub port: u16,
}

impl MemoryServer {
    /// Starts it.
    pub fn start(cluster: &Cluster, body: Bytes) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = cluster.path(&format!("/var/lib/corten/pki/{name}"));
            std::fs::read(&path).with_context(|| format!("read {}", path.display()))
        };
        let certificate = ServingCertificate::from_pem(&read("apiserver.crt")?, &read("apiserver.key")?)?;
        let acceptor = tokio_rustls::TlsAcceptor::from(server_tls(certificate, None)?.config);
        let thread = Arc::new(NetworkThread::start(Some(cluster.outer().network()?))?);
        let listener = thread.run(async { TcpListener::bind("127.0.0.1:0").await })?;
        let port = listener.local_addr()?.port();
        thread.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, body) = (acceptor.clone(), body.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let answer = hyper::service::service_fn(move |_| {
                        let body = body.clone();
                        async move { Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(body))) }
                    });
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Ok(MemoryServer { thread, port })
    }

    /// Processor time of the serving thread so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(self.thread.run(async { sys::thread_cpu_time() })?)
    }
}
