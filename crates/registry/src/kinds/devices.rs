//! What the kinds of `resource.k8s.io` share: requests for devices. What expressions say is not looked at.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::pod_spec::volumes::storage::driver_name;
use crate::rules;

/// API group of devices.
pub(super) const GROUP: &str = "resource.k8s.io";

/// Requests, constraints, configurations or selectors in one list.
pub(super) const LIST_MAX: usize = 32;

const ALTERNATIVES_MAX: usize = 8;
const EXPRESSION_BYTES_MAX: usize = 10 << 10;
const PARAMETER_BYTES_MAX: usize = 10 << 10;
const POOL_NAME_CHARACTERS_MAX: usize = 253;
const IDENTIFIER_CHARACTERS_MAX: usize = 32;

const MODES: [&str; 2] = ["All", "ExactCount"];
const EFFECTS: [&str; 3] = ["NoExecute", "NoSchedule", "None"];
const REFERENCE: &str =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/// Sets what is absent in the requests of a claim's `spec`.
pub(super) fn default_claim(spec: Option<&mut Value>) {
    let requests = spec.and_then(|it| it.at_mut(&["devices", "requests"])).and_then(Value::as_array_mut);
    for request in requests.into_iter().flatten() {
        if let Some(exactly) = request.at_mut(&["exactly"]) {
            default_request(exactly);
        }
        let alternatives = request.at_mut(&["firstAvailable"]).and_then(Value::as_array_mut);
        alternatives.into_iter().flatten().for_each(default_request);
    }
}

fn default_request(request: &mut Value) {
    if request.is_null() {
        return;
    }
    if request.str_at(&["allocationMode"]).is_empty() {
        request.set(&["allocationMode"], "ExactCount");
    }
    if request.str_at(&["allocationMode"]) == "ExactCount" && request.i64_at(&["count"]).unwrap_or(0) == 0 {
        request.set(&["count"], 1);
    }
    let tolerations = request.at_mut(&["tolerations"]).and_then(Value::as_array_mut);
    tolerations.into_iter().flatten().for_each(default_toleration);
}

/// Sets the operator of a toleration of device taints.
pub(super) fn default_toleration(toleration: &mut Value) {
    if toleration.str_at(&["operator"]).is_empty() {
        toleration.set(&["operator"], "Equal");
    }
}

/// Too many items of a list; says whether there are.
pub(super) fn too_many(items: &[Value], items_max: usize, path: &FieldPath, errors: &mut Vec<FieldError>) -> bool {
    let is_too_long = items.len() > items_max;
    if is_too_long {
        errors.push(FieldError::too_many(path, items.len(), items_max));
    }
    is_too_long
}

/// Items of a set that stand twice; `key` tells them apart.
pub(super) fn duplicates<'a>(
    items: &'a [Value],
    key: impl Fn(&'a Value) -> &'a str,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    for (at, item) in items.iter().enumerate() {
        if items[..at].iter().any(|it| key(it) == key(item)) {
            errors.push(FieldError::duplicate(&path.index(at), key(item)));
        }
    }
}

fn label(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::invalid_each(path, name, names::dns1123_label(name), errors);
}

/// The name of a device.
pub(super) fn device_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    label(name, path, errors);
}

/// Checks the `spec` of a claim.
pub(super) fn validate_claim(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (devices, path) = (spec.field("devices"), path.child("devices"));
    let (requests, requests_path) = (devices.items_at(&["requests"]), path.child("requests"));
    if !too_many(requests, LIST_MAX, &requests_path, errors) {
        for (at, request) in requests.iter().enumerate() {
            validate_request(request, &requests_path.index(at), errors);
        }
        duplicates(requests, |it| it.str_at(&["name"]), &requests_path, errors);
    }
    let (constraints, constraints_path) = (devices.items_at(&["constraints"]), path.child("constraints"));
    if !too_many(constraints, LIST_MAX, &constraints_path, errors) {
        for (at, constraint) in constraints.iter().enumerate() {
            validate_constraint(constraint, requests, &constraints_path.index(at), errors);
        }
    }
    let (config, config_path) = (devices.items_at(&["config"]), path.child("config"));
    if !too_many(config, LIST_MAX, &config_path, errors) {
        for (at, item) in config.iter().enumerate() {
            let path = config_path.index(at);
            validate_references(item, requests, &path.child("requests"), errors);
            validate_configuration(item, &path, errors);
        }
    }
}

