//! `certificates.k8s.io/v1 CertificateSigningRequest`

mod pem;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::pod_spec::go_struct;
use super::pod_spec::unified_diff::unified_diff;
use crate::resource::Row;
use crate::strategy::{
    Context, KindRules, Path, SPEC, STATUS, SelectableField, Strategy, Subresource, SubresourceBody,
};
use crate::{cells, rules};

/// A request for a certificate.
pub struct CertificateSigningRequest;

const SIGNER: Path = &["spec", "signerName"];
const CONDITIONS: Path = &["status", "conditions"];
const CERTIFICATE: Path = &["status", "certificate"];

const LIFE_SECONDS_MIN: i64 = 600;
const DOMAIN_CHARACTERS_MAX: usize = 253;
/// Domain, slash, and a path of a namespace and a name.
const SIGNER_CHARACTERS_MAX: usize = DOMAIN_CHARACTERS_MAX + 1 + 253 + 63 + 1;

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

static RULES: KindRules = KindRules {
    group: "certificates.k8s.io",
    plural: "certificatesigningrequests",
    storage_prefix: "/registry/certificatesigningrequests",
    name_rule: |_, _| Vec::new(),
    create_resets: &[STATUS],
    update_keeps: &[SPEC, STATUS],
    subresources: &[
        Subresource { name: "approval", body: SubresourceBody::Object, keeps: &[SPEC, CERTIFICATE] },
        Subresource::status(&[SPEC]),
    ],
    selectable_fields: &[SelectableField::new("spec.signerName", &[SIGNER])],
    ..KindRules::NEW
};

/// What a write may do to the status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Object,
    Approval,
    Status,
}

impl Strategy for CertificateSigningRequest {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    /// Who asks is who asks, whatever the object says.
    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        let user = &context.info.user;
        for field in ["username", "uid", "groups", "extra"] {
            object.remove_at(&["spec", field]);
        }
        let texts = |all: &[String]| all.iter().map(|it| Value::from(it.as_str())).collect::<Value>();
        let spec = object.object_at(&["spec"]);
        if !user.name.is_empty() {
            spec.insert("username", user.name.as_str());
        }
        if !user.uid.is_empty() {
            spec.insert("uid", user.uid.as_str());
        }
        if !user.groups.is_empty() {
            spec.insert("groups", texts(&user.groups));
        }
        if !user.extra.is_empty() {
            let extra: Value = user.extra.iter().map(|(key, values)| (key.clone(), texts(values))).collect();
            spec.insert("extra", extra);
        }
    }

    fn prepare_subresource(&self, part: &str, object: &mut Value, old: &Value, context: &Context<'_>) {
        if part == "status" {
            keep_conditions(object, old, "Approved");
            keep_conditions(object, old, "Denied");
        }
        set_times(object, old, &context.now.seconds_text());
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_request(object, &Value::Null, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_change(object, old, Part::Object, errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let part = if context.info.subresource == "approval" { Part::Approval } else { Part::Status };
        validate_change(object, old, part, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let has = |kind: &str| conditions(object).iter().any(|it| it.str_at(&["type"]) == kind);
        let mut status = match (has("Denied"), has("Approved")) {
            (true, _) => "Denied",
            (false, true) => "Approved",
            (false, false) => "Pending",
        }
        .to_owned();
        if has("Failed") {
            status.push_str(",Failed");
        }
        if !object.str_at(CERTIFICATE).is_empty() {
            status.push_str(",Issued");
        }
        let seconds = object.i64_at(&["spec", "expirationSeconds"]);
        cells::row(vec![
            cells::name(object),
            cells::age(object, now),
            cells::text_or_none(object, SIGNER),
            cells::text(object, &["spec", "username"]),
            seconds.map_or("<none>".to_owned(), cells::human_duration).into(),
            status.into(),
        ])
    }
}

fn conditions(object: &Value) -> &[Value] {
    object.items_at(CONDITIONS)
}

fn of_type<'a>(object: &'a Value, kind: &str) -> Vec<&'a Value> {
    conditions(object).iter().filter(|it| it.str_at(&["type"]) == kind).collect()
}

