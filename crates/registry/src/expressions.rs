//! CEL expressions of policies and webhooks: what they may name and what they must evaluate to.
//!
//! Shared by what accepts them (the kinds) and what evaluates them (the API server).

use std::sync::{Arc, LazyLock};

use cel::library::authorizer;
use cel::{Environment, Program, Type};

/// What expressions of one place may name beside the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// `params`
    pub has_params: bool,
    /// `authorizer`
    pub has_authorizer: bool,
    /// `Object{...}` and `JSONPatch{...}`
    pub makes_objects: bool,
}

/// What an expression must evaluate to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Anything: variables.
    Anything,
    /// `bool`
    Bool,
    /// `string`
    Text,
    /// `string`, or null for nothing.
    TextOrNull,
    /// `Object`
    Object,
    /// `list(JSONPatch)`
    Patches,
}

static REQUEST: LazyLock<Type> = LazyLock::new(request_type);
static NAMESPACE: LazyLock<Type> = LazyLock::new(namespace_type);

/// The variables of a request that all expressions know, with objects of any kind.
pub fn environment(scope: Scope) -> Environment {
    environment_of(scope, Type::Dyn, Type::Dyn)
}

/// The same, for objects and parameters of these types.
pub fn environment_of(scope: Scope, object: Type, params: Type) -> Environment {
    let mut environment = Environment::new()
        .with("object", object.clone())
        .with("oldObject", object)
        .with("request", REQUEST.clone())
        .with("namespaceObject", NAMESPACE.clone());
    if scope.has_params {
        environment.declare("params", params);
    }
    if scope.has_authorizer {
        environment.declare("authorizer", authorizer::authorizer_type());
        environment.declare("authorizer.requestResource", authorizer::resource_check_type());
    }
    match scope.makes_objects {
        true => environment.with_objects(),
        false => environment,
    }
}

/// Compiles an expression; why not, in upstream's words.
pub fn compile(expression: &str, environment: &Environment, wanted: Wanted) -> Result<Arc<Program>, String> {
    let program =
        cel::compile(expression, environment).map_err(|error| format!("compilation failed: {}", error.message))?;
    let output = program.output();
    let is_wanted = match wanted {
        Wanted::Anything => true,
        Wanted::Bool => *output == Type::Bool,
        Wanted::Text => *output == Type::String,
        Wanted::TextOrNull => matches!(output, Type::String | Type::Null),
        Wanted::Object => *output == Type::named("Object"),
        Wanted::Patches => *output == Type::list(Type::named("JSONPatch")),
    };
    match is_wanted {
        true => Ok(Arc::new(program)),
        false => Err(format!("must evaluate to {} but got {output}", wanted.shown())),
    }
}

impl Wanted {
    fn shown(self) -> &'static str {
        match self {
            Wanted::Anything => "any",
            Wanted::Bool => "bool",
            Wanted::Text => "string",
            Wanted::TextOrNull => "one of [string null_type]",
            Wanted::Object => "Object",
            Wanted::Patches => "list(JSONPatch)",
        }
    }
}

fn request_type() -> Type {
    let kind = |name| [("group", Type::String), ("version", Type::String), (name, Type::String)];
    let group_version_kind = Type::object("kubernetes.GroupVersionKind", kind("kind"));
    let group_version_resource = Type::object("kubernetes.GroupVersionResource", kind("resource"));
    let user = Type::object(
        "kubernetes.UserInfo",
        [
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", Type::list(Type::String)),
            ("extra", Type::map(Type::String, Type::list(Type::String))),
        ],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        [
            ("kind", group_version_kind.clone()),
            ("resource", group_version_resource.clone()),
            ("subResource", Type::String),
            ("requestKind", group_version_kind),
            ("requestResource", group_version_resource),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

fn namespace_type() -> Type {
    let texts = || Type::list(Type::String);
    let spec = Type::object("kubernetes.NamespaceSpec", [("finalizers", texts())]);
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        [
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let status =
        Type::object("kubernetes.NamespaceStatus", [("conditions", Type::list(condition)), ("phase", Type::String)]);
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        [
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", Type::map(Type::String, Type::String)),
            ("annotations", Type::map(Type::String, Type::String)),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", texts()),
        ],
    );
    Type::object("kubernetes.Namespace", [("metadata", metadata), ("spec", spec), ("status", status)])
}
