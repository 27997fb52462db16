//! `storage.k8s.io/v1 VolumeAttachment`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_spec::go_struct;
use super::pod_spec::volumes::storage::driver_name;
use super::{persistent_volume, storage};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A volume that is (to be) attached to a node.
pub struct VolumeAttachment;

/// Bytes of what a driver says about an attachment, or of an error's message, to upstream's text.
const METADATA_BYTES_MAX: usize = 256 << 10;
const MESSAGE_BYTES_MAX: usize = 1_024;

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "volumeattachments",
    storage_prefix: "/registry/volumeattachments",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[
        SPEC,
        &["metadata", "labels"],
        &["metadata", "annotations"],
        &["metadata", "finalizers"],
        &["metadata", "ownerReferences"],
    ])],
    allows_unconditional_update: false,
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for VolumeAttachment {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        driver_name(spec.str_at(&["attacher"]), &path.child("attacher"), errors);
        validate_source(spec.field("source"), &path.child("source"), errors);
        let node = spec.str_at(&["nodeName"]);
        rules::invalid_each(&path.child("nodeName"), node, names::dns1123_subdomain(node), errors);
        validate_status(object.field("status"), &FieldPath::new("status"), errors);
        if let Some(name) = spec.at(&["source", "persistentVolumeName"]).as_str() {
            let path = path.child("source.persistentVolumeName");
            rules::invalid_each(&path, name, names::dns1123_subdomain(name), errors);
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        if object.field("spec") != old.field("spec") {
            let value = go_struct::printed("VolumeAttachmentSpec", object.field("spec"));
            errors.push(FieldError::invalid(&FieldPath::new("spec"), value, rules::FIELD_IMMUTABLE));
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate_update(object, old, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "attacher"]),
            cells::text(object, &["spec", "source", "persistentVolumeName"]),
            cells::text(object, &["spec", "nodeName"]),
            Value::Bool(object.bool_at(&["status", "attached"])),
            cells::age(object, now),
        ])
    }
}

fn validate_source(source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const ONE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    match (source.field("inlineVolumeSpec"), source.field("persistentVolumeName").as_str()) {
        (Value::Null, None) => errors.push(FieldError::required(path, ONE)),
        (Value::Null, Some("")) => {
            let path = path.child("persistentVolumeName");
            errors.push(FieldError::required(&path, "must specify non empty persistentVolumeName"));
        }
        (Value::Null, Some(_)) => {}
        (_, Some(_)) => errors.push(FieldError::forbidden(path, ONE)),
        (spec, None) => persistent_volume::validate_inline(spec, &path.child("inlineVolumeSpec"), errors),
    }
}

fn validate_status(status: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let entries = string_entries(status.field("attachmentMetadata"));
    if entries.map(|(key, value)| key.len() + value.len()).sum::<usize>() > METADATA_BYTES_MAX {
        errors.push(FieldError::too_long(&path.child("attachmentMetadata"), METADATA_BYTES_MAX));
    }
    for field in ["attachError", "detachError"] {
        let (error, path) = (status.field(field), path.child(field));
        if error.str_at(&["message"]).len() > MESSAGE_BYTES_MAX {
            // Upstream names the other limit.
            errors.push(FieldError::too_long(&path.child("message"), METADATA_BYTES_MAX));
        }
        if let Some(code) = error.i64_at(&["errorCode"]).filter(|it| *it < 0) {
            let detail = names::range_message(0, i64::from(i32::MAX));
            errors.push(FieldError::invalid(&path.child("errorCode"), code, detail));
        }
    }
}
