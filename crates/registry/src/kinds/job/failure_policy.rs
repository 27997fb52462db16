//! `podFailurePolicy`

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::names;
use apimachinery::value::Value;

use crate::rules;

const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const CONDITIONS_MAX: usize = 20;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];

/// Checks the failure policy of a `JobSpec`.
pub(super) fn validate(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (list, path) = (spec.items_at(&["podFailurePolicy", "rules"]), path.child("rules"));
    if list.len() > RULES_MAX {
        errors.push(FieldError::too_many(&path, list.len(), RULES_MAX));
    }
    for (at, rule) in list.iter().enumerate() {
        validate_rule(spec, rule, &path.index(at), errors);
    }
}

fn validate_rule(spec: &Value, rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let action_path = path.child("action");
    match rule.str_at(&["action"]) {
        action @ "FailIndex" if spec.field("backoffLimitPerIndex").is_null() => {
            errors.push(FieldError::invalid(&action_path, action, "requires the backoffLimitPerIndex to be set"));
        }
        action => known(action, &ACTIONS, &action_path, errors),
    }
    let (codes, conditions) = (rule.field("onExitCodes"), rule.items_at(&["onPodConditions"]));
    if !codes.is_null() {
        validate_exit_codes(spec, codes, &path.child("onExitCodes"), errors);
    }
    validate_conditions(conditions, &path.child("onPodConditions"), errors);
    let detail = match (codes.is_null(), conditions.is_empty()) {
        (false, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (true, true) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    errors.push(FieldError::invalid(path, omitted(), detail));
}

/// No value is shown.
pub(super) fn omitted() -> Verbatim {
    Verbatim(String::new())
}

fn known(value: &str, all: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    if value.is_empty() {
        let list: Vec<String> = all.iter().map(|it| format!("\"{it}\"")).collect();
        errors.push(FieldError::required(path, &format!("valid values: [{}]", list.join(" "))));
    } else if !all.contains(&value) {
        errors.push(FieldError::not_supported(path, value, all));
    }
}

fn validate_conditions(patterns: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    if patterns.len() > CONDITIONS_MAX {
        errors.push(FieldError::too_many(path, patterns.len(), CONDITIONS_MAX));
    }
    for (at, pattern) in patterns.iter().enumerate() {
        let path = path.index(at);
        let name = pattern.str_at(&["type"]);
        rules::invalid_each(&path.child("type"), name, names::qualified_name(name), errors);
        known(pattern.str_at(&["status"]), &STATUSES, &path.child("status"), errors);
    }
}

fn validate_exit_codes(spec: &Value, codes: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let operator = codes.str_at(&["operator"]);
    known(operator, &OPERATORS, &path.child("operator"), errors);
    if let Some(name) = codes.field("containerName").as_str() {
        let template = spec.at(&["template", "spec"]);
        let lists = ["containers", "initContainers"];
        let is_known = lists.iter().flat_map(|list| template.items_at(&[list])).any(|it| it.str_at(&["name"]) == name);
        if !is_known {
            let detail = "must be one of the container or initContainer names in the pod template";
            errors.push(FieldError::invalid(&path.child("containerName"), name, detail));
        }
    }
    validate_values(codes.field("values"), operator, &path.child("values"), errors);
}

fn validate_values(list: &Value, operator: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let values: Vec<i64> = list.as_array().unwrap_or(&[]).iter().filter_map(Value::as_i64).collect();
    if values.is_empty() {
        errors.push(FieldError::invalid(path, rules::printed(list), "at least one value is required"));
    } else if values.len() > EXIT_CODES_MAX {
        errors.push(FieldError::too_many(path, values.len(), EXIT_CODES_MAX));
    }
    for (at, value) in values.iter().enumerate() {
        if operator == "In" && *value == 0 {
            errors.push(FieldError::invalid(&path.index(at), *value, "must not be 0 for the In operator"));
        }
        if values[..at].contains(value) {
            errors.push(FieldError::duplicate(&path.index(at), *value));
        }
    }
    if !values.is_sorted() {
        errors.push(FieldError::invalid(path, rules::printed(list), "must be ordered"));
    }
}
