//! MutatingAdmissionPolicies: how a request is changed.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::{Status, StatusCause};
use apimachinery::value::Value;
use cel::budget::TOTAL_LIMIT;
use cel::{Budget, Val};
use registry::admission::{Attributes, Operation};

use super::compiled::{Binding, Mutation, Policy};
use super::params;
use super::patching;
use super::variables::{PolicyVariables, RequestValues};
use super::{is_exempt, matches};
use crate::admission::match_conditions::{self, evaluate};
use crate::admission::request::{Request, Seen, Sight};
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
    if hooks.is_empty() || !can_change || is_exempt(attributes) {
        return Ok(mutated);
    }
    let request = Request::new(all, attributes, object);
    let mut failures: Vec<Failure> = Vec::new();
    for hook in hooks.iter() {
        for binding in &hook.bindings {
            if matches!(pass, Pass::Again(before) if !before.wants(&hook.policy, binding)) {
                continue;
            }
            let Some(sight) = matches(&request, &hook.policy, binding, object).await? else { continue };
            match run(&request, (&hook.policy, binding, sight), object).await? {
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
    request: &Request<'_>,
    (policy, binding, sight): (&Policy, &Binding, Sight<'_>),
    object: &mut Value,
) -> Result<Result<bool, String>, Status> {
    if let Some(fault) = &policy.fault {
        return Ok(Err(fault.clone()));
    }
    let params = match params::collect(request.all, policy, binding, &request.attributes.info.namespace).await {
        Ok(params) => params,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let mut seen = request.see(sight, object).await?;
    let mut has_changed = false;
    for params in params {
        for mutation in &policy.mutations {
            let values = RequestValues::new(request, &seen).await?;
            let changed = match changed(request, (policy, mutation), (&values, params.clone()), &seen) {
                Ok(Some(changed)) => changed,
                Ok(None) => break,
                Err(fault) => return Ok(Err(fault)),
            };
            if changed != seen.object {
                if let Err(status) = request.take(&seen.sight, object, changed).await {
                    return Ok(Err(status.message));
                }
                seen.object = request.show(&seen.sight, object).await?;
                has_changed = true;
            }
        }
    }
    Ok(Ok(has_changed))
}

/// What one mutation makes of the object as the policy sees it; none where the policy's conditions do not hold.
fn changed(
    request: &Request<'_>,
    (policy, mutation): (&Policy, &Mutation),
    (values, params): (&RequestValues, Val),
    seen: &Seen<'_>,
) -> Result<Option<Value>, String> {
    let variables = PolicyVariables::new(values, params, &policy.variables);
    if !match_conditions::matches(&policy.conditions, &variables)? {
        return Ok(None);
    }
    let evaluated: Val = evaluate(&mutation.program, &variables, &mut Budget::new(TOTAL_LIMIT))?;
    let changed = match (mutation.is_json_patch, request.ownership(&seen.sight)) {
        (true, _) => patching::json_patch(&seen.object, &evaluated)?,
        (false, Some(ty)) => patching::apply_configuration(ty, &seen.object, &evaluated)?,
        (false, None) => return Err("the type of the object is not known".to_owned()),
    };
    match changed.name() == seen.object.name() || seen.object.name().is_empty() {
        true => Ok(Some(changed)),
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
