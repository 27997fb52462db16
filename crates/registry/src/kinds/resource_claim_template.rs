//! `resource.k8s.io/v1 ResourceClaimTemplate`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::devices::{GROUP, default_claim, validate_claim};
use super::pod_spec::go_struct;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// What the claims are made from that Pods get for themselves.
pub struct ResourceClaimTemplate;

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "resourceclaimtemplates",
    storage_prefix: "/registry/resourceclaimtemplates",
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for ResourceClaimTemplate {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_claim(object.at_mut(&["spec", "spec"]));
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (metadata, path) = (object.at(&["spec", "metadata"]), FieldPath::new("spec.metadata"));
        errors.extend(names::annotations(&path.child("annotations"), string_entries(metadata.field("annotations"))));
        rules::labels(metadata.field("labels").as_object(), &path.child("labels"), errors);
        validate_claim(object.at(&["spec", "spec"]), &FieldPath::new("spec.spec"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        if object.field("spec") != old.field("spec") {
            let value = go_struct::printed("ResourceClaimTemplateSpec", object.field("spec"));
            errors.push(FieldError::invalid(&FieldPath::new("spec"), value, rules::FIELD_IMMUTABLE));
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::age(object, now)])
    }
}
