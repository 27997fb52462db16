//! `flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::flow_control::{GROUP, STATUS_ALONE, validate_conditions};
use super::pod_spec::go_struct;
use crate::cells;
use crate::defaults::{FieldDefault, number};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy};

/// How many requests of a kind are served at a time.
pub struct PriorityLevelConfiguration;

const QUEUES_MAX: i64 = 10_000_000;

/// Bits of a hash that shuffle sharding can use.
const HASH_BITS_MAX: i64 = 60;

/// A mark that only older versions may set.
const OLD_ANNOTATION: &str = "flowcontrol.k8s.io/preserve-zero-concurrency-shares";

static DEFAULTS: &[FieldDefault] = &[
    number("spec.exempt.nominalConcurrencyShares", 0),
    number("spec.exempt.lendablePercent", 0),
    number("spec.limited.nominalConcurrencyShares", 30),
    number("spec.limited.lendablePercent", 0),
];

/// Numbers of a queue whose zero means the default.
const QUEUING: [(&str, i64); 3] = [("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "prioritylevelconfigurations",
    storage_prefix: "/registry/prioritylevelconfigurations",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[STATUS_ALONE],
    generation: &[SPEC],
    ..KindRules::NEW
};

impl Strategy for PriorityLevelConfiguration {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        let Some(queuing) = object.at_mut(&["spec", "limited", "limitResponse", "queuing"]) else { return };
        for (field, value) in QUEUING {
            if !queuing.is_null() && queuing.i64_at(&[field]).unwrap_or(0) == 0 {
                queuing.set(&[field], value);
            }
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        if object.annotation(OLD_ANNOTATION).is_some() {
            let detail = format!("annotation '{OLD_ANNOTATION}' is forbidden");
            errors.push(FieldError::forbidden(&FieldPath::new("metadata.annotations"), detail));
        }
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_spec(spec, object.name(), &path, errors);
        if let Some(detail) = broken_promise(object.name(), spec) {
            let value = go_struct::printed("PriorityLevelConfigurationSpec", spec);
            errors.push(FieldError::invalid(&path, value, detail));
        }
        validate_conditions(object, errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_conditions(object, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let limited = object.at(&["spec", "limited"]);
        let queuing = limited.at(&["limitResponse", "queuing"]);
        let shown = |of: &Value, field: &str| match of.is_null() {
            true => Value::from("<none>"),
            false => cells::number(of, &[field]),
        };
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "type"]),
            shown(limited, "nominalConcurrencyShares"),
            shown(queuing, "queues"),
            shown(queuing, "handSize"),
            shown(queuing, "queueLengthLimit"),
            cells::age(object, now),
        ])
    }
}

/// What is wrong with the `spec` of a level that every cluster has.
fn broken_promise(name: &str, spec: &Value) -> Option<String> {
    match name {
        "exempt" => {
            let mut rest = spec.clone();
            rest.remove_at(&["exempt"]);
            let is_kept = rest == tree!({"type": "Exempt"});
            (!is_kept).then(|| format!("spec of '{name}' except the 'spec.exempt' field must equal the fixed value"))
        }
        "catch-all" => {
            let fixed = tree!({"type": "Limited", "limited": {"nominalConcurrencyShares": 5,
                "limitResponse": {"type": "Reject"}, "lendablePercent": 0}});
            (*spec != fixed).then(|| format!("spec of '{name}' must equal the fixed value"))
        }
        _ => None,
    }
}

