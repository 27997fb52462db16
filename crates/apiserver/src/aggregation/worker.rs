//! One task per remote APIService: asks its server how it is and what it serves.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;
use bytes::Bytes;
use futures_util::future::select_ok;
use registry::request::{Body, BodyFormat, RequestInfo};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::availability::{Availability, obstacle, with_condition};
use super::transport::ask;
use super::{GROUP, PLURAL, Remote, documents};
use crate::server::{Server, loopback_user};

/// Time after which a server is asked again, although nothing is known to have changed: its network may have.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);
/// The same after a failure; doubled with each further one, up to [`RECHECK_INTERVAL`].
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(200);
/// Times that a server is asked at once; one good answer is enough, the endpoints may differ.
const ATTEMPTS: usize = 5;
/// Writes of a condition that meet another write.
const WRITES_MAX: usize = 5;

/// A running task; dropping it ends it.
pub(super) struct Worker {
    task: JoinHandle<()>,
    wake: Arc<Notify>,
    /// Namespace and name of the Service.
    pub(super) service: (String, String),
}

impl Worker {
    /// Starts to look after the APIService `name`.
    pub(super) fn start(server: &Arc<Server>, name: &str, service: (String, String)) -> Worker {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(run(Arc::downgrade(server), name.to_owned(), Arc::clone(&wake)));
        Worker { task, wake, service }
    }

    /// Something has changed: looks again at once.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(server: Weak<Server>, name: String, wake: Arc<Notify>) {
    let mut pause = RETRY_PAUSE_MIN;
    loop {
        let Some(server) = server.upgrade() else { return };
        let is_well = server.look_after(&name).await;
        drop(server);
        let wait = if is_well { RECHECK_INTERVAL } else { pause };
        pause = if is_well { RETRY_PAUSE_MIN } else { (pause * 2).min(RECHECK_INTERVAL) };
        tokio::select! {
            () = wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

impl Server {
    /// Asks once; whether nothing failed.
    async fn look_after(&self, name: &str) -> bool {
        let Some(remote) = self.aggregator.remote(name) else { return true };
        let found = self.availability(&remote).await;
        // Told before the condition says that it is there: who waits for that may ask at once.
        let is_told = match (&found, self.resolve(&remote.service).await) {
            (Ok(found), Ok(address)) if found.is_available => self.take_documents(name, &remote, address).await,
            _ => {
                self.note_discovered(name, None);
                true
            }
        };
        let written = match &found {
            Ok(found) => self.write_condition(name, found).await,
            Err(status) => Err(status.clone()),
        };
        if let Err(status) = &written {
            tracing::warn!(name, message = status.message, "cannot look after an APIService");
        }
        written.is_ok() && is_told && found.is_ok_and(|found| !found.is_failed_check())
    }

    fn note_discovered(&self, name: &str, resources: Option<Vec<Value>>) {
        if self.aggregator.set_discovered(name, resources) {
            self.refresh_served();
        }
    }

    /// Reads what a server says of itself; whether it did.
    async fn take_documents(&self, name: &str, remote: &Remote, address: SocketAddr) -> bool {
        let resources = documents::discovery(remote, address).await;
        let is_told = resources.is_ok();
        if let Err(error) = &resources {
            tracing::debug!(name, error, "no discovery document");
        }
        self.note_discovered(name, resources.ok());
        if let Some(document) = documents::openapi(remote, address).await
            && self.aggregator.set_document(name, document)
        {
            self.refresh_served();
        }
        is_told
    }

    async fn availability(&self, remote: &Remote) -> Result<Availability, Status> {
        let behind = self.behind(&remote.service).await?;
        if let Some(obstacle) = obstacle(&behind, &remote.service) {
            return Ok(obstacle);
        }
        let attempts = (0..ATTEMPTS).map(|_| Box::pin(self.attempt(remote)));
        Ok(match select_ok(attempts).await {
            Ok(_) => Availability::passed(),
            Err(error) => Availability::failed(error),
        })
    }

    async fn attempt(&self, remote: &Remote) -> Result<(), String> {
        let address = self.resolve(&remote.service).await?;
        let url = format!("https://{address}{}", remote.path());
        let failing = |error: String| format!("failing or missing response from {url}: {error}");
        let answer = ask(remote, address, &remote.path(), "*/*").await.map_err(|error| {
            let error = format!("Get \"{url}\": {error}");
            failing(error)
        })?;
        match answer.code {
            200..=299 => Ok(()),
            code => Err(failing(format!("bad status from {url}: {code}"))),
        }
    }

    /// Writes the condition, unless the APIService says so already or is gone.
    async fn write_condition(&self, name: &str, found: &Availability) -> Result<(), Status> {
        let resource = self.registry.resource(GROUP, "v1", PLURAL).ok_or_else(Status::unknown_resource)?;
        let mut outcome = Ok(());
        for _ in 0..WRITES_MAX {
            let object = match resource.get("", name, "").await {
                Ok(object) => json::parse(&object.to_json()).map_err(Status::internal)?,
                Err(status) if status.code == 404 => return Ok(()),
                Err(status) => return Err(status),
            };
            let is_remote = !object.at(&["spec", "service"]).is_null();
            let Some(wanted) = with_condition(&object, found, jiff::Timestamp::now()).filter(|_| is_remote) else {
                return Ok(());
            };
            let body = Body { format: BodyFormat::Json, bytes: Bytes::from(json::to_vec(&wanted)) };
            outcome = resource.update(&request("update", name, "status"), &body).await.map(drop);
            match &outcome {
                Err(status) if status.code == 409 => {}
                _ => break,
            }
        }
        outcome
    }
}

impl Remote {
    /// Path of its group version.
    pub(super) fn path(&self) -> String {
        match self.registration.group.as_str() {
            "" => format!("/api/{}", self.registration.version),
            group => format!("/apis/{group}/{}", self.registration.version),
        }
    }
}

/// A request of this server about an APIService.
pub(super) fn request(verb: &'static str, name: &str, subresource: &str) -> RequestInfo {
    RequestInfo {
        user: Arc::new(loopback_user()),
        verb,
        group: GROUP.to_owned(),
        version: "v1".to_owned(),
        resource: PLURAL.to_owned(),
        subresource: subresource.to_owned(),
        name: name.to_owned(),
        field_manager: "kube-apiserver".to_owned(),
        ..RequestInfo::default()
    }
}
