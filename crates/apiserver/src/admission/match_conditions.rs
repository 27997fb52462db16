//! `matchConditions` of webhooks and policies: whether a request that the rules match is meant after all.

use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use cel::budget::MATCH_CONDITIONS_LIMIT;
use cel::{Budget, Program, Val, Variables};
use registry::expressions::{self, Scope, Wanted};

use super::policies::{PolicyVariables, RequestValues};
use super::request::{Request, Seen};

/// One condition, compiled.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The program, or why there is none: conditions were checked when they were accepted.
    program: Result<Arc<Program>, String>,
}

/// The conditions of a webhook, or of the `spec` of a policy.
pub fn compile(owner: &Value, has_params: bool) -> Vec<Condition> {
    let conditions = owner.items_at(&["matchConditions"]);
    if conditions.is_empty() {
        return Vec::new();
    }
    let environment = expressions::environment(Scope { has_params, has_authorizer: true, makes_objects: false });
    let compiled = conditions.iter().map(|condition| {
        let text = condition.str_at(&["expression"]).trim();
        Condition { program: expressions::compile(text, &environment, Wanted::Bool) }
    });
    compiled.collect()
}

/// Whether all conditions hold. One that does not hold decides, whatever faults others have; the faults are told
/// only when none decides.
pub fn matches(conditions: &[Condition], variables: &dyn Variables) -> Result<bool, String> {
    let mut budget = Budget::new(MATCH_CONDITIONS_LIMIT);
    let mut faults = Vec::new();
    for condition in conditions {
        let outcome = match &condition.program {
            Err(error) => Err(error.clone()),
            Ok(program) => evaluate(program, variables, &mut budget),
        };
        match outcome {
            Ok(Val::Bool(true)) => {}
            Ok(_) => return Ok(false),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.as_slice() {
        [] => Ok(true),
        [fault] => Err(fault.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

/// Whether the conditions of a webhook hold for a request. The inner fault is the conditions'; the failure policy of
/// the webhook decides about it.
pub(super) async fn hold(
    conditions: &[Condition],
    request: &Request<'_>,
    seen: &Seen<'_>,
) -> Result<Result<bool, String>, Status> {
    if conditions.is_empty() {
        return Ok(Ok(true));
    }
    let values = RequestValues::new(request, seen).await?;
    Ok(matches(conditions, &PolicyVariables::new(&values, Val::Null, &[])))
}

/// Evaluates one expression; the fault names it.
pub(crate) fn evaluate(program: &Program, variables: &dyn Variables, budget: &mut Budget) -> Result<Val, String> {
    program.evaluate(variables, budget).map_err(|fault| match fault {
        cel::value::Fault::OutOfBudget => fault.to_string(),
        fault => format!("expression '{}' resulted in error: {fault}", program.source()),
    })
}

#[cfg(test)]
mod tests {
    use apimachinery::json;
    use cel::convert;

    use super::*;

    #[track_caller]
    fn check(expressions: &[&str], wanted: Result<bool, &str>) {
        let conditions: Value =
            expressions.iter().map(|text| apimachinery::tree!({"name": "a", "expression": (*text)})).collect();
        let owner = apimachinery::tree!({"matchConditions": conditions});
        let object = json::parse(br#"{"metadata":{"name":"a"}}"#).expect("an object");
        let variables: &[(&str, Val)] = &[("object", convert::from_tree(&object))];
        let got = matches(&compile(&owner, false), &variables);
        assert_eq!(got.as_ref().map_err(String::as_str), wanted.as_ref().map_err(|it| *it));
    }

    #[test]
    fn one_false_condition_decides() {
        check(&["object.metadata.name == 'a'"], Ok(true));
        check(&["object.metadata.name == 'b'", "object.metadata.nothing == 'b'"], Ok(false));
        check(&["object.metadata.nothing == 'b'", "object.metadata.name == 'b'"], Ok(false));
    }

    #[test]
    fn faults_are_told_when_nothing_decides() {
        let wanted = "expression 'object.metadata.x == 'b'' resulted in error: no such key: x";
        check(&["object.metadata.x == 'b'", "true"], Err(wanted));
    }
}
