//! `resource.k8s.io/v1 ResourceSlice`

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::names;
use apimachinery::time;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::devices::{
    GROUP, device_name, duplicates, pool_name, qualified_name, too_many, validate_binding, validate_taint,
};
use super::pod_spec::volumes::storage::driver_name;
use super::pod_spec::{affinity, go_struct};
use crate::environment;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, SelectableField, Strategy};
use crate::{cells, rules};

/// Some of the devices of a driver.
pub struct ResourceSlice;

const DEVICES_MAX: usize = 128;
/// Devices where they have taints or share counters.
const RICH_DEVICES_MAX: usize = 64;
const COUNTER_SETS_MAX: usize = 8;
const COUNTERS_MAX: usize = 32;
const TAINTS_MAX: usize = 16;
const CONSUMPTIONS_MAX: usize = 2;
const ATTRIBUTES_MAX: usize = 32;
const ATTRIBUTE_BYTES_MAX: usize = 64;

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "resourceslices",
    storage_prefix: "/registry/resourceslices",
    generation: &[SPEC],
    selectable_fields: &[
        SelectableField::new("spec.nodeName", &[&["spec", "nodeName"]]),
        SelectableField::new("spec.driver", &[&["spec", "driver"]]),
    ],
    indexed_field: Some("spec.nodeName"),
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for ResourceSlice {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    /// A taint knows since when it is there.
    fn default(&self, object: &mut Value) {
        for device in object.at_mut(&["spec", "devices"]).and_then(Value::as_array_mut).into_iter().flatten() {
            for taint in device.at_mut(&["taints"]).and_then(Value::as_array_mut).into_iter().flatten() {
                if taint.str_at(&["timeAdded"]).is_empty() {
                    taint.set(&["timeAdded"], time::format_seconds(environment::now().wall));
                }
            }
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_pool(spec, &path, errors);
        validate_rest(spec, &path, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_pool(spec, &path, errors);
        for at in [&["spec", "pool", "name"] as &[&str], &["spec", "driver"], &["spec", "nodeName"]] {
            rules::immutable(object, old, at, errors);
        }
        validate_rest(spec, &path, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "nodeName"]),
            cells::text(object, &["spec", "driver"]),
            cells::text(object, &["spec", "pool", "name"]),
            cells::age(object, now),
        ])
    }
}

fn validate_pool(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    driver_name(spec.str_at(&["driver"]), &path.child("driver"), errors);
    let (pool, path) = (spec.field("pool"), path.child("pool"));
    pool_name(pool.str_at(&["name"]), &path.child("name"), errors);
    let count = pool.i64_at(&["resourceSliceCount"]).unwrap_or(0);
    if count <= 0 {
        errors.push(FieldError::invalid(&path.child("resourceSliceCount"), count, "must be greater than zero"));
    }
    let generation = pool.i64_at(&["generation"]).unwrap_or(0);
    if generation < 0 {
        let detail = "must be greater than or equal to zero";
        errors.push(FieldError::invalid(&path.child("generation"), generation, detail));
    }
}

