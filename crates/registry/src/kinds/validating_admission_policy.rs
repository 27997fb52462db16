//! `admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use cel::Environment;
use jiff::Timestamp;

use super::admission_policies::{param_kind_cell, scope, validate_expressions, validate_head};
use super::admission_rules::{GROUP, default_match_resources, name_warnings, one_of, validate_expression};
use super::flow_control::STATUS_ALONE;
use crate::defaults::{FieldDefault, text};
use crate::expressions::Wanted;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy};
use crate::{cells, rules};

/// Expressions that say which requests are refused.
pub struct ValidatingAdmissionPolicy;

const ANNOTATIONS_MAX: usize = 20;
const ANNOTATION_BYTES_MAX: usize = 5 << 10;
const NEEDS_ONE: &str = "validations or auditAnnotations must contain at least one item";

static DEFAULTS: &[FieldDefault] = &[text("spec.failurePolicy", "Fail")];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "validatingadmissionpolicies",
    storage_prefix: "/registry/validatingadmissionpolicies",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[STATUS_ALONE],
    generation: &[SPEC],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for ValidatingAdmissionPolicy {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_match_resources(object, "matchConstraints");
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_head(spec, &path, errors);
        let scope = scope(spec);
        let environment = validate_expressions(spec, scope, &path, errors);
        let (validations, annotations) = (spec.items_at(&["validations"]), spec.items_at(&["auditAnnotations"]));
        if validations.is_empty() && annotations.is_empty() {
            errors.push(FieldError::required(&path.child("validations"), NEEDS_ONE));
            errors.push(FieldError::required(&path.child("auditAnnotations"), NEEDS_ONE));
        }
        for (at, validation) in validations.iter().enumerate() {
            validate_validation(validation, &environment, &path.child("validations").index(at), errors);
        }
        validate_annotations(object, &environment, &path.child("auditAnnotations"), errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("status.typeChecking.expressionWarnings");
        let warnings = object.items_at(&["status", "typeChecking", "expressionWarnings"]);
        for (at, warning) in warnings.iter().enumerate() {
            rules::require(warning, "warning", &path.index(at), errors);
            if warning.str_at(&["fieldRef"]).trim().is_empty() {
                errors.push(FieldError::required(&path.index(at).child("fieldRef"), ""));
            }
        }
        rules::conditions(object.items_at(&["status", "conditions"]), &FieldPath::new("status.conditions"), errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        name_warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let count = object.items_at(&["spec", "validations"]).len() as i64;
        cells::row(vec![cells::name(object), Value::Int(count), param_kind_cell(object), cells::age(object, now)])
    }
}

fn validate_validation(validation: &Value, environment: &Environment, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let text = |field: &str| validation.str_at(&[field]);
    if text("expression").trim().is_empty() {
        errors.push(FieldError::required(&path.child("expression"), "expression is not specified"));
    } else {
        validate_expression(text("expression"), environment, Wanted::Bool, &path.child("expression"), errors);
    }
    if !text("messageExpression").trim().is_empty() {
        let path = path.child("messageExpression");
        let environment = environment.clone().without("authorizer");
        validate_expression(text("messageExpression"), &environment, Wanted::Text, &path, errors);
    }
    for field in ["messageExpression", "message"] {
        if !text(field).is_empty() && text(field).trim().is_empty() {
            let detail = "must be non-empty if specified";
            errors.push(FieldError::invalid(&path.child(field), text(field), detail));
        }
    }
    if text("message").trim().contains(['\n', '\r']) {
        errors.push(FieldError::invalid(&path.child("message"), text("message"), "must not contain line breaks"));
    }
    one_of(validation, "reason", &["Forbidden", "Invalid", "RequestEntityTooLarge"], path, errors);
}

fn validate_annotations(object: &Value, environment: &Environment, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, spec) = (object.name(), object.field("spec"));
    let annotations = spec.items_at(&["auditAnnotations"]);
    if annotations.len() > ANNOTATIONS_MAX {
        let value = super::pod_spec::go_struct::printed_list("AuditAnnotation", spec.field("auditAnnotations"));
        let detail = format!("must not have more than {ANNOTATIONS_MAX} auditAnnotations");
        errors.push(FieldError::invalid(path, value, detail));
    }
    for (at, annotation) in annotations.iter().enumerate() {
        let (path, key) = (path.index(at), annotation.str_at(&["key"]));
        let (key_path, value_path) = (path.child("key"), path.child("valueExpression"));
        match name {
            "" => errors.push(FieldError::invalid(&key_path, key, "requires metadata.name be non-empty")),
            name => {
                let full = format!("{name}/{key}");
                rules::invalid_each(&key_path, &full, names::qualified_name(&full), errors);
            }
        }
        let text = annotation.str_at(&["valueExpression"]).trim();
        match text.len() {
            0 => errors.push(FieldError::required(&value_path, "valueExpression is not specified")),
            bytes if bytes > ANNOTATION_BYTES_MAX => {
                let detail = format!("must not exceed {ANNOTATION_BYTES_MAX} bytes in length");
                errors.push(FieldError::required(&value_path, &detail));
            }
            _ => validate_expression(text, environment, Wanted::TextOrNull, &value_path, errors),
        }
        if annotations[..at].iter().any(|it| it.str_at(&["key"]) == key) {
            errors.push(FieldError::duplicate(&key_path, key));
        }
    }
}
