//! `admissionregistration.k8s.io/v1 MutatingAdmissionPolicy`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use cel::Environment;
use jiff::Timestamp;

use super::admission_policies::{param_kind_cell, scope, validate_expressions, validate_head};
use super::admission_rules::{
    GROUP, default_match_resources, name_warnings, one_of, validate_expression, validate_mutable,
};
use crate::cells;
use crate::defaults::{FieldDefault, text};
use crate::expressions::Wanted;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, Strategy};

/// Expressions that say how requests are changed.
pub struct MutatingAdmissionPolicy;

/// Patch types with the field of each.
const PATCH_TYPES: [(&str, &str); 2] = [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")];

static DEFAULTS: &[FieldDefault] = &[text("spec.failurePolicy", "Fail")];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "mutatingadmissionpolicies",
    storage_prefix: "/registry/mutatingadmissionpolicies",
    defaults: DEFAULTS,
    generation: &[SPEC],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for MutatingAdmissionPolicy {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_match_resources(object, "matchConstraints");
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_head(spec, &path, errors);
        validate_mutable(spec.field("matchConstraints"), &path.child("matchConstraints"), errors);
        let environment = validate_expressions(spec, scope(spec), &path, errors).with_objects();
        let mutations = spec.items_at(&["mutations"]);
        if mutations.is_empty() {
            let detail = "mutations must contain at least one item";
            errors.push(FieldError::required(&path.child("mutations"), detail));
        }
        for (at, mutation) in mutations.iter().enumerate() {
            validate_mutation(mutation, &environment, &path.child("mutations").index(at), errors);
        }
        match spec.str_at(&["reinvocationPolicy"]) {
            "" => errors.push(FieldError::required(&path.child("reinvocationPolicy"), "")),
            _ => one_of(spec, "reinvocationPolicy", &["IfNeeded", "Never"], &path, errors),
        }
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        name_warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let count = object.items_at(&["spec", "mutations"]).len() as i64;
        cells::row(vec![cells::name(object), Value::Int(count), param_kind_cell(object), cells::age(object, now)])
    }
}

fn validate_mutation(mutation: &Value, environment: &Environment, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let patch_type = mutation.str_at(&["patchType"]);
    if patch_type.is_empty() {
        return errors.push(FieldError::required(&path.child("patchType"), ""));
    }
    let Some((_, own)) = PATCH_TYPES.iter().find(|(name, _)| *name == patch_type) else {
        return one_of(mutation, "patchType", &PATCH_TYPES.map(|(name, _)| name), path, errors);
    };
    let own_path = path.child(own);
    if mutation.field(own).is_null() {
        let detail = format!("must be specified when patchType is {patch_type}");
        errors.push(FieldError::required(&own_path, &detail));
    } else {
        let (text, path) = (mutation.str_at(&[own, "expression"]), own_path.child("expression"));
        let wanted = if *own == "jsonPatch" { Wanted::Patches } else { Wanted::Object };
        match text.trim() {
            "" => errors.push(FieldError::required(&path, "")),
            _ => validate_expression(text, environment, wanted, &path, errors),
        }
    }
    for (_, other) in PATCH_TYPES.iter().filter(|(name, field)| *name != patch_type && !mutation.field(field).is_null())
    {
        let detail = format!("must not be specified when patchType is {patch_type}");
        errors.push(FieldError::invalid(&path.child(other), format!("{{{other}}}"), detail));
    }
}