fn validate_request(request: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const ONE: &str = "exactly one of `exactly` or `firstAvailable` is required";
    label(request.str_at(&["name"]), &path.child("name"), errors);
    let (exactly, alternatives) = (request.field("exactly"), request.items_at(&["firstAvailable"]));
    match (exactly.is_null(), alternatives.is_empty()) {
        (true, true) => errors.push(FieldError::required(path, ONE)),
        (false, false) => {
            let detail = format!("{ONE}, but multiple fields are set");
            errors.push(FieldError::invalid(path, &Value::Null, detail));
        }
        (false, true) => validate_wish(exactly, &path.child("exactly"), errors),
        (true, false) => {
            let path = path.child("firstAvailable");
            if !too_many(alternatives, ALTERNATIVES_MAX, &path, errors) {
                for (at, wish) in alternatives.iter().enumerate() {
                    label(wish.str_at(&["name"]), &path.index(at).child("name"), errors);
                    validate_wish(wish, &path.index(at), errors);
                }
                duplicates(alternatives, |it| it.str_at(&["name"]), &path, errors);
            }
        }
    }
}

/// What is asked for: class, selectors, how many, in spite of which taints.
fn validate_wish(wish: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let class_path = path.child("deviceClassName");
    match wish.str_at(&["deviceClassName"]) {
        "" => errors.push(FieldError::required(&class_path, "")),
        class => rules::invalid_each(&class_path, class, names::dns1123_subdomain(class), errors),
    }
    validate_selectors(wish, path, errors);
    let count = wish.i64_at(&["count"]).unwrap_or(0);
    match wish.str_at(&["allocationMode"]) {
        "All" if count != 0 => {
            let detail = "must not be specified when allocationMode is 'All'";
            errors.push(FieldError::invalid(&path.child("count"), count, detail));
        }
        "ExactCount" if count <= 0 => {
            errors.push(FieldError::invalid(&path.child("count"), count, "must be greater than zero"));
        }
        "All" | "ExactCount" => {}
        other => errors.push(FieldError::not_supported(&path.child("allocationMode"), other, &MODES)),
    }
    for (at, toleration) in wish.items_at(&["tolerations"]).iter().enumerate() {
        validate_toleration(toleration, &path.child("tolerations").index(at), errors);
    }
}

/// Checks `selectors`.
pub(super) fn validate_selectors(owner: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (selectors, path) = (owner.items_at(&["selectors"]), path.child("selectors"));
    if too_many(selectors, LIST_MAX, &path, errors) {
        return;
    }
    for (at, selector) in selectors.iter().enumerate() {
        let path = path.index(at).child("cel");
        if selector.field("cel").is_null() {
            errors.push(FieldError::required(&path, ""));
        } else if selector.str_at(&["cel", "expression"]).len() > EXPRESSION_BYTES_MAX {
            errors.push(FieldError::too_long(&path.child("expression"), EXPRESSION_BYTES_MAX));
        }
    }
}

fn validate_toleration(toleration: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let text = |field: &str| toleration.str_at(&[field]);
    if !text("key").is_empty() {
        rules::invalid_each(&path.child("key"), text("key"), names::qualified_name(text("key")), errors);
    }
    let value_path = path.child("value");
    match text("operator") {
        "Exists" if !text("value").is_empty() => {
            errors.push(FieldError::invalid(&value_path, text("value"), "must be empty for operator `Exists`"));
        }
        "Exists" => {}
        "Equal" => rules::invalid_each(&value_path, text("value"), names::label_value(text("value")), errors),
        "" => errors.push(FieldError::required(&path.child("operator"), "")),
        other => errors.push(FieldError::not_supported(&path.child("operator"), other, &["Equal", "Exists"])),
    }
    if !text("effect").is_empty() && !EFFECTS.contains(&text("effect")) {
        errors.push(FieldError::not_supported(&path.child("effect"), text("effect"), &EFFECTS));
    }
}

/// Checks the taint of a device.
pub(super) fn validate_taint(taint: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (key, value) = (taint.str_at(&["key"]), taint.str_at(&["value"]));
    rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
    rules::invalid_each(&path.child("value"), value, names::label_value(value), errors);
    match taint.str_at(&["effect"]) {
        "" => errors.push(FieldError::required(&path.child("effect"), "")),
        effect if EFFECTS.contains(&effect) => {}
        effect => errors.push(FieldError::not_supported(&path.child("effect"), effect, &EFFECTS)),
    }
}

fn validate_constraint(constraint: &Value, requests: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_references(constraint, requests, &path.child("requests"), errors);
    for field in ["matchAttribute", "distinctAttribute"] {
        if let Some(name) = constraint.field(field).as_str() {
            let path = path.child(field);
            qualified_name(name, &path, errors);
            if !name.contains('/') {
                let detail = "a fully qualified name must be a domain and a name separated by a slash";
                errors.push(FieldError::invalid(&path, name, detail));
            }
            return;
        }
    }
    let detail = "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set";
    errors.push(FieldError::required(path, detail));
}

