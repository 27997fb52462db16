//! AppArmor profiles: the field, and the annotations that it took the place of.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;

use super::annotations::{LOCALHOST, profile_matches};
use super::{containers_with_paths, go_struct};

/// The older form of a container's `appArmorProfile`; its name follows.
pub(in super::super) const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

const PROFILE_BYTES_MAX: usize = 4_095;
const TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

/// Whether the text of an annotation names a profile.
pub fn is_annotation(text: &str) -> bool {
    matches!(text, "" | "runtime/default" | "unconfined") || text.starts_with(LOCALHOST)
}

/// The profile that an annotation names.
pub(in super::super) fn from_annotation(text: &str) -> Option<Value> {
    match text.strip_prefix(LOCALHOST) {
        Some("") => None,
        Some(file) => Some(tree!({"type": "Localhost", "localhostProfile": file})),
        None => match text {
            "unconfined" => Some(tree!({"type": "Unconfined"})),
            "runtime/default" => Some(tree!({"type": "RuntimeDefault"})),
            _ => None,
        },
    }
}

/// Checks an `appArmorProfile` (`ValidateAppArmorProfileField`).
pub(in super::super) fn validate(profile: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if profile.is_null() {
        return;
    }
    let (file, file_path) = (profile.field("localhostProfile").as_str(), path.child("localhostProfile"));
    match (profile.str_at(&["type"]), file) {
        ("Localhost", None) => {
            errors.push(FieldError::required(&file_path, "must be set when AppArmor type is Localhost"));
        }
        ("Localhost", Some(file)) => {
            if file.trim() != file {
                errors.push(FieldError::invalid(&file_path, file, "must not be padded with whitespace"));
            } else if file.is_empty() {
                errors.push(FieldError::required(&file_path, "must be set when AppArmor type is Localhost"));
            }
            if file.len() > PROFILE_BYTES_MAX {
                errors.push(FieldError::too_long(&file_path, PROFILE_BYTES_MAX));
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(_)) => {
            let detail = "can only be set when AppArmor type is Localhost";
            errors.push(FieldError::invalid(&file_path, go_struct::pointer(profile.field("localhostProfile")), detail));
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => {
            let detail = "type is required when appArmorProfile is set";
            errors.push(FieldError::required(&path.child("type"), detail));
        }
        (other, _) => errors.push(FieldError::not_supported(&path.child("type"), other, &TYPES)),
    }
}

/// Annotations and fields must say the same.
pub fn validate_match(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let spec = object.field("spec");
    for (container, path) in containers_with_paths(spec, path) {
        let own = container.at(&["securityContext", "appArmorProfile"]);
        let profile = if own.is_null() { spec.at(&["securityContext", "appArmorProfile"]) } else { own };
        let key = format!("{ANNOTATION}{}", container.str_at(&["name"]));
        let Some(annotation) = object.annotation(&key) else { continue };
        let path = path.child("securityContext").child("appArmorProfile");
        profile_matches("apparmor", annotation, profile, &path, errors);
    }
}
