//! `pods/eviction`: a deletion that respects disruption budgets.

mod budget;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::time::format_seconds;
use apimachinery::tree;
use apimachinery::value::Value;
use bytes::Bytes;
use http::{Method, StatusCode};
use registry::request::{Body, BodyFormat, DeleteOptions, PatchFormat, RequestInfo};
use registry::resource::Resource;
use std::sync::Arc;

use crate::call::Call;
use crate::negotiation::{self, Offer};
use crate::options::Deletion;
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
    let expected = Expected::built_in("policy", "v1", "Eviction")?;
    let (info, mut eviction) = body::read(call, expected).await?;
    if !eviction.name().is_empty() && eviction.name() != info.name {
        return Err(Status::bad_request("name in URL does not match name in Eviction object"));
    }
    let admitted = server.chain.admit_creation(&info, expected.gvk(), &mut eviction).await;
    call.take_warnings(&info);
    admitted?;
    delete(server, call, &eviction, &info).await?;
    let status = tree!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(render::value_reply(accepted, StatusCode::CREATED, &status))
}

/// Attempts while others write the Pod or its budget.
const RETRIES_MAX: usize = 20;

async fn delete(server: &Server, call: &mut Call, eviction: &Value, info: &RequestInfo) -> Result<(), Status> {
    let options = match eviction.field("deleteOptions") {
        Value::Null => Bytes::new(),
        options => Bytes::from(json::to_vec(options)),
    };
    let deletion = Deletion::read(&Body { format: BodyFormat::Json, bytes: options }, &Query::default())?;
    let is_dry_run = info.is_dry_run || deletion.is_dry_run;
    let evicting = Evicting {
        pods: server.registry.resource("", "v1", "pods").ok_or_else(Status::unknown_resource)?,
        options: deletion.options,
        is_dry_run,
    };
    for _ in 0..RETRIES_MAX {
        let pod = evicting.pods.get(&info.namespace, &info.name, "").await?;
        let pod = json::parse(&pod.to_json()).map_err(Status::internal)?;
        let ruling = match budget::needs_none(&pod) {
            true => Ruling { budget: None, holds_state: !budget::has_ended(&pod) },
            false => budget::rule(server, call, &pod, is_dry_run).await?,
        };
        match evicting.delete(call, &pod, &ruling).await {
            Err(status)
                if status.is_conflict() && ruling.holds_state && evicting.options.resource_version.is_none() =>
            {
                // The Pod has changed since it was looked at.
                if let Some(budget) = &ruling.budget {
                    return Err(budget::being_processed(budget));
                }
            }
            other => return other,
        }
    }
    Err(Status::timeout("couldn't delete the Pod due to conflicts", 10))
}

/// What was decided about a Pod.
pub(super) struct Ruling {
    /// Name of the budget that covers it.
    budget: Option<String>,
    /// Whether the decision holds only for the Pod's present state.
    holds_state: bool,
}

struct Evicting {
    pods: Arc<Resource>,
    options: DeleteOptions,
    is_dry_run: bool,
}

impl Evicting {
    /// Marks the Pod, then deletes it.
    async fn delete(&self, call: &mut Call, pod: &Value, ruling: &Ruling) -> Result<(), Status> {
        let mut options = self.options.clone();
        if ruling.holds_state && options.resource_version.is_none() {
            options.resource_version = Some(pod.resource_version().to_owned());
        }
        if !self.is_dry_run {
            let marked = self.mark(call, &options).await?;
            if options.resource_version.is_some() {
                options.resource_version = Some(marked);
            }
        }
        let is_dry_run = self.is_dry_run;
        let request =
            RequestInfo { subresource: String::new(), is_dry_run, is_admitted: true, ..call.bare_info("delete") };
        let deleted = self.pods.delete(&request, &options).await;
        call.take_warnings(&request);
        deleted.map(drop)
    }

    /// Tells in the Pod's status who deletes it. Returns its new revision.
    async fn mark(&self, call: &Call, options: &DeleteOptions) -> Result<String, Status> {
        let mut patch = tree!({"status": {"conditions": [{
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
            "lastTransitionTime": (format_seconds(jiff::Timestamp::now()))
        }]}});
        for (field, value) in [("uid", &options.uid), ("resourceVersion", &options.resource_version)] {
            if let Some(value) = value {
                patch.set(&["metadata", field], value.as_str());
            }
        }
        let request = RequestInfo { subresource: "status".into(), is_admitted: true, ..call.bare_info("patch") };
        let written = self.pods.patch(&request, PatchFormat::Strategic, &json::to_vec(&patch)).await?;
        Ok(written.object.revision.to_string())
    }
}
