//! `pods/eviction`: a deletion that would respect disruption budgets, once there are any.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use bytes::Bytes;
use http::{Method, StatusCode};
use registry::admission::{Admission, Attributes, Operation};
use registry::request::{Body, BodyFormat, RequestInfo};

use crate::call::Call;
use crate::negotiation::{self, Offer};
use crate::options::{Deletion, WriteKind};
use crate::query::Query;
use crate::render;
use crate::reply::Reply;
use crate::resources::method_not_allowed;
use crate::reviews::body::{self, Expected};
use crate::server::Server;

/// Answers POST of `pods/{name}/eviction`.
pub(crate) async fn create(server: &Server, call: &mut Call) -> Result<Reply, Status> {
    if call.method != Method::POST {
        return Err(method_not_allowed());
    }
    let accepted = negotiation::accept(&call.headers, &call.query, Offer::Plain)?;
    let body = call.read_object().await?;
    let info = call.info("create", WriteKind::Create)?;
    let expected = Expected::built_in("policy", "v1", "Eviction")?;
    let decoded = body::decode(expected, &body, &info);
    call.take_warnings(&info);
    let mut eviction = decoded?;
    if !eviction.name().is_empty() && eviction.name() != info.name {
        return Err(Status::bad_request("name in URL does not match name in Eviction object"));
    }
    let old = Value::Null;
    let attributes = Attributes { info: &info, operation: Operation::Create, kind: expected.gvk(), old: &old };
    server.chain.mutate(&attributes, &mut eviction).await?;
    server.chain.validate(&attributes, &eviction).await?;
    delete(server, call, &eviction, &info).await?;
    let status = tree!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(render::value_reply(accepted, StatusCode::CREATED, &status))
}

async fn delete(server: &Server, call: &mut Call, eviction: &Value, info: &RequestInfo) -> Result<(), Status> {
    let pods = server.registry.resource("", "v1", "pods").ok_or_else(Status::unknown_resource)?;
    let options = match eviction.field("deleteOptions") {
        Value::Null => Bytes::new(),
        options => Bytes::from(json::to_vec(options)),
    };
    let deletion = Deletion::read(&Body { format: BodyFormat::Json, bytes: options }, &Query::default())?;
    let is_dry_run = info.is_dry_run || deletion.is_dry_run;
    let request = RequestInfo { subresource: String::new(), is_dry_run, ..call.bare_info("delete") };
    let deleted = pods.delete(&request, &deletion.options).await;
    call.take_warnings(&request);
    deleted.map(|_| ())
}
