//! ValidatingAdmissionPolicies: whether a request is refused, warned of, or noted.

use std::collections::BTreeMap;

use apimachinery::status::{Status, StatusCause};
use apimachinery::tree;
use apimachinery::value::Value;
use cel::budget::TOTAL_LIMIT;
use cel::{Budget, Val};
use registry::admission::Attributes;

use super::compiled::{Binding, Policy, Validation};
use super::params::{self, Misconfigured};
use super::variables::{PolicyVariables, RequestValues};
use super::{is_exempt, matches};
use crate::admission::match_conditions::{self, evaluate};
use crate::admission::request::Request;
use crate::admission::{Dependencies, forbidden};

/// Bytes of a message that an expression makes; longer ones are not used.
const MESSAGE_BYTES_MAX: usize = 5 << 10;

/// Bytes of a published audit annotation.
const ANNOTATION_BYTES_MAX: usize = 10 << 10;

/// Key under which `Audit` is noted.
const FAILURE_KEY: &str = "validation.policy.admission.k8s.io/validation_failure";

/// What one evaluation of a policy says.
#[derive(Debug, Default)]
struct Verdict {
    /// What is against the request.
    denials: Vec<Denial>,
    /// Audit annotations to publish.
    annotations: Vec<(String, String)>,
    /// Faults of audit annotations, which refuse whatever the actions are.
    faults: Vec<String>,
}

#[derive(Debug)]
struct Denial {
    /// Place of the validation.
    at: usize,
    message: String,
    /// Empty: `Invalid`.
    reason: String,
}

/// A refusal with those who refuse.
struct Refusal<'a> {
    policy: &'a str,
    binding: Option<&'a str>,
    message: String,
    reason: String,
}

/// Asks all policies; the first refusal is told.
pub async fn validate(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    let hooks = all.policies.validating.list();
    if hooks.is_empty() || is_exempt(attributes) {
        return Ok(());
    }
    let request = Request::new(all, attributes, object);
    let mut refusals = Vec::new();
    for hook in hooks.iter() {
        let mut published: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for binding in &hook.bindings {
            let Some(sight) = matches(&request, &hook.policy, binding, object).await? else { continue };
            let params = match params::collect(all, &hook.policy, binding, &attributes.info.namespace).await {
                Ok(params) => params,
                Err(_) if !hook.policy.fails => continue,
                Err(fault) => {
                    let own = refusal(&hook.policy, binding, fault.to_string(), String::new());
                    let is_policys = matches!(fault, Misconfigured::Policy(_));
                    refusals.push(Refusal { binding: own.binding.filter(|_| !is_policys), ..own });
                    continue;
                }
            };
            if params.is_empty() {
                continue;
            }
            let values = RequestValues::new(&request, &request.see(sight, object).await?).await?;
            for params in params {
                let verdict = evaluate_policy(&hook.policy, &values, params);
                act(attributes, &hook.policy, binding, verdict, &mut refusals, &mut published);
            }
        }
        publish(attributes, &hook.policy.name, published);
    }
    refusals.into_iter().next().map_or(Ok(()), |first| Err(refused(attributes, object, &first)))
}

fn refusal<'a>(policy: &'a Policy, binding: &'a Binding, message: String, reason: String) -> Refusal<'a> {
    Refusal { policy: &policy.name, binding: Some(&binding.name), message, reason }
}

