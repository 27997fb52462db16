//! `JobSpec`, of a Job or of a CronJob's template.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim, quoted};
use apimachinery::names;
use apimachinery::value::Value;

use super::{failure_policy, indexes};
use crate::defaults::{self, FieldDefault, text};
use crate::kinds::pod_spec::{self, SpecOf};
use crate::rules;

const PARALLELISM_INDEXED_MAX: i64 = 100_000;
const FAILED_INDEXES_MAX: i64 = 100_000;
const COMPLETIONS_MANY: i64 = 100_000;
const PARALLELISM_OF_MANY_MAX: i64 = 10_000;
const FAILED_INDEXES_OF_MANY_MAX: i64 = 10_000;
const MANAGED_BY_BYTES_MAX: usize = 63;
const SUCCESS_RULES_MAX: usize = 20;
const SUCCEEDED_INDEXES_BYTES_MAX: usize = 64 * 1_024;

static DEFAULTS: &[FieldDefault] = &[text("podFailurePolicy.rules[].onPodConditions[].status", "True")];

/// Defaults that a Job's spec and a CronJob's template share.
pub(in crate::kinds) fn default_template(spec: &mut apimachinery::value::Map) {
    let mut value = Value::Object(std::mem::take(spec));
    defaults::apply(DEFAULTS, &mut value);
    pod_spec::defaults::template(value.object_at(&[]).get_mut("template").unwrap_or(&mut Value::Null));
    if let Value::Object(map) = value {
        *spec = map;
    }
}

/// Checks all but the selector (`validateJobSpec`).
pub(in crate::kinds) fn validate(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_numbers(spec, path, errors);
    validate_managed_by(spec, path, errors);
    validate_mode(spec, path, errors);
    if !spec.field("podFailurePolicy").is_null() {
        failure_policy::validate(spec, &path.child("podFailurePolicy"), errors);
    }
    if !spec.field("successPolicy").is_null() {
        validate_success_policy(spec, &path.child("successPolicy"), errors);
    }
    validate_replacement(spec, &path.child("podReplacementPolicy"), errors);
    let (template, path) = (spec.field("template"), path.child("template"));
    pod_spec::validate_template(template, &path, errors);
    validate_restart_policy(spec, &path.child("spec.restartPolicy"), errors);
}

fn validate_numbers(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const NUMBERS: [&str; 7] = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    for field in NUMBERS {
        if let Some(number) = spec.i64_at(&[field]) {
            rules::not_negative(number, &path.child(field), errors);
        }
    }
    if !spec.field("maxFailedIndexes").is_null() && spec.field("backoffLimitPerIndex").is_null() {
        let path = path.child("backoffLimitPerIndex");
        errors.push(FieldError::required(&path, "when maxFailedIndexes is specified"));
    }
}

fn validate_managed_by(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(name) = spec.field("managedBy").as_str() else { return };
    let path = path.child("managedBy");
    errors.extend(names::domain_prefixed_path(&path, name));
    if name.len() > MANAGED_BY_BYTES_MAX {
        errors.push(FieldError::too_long(&path, MANAGED_BY_BYTES_MAX));
    }
}

fn validate_mode(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match spec.field("completionMode").as_str() {
        Some("Indexed") => validate_indexed(spec, path, errors),
        None | Some("NonIndexed") => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let Some(number) = spec.i64_at(&[field]) {
                    errors.push(FieldError::invalid(&path.child(field), number, "requires indexed completion mode"));
                }
            }
        }
        Some(other) => {
            let path = path.child("completionMode");
            errors.push(FieldError::not_supported(&path, other, &["Indexed", "NonIndexed"]));
        }
    }
}

fn validate_indexed(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let number = |field: &str| spec.i64_at(&[field]);
    let mut refuse = |field: &str, limit: i64, end: &str| {
        if let Some(number) = number(field).filter(|it| *it > limit) {
            let detail = format!("must be less than or equal to {limit}{end}");
            errors.push(FieldError::invalid(&path.child(field), number, detail));
        }
    };
    let failed = "maxFailedIndexes";
    refuse("parallelism", PARALLELISM_INDEXED_MAX, " when completion mode is Indexed");
    refuse(failed, FAILED_INDEXES_MAX, "");
    let is_many = number("completions").is_some_and(|it| it > COMPLETIONS_MANY);
    if is_many && number("backoffLimitPerIndex").is_some() {
        let end = format!(" when completions are above {COMPLETIONS_MANY} and used with backoff limit per index");
        refuse("parallelism", PARALLELISM_OF_MANY_MAX, &end);
        refuse(failed, FAILED_INDEXES_OF_MANY_MAX, &end);
        if number(failed).is_none() {
            let detail = format!("must be specified when completions is above {COMPLETIONS_MANY}");
            errors.push(FieldError::required(&path.child(failed), &detail));
        }
    }
    match (number("completions"), number(failed)) {
        (None, _) => {
            errors.push(FieldError::required(&path.child("completions"), "when completion mode is Indexed"));
        }
        (Some(completions), Some(number)) if number > completions => {
            let detail = "must be less than or equal to completions";
            errors.push(FieldError::invalid(&path.child(failed), number, detail));
        }
        _ => {}
    }
}

