//! What the two kinds of webhook configurations share.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::admission_rules::{one_of, validate_conditions, validate_rule};
use crate::defaults::{FieldDefault, empty_object, number, text};
use crate::expressions::Scope;
use crate::resource::Row;
use crate::{cells, rules};

const SIDE_EFFECTS: [&str; 4] = ["None", "NoneOnDryRun", "Some", "Unknown"];
const NO_SIDE_EFFECTS: [&str; 2] = ["None", "NoneOnDryRun"];
const REVIEW_VERSIONS: [&str; 2] = ["v1", "v1beta1"];
const URL_FORM: &str = "; desired format: https://host[/path]";

/// Defaults of the webhooks of both kinds.
pub(super) const DEFAULTS: [FieldDefault; 7] = [
    text("webhooks[].failurePolicy", "Fail"),
    text("webhooks[].matchPolicy", "Equivalent"),
    empty_object("webhooks[].namespaceSelector"),
    empty_object("webhooks[].objectSelector"),
    number("webhooks[].timeoutSeconds", 10),
    text("webhooks[].rules[].scope", "*"),
    number("webhooks[].clientConfig.service.port", 443),
];

/// The Table row of a configuration.
pub(super) fn row(object: &Value, now: Timestamp) -> Row {
    let count = object.items_at(&["webhooks"]).len() as i64;
    cells::row(vec![cells::name(object), Value::Int(count), cells::age(object, now)])
}

/// Checks the webhooks of a configuration; `old` is null at creation.
pub(super) fn validate(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let (hooks, before) = (object.items_at(&["webhooks"]), old.items_at(&["webhooks"]));
    // What an older version let in may stay.
    let is_strict = Strictness {
        side_effects: before.iter().all(|it| NO_SIDE_EFFECTS.contains(&it.str_at(&["sideEffects"]))),
        review_versions: before.iter().all(|it| versions(it).is_empty() || knows_a_version(it)),
        names: are_unique(before),
    };
    for (at, hook) in hooks.iter().enumerate() {
        let path = FieldPath::new("webhooks").index(at);
        validate_hook(hook, &is_strict, &path, errors);
        validate_versions(hook, is_strict.review_versions, &path.child("admissionReviewVersions"), errors);
        let name = hook.str_at(&["name"]);
        if is_strict.names && !name.is_empty() && hooks[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
    }
}

struct Strictness {
    side_effects: bool,
    review_versions: bool,
    names: bool,
}

fn are_unique(hooks: &[Value]) -> bool {
    let mut names: Vec<&str> = hooks.iter().map(|it| it.str_at(&["name"])).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

fn versions(hook: &Value) -> Vec<&str> {
    hook.items_at(&["admissionReviewVersions"]).iter().filter_map(Value::as_str).collect()
}

fn knows_a_version(hook: &Value) -> bool {
    versions(hook).iter().any(|it| REVIEW_VERSIONS.contains(it))
}

fn validate_versions(hook: &Value, must_know_one: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let versions = versions(hook);
    if versions.is_empty() {
        return errors.push(FieldError::required(path, "must specify one of v1, v1beta1"));
    }
    for (at, version) in versions.iter().enumerate() {
        if versions[..at].contains(version) {
            errors.push(FieldError::invalid(&path.index(at), *version, "duplicate version"));
            continue;
        }
        rules::invalid_each(&path.index(at), version, names::dns1035_label(version), errors);
    }
    if must_know_one && !knows_a_version(hook) {
        let value = rules::printed(hook.field("admissionReviewVersions"));
        errors.push(FieldError::invalid(path, value, "must include at least one of v1, v1beta1"));
    }
}

fn validate_hook(hook: &Value, is_strict: &Strictness, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_name(hook.str_at(&["name"]), &path.child("name"), errors);
    for (at, rule) in hook.items_at(&["rules"]).iter().enumerate() {
        validate_rule(rule, &path.child("rules").index(at), errors);
    }
    one_of(hook, "failurePolicy", &["Fail", "Ignore"], path, errors);
    one_of(hook, "matchPolicy", &["Equivalent", "Exact"], path, errors);
    let allowed: &[&str] = if is_strict.side_effects { &NO_SIDE_EFFECTS } else { &SIDE_EFFECTS };
    if hook.field("sideEffects").is_null() {
        let detail = format!("must specify one of {}", allowed.join(", "));
        errors.push(FieldError::required(&path.child("sideEffects"), &detail));
    }
    one_of(hook, "sideEffects", allowed, path, errors);
    if let Some(seconds) = hook.i64_at(&["timeoutSeconds"]).filter(|it| !(1..=30).contains(it)) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        errors.push(FieldError::invalid(&path.child("timeoutSeconds"), seconds, detail));
    }
    for field in ["namespaceSelector", "objectSelector"] {
        rules::label_selector(hook.field(field), &path.child(field), errors);
    }
    one_of(hook, "reinvocationPolicy", &["IfNeeded", "Never"], path, errors);
    validate_client(hook.field("clientConfig"), &path.child("clientConfig"), errors);
    validate_conditions(hook, Scope { has_authorizer: true, ..Scope::default() }, path, errors);
}

fn validate_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = names::dns1123_subdomain(name);
    if name.is_empty() {
        errors.push(FieldError::required(path, ""));
    } else if !messages.is_empty() {
        errors.push(FieldError::invalid(path, name, messages.join(",")));
    } else if name.split('.').count() < 3 {
        let detail = "should be a domain with at least three segments separated by dots";
        errors.push(FieldError::invalid(path, name, detail));
    }
}

