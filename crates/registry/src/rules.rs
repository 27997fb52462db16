//! Validation rules that several kinds share. Each adds upstream's errors to a list.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim, quoted};
use apimachinery::names;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::{Map, Value};

/// Total bytes of the values of one ConfigMap or Secret.
pub const SECRET_BYTES_MAX: usize = 1 << 20;

/// Message for a field that cannot change.
pub const FIELD_IMMUTABLE: &str = "field is immutable";

/// Adds `Required value` when the string at `field` of `object` is empty.
pub fn require(object: &Value, field: &'static str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if object.str_at(&[field]).is_empty() {
        errors.push(FieldError::required(&path.child(field), ""));
    }
}

/// Adds an error when the fields at `at` differ (`ValidateImmutableField`).
pub fn immutable(object: &Value, old: &Value, at: &[&str], errors: &mut Vec<FieldError>) {
    let (new, before) = (object.at(at), old.at(at));
    if !is_equal(new, before) {
        let path = FieldPath::new(&at.join("."));
        errors.push(FieldError::invalid(&path, printed(new), FIELD_IMMUTABLE));
    }
}

/// The same for a field that Go prints as a struct of `fields`, see [`printed_struct`].
pub fn immutable_struct(
    object: &Value,
    old: &Value,
    at: &[&str],
    fields: &[(&str, &str, &str)],
    errors: &mut Vec<FieldError>,
) {
    let (new, before) = (object.at(at), old.at(at));
    if !is_equal(new, before) {
        let value = if new.is_null() { printed(new) } else { printed_struct(new, fields) };
        errors.push(FieldError::invalid(&FieldPath::new(&at.join(".")), value, FIELD_IMMUTABLE));
    }
}

/// Whether two trees are equal, an absent or empty list or map being as good as the other
/// (`equality.Semantic.DeepEqual` and Go's nil).
pub fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, other) | (other, Value::Null) => is_empty(other),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(k, v)| b.get(k) == Some(v)),
        _ => a == b,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// A value as field errors print it: scalars as Go does, lists and objects as JSON.
pub fn printed(value: &Value) -> Verbatim {
    Verbatim(match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => quoted(text),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        other => String::from_utf8_lossy(&apimachinery::json::to_vec(other)).into_owned(),
    })
}

/// An object as Go prints a struct without JSON tags: each field's Go name, its JSON name, and what stands there when
/// it is absent (`""`, `null`, `0`).
pub fn printed_struct(object: &Value, fields: &[(&str, &str, &str)]) -> Verbatim {
    let part = |(name, field, zero): &(&str, &str, &str)| match object.field(field) {
        Value::Null => format!("\"{name}\":{zero}"),
        value => format!("\"{name}\":{}", printed(value).0),
    };
    let parts: Vec<String> = fields.iter().map(part).collect();
    Verbatim(format!("{{{}}}", parts.join(",")))
}

/// A list of strings as Go prints it: `["a","b"]`.
pub fn printed_strings<'a>(items: impl Iterator<Item = &'a str>) -> Verbatim {
    let items: Vec<String> = items.map(quoted).collect();
    Verbatim(format!("[{}]", items.join(",")))
}

/// Adds an `Invalid value` per message.
pub fn invalid_each(path: &FieldPath, value: &str, messages: Vec<String>, errors: &mut Vec<FieldError>) {
    errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, value, message)));
}

/// Keys and values of a label map (`ValidateLabels`).
pub fn labels(labels: Option<&Map>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let entries = labels.into_iter().flat_map(Map::iter).map(|(key, value)| (key, value.as_str().unwrap_or("")));
    errors.extend(names::labels(path, entries));
}

/// A `metav1.LabelSelector`.
pub fn label_selector(selector: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    errors.extend(validate_label_selector(path, selector));
}

/// A number that must not be negative (`ValidateNonnegativeField`).
pub fn not_negative(number: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if number < 0 {
        errors.push(FieldError::invalid(path, number, "must be greater than or equal to 0"));
    }
}

/// A finalizer without a domain must be one of Kubernetes' own (`validateKubeFinalizerName`).
pub fn standard_finalizer(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
        let detail = "name is neither a standard finalizer name nor is it fully qualified";
        errors.push(FieldError::invalid(path, name, detail));
    }
}

/// What is odd about an address that is accepted (`GetWarningsForIP`).
pub fn ip_warnings(path: &FieldPath, text: &str) -> Option<String> {
    let ip = names::parse_ip_sloppy(text)?;
    match text.parse::<std::net::IpAddr>() {
        Ok(strict) if strict.to_canonical() == strict => {
            let is_canonical = strict.is_ipv4() || strict.to_string() == text;
            let advice = format!("IPv6 address {} should be in RFC 5952 canonical format", quoted(text));
            (!is_canonical).then(|| format!("{path}: {advice} ({})", quoted(&strict.to_string())))
        }
        _ => {
            let standard = quoted(&ip.to_canonical().to_string());
            Some(format!("{path}: non-standard IP address {} is invalid: use {standard}", quoted(text)))
        }
    }
}

/// Length of what base64 text decodes to.
pub fn base64_length(text: &str) -> usize {
    let digits = text.trim_end_matches('=').len();
    digits * 3 / 4
}

/// `metav1.Condition`s (`ValidateConditions`).
pub fn conditions(conditions: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    const STATUSES: [&str; 3] = ["False", "True", "Unknown"];
    for (at, condition) in conditions.iter().enumerate() {
        let (path, kind) = (path.index(at), condition.str_at(&["type"]));
        if conditions[..at].iter().any(|it| it.str_at(&["type"]) == kind) {
            errors.push(FieldError::duplicate(&path.child("type"), kind));
        }
        invalid_each(&path.child("type"), kind, names::qualified_name(kind), errors);
        let status = condition.str_at(&["status"]);
        if !STATUSES.contains(&status) {
            errors.push(FieldError::not_supported(&path.child("status"), status, &STATUSES));
        }
        if let Some(generation) = condition.i64_at(&["observedGeneration"]).filter(|it| *it < 0) {
            let detail = "must be greater than or equal to zero";
            errors.push(FieldError::invalid(&path.child("observedGeneration"), generation, detail));
        }
        require(condition, "lastTransitionTime", &path, errors);
        condition_reason(condition.str_at(&["reason"]), &path.child("reason"), errors);
        if condition.str_at(&["message"]).len() > CONDITION_MESSAGE_BYTES_MAX {
            errors.push(FieldError::too_long(&path.child("message"), CONDITION_MESSAGE_BYTES_MAX));
        }
    }
}

const CONDITION_REASON_BYTES_MAX: usize = 1 << 10;
const CONDITION_MESSAGE_BYTES_MAX: usize = 32 << 10;

fn condition_reason(reason: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if reason.is_empty() {
        return errors.push(FieldError::required(path, ""));
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | ':');
    let is_end = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_good = reason.starts_with(|c: char| c.is_ascii_alphabetic())
        && reason.chars().all(is_part)
        && (reason.len() == 1 || reason.ends_with(is_end));
    if !is_good {
        let rule = "a condition reason must start with alphabetic character, optionally followed by a string of \
                    alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
        let examples = ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"];
        let detail = names::regex_message(rule, "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", &examples);
        errors.push(FieldError::invalid(path, reason, detail));
    }
    if reason.len() > CONDITION_REASON_BYTES_MAX {
        errors.push(FieldError::too_long(path, CONDITION_REASON_BYTES_MAX));
    }
}
