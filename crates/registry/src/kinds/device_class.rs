//! `resource.k8s.io/v1 DeviceClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::devices::{GROUP, LIST_MAX, too_many, validate_configuration, validate_selectors};
use super::pod_spec::resources;
use crate::cells;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, Strategy};

/// A kind of devices that can be asked for.
pub struct DeviceClass;

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "deviceclasses",
    storage_prefix: "/registry/deviceclasses",
    generation: &[SPEC],
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for DeviceClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_selectors(spec, &path, errors);
        let (config, config_path) = (spec.items_at(&["config"]), path.child("config"));
        if !too_many(config, LIST_MAX, &config_path, errors) {
            for (at, item) in config.iter().enumerate() {
                validate_configuration(item, &config_path.index(at), errors);
            }
        }
        if let Some(name) = spec.field("extendedResourceName").as_str().filter(|it| !resources::is_extended(it)) {
            let path = path.child("extendedResourceName");
            errors.push(FieldError::invalid(&path, name, "must be a valid extended resource name"));
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::age(object, now)])
    }
}