/// The name of an attribute or capacity: an identifier, perhaps after a domain.
pub(super) fn qualified_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [id] => identifier(id, path, errors),
        [domain, id] => {
            match domain {
                "" => errors.push(FieldError::invalid(path, "", "the domain must not be empty")),
                domain => driver_name(domain, path, errors),
            }
            match id {
                "" => errors.push(FieldError::invalid(path, "", "the name must not be empty")),
                id => identifier(id, path, errors),
            }
        }
        // Upstream lets these pass.
        _ => {}
    }
}

fn identifier(id: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if id.len() > IDENTIFIER_CHARACTERS_MAX {
        errors.push(FieldError::too_long(path, IDENTIFIER_CHARACTERS_MAX));
    }
    rules::invalid_each(path, id, names::c_identifier(id), errors);
}

/// Names of requests, of this claim.
pub(super) fn validate_references(owner: &Value, requests: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let names_of = owner.items_at(&["requests"]);
    if too_many(names_of, LIST_MAX, path, errors) {
        return;
    }
    for (at, name) in names_of.iter().filter_map(Value::as_str).enumerate() {
        validate_reference(name, requests, &path.index(at), errors);
    }
    duplicates(names_of, |it| it.as_str().unwrap_or(""), path, errors);
}

/// The name of a request of this claim, perhaps with that of an alternative.
pub(super) fn validate_reference(name: &str, requests: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 2 {
        return errors.push(FieldError::invalid(path, name, REFERENCE));
    }
    parts.iter().for_each(|part| label(part, path, errors));
    let named = |list: &[Value], name: &str| list.iter().position(|it| it.str_at(&["name"]) == name);
    let found = named(requests, parts[0]).is_some_and(|at| match parts.get(1) {
        None => true,
        Some(part) => named(requests[at].items_at(&["firstAvailable"]), part).is_some(),
    });
    if !found {
        errors.push(FieldError::invalid(path, name, REFERENCE));
    }
}

/// Checks a configuration: parameters for a driver.
pub(super) fn validate_configuration(config: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (opaque, path) = (config.field("opaque"), path.child("opaque"));
    if opaque.is_null() {
        return errors.push(FieldError::required(&path, ""));
    }
    driver_name(opaque.str_at(&["driver"]), &path.child("driver"), errors);
    let (parameters, path) = (opaque.field("parameters"), path.child("parameters"));
    match parameters {
        Value::Null => errors.push(FieldError::required(&path, "")),
        Value::Object(_) if apimachinery::json::to_vec(parameters).len() > PARAMETER_BYTES_MAX => {
            errors.push(FieldError::too_long(&path, PARAMETER_BYTES_MAX));
        }
        Value::Object(_) => {}
        _ => errors.push(FieldError::invalid(&path, "<value omitted>", "must be a valid JSON object")),
    }
}

/// The name of a pool: subdomains between slashes.
pub(super) fn pool_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if name.is_empty() {
        return errors.push(FieldError::required(path, ""));
    }
    if name.len() > POOL_NAME_CHARACTERS_MAX {
        errors.push(FieldError::too_long(path, POOL_NAME_CHARACTERS_MAX));
    }
    for part in name.split('/') {
        rules::invalid_each(path, part, names::dns1123_subdomain(part), errors);
    }
}

/// Conditions under which a device is bound to a node, and under which that fails.
pub(super) fn validate_binding(device: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const CONDITIONS_MAX: usize = 4;
    let fields = ["bindingConditions", "bindingFailureConditions"];
    let [wanted, failures] = fields.map(|field| device.items_at(&[field]));
    for (field, all) in fields.iter().zip([wanted, failures]) {
        let path = path.child(field);
        if !too_many(all, CONDITIONS_MAX, &path, errors) {
            for (at, name) in all.iter().filter_map(Value::as_str).enumerate() {
                rules::invalid_each(&path.index(at), name, names::qualified_name(name), errors);
            }
        }
    }
    for (at, name) in failures.iter().enumerate().filter(|(_, it)| wanted.contains(it)) {
        let detail = "bindingFailureConditions must not overlap with bindingConditions";
        errors.push(FieldError::invalid(&path.child(fields[1]).index(at), name, detail));
    }
    for (field, all) in fields.iter().zip([wanted, failures]) {
        duplicates(all, |it| it.as_str().unwrap_or(""), &path.child(field), errors);
    }
    for (own, other, empty, given) in [(0, 1, wanted, failures), (1, 0, failures, wanted)] {
        if empty.is_empty() && !given.is_empty() {
            let detail = format!("{} are required to use {}", fields[own], fields[other]);
            errors.push(FieldError::invalid(
                &path.child(fields[own]),
                rules::printed(device.field(fields[own])),
                detail,
            ));
        }
    }
}
