//! `v1 ResourceQuota`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::pod_spec::{go_struct, resources};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// Limits of all that is in a namespace together.
pub struct ResourceQuota;

static RULES: KindRules = KindRules {
    plural: "resourcequotas",
    storage_prefix: "/registry/resourcequotas",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    returns_deleted_object: true,
    ..KindRules::NEW
};

const CONFLICTS: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["NotTerminating", "Terminating"]];

impl Strategy for ResourceQuota {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_amounts(spec.field("hard"), &path.child("hard"), errors);
        validate_scopes(spec, &path.child("scopes"), errors);
        validate_selector(spec, &path.child("scopeSelector"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        let sorted = |of: &Value| {
            let mut names: Vec<String> = scopes(of.field("spec")).map(str::to_owned).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        if sorted(object) != sorted(old) {
            let value = rules::printed(object.at(&["spec", "scopes"]));
            errors.push(FieldError::invalid(&FieldPath::new("spec.scopes"), value, rules::FIELD_IMMUTABLE));
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        for field in ["hard", "used"] {
            validate_amounts(object.at(&["status", field]), &FieldPath::new("status").child(field), errors);
        }
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let hard = |name: &str| Quantity::parse(object.str_at(&["spec", "hard", name])).ok();
        let mut warnings = Vec::new();
        if !old.is_null() {
            return warnings;
        }
        for name in ["cpu", "memory", "storage", "ephemeral-storage"] {
            let mut request = format!("requests.{name}");
            if hard(&request).is_none() && matches!(name, "cpu" | "memory") {
                request = name.to_owned();
            }
            let limit = format!("limits.{name}");
            if let (Some(requested), Some(limited)) = (hard(&request), hard(&limit))
                && requested.compare(&limited).is_gt()
            {
                warnings.push(format!(
                    "ResourceQuota {request} ({}) should be less than {limit} ({})",
                    requested.canonical(),
                    limited.canonical()
                ));
            }
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        for name in object.at(&["status", "hard"]).as_object().into_iter().flat_map(Map::keys) {
            let amount = |field: &str| object.at(&["status", field, name]).as_str().unwrap_or("0").to_owned();
            let column = if name.starts_with("limits.") { &mut limits } else { &mut requests };
            column.push(format!("{name}: {}/{}", amount("used"), amount("hard")));
        }
        cells::row(vec![
            cells::name(object),
            requests.join(", ").into(),
            limits.join(", ").into(),
            cells::age(object, now),
        ])
    }
}

fn scopes(spec: &Value) -> impl Iterator<Item = &str> {
    spec.items_at(&["scopes"]).iter().filter_map(Value::as_str)
}

fn validate_amounts(amounts: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (name, text) in string_entries(amounts) {
        let path = path.key(name);
        resources::standard_name(name, &path, errors);
        if !name.contains('/') && !is_counted_by_quotas(name) {
            errors.push(FieldError::invalid(&path, name, "must be a standard resource for quota"));
        }
        if let Ok(amount) = Quantity::parse(text) {
            resources::validate_quantity(name, &amount, &path, errors);
        }
    }
}

/// Plain names that quotas know (`IsStandardQuotaResourceName`).
fn is_counted_by_quotas(name: &str) -> bool {
    let is_of_huge_pages = resources::is_huge_pages(name) || name.starts_with("requests.hugepages-");
    is_of_huge_pages || (resources::STANDARD.contains(&name) && name != "storage")
}

fn is_known_scope(scope: &str) -> bool {
    let known = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "VolumeAttributesClass",
        "CrossNamespacePodAffinity",
    ];
    known.contains(&scope)
}

/// Whether a quota for this resource can have this scope.
fn fits(scope: &str, resource: &str) -> bool {
    const COMPUTE: [&str; 6] = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        scope if is_known_scope(scope) => resource == "pods" || COMPUTE.contains(&resource),
        _ => true,
    }
}

/// Standard resources of the quota that this scope does not go with.
fn misfits<'a>(spec: &'a Value, scope: &'a str) -> impl Iterator<Item = &'a str> {
    let hard = spec.field("hard").as_object().into_iter().flat_map(Map::keys);
    hard.filter(move |name| is_counted_by_quotas(name) && !fits(scope, name))
}

fn validate_scopes(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let value = || rules::printed(spec.field("scopes"));
    for scope in scopes(spec) {
        if !is_known_scope(scope) {
            errors.push(FieldError::invalid(path, value(), "unsupported scope"));
        }
        for _ in misfits(spec, scope) {
            errors.push(FieldError::invalid(path, value(), "unsupported scope applied to resource"));
        }
    }
    let all: Vec<&str> = scopes(spec).collect();
    for _ in CONFLICTS.iter().filter(|pair| pair.iter().all(|it| all.contains(it))) {
        errors.push(FieldError::invalid(path, value(), "conflicting scopes"));
    }
}

fn validate_selector(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (selector, path) = (spec.field("scopeSelector"), path.child("matchExpressions"));
    let expressions = selector.items_at(&["matchExpressions"]);
    for expression in expressions {
        let scope = expression.str_at(&["scopeName"]);
        if !is_known_scope(scope) {
            errors.push(FieldError::invalid(&path.child("scopeName"), scope, "unsupported scope"));
        }
        for _ in misfits(spec, scope) {
            let value = go_struct::printed("ScopeSelector", selector);
            errors.push(FieldError::invalid(&path, value, "unsupported scope applied to resource"));
        }
        validate_operator(expression, scope, &path, errors);
    }
    let has = |scope: &&str| expressions.iter().any(|it| it.str_at(&["scopeName"]) == *scope);
    for _ in CONFLICTS.iter().filter(|pair| pair.iter().all(has)) {
        errors.push(FieldError::invalid(&path, rules::printed(spec.field("scopes")), "conflicting scopes"));
    }
}

fn validate_operator(expression: &Value, scope: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (operator, values) = (expression.str_at(&["operator"]), expression.field("values"));
    let is_class = matches!(scope, "PriorityClass" | "VolumeAttributesClass");
    if is_known_scope(scope) && !is_class && operator != "Exists" {
        let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                      ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort \
                      or ResourceQuotaScopeCrossNamespacePodAffinity";
        errors.push(FieldError::invalid(&path.child("operator"), operator, detail));
    }
    let has_values = values.as_array().is_some_and(|it| !it.is_empty());
    match operator {
        "In" | "NotIn" if !has_values => {
            let detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            errors.push(FieldError::required(&path.child("values"), detail));
        }
        "Exists" | "DoesNotExist" if has_values => {
            let detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
            errors.push(FieldError::invalid(&path.child("values"), rules::printed(values), detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.push(FieldError::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
}
