//! `storage.k8s.io/v1 VolumeAttributesClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::storage;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// Attributes that volumes can be given later, too.
pub struct VolumeAttributesClass;

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "volumeattributesclasses",
    storage_prefix: "/registry/volumeattributesclasses",
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for VolumeAttributesClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        storage::validate_provisioner(object, "driverName", errors);
        storage::validate_parameters(object, errors);
        if rules::is_equal(&Value::Null, object.field("parameters")) {
            let detail = "must contain at least one key/value pair";
            errors.push(FieldError::required(&FieldPath::new("parameters"), detail));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        for field in ["driverName", "parameters"] {
            if object.field(field) != old.field(field) {
                let detail = format!("updates to {field} are forbidden.");
                errors.push(FieldError::forbidden(&FieldPath::new(field), detail));
            }
        }
        self.validate(object, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["driverName"]), cells::age(object, now)])
    }
}
