//! `apps/v1 StatefulSet`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::selector::{LabelSelector, validate_label_selector};
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::{pod_spec, pod_template};
use crate::defaults::{self, FieldDefault, empty_object, number, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, name_rules, rules};

/// Pods with lasting names and volumes, in order.
pub struct StatefulSet;

static DEFAULTS: &[FieldDefault] = &[
    text("spec.podManagementPolicy", "OrderedReady"),
    empty_object("spec.persistentVolumeClaimRetentionPolicy"),
    text("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain"),
    text("spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Retain"),
    number("spec.replicas", 1),
    number("spec.revisionHistoryLimit", 10),
    text("spec.volumeClaimTemplates[].spec.volumeMode", "Filesystem"),
];

static CLAIM_STATUS: &[FieldDefault] = &[text("spec.volumeClaimTemplates[].status.phase", "Pending")];

static RULES: KindRules = KindRules {
    group: "apps",
    plural: "statefulsets",
    storage_prefix: "/registry/statefulsets",
    name_rule: name_rules::dns_label,
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    has_scale: true,
    generation: &[SPEC],
    ..KindRules::NEW
};

const STATUS_COUNTS: &[&str] = &[
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
];

/// Fields of `spec` that may change.
const MUTABLE: [&str; 7] = [
    "replicas",
    "template",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
];

impl Strategy for StatefulSet {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_strategy(object);
        for claim in
            object.at_mut(&["spec", "volumeClaimTemplates"]).and_then(Value::as_array_mut).into_iter().flatten()
        {
            claim.set(&["kind"], "PersistentVolumeClaim");
            claim.set(&["apiVersion"], "v1");
            claim.object_at(&["status"]);
        }
        defaults::apply(CLAIM_STATUS, object);
        pod_template::default_template(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        drop_disabled(object, &Value::Null);
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        drop_disabled(object, old);
        pod_template::prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object, IsNew::Yes, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object, IsNew::No, errors);
        let fixed = |object: &Value| {
            let mut spec = object.field("spec").clone();
            MUTABLE.iter().for_each(|field| drop(spec.remove_at(&[field])));
            spec
        };
        if fixed(object) != fixed(old) {
            let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                          'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                          'minReadySeconds' are forbidden";
            errors.push(FieldError::forbidden(&FieldPath::new("spec"), detail));
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "status", STATUS_COUNTS, errors);
        let count = |field: &str| object.i64_at(&["status", field]).unwrap_or(0);
        let mut refuse = |field: &'static str, detail: &str| {
            errors.push(FieldError::invalid(&FieldPath::new("status").child(field), count(field), detail));
        };
        let parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
        for field in parts.into_iter().filter(|it| count(it) > count("replicas")) {
            refuse(field, "cannot be greater than status.replicas");
        }
        if count("availableReplicas") > count("readyReplicas") {
            refuse("availableReplicas", "cannot be greater than status.readyReplicas");
        }
        pod_template::validate_collision_count(object, old, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let mut warnings = pod_template::template_warnings(object, old);
        if object.i64_at(&["spec", "revisionHistoryLimit"]).is_some_and(|it| it < 0) {
            let text = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is \
                        recommended";
            warnings.push(text.to_owned());
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let count = |path: &[&str]| object.i64_at(path).unwrap_or(0);
        let [containers, images] = pod_template::container_cells(object);
        cells::row(vec![
            cells::name(object),
            format!("{}/{}", count(&["status", "readyReplicas"]), count(&["spec", "replicas"])).into(),
            cells::age(object, now),
            containers,
            images,
        ])
    }
}

fn default_strategy(object: &mut Value) {
    let strategy = object.object_at(&["spec", "updateStrategy"]);
    let kind = strategy.get("type").and_then(Value::as_str).unwrap_or("");
    if kind.is_empty() {
        strategy.insert("type", "RollingUpdate");
        if strategy.get("rollingUpdate").is_none_or(Value::is_null) {
            strategy.insert("rollingUpdate", Value::object());
        }
    }
    if strategy.get("type").and_then(Value::as_str) == Some("RollingUpdate") {
        defaults::apply(&[number("spec.updateStrategy.rollingUpdate.partition", 0)], object);
    }
}

/// `maxUnavailable` is behind a feature gate that is off; it stays where it already is.
fn drop_disabled(object: &mut Value, old: &Value) {
    const MAX_UNAVAILABLE: [&str; 4] = ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"];
    if old.at(&MAX_UNAVAILABLE).is_null() {
        object.remove_at(&MAX_UNAVAILABLE);
    }
}

/// What cannot change is checked only in a new set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IsNew {
    Yes,
    No,
}

