//! `v1 PodTemplate`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::{self, SpecOf};
use super::pod_template;
use crate::cells;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// A template of Pods that stands for itself.
pub struct PodTemplate;

static RULES: KindRules = KindRules {
    plural: "podtemplates",
    storage_prefix: "/registry/podtemplates",
    generation: &[&["template"]],
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for PodTemplate {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if let Some(template) = object.at_mut(&["template"]) {
            pod_spec::defaults::template(template);
        }
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        drop_disabled(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        drop_disabled(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_spec::validate_template(object.field("template"), &FieldPath::new("template"), errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        match old.is_null() || object.generation() != old.generation() {
            true => pod_spec::warnings::of(object.field("template"), SpecOf::Template, &FieldPath::new("template")),
            false => Vec::new(),
        }
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        let [containers, images] = pod_template::container_cells_of(object.at(&["template", "spec"]));
        let labels = cells::labels_text(object.at(&["template", "metadata", "labels"]));
        cells::row(vec![cells::name(object), containers, images, labels.into()])
    }
}

fn drop_disabled(object: &mut Value) {
    if let Some(spec) = object.at_mut(&["template", "spec"]) {
        pod_spec::defaults::drop_disabled(spec);
    }
}
