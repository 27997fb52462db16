//! What expressions of policies and webhooks see of a request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::tree;
use apimachinery::value::{Map, Value};
use cel::library::authorizer::{self, Authorize, Question};
use cel::value::{Fault, Outcome};
use cel::{Budget, Program, Val, Variables, convert};
use registry::admission::{Attributes, Operation};

use super::matching::{Target, name_of, operation_text};

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

/// `request`, for a request that is matched as `matched`, whose kind is `kind`.
pub fn request_value(
    attributes: &Attributes<'_>,
    object: &Value,
    requested: (&Target<'_>, &str),
    matched: (&Target<'_>, &str),
) -> Val {
    let kind = |(target, kind): (&Target<'_>, &str)| tree!({"group": (target.group), "version": (target.version), "kind": kind});
    let resource = |(target, _): (&Target<'_>, &str)| tree!({"group": (target.group), "version": (target.version), "resource": (target.resource)});
    let info = attributes.info;
    let named = if object.is_null() { attributes.old } else { object };
    let tree = tree!({
        "kind": (kind(matched)),
        "resource": (resource(matched)),
        "subResource": (info.subresource.as_str()),
        "requestKind": (kind(requested)),
        "requestResource": (resource(requested)),
        "requestSubResource": (info.subresource.as_str()),
        "name": (name_of(&info.name, named)),
        "namespace": (info.namespace.as_str()),
        "operation": (operation_text(attributes.operation)),
        "userInfo": (user(attributes)),
        "dryRun": (info.is_dry_run),
        "options": (options(attributes))
    });
    convert::from_tree(&tree)
}

/// The options of the request, as far as they are known here.
fn options(attributes: &Attributes<'_>) -> Value {
    let info = attributes.info;
    let kind = match (attributes.operation, info.verb) {
        (Operation::Create, _) => "CreateOptions",
        (Operation::Update, "patch") => "PatchOptions",
        (Operation::Update, _) => "UpdateOptions",
        (Operation::Delete, _) => "DeleteOptions",
        (Operation::Connect, _) => return Value::object(),
    };
    let mut options = tree!({"kind": kind, "apiVersion": "meta.k8s.io/v1"});
    if info.is_dry_run {
        options.set(&["dryRun"], tree!(["All"]));
    }
    if attributes.operation != Operation::Delete && !info.field_manager.is_empty() {
        options.set(&["fieldManager"], info.field_manager.as_str());
    }
    options
}

fn user(attributes: &Attributes<'_>) -> Value {
    let user = &attributes.info.user;
    let texts = |all: &[String]| all.iter().map(|it| Value::from(it.as_str())).collect::<Value>();
    let mut extra = Map::new();
    for (key, values) in &user.extra {
        extra.insert(key.clone(), texts(values));
    }
    tree!({
        "username": (user.name.as_str()),
        "uid": (user.uid.as_str()),
        "groups": (texts(&user.groups)),
        "extra": (Value::Object(extra))
    })
}

/// `namespaceObject`: the fields that expressions may see.
pub fn namespace_value(namespace: Option<&Value>) -> Val {
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

/// What `authorizer.requestResource` asks about, but the verb.
pub fn request_question(attributes: &Attributes<'_>, object: &Value) -> Question {
    let info = attributes.info;
    Question {
        group: info.group.clone(),
        resource: info.resource.clone(),
        subresource: info.subresource.clone(),
        namespace: info.namespace.clone(),
        name: name_of(&info.name, if object.is_null() { attributes.old } else { object }).to_owned(),
        ..Question::default()
    }
}
