//! `v1 Secret`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::{Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::config_map;
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SelectableField, Strategy};
use crate::{cells, rules};

/// Confidential data as keys and values.
pub struct Secret;

static DEFAULTS: &[FieldDefault] = &[text("type", "Opaque")];

static RULES: KindRules = KindRules {
    plural: "secrets",
    storage_prefix: "/registry/secrets",
    defaults: DEFAULTS,
    selectable_fields: &[SelectableField::new("type", &[&["type"]])],
    ..KindRules::NEW
};

const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

impl Strategy for Secret {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    /// `stringData` is merged into `data`; it is never stored.
    fn default(&self, object: &mut Value) {
        let Some(Value::Object(plain)) = object.remove_at(&["stringData"]) else { return };
        for (key, value) in plain.into_entries() {
            let encoded = STANDARD.encode(value.as_str().unwrap_or(""));
            object.object_at(&["data"]).insert(key, encoded);
        }
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        if object.str_at(&["type"]).is_empty() {
            object.set(&["type"], old.str_at(&["type"]));
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("data");
        let mut bytes = 0;
        for (key, value) in object.field("data").as_object().into_iter().flat_map(Map::iter) {
            rules::invalid_each(&path.key(key), key, names::config_map_key(key), errors);
            bytes += rules::base64_length(value.as_str().unwrap_or(""));
        }
        if bytes > rules::SECRET_BYTES_MAX {
            errors.push(FieldError::too_long(&path, rules::SECRET_BYTES_MAX));
        }
        validate_type(object, &path, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        rules::immutable(object, old, &["type"], errors);
        config_map::frozen_fields(object, old, &["data"], errors);
        self.validate(object, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let keys = object.field("data").as_object().map_or(0, Map::len);
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["type"]),
            Value::Int(keys as i64),
            cells::age(object, now),
        ])
    }
}

/// What the well-known types must hold.
fn validate_type(object: &Value, data: &FieldPath, errors: &mut Vec<FieldError>) {
    let has = |key: &str| !object.at(&["data", key]).is_null();
    let mut require = |key: &str| {
        if !has(key) {
            errors.push(FieldError::required(&data.key(key), ""));
        }
    };
    match object.str_at(&["type"]) {
        "kubernetes.io/service-account-token" if object.annotation(ACCOUNT_ANNOTATION).unwrap_or("").is_empty() => {
            let path = FieldPath::new("metadata.annotations").key(ACCOUNT_ANNOTATION);
            errors.push(FieldError::required(&path, ""));
        }
        "kubernetes.io/dockercfg" => validate_json(object, ".dockercfg", data, errors),
        "kubernetes.io/dockerconfigjson" => validate_json(object, ".dockerconfigjson", data, errors),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            require("username");
            require("password");
        }
        "kubernetes.io/ssh-auth" if object.str_at(&["data", "ssh-privatekey"]).is_empty() => {
            errors.push(FieldError::required(&data.key("ssh-privatekey"), ""));
        }
        "kubernetes.io/tls" => {
            require("tls.crt");
            require("tls.key");
        }
        _ => {}
    }
}

fn validate_json(object: &Value, key: &str, data: &FieldPath, errors: &mut Vec<FieldError>) {
    let path = data.key(key);
    let Some(text) = object.at(&["data", key]).as_str() else {
        errors.push(FieldError::required(&path, ""));
        return;
    };
    let cause = match STANDARD.decode(text).map(|bytes| json::parse(&bytes)) {
        Ok(Ok(Value::Object(_) | Value::Null)) => return,
        Ok(Ok(_)) => "json: cannot unmarshal value into Go value of type map[string]interface {}".to_owned(),
        Ok(Err(error)) => error.message,
        Err(error) => error.to_string(),
    };
    errors.push(FieldError::invalid(&path, "<secret contents redacted>", cause));
}
