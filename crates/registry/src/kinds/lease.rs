//! `coordination.k8s.io/v1 Lease`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, Path, Strategy};
use crate::{cells, prepare, rules};

/// A lock that is held by renewing it.
pub struct Lease;

static RULES: KindRules = KindRules {
    group: "coordination.k8s.io",
    plural: "leases",
    storage_prefix: "/registry/leases",
    allows_create_on_update: true,
    allows_unconditional_update: false,
    ..KindRules::NEW
};

/// Fields behind a feature that is off by default (coordinated leader election).
const DISABLED: &[Path] = &[&["spec", "strategy"], &["spec", "preferredHolder"]];

impl Strategy for Lease {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        prepare::reset(object, DISABLED);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        for path in DISABLED.iter().filter(|path| old.at(path).is_null()) {
            object.remove_at(path);
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec");
        if let Some(seconds) = object.i64_at(&["spec", "leaseDurationSeconds"]).filter(|it| *it <= 0) {
            let path = path.child("leaseDurationSeconds");
            errors.push(FieldError::invalid(&path, seconds, "must be greater than 0"));
        }
        if let Some(count) = object.i64_at(&["spec", "leaseTransitions"]) {
            rules::not_negative(count, &path.child("leaseTransitions"), errors);
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let holder = cells::text(object, &["spec", "holderIdentity"]);
        cells::row(vec![cells::name(object), holder, cells::age(object, now)])
    }
}
