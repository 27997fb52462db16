//! `apiregistration.k8s.io/v1 APIService`: who serves a group version, this server or one behind a Service.

use apimachinery::field_error::{FieldError, FieldPath, quoted};
use apimachinery::names;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, number};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, LABELS, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, name_rules, rules};

/// Who serves a group version.
pub struct ApiService;

/// Priorities that a group can have.
const GROUP_PRIORITY_MAX: i64 = 20_000;
/// Priorities that a version can have within its group.
const VERSION_PRIORITY_MAX: i64 = 1_000;

static DEFAULTS: &[FieldDefault] = &[number("spec.service.port", 443)];

static RULES: KindRules = KindRules {
    group: "apiregistration.k8s.io",
    plural: "apiservices",
    storage_prefix: "/registry/apiregistration.k8s.io/apiservices",
    name_rule: name_rules::path_segment,
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[
        SPEC,
        LABELS,
        &["metadata", "annotations"],
        &["metadata", "finalizers"],
        &["metadata", "ownerReferences"],
    ])],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for ApiService {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        if object.at(&["spec", "service"]).is_null() {
            let condition = tree!({
                "type": "Available",
                "status": "True",
                "lastTransitionTime": (context.now.seconds_text()),
                "reason": "Local",
                "message": "Local APIServices are always available",
            });
            object.set(&["status", "conditions"], tree!([condition]));
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_name(object, errors);
        validate_group_version(spec, &path, errors);
        let limits = [
            ("groupPriorityMinimum", GROUP_PRIORITY_MAX, "must be positive and less than 20000"),
            ("versionPriority", VERSION_PRIORITY_MAX, "must be positive and less than 1000"),
        ];
        for (field, most, detail) in limits {
            let priority = spec.i64_at(&[field]).unwrap_or(0);
            if !(1..=most).contains(&priority) {
                errors.push(FieldError::invalid(&path.child(field), priority, detail));
            }
        }
        match spec.field("service").is_null() {
            true => validate_local(spec, &path, errors),
            false => validate_remote(spec, &path, errors),
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        for (at, condition) in object.items_at(&["status", "conditions"]).iter().enumerate() {
            let status = condition.str_at(&["status"]);
            if !matches!(status, "True" | "False" | "Unknown") {
                let path = FieldPath::new("status.conditions").index(at).child("status");
                errors.push(FieldError::not_supported(&path, status, &["True", "False", "Unknown"]));
            }
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let service = object.at(&["spec", "service"]);
        let shown = match service.is_null() {
            true => "Local".to_owned(),
            false => format!("{}/{}", service.str_at(&["namespace"]), service.str_at(&["name"])),
        };
        let conditions = object.items_at(&["status", "conditions"]);
        let available = conditions.iter().find(|it| it.str_at(&["type"]) == "Available");
        let available = available.map_or("Unknown".to_owned(), availability_text);
        cells::row(vec![cells::name(object), shown.into(), available.into(), cells::age(object, now)])
    }
}

/// `True`, or `False (ServiceNotFound)`.
fn availability_text(condition: &Value) -> String {
    match (condition.str_at(&["status"]), condition.str_at(&["reason"])) {
        (status @ "True", _) | (status, "") => status.to_owned(),
        (status, reason) => format!("{status} ({reason})"),
    }
}

fn validate_name(object: &Value, errors: &mut Vec<FieldError>) {
    let wanted = format!("{}.{}", object.str_at(&["spec", "version"]), object.str_at(&["spec", "group"]));
    let name = object.str_at(&["metadata", "name"]);
    if name != wanted && names::path_segment(name).is_empty() {
        let detail = format!("must be `spec.version+\".\"+spec.group`: {}", quoted(&wanted));
        errors.push(FieldError::invalid(&FieldPath::new("metadata.name"), name, detail));
    }
}

fn validate_group_version(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (group, version) = (spec.str_at(&["group"]), spec.str_at(&["version"]));
    match group {
        "" if version == "v1" => {}
        "" => {
            let detail = "only v1 may have an empty group and it better be legacy kube";
            errors.push(FieldError::required(&path.child("group"), detail));
        }
        group => rules::invalid_each(&path.child("group"), group, names::dns1123_subdomain(group), errors),
    }
    rules::invalid_each(&path.child("version"), version, names::dns1035_label(version), errors);
}

fn validate_local(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let bundle = spec.str_at(&["caBundle"]);
    if !bundle.is_empty() {
        let value = format!("{} bytes", decoded_bytes(bundle));
        errors.push(FieldError::invalid(&path.child("caBundle"), value, "local APIServices may not have a caBundle"));
    }
    if spec.bool_at(&["insecureSkipTLSVerify"]) {
        let detail = "local APIServices may not have insecureSkipTLSVerify";
        errors.push(FieldError::invalid(&path.child("insecureSkipTLSVerify"), true, detail));
    }
}

/// Bytes that Base64 text stands for.
fn decoded_bytes(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

fn validate_remote(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (service, service_path) = (spec.field("service"), path.child("service"));
    for field in ["namespace", "name"] {
        rules::require(service, field, &service_path, errors);
    }
    let port = service.i64_at(&["port"]).unwrap_or(0);
    let messages = names::port_number(port);
    if !messages.is_empty() {
        let detail = format!("port is not valid: {}", messages.join(", "));
        errors.push(FieldError::invalid(&service_path.child("port"), port, detail));
    }
    if spec.bool_at(&["insecureSkipTLSVerify"]) && !spec.str_at(&["caBundle"]).is_empty() {
        let detail = "may not be true if caBundle is present";
        errors.push(FieldError::invalid(&path.child("insecureSkipTLSVerify"), true, detail));
    }
}
