//! `apps/v1 ControllerRevision`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// A template that a DaemonSet or StatefulSet once had.
pub struct ControllerRevision;

static RULES: KindRules = KindRules {
    group: "apps",
    plural: "controllerrevisions",
    storage_prefix: "/registry/controllerrevisions",
    ..KindRules::NEW
};

impl Strategy for ControllerRevision {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_revision(object, errors);
        let path = FieldPath::new("data");
        match object.field("data") {
            Value::Null => errors.push(FieldError::required(&path, "data is mandatory")),
            Value::Object(_) => {}
            _ => errors.push(FieldError::required(&path, "data must be a valid JSON object")),
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_revision(object, errors);
        rules::immutable(object, old, &["data"], errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let owner = match object.controller() {
            None => "<none>".to_owned(),
            Some(owner) => {
                let group = owner.group_version().map_or(String::new(), |it| it.group.clone());
                let kind = match group.is_empty() {
                    true => owner.kind.clone(),
                    false => format!("{}.{group}", owner.kind),
                };
                format!("{}/{}", kind.to_lowercase(), owner.name)
            }
        };
        cells::row(vec![
            cells::name(object),
            owner.into(),
            cells::number(object, &["revision"]),
            cells::age(object, now),
        ])
    }
}

fn validate_revision(object: &Value, errors: &mut Vec<FieldError>) {
    rules::not_negative(object.i64_at(&["revision"]).unwrap_or(0), &FieldPath::new("revision"), errors);
}
