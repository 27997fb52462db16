//! The CRI socket: both services over gRPC on a unix socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use container_interfaces::cri::{self, ImageService, RuntimeService};
use tokio::net::UnixListener;

/// The socket could not be served; a retry can help.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It cannot be bound.
    #[error("bind the CRI socket")]
    Bind(#[source] io::Error),
    /// Serving ended by an error.
    #[error("serve the CRI socket")]
    Serve(#[source] tonic::transport::Error),
}

/// Serves `runtime` and `images` on a socket at `path` (mode 0660) until `stop` completes; a stale socket file is
/// replaced.
pub async fn serve(
    path: &Path,
    runtime: Arc<dyn RuntimeService>,
    images: Arc<dyn ImageService>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let listener = bind(path).map_err(ServeError::Bind)?;
    let served = cri::serve(listener, runtime, images, stop).await.map_err(ServeError::Serve);
    // Gone already when another server has taken its place.
    let _ = std::fs::remove_file(path);
    served
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}