fn validate_spec(object: &Value, is_new: IsNew, errors: &mut Vec<FieldError>) {
    let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
    match spec.str_at(&["podManagementPolicy"]) {
        "OrderedReady" | "Parallel" => {}
        other => {
            let path = path.child("podManagementPolicy");
            errors.push(FieldError::invalid(&path, other, "must be 'OrderedReady' or 'Parallel'"));
        }
    }
    validate_strategy(spec.field("updateStrategy"), &path.child("updateStrategy"), errors);
    validate_retention(spec, &path, errors);
    if is_new == IsNew::Yes {
        let path = path.child("volumeClaimTemplates");
        for (at, claim) in spec.items_at(&["volumeClaimTemplates"]).iter().enumerate() {
            pod_spec::validate_claim_spec(claim.field("spec"), &path.index(at).child("spec"), errors);
        }
    }
    pod_template::validate_counts(object, "spec", &["replicas", "minReadySeconds"], errors);
    if let Some(start) = spec.i64_at(&["ordinals", "start"]) {
        rules::not_negative(start, &path.child("ordinals.start"), errors);
    }
    let service = spec.str_at(&["serviceName"]);
    if is_new == IsNew::Yes && !service.is_empty() {
        rules::invalid_each(&path.child("serviceName"), service, names::dns1123_label(service), errors);
    }
    validate_selector(object, &path.child("selector"), errors);
    pod_template::validate_endless(object, "StatefulSet", errors);
}

fn validate_strategy(strategy: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (rolling, rolling_path) = (strategy.field("rollingUpdate"), path.child("rollingUpdate"));
    let fields = [("Partition", "partition", "0"), ("MaxUnavailable", "maxUnavailable", "null")];
    match strategy.str_at(&["type"]) {
        "OnDelete" if rolling.is_null() => {}
        "OnDelete" => {
            let printed = rules::printed_struct(rolling, &fields);
            errors.push(FieldError::invalid(&rolling_path, printed, "only allowed for updateStrategy 'RollingUpdate'"));
        }
        "RollingUpdate" => {
            if let Some(partition) = rolling.i64_at(&["partition"]) {
                rules::not_negative(partition, &rolling_path.child("partition"), errors);
            }
        }
        _ => {
            let rolling = match rolling.is_null() {
                true => "null".to_owned(),
                false => rules::printed_struct(rolling, &fields).0,
            };
            let kind = rules::printed(strategy.field("type")).0;
            let printed = format!("{{\"Type\":{kind},\"RollingUpdate\":{rolling}}}");
            let printed = apimachinery::field_error::Verbatim(printed);
            errors.push(FieldError::invalid(path, printed, "must be 'RollingUpdate' or 'OnDelete'"));
        }
    }
}

fn validate_retention(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (policy, path) =
        (spec.field("persistentVolumeClaimRetentionPolicy"), path.child("persistentVolumeClaimRetentionPolicy"));
    for field in ["whenDeleted", "whenScaled"] {
        let value = policy.str_at(&[field]);
        if !policy.is_null() && !matches!(value, "Retain" | "Delete") {
            errors.push(FieldError::not_supported(&path.child(field), value, &["Delete", "Retain"]));
        }
    }
}

fn validate_selector(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let selector = object.at(&["spec", "selector"]);
    let is_empty = |field: &str| selector.field(field).as_object().is_none_or(|map| map.is_empty());
    if selector.is_null() {
        errors.push(FieldError::required(path, ""));
    } else {
        errors.extend(validate_label_selector(path, selector));
        if is_empty("matchLabels") && selector.items_at(&["matchExpressions"]).is_empty() {
            let detail = "empty selector is invalid for statefulset";
            errors.push(FieldError::invalid(path, rules::printed(selector), detail));
        }
    }
    match LabelSelector::from_value(selector) {
        Err(_) => errors.push(FieldError::invalid(path, rules::printed(selector), "")),
        Ok(parsed) => validate_template(object, parsed, errors),
    }
}

/// The template as the controller makes Pods of it: with a volume per claim, without names that it sets itself.
fn validate_template(object: &Value, selector: Option<LabelSelector>, errors: &mut Vec<FieldError>) {
    if selector.as_ref().is_none_or(|it| !it.is_empty()) {
        pod_template::validate_labels(object, selector, errors);
    }
    let path = FieldPath::new("spec.template");
    let mut template = object.at(&["spec", "template"]).clone();
    let claims = object.items_at(&["spec", "volumeClaimTemplates"]).iter().map(|claim| claim.name());
    let mut volumes: Vec<Value> =
        claims.map(|name| tree!({"name": name, "persistentVolumeClaim": {"claimName": name}})).collect();
    if let Some(spec) = template.at_mut(&["spec"]) {
        spec.remove_at(&["subdomain"]);
        spec.remove_at(&["hostname"]);
        let is_replaced = |volume: &Value| volumes.iter().any(|claim| claim.field("name") == volume.field("name"));
        let others: Vec<Value> = spec.items_at(&["volumes"]).iter().filter(|it| !is_replaced(it)).cloned().collect();
        volumes.extend(others);
        if !volumes.is_empty() {
            spec.set(&["volumes"], volumes);
        }
    }
    pod_spec::validate_template(&template, &path, errors);
    // Upstream checks these twice.
    rules::labels(template.at(&["metadata", "labels"]).as_object(), &path.child("labels"), errors);
    errors.extend(names::annotations(&path.child("annotations"), template.annotations()));
    pod_spec::validate_annotations(&template, &path.child("annotations"), errors);
}
