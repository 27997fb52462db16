//! NamespaceLifecycle: nothing is created in namespaces that are not there or are going away, and the system's
//! namespaces stay.

use apimachinery::group_version::GroupResource;
use apimachinery::status::{Status, StatusCause, StatusDetails};
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::{Dependencies, forbidden, is_core};

/// Namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    let info = attributes.info;
    if is_core(attributes, "namespaces") {
        let is_refused = attributes.operation == Operation::Delete && IMMORTAL.contains(&info.name.as_str());
        return match is_refused {
            true => Err(forbidden(attributes, object, "this namespace may not be deleted")),
            false => Ok(()),
        };
    }
    let is_of_no_concern = info.namespace.is_empty()
        || attributes.operation == Operation::Delete
        || (info.group == "authorization.k8s.io" && info.resource == "localsubjectaccessreviews");
    if is_of_no_concern {
        return Ok(());
    }
    let namespace = all.object("", "namespaces", "", &info.namespace).await?;
    let Some(namespace) = namespace else {
        return Err(Status::not_found(&GroupResource::new("", "namespaces"), &info.namespace));
    };
    let is_terminating = namespace.str_at(&["status", "phase"]) == "Terminating";
    match attributes.operation == Operation::Create && is_terminating {
        true => Err(terminating(attributes, object)),
        false => Ok(()),
    }
}

fn terminating(attributes: &Attributes<'_>, object: &Value) -> Status {
    let namespace = &attributes.info.namespace;
    let cause = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut status = forbidden(attributes, object, cause);
    status.details.get_or_insert_with(|| Box::new(StatusDetails::default())).causes.push(StatusCause {
        reason: "NamespaceTerminating".into(),
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".into(),
    });
    status
}
