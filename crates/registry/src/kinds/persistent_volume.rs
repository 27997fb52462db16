//! `v1 PersistentVolume`

mod sources;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::{ObjectMeta, string_entries};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::pod_spec::unified_diff::unified_diff;
use super::pod_spec::volumes::claim_template::known_access_modes;
use super::pod_spec::{self, go_struct};
use super::storage;
use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A volume of the cluster.
pub struct PersistentVolume;

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
const MOUNT_ANNOTATION: &str = "volume.beta.kubernetes.io/mount-options";
const RECLAIM_POLICIES: [&str; 3] = ["Delete", "Recycle", "Retain"];

static DEFAULTS: &[FieldDefault] = &[
    text("status.phase", "Pending"),
    text("spec.persistentVolumeReclaimPolicy", "Retain"),
    text("spec.volumeMode", "Filesystem"),
];

static RULES: KindRules = KindRules {
    plural: "persistentvolumes",
    storage_prefix: "/registry/persistentvolumes",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    returns_deleted_object: true,
    ..KindRules::NEW
};

const TRANSITION: &[&str] = &["status", "lastPhaseTransitionTime"];

impl Strategy for PersistentVolume {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        sources::default(object);
    }

    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        object.set(&["status", "phase"], "Pending");
        object.set(TRANSITION, context.now.seconds_text());
    }

    fn prepare_subresource(&self, _: &str, object: &mut Value, old: &Value, context: &Context<'_>) {
        let phase = |of: &Value| of.str_at(&["status", "phase"]).to_owned();
        let (time, before) = (object.at(TRANSITION).clone(), old.at(TRANSITION).clone());
        if phase(object) == phase(old) {
            if time.is_null() {
                object.set(TRANSITION, before);
            }
        } else if time.is_null() || time == before {
            object.set(TRANSITION, context.now.seconds_text());
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object.field("spec"), object.name(), &FieldPath::new("spec"), errors);
        if object.annotation(MOUNT_ANNOTATION).is_some() && !sources::takes_mount_options(object.field("spec")) {
            let path = FieldPath::new("metadata.annotations").child(MOUNT_ANNOTATION);
            errors.push(FieldError::forbidden(&path, "may not specify mount options for this volume type"));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        // Upstream checks the whole once more as part of the change.
        validate_spec(object.field("spec"), object.name(), &FieldPath::new("spec"), errors);
        validate_source_change(object.field("spec"), old.field("spec"), errors);
        if object.at(&["spec", "volumeMode"]) != old.at(&["spec", "volumeMode"]) {
            let value = object.at(&["spec", "volumeMode"]);
            errors.push(FieldError::invalid(&FieldPath::new("volumeMode"), value, rules::FIELD_IMMUTABLE));
        }
        let class = |of: &Value| of.at(&["spec", "volumeAttributesClassName"]).is_null();
        if class(object) && !class(old) {
            let path = FieldPath::new("spec.volumeAttributesClassName");
            errors.push(FieldError::forbidden(&path, "update from non-nil value to nil is forbidden"));
        }
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        for (key, text) in [
            (CLASS_ANNOTATION, "deprecated since v1.8; use \"storageClassName\" attribute instead"),
            (MOUNT_ANNOTATION, "deprecated since v1.31; use \"mountOptions\" attribute instead"),
        ] {
            if object.annotation(key).is_some() {
                warnings.push(format!("metadata.annotations[{key}]: {text}"));
            }
        }
        if object.str_at(&["spec", "persistentVolumeReclaimPolicy"]) == "Recycle" {
            warnings.push(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the \
                 recommended approach is to use dynamic provisioning."
                    .to_owned(),
            );
        }
        let terms = object.items_at(&["spec", "nodeAffinity", "required", "nodeSelectorTerms"]);
        let path = FieldPath::new("spec.nodeAffinity.required.nodeSelectorTerms");
        warnings.extend(pod_spec::warnings::of_node_selector(terms, &path));
        warnings.extend(sources::warnings(object.field("spec")));
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let claim = object.at(&["spec", "claimRef"]);
        let claim = match claim.is_null() {
            true => String::new(),
            false => format!("{}/{}", claim.str_at(&["namespace"]), claim.str_at(&["name"])),
        };
        let capacity = object.at(&["spec", "capacity", "storage"]).as_str().unwrap_or("0");
        cells::row(vec![
            cells::name(object),
            capacity.into(),
            storage::access_modes_text(object.items_at(&["spec", "accessModes"])).into(),
            cells::text(object, &["spec", "persistentVolumeReclaimPolicy"]),
            storage::phase_cell(object),
            claim.into(),
            storage::class_of(object).into(),
            storage::text_or_unset(object, &["spec", "volumeAttributesClassName"]),
            cells::text(object, &["status", "reason"]),
            cells::age(object, now),
            storage::text_or_unset(object, &["spec", "volumeMode"]),
        ])
    }
}

