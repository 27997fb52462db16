//! Requests about stored objects: get, list, watch, create, update, patch, delete.

use std::sync::Arc;
use std::time::Duration;

use apimachinery::group_version::GroupResource;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::{Status, StatusDetails};
use apimachinery::value::Value;
use apimachinery::{json, tree};
use http::{Method, StatusCode};
use registry::request::{ApplyOptions, Body, BodyFormat, PatchFormat, RequestInfo};
use registry::resource::{Deleted, Resource, Written};

use crate::authorization::Attributes;
use crate::call::Call;
use crate::metrics::InFlight;
use crate::negotiation::{self, Accepted, Encoding, Offer};
use crate::options::{Deletion, WriteKind, list_options};
use crate::render::{self, Kind, table};
use crate::reply::{Reply, ReplyBody};
use crate::server::Server;
use crate::watch_body::{EventEncoder, WatchBody};

/// A watch whose client names no end is ended by the server after between one and two of these, as upstream's.
const WATCH_TIME_MIN: Duration = Duration::from_secs(1_800);

/// 405 for a path that is served with other methods.
pub fn method_not_allowed() -> Status {
    Status {
        code: 405,
        reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource".into(),
        details: Some(Box::default()),
    }
}

impl Server {
    /// Answers a request about a stored object or one of its subresources that the registry owns.
    pub(crate) async fn stored(&self, resource: Arc<Resource>, call: &mut Call) -> Result<Reply, Status> {
        check_scope(&resource, call)?;
        if !call.target.subresource.is_empty() {
            return self.subresource(&resource, call).await;
        }
        let is_old_watch = call.target.verb == "watch" && call.target.is_name_in_path;
        let method = call.method.clone();
        match (method.as_str(), call.target.is_name_in_path && !is_old_watch) {
            ("GET", true) => get(&resource, call).await,
            ("GET", false) if call.target.verb == "watch" => self.watch(resource, call).await,
            ("GET", false) => list(&resource, call).await,
            ("POST", false) => create(&resource, call).await,
            ("PUT", true) => update(&resource, call).await,
            ("PATCH", true) => self.patch(&resource, call).await,
            ("DELETE", true) => delete(&resource, call).await,
            ("DELETE", false) => delete_collection(&resource, call).await,
            _ => Err(method_not_allowed()),
        }
    }

    async fn subresource(&self, resource: &Arc<Resource>, call: &mut Call) -> Result<Reply, Status> {
        let name = call.target.subresource.clone();
        if !resource.serves_subresource(&name) || !call.target.rest.is_empty() {
            return Err(Status::unknown_resource());
        }
        let kind = resource.resource_type().subresource(&name).ok_or_else(Status::unknown_resource)?;
        let verb = match call.method {
            Method::GET => "get",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            _ => return Err(method_not_allowed()),
        };
        if !kind.verbs.contains(&verb) {
            return Err(method_not_allowed());
        }
        match (verb, name.as_str()) {
            ("get", "scale") => {
                let accepted = negotiation::accept(&call.headers, &call.query, Offer::Objects)?;
                let scale = resource.get_subresource(&call.target.namespace, &call.target.name, "scale").await?;
                render::scale::reply(accepted, &scale, &call.query)
            }
            ("get", _) => get(resource, call).await,
            ("create", _) => create_subresource(resource, call).await,
            ("update", _) => update(resource, call).await,
            _ => self.patch(resource, call).await,
        }
    }

    async fn patch(&self, resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
        if call.target.subresource.is_empty() {
            require_verb(resource, "patch")?;
        }
        let format = negotiation::patch_format(&call.headers)?;
        let accepted = objects(call)?;
        let body = call.read_body().await?;
        let is_apply = format == PatchFormat::Apply;
        let mut info = call.info("patch", if is_apply { WriteKind::Apply } else { WriteKind::Patch })?;
        if is_apply {
            let create = Attributes { verb: "create", ..Attributes::of_target(&call.user, &call.target) };
            let create_refusal = self.authorize(&create).await.err();
            info.apply = ApplyOptions { is_forced: call.query.flag("force").unwrap_or(false), create_refusal };
        }
        let written = resource.patch(&info, format, &body).await;
        finish_write(resource, call, accepted, &info, written)
    }

