//! Validation rules that several kinds share. Each adds upstream's errors to a list.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::names;
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
        Value::String(text) => format!("{text:?}"),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        other => String::from_utf8_lossy(&apimachinery::json::to_vec(other)).into_owned(),
    })
}

/// A list of strings as Go prints it: `["a","b"]`.
pub fn printed_strings<'a>(items: impl Iterator<Item = &'a str>) -> Verbatim {
    let items: Vec<String> = items.map(|it| format!("{it:?}")).collect();
    Verbatim(format!("[{}]", items.join(",")))
}

/// Adds an `Invalid value` per message.
pub fn invalid_each(path: &FieldPath, value: &str, messages: Vec<String>, errors: &mut Vec<FieldError>) {
    errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, value, message)));
}

/// Keys and values of a label map (`ValidateLabels`).
pub fn labels(labels: Option<&Map>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.into_iter().flat_map(Map::iter) {
        invalid_each(path, key, names::qualified_name(key), errors);
        let text = value.as_str().unwrap_or("");
        invalid_each(&path.key(key), text, names::label_value(text), errors);
    }
}

/// A `metav1.LabelSelector` (`ValidateLabelSelector`).
pub fn label_selector(selector: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    labels(selector.field("matchLabels").as_object(), &path.child("matchLabels"), errors);
    let expressions = path.child("matchExpressions");
    for (at, expression) in selector.items_at(&["matchExpressions"]).iter().enumerate() {
        label_selector_requirement(expression, &expressions.index(at), errors);
    }
}

fn label_selector_requirement(expression: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let values = expression.items_at(&["values"]);
    match expression.str_at(&["operator"]) {
        "In" | "NotIn" if values.is_empty() => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(&path.child("values"), detail));
        }
        "In" | "NotIn" => {}
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(&path.child("values"), detail));
        }
        "Exists" | "DoesNotExist" => {}
        other => {
            let detail = "not a valid selector operator";
            errors.push(FieldError::invalid(&path.child("operator"), other, detail));
        }
    }
    let key = expression.str_at(&["key"]);
    invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
    for (at, value) in values.iter().filter_map(Value::as_str).enumerate() {
        invalid_each(&path.child("values").index(at), value, names::label_value(value), errors);
    }
}

/// A port number (`IsValidPortNum`).
pub fn port_number(port: i64) -> Vec<String> {
    match (1..=65_535).contains(&port) {
        true => Vec::new(),
        false => vec!["must be between 1 and 65535, inclusive".to_owned()],
    }
}

/// A number that must not be negative (`ValidateNonnegativeField`).
pub fn not_negative(number: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if number < 0 {
        errors.push(FieldError::invalid(path, number, "must be greater than or equal to 0"));
    }
}

/// A port name (`IsValidPortName`).
pub fn port_name(name: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let bytes = name.as_bytes();
    if bytes.len() > 15 {
        messages.push("must be no more than 15 characters".to_owned());
    }
    if bytes.is_empty() || !bytes.iter().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-') {
        messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !bytes.iter().any(u8::is_ascii_lowercase) {
        messages.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        messages.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        messages.push("must not begin or end with a hyphen".to_owned());
    }
    messages
}

/// A key of a ConfigMap or Secret (`IsConfigMapKey`).
pub fn config_key(key: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if key.len() > 253 {
        messages.push("must be no more than 253 bytes".to_owned());
    }
    let is_good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
    if key.is_empty() || !key.bytes().all(is_good) {
        let text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', \
                    \x20or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        messages.push(text.to_owned());
    }
    match key {
        "." => messages.push("must not be '.'".to_owned()),
        ".." => messages.push("must not be '..'".to_owned()),
        _ if key.starts_with("..") => messages.push("must not start with '..'".to_owned()),
        _ => {}
    }
    messages
}

/// An IP address in canonical or legacy form (`IsValidIP`).
pub fn ip_address(text: &str) -> Vec<String> {
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Vec::new(),
        Err(_) => vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()],
    }
}

/// Length of what base64 text decodes to.
pub fn base64_length(text: &str) -> usize {
    let digits = text.trim_end_matches('=').len();
    digits * 3 / 4
}
