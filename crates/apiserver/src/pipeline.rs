//! The path of every request, as a list: read what it is about, authenticate, impersonate, find a place,
//! authorize, route, answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use apimachinery::status::Status;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use registry::request::UserInfo;

use crate::authentication::certificate::ConnectionIdentity;
use crate::authorization::{Attributes, forbidden};
use crate::call::{Call, CallBody};
use crate::identifiers::random_uuid;
use crate::impersonation;
use crate::metrics::{InFlight, RequestLabels};
use crate::negotiation::{accept_for_errors, accepts_gzip};
use crate::query::Query;
use crate::reply::Reply;
use crate::server::Server;
use crate::target::{self, Target};

/// Who sends a request, before authentication.
pub(crate) enum Caller {
    /// Over a socket.
    Connection(Arc<ConnectionIdentity>),
    /// A part of this process, whose identity is fixed.
    InProcess(Arc<UserInfo>),
}

/// A request as it arrives.
pub(crate) struct Arrival {
    method: Method,
    path: String,
    raw_query: String,
    headers: HeaderMap,
    body: Option<CallBody>,
    upgrade: Option<OnUpgrade>,
    peer: Option<IpAddr>,
    caller: Caller,
}

impl Arrival {
    /// From a socket.
    pub fn from_socket(mut request: Request<Incoming>, identity: Arc<ConnectionIdentity>, peer: IpAddr) -> Arrival {
        let upgrade =
            streaming::upgrade::is_upgrade_request(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        // HTTP/2 has it in its own place.
        let authority = parts.uri.authority().and_then(|it| HeaderValue::from_str(it.as_str()).ok());
        if let Some(host) = authority {
            parts.headers.entry(HOST).or_insert(host);
        }
        Arrival {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or("").to_owned(),
            headers: parts.headers,
            body: Some(CallBody::Incoming(body)),
            upgrade,
            peer: Some(peer),
            caller: Caller::Connection(identity),
        }
    }

    /// From a part of this process.
    pub fn from_process(request: Request<Bytes>, user: Arc<UserInfo>) -> Arrival {
        let (parts, body) = request.into_parts();
        Arrival {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or("").to_owned(),
            headers: parts.headers,
            body: Some(CallBody::Bytes(body)),
            upgrade: None,
            peer: None,
            caller: Caller::InProcess(user),
        }
    }
}

/// Verbs and subresources that run for long and take no place.
fn is_long_running(target: &Target) -> bool {
    target.is_resource
        && (matches!(target.verb, "watch" | "proxy")
            || matches!(target.subresource.as_str(), "attach" | "exec" | "proxy" | "log" | "portforward"))
}

impl Server {
    /// Answers one request.
    pub(crate) async fn respond(self: &Arc<Self>, mut arrival: Arrival) -> Reply {
        let started = Instant::now();
        let query = Query::parse(&arrival.raw_query);
        let accepted = accept_for_errors(&arrival.headers, &query);
        let is_head = arrival.method == Method::HEAD;
        let wants_gzip = accepts_gzip(&arrival.headers);
        let audit_id = audit_id(&arrival.headers);
        let target = match target::parse(&arrival.method, &arrival.path, &query) {
            Ok(target) => target,
            Err(error) => return Reply::error(&Status::internal(error), accepted),
        };
        let labels_of = target.clone();
        let mut reply = match self.guarded(&mut arrival, target, query).await {
            Ok(reply) => reply,
            Err(status) => {
                let mut reply = Reply::error(&status, accepted);
                // Upstream's filters say so, its handlers do not.
                if matches!(status.code, 400 | 403) {
                    reply.header("x-content-type-options", "nosniff");
                }
                reply
            }
        };
        if arrival.body.is_some() {
            reply.unread = arrival.body.take();
        }
        if wants_gzip {
            reply.compress();
        }
        if is_head {
            reply.drop_body();
        }
        reply.headers.insert(HeaderName::from_static("audit-id"), audit_id);
        reply.headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
        self.count(&labels_of, reply.status.as_u16(), started);
        reply
    }