/// Puts the stored conditions of a type in the place of those that were sent, if they are as many.
fn keep_conditions(object: &mut Value, old: &Value, kind: &str) {
    let kept: Vec<Value> = of_type(old, kind).into_iter().cloned().collect();
    if kept.len() != of_type(object, kind).len() {
        return;
    }
    let mut kept = kept.into_iter();
    let all = object.at_mut(CONDITIONS).and_then(Value::as_array_mut).into_iter().flatten();
    for condition in all.filter(|it| it.str_at(&["type"]) == kind) {
        if let Some(before) = kept.next() {
            *condition = before;
        }
    }
}

/// Times that are not given: of the stored condition with the same status, or the present.
fn set_times(object: &mut Value, old: &Value, now: &str) {
    for condition in object.at_mut(CONDITIONS).and_then(Value::as_array_mut).into_iter().flatten() {
        if condition.str_at(&["lastUpdateTime"]).is_empty() {
            condition.set(&["lastUpdateTime"], now);
        }
        if condition.str_at(&["lastTransitionTime"]).is_empty() {
            let same = conditions(old).iter().find(|it| {
                ["type", "status"].iter().all(|field| it.str_at(&[field]) == condition.str_at(&[field]))
                    && !it.str_at(&["lastTransitionTime"]).is_empty()
            });
            let time = same.map_or(now, |it| it.str_at(&["lastTransitionTime"])).to_owned();
            condition.set(&["lastTransitionTime"], time);
        }
    }
}

fn validate_request(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
    let request = spec.str_at(&["request"]);
    let decoded = STANDARD.decode(request).unwrap_or_default();
    if let Err(detail) = pem::check_request(&decoded) {
        errors.push(FieldError::invalid(&path.child("request"), rules::printed(spec.field("request")), detail));
    }
    validate_usages(spec.items_at(&["usages"]), &path.child("usages"), errors);
    validate_signer(spec.str_at(&["signerName"]), &path.child("signerName"), errors);
    if let Some(seconds) = spec.i64_at(&["expirationSeconds"]).filter(|it| *it < LIFE_SECONDS_MIN) {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, detail));
    }
    validate_conditions(object, old, errors);
    let certificate = object.str_at(CERTIFICATE);
    if certificate != old.str_at(CERTIFICATE) && !certificate.is_empty() {
        let decoded = STANDARD.decode(certificate).unwrap_or_default();
        if let Err(detail) = pem::check_certificates(&decoded) {
            let path = FieldPath::new("status.certificate");
            errors.push(FieldError::invalid(&path, "<certificate data>", detail));
        }
    }
}

fn validate_usages(usages: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    if usages.is_empty() {
        errors.push(FieldError::required(path, ""));
    }
    for (at, usage) in usages.iter().filter_map(Value::as_str).enumerate() {
        if !USAGES.contains(&usage) {
            errors.push(FieldError::not_supported(&path.index(at), usage, &USAGES));
        }
    }
    for (at, usage) in usages.iter().enumerate().filter(|(at, usage)| usages[..*at].contains(usage)) {
        errors.push(FieldError::duplicate(&path.index(at), usage));
    }
}

fn validate_signer(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if name.is_empty() {
        return errors.push(FieldError::required(path, ""));
    }
    if name == "kubernetes.io/legacy-unknown" {
        let detail = "the legacy signerName is not allowed via this API version";
        return errors.push(FieldError::invalid(path, name, detail));
    }
    let parts: Vec<&str> = name.split('/').collect();
    let [domain, rest] = parts[..] else {
        let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return errors.push(FieldError::invalid(path, name, detail));
    };
    if domain.len() > DOMAIN_CHARACTERS_MAX {
        errors.push(FieldError::too_long(path, DOMAIN_CHARACTERS_MAX));
    }
    validate_labels(domain, names::dns1123_label, path, errors);
    if !domain.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        errors.push(FieldError::invalid(path, domain, detail));
    }
    validate_labels(rest, names::dns1123_subdomain, path, errors);
    if name.len() > SIGNER_CHARACTERS_MAX {
        errors.push(FieldError::too_long(path, SIGNER_CHARACTERS_MAX));
    }
}

