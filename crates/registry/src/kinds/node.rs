//! `v1 Node`. Unlike other kinds, a Node is created with its status.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, SelectableField, Strategy, Subresource};
use crate::{cells, rules};

/// A machine that runs Pods.
pub struct Node;

const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
const ROLE_LABEL: &str = "kubernetes.io/role";

static RULES: KindRules = KindRules {
    plural: "nodes",
    storage_prefix: "/registry/minions",
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    selectable_fields: &[SelectableField::or("spec.unschedulable", &[&["spec", "unschedulable"]], "false")],
    ..KindRules::NEW
};

impl Strategy for Node {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.at(&["status", "allocatable"]).is_null() && !object.at(&["status", "capacity"]).is_null() {
            let capacity = object.at(&["status", "capacity"]).clone();
            object.set(&["status", "allocatable"], capacity);
        }
        same_pod_cidrs(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        object.remove_at(&["spec", "configSource"]);
        object.remove_at(&["status", "config"]);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        if old.at(&["spec", "configSource"]).is_null() {
            object.remove_at(&["spec", "configSource"]);
        }
    }

    fn prepare_subresource(&self, _: &str, object: &mut Value, old: &Value, _: &Context<'_>) {
        if old.at(&["status", "config"]).is_null() {
            object.remove_at(&["status", "config"]);
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_taints(object, errors);
        validate_resources(object, errors);
        validate_pod_cidrs(object, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        validate_change(object, old, errors);
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_resources(object, errors);
        validate_change(object, old, errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        if !object.at(&["spec", "configSource"]).is_null() {
            warnings.push("spec.configSource: the feature is removed".to_owned());
        }
        if !object.str_at(&["spec", "externalID"]).is_empty() {
            let text = "spec.externalID: this field is deprecated, and is unused by Kubernetes";
            warnings.push(text.to_owned());
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let info = |field: &str| match object.str_at(&["status", "nodeInfo", field]) {
            "" => "<unknown>".to_owned(),
            text => text.to_owned(),
        };
        let kernel = match object.str_at(&["status", "nodeInfo", "architecture"]) {
            "" => info("kernelVersion"),
            architecture => format!("{} ({architecture})", info("kernelVersion")),
        };
        cells::row(vec![
            cells::name(object),
            status_text(object).into(),
            roles_text(object).into(),
            cells::age(object, now),
            cells::text(object, &["status", "nodeInfo", "kubeletVersion"]),
            address(object, "InternalIP").into(),
            address(object, "ExternalIP").into(),
            info("osImage").into(),
            kernel.into(),
            info("containerRuntimeVersion").into(),
        ])
    }
}

/// `podCIDR` is the first of `podCIDRs`; the older field wins.
fn same_pod_cidrs(object: &mut Value) {
    let one = object.str_at(&["spec", "podCIDR"]).to_owned();
    let first = object.items_at(&["spec", "podCIDRs"]).first().and_then(Value::as_str).unwrap_or("").to_owned();
    match (one.is_empty(), first.is_empty()) {
        (true, false) => object.set(&["spec", "podCIDR"], first),
        (false, _) if one != first => object.set(&["spec", "podCIDRs"], vec![one.into()]),
        _ => {}
    }
}

fn validate_taints(object: &Value, errors: &mut Vec<FieldError>) {
    let taints = object.items_at(&["spec", "taints"]);
    for (at, taint) in taints.iter().enumerate() {
        // Upstream says `metadata` here.
        let path = FieldPath::new("metadata.taints").index(at);
        let (key, value) = (taint.str_at(&["key"]), taint.str_at(&["value"]));
        rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
        let messages = names::label_value(value);
        if !messages.is_empty() {
            errors.push(FieldError::invalid(&path.child("value"), value, messages.join(";")));
        }
        taint_effect(taint.str_at(&["effect"]), &path.child("effect"), errors);
        let is_same = |it: &Value| it.str_at(&["key"]) == key && it.str_at(&["effect"]) == taint.str_at(&["effect"]);
        if taints[..at].iter().any(is_same) {
            let none = "\"\"";
            let fields = [
                ("Key", "key", none),
                ("Value", "value", none),
                ("Effect", "effect", none),
                ("TimeAdded", "timeAdded", "null"),
            ];
            let mut error = FieldError::duplicate(&path, rules::printed_struct(taint, &fields));
            error.detail = "taints must be unique by key and effect pair".to_owned();
            errors.push(error);
        }
    }
}

fn taint_effect(effect: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match effect {
        "" => errors.push(FieldError::required(path, "")),
        "NoSchedule" | "PreferNoSchedule" | "NoExecute" => {}
        other => {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.push(FieldError::not_supported(path, other, &known));
        }
    }
}

fn validate_resources(object: &Value, errors: &mut Vec<FieldError>) {
    for field in ["capacity", "allocatable"] {
        let quantities = object.at(&["status", field]).as_object();
        for (name, value) in quantities.into_iter().flat_map(Map::iter) {
            let path = FieldPath::new("status").child(field).child(name);
            let text = value.as_str().unwrap_or("");
            let Ok(quantity) = Quantity::parse(text) else { continue };
            if quantity.sign() < 0 {
                errors.push(FieldError::invalid(&path, text, "must be greater than or equal to 0"));
            }
            if is_integer_resource(name) && quantity.milli_value() % 1_000 != 0 {
                errors.push(FieldError::invalid(&path, text, "must be an integer"));
            }
        }
    }
}

/// Counted things rather than measured ones (`IsIntegerResourceName`).
fn is_integer_resource(name: &str) -> bool {
    let is_extended = name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.");
    name == "pods" || is_extended
}

fn validate_pod_cidrs(object: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec.podCIDRs");
    let cidrs: Vec<&str> = object.items_at(&["spec", "podCIDRs"]).iter().filter_map(Value::as_str).collect();
    for (at, cidr) in cidrs.iter().enumerate() {
        errors.extend(names::legacy_cidr(&path.index(at), cidr));
    }
    if cidrs.len() > 1 {
        let families = cidrs.iter().filter_map(|it| names::parse_cidr_sloppy(it)).map(|(ip, _)| ip.is_ipv6());
        let mut families: Vec<bool> = families.collect();
        families.dedup();
        if cidrs.len() > 2 || families.len() != 2 {
            let value = rules::printed_strings(cidrs.iter().copied());
            errors.push(FieldError::invalid(&path, value, "may specify no more than one CIDR for each IP family"));
        }
    }
}

/// What an update of a Node may not do.
fn validate_change(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let addresses = object.items_at(&["status", "addresses"]);
    for (at, address) in addresses.iter().enumerate().filter(|(at, it)| addresses[..*at].contains(it)) {
        let path = FieldPath::new("status.addresses").index(at);
        let fields = [("Type", "type", "\"\""), ("Address", "address", "\"\"")];
        errors.push(FieldError::duplicate(&path, rules::printed_struct(address, &fields)));
    }
    let old_cidrs = old.items_at(&["spec", "podCIDRs"]);
    if !old_cidrs.is_empty() && old_cidrs != object.items_at(&["spec", "podCIDRs"]) {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        errors.push(FieldError::forbidden(&FieldPath::new("spec.podCIDRs"), detail));
    }
    let (provider, old_provider) = (object.str_at(&["spec", "providerID"]), old.str_at(&["spec", "providerID"]));
    if !old_provider.is_empty() && provider != old_provider {
        let detail = "node updates may not change providerID except from \"\" to valid";
        errors.push(FieldError::forbidden(&FieldPath::new("spec.providerID"), detail));
    }
    if object.str_at(&["spec", "externalID"]) != old.str_at(&["spec", "externalID"]) {
        errors.push(FieldError::forbidden(&FieldPath::new("spec.externalID"), "may not be updated"));
    }
}

fn status_text(object: &Value) -> String {
    let ready = object.items_at(&["status", "conditions"]).iter().find(|it| it.str_at(&["type"]) == "Ready");
    let status = match ready.map(|it| it.str_at(&["status"])) {
        None => "Unknown",
        Some("True") => "Ready",
        Some(_) => "NotReady",
    };
    match object.bool_at(&["spec", "unschedulable"]) {
        true => format!("{status},SchedulingDisabled"),
        false => status.to_owned(),
    }
}

fn roles_text(object: &Value) -> String {
    let labels = object.at(&["metadata", "labels"]).as_object();
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in labels.into_iter().flat_map(Map::iter) {
        match key.strip_prefix(ROLE_PREFIX) {
            Some(role) => roles.push(role),
            None if key == ROLE_LABEL => roles.push(value.as_str().unwrap_or("")),
            None => {}
        }
    }
    roles.retain(|role| !role.is_empty());
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

fn address(object: &Value, kind: &str) -> String {
    let addresses = object.items_at(&["status", "addresses"]);
    let found = addresses.iter().find(|it| it.str_at(&["type"]) == kind);
    found.map_or("<none>".to_owned(), |it| it.str_at(&["address"]).to_owned())
}
