//! What expressions of policies and webhooks see of a request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use cel::library::authorizer::{self, Authorize, Question};
use cel::value::{Fault, Outcome};
use cel::{Budget, Program, Val, Variables, convert};

use super::authorize::RequestAuthorizer;
use crate::admission::request::{Request, Seen};

/// The parts of a request as values. Those that many policies share are made once.
#[derive(Clone)]
pub struct RequestValues {
    /// `object`
    pub object: Val,
    /// `oldObject`
    pub old: Val,
    /// `request`
    pub request: Val,
    /// `namespaceObject`
    pub namespace: Val,
    /// Who answers `authorizer`.
    pub authorizer: Arc<dyn Authorize>,
    /// What `authorizer.requestResource` asks about.
    pub question: Question,
}

impl RequestValues {
    /// Of a request as a policy or a webhook sees it.
    pub async fn new(request: &Request<'_>, seen: &Seen<'_>) -> Result<RequestValues, Status> {
        let info = request.attributes.info;
        let (authorizer, user) = (Arc::clone(&request.all.authorizer), Arc::clone(&info.user));
        Ok(RequestValues {
            object: convert::from_tree(&seen.object),
            old: convert::from_tree(&seen.old),
            request: convert::from_tree(&request.admission_request(&seen.sight)),
            namespace: namespace_value(request.namespace_object().await?),
            authorizer: Arc::new(RequestAuthorizer { authorizer, user }),
            question: Question {
                group: info.group.clone(),
                resource: info.resource.clone(),
                subresource: info.subresource.clone(),
                namespace: info.namespace.clone(),
                name: request.name.clone(),
                ..Question::default()
            },
        })
    }
}

/// The variables of one policy's (or webhook's) expressions.
pub struct PolicyVariables<'a> {
    /// The request.
    pub values: &'a RequestValues,
    /// `params`; null where there are none.
    pub params: Val,
    /// `variables`
    pub programs: &'a [(String, Arc<Program>)],
    known: RefCell<HashMap<String, Outcome>>,
}

impl<'a> PolicyVariables<'a> {
    /// Nothing is evaluated before it is needed, and then once.
    pub fn new(values: &'a RequestValues, params: Val, programs: &'a [(String, Arc<Program>)]) -> Self {
        PolicyVariables { values, params, programs, known: RefCell::default() }
    }

    fn composed(&self, name: &str, budget: &mut Budget) -> Outcome {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let program = self.programs.iter().find(|(known, _)| known == name);
        let (_, program) = program.ok_or_else(|| Fault::Error(format!("no such key: {name}")))?;
        let outcome = program.evaluate(self, budget).map_err(|fault| match fault {
            Fault::Error(text) => Fault::Error(format!("composited variable \"{name}\" fails to evaluate: {text}")),
            other => other,
        });
        self.known.borrow_mut().insert(name.to_owned(), outcome.clone());
        outcome
    }
}

impl Variables for PolicyVariables<'_> {
    fn value(&self, name: &str, budget: &mut Budget) -> Outcome {
        let values = self.values;
        Ok(match name {
            "object" => values.object.clone(),
            "oldObject" => values.old.clone(),
            "request" => values.request.clone(),
            "namespaceObject" => values.namespace.clone(),
            "params" => self.params.clone(),
            "authorizer" => authorizer::authorizer(Arc::clone(&values.authorizer)),
            "authorizer.requestResource" => {
                authorizer::resource_check(Arc::clone(&values.authorizer), values.question.clone())
            }
            name => match name.strip_prefix("variables.") {
                Some(name) => return self.composed(name, budget),
                None => return Err(format!("no such attribute(s): {name}").into()),
            },
        })
    }
}

/// `namespaceObject`: the fields that expressions may see.
fn namespace_value(namespace: Option<&Value>) -> Val {
    let Some(namespace) = namespace else { return Val::Null };
    let mut shown = Value::object();
    const METADATA: [&str; 12] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "finalizers",
    ];
    for field in METADATA {
        let value = namespace.at(&["metadata", field]);
        if !value.is_null() {
            shown.set(&["metadata", field], value.clone());
        }
    }
    for field in ["spec", "status"] {
        shown.set(&[field], namespace.field(field).clone());
    }
    convert::from_tree(&shown)
}