/// Errors about the first bad label.
fn validate_labels(text: &str, rule: names::NameRule, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let bad = text.split('.').map(|label| (label, rule(label))).find(|(_, messages)| !messages.is_empty());
    for (label, message) in bad.iter().flat_map(|(label, messages)| messages.iter().map(move |it| (label, it))) {
        errors.push(FieldError::invalid(path, text, format!("validating label {label:?}: {message}")));
    }
}

fn validate_conditions(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    const BOTH: &str = "Approved and Denied conditions are mutually exclusive";
    const TRUE_ONLY: [&str; 3] = ["Approved", "Denied", "Failed"];
    let (all, path) = (conditions(object), FieldPath::new("status.conditions"));
    let had_both = !of_type(old, "Approved").is_empty() && !of_type(old, "Denied").is_empty();
    for (at, condition) in all.iter().enumerate() {
        let (path_of, kind) = (path.index(at), condition.str_at(&["type"]));
        rules::require(condition, "type", &path_of, errors);
        let known: &[&str] = if TRUE_ONLY.contains(&kind) { &["True"] } else { &["False", "True", "Unknown"] };
        match condition.str_at(&["status"]) {
            "" => errors.push(FieldError::required(&path_of.child("status"), "")),
            status if known.contains(&status) => {}
            status => errors.push(FieldError::not_supported(&path_of.child("status"), status, known)),
        }
        let other = match kind {
            "Approved" => "Denied",
            "Denied" => "Approved",
            _ => "",
        };
        let before = |wanted: &str| all[..at].iter().any(|it| it.str_at(&["type"]) == wanted);
        if !had_both && !other.is_empty() && before(other) {
            errors.push(FieldError::invalid(&path, kind, BOTH));
        }
        if before(kind) {
            errors.push(FieldError::duplicate(&path_of.child("type"), kind));
        }
    }
}

fn validate_change(object: &Value, old: &Value, part: Part, errors: &mut Vec<FieldError>) {
    validate_request(object, old, errors);
    let path = FieldPath::new("status.conditions");
    for kind in ["Approved", "Denied", "Failed"] {
        if of_type(object, kind).len() < of_type(old, kind).len() {
            let detail = format!("updates may not remove a condition of type {kind:?}");
            errors.push(FieldError::forbidden(&path, detail));
        }
    }
    if part != Part::Approval {
        for kind in ["Approved", "Denied"] {
            let (now, before) = (of_type(object, kind), of_type(old, kind));
            if now.len() > before.len() {
                let detail = format!("updates may not add a condition of type {kind:?}");
                errors.push(FieldError::forbidden(&path, detail));
            } else if now.len() == before.len() && now != before {
                let lines = |of: &[&Value]| {
                    let list: Value = of.iter().map(|it| (*it).clone()).collect();
                    go_struct::list_lines("CertificateSigningRequestCondition", &list)
                };
                let difference = unified_diff(&lines(&before), &lines(&now));
                let detail = format!("updates may not modify a condition of type {kind:?}\n{difference}");
                errors.push(FieldError::forbidden(&path, detail));
            }
        }
    }
    if object.str_at(CERTIFICATE) != old.str_at(CERTIFICATE) {
        let path = FieldPath::new("status.certificate");
        if part != Part::Status {
            errors.push(FieldError::forbidden(&path, "updates may not set certificate content"));
        } else if !old.str_at(CERTIFICATE).is_empty() {
            errors.push(FieldError::forbidden(&path, "updates may not modify existing certificate content"));
        }
    }
}
