//! One request on its way through the server, behind authentication.

use std::net::IpAddr;
use std::sync::Arc;

use apimachinery::status::Status;
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use registry::request::{Body, RequestInfo, UserInfo};

use crate::negotiation;
use crate::options::{WriteKind, WriteOptions};
use crate::query::Query;
use crate::target::Target;

/// Bytes of a request body; upstream's.
pub const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The body of a request.
pub enum CallBody {
    /// All there (in-process callers).
    Bytes(Bytes),
    /// Still to be read.
    Incoming(Incoming),
}

/// One request.
pub struct Call {
    /// Method.
    pub method: Method,
    /// What it is about.
    pub target: Target,
    /// Query, parsed.
    pub query: Query,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; `None` once read.
    pub body: Option<CallBody>,
    /// Who asks.
    pub user: Arc<UserInfo>,
    /// The connection, should the protocol be changed.
    pub upgrade: Option<OnUpgrade>,
    /// The query as it was sent.
    pub raw_query: String,
    /// Who sent it, if it came over a socket.
    pub peer: Option<IpAddr>,
    /// Warnings for the client, so far.
    pub warnings: Vec<String>,
}

impl Call {
    /// Reads the body. One that is too large stays where it is: see [`crate::reply::Reply::unread`].
    pub async fn read_body(&mut self) -> Result<Bytes, Status> {
        let too_large = || Status::request_entity_too_large(format!("limit is {BODY_BYTES_MAX}"));
        match self.body.take() {
            None => Ok(Bytes::new()),
            Some(CallBody::Bytes(bytes)) if bytes.len() > BODY_BYTES_MAX => Err(too_large()),
            Some(CallBody::Bytes(bytes)) => Ok(bytes),
            Some(CallBody::Incoming(mut incoming)) => match collect(&mut incoming).await? {
                Some(bytes) => Ok(bytes),
                None => {
                    self.body = Some(CallBody::Incoming(incoming));
                    Err(too_large())
                }
            },
        }
    }

    /// Reads the body with its encoding.
    pub async fn read_object(&mut self) -> Result<Body, Status> {
        let format = negotiation::body_format(&self.headers)?;
        Ok(Body { format, bytes: self.read_body().await? })
    }

    /// What the registry is told about this request, with the options of a write.
    pub fn info(&self, verb: &'static str, kind: WriteKind) -> Result<RequestInfo, Status> {
        let options = WriteOptions::read(&self.query, kind)?;
        Ok(RequestInfo {
            verb,
            is_dry_run: options.is_dry_run,
            field_manager: self.field_manager(options.field_manager),
            field_validation: options.field_validation,
            options: WriteOptions::shown(&self.query, kind),
            ..self.bare_info(verb)
        })
    }

    /// The same without options.
    pub fn bare_info(&self, verb: &'static str) -> RequestInfo {
        RequestInfo {
            user: Arc::clone(&self.user),
            verb,
            group: self.target.group.clone(),
            version: self.target.version.clone(),
            resource: self.target.resource.clone(),
            subresource: self.target.subresource.clone(),
            namespace: self.target.namespace.clone(),
            name: self.target.name.clone(),
            field_manager: self.field_manager(String::new()),
            ..RequestInfo::default()
        }
    }

    /// Takes over the warnings that the registry gave.
    pub fn take_warnings(&mut self, info: &RequestInfo) {
        self.warnings.append(&mut info.warnings.lock());
    }

    fn field_manager(&self, asked: String) -> String {
        if !asked.is_empty() {
            return asked;
        }
        let agent = self.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let start = agent.split('/').next().unwrap_or("");
        start.chars().filter(|it| !it.is_control()).take(crate::options::FIELD_MANAGER_BYTES_MAX).collect()
    }
}

/// The whole body; `None` when it is longer than [`BODY_BYTES_MAX`].
async fn collect(incoming: &mut Incoming) -> Result<Option<Bytes>, Status> {
    let unreadable = |error| Status::bad_request(format!("unable to read the request body: {error}"));
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(unreadable)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > BODY_BYTES_MAX {
            return Ok(None);
        }
        match first.is_empty() {
            true => first = data,
            false => rest.extend_from_slice(&data),
        }
    }
    Ok(Some(match rest.is_empty() {
        true => first,
        false => [&first[..], &rest].concat().into(),
    }))
}
