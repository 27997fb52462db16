//! `storage.k8s.io/v1 CSIStorageCapacity`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::{pod_spec, storage};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// How much a driver can still make of a class at a place.
pub struct CsiStorageCapacity;

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "csistoragecapacities",
    storage_prefix: "/registry/csistoragecapacities",
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for CsiStorageCapacity {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        rules::label_selector(object.field("nodeTopology"), &FieldPath::new("nodeTopology"), errors);
        let class = object.str_at(&["storageClassName"]);
        rules::invalid_each(&FieldPath::new("storageClassName"), class, names::dns1123_subdomain(class), errors);
        if let Some(text) = object.field("capacity").as_str()
            && Quantity::parse(text).is_ok_and(|it| it.sign() < 0)
        {
            let detail = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(&FieldPath::new("capacity"), text, detail));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        rules::immutable(object, old, &["nodeTopology"], errors);
        rules::immutable(object, old, &["storageClassName"], errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let (selector, path) = (object.field("nodeTopology"), FieldPath::new("nodeTopology"));
        let mut warnings = pod_spec::warnings::of_node_selector(std::slice::from_ref(selector), &path);
        for text in &mut warnings {
            *text = text.replacen("nodeTopology[0].", "nodeTopology.", 1);
        }
        for (key, _) in string_entries(selector.field("matchLabels")) {
            if let Some(text) = pod_spec::warnings::old_node_label(key) {
                warnings.push(format!("{}: {text}", path.child("matchLabels").child(key)));
            }
        }
        warnings
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["metadata", "creationTimestamp"])])
    }
}
