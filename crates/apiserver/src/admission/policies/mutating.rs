//! MutatingAdmissionPolicies: how a request is changed.

use apimachinery::meta::ObjectMeta;
use apimachinery::schema;
use apimachinery::status::{Status, StatusCause};
use apimachinery::value::Value;
use cel::budget::TOTAL_LIMIT;
use cel::{Budget, Val};
use registry::admission::{Attributes, Operation};
use registry::resource::Resource;

use super::compiled::{Binding, Mutation, Policy};
use super::params;
use super::patching;
use super::request::{Request, is_subject, target};
use super::variables::PolicyVariables;
use crate::admission::match_conditions::{self, evaluate};
use crate::admission::{Dependencies, forbidden};

/// What a pass over the policies has done.
#[derive(Debug, Default)]
pub struct Mutated {
    /// Whether the object is another one than before.
    pub has_changed: bool,
    /// Policies with their bindings that want to see it again.
    again: Vec<(String, String)>,
}

/// Policies run once, and those that want to (`reinvocationPolicy: IfNeeded`) again after changes.
#[derive(Clone, Copy)]
pub enum Pass<'a> {
    /// All that match.
    First,
    /// Those that ran and want to see changes.
    Again(&'a Mutated),
}

/// A fault of a policy on a request, with failure policy `Fail`.
struct Failure {
    message: String,
}

/// Lets all policies change the object, in the order of their names.
pub async fn mutate(
    all: &Dependencies,
    attributes: &Attributes<'_>,
    object: &mut Value,
    pass: Pass<'_>,
) -> Result<Mutated, Status> {
    let mut mutated = Mutated::default();
    let hooks = all.policies.mutating.list();
    let can_change = matches!(attributes.operation, Operation::Create | Operation::Update) && !object.is_null();
    if hooks.is_empty() || !can_change || !is_subject(attributes) {
        return Ok(mutated);
    }
    let own = target(attributes, object);
    if !hooks.iter().any(|hook| hook.policy.constraints.may_match(&own)) {
        return Ok(mutated);
    }
    let request = Request::new(all, attributes, object).await?;
    let mut failures: Vec<Failure> = Vec::new();
    for hook in hooks.iter() {
        for binding in &hook.bindings {
            if matches!(pass, Pass::Again(before) if !before.wants(&hook.policy, binding)) {
                continue;
            }
            let Some(place) = request.matches_both(&hook.policy, binding, object) else { continue };
            match run(all, &request, (&hook.policy, binding, place), object).await? {
                Ok(has_changed) => mutated.has_changed |= has_changed,
                Err(fault) if hook.policy.fails => failures.push(failure(&hook.policy, binding, &fault)),
                Err(_) => {}
            }
            if hook.policy.is_reinvoked {
                mutated.again.push((hook.policy.name.clone(), binding.name.clone()));
            }
        }
    }
    match failures.is_empty() {
        true => Ok(mutated),
        false => Err(refused(attributes, object, &failures)),
    }
}

impl Mutated {
    fn wants(&self, policy: &Policy, binding: &Binding) -> bool {
        self.again.iter().any(|(known, by)| *known == policy.name && *by == binding.name)
    }
}

/// Runs the mutations of one policy, once for each of its parameters; whether they have changed the object.
async fn run(
    all: &Dependencies,
    request: &Request<'_>,
    (policy, binding, place): (&Policy, &Binding, usize),
    object: &mut Value,
) -> Result<Result<bool, String>, Status> {
    if let Some(fault) = &policy.fault {
        return Ok(Err(fault.clone()));
    }
    let params = match params::collect(all, policy, binding, &request.attributes.info.namespace).await {
        Ok(params) => params,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let Some(resource) = request.resource(place) else { return Ok(Ok(false)) };
    let mut has_changed = false;
    for params in params {
        for mutation in &policy.mutations {
            let values = request.values(place, object)?;
            let variables = PolicyVariables::new(&values, params.clone(), &policy.variables);
            match match_conditions::matches(&policy.conditions, &variables) {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => return Ok(Err(fault)),
            }
            let changed = match changed(mutation, &variables, resource, object) {
                Ok(changed) => changed,
                Err(fault) => return Ok(Err(fault)),
            };
            if changed != *object {
                *object = changed;
                has_changed = true;
            }
        }
    }
    Ok(Ok(has_changed))
}

/// The stored object after one mutation.
fn changed(
    mutation: &Mutation,
    variables: &PolicyVariables<'_>,
    resource: &Resource,
    object: &Value,
) -> Result<Value, String> {
    let evaluated: Val = evaluate(&mutation.program, variables, &mut Budget::new(TOTAL_LIMIT))?;
    let shown = resource.shown(object).map_err(|status| status.message)?;
    let mut patched = match mutation.is_json_patch {
        true => patching::json_patch(&shown, &evaluated)?,
        false => patching::apply_configuration(resource.ownership(), &shown, &evaluated)?,
    };
    if resource.custom().is_none() {
        schema::normalise(resource.resource_type().schema, &mut patched).map_err(|error| error.to_string())?;
    }
    let stored = resource.hidden(patched).map_err(|status| status.message)?;
    match stored.name() == object.name() || object.name().is_empty() {
        true => Ok(stored),
        false => Err("metadata.name must not be changed".to_owned()),
    }
}

fn failure(policy: &Policy, binding: &Binding, fault: &str) -> Failure {
    let (policy, binding) = (&policy.name, &binding.name);
    Failure { message: format!("policy '{policy}' with binding '{binding}' denied request: {fault}") }
}

fn refused(attributes: &Attributes<'_>, object: &Value, failures: &[Failure]) -> Status {
    let mut status = forbidden(attributes, object, "admission request denied by policy");
    status.reason = "Invalid";
    if let Some(first) = failures.first() {
        status.message.clone_from(&first.message);
    }
    if let Some(details) = status.details.as_mut() {
        let causes = failures.iter().map(|it| StatusCause { message: it.message.clone(), ..StatusCause::default() });
        details.causes.extend(causes);
    }
    status
}
