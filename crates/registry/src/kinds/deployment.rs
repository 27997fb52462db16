//! `apps/v1 Deployment`

use apimachinery::field_error::{FieldError, FieldPath, Verbatim, quoted};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::int_or_percent::{amount, count_or_percent, not_over_all};
use super::pod_template;
use crate::defaults::{self, FieldDefault, empty_object, number, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Path, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// Equal Pods that change step by step when their template does.
pub struct Deployment;

/// They are copied to ReplicaSets: a change of them is one of the Deployment.
const ANNOTATIONS: Path = &["metadata", "annotations"];

static DEFAULTS: &[FieldDefault] = &[
    number("spec.replicas", 1),
    text("spec.strategy.type", "RollingUpdate"),
    number("spec.revisionHistoryLimit", 10),
    number("spec.progressDeadlineSeconds", 600),
];

static ROLLING_UPDATE: &[FieldDefault] = &[
    empty_object("spec.strategy.rollingUpdate"),
    text("spec.strategy.rollingUpdate.maxUnavailable", "25%"),
    text("spec.strategy.rollingUpdate.maxSurge", "25%"),
];

static RULES: KindRules = KindRules {
    group: "apps",
    plural: "deployments",
    storage_prefix: "/registry/deployments",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::STATUS],
    has_scale: true,
    generation: &[SPEC, ANNOTATIONS],
    ..KindRules::NEW
};

const STATUS_COUNTS: &[&str] = &[
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
    "collisionCount",
];

impl Strategy for Deployment {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.str_at(&["spec", "strategy", "type"]) == "RollingUpdate" {
            defaults::apply(ROLLING_UPDATE, object);
        }
        pod_template::default_template(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "spec", &["replicas"], errors);
        pod_template::validate(object, errors);
        validate_strategy(object.at(&["spec", "strategy"]), &FieldPath::new("spec.strategy"), errors);
        let counts = ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];
        pod_template::validate_counts(object, "spec", &counts, errors);
        let ready = object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        if let Some(deadline) = object.i64_at(&["spec", "progressDeadlineSeconds"]).filter(|it| *it <= ready) {
            let path = FieldPath::new("spec.progressDeadlineSeconds");
            errors.push(FieldError::invalid(&path, deadline, "must be greater than minReadySeconds"));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        rules::immutable(object, old, &["spec", "selector"], errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "status", STATUS_COUNTS, errors);
        let parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];
        pod_template::validate_status_counts(object, &parts, errors);
        pod_template::validate_collision_count(object, old, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        pod_template::warnings(object, old)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let count = |path: &[&str]| object.i64_at(path).unwrap_or(0);
        let [containers, images] = pod_template::container_cells(object);
        cells::row(vec![
            cells::name(object),
            format!("{}/{}", count(&["status", "readyReplicas"]), count(&["spec", "replicas"])).into(),
            cells::number(object, &["status", "updatedReplicas"]),
            cells::number(object, &["status", "availableReplicas"]),
            cells::age(object, now),
            containers,
            images,
            cells::selector_text(object.at(&["spec", "selector"])).into(),
        ])
    }
}

fn validate_strategy(strategy: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let rolling = strategy.field("rollingUpdate");
    match strategy.str_at(&["type"]) {
        "RollingUpdate" => validate_rolling_update(rolling, &path.child("rollingUpdate"), errors),
        "Recreate" if rolling.is_null() => {}
        "Recreate" => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden(&path.child("rollingUpdate"), detail));
        }
        other => {
            let fields = [("MaxUnavailable", "maxUnavailable", "0"), ("MaxSurge", "maxSurge", "0")];
            let rolling = match rolling.is_null() {
                true => "null".to_owned(),
                false => rules::printed_struct(rolling, &fields).0,
            };
            let printed = Verbatim(format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", quoted(other)));
            errors.push(FieldError::not_supported(path, printed, &["Recreate", "RollingUpdate"]));
        }
    }
}

fn validate_rolling_update(rolling: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["maxUnavailable", "maxSurge"] {
        count_or_percent(rolling.field(field), &path.child(field), errors);
    }
    let (unavailable, path) = (rolling.field("maxUnavailable"), path.child("maxUnavailable"));
    if amount(unavailable) == 0 && amount(rolling.field("maxSurge")) == 0 {
        errors.push(FieldError::invalid(&path, rules::printed(unavailable), "may not be 0 when `maxSurge` is 0"));
    }
    not_over_all(unavailable, &path, errors);
}