    /// Authenticates, authorizes and routes.
    async fn guarded(self: &Arc<Self>, arrival: &mut Arrival, target: Target, query: Query) -> Result<Reply, Status> {
        let is_in_process = matches!(arrival.caller, Caller::InProcess(_));
        let user = self.authenticate(arrival).await?;
        let user = {
            let request = Attributes::of_target(&user, &target);
            impersonation::impersonate(&self.authorizer, &user, &request, &arrival.headers).await?
        };
        let is_read = matches!(target.verb, "get" | "list" | "head" | "options");
        let _place = match is_in_process || is_long_running(&target) {
            true => None,
            false if is_read => Some((self.in_flight.read().await, InFlight::start(&self.metrics.read_only))),
            false => Some((self.in_flight.write().await, InFlight::start(&self.metrics.mutating))),
        };
        if let Some((Err(status), _)) = &_place {
            self.metrics.dropped.fetch_add(1, Ordering::Relaxed);
            return Err(status.clone());
        }
        self.authorize(&Attributes::of_target(&user, &target)).await?;
        let call = Call {
            method: arrival.method.clone(),
            target,
            query,
            headers: std::mem::take(&mut arrival.headers),
            body: arrival.body.take(),
            user,
            upgrade: arrival.upgrade.take(),
            raw_query: std::mem::take(&mut arrival.raw_query),
            peer: arrival.peer,
            warnings: Vec::new(),
        };
        match is_read || is_long_running(&call.target) {
            true => Ok(Arc::clone(self).answer(call).await),
            // A write goes on to its end also when its client goes away in the middle.
            false => tokio::spawn(Arc::clone(self).answer(call)).await.map_err(Status::internal),
        }
    }

    async fn authenticate(&self, arrival: &Arrival) -> Result<Arc<UserInfo>, Status> {
        let result = match &arrival.caller {
            Caller::InProcess(user) => Ok(Arc::clone(user)),
            Caller::Connection(identity) => self.authenticator.authenticate(identity, &arrival.headers).await,
        };
        self.metrics.authenticated[usize::from(result.is_err())].fetch_add(1, Ordering::Relaxed);
        result.map_err(|error| {
            tracing::debug!(%error, path = arrival.path, "unable to authenticate the request");
            Status::unauthorized()
        })
    }

    /// Refuses what is not allowed.
    pub(crate) async fn authorize(&self, attributes: &Attributes<'_>) -> Result<(), Status> {
        let decision = self.authorizer.authorize(attributes).await;
        self.metrics.authorized[usize::from(!decision.is_allowed())].fetch_add(1, Ordering::Relaxed);
        match decision.is_allowed() {
            true => Ok(()),
            false => Err(forbidden(attributes, decision.reason())),
        }
    }

    async fn answer(self: Arc<Self>, mut call: Call) -> Reply {
        let result = self.route(&mut call).await;
        let mut reply = match result {
            Ok(reply) => reply,
            Err(status) => Reply::error(&status, accept_for_errors(&call.headers, &call.query)),
        };
        reply.unread = call.body.take();
        for text in &call.warnings {
            reply.header("warning", &warning_header(text));
        }
        reply
    }

    fn count(&self, target: &Target, code: u16, started: Instant) {
        let is_known =
            target.is_resource && self.discovery.read().serves(&target.group, &target.version, &target.resource);
        let verb = match target.verb {
            "create" | "post" => "POST",
            "update" | "put" => "PUT",
            "patch" => "PATCH",
            "delete" => "DELETE",
            "deletecollection" => "DELETECOLLECTION",
            "list" => "LIST",
            "watch" => "WATCH",
            _ if is_long_running(target) => "CONNECT",
            _ => "GET",
        };
        let scope = match (target.name.is_empty() && verb != "POST", target.namespace.is_empty()) {
            (false, _) => "resource",
            (true, false) => "namespace",
            (true, true) => "cluster",
        };
        let labels = match is_known {
            true => RequestLabels {
                verb,
                group: &target.group,
                version: &target.version,
                resource: &target.resource,
                subresource: crate::connect::known_subresource(&target.subresource),
                scope,
                dry_run: "",
            },
            false => RequestLabels {
                verb,
                group: "",
                version: "",
                resource: "",
                subresource: crate::system::known_path(&target.path),
                scope: "",
                dry_run: "",
            },
        };
        self.metrics.request(&labels, code, started.elapsed());
    }
}

fn audit_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get("audit-id").filter(|value| !value.is_empty() && value.len() <= AUDIT_ID_BYTES_MAX);
    given.cloned().unwrap_or_else(|| HeaderValue::from_str(&random_uuid()).expect("hexadecimal text"))
}

/// Bytes of an audit id that a client gives; upstream's.
const AUDIT_ID_BYTES_MAX: usize = 64;

/// `299 - "text"`, quotes and backslashes escaped, control characters left out.
fn warning_header(text: &str) -> String {
    let clean: String = text.chars().filter(|it| !it.is_control()).collect();
    format!("299 - \"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_quoted() {
        assert_eq!(warning_header("unknown field \"spec.x\"\n"), r#"299 - "unknown field \"spec.x\"""#);
    }
}
