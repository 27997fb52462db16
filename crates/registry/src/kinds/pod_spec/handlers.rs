//! Probes and lifecycle handlers of containers.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::invalid_number;
use crate::rules;

/// Probes of a container.
pub const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

const PROBE_HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const LIFECYCLE_HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// Checks handlers and probes of a container that keeps running.
pub fn validate(container: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let grace = spec.i64_at(&["terminationGracePeriodSeconds"]);
    let lifecycle = container.field("lifecycle");
    for field in ["postStart", "preStop"] {
        if !lifecycle.field(field).is_null() {
            let path = path.child("lifecycle").child(field);
            handler(lifecycle.field(field), &LIFECYCLE_HANDLERS, grace, &path, errors);
        }
    }
    for name in PROBES {
        if !container.field(name).is_null() {
            validate_probe(container.field(name), name, &path.child(name), errors);
        }
    }
}

fn validate_probe(probe: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    handler(probe, &PROBE_HANDLERS, None, path, errors);
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        rules::not_negative(probe.i64_at(&[field]).unwrap_or(0), &path.child(field), errors);
    }
    let grace_path = path.child("terminationGracePeriodSeconds");
    let seconds = probe.i64_at(&["terminationGracePeriodSeconds"]);
    if let Some(seconds) = seconds.filter(|it| *it <= 0) {
        errors.push(FieldError::invalid(&grace_path, seconds, "must be greater than 0"));
    }
    let successes = probe.i64_at(&["successThreshold"]).unwrap_or(0);
    match (name, seconds) {
        ("readinessProbe", Some(seconds)) => {
            errors.push(FieldError::invalid(&grace_path, seconds, "must not be set for readinessProbes"));
        }
        ("readinessProbe", None) => {}
        _ if successes != 1 => {
            errors.push(FieldError::invalid(&path.child("successThreshold"), successes, "must be 1"));
        }
        _ => {}
    }
}

/// Exactly one of the ways to ask a container something.
fn handler(handler: &Value, kinds: &[&str], grace: Option<i64>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut given = kinds.iter().copied().filter(|it| !handler.field(it).is_null());
    let Some(kind) = given.next() else {
        return errors.push(FieldError::required(path, "must specify a handler type"));
    };
    let (action, action_path) = (handler.field(kind), path.child(kind));
    match kind {
        "exec" if action.items_at(&["command"]).is_empty() => {
            errors.push(FieldError::required(&action_path.child("command"), ""));
        }
        "exec" => {}
        "httpGet" => http_get(action, &action_path, errors),
        "sleep" => {
            let seconds = action.i64_at(&["seconds"]).unwrap_or(0);
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                errors.push(FieldError::invalid(&action_path, seconds, detail));
            }
        }
        _ => port_or_name(action.field("port"), &action_path.child("port"), errors),
    }
    for kind in given {
        errors.push(FieldError::forbidden(&path.child(kind), "may not specify more than 1 handler type"));
    }
}

fn http_get(action: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(action, "path", path, errors);
    port_or_name(action.field("port"), &path.child("port"), errors);
    let scheme = action.str_at(&["scheme"]);
    if !matches!(scheme, "HTTP" | "HTTPS") {
        errors.push(FieldError::not_supported(&path.child("scheme"), scheme, &["HTTP", "HTTPS"]));
    }
    for name in action.items_at(&["httpHeaders"]).iter().map(|it| it.str_at(&["name"])) {
        rules::invalid_each(&path.child("httpHeaders"), name, names::http_header_name(name), errors);
    }
}

fn port_or_name(port: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match port {
        Value::String(name) => rules::invalid_each(path, name, names::port_name(name), errors),
        number => {
            let number = number.as_i64().unwrap_or(0);
            invalid_number(number, names::port_number(number), path, errors);
        }
    }
}
