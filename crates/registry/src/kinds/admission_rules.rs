//! What the kinds of `admissionregistration.k8s.io` share: what requests they are about.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use cel::Environment;

use crate::defaults::{self, FieldDefault, empty_object, text};
use crate::expressions::{self, Scope, Wanted};
use crate::rules;

/// API group of webhooks and policies.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";

/// Conditions of one webhook or policy.
const CONDITIONS_MAX: usize = 64;

const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const MUTABLE_OPERATIONS: [&str; 4] = ["*", "CONNECT", "CREATE", "UPDATE"];

/// Names that only files on the server's disk may have.
const STATIC_SUFFIX: &str = ".static.k8s.io";

static MATCH_DEFAULTS: &[FieldDefault] = &[
    text("matchPolicy", "Equivalent"),
    empty_object("namespaceSelector"),
    empty_object("objectSelector"),
    text("resourceRules[].scope", "*"),
    text("excludeResourceRules[].scope", "*"),
];

/// Sets what is absent in a `MatchResources`.
pub(super) fn default_match_resources(object: &mut Value, field: &str) {
    if let Some(resources) = object.at_mut(&["spec", field]).filter(|it| !it.is_null()) {
        defaults::apply(MATCH_DEFAULTS, resources);
    }
}

/// Texts about names that will be refused.
pub(super) fn name_warnings(object: &Value) -> Vec<String> {
    match object.str_at(&["metadata", "name"]) {
        name if name.ends_with(STATIC_SUFFIX) => vec![format!(
            "metadata.name: names ending with \"{STATIC_SUFFIX}\" are reserved for static manifest-based configurations \
             and cannot be managed via the API"
        )],
        _ => Vec::new(),
    }
}

/// A string with a few values.
pub(super) fn one_of(object: &Value, field: &str, known: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    match object.field(field).as_str() {
        Some(value) if !known.contains(&value) => {
            errors.push(FieldError::not_supported(&path.child(field), value, known));
        }
        _ => {}
    }
}

/// The same, but it must be there.
pub(super) fn require_one_of(
    object: &Value,
    field: &str,
    known: &[&str],
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    match object.field(field).is_null() {
        true => errors.push(FieldError::required(&path.child(field), "")),
        false => one_of(object, field, known, path, errors),
    }
}

/// Checks a `MatchResources`.
pub(super) fn validate_match_resources(resources: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if resources.is_null() {
        return;
    }
    require_one_of(resources, "matchPolicy", &["Equivalent", "Exact"], path, errors);
    for field in ["namespaceSelector", "objectSelector"] {
        match resources.field(field).is_null() {
            true => errors.push(FieldError::required(&path.child(field), "")),
            false => rules::label_selector(resources.field(field), &path.child(field), errors),
        }
    }
    for field in ["resourceRules", "excludeResourceRules"] {
        for (at, rule) in resources.items_at(&[field]).iter().enumerate() {
            let path = path.child(field).index(at);
            validate_resource_names(rule.items_at(&["resourceNames"]), &path.child("resourceNames"), errors);
            validate_rule(rule, &path, errors);
        }
    }
}

/// Only what makes or changes objects can be changed on its way.
pub(super) fn validate_mutable(resources: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let rules = resources.items_at(&["resourceRules"]).iter();
    let operations = rules.flat_map(|rule| rule.items_at(&["operations"])).filter_map(Value::as_str);
    for operation in operations.filter(|it| !MUTABLE_OPERATIONS.contains(it)) {
        let path = path.child("resourceRules.operations");
        errors.push(FieldError::not_supported(&path, operation, &MUTABLE_OPERATIONS));
    }
}

fn validate_resource_names(names_of: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, name) in names_of.iter().filter_map(Value::as_str).enumerate() {
        rules::invalid_each(&path.index(at), name, names::path_segment(name), errors);
        if names_of[..at].iter().any(|it| it.as_str() == Some(name)) {
            errors.push(FieldError::duplicate(&path.index(at), name));
        }
    }
}