fn validate_rest(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const ONE: &str = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    let given = node_choices(spec, &["allNodes", "perDeviceNodeSelection"], path, errors);
    one_choice(&given, ONE, path, errors);
    if !spec.field("sharedCounters").is_null() && !spec.field("devices").is_null() {
        errors.push(FieldError::invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"));
    }
    let (devices, devices_path) = (spec.items_at(&["devices"]), path.child("devices"));
    let is_rich =
        |device: &Value| ["taints", "consumesCounters"].iter().any(|field| !device.items_at(&[field]).is_empty());
    let devices_max = if devices.iter().any(is_rich) { RICH_DEVICES_MAX } else { DEVICES_MAX };
    if !too_many(devices, devices_max, &devices_path, errors) {
        let is_per_device = spec.bool_at(&["perDeviceNodeSelection"]);
        for (at, device) in devices.iter().enumerate() {
            validate_device(device, is_per_device, &devices_path.index(at), errors);
        }
        duplicates(devices, |it| it.str_at(&["name"]), &devices_path, errors);
    }
    let (sets, sets_path) = (spec.items_at(&["sharedCounters"]), path.child("sharedCounters"));
    if !too_many(sets, COUNTER_SETS_MAX, &sets_path, errors) {
        for (at, set) in sets.iter().enumerate() {
            validate_counters(set, "name", &sets_path.index(at), errors);
        }
        duplicates(sets, |it| it.str_at(&["name"]), &sets_path, errors);
    }
}

/// Which of the ways to name nodes are used; each must mean something.
fn node_choices(
    owner: &Value,
    flags: &[&'static str],
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) -> Vec<&'static str> {
    let mut given = Vec::new();
    match owner.field("nodeName").as_str() {
        None => {}
        Some("") => {
            let detail = "must be either unset or set to a non-empty string";
            errors.push(FieldError::invalid(&path.child("nodeName"), "", detail));
        }
        Some(name) => {
            given.push("nodeName");
            rules::invalid_each(&path.child("nodeName"), name, names::dns1123_subdomain(name), errors);
        }
    }
    let (selector, selector_path) = (owner.field("nodeSelector"), path.child("nodeSelector"));
    if !selector.is_null() {
        given.push("nodeSelector");
        affinity::node_selector(selector, &selector_path, errors);
        let terms = selector.items_at(&["nodeSelectorTerms"]);
        if terms.len() != 1 && flags.len() > 1 {
            let value = match terms {
                [] => Verbatim("[]".to_owned()),
                _ => go_struct::printed_list("NodeSelectorTerm", selector.field("nodeSelectorTerms")),
            };
            let path = selector_path.child("nodeSelectorTerms");
            errors.push(FieldError::invalid(&path, value, "must have exactly one node selector term"));
        }
    }
    for flag in flags {
        match owner.field(flag).as_bool() {
            None => {}
            Some(true) => given.push(flag),
            Some(false) => {
                let detail = "must be either unset or set to true";
                errors.push(FieldError::invalid(&path.child(flag), false, detail));
            }
        }
    }
    given
}

fn one_choice(given: &[&str], detail: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match given {
        [] => errors.push(FieldError::required(path, detail)),
        [_] => {}
        several => {
            let shown: Vec<String> = several.iter().map(|it| format!("`{it}`")).collect();
            let detail = format!("{detail}, but multiple fields are set");
            errors.push(FieldError::invalid(path, format!("{{{}}}", shown.join(", ")), detail));
        }
    }
}

fn validate_counters(owner: &Value, name_field: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match owner.str_at(&[name_field]) {
        "" => errors.push(FieldError::required(&path.child(name_field), "")),
        name => rules::invalid_each(&path.child(name_field), name, names::dns1123_label(name), errors),
    }
    let (counters, path) = (owner.field("counters").as_object(), path.child("counters"));
    match counters.map_or(0, Map::len) {
        0 => errors.push(FieldError::required(&path, "")),
        count if count > COUNTERS_MAX => errors.push(FieldError::too_many(&path, count, COUNTERS_MAX)),
        _ => {
            for name in counters.into_iter().flat_map(Map::keys) {
                rules::invalid_each(&path, name, names::dns1123_label(name), errors);
            }
        }
    }
}

fn validate_device(device: &Value, is_per_device: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    device_name(device.str_at(&["name"]), &path.child("name"), errors);
    let count = |field: &str| device.field(field).as_object().map_or(0, Map::len);
    let facts = count("attributes") + count("capacity");
    if facts > ATTRIBUTES_MAX {
        let detail = format!("the total number of attributes and capacities must not exceed {ATTRIBUTES_MAX}");
        errors.push(FieldError::invalid(path, facts, detail));
    }
    for field in ["attributes", "capacity"] {
        let path = path.child(field);
        for (name, value) in device.field(field).as_object().into_iter().flat_map(Map::iter) {
            qualified_name(name, &path, errors);
            if field == "attributes" {
                validate_attribute(value, &path.key(name), errors);
            } else if !value.field("requestPolicy").is_null() && !device.bool_at(&["allowMultipleAllocations"]) {
                let path = path.key(name).child("requestPolicy");
                errors.push(FieldError::forbidden(&path, "allowMultipleAllocations must be true"));
            }
        }
    }
    let (taints, taints_path) = (device.items_at(&["taints"]), path.child("taints"));
    if !too_many(taints, TAINTS_MAX, &taints_path, errors) {
        for (at, taint) in taints.iter().enumerate() {
            validate_taint(taint, &taints_path.index(at), errors);
        }
    }
    let (consumed, consumed_path) = (device.items_at(&["consumesCounters"]), path.child("consumesCounters"));
    if !too_many(consumed, CONSUMPTIONS_MAX, &consumed_path, errors) {
        for (at, item) in consumed.iter().enumerate() {
            validate_counters(item, "counterSet", &consumed_path.index(at), errors);
        }
        duplicates(consumed, |it| it.str_at(&["counterSet"]), &consumed_path, errors);
    }
    validate_device_nodes(device, is_per_device, path, errors);
    validate_binding(device, path, errors);
}

fn validate_device_nodes(device: &Value, is_per_device: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let has_any = ["nodeName", "nodeSelector", "allNodes"].iter().any(|field| !device.field(field).is_null());
    if is_per_device {
        let given = node_choices(device, &["allNodes"], path, errors);
        let detail = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when \
                      `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
        match given[..] {
            [_] => {}
            [] => errors.push(FieldError::required(path, detail)),
            _ => {
                let shown: Vec<String> = given.iter().map(|it| format!("`{it}`")).collect();
                errors.push(FieldError::invalid(path, format!("{{{}}}", shown.join(", ")), detail));
            }
        }
    } else if has_any {
        let detail = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to \
                      true in the ResourceSlice spec";
        errors.push(FieldError::invalid(path, &Value::Null, detail));
    }
}

fn validate_attribute(attribute: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["string", "version"] {
        let Some(text) = attribute.field(field).as_str() else { continue };
        if field == "version" && !is_semantic_version(text) {
            let detail = "must be a string compatible with semver.org spec 2.0.0";
            errors.push(FieldError::invalid(&path.child(field), text, detail));
        }
        if text.len() > ATTRIBUTE_BYTES_MAX {
            errors.push(FieldError::too_long(&path.child(field), ATTRIBUTE_BYTES_MAX));
        }
    }
    let given = ["bool", "int", "string", "version"].iter().filter(|field| !attribute.field(field).is_null());
    match given.count() {
        1 => {}
        0 => errors.push(FieldError::invalid(path, "", "exactly one value must be specified")),
        _ => {
            let value = go_struct::printed("DeviceAttribute", attribute);
            errors.push(FieldError::invalid(path, value, "exactly one value must be specified"));
        }
    }
}

/// `1.2.3-rc.1+build`
fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let is_word = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_number =
        |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()) && (it == "0" || !it.starts_with('0'));
    let is_pre = |it: &str| is_word(it) && (is_number(it) || !it.bytes().all(|b| b.is_ascii_digit()));
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && pre.is_none_or(|it| it.split('.').all(is_pre))
        && build.is_none_or(|it| it.split('.').all(is_word))
}
