//! Connections go past admission, too: plugins and webhooks may refuse them.

use apimachinery::group_version::GroupVersionKind;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use registry::admission::{Admission, Attributes, Operation};

use crate::call::Call;
use crate::query::Query;
use crate::server::Server;

impl Server {
    /// Asks the admission chain whether a connection may be made.
    pub(super) async fn admit_connection(&self, call: &mut Call) -> Result<(), Status> {
        let Some((kind, mut options)) = options(call) else { return Ok(()) };
        if let Some(ty) = api::type_by_gvk("", "v1", kind) {
            schema::normalise(ty, &mut options).map_err(Status::internal)?;
        }
        let info = call.bare_info("connect");
        let kind = GroupVersionKind::new("", "v1", kind);
        let (operation, old) = (Operation::Connect, &Value::Null);
        let attributes = Attributes { info: &info, operation, kind, old, old_revision: 0 };
        let admitted = match self.chain.mutate(&attributes, &mut options).await {
            Ok(()) => self.chain.validate(&attributes, &options).await,
            refused => refused,
        };
        call.take_warnings(&info);
        admitted
    }
}

/// The kind and the options of a connection, as an object. Logs are read, not connected to.
fn options(call: &Call) -> Option<(&'static str, Value)> {
    let query = &call.query;
    let (kind, mut options) = match (call.target.resource.as_str(), call.target.subresource.as_str()) {
        ("pods", "attach") => ("PodAttachOptions", streams(query)),
        ("pods", "exec") => ("PodExecOptions", command(query)),
        ("pods", "portforward") => ("PodPortForwardOptions", ports(query)),
        ("pods", "proxy") => ("PodProxyOptions", path(call)),
        ("services", "proxy") => ("ServiceProxyOptions", path(call)),
        ("nodes", "proxy") => ("NodeProxyOptions", path(call)),
        _ => return None,
    };
    options.set(&["kind"], kind);
    options.set(&["apiVersion"], "v1");
    Some((kind, options))
}

fn streams(query: &Query) -> Value {
    let mut options = Value::object();
    for name in ["stdin", "stdout", "stderr", "tty"] {
        if query.flag(name) == Some(true) {
            options.set(&[name], true);
        }
    }
    if !query.text("container").is_empty() {
        options.set(&["container"], query.text("container"));
    }
    options
}

fn command(query: &Query) -> Value {
    let mut options = streams(query);
    let words: Value = query.all("command").map(Value::from).collect();
    options.set(&["command"], words);
    options
}

fn ports(query: &Query) -> Value {
    let numbers = query.all("ports").flat_map(|text| text.split(',')).filter_map(|text| text.parse::<i64>().ok());
    let numbers: Vec<Value> = numbers.map(Value::Int).collect();
    match numbers.is_empty() {
        true => Value::object(),
        false => tree!({"ports": (Value::Array(numbers))}),
    }
}

fn path(call: &Call) -> Value {
    match call.target.rest.is_empty() {
        true => Value::object(),
        false => tree!({"path": (format!("/{}", call.target.rest.join("/")))}),
    }
}
