//! `storage.k8s.io/v1 CSINode`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::go_struct;
use super::pod_spec::volumes::storage::driver_name;
use super::storage;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// The drivers of a node.
pub struct CsiNode;

const NODE_ID_CHARACTERS_MAX: usize = 256;

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "csinodes",
    storage_prefix: "/registry/csinodes",
    allows_unconditional_update: false,
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for CsiNode {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (drivers, path) = (drivers(object), FieldPath::new("spec.drivers"));
        for (at, driver) in drivers.iter().enumerate() {
            let path = path.index(at);
            validate_driver(driver, &path, errors);
            let name = driver.str_at(&["name"]);
            if drivers[..at].iter().any(|it| it.str_at(&["name"]) == name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
            validate_topology_keys(driver.items_at(&["topologyKeys"]), &path, errors);
        }
    }

    /// A driver's entry stays as it is, but for what it can take.
    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        let path = FieldPath::new("spec.drivers");
        for before in drivers(old) {
            for driver in drivers(object).iter().filter(|it| it.field("name") == before.field("name")) {
                let [before, driver] = [before, driver].map(|it| {
                    let mut rest = it.clone();
                    rest.remove_at(&["allocatable"]);
                    rest
                });
                if before != driver {
                    let value = go_struct::printed("CSINodeDriver", &driver);
                    errors.push(FieldError::invalid(&path, value, rules::FIELD_IMMUTABLE));
                }
            }
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let count = drivers(object).len() as i64;
        cells::row(vec![cells::name(object), Value::Int(count), cells::age(object, now)])
    }
}

fn drivers(object: &Value) -> &[Value] {
    object.items_at(&["spec", "drivers"])
}

fn validate_driver(driver: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    driver_name(driver.str_at(&["name"]), &path.child("name"), errors);
    rules::require(driver, "nodeID", path, errors);
    let id = driver.str_at(&["nodeID"]);
    if id.len() > NODE_ID_CHARACTERS_MAX {
        let detail = format!("must be {NODE_ID_CHARACTERS_MAX} characters or less");
        errors.push(FieldError::invalid(&path.child("nodeID"), id, detail));
    }
    if let Some(count) = driver.i64_at(&["allocatable", "count"]) {
        rules::not_negative(count, &path.child("allocatable").child("count"), errors);
    }
}

fn validate_topology_keys(keys: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, key) in keys.iter().filter_map(Value::as_str).enumerate() {
        if key.is_empty() {
            errors.push(FieldError::required(path, ""));
        }
        if keys[..at].iter().any(|it| it.as_str() == Some(key)) {
            errors.push(FieldError::duplicate(path, key));
        }
        rules::invalid_each(path, key, names::qualified_name(key), errors);
    }
}
