//! The administrator's socket: what the command line asks a running server beyond the Kubernetes API and CRI.
//!
//! HTTP on `RUN_DIR/admin.sock`, mode 0600: `POST /images` with an archive as body answers the names that were
//! imported, one a line.

use std::convert::Infallible;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use bytes::{Buf, Bytes};
use container_runtime::images::archive;
use container_runtime::images::store::ImageStore;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pieces of an archive that wait for the disk.
const PIECES_MAX: usize = 16;

/// Bytes of one piece that the command line sends.
const PIECE_BYTES: usize = 256 * 1024;

/// Where the socket is.
pub fn socket(run_dir: &Path) -> PathBuf {
    run_dir.join("admin.sock")
}

/// Serves the socket until the task is aborted.
pub fn serve(run_dir: &Path, images: Arc<ImageStore>) -> anyhow::Result<JoinHandle<()>> {
    let listener = bind_private(&socket(run_dir))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let images = Arc::clone(&images);
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&images)));
                let serving =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                if let Err(error) = serving.await {
                    tracing::debug!(%error, "serve the administrator's socket");
                }
            });
        }
    }))
}

/// Binds a socket that only root reaches, replacing one that a dead server left.
pub fn bind_private(path: &Path) -> anyhow::Result<UnixListener> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).with_context(|| format!("listen on {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).context("protect the socket")?;
    Ok(listener)
}

async fn answer(request: Request<Incoming>, images: Arc<ImageStore>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::POST, "/images") => import(request.into_body(), images).await,
        _ => (StatusCode::NOT_FOUND, "no such path".into()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    Ok(response)
}

async fn import(mut body: Incoming, images: Arc<ImageStore>) -> (StatusCode, String) {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    let reading = tokio::spawn(async move {
        while let Some(frame) = body.frame().await {
            let piece = frame.map(|frame| frame.into_data().unwrap_or_default());
            let is_end = piece.is_err();
            if sender.send(piece.map_err(io::Error::other)).await.is_err() || is_end {
                return;
            }
        }
    });
    let reader = PieceReader { receiver, current: Bytes::new() };
    let imported = tokio::task::spawn_blocking(move || archive::import(&images, reader)).await;
    reading.abort();
    match imported {
        Ok(Ok(records)) => (StatusCode::OK, names_of(&records)),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}{cause}"))
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn names_of(records: &[Arc<container_runtime::images::store::ImageRecord>]) -> String {
    let name = |record: &Arc<container_runtime::images::store::ImageRecord>| match record.tags.is_empty() {
        true => vec![record.id.to_string()],
        false => record.tags.clone(),
    };
    records.iter().flat_map(name).map(|name| name + "\n").collect()
}

/// Pieces that arrive on async threads, read on a blocking one.
struct PieceReader {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// Sends an archive to a running server; returns the names that it imported.
pub async fn send_archive(run_dir: &Path, archive: impl Read + Send + 'static) -> anyhow::Result<Vec<String>> {
    let path = socket(run_dir);
    let stream = UnixStream::connect(&path)
        .await
        .with_context(|| format!("connect {} (is the server running?)", path.display()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (pieces, receiver) = mpsc::channel::<Result<hyper::body::Frame<Bytes>, io::Error>>(PIECES_MAX);
    let reading = tokio::task::spawn_blocking(move || send_pieces(archive, &pieces));
    let body = http_body_util::StreamBody::new(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let request = Request::post("/images").header("host", "corten").body(body)?;
    let response = sender.send_request(request).await.context("send the archive")?;
    let status = response.status();
    let text = response.into_body().collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&text);
    drop(sender);
    connection.abort();
    reading.await?;
    anyhow::ensure!(status.is_success(), "import: {text}");
    Ok(text.lines().map(str::to_owned).collect())
}

fn send_pieces(mut archive: impl Read, pieces: &mpsc::Sender<Result<hyper::body::Frame<Bytes>, io::Error>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let frame = match archive.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => {
                piece.truncate(length);
                Ok(hyper::body::Frame::data(Bytes::from(piece)))
            }
            Err(error) => Err(error),
        };
        let is_error = frame.is_err();
        if pieces.blocking_send(frame).is_err() || is_error {
            return;
        }
    }
}
