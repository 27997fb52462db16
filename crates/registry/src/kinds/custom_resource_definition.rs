//! `apiextensions.k8s.io/v1 CustomResourceDefinition`: what it serves is in [`crate::custom_resources`].

mod expression_rules;
mod schema_rules;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A kind that users define.
pub struct CustomResourceDefinition;

/// Holds a definition until its objects are gone.
pub const CLEANUP_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Versions that one definition can have.
const VERSIONS_MAX: usize = 100;

static RULES: KindRules = KindRules {
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    storage_prefix: "/registry/apiextensions.k8s.io/customresourcedefinitions",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    allows_unconditional_update: false,
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for CustomResourceDefinition {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        let kind = object.str_at(&["spec", "names", "kind"]).to_owned();
        if !kind.is_empty() {
            for (field, value) in [("singular", kind.to_ascii_lowercase()), ("listKind", format!("{kind}List"))] {
                if object.str_at(&["spec", "names", field]).is_empty() {
                    object.set(&["spec", "names", field], value);
                }
            }
        }
        if object.str_at(&["spec", "conversion", "strategy"]).is_empty() {
            object.set(&["spec", "conversion", "strategy"], "None");
        }
        let service: &[&'static str] = &["spec", "conversion", "webhook", "clientConfig", "service"];
        if object.at(service).as_object().is_some() && object.at(service).field("port").is_null() {
            object.object_at(service).insert("port", 443);
        }
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        let stored = storage_version(object).to_owned();
        object.set(&["status", "storedVersions"], tree!([stored]));
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        let stored = Value::from(storage_version(object));
        let mut known = object.items_at(&["status", "storedVersions"]).to_vec();
        if !known.contains(&stored) {
            known.push(stored);
            object.set(&["status", "storedVersions"], known);
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let spec = object.field("spec");
        let expected = format!("{}.{}", spec.str_at(&["names", "plural"]), spec.str_at(&["group"]));
        if object.name() != expected {
            let text = "must be spec.names.plural+\".\"+spec.group";
            errors.push(FieldError::invalid(&FieldPath::new("metadata.name"), object.name(), text));
        }
        let path = FieldPath::new("spec");
        validate_group(spec.str_at(&["group"]), &path.child("group"), errors);
        validate_scope(spec.str_at(&["scope"]), &path.child("scope"), errors);
        validate_versions(spec, &path, errors);
        validate_names(spec.field("names"), &path.child("names"), errors);
        if spec.bool_at(&["preserveUnknownFields"]) {
            let text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in \
                        spec.versions[*].schema instead";
            errors.push(FieldError::invalid(&path.child("preserveUnknownFields"), true, text));
        }
        validate_conversion(spec.field("conversion"), &path.child("conversion"), errors);
        validate_stored(object, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        if has_condition(old, "Established") {
            for field in
                [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]]
            {
                if object.at(field) != old.at(field) {
                    let path = FieldPath::new(&field.join("."));
                    errors.push(FieldError::invalid(&path, object.at(field), "field is immutable"));
                }
            }
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_stored(object, errors);
    }

    fn is_held(&self, object: &Value) -> bool {
        object.deletion_timestamp().is_none()
    }

    fn mark_deleting(&self, object: &mut Value) {
        object.remove_at(&["metadata", "deletionGracePeriodSeconds"]);
        let mut finalizers: Vec<Value> = object.items_at(&["metadata", "finalizers"]).to_vec();
        if !finalizers.iter().any(|it| it.as_str() == Some(CLEANUP_FINALIZER)) {
            finalizers.push(CLEANUP_FINALIZER.into());
            object.set(&["metadata", "finalizers"], finalizers);
        }
        let time = object.str_at(&["metadata", "deletionTimestamp"]).to_owned();
        let text = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
        let condition = tree!({
            "type": "Terminating",
            "status": "True",
            "lastTransitionTime": time,
            "reason": "InstanceDeletionPending",
            "message": text
        });
        let mut conditions = object.items_at(&["status", "conditions"]).to_vec();
        conditions.retain(|it| it.str_at(&["type"]) != "Terminating");
        conditions.push(condition);
        object.set(&["status", "conditions"], conditions);
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cells::text(object, &["metadata", "creationTimestamp"])])
    }
}

fn storage_version(object: &Value) -> &str {
    let versions = object.items_at(&["spec", "versions"]);
    versions.iter().find(|it| it.bool_at(&["storage"])).map_or("", |it| it.str_at(&["name"]))
}

fn has_condition(object: &Value, ty: &str) -> bool {
    let conditions = object.items_at(&["status", "conditions"]);
    conditions.iter().any(|it| it.str_at(&["type"]) == ty && it.str_at(&["status"]) == "True")
}

fn validate_group(group: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if group.is_empty() {
        errors.push(FieldError::required(path, ""));
        return;
    }
    let faults = names::dns1123_subdomain(group);
    if !faults.is_empty() {
        errors.push(FieldError::invalid(path, group, faults.join(",")));
    } else if !group.contains('.') {
        errors.push(FieldError::invalid(path, group, "should be a domain with at least one dot"));
    }
}

fn validate_scope(scope: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match scope {
        "" => errors.push(FieldError::required(path, "")),
        "Cluster" | "Namespaced" => {}
        other => errors.push(FieldError::not_supported(path, other, &["Cluster", "Namespaced"])),
    }
}

fn validate_versions(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let versions = spec.items_at(&["versions"]);
    let path = path.child("versions");
    if versions.len() > VERSIONS_MAX {
        return errors.push(FieldError::too_many(&path, versions.len(), VERSIONS_MAX));
    }
    let mut seen = Vec::new();
    for (at, version) in versions.iter().enumerate() {
        let path = path.index(at);
        let name = version.str_at(&["name"]);
        if seen.contains(&name) {
            errors.push(FieldError::invalid(&path.child("name"), name, "must be unique"));
        }
        seen.push(name);
        for fault in names::dns1035_label(name) {
            errors.push(FieldError::invalid(&path.child("name"), name, fault));
        }
        schema_rules::validate(version, &path, errors);
        validate_columns(version.items_at(&["additionalPrinterColumns"]), &path, errors);
    }
    let stored = versions.iter().filter(|it| it.bool_at(&["storage"])).count();
    if stored != 1 {
        let text = "must have exactly one version marked as storage version";
        errors.push(FieldError::invalid(&path, spec.field("versions"), text));
    }
}

fn validate_columns(columns: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, column) in columns.iter().enumerate() {
        let path = path.child("additionalPrinterColumns").index(at);
        if column.str_at(&["name"]).is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        }
        match column.str_at(&["type"]) {
            "" => errors
                .push(FieldError::required(&path.child("type"), "must be one of boolean,date,integer,number,string")),
            "boolean" | "date" | "integer" | "number" | "string" => {}
            other => errors.push(FieldError::invalid(
                &path.child("type"),
                other,
                "must be one of boolean,date,integer,number,string",
            )),
        }
        if column.str_at(&["jsonPath"]).is_empty() {
            errors.push(FieldError::required(&path.child("jsonPath"), ""));
        }
    }
}

