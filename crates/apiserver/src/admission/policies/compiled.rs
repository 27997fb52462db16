//! Policies and bindings as requests meet them: parsed and compiled once.

use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use cel::{Program, Type};
use registry::expressions::{self, Scope, Wanted};

use crate::admission::match_conditions::{self, Condition};
use crate::admission::matching::Constraints;

/// A policy of either kind.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whether faults refuse the request (`failurePolicy: Fail`).
    pub fails: bool,
    /// What requests it is about.
    pub constraints: Constraints,
    /// `matchConditions`
    pub conditions: Vec<Condition>,
    /// `apiVersion` and `kind` of its parameters.
    pub param_kind: Option<(String, String)>,
    /// `variables`, in order.
    pub variables: Vec<(String, Arc<Program>)>,
    /// `validations` of a validating policy.
    pub validations: Vec<Validation>,
    /// `auditAnnotations` of a validating policy.
    pub annotations: Vec<(String, Arc<Program>)>,
    /// `mutations` of a mutating policy.
    pub mutations: Vec<Mutation>,
    /// `reinvocationPolicy: IfNeeded`
    pub is_reinvoked: bool,
    /// Why it cannot be evaluated. It was accepted once, so this is rare.
    pub fault: Option<String>,
}

/// One of `validations`.
#[derive(Debug)]
pub struct Validation {
    /// What must be true.
    pub program: Arc<Program>,
    /// What is said otherwise, where it says.
    pub message: String,
    /// The same, evaluated.
    pub message_program: Option<Arc<Program>>,
    /// The reason of the refusal; empty: `Invalid`.
    pub reason: String,
}

/// One of `mutations`.
#[derive(Debug)]
pub struct Mutation {
    /// Evaluates to an object to lay over, or to operations.
    pub program: Arc<Program>,
    /// `JSONPatch` rather than `ApplyConfiguration`.
    pub is_json_patch: bool,
}

/// A binding of either kind.
#[derive(Debug)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// Name of its policy.
    pub policy: String,
    /// What of the requests of the policy it is about.
    pub constraints: Constraints,
    /// `paramRef`, or null.
    pub param_ref: Value,
    /// `validationActions`
    pub actions: Vec<String>,
}

impl Policy {
    /// Compiles an accepted policy.
    pub fn new(object: &Value) -> Policy {
        let mut policy = Policy {
            name: object.name().to_owned(),
            fails: object.str_at(&["spec", "failurePolicy"]) != "Ignore",
            constraints: Constraints::of_policy(object.at(&["spec", "matchConstraints"])),
            conditions: Vec::new(),
            param_kind: None,
            variables: Vec::new(),
            validations: Vec::new(),
            annotations: Vec::new(),
            mutations: Vec::new(),
            is_reinvoked: object.str_at(&["spec", "reinvocationPolicy"]) == "IfNeeded",
            fault: None,
        };
        policy.fault = policy.compile(object.field("spec")).err();
        policy
    }

    fn compile(&mut self, spec: &Value) -> Result<(), String> {
        let kind = spec.field("paramKind");
        self.param_kind =
            (!kind.is_null()).then(|| (kind.str_at(&["apiVersion"]).to_owned(), kind.str_at(&["kind"]).to_owned()));
        self.conditions = match_conditions::compile(spec, self.param_kind.is_some());
        let scope = Scope { has_params: self.param_kind.is_some(), has_authorizer: true, makes_objects: false };
        let mut environment = expressions::environment(scope);
        for variable in spec.items_at(&["variables"]) {
            let name = variable.str_at(&["name"]);
            let program = expressions::compile(variable.str_at(&["expression"]), &environment, Wanted::Anything);
            let output = program.as_ref().map_or(Type::Dyn, |program| program.output().clone());
            environment.declare(&format!("variables.{name}"), output);
            self.variables.push((name.to_owned(), program?));
        }
        for validation in spec.items_at(&["validations"]) {
            let message = validation.str_at(&["messageExpression"]);
            let quiet = environment.clone().without("authorizer");
            let compiled = (!message.trim().is_empty())
                .then(|| expressions::compile(message, &quiet, Wanted::Text))
                .transpose()?;
            self.validations.push(Validation {
                program: expressions::compile(validation.str_at(&["expression"]), &environment, Wanted::Bool)?,
                message: validation.str_at(&["message"]).trim().to_owned(),
                message_program: compiled,
                reason: validation.str_at(&["reason"]).to_owned(),
            });
        }
        for annotation in spec.items_at(&["auditAnnotations"]) {
            let text = annotation.str_at(&["valueExpression"]).trim();
            let program = expressions::compile(text, &environment, Wanted::TextOrNull)?;
            self.annotations.push((annotation.str_at(&["key"]).to_owned(), program));
        }
        let environment = environment.with_objects();
        for mutation in spec.items_at(&["mutations"]) {
            let is_json_patch = mutation.str_at(&["patchType"]) == "JSONPatch";
            let (field, wanted) = match is_json_patch {
                true => ("jsonPatch", Wanted::Patches),
                false => ("applyConfiguration", Wanted::Object),
            };
            let program = expressions::compile(mutation.str_at(&[field, "expression"]), &environment, wanted)?;
            self.mutations.push(Mutation { program, is_json_patch });
        }
        Ok(())
    }
}

impl Binding {
    /// From an accepted binding.
    pub fn new(object: &Value) -> Binding {
        let spec = object.field("spec");
        let actions = spec.items_at(&["validationActions"]).iter().filter_map(Value::as_str).map(str::to_owned);
        Binding {
            name: object.name().to_owned(),
            policy: spec.str_at(&["policyName"]).to_owned(),
            constraints: Constraints::of_policy(spec.field("matchResources")),
            param_ref: spec.field("paramRef").clone(),
            actions: actions.collect(),
        }
    }
}
