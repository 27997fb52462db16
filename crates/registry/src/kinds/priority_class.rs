//! `scheduling.k8s.io/v1 PriorityClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// A named priority of Pods.
pub struct PriorityClass;

/// The largest value that users may set.
const USER_PRIORITY_MAX: i64 = 1_000_000_000;

/// Names and values that only the system uses.
const SYSTEM_CLASSES: &[(&str, i64)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

static DEFAULTS: &[FieldDefault] = &[text("preemptionPolicy", "PreemptLowerPriority")];

static RULES: KindRules = KindRules {
    group: "scheduling.k8s.io",
    plural: "priorityclasses",
    storage_prefix: "/registry/priorityclasses",
    defaults: DEFAULTS,
    ..KindRules::NEW
};

impl Strategy for PriorityClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        // Set once and never counted: the kind has nothing that changes.
        object.set(&["metadata", "generation"], 1);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let value = object.i64_at(&["value"]).unwrap_or(0);
        if object.name().starts_with("system-") {
            if let Err(cause) = check_system_class(object.name(), value, object.bool_at(&["globalDefault"])) {
                let detail = format!(
                    "priority class names with 'system-' prefix are reserved for system use only. error: {cause}"
                );
                errors.push(FieldError::forbidden(&FieldPath::new("metadata.name"), detail));
            }
        } else if value > USER_PRIORITY_MAX {
            let detail = format!("maximum allowed value of a user defined priority is {USER_PRIORITY_MAX}");
            errors.push(FieldError::forbidden(&FieldPath::new("value"), detail));
        }
        let policy = object.str_at(&["preemptionPolicy"]);
        if !matches!(policy, "" | "PreemptLowerPriority" | "Never") {
            let path = FieldPath::new("preemptionPolicy");
            errors.push(FieldError::not_supported(&path, policy, &["PreemptLowerPriority", "Never"]));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        if object.i64_at(&["value"]).unwrap_or(0) != old.i64_at(&["value"]).unwrap_or(0) {
            errors.push(FieldError::forbidden(&FieldPath::new("value"), "may not be changed in an update."));
        }
        rules::immutable(object, old, &["preemptionPolicy"], errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![
            cells::name(object),
            cells::number(object, &["value"]),
            Value::Bool(object.bool_at(&["globalDefault"])),
            cells::age(object, now),
            cells::text(object, &["preemptionPolicy"]),
        ])
    }
}

fn check_system_class(name: &str, value: i64, is_global_default: bool) -> Result<(), String> {
    match SYSTEM_CLASSES.iter().find(|(known, _)| *known == name) {
        None => Err(format!("{name} is not a known system priority class")),
        Some((_, wanted)) if *wanted != value => Err(format!("value of {name} PriorityClass must be {wanted}")),
        Some(_) if is_global_default => Err(format!("globalDefault of {name} PriorityClass must be false")),
        Some(_) => Ok(()),
    }
}
