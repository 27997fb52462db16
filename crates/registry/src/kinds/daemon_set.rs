//! `apps/v1 DaemonSet`

use apimachinery::field_error::{FieldError, FieldPath, Verbatim, quoted};
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::{LabelSelector, validate_label_selector};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::int_or_percent::{amount, count_or_percent, not_over_all};
use super::{pod_spec, pod_template};
use crate::defaults::{self, FieldDefault, empty_object, number, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A Pod on every node that fits.
pub struct DaemonSet;

/// Where `v1` keeps the count of changes of the template.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

static DEFAULTS: &[FieldDefault] = &[
    empty_object("spec.updateStrategy"),
    text("spec.updateStrategy.type", "RollingUpdate"),
    number("spec.revisionHistoryLimit", 10),
];

static ROLLING_UPDATE: &[FieldDefault] = &[
    empty_object("spec.updateStrategy.rollingUpdate"),
    number("spec.updateStrategy.rollingUpdate.maxUnavailable", 1),
    number("spec.updateStrategy.rollingUpdate.maxSurge", 0),
];

static RULES: KindRules = KindRules {
    group: "apps",
    plural: "daemonsets",
    storage_prefix: "/registry/daemonsets",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    ..KindRules::NEW
};

const STATUS_COUNTS: &[&str] = &[
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
];

impl Strategy for DaemonSet {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.str_at(&["spec", "updateStrategy", "type"]) == "RollingUpdate" {
            defaults::apply(ROLLING_UPDATE, object);
        }
        pod_template::default_template(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        let generation = template_generation(object).max(1);
        object.set_annotation(TEMPLATE_GENERATION, &generation.to_string());
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        pod_template::prepare(object);
        let is_changed = !rules::is_equal(object.at(&["spec", "template"]), old.at(&["spec", "template"]));
        let generation = template_generation(old) + i64::from(is_changed);
        object.set_annotation(TEMPLATE_GENERATION, &generation.to_string());
    }

    fn prepare_subresource(&self, _: &str, object: &mut Value, old: &Value, _: &Context<'_>) {
        object.set_annotation(TEMPLATE_GENERATION, &template_generation(old).to_string());
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (selector, path) = (object.at(&["spec", "selector"]), FieldPath::new("spec.selector"));
        errors.extend(validate_label_selector(&path, selector));
        if let Ok(parsed) = LabelSelector::from_value(selector) {
            pod_template::validate_labels(object, parsed, errors);
        }
        let is_empty = |field: &str| selector.field(field).as_object().is_none_or(|map| map.is_empty());
        if !selector.is_null() && is_empty("matchLabels") && selector.items_at(&["matchExpressions"]).is_empty() {
            errors.push(FieldError::invalid(
                &path,
                rules::printed(selector),
                "empty selector is invalid for daemonset",
            ));
        }
        pod_spec::validate_template(object.at(&["spec", "template"]), &FieldPath::new("spec.template"), errors);
        pod_template::validate_endless(object, "DaemonSet", errors);
        pod_template::validate_counts(object, "spec", &["minReadySeconds"], errors);
        let generation = template_generation(object);
        rules::not_negative(generation, &FieldPath::new("spec.templateGeneration"), errors);
        validate_strategy(object.at(&["spec", "updateStrategy"]), errors);
        pod_template::validate_counts(object, "spec", &["revisionHistoryLimit"], errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        rules::immutable(object, old, &["spec", "selector"], errors);
        self.validate(object, context, errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "status", STATUS_COUNTS, errors);
        pod_template::validate_collision_count(object, old, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        match !old.is_null() && template_generation(object) == template_generation(old) {
            true => Vec::new(),
            false => pod_template::template_warnings(object, old),
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let [containers, images] = pod_template::container_cells(object);
        let count = |field: &'static str| cells::number(object, &["status", field]);
        cells::row(vec![
            cells::name(object),
            count("desiredNumberScheduled"),
            count("currentNumberScheduled"),
            count("numberReady"),
            count("updatedNumberScheduled"),
            count("numberAvailable"),
            cells::labels_text(object.at(&["spec", "template", "spec", "nodeSelector"])).into(),
            cells::age(object, now),
            containers,
            images,
            cells::selector_text(object.at(&["spec", "selector"])).into(),
        ])
    }
}

fn template_generation(object: &Value) -> i64 {
    object.annotation(TEMPLATE_GENERATION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn validate_strategy(strategy: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec.updateStrategy");
    let rolling = strategy.field("rollingUpdate");
    match strategy.str_at(&["type"]) {
        "OnDelete" => {}
        "RollingUpdate" if rolling.is_null() => {
            errors.push(FieldError::required(&path.child("rollingUpdate"), ""));
        }
        "RollingUpdate" => validate_rolling_update(rolling, &path.child("rollingUpdate"), errors),
        other => {
            let fields = [("MaxUnavailable", "maxUnavailable", "0"), ("MaxSurge", "maxSurge", "0")];
            let rolling = match rolling.is_null() {
                true => "null".to_owned(),
                false => rules::printed_struct(rolling, &fields).0,
            };
            let printed = Verbatim(format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", quoted(other)));
            errors.push(FieldError::not_supported(&path, printed, &["OnDelete", "RollingUpdate"]));
        }
    }
}

fn validate_rolling_update(rolling: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (unavailable, surge) = (rolling.field("maxUnavailable"), rolling.field("maxSurge"));
    let (unavailable_path, surge_path) = (path.child("maxUnavailable"), path.child("maxSurge"));
    count_or_percent(unavailable, &unavailable_path, errors);
    count_or_percent(surge, &surge_path, errors);
    not_over_all(unavailable, &unavailable_path, errors);
    not_over_all(surge, &surge_path, errors);
    match (amount(unavailable) != 0, amount(surge) != 0) {
        (true, true) => {
            let detail = "may not be set when maxUnavailable is non-zero";
            errors.push(FieldError::invalid(&surge_path, rules::printed(surge), detail));
        }
        (false, false) => errors.push(FieldError::required(&unavailable_path, "cannot be 0 when maxSurge is 0")),
        _ => {}
    }
}
