//! `v1 ConfigMap`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// Configuration as keys and values.
pub struct ConfigMap;

static RULES: KindRules = KindRules { plural: "configmaps", storage_prefix: "/registry/configmaps", ..KindRules::NEW };

impl Strategy for ConfigMap {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let mut bytes = 0;
        for (key, value) in entries(object, "data") {
            let path = FieldPath::new("data").key(key);
            rules::invalid_each(&path, key, names::config_map_key(key), errors);
            if !object.at(&["binaryData", key]).is_null() {
                errors.push(FieldError::invalid(&path, key, "duplicate of key present in binaryData"));
            }
            bytes += value.len();
        }
        for (key, value) in entries(object, "binaryData") {
            let path = FieldPath::new("binaryData").key(key);
            rules::invalid_each(&path, key, names::config_map_key(key), errors);
            bytes += rules::base64_length(value);
        }
        if bytes > rules::SECRET_BYTES_MAX {
            errors.push(FieldError::too_long(&FieldPath::new(""), rules::SECRET_BYTES_MAX));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        frozen_fields(object, old, &["data", "binaryData"], errors);
        self.validate(object, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let keys = entries(object, "data").count() + entries(object, "binaryData").count();
        cells::row(vec![cells::name(object), Value::Int(keys as i64), cells::age(object, now)])
    }
}

fn entries<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = object.field(field).as_object();
    map.into_iter().flat_map(Map::iter).map(|(key, value)| (key, value.as_str().unwrap_or("")))
}

/// Once `immutable` is true, neither it nor `fields` can change (ConfigMaps and Secrets).
pub(super) fn frozen_fields(object: &Value, old: &Value, fields: &[&'static str], errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "field is immutable when `immutable` is set";
    if !old.bool_at(&["immutable"]) {
        return;
    }
    if !object.bool_at(&["immutable"]) {
        errors.push(FieldError::forbidden(&FieldPath::new("immutable"), DETAIL));
    }
    for field in fields {
        if !rules::is_equal(object.field(field), old.field(field)) {
            errors.push(FieldError::forbidden(&FieldPath::new(field), DETAIL));
        }
    }
}
