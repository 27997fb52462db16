//! What the kinds of `storage.k8s.io` and volumes share.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::value::{Map, Value};

use crate::rules;

/// API group of classes, drivers and attachments.
pub(super) const GROUP: &str = "storage.k8s.io";

/// Parameters of one class.
const PARAMETERS_MAX: usize = 512;

/// Bytes of all keys and values of the parameters of one class.
const PARAMETER_BYTES_MAX: usize = 256 << 10;

/// Older place of a class's name.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Who makes the volumes of a class (`validateProvisioner`).
pub(super) fn validate_provisioner(object: &Value, field: &'static str, errors: &mut Vec<FieldError>) {
    let (name, path) = (object.str_at(&[field]), FieldPath::new(field));
    match name {
        "" => errors.push(FieldError::required(&path, "")),
        name => {
            let name = name.to_lowercase();
            rules::invalid_each(&path, &name, names::qualified_name(&name), errors);
        }
    }
}

/// Parameters of a class (`validateParameters`).
pub(super) fn validate_parameters(object: &Value, errors: &mut Vec<FieldError>) {
    let (parameters, path) = (object.field("parameters"), FieldPath::new("parameters"));
    if parameters.as_object().map_or(0, Map::len) > PARAMETERS_MAX {
        return errors.push(FieldError::too_long(&path, PARAMETERS_MAX));
    }
    let mut bytes = 0;
    for (key, value) in string_entries(parameters) {
        if key.is_empty() {
            errors.push(FieldError::invalid(&path, key, "field can not be empty."));
        }
        bytes += key.len() + value.len();
    }
    if bytes > PARAMETER_BYTES_MAX {
        errors.push(FieldError::too_long(&path, PARAMETER_BYTES_MAX));
    }
}

/// Modes of access as in tables: `RWO,ROX`.
pub(super) fn access_modes_text(modes: &[Value]) -> String {
    const SHORT: [(&str, &str); 4] =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let has = |mode: &str| modes.iter().any(|it| it.as_str() == Some(mode));
    let shown: Vec<&str> = SHORT.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect();
    shown.join(",")
}

/// Name of the class of a volume or claim; an annotation counts more than the field.
pub(super) fn class_of(object: &Value) -> &str {
    let annotation = object.at(&["metadata", "annotations", CLASS_ANNOTATION]).as_str();
    annotation.unwrap_or(object.str_at(&["spec", "storageClassName"]))
}

/// `phase` as in tables.
pub(super) fn phase_cell(object: &Value) -> Value {
    let is_deleted = !object.at(&["metadata", "deletionTimestamp"]).is_null();
    Value::from(if is_deleted { "Terminating" } else { object.str_at(&["status", "phase"]) })
}

/// The string at a path, `<unset>` when it is not there.
pub(super) fn text_or_unset(object: &Value, path: &[&str]) -> Value {
    object.at(path).as_str().unwrap_or("<unset>").into()
}
