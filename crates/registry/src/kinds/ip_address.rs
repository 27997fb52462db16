//! `networking.k8s.io/v1 IPAddress`: an address of the Service range that is taken.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, rules};

/// An address of the Service range that is taken.
pub struct IpAddress;

static RULES: KindRules = KindRules {
    group: "networking.k8s.io",
    plural: "ipaddresses",
    storage_prefix: "/registry/ipaddresses",
    name_rule: is_canonical_ip,
    ..KindRules::NEW
};

impl Strategy for IpAddress {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec.parentRef");
        let parent = object.at(&["spec", "parentRef"]);
        if parent.is_null() {
            errors.push(FieldError::required(&path, ""));
            return;
        }
        let group = parent.str_at(&["group"]);
        if !group.is_empty() {
            rules::invalid_each(&path.child("group"), group, names::dns1123_subdomain(group), errors);
        }
        for field in ["resource", "name"] {
            rules::require(parent, field, &path, errors);
        }
        for field in ["resource", "name", "namespace"] {
            let text = parent.str_at(&[field]);
            rules::invalid_each(&path.child(field), text, names::path_segment(text), errors);
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        const NONE: &str = "\"\"";
        let fields = [
            ("Group", "group", NONE),
            ("Resource", "resource", NONE),
            ("Namespace", "namespace", NONE),
            ("Name", "name", NONE),
        ];
        rules::immutable_struct(object, old, &["spec", "parentRef"], &fields, errors);
    }

    /// Upstream adds an age for which it has no column.
    fn row(&self, object: &Value, _: Timestamp) -> Row {
        cells::row(vec![cells::name(object), parent_text(object).into()])
    }
}

fn is_canonical_ip(name: &str, _: bool) -> Vec<String> {
    names::ip(&FieldPath::default(), name).into_iter().map(|error| error.detail).collect()
}

/// `services/default/web`
fn parent_text(object: &Value) -> String {
    let parent = object.at(&["spec", "parentRef"]);
    if parent.is_null() {
        return "<none>".to_owned();
    }
    let resource = match parent.str_at(&["group"]) {
        "" => parent.str_at(&["resource"]).to_lowercase(),
        group => format!("{}.{group}", parent.str_at(&["resource"])).to_lowercase(),
    };
    match parent.str_at(&["namespace"]) {
        "" => format!("{resource}/{}", parent.str_at(&["name"])),
        namespace => format!("{resource}/{namespace}/{}", parent.str_at(&["name"])),
    }
}
