//! `node.k8s.io/v1 RuntimeClass`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::pod_spec::{self, go_struct, resources};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// A way to run containers.
pub struct RuntimeClass;

static RULES: KindRules = KindRules {
    group: "node.k8s.io",
    plural: "runtimeclasses",
    storage_prefix: "/registry/runtimeclasses",
    allows_create_on_update: true,
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for RuntimeClass {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("handler");
        match object.str_at(&["handler"]) {
            "" => errors.push(FieldError::required(&path, "")),
            handler => rules::invalid_each(&path, handler, names::dns1123_label(handler), errors),
        }
        resources::validate_limits(object.at(&["overhead", "podFixed"]), &FieldPath::new("overhead"), errors);
        let (scheduling, path) = (object.field("scheduling"), FieldPath::new("scheduling"));
        rules::labels(scheduling.field("nodeSelector").as_object(), &path.child("nodeSelector"), errors);
        validate_tolerations(scheduling.items_at(&["tolerations"]), &path.child("tolerations"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        rules::immutable(object, old, &["handler"], errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let keys = object.at(&["scheduling", "nodeSelector"]).as_object().into_iter().flat_map(Map::keys);
        let texts = keys.filter_map(pod_spec::warnings::old_node_label);
        texts.map(|text| format!("scheduling.nodeSelector: {text}")).collect()
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["handler"]), cells::age(object, now)])
    }
}

fn validate_tolerations(tolerations: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    pod_spec::validate_tolerations(tolerations, path, errors);
    let is_same = |a: &Value, b: &Value| {
        ["key", "operator", "value", "effect"].iter().all(|field| a.str_at(&[field]) == b.str_at(&[field]))
    };
    for (at, toleration) in tolerations.iter().enumerate() {
        if tolerations[..at].iter().any(|it| is_same(it, toleration)) {
            errors.push(FieldError::duplicate(&path.index(at), go_struct::printed("Toleration", toleration)));
        }
    }
}
