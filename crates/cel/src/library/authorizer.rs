//! `authorizer.group('apps').resource('deployments').check('create').allowed()`

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use apimachinery::names;

use super::{Cost, Function, costly, function, no_overload};
use crate::types::Type;
use crate::value::{Opaque, Outcome, Val};

const AUTHORIZER: &str = "kubernetes.authorization.Authorizer";
const PATH_CHECK: &str = "kubernetes.authorization.PathCheck";
const GROUP_CHECK: &str = "kubernetes.authorization.GroupCheck";
const RESOURCE_CHECK: &str = "kubernetes.authorization.ResourceCheck";
const DECISION: &str = "kubernetes.authorization.Decision";

pub(super) static FUNCTIONS: &[Function] = &[
    function("kubernetes.authorization.Authorizer.path(string) -> kubernetes.authorization.PathCheck", path),
    function("kubernetes.authorization.Authorizer.group(string) -> kubernetes.authorization.GroupCheck", group),
    function(
        "kubernetes.authorization.Authorizer.serviceAccount(string, string) -> kubernetes.authorization.Authorizer",
        service_account,
    ),
    function(
        "kubernetes.authorization.GroupCheck.resource(string) -> kubernetes.authorization.ResourceCheck",
        resource,
    ),
    function(
        "kubernetes.authorization.ResourceCheck.subresource(string) -> kubernetes.authorization.ResourceCheck",
        |args| narrowed(args, RESOURCE_CHECK, |check, text| check.subresource = text.to_owned()),
    ),
    function(
        "kubernetes.authorization.ResourceCheck.namespace(string) -> kubernetes.authorization.ResourceCheck",
        |args| narrowed(args, RESOURCE_CHECK, |check, text| check.namespace = text.to_owned()),
    ),
    function("kubernetes.authorization.ResourceCheck.name(string) -> kubernetes.authorization.ResourceCheck", |args| {
        narrowed(args, RESOURCE_CHECK, |check, text| check.name = text.to_owned())
    }),
    function(
        "kubernetes.authorization.ResourceCheck.fieldSelector(string) -> kubernetes.authorization.ResourceCheck",
        |args| narrowed(args, RESOURCE_CHECK, |check, text| check.field_selector = text.to_owned()),
    ),
    function(
        "kubernetes.authorization.ResourceCheck.labelSelector(string) -> kubernetes.authorization.ResourceCheck",
        |args| narrowed(args, RESOURCE_CHECK, |check, text| check.label_selector = text.to_owned()),
    ),
    costly(
        "kubernetes.authorization.ResourceCheck.check(string) -> kubernetes.authorization.Decision",
        Cost::Authorization,
        check,
    ),
    costly(
        "kubernetes.authorization.PathCheck.check(string) -> kubernetes.authorization.Decision",
        Cost::Authorization,
        check,
    ),
    function("kubernetes.authorization.Decision.allowed() -> bool", |args| {
        decided(args, |it| Val::Bool(it.is_allowed))
    }),
    function("kubernetes.authorization.Decision.reason() -> string", |args| {
        decided(args, |it| Val::text(it.reason.as_str()))
    }),
    function("kubernetes.authorization.Decision.errored() -> bool", |args| {
        decided(args, |it| Val::Bool(it.error.is_some()))
    }),
    function("kubernetes.authorization.Decision.error() -> string", |args| {
        decided(args, |it| Val::text(it.error.clone().unwrap_or_default()))
    }),
];

/// Who answers `check`.
pub trait Authorize: Send + Sync {
    /// Decides.
    fn authorize(&self, question: &Question) -> Decision;
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Namespace and name of a service account that is asked about, rather than the user of the request.
    pub service_account: Option<(String, String)>,
    /// Path, where it is about no resource.
    pub path: Option<String>,
    /// API group.
    pub group: String,
    /// Plural.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Namespace, or empty.
    pub namespace: String,
    /// Name, or empty.
    pub name: String,
    /// Field selector as written.
    pub field_selector: String,
    /// Label selector as written.
    pub label_selector: String,
    /// API verb, or method.
    pub verb: String,
}

/// What the authorizers say.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Why.
    pub reason: String,
    /// Why there is no answer.
    pub error: Option<String>,
}

/// An authorizer, or a question on its way.
#[derive(Clone)]
struct Check {
    stage: &'static str,
    question: Question,
    authorizer: Arc<dyn Authorize>,
}

impl fmt::Debug for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:?}", self.stage, self.question)
    }
}

impl Opaque for Check {
    fn type_name(&self) -> &'static str {
        self.stage
    }

    fn equals(&self, _: &dyn Opaque) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Opaque for Decision {
    fn type_name(&self) -> &'static str {
        DECISION
    }

    fn equals(&self, _: &dyn Opaque) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Type of the variable `authorizer`.
pub fn authorizer_type() -> Type {
    Type::named(AUTHORIZER)
}

/// Type of the variable `authorizer.requestResource`.
pub fn resource_check_type() -> Type {
    Type::named(RESOURCE_CHECK)
}

/// The value of the variable `authorizer`.
pub fn authorizer(authorizer: Arc<dyn Authorize>) -> Val {
    Val::opaque(Check { stage: AUTHORIZER, question: Question::default(), authorizer })
}

/// The value of `authorizer.requestResource`: a question about the resource of the request, without a verb.
pub fn resource_check(authorizer: Arc<dyn Authorize>, question: Question) -> Val {
    Val::opaque(Check { stage: RESOURCE_CHECK, question, authorizer })
}

fn narrowed(args: &[Val], stage: &'static str, change: impl Fn(&mut Question, &str)) -> Outcome {
    let [check, Val::String(text)] = args else { return no_overload() };
    let Some(check) = check.downcast::<Check>() else { return no_overload() };
    let mut next = Check { stage, ..check.clone() };
    change(&mut next.question, text);
    Ok(Val::opaque(next))
}

fn path(args: &[Val]) -> Outcome {
    match args.get(1).and_then(Val::as_text) {
        Some(text) if text.trim().is_empty() => Err("path must not be empty".into()),
        _ => narrowed(args, PATH_CHECK, |question, text| question.path = Some(text.to_owned())),
    }
}

fn group(args: &[Val]) -> Outcome {
    narrowed(args, GROUP_CHECK, |question, text| question.group = text.to_owned())
}

fn resource(args: &[Val]) -> Outcome {
    match args.get(1).and_then(Val::as_text) {
        Some(text) if text.trim().is_empty() => Err("resource must not be empty".into()),
        _ => narrowed(args, RESOURCE_CHECK, |question, text| question.resource = text.to_owned()),
    }
}

fn service_account(args: &[Val]) -> Outcome {
    let [check, Val::String(namespace), Val::String(name)] = args else { return no_overload() };
    let Some(check) = check.downcast::<Check>() else { return no_overload() };
    if !names::dns1123_subdomain(name).is_empty() {
        return Err("Invalid service account name".into());
    }
    if !names::dns1123_label(namespace).is_empty() {
        return Err("Invalid service account namespace".into());
    }
    let mut next = check.clone();
    next.question.service_account = Some((namespace.to_string(), name.to_string()));
    Ok(Val::opaque(next))
}

fn check(args: &[Val]) -> Outcome {
    let [check, Val::String(verb)] = args else { return no_overload() };
    let Some(check) = check.downcast::<Check>() else { return no_overload() };
    let question = Question { verb: verb.to_string(), ..check.question.clone() };
    Ok(Val::opaque(check.authorizer.authorize(&question)))
}

fn decided(args: &[Val], part: impl Fn(&Decision) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(decision) => Ok(part(decision)),
        None => no_overload(),
    }
}
