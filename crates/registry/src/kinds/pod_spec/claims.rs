//! Claims of devices: those of the Pod, and containers' references to them.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;

use super::annotations::MIRROR;
use super::{NO_PATH, SpecOf, go_struct};
use crate::rules;

/// Checks `resourceClaims` of a `PodSpec`.
pub fn validate(claims: &[Value], of: SpecOf<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let is_static = of.pod().is_some_and(|pod| pod.annotation(MIRROR).is_some());
    for (at, claim) in claims.iter().enumerate() {
        if is_static {
            let detail = "static pods do not support resource claims";
            errors.push(FieldError::forbidden(&FieldPath::new(NO_PATH), detail));
            continue;
        }
        validate_claim(claim, &claims[..at], &path.index(at), errors);
    }
}

fn validate_claim(claim: &Value, before: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, name_path) = (claim.str_at(&["name"]), path.child("name"));
    if name.is_empty() {
        errors.push(FieldError::required(&name_path, ""));
    } else if before.iter().any(|it| it.str_at(&["name"]) == name) {
        errors.push(FieldError::duplicate(&name_path, name));
    } else {
        rules::invalid_each(&name_path, name, names::dns1123_label(name), errors);
    }
    let sources = ["resourceClaimName", "resourceClaimTemplateName"].map(|field| (field, claim.field(field).as_str()));
    let detail = match sources.iter().filter(|(_, source)| source.is_some()).count() {
        0 => Some("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
        1 => None,
        _ => Some("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
    };
    if let Some(detail) = detail {
        errors.push(FieldError::invalid(path, go_struct::printed("PodResourceClaim", claim), detail));
    }
    for (field, source) in sources {
        if let Some(source) = source {
            rules::invalid_each(&path.child(field), source, names::dns1123_subdomain(source), errors);
        }
    }
}

/// Checks `resources.claims` of a container against the claims of its Pod (`validateResourceClaimNames`).
pub fn validate_references(references: &[Value], spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut known: Vec<&str> = spec.items_at(&["resourceClaims"]).iter().map(|it| it.str_at(&["name"])).collect();
    known.retain(|name| !name.is_empty());
    known.sort_unstable();
    known.dedup();
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for (at, reference) in references.iter().enumerate() {
        let (path, name, request) = (path.index(at), reference.str_at(&["name"]), reference.str_at(&["request"]));
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
            continue;
        }
        take(name, request, &mut taken, &path, errors);
        if !known.contains(&name) {
            let mut error = FieldError::not_found(&path, name);
            error.detail = match known.is_empty() {
                true => "must be one of the names in pod.spec.resourceClaims which is empty".to_owned(),
                false => format!("must be one of the names in pod.spec.resourceClaims: {}", known.join(", ")),
            };
            errors.push(error);
        }
    }
}

/// A reference without a request means all of the claim, and so excludes all others.
fn take<'a>(
    name: &'a str,
    request: &'a str,
    taken: &mut Vec<(&'a str, &'a str)>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    if taken.contains(&(name, "")) {
        return errors.push(FieldError::duplicate(path, name));
    }
    if !request.is_empty() {
        rules::invalid_each(&path.child("request"), request, names::dns1123_label(request), errors);
        if taken.contains(&(name, request)) {
            errors.push(FieldError::duplicate(path, format!("{name}/{request}")));
        }
    } else {
        let overlaps = taken.iter().filter(|(found, _)| *found == name);
        errors.extend(overlaps.map(|_| FieldError::duplicate(path, name)));
    }
    taken.push((name, request));
}
