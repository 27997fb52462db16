//! `v1 LimitRange`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::quantity::{Format, Quantity};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::resources::{self, Amounts};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, environment, rules};

/// Limits of what is made in a namespace.
pub struct LimitRange;

static RULES: KindRules = KindRules {
    plural: "limitranges",
    storage_prefix: "/registry/limitranges",
    allows_create_on_update: true,
    ..KindRules::NEW
};

/// Amounts up to which upstream reckons in thousandths.
const MILLI_VALUE_MAX: i64 = i64::MAX / 1_000;

impl Strategy for LimitRange {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        for limit in object.at_mut(&["spec", "limits"]).and_then(Value::as_array_mut).into_iter().flatten() {
            if limit.str_at(&["type"]) == "Container" {
                fill(limit, "max", "default");
                fill(limit, "default", "defaultRequest");
                fill(limit, "min", "defaultRequest");
            }
        }
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        if object.str_at(&["metadata", "name"]).is_empty() {
            object.set(&["metadata", "name"], environment::uid());
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (limits, path) = (object.items_at(&["spec", "limits"]), FieldPath::new("spec.limits"));
        for (at, limit) in limits.iter().enumerate() {
            let (path, kind) = (path.index(at), limit.str_at(&["type"]));
            validate_type(kind, &path.child("type"), errors);
            if limits[..at].iter().any(|it| it.str_at(&["type"]) == kind) {
                errors.push(FieldError::duplicate(&path.child("type"), kind));
            }
            validate_limit(limit, kind, &path, errors);
        }
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["metadata", "creationTimestamp"])])
    }
}

/// Takes what `into` lacks from `from`.
fn fill(limit: &mut Value, from: &str, into: &'static str) {
    let source = limit.field(from).clone();
    let target = limit.object_at(&[into]);
    for (name, amount) in source.as_object().into_iter().flat_map(|it| it.iter()) {
        if !target.contains_key(name) {
            target.insert(name.to_owned(), amount.clone());
        }
    }
}

fn validate_type(kind: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = names::qualified_name(kind);
    let is_known = kind.contains('/') || matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim");
    if messages.is_empty() && !is_known {
        errors.push(FieldError::invalid(path, kind, "must be a standard limit type or fully qualified"));
    }
    rules::invalid_each(path, kind, messages, errors);
}

/// The amounts of one item, by what they limit.
struct Limits {
    max: Amounts,
    min: Amounts,
    default: Amounts,
    request: Amounts,
    ratio: Amounts,
}

fn validate_limit(limit: &Value, kind: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let amounts = |field: &str, errors: &mut Vec<FieldError>| {
        let path = path.child(field);
        let mut found = Amounts::new();
        for (name, text) in string_entries(limit.field(field)) {
            match kind {
                "Pod" | "Container" => resources::container_name(name, &path.key(name), errors),
                _ => resources::standard_name(name, &path.key(name), errors),
            }
            if let Ok(amount) = Quantity::parse(text) {
                found.insert(name.to_owned(), amount);
            }
        }
        found
    };
    let (max, min) = (amounts("max", errors), amounts("min", errors));
    let (mut default, mut request) = (Amounts::new(), Amounts::new());
    if kind == "Pod" {
        for field in ["default", "defaultRequest"] {
            if limit.field(field).as_object().is_some_and(|it| !it.is_empty()) {
                let detail = "may not be specified when `type` is 'Pod'";
                errors.push(FieldError::forbidden(&path.child(field), detail));
            }
        }
    } else {
        default = amounts("default", errors);
        request = amounts("defaultRequest", errors);
    }
    if kind == "PersistentVolumeClaim" && !max.contains_key("storage") && !min.contains_key("storage") {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        errors.push(FieldError::required(&path.child("limits"), detail));
    }
    let ratio = amounts("maxLimitRequestRatio", errors);
    let limits = Limits { max, min, default, request, ratio };
    let all = [&limits.max, &limits.min, &limits.default, &limits.request, &limits.ratio];
    let names: std::collections::BTreeSet<&String> = all.into_iter().flat_map(Amounts::keys).collect();
    names.into_iter().for_each(|name| validate_amounts(name, &limits, path, errors));
}

/// The amounts of one resource must fit each other.
fn validate_amounts(name: &str, limits: &Limits, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (max, min) = (limits.max.get(name), limits.min.get(name));
    let (default, request) = (limits.default.get(name), limits.request.get(name));
    // Which is above which, where it is said, and with which value.
    let orders = [
        ((min, "min value"), (max, "max value"), "min", min),
        ((min, "min value"), (request, "default request value"), "defaultRequest", request),
        ((request, "default request value"), (max, "max value"), "defaultRequest", request),
        ((request, "default request value"), (default, "default limit value"), "defaultRequest", request),
        ((min, "min value"), (default, "default value"), "default", min),
        ((default, "default value"), (max, "max value"), "default", max),
    ];
    for ((low, low_name), (high, high_name), field, shown) in orders {
        if let (Some(low), Some(high), Some(shown)) = (low, high, shown)
            && low.compare(high).is_gt()
        {
            let detail = format!("{low_name} {} is greater than {high_name} {}", low.canonical(), high.canonical());
            errors.push(FieldError::invalid(&path.child(field).key(name), shown.canonical(), detail));
        }
    }
    if let Some(ratio) = limits.ratio.get(name) {
        validate_ratio(ratio, min, max, &path.child("maxLimitRequestRatio").key(name), errors);
    }
    if let (Some(default), Some(request), false) = (default, request, resources::allows_overcommit(name))
        && default.compare(request).is_ne()
    {
        let (shown, default) = (request.canonical(), default.canonical());
        let detail = format!("default value {default} must equal to defaultRequest value {shown} in {name}");
        errors.push(FieldError::invalid(&path.child("defaultRequest").key(name), shown, detail));
    }
}

fn validate_ratio(
    ratio: &Quantity,
    min: Option<&Quantity>,
    max: Option<&Quantity>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    let text = ratio.canonical();
    if ratio.compare(&Quantity::from_i64(1, Format::DecimalSi)).is_lt() {
        errors.push(FieldError::invalid(path, text.as_str(), format!("ratio {text} is less than 1")));
    }
    let (Some(min), Some(max)) = (min, max) else { return };
    let in_thousandths = [ratio, min, max].iter().all(|it| it.value() < MILLI_VALUE_MAX);
    let (value, min, max) = match in_thousandths {
        true => (ratio.milli_value() as f64 / 1_000.0, min.milli_value(), max.milli_value()),
        false => (ratio.value() as f64, min.value(), max.value()),
    };
    let most = max as f64 / min as f64;
    if value > most {
        let detail = format!("ratio {text} is greater than max/min = {most:.6}");
        errors.push(FieldError::invalid(path, text.as_str(), detail));
    }
}