fn validate_client(client: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (url, service) = (client.field("url").as_str(), client.field("service"));
    match (url, service.is_null()) {
        (Some(url), true) => validate_url(url, &path.child("url"), errors),
        (None, false) => validate_service(service, &path.child("service"), errors),
        _ => errors.push(FieldError::required(path, "exactly one of url or service is required")),
    }
}

fn validate_url(url: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            (scheme, rest)
        }
        _ => ("", rest),
    };
    let authority = rest.strip_prefix("//").map_or("", |it| it.split('/').next().unwrap_or(""));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let mut refuse = |value: &str, detail: String| errors.push(FieldError::invalid(path, value, detail));
    if !scheme.eq_ignore_ascii_case("https") {
        refuse(scheme, format!("'https' is the only allowed URL scheme{URL_FORM}"));
    }
    if host.is_empty() {
        refuse(host, format!("host must be specified{URL_FORM}"));
    }
    if let Some(user) = user {
        refuse(user, "user information is not permitted in the URL".to_owned());
    }
    if !fragment.is_empty() {
        refuse(fragment, "fragments are not permitted in the URL".to_owned());
    }
    if !query.is_empty() {
        refuse(query, "query parameters are not permitted in the URL".to_owned());
    }
}

fn validate_service(service: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    // Upstream has the two mixed up, and so the paths of both are the other's.
    for (field, shown) in [("namespace", "name"), ("name", "namespace")] {
        if service.str_at(&[field]).is_empty() {
            errors.push(FieldError::required(&path.child(shown), ""));
        }
    }
    let port = service.i64_at(&["port"]).unwrap_or(0);
    let messages = names::port_number(port);
    if !messages.is_empty() {
        let detail = format!("port is not valid: {}", messages.join(", "));
        errors.push(FieldError::invalid(&path.child("port"), port, detail));
    }
    let (text, path) = (service.str_at(&["path"]), path.child("path"));
    if matches!(text, "" | "/") {
        return;
    }
    if text == "//" {
        return errors.push(FieldError::invalid(&path, text, "segment[0] may not be empty"));
    }
    if !text.starts_with('/') {
        errors.push(FieldError::invalid(&path, text, "must start with a '/'"));
    }
    // Whatever the first character is, it is not looked at.
    let mut characters = text.chars();
    characters.next();
    let rest = characters.as_str();
    for (at, step) in rest.strip_suffix('/').unwrap_or(rest).split('/').enumerate() {
        if step.is_empty() {
            errors.push(FieldError::invalid(&path, text, format!("segment[{at}] may not be empty")));
            continue;
        }
        for message in names::dns1123_subdomain(step) {
            errors.push(FieldError::invalid(&path, text, format!("segment[{at}]: {message}")));
        }
    }
}