fn validate_names(all: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["plural", "singular", "kind", "listKind"] {
        let (name, path) = (all.str_at(&[field]), path.child(field));
        let is_kind = matches!(field, "kind" | "listKind");
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
            continue;
        }
        let faults = names::dns1035_label(&if is_kind { name.to_ascii_lowercase() } else { name.to_owned() });
        if !faults.is_empty() {
            let text = match is_kind {
                true => format!("may have mixed case, but should otherwise match: {}", faults.join(",")),
                false => faults.join(","),
            };
            errors.push(FieldError::invalid(&path, name, text));
        }
    }
    if !all.str_at(&["kind"]).is_empty() && all.str_at(&["kind"]) == all.str_at(&["listKind"]) {
        let text = "kind and listKind may not be the same";
        errors.push(FieldError::invalid(&path.child("listKind"), all.str_at(&["listKind"]), text));
    }
    for field in ["shortNames", "categories"] {
        for (at, name) in all.items_at(&[field]).iter().filter_map(Value::as_str).enumerate() {
            rules::invalid_each(&path.child(field).index(at), name, names::dns1035_label(name), errors);
        }
    }
}

fn validate_conversion(conversion: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let has_webhook = conversion.field("webhook").as_object().is_some();
    match conversion.str_at(&["strategy"]) {
        "None" if has_webhook => {
            let text = "should not be set when strategy is not set to Webhook";
            errors.push(FieldError::forbidden(&path.child("webhook"), text));
        }
        "None" => {}
        "Webhook" => {
            if conversion.at(&["webhook", "clientConfig"]).as_object().is_none() {
                let text = "required when strategy is set to Webhook";
                errors.push(FieldError::required(&path.child("webhook").child("clientConfig"), text));
            }
            if conversion.items_at(&["webhook", "conversionReviewVersions"]).is_empty() {
                errors.push(FieldError::required(&path.child("webhook").child("conversionReviewVersions"), ""));
            }
        }
        other => errors.push(FieldError::not_supported(&path.child("strategy"), other, &["None", "Webhook"])),
    }
}

/// `status.storedVersions` are versions of the definition.
fn validate_stored(object: &Value, errors: &mut Vec<FieldError>) {
    let versions = object.items_at(&["spec", "versions"]);
    let path = FieldPath::new("status.storedVersions");
    let stored = object.items_at(&["status", "storedVersions"]);
    for (at, name) in stored.iter().filter_map(Value::as_str).enumerate() {
        if !versions.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::invalid(&path.index(at), name, "missing from spec.versions"));
        }
    }
}
