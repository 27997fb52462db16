//! `networking.k8s.io/v1 IngressClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::ingress;
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, Strategy};
use crate::{cells, rules};

/// Who serves Ingresses.
pub struct IngressClass;

const CONTROLLER_CHARACTERS_MAX: usize = 250;

static DEFAULTS: &[FieldDefault] = &[text("spec.parameters.scope", "Cluster")];

static RULES: KindRules = KindRules {
    group: "networking.k8s.io",
    plural: "ingressclasses",
    storage_prefix: "/registry/ingressclasses",
    defaults: DEFAULTS,
    generation: &[SPEC],
    ..KindRules::NEW
};

impl Strategy for IngressClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (controller, path) = (object.str_at(&["spec", "controller"]), FieldPath::new("spec.controller"));
        if controller.len() > CONTROLLER_CHARACTERS_MAX {
            errors.push(FieldError::too_long(&path, CONTROLLER_CHARACTERS_MAX));
        }
        errors.extend(names::domain_prefixed_path(&path, controller));
        validate_parameters(object.at(&["spec", "parameters"]), &FieldPath::new("spec.parameters"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        rules::immutable(object, old, &["spec", "controller"], errors);
        self.validate(object, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let is_default = object.annotation("ingressclass.kubernetes.io/is-default-class") == Some("true");
        let parameters = object.at(&["spec", "parameters"]);
        let shown = match (parameters.is_null(), parameters.field("apiGroup").as_str()) {
            (true, _) => "<none>".to_owned(),
            (false, None) => format!("{}/{}", parameters.str_at(&["kind"]), parameters.str_at(&["name"])),
            (false, Some(group)) => {
                format!("{}.{group}/{}", parameters.str_at(&["kind"]), parameters.str_at(&["name"]))
            }
        };
        cells::row(vec![
            format!("{}{}", object.name(), if is_default { " (default)" } else { "" }).into(),
            cells::text(object, &["spec", "controller"]),
            shown.into(),
            cells::age(object, now),
        ])
    }
}

fn validate_parameters(parameters: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if parameters.is_null() {
        return;
    }
    ingress::validate_reference(parameters, path, errors);
    let (namespace, path_of_namespace) = (parameters.field("namespace").as_str(), path.child("namespace"));
    match (parameters.str_at(&["scope"]), namespace) {
        ("Namespace", None) => {
            errors.push(FieldError::required(&path_of_namespace, "`parameters.scope` is set to 'Namespace'"));
        }
        ("Namespace", Some(name)) => {
            rules::invalid_each(&path_of_namespace, name, names::dns1123_label(name), errors);
        }
        ("Cluster", Some(_)) => {
            errors.push(FieldError::forbidden(&path_of_namespace, "`parameters.scope` is set to 'Cluster'"));
        }
        ("Cluster", None) => {}
        (other, _) => errors.push(FieldError::not_supported(&path.child("scope"), other, &["Cluster", "Namespace"])),
    }
}
