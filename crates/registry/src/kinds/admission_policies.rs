//! What the kinds of admission policies and their bindings share.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use cel::{Environment, Type};

use super::admission_rules::{one_of, require_one_of, validate_conditions, validate_match_resources};
use crate::cells;
use crate::expressions::{self, Scope, Wanted};
use crate::rules;

const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Checks what the `spec`s of both kinds of policies begin with.
pub(super) fn validate_head(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    require_one_of(spec, "failurePolicy", &["Fail", "Ignore"], path, errors);
    if !spec.field("paramKind").is_null() {
        validate_param_kind(spec.field("paramKind"), &path.child("paramKind"), errors);
    }
    let (constraints, path_of_constraints) = (spec.field("matchConstraints"), path.child("matchConstraints"));
    if constraints.is_null() {
        return errors.push(FieldError::required(&path_of_constraints, ""));
    }
    validate_match_resources(constraints, &path_of_constraints, errors);
    if constraints.items_at(&["resourceRules"]).is_empty() {
        errors.push(FieldError::required(&path_of_constraints.child("resourceRules"), ""));
    }
}

/// What the expressions of a policy may name.
pub(super) fn scope(spec: &Value) -> Scope {
    Scope { has_params: !spec.field("paramKind").is_null(), has_authorizer: true, makes_objects: false }
}

/// Checks conditions and variables of both kinds of policies; the environment of what follows them.
pub(super) fn validate_expressions(
    spec: &Value,
    scope: Scope,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) -> Environment {
    validate_conditions(spec, scope, path, errors);
    let mut environment = expressions::environment(scope);
    for (at, variable) in spec.items_at(&["variables"]).iter().enumerate() {
        let (path, name) = (path.child("variables").index(at), variable.str_at(&["name"]));
        if name.trim().is_empty() {
            errors.push(FieldError::required(&path.child("name"), "name is not specified"));
        } else if !is_identifier(name) {
            errors.push(FieldError::invalid(&path.child("name"), name, "must be a valid CEL identifier"));
        }
        let text = variable.str_at(&["expression"]);
        if text.trim().is_empty() {
            errors.push(FieldError::required(&path.child("expression"), "expression is not specified"));
            continue;
        }
        let output = match expressions::compile(text, &environment, Wanted::Anything) {
            Ok(program) => program.output().clone(),
            Err(detail) => {
                errors.push(FieldError::invalid(&path.child("expression"), text, detail));
                Type::Dyn
            }
        };
        environment.declare(&format!("variables.{name}"), output);
    }
    environment
}

fn is_identifier(name: &str) -> bool {
    let is_start = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    is_start && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) && !RESERVED.contains(&name)
}

fn validate_param_kind(kind: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_api_version(kind.str_at(&["apiVersion"]), &path.child("apiVersion"), errors);
    let (name, path) = (kind.str_at(&["kind"]), path.child("kind"));
    let messages = names::dns1035_label(&name.to_lowercase());
    if name.is_empty() {
        errors.push(FieldError::required(&path, ""));
    } else if !messages.is_empty() {
        let detail = format!("may have mixed case, but should otherwise match: {}", messages.join(","));
        errors.push(FieldError::invalid(&path, name, detail));
    }
}

fn validate_api_version(text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (group, version) = match text.matches('/').count() {
        _ if text.is_empty() => return errors.push(FieldError::required(path, "")),
        _ if text == "/" => ("", ""),
        0 => ("", text),
        1 => text.split_once('/').unwrap_or(("", text)),
        _ => {
            let detail = format!("unexpected GroupVersion string: {text}");
            return errors.push(FieldError::invalid(path, text, detail));
        }
    };
    let messages = names::dns1123_subdomain(group);
    if !group.is_empty() && !messages.is_empty() {
        errors.push(FieldError::invalid(path, group, messages.join(",")));
    }
    let messages = names::dns1035_label(version);
    if version.is_empty() {
        errors.push(FieldError::invalid(path, text, "version must be specified"));
    } else if !messages.is_empty() {
        errors.push(FieldError::invalid(path, version, messages.join(",")));
    }
}

/// Checks what the `spec`s of both kinds of bindings share.
pub(super) fn validate_binding(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match spec.str_at(&["policyName"]) {
        "" => errors.push(FieldError::required(&path.child("policyName"), "")),
        name => rules::invalid_each(&path.child("policyName"), name, names::dns1123_subdomain(name), errors),
    }
    validate_param_reference(spec.field("paramRef"), &path.child("paramRef"), errors);
    validate_match_resources(spec.field("matchResources"), &path.child("matchResources"), errors);
}

fn validate_param_reference(reference: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const BOTH: &str = "name and selector are mutually exclusive";
    if reference.is_null() {
        return;
    }
    let (name, selector) = (reference.str_at(&["name"]), reference.field("selector"));
    if !name.is_empty() {
        rules::invalid_each(&path.child("name"), name, names::path_segment(name), errors);
        if !selector.is_null() {
            errors.push(FieldError::forbidden(&path.child("name"), BOTH));
        }
    }
    if !selector.is_null() {
        rules::label_selector(selector, &path.child("selector"), errors);
        if !name.is_empty() {
            errors.push(FieldError::forbidden(&path.child("selector"), BOTH));
        }
    }
    if name.is_empty() && selector.is_null() {
        errors.push(FieldError::required(path, "one of name or selector must be specified"));
    }
    match reference.str_at(&["parameterNotFoundAction"]) {
        "" => errors.push(FieldError::required(&path.child("parameterNotFoundAction"), "")),
        _ => one_of(reference, "parameterNotFoundAction", &["Deny", "Allow"], path, errors),
    }
}

/// `paramKind` as in tables.
pub(super) fn param_kind_cell(object: &Value) -> Value {
    let kind = object.at(&["spec", "paramKind"]);
    match kind.is_null() {
        true => "<unset>".into(),
        false => format!("{}/{}", kind.str_at(&["apiVersion"]), kind.str_at(&["kind"])).into(),
    }
}

/// `paramRef` as in tables.
pub(super) fn param_reference_cell(object: &Value) -> Value {
    let reference = object.at(&["spec", "paramRef"]);
    match (reference.str_at(&["name"]), reference.str_at(&["namespace"])) {
        ("", _) if reference.field("selector").is_null() => "<unset>".into(),
        ("", _) => go_selector(reference.field("selector")).into(),
        (name, "") => format!("*/{name}").into(),
        (name, namespace) => format!("{namespace}/{name}").into(),
    }
}

/// A label selector as Go prints the struct.
fn go_selector(selector: &Value) -> String {
    let labels = selector.field("matchLabels").as_object();
    let labels: String = labels
        .into_iter()
        .flat_map(|it| it.iter())
        .map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or("")))
        .collect();
    let expressions = selector.items_at(&["matchExpressions"]).iter().map(|it| {
        let values: Vec<&str> = it.items_at(&["values"]).iter().filter_map(Value::as_str).collect();
        let (key, operator) = (it.str_at(&["key"]), it.str_at(&["operator"]));
        format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{}],}},", values.join(" "))
    });
    let expressions: String = expressions.collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

/// Name, policy, parameters and age of a binding.
pub(super) fn binding_row(object: &Value, now: jiff::Timestamp) -> crate::resource::Row {
    cells::row(vec![
        cells::name(object),
        cells::text(object, &["spec", "policyName"]),
        param_reference_cell(object),
        cells::age(object, now),
    ])
}