    async fn watch(&self, resource: Arc<Resource>, call: &mut Call) -> Result<Reply, Status> {
        if !resource.resource_type().has_verb("watch") {
            return Err(method_not_allowed());
        }
        let accepted = negotiation::accept(&call.headers, &call.query, Offer::ObjectLists)?;
        if accepted.encoding == Encoding::Yaml {
            return Err(Status::not_acceptable(
                "only the following media types are accepted: application/json;stream=watch, \
                 application/vnd.kubernetes.protobuf;stream=watch",
            ));
        }
        let options = list_options(&call.query, &call.target)?;
        let include = table::include_object(&call.query)?;
        let frames = resource.watch(&call.target.namespace, &options).await?;
        let asked = options.timeout_seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let encoder = EventEncoder::new(accepted, resource, include);
        let media_type = encoder.media_type();
        let body = WatchBody {
            frames,
            timeout: asked.unwrap_or_else(random_watch_time),
            is_timeout_asked: asked.is_some(),
            encoder,
            stopping: self.stopping.clone(),
            _running: InFlight::start(&self.metrics.long_running),
        };
        Ok(Reply::new(StatusCode::OK, media_type, ReplyBody::Watch(Box::new(body))))
    }
}

fn random_watch_time() -> Duration {
    let nanos = jiff::Timestamp::now().subsec_nanosecond().unsigned_abs();
    WATCH_TIME_MIN + WATCH_TIME_MIN.mul_f64(f64::from(nanos % 1_000_000) / 1_000_000.0)
}

/// Whether the path's namespace fits the resource: cluster-wide paths of namespaced kinds only list.
fn check_scope(resource: &Resource, call: &mut Call) -> Result<(), Status> {
    let target = &mut call.target;
    let ty = resource.resource_type();
    if target.verb == "proxy" {
        return Err(Status::unknown_resource());
    }
    if !ty.is_namespaced {
        let is_namespace_itself =
            target.resource == "namespaces" && target.group.is_empty() && target.namespace == target.name;
        if !target.namespace.is_empty() && !is_namespace_itself {
            return Err(Status::unknown_resource());
        }
        target.namespace.clear();
        return Ok(());
    }
    if target.namespace.is_empty() {
        if target.is_name_in_path {
            return Err(Status::unknown_resource());
        }
        if call.method != Method::GET {
            return Err(method_not_allowed());
        }
    }
    Ok(())
}

fn objects(call: &Call) -> Result<Accepted, Status> {
    // `scale` has a kind of its own, which has no columns.
    let offer = if call.target.subresource == "scale" { Offer::Plain } else { Offer::Objects };
    negotiation::accept(&call.headers, &call.query, offer)
}

fn require_verb(resource: &Resource, verb: &str) -> Result<(), Status> {
    match resource.resource_type().has_verb(verb) {
        true => Ok(()),
        false => Err(method_not_allowed()),
    }
}

fn kind(resource: &Resource) -> Kind<'_> {
    Kind { resource, ty: resource.resource_type() }
}

async fn get(resource: &Resource, call: &Call) -> Result<Reply, Status> {
    let accepted = objects(call)?;
    let (namespace, name) = (&call.target.namespace, &call.target.name);
    let object = resource.get(namespace, name, call.query.text("resourceVersion")).await?;
    render::object_reply(accepted, StatusCode::OK, kind(resource), &object, &call.query)
}

async fn list(resource: &Resource, call: &Call) -> Result<Reply, Status> {
    require_verb(resource, "list")?;
    let accepted = negotiation::accept(&call.headers, &call.query, Offer::ObjectLists)?;
    let options = list_options(&call.query, &call.target)?;
    let list = resource.list(&call.target.namespace, &options).await?;
    render::list_reply(accepted, kind(resource), list, &call.query)
}

async fn create(resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
    require_verb(resource, "create")?;
    let accepted = objects(call)?;
    let body = call.read_object().await?;
    let info = call.info("create", WriteKind::Create)?;
    let written = resource.create(&info, &body).await;
    finish_write(resource, call, accepted, &info, written)
}