fn validate_success_policy(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let policy = spec.field("successPolicy");
    if spec.str_at(&["completionMode"]) != "Indexed" {
        let rules: Vec<String> = policy
            .items_at(&["rules"])
            .iter()
            .map(|rule| {
                let fields =
                    [("SucceededIndexes", "succeededIndexes", "null"), ("SucceededCount", "succeededCount", "null")];
                rules::printed_struct(rule, &fields).0
            })
            .collect();
        let printed = Verbatim(format!("{{\"Rules\":[{}]}}", rules.join(",")));
        return errors.push(FieldError::invalid(path, printed, "requires indexed completion mode"));
    }
    let (list, path) = (policy.items_at(&["rules"]), path.child("rules"));
    if list.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        errors.push(FieldError::required(&path, detail));
    }
    if list.len() > SUCCESS_RULES_MAX {
        errors.push(FieldError::too_many(&path, list.len(), SUCCESS_RULES_MAX));
    }
    let completions = spec.i64_at(&["completions"]).unwrap_or(0);
    for (at, rule) in list.iter().enumerate() {
        validate_success_rule(rule, completions, &path.index(at), errors);
    }
}

fn validate_success_rule(rule: &Value, completions: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (set, count) = (rule.field("succeededIndexes").as_str(), rule.i64_at(&["succeededCount"]));
    if set.is_none() && count.is_none() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        errors.push(FieldError::required(path, detail));
    }
    let mut total = 0;
    if let Some(set) = set {
        let path = path.child("succeededIndexes");
        if set.len() > SUCCEEDED_INDEXES_BYTES_MAX {
            errors.push(FieldError::too_long(&path, SUCCEEDED_INDEXES_BYTES_MAX));
        }
        match indexes::count(set, completions) {
            Ok(counted) => total = counted,
            Err(why) => {
                let detail = format!("error parsing succeededIndexes: {why}");
                errors.push(FieldError::invalid(&path, set, detail));
            }
        }
    }
    let Some(count) = count else { return };
    let path = path.child("succeededCount");
    rules::not_negative(count, &path, errors);
    let limits = [
        (true, completions, "the number of specified completions"),
        (set.is_some(), total, "the number of indexes in the specified succeededIndexes field"),
    ];
    for (_, limit, what) in limits.iter().filter(|(holds, limit, _)| *holds && count > *limit) {
        let detail = format!("must be less than or equal to {limit} ({what})");
        errors.push(FieldError::invalid(&path, count, detail));
    }
}

fn validate_replacement(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(policy) = spec.field("podReplacementPolicy").as_str() else { return };
    let known: &[&str] = match spec.field("podFailurePolicy").is_null() {
        true => &["Failed", "TerminatingOrFailed"],
        false => &["Failed"],
    };
    if !known.contains(&policy) {
        errors.push(FieldError::not_supported(path, policy, known));
    }
}

fn validate_restart_policy(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match spec.str_at(&["template", "spec", "restartPolicy"]) {
        "" | "Always" => errors.push(FieldError::required(path, "valid values: \"OnFailure\", \"Never\"")),
        policy @ "OnFailure" if !spec.field("podFailurePolicy").is_null() => {
            let detail = format!("only {} is supported when podFailurePolicy is specified", quoted("Never"));
            errors.push(FieldError::invalid(path, policy, detail));
        }
        "OnFailure" | "Never" => {}
        other => errors.push(FieldError::not_supported(path, other, &["Never", "OnFailure"])),
    }
}

/// Warnings about a `JobSpec`.
pub(in crate::kinds) fn warnings(spec: &Value, path: &FieldPath) -> Vec<String> {
    let mut warnings = Vec::new();
    let number = |field: &str| spec.i64_at(&[field]).unwrap_or(0);
    let is_indexed = spec.str_at(&["completionMode"]) == "Indexed";
    if is_indexed && number("completions") > COMPLETIONS_MANY && number("parallelism") > PARALLELISM_OF_MANY_MAX {
        warnings.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than \
             10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
    let template = spec.field("template");
    warnings.extend(pod_spec::warnings::of(template, SpecOf::Template, &path.child("template")));
    warnings
}