fn validate_spec(spec: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (kind, type_path) = (spec.str_at(&["type"]), path.child("type"));
    if (name == "exempt") != (kind == "Exempt") {
        errors.push(FieldError::invalid(&type_path, kind, "must be 'Exempt' if and only if `name` is 'exempt'"));
    }
    let (limited, exempt) = (spec.field("limited"), spec.field("exempt"));
    match kind {
        "Exempt" => {
            if !limited.is_null() {
                let detail = "must be nil if the type is not Limited";
                errors.push(FieldError::forbidden(&path.child("limited"), detail));
            }
            validate_shares(exempt, &path.child("exempt"), errors);
            validate_lendable(exempt, &path.child("exempt"), errors);
        }
        "Limited" => {
            if !exempt.is_null() {
                errors.push(FieldError::forbidden(&path.child("exempt"), "must be nil if the type is Limited"));
            }
            match limited.is_null() {
                true => {
                    let detail = "must not be empty when type is Limited";
                    errors.push(FieldError::required(&path.child("limited"), detail));
                }
                false => validate_limited(limited, &path.child("limited"), errors),
            }
        }
        "" => errors.push(FieldError::required(&type_path, "")),
        other => errors.push(FieldError::not_supported(&type_path, other, &["Exempt", "Limited"])),
    }
}

fn validate_shares(level: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(shares) = level.i64_at(&["nominalConcurrencyShares"]).filter(|it| *it < 0) {
        let path = path.child("nominalConcurrencyShares");
        errors.push(FieldError::invalid(&path, shares, "must be a non-negative integer"));
    }
}

fn validate_lendable(level: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(percent) = level.i64_at(&["lendablePercent"]).filter(|it| !(0..=100).contains(it)) {
        let path = path.child("lendablePercent");
        errors.push(FieldError::invalid(&path, percent, "must be between 0 and 100, inclusive"));
    }
}

fn validate_limited(limited: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_shares(limited, path, errors);
    validate_response(limited.field("limitResponse"), &path.child("limitResponse"), errors);
    validate_lendable(limited, path, errors);
    if let Some(percent) = limited.i64_at(&["borrowingLimitPercent"]).filter(|it| *it < 0) {
        let path = path.child("borrowingLimitPercent");
        errors.push(FieldError::invalid(&path, percent, "if specified, must be a non-negative integer"));
    }
}

fn validate_response(response: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (queuing, queuing_path) = (response.field("queuing"), path.child("queuing"));
    match response.str_at(&["type"]) {
        "Reject" if queuing.is_null() => {}
        "Reject" => {
            let detail = "must be nil if limited.limitResponse.type is not Limited";
            errors.push(FieldError::forbidden(&queuing_path, detail));
        }
        "Queue" if queuing.is_null() => {
            let detail = "must not be empty if limited.limitResponse.type is Limited";
            errors.push(FieldError::required(&queuing_path, detail));
        }
        "Queue" => validate_queuing(queuing, &queuing_path, errors),
        "" => errors.push(FieldError::required(&path.child("type"), "")),
        other => errors.push(FieldError::not_supported(&path.child("type"), other, &["Queue", "Reject"])),
    }
}

fn validate_queuing(queuing: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let count = |field: &str| queuing.i64_at(&[field]).unwrap_or(0);
    let (queues, hand, limit) = (count("queues"), count("handSize"), count("queueLengthLimit"));
    let mut refuse = |field: &str, value: i64, detail: String| {
        errors.push(FieldError::invalid(&path.child(field), value, detail));
    };
    if limit <= 0 {
        refuse("queueLengthLimit", limit, "must be positive".to_owned());
    }
    if queues <= 0 {
        refuse("queues", queues, "must be positive".to_owned());
    } else if queues > QUEUES_MAX {
        refuse("queues", queues, format!("must not be greater than {QUEUES_MAX}"));
    }
    let bits = ((queues.max(1) as f64).log2() * hand as f64).ceil() as i64;
    if hand <= 0 {
        refuse("handSize", hand, "must be positive".to_owned());
    } else if hand > queues {
        refuse("handSize", hand, format!("should not be greater than queues ({queues})"));
    } else if bits > HASH_BITS_MAX {
        let detail = format!(
            "required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS_MAX}"
        );
        refuse("handSize", hand, detail);
    }
}
