//! `resource.k8s.io/v1 ResourceClaim`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::devices::{
    GROUP, LIST_MAX, default_claim, default_toleration, device_name, pool_name, too_many, validate_binding,
    validate_claim, validate_configuration, validate_reference, validate_references,
};
use super::flow_control::STATUS_ALONE;
use super::pod_spec::volumes::storage::driver_name;
use super::pod_spec::{affinity, go_struct};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Path, STATUS, Strategy};
use crate::{cells, rules};

/// A request for devices.
pub struct ResourceClaim;

const RESERVED_MAX: usize = 256;

/// Devices that are allocated to a claim.
const RESULTS: Path = &["status", "allocation", "devices", "results"];

/// What names a device, as Go prints it.
const IDENTITY: &[(&str, &str, &str)] = &[
    ("Driver", "driver", "\"\""),
    ("Pool", "pool", "\"\""),
    ("Device", "device", "\"\""),
    ("ShareID", "shareID", "\"\""),
];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "resourceclaims",
    storage_prefix: "/registry/resourceclaims",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[STATUS_ALONE],
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for ResourceClaim {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_claim(object.at_mut(&["spec"]));
        for result in object.at_mut(RESULTS).and_then(Value::as_array_mut).into_iter().flatten() {
            let tolerations = result.at_mut(&["tolerations"]).and_then(Value::as_array_mut);
            tolerations.into_iter().flatten().for_each(default_toleration);
        }
    }

    fn prepare_subresource(&self, _: &str, object: &mut Value, old: &Value, _: &Context<'_>) {
        drop_deallocated(object, old);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_claim(object.field("spec"), &FieldPath::new("spec"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        if object.field("spec") != old.field("spec") {
            let value = go_struct::printed("ResourceClaimSpec", object.field("spec"));
            errors.push(FieldError::invalid(&FieldPath::new("spec"), value, rules::FIELD_IMMUTABLE));
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (status, path) = (object.field("status"), FieldPath::new("status"));
        validate_reserved(object, old, &path.child("reservedFor"), errors);
        validate_devices(status, &path.child("devices"), errors);
        let (allocation, before) = (status.field("allocation"), old.at(&["status", "allocation"]));
        let path = path.child("allocation");
        match (allocation.is_null(), before.is_null()) {
            (true, _) => {}
            (false, false) if allocation != before => {
                let value = go_struct::printed("AllocationResult", allocation);
                errors.push(FieldError::invalid(&path, value, rules::FIELD_IMMUTABLE));
            }
            (false, false) => {}
            (false, true) => validate_allocation(object, &path, errors),
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let is_allocated = !object.at(&["status", "allocation"]).is_null();
        let is_reserved = is_allocated && !object.items_at(&["status", "reservedFor"]).is_empty();
        let is_deleted = object.deletion_timestamp().is_some();
        let states = [
            (is_deleted, "deleted"),
            (!is_allocated && !is_deleted, "pending"),
            (is_allocated, "allocated"),
            (is_reserved, "reserved"),
        ];
        let shown: Vec<&str> = states.iter().filter(|(is_so, _)| *is_so).map(|(_, state)| *state).collect();
        cells::row(vec![cells::name(object), shown.join(",").into(), cells::age(object, now)])
    }
}

/// Driver, pool, device and share: which device it is.
fn identity(device: &Value) -> [&str; 4] {
    ["driver", "pool", "device", "shareID"].map(|field| device.str_at(&[field]))
}

fn results(claim: &Value) -> &[Value] {
    claim.items_at(RESULTS)
}

/// Forgets the state of devices that the claim no longer has.
fn drop_deallocated(object: &mut Value, old: &Value) {
    let still: Vec<Value> = results(object).to_vec();
    let is_gone = |device: &Value| {
        let had = results(old).iter().any(|it| identity(it) == identity(device));
        had && !still.iter().any(|it| identity(it) == identity(device))
    };
    let Some(devices) = object.at_mut(&["status", "devices"]).and_then(Value::as_array_mut) else { return };
    devices.retain(|device| !is_gone(device));
    if devices.is_empty() {
        object.remove_at(&["status", "devices"]);
    }
}

fn validate_reserved(object: &Value, old: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let reserved = object.items_at(&["status", "reservedFor"]);
    if !too_many(reserved, RESERVED_MAX, path, errors) {
        for (at, user) in reserved.iter().enumerate() {
            ["resource", "name", "uid"].iter().for_each(|field| rules::require(user, field, &path.index(at), errors));
        }
        super::devices::duplicates(reserved, |it| it.str_at(&["uid"]), path, errors);
    }
    if reserved.is_empty() {
        return;
    }
    let before = old.items_at(&["status", "reservedFor"]);
    if object.at(&["status", "allocation"]).is_null() {
        errors.push(FieldError::forbidden(path, "may not be specified when `allocated` is not set"));
    } else if object.deletion_timestamp().is_some() && reserved.iter().any(|it| !before.contains(it)) {
        let detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
        errors.push(FieldError::forbidden(path, detail));
    }
}

fn validate_devices(status: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const CONDITIONS_MAX: usize = 8;
    let allocated = status.items_at(&["allocation", "devices", "results"]);
    for (at, device) in status.items_at(&["devices"]).iter().enumerate() {
        let path = path.index(at);
        let [driver, pool, name, _] = identity(device);
        driver_name(driver, &path.child("driver"), errors);
        pool_name(pool, &path.child("pool"), errors);
        device_name(name, &path.child("device"), errors);
        if !allocated.iter().any(|it| identity(it) == identity(device)) {
            let parts = rules::printed_struct(device, IDENTITY);
            errors.push(FieldError::invalid(&path, parts, "must be an allocated device in the claim"));
        }
        let conditions = device.items_at(&["conditions"]);
        too_many(conditions, CONDITIONS_MAX, &path.child("conditions"), errors);
        rules::conditions(conditions, &path.child("conditions"), errors);
    }
}

fn validate_allocation(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let requests = object.items_at(&["spec", "devices", "requests"]);
    let (results, results_path) = (results(object), path.child("devices.results"));
    if !too_many(results, LIST_MAX, &results_path, errors) {
        for (at, result) in results.iter().enumerate() {
            let path = results_path.index(at);
            validate_reference(result.str_at(&["request"]), requests, &path.child("request"), errors);
            driver_name(result.str_at(&["driver"]), &path.child("driver"), errors);
            pool_name(result.str_at(&["pool"]), &path.child("pool"), errors);
            device_name(result.str_at(&["device"]), &path.child("device"), errors);
            validate_binding(result, &path, errors);
        }
    }
    let config = object.items_at(&["status", "allocation", "devices", "config"]);
    let config_path = path.child("devices.config");
    if !too_many(config, 2 * LIST_MAX, &config_path, errors) {
        for (at, item) in config.iter().enumerate() {
            let path = config_path.index(at);
            match item.str_at(&["source"]) {
                "" => errors.push(FieldError::required(&path.child("source"), "")),
                "FromClaim" | "FromClass" => {}
                other => {
                    let known = ["FromClaim", "FromClass"];
                    errors.push(FieldError::not_supported(&path.child("source"), other, &known));
                }
            }
            validate_references(item, requests, &path.child("requests"), errors);
            validate_configuration(item, &path, errors);
        }
    }
    let selector = object.at(&["status", "allocation", "nodeSelector"]);
    if !selector.is_null() {
        affinity::node_selector(selector, &path.child("nodeSelector"), errors);
    }
}