/// Checks a `RuleWithOperations`.
pub(super) fn validate_rule(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_words(rule, "operations", "operations", path, errors);
    for (at, operation) in rule.items_at(&["operations"]).iter().filter_map(Value::as_str).enumerate() {
        if !OPERATIONS.contains(&operation) {
            errors.push(FieldError::not_supported(&path.child("operations").index(at), operation, &OPERATIONS));
        }
    }
    validate_words(rule, "apiGroups", "API groups", path, errors);
    validate_words(rule, "apiVersions", "API versions", path, errors);
    for (at, version) in rule.items_at(&["apiVersions"]).iter().enumerate() {
        if version.as_str() == Some("") {
            errors.push(FieldError::required(&path.child("apiVersions").index(at), ""));
        }
    }
    validate_resources(rule, &path.child("resources"), errors);
    one_of(rule, "scope", &["*", "Cluster", "Namespaced"], path, errors);
}

/// A list of words in which `*` stands alone.
fn validate_words(rule: &Value, field: &str, shown: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (words, path) = (rule.items_at(&[field]), path.child(field));
    if words.is_empty() {
        errors.push(FieldError::required(&path, ""));
    }
    if words.len() > 1 && words.iter().any(|it| it.as_str() == Some("*")) {
        let detail = format!("if '*' is present, must not specify other {shown}");
        errors.push(FieldError::invalid(&path, rules::printed(rule.field(field)), detail));
    }
}

fn validate_resources(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let words: Vec<&str> = rule.items_at(&["resources"]).iter().filter_map(Value::as_str).collect();
    if words.is_empty() {
        errors.push(FieldError::required(path, ""));
    }
    // Resources whose subresources are all meant, and subresources that are meant of all resources.
    let (mut all_parts_of, mut parts_of_all) = (Vec::new(), Vec::new());
    let mut has_plain = false;
    for (at, word) in words.iter().enumerate() {
        if word.is_empty() {
            errors.push(FieldError::required(&path.index(at), ""));
            continue;
        }
        let Some((resource, part)) = word.split_once('/') else {
            has_plain = *word != "*";
            continue;
        };
        if all_parts_of.contains(&resource) {
            let detail = format!("if '{resource}/*' is present, must not specify {word}");
            errors.push(FieldError::invalid(&path.index(at), *word, detail));
        }
        if parts_of_all.contains(&part) {
            let detail = format!("if '*/{part}' is present, must not specify {word}");
            errors.push(FieldError::invalid(&path.index(at), *word, detail));
        }
        if part == "*" {
            all_parts_of.push(resource);
        }
        if resource == "*" {
            parts_of_all.push(part);
        }
    }
    let value = || rules::printed(rule.field("resources"));
    if words.len() > 1 && words.contains(&"*/*") {
        let detail = "if '*/*' is present, must not specify other resources";
        errors.push(FieldError::invalid(path, value(), detail));
    }
    if words.contains(&"*") && has_plain {
        let detail = "if '*' is present, must not specify other resources without subresources";
        errors.push(FieldError::invalid(path, value(), detail));
    }
}

/// Compiles an expression.
pub(super) fn validate_expression(
    text: &str,
    environment: &Environment,
    wanted: Wanted,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    if let Err(detail) = expressions::compile(text, environment, wanted) {
        errors.push(FieldError::invalid(path, text, detail));
    }
}

/// Checks `matchConditions`.
pub(super) fn validate_conditions(owner: &Value, scope: Scope, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if owner.items_at(&["matchConditions"]).is_empty() {
        return;
    }
    let environment = expressions::environment(scope);
    let (conditions, path) = (owner.items_at(&["matchConditions"]), path.child("matchConditions"));
    if conditions.len() > CONDITIONS_MAX {
        errors.push(FieldError::too_many(&path, conditions.len(), CONDITIONS_MAX));
    }
    for (at, condition) in conditions.iter().enumerate() {
        let (path, name) = (path.index(at), condition.str_at(&["name"]));
        match condition.str_at(&["expression"]).trim() {
            "" => errors.push(FieldError::required(&path.child("expression"), "")),
            text => validate_expression(text, &environment, Wanted::Bool, &path.child("expression"), errors),
        }
        match name {
            "" => errors.push(FieldError::required(&path.child("name"), "")),
            name => rules::invalid_each(&path.child("name"), name, names::qualified_name(name), errors),
        }
        if !name.is_empty() && conditions[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
    }
}