/// Does what the binding says about each denial.
fn act<'a>(
    attributes: &Attributes<'_>,
    policy: &'a Policy,
    binding: &'a Binding,
    verdict: Verdict,
    refusals: &mut Vec<Refusal<'a>>,
    published: &mut BTreeMap<String, Vec<String>>,
) {
    for denial in verdict.denials {
        for action in &binding.actions {
            match action.as_str() {
                "Deny" => refusals.push(refusal(policy, binding, denial.message.clone(), denial.reason.clone())),
                "Warn" => attributes.info.warn(format!(
                    "Validation failed for ValidatingAdmissionPolicy '{}' with binding '{}': {}",
                    policy.name, binding.name, denial.message
                )),
                "Audit" => note_failure(attributes, policy, binding, &denial),
                _ => {}
            }
        }
    }
    for (key, value) in verdict.annotations {
        let values = published.entry(key).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    refusals.extend(verdict.faults.into_iter().map(|fault| refusal(policy, binding, fault, String::new())));
}

fn note_failure(attributes: &Attributes<'_>, policy: &Policy, binding: &Binding, denial: &Denial) {
    let actions: Value = binding.actions.iter().map(|it| Value::from(it.as_str())).collect();
    let failure = tree!([{
        "message": (denial.message.as_str()),
        "policy": (policy.name.as_str()),
        "binding": (binding.name.as_str()),
        "expressionIndex": (denial.at as i64),
        "validationActions": actions
    }]);
    let text = String::from_utf8_lossy(&apimachinery::json::to_vec(&failure)).into_owned();
    attributes.info.audit_annotations.lock().push((FAILURE_KEY.to_owned(), text));
}

fn publish(attributes: &Attributes<'_>, policy: &str, published: BTreeMap<String, Vec<String>>) {
    let entries = published.into_iter().map(|(key, values)| (format!("{policy}/{key}"), values.join(", ")));
    attributes.info.audit_annotations.lock().extend(entries);
}

/// Evaluates a policy on a request that it is about.
fn evaluate_policy(policy: &Policy, values: &RequestValues, params: Val) -> Verdict {
    let failed = |message: String| match policy.fails {
        true => Verdict { denials: vec![Denial { at: 0, message, reason: String::new() }], ..Verdict::default() },
        false => Verdict::default(),
    };
    if let Some(fault) = &policy.fault {
        return failed(fault.clone());
    }
    let variables = PolicyVariables::new(values, params, &policy.variables);
    match match_conditions::matches(&policy.conditions, &variables) {
        Ok(true) => {}
        Ok(false) => return Verdict::default(),
        Err(fault) => return failed(fault),
    }
    let mut budget = Budget::new(TOTAL_LIMIT);
    let mut verdict = Verdict::default();
    for (at, validation) in policy.validations.iter().enumerate() {
        match evaluate(&validation.program, &variables, &mut budget) {
            Ok(Val::Bool(true)) => {}
            Ok(_) => {
                let message = message_of(validation, &variables, &mut budget);
                verdict.denials.push(Denial { at, message, reason: validation.reason.clone() });
            }
            Err(message) if policy.fails => verdict.denials.push(Denial { at, message, reason: String::new() }),
            Err(_) => {}
        }
    }
    annotate(policy, &variables, &mut verdict);
    verdict
}

/// What is said of a failed validation: its expression's text, where that can be used, its message, or itself.
fn message_of(validation: &Validation, variables: &PolicyVariables<'_>, budget: &mut Budget) -> String {
    let evaluated = validation.message_program.as_ref().map(|program| program.evaluate(variables, budget));
    if let Some(Ok(Val::String(text))) = evaluated {
        let text = text.trim();
        if !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n') {
            return text.to_owned();
        }
    }
    match validation.message.as_str() {
        "" => format!("failed expression: {}", validation.program.source().trim()),
        message => message.to_owned(),
    }
}

fn annotate(policy: &Policy, variables: &PolicyVariables<'_>, verdict: &mut Verdict) {
    let mut budget = Budget::new(TOTAL_LIMIT);
    for (key, program) in &policy.annotations {
        match evaluate(program, variables, &mut budget) {
            Ok(Val::String(text)) if !text.trim().is_empty() => {
                let text = text.trim();
                let end = (0..=text.len().min(ANNOTATION_BYTES_MAX)).rev().find(|at| text.is_char_boundary(*at));
                verdict.annotations.push((key.clone(), text[..end.unwrap_or(0)].to_owned()));
            }
            Ok(_) => {}
            Err(fault) if policy.fails => verdict.faults.push(fault),
            Err(_) => {}
        }
    }
}

fn refused(attributes: &Attributes<'_>, object: &Value, refusal: &Refusal<'_>) -> Status {
    let message = match refusal.binding {
        Some(binding) => format!(
            "ValidatingAdmissionPolicy '{}' with binding '{binding}' denied request: {}",
            refusal.policy, refusal.message
        ),
        None => format!("ValidatingAdmissionPolicy '{}' denied request: {}", refusal.policy, refusal.message),
    };
    let named = if object.is_null() { attributes.old } else { object };
    let mut status = forbidden(attributes, named, message.as_str());
    (status.code, status.reason) = match refusal.reason.as_str() {
        "Forbidden" => (403, "Forbidden"),
        "Unauthorized" => (401, "Unauthorized"),
        "RequestEntityTooLarge" => (413, "RequestEntityTooLarge"),
        _ => (422, "Invalid"),
    };
    if let Some(details) = status.details.as_mut() {
        details.causes.push(StatusCause { message, ..StatusCause::default() });
    }
    status
}