/// Checks the `spec` of a volume that no object describes (`inlineVolumeSpec`).
pub(super) fn validate_inline(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const INLINE: &str = "may not be specified in the context of inline volumes";
    let mut forbid = |field: &str, is_given: bool, detail: &str| {
        if is_given {
            errors.push(FieldError::forbidden(&path.child(field), detail));
        }
    };
    forbid("claimRef", !spec.field("claimRef").is_null(), INLINE);
    forbid("capacity", spec.field("capacity").as_object().is_some_and(|it| !it.is_empty()), INLINE);
    if spec.field("csi").is_null() {
        let detail = "has to be specified in the context of inline volumes";
        errors.push(FieldError::required(&path.child("csi"), detail));
    }
    validate_access_modes(spec, path, errors);
    let mut forbid = |field: &str, is_given: bool, detail: &str| {
        if is_given {
            errors.push(FieldError::forbidden(&path.child(field), detail));
        }
    };
    let policy = spec.str_at(&["persistentVolumeReclaimPolicy"]);
    let detail = "may only be Retain in the context of inline volumes";
    forbid("persistentVolumeReclaimPolicy", !matches!(policy, "" | "Retain"), detail);
    forbid("nodeAffinity", !spec.field("nodeAffinity").is_null(), INLINE);
    sources::validate(spec, "", path, errors);
    let mut forbid = |field: &str, is_given: bool, detail: &str| {
        if is_given {
            errors.push(FieldError::forbidden(&path.child(field), detail));
        }
    };
    forbid("storageClassName", !spec.str_at(&["storageClassName"]).is_empty(), INLINE);
    let detail = "may not specify volumeMode other than Filesystem in the context of inline volumes";
    forbid("volumeMode", spec.field("volumeMode").as_str().is_some_and(|it| it != "Filesystem"), detail);
}

fn validate_spec(spec: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_access_modes(spec, path, errors);
    validate_capacity(spec.field("capacity"), &path.child("capacity"), errors);
    let policy = spec.str_at(&["persistentVolumeReclaimPolicy"]);
    if !policy.is_empty() && !RECLAIM_POLICIES.contains(&policy) {
        let path = path.child("persistentVolumeReclaimPolicy");
        errors.push(FieldError::not_supported(&path, policy, &RECLAIM_POLICIES));
    }
    let (affinity, affinity_path) = (spec.field("nodeAffinity"), path.child("nodeAffinity"));
    match affinity.field("required") {
        _ if affinity.is_null() => {}
        Value::Null => {
            let detail = "must specify required node constraints";
            errors.push(FieldError::required(&affinity_path.child("required"), detail));
        }
        required => pod_spec::affinity::node_selector(required, &affinity_path.child("required"), errors),
    }
    sources::validate(spec, name, path, errors);
    let class = spec.str_at(&["storageClassName"]);
    if !class.is_empty() {
        rules::invalid_each(&path.child("storageClassName"), class, names::dns1123_subdomain(class), errors);
    }
    let modes = ["Block", "Filesystem"];
    if let Some(mode) = spec.field("volumeMode").as_str().filter(|it| !modes.contains(it)) {
        errors.push(FieldError::not_supported(&path.child("volumeMode"), mode, &modes));
    }
    validate_attributes_class(spec, path, errors);
}

fn validate_attributes_class(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(class) = spec.field("volumeAttributesClassName").as_str() else { return };
    let class_path = path.child("volumeAttributesClassName");
    match class {
        "" => errors.push(FieldError::required(&class_path, "an empty string is disallowed")),
        class => rules::invalid_each(&class_path, class, names::dns1123_subdomain(class), errors),
    }
    if spec.field("csi").is_null() {
        let detail = "has to be specified when using volumeAttributesClassName";
        errors.push(FieldError::required(&path.child("csi"), detail));
    }
}

fn validate_access_modes(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (modes, path) = (spec.items_at(&["accessModes"]), path.child("accessModes"));
    if modes.is_empty() {
        errors.push(FieldError::required(&path, ""));
    }
    let modes: Vec<&str> = modes.iter().filter_map(Value::as_str).collect();
    known_access_modes(&modes, &path, errors);
}

fn validate_capacity(capacity: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let count = capacity.as_object().map_or(0, Map::len);
    if count == 0 {
        errors.push(FieldError::required(path, ""));
    }
    if capacity.field("storage").is_null() || count > 1 {
        errors.push(FieldError::not_supported(path, rules::printed(capacity), &["storage"]));
    }
    for (name, text) in string_entries(capacity) {
        let (path, Ok(quantity)) = (path.key(name), Quantity::parse(text)) else { continue };
        if quantity.value() < 0 {
            errors.push(FieldError::invalid(&path, quantity.value(), "must be a valid resource quantity"));
        }
        if quantity.sign() <= 0 {
            errors.push(FieldError::invalid(&path, text, "must be greater than zero"));
        }
    }
}

/// What a volume is made of never changes; a secret for its expansion may be added.
fn validate_source_change(spec: &Value, before: &Value, errors: &mut Vec<FieldError>) {
    const SECRET: &[&str] = &["csi", "controllerExpandSecretRef"];
    let mut spec = spec.clone();
    if !before.field("csi").is_null() && before.at(SECRET).is_null() {
        spec.remove_at(SECRET);
    }
    let [old, new] = [before, &spec].map(|it| go_struct::lines("PersistentVolumeSource", it));
    if old != new {
        let difference = unified_diff(&old, &new);
        let detail = format!("spec.persistentvolumesource is immutable after creation\n{difference}");
        errors.push(FieldError::forbidden(&FieldPath::new("spec.persistentvolumesource"), detail));
    }
}