async fn update(resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
    if call.target.subresource.is_empty() {
        require_verb(resource, "update")?;
    }
    let accepted = objects(call)?;
    let body = call.read_object().await?;
    let info = call.info("update", WriteKind::Update)?;
    let written = resource.update(&info, &body).await;
    finish_write(resource, call, accepted, &info, written)
}

fn finish_write(
    resource: &Resource,
    call: &mut Call,
    accepted: Accepted,
    info: &RequestInfo,
    written: Result<Written, Status>,
) -> Result<Reply, Status> {
    call.take_warnings(info);
    let written = written?;
    let status = if written.is_created { StatusCode::CREATED } else { StatusCode::OK };
    render::object_reply(accepted, status, kind(resource), &written.object, &call.query)
}

/// POST of a subresource with a body of its own (`binding`, `eviction`): answered with a Status, as upstream.
async fn create_subresource(resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
    let accepted = negotiation::accept(&call.headers, &call.query, Offer::Plain)?;
    let body = call.read_object().await?;
    let info = call.info("create", WriteKind::Create)?;
    let written = resource.create(&info, &body).await;
    call.take_warnings(&info);
    written?;
    let status = tree!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(render::value_reply(accepted, StatusCode::CREATED, &status))
}

async fn read_deletion(call: &mut Call) -> Result<Deletion, Status> {
    let bytes = call.read_body().await?;
    let format = match bytes.is_empty() {
        true => BodyFormat::Json,
        false => negotiation::body_format(&call.headers)?,
    };
    Deletion::read(&Body { format, bytes }, &call.query)
}

async fn delete(resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
    require_verb(resource, "delete")?;
    let accepted = objects(call)?;
    let deletion = read_deletion(call).await?;
    let info =
        RequestInfo { is_dry_run: deletion.is_dry_run, options: deletion.shown.clone(), ..call.bare_info("delete") };
    let deleted = resource.delete(&info, &deletion.options).await;
    call.take_warnings(&info);
    let deleted = deleted?;
    if deleted.is_gone && !resource.returns_deleted_object() {
        let plain = negotiation::accept_for_errors(&call.headers, &call.query);
        return Ok(render::value_reply(plain, StatusCode::OK, &deleted_status(resource, &deleted)));
    }
    let is_pending = !deleted.is_gone && deletion.asks_for_cascade;
    let status = if is_pending { StatusCode::ACCEPTED } else { StatusCode::OK };
    render::object_reply(accepted, status, kind(resource), &deleted.object, &call.query)
}

fn deleted_status(resource: &Resource, deleted: &Deleted) -> Value {
    let object = json::parse(&deleted.object.bytes).unwrap_or_default();
    let ty = resource.resource_type();
    let group = GroupResource::new(ty.group, ty.plural);
    let details = StatusDetails {
        name: object.name().to_owned(),
        group: group.group,
        kind: group.resource,
        uid: object.uid().to_owned(),
        ..StatusDetails::default()
    };
    success(&details)
}

fn success(details: &StatusDetails) -> Value {
    let mut shown = tree!({"name": (details.name.clone())});
    let fields = [("group", &details.group), ("kind", &details.kind), ("uid", &details.uid)];
    for (key, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        shown.set(&[key], text.as_str());
    }
    tree!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown})
}

async fn delete_collection(resource: &Resource, call: &mut Call) -> Result<Reply, Status> {
    require_verb(resource, "deletecollection")?;
    let accepted = objects(call)?;
    let options = list_options(&call.query, &call.target)?;
    let deletion = read_deletion(call).await?;
    let info = RequestInfo {
        is_dry_run: deletion.is_dry_run,
        options: deletion.shown.clone(),
        ..call.bare_info("deletecollection")
    };
    let list = resource.delete_collection(&info, &options, &deletion.options).await;
    call.take_warnings(&info);
    render::list_reply(accepted, kind(resource), list?, &call.query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_answered_as_upstream() {
        let details =
            StatusDetails { name: "a".into(), kind: "configmaps".into(), uid: "u".into(), ..StatusDetails::default() };
        let text = String::from_utf8(json::to_vec(&success(&details))).expect("UTF-8");
        assert_eq!(
            text,
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"a","kind":"configmaps","uid":"u"}}"#
        );
    }
}
