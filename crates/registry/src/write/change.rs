//! What a request asks for: a whole object, a patch, another scale, or the body of a subresource of its own.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::patch::PatchType;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;

use super::{Failure, Target, WRITE_RETRIES_MAX, Write, WriteBody, apply, commit};
use crate::admission::{Attributes, Operation};
use crate::decode::{self, Expected, PatchDocument};
use crate::prepare;
use crate::request::{Body, PatchFormat, RequestInfo};
use crate::resource::{Resource, Written};
use crate::scale;
use crate::store::kind_of;
use crate::strategy::{Context, Subresource};

/// What a request asks for, decoded as far as possible without the stored object.
pub(super) enum Change<'a> {
    /// This object, new, in the stored version.
    New(Value),
    /// This object in place of the stored one, in the stored version.
    Whole(Value),
    /// This patch.
    Patch(PatchFormat, &'a [u8]),
    /// This configuration, as the client sent it.
    Apply(Value),
    /// This scale.
    Scale(Value),
}

impl<'a> Change<'a> {
    /// Decodes a body once for all attempts.
    pub fn decode(
        resource: &Resource,
        info: &RequestInfo,
        target: Target,
        body: WriteBody<'a>,
    ) -> Result<Change<'a>, Status> {
        match (body, target) {
            (WriteBody::Patch(PatchFormat::Apply, _), Target::Scale) => Err(apply::unserved_scale()),
            (WriteBody::Patch(PatchFormat::Apply, body), _) => apply::decode(info, body).map(Change::Apply),
            (WriteBody::Patch(format, patch), _) => Ok(Change::Patch(format, patch)),
            (WriteBody::Update(body), Target::Scale) => {
                let expected = expected_of_subresource(resource, "scale")?;
                decode::decode_body(&expected, body, info).map(Change::Scale)
            }
            (WriteBody::Update(body), _) => decode_whole(resource, info, body).map(Change::Whole),
            (WriteBody::Create(body), Target::Object) => {
                let mut object = decode_whole(resource, info, body)?;
                prepare::wipe_system_fields(&mut object);
                Ok(Change::New(object))
            }
            (WriteBody::Create(_), _) => Err(Status::unknown_resource()),
        }
    }

    /// Whether the name of a new object is made up.
    pub fn generates_name(&self) -> bool {
        matches!(self, Change::New(object) if object.name().is_empty() && !object.generate_name().is_empty())
    }

    /// Whether the object is named and has a prefix for a generated name, too: the name is tried once.
    pub fn has_both_names(&self) -> bool {
        matches!(self, Change::New(object) if !object.name().is_empty() && !object.generate_name().is_empty())
    }

    /// The object that results for a stored one (null: none) with this revision.
    pub(super) fn requested(&self, write: &Write<'_>, old: &Value, revision: u64) -> Result<Value, Status> {
        match self {
            Change::New(object) => {
                let mut object = object.clone();
                prepare::match_namespace(&mut object, write.namespace())?;
                Ok(object)
            }
            Change::Whole(object) => {
                let mut object = object.clone();
                prepare::match_namespace(&mut object, write.namespace())?;
                prepare::match_name(&object, &write.info.name)?;
                match_uid(write, &object, old)?;
                Ok(object)
            }
            Change::Patch(format, patch) => match write.target {
                Target::Scale => {
                    let expected = expected_of_subresource(write.resource, "scale")?;
                    let current = scale::of(old, &write.store.rules.scale, Some(revision));
                    scaled(write, old, &patched(write, &expected, &current, (*format, patch))?)
                }
                _ => patched_object(write, old, revision, *format, patch),
            },
            Change::Apply(config) => apply::requested(write, old, revision, config),
            Change::Scale(body) => {
                match_uid(write, body, old)?;
                scaled(write, old, body)
            }
        }
    }
}

fn decode_whole(resource: &Resource, info: &RequestInfo, body: &Body) -> Result<Value, Status> {
    let mut object = decode::decode_body(&resource.expected(), body, info)?;
    into_stored(resource, &mut object)?;
    Ok(object)
}

pub(super) fn into_stored(resource: &Resource, object: &mut Value) -> Result<(), Status> {
    let Some(view) = resource.view() else { return Ok(()) };
    view.hide(object);
    schema::normalise(resource.store().resource_type.schema, object).map(drop).map_err(Status::internal)
}

fn patched_object(
    write: &Write<'_>,
    old: &Value,
    revision: u64,
    format: PatchFormat,
    patch: &[u8],
) -> Result<Value, Status> {
    let expected = write.resource.expected();
    let mut current = old.clone();
    if let Some(view) = write.resource.view() {
        view.show(&mut current);
    }
    current.set_meta("resourceVersion", &revision.to_string());
    let mut object = patched(write, &expected, &current, (format, patch))?;
    prepare::match_namespace(&mut object, write.namespace())?;
    prepare::match_name(&object, &write.info.name)?;
    into_stored(write.resource, &mut object)?;
    Ok(object)
}

/// The object of the expected kind that a patch makes of `current`.
fn patched(
    write: &Write<'_>,
    expected: &Expected,
    current: &Value,
    (format, bytes): (PatchFormat, &[u8]),
) -> Result<Value, Status> {
    let kind = match format {
        PatchFormat::Json => PatchType::Json,
        PatchFormat::Merge => PatchType::Merge,
        PatchFormat::Strategic => PatchType::StrategicMerge,
        PatchFormat::Apply => unreachable!("an apply is decoded as Change::Apply"),
    };
    let patched = kind.apply(expected.schema, current, bytes)?;
    decode::decode_patched(expected, patched, write.info, &PatchDocument { kind, bytes, current })
}

/// The UID in a PUT is a precondition.
fn match_uid(write: &Write<'_>, object: &Value, old: &Value) -> Result<(), Status> {
    let uid = object.uid();
    if uid.is_empty() || uid == old.uid() {
        return Ok(());
    }
    let key = write.store.key(&write.info.namespace, &write.info.name).unwrap_or_else(|| "".into());
    let cause = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: {}",
        uid_mismatch(uid, old)
    );
    Err(Status::conflict(&write.store.group_resource(), &write.info.name, &cause))
}

fn uid_mismatch(uid: &str, old: &Value) -> String {
    format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid())
}

/// The stored object with the replicas of a scale.
fn scaled(write: &Write<'_>, old: &Value, scale: &Value) -> Result<Value, Status> {
    prepare::match_namespace(&mut scale.clone(), write.namespace())?;
    prepare::match_name(scale, &write.info.name)?;
    let replicas = scale.i64_at(&["spec", "replicas"]).unwrap_or(0);
    if replicas < 0 {
        let kind = GroupVersionKind { group: "autoscaling".into(), version: "v1".into(), kind: "Scale".into() };
        let path = FieldPath::new("spec.replicas");
        let error = FieldError::invalid(&path, replicas, "must be greater than or equal to 0");
        return Err(Status::invalid(&kind, &write.info.name, &[error]));
    }
    if !scale.uid().is_empty() && scale.uid() != old.uid() {
        let plural = format!("{}/scale", write.store.rules.plural);
        let resource = GroupResource::new(write.store.rules.group, plural);
        return Err(Status::conflict(&resource, &write.info.name, &uid_mismatch(scale.uid(), old)));
    }
    let mut object = old.clone();
    object.set(write.store.rules.scale.replicas, replicas);
    object.set_meta("resourceVersion", scale.resource_version());
    Ok(object)
}

fn expected_of_subresource(resource: &Resource, name: &str) -> Result<Expected, Status> {
    let it = resource.resource_type().subresource(name).ok_or_else(Status::unknown_resource)?;
    let kind = GroupVersionKind { group: it.group.into(), version: it.version.into(), kind: it.kind.into() };
    Ok(Expected { kind, schema: it.schema, custom: None })
}

impl Resource {
    /// What a body of this resource should hold.
    pub(super) fn expected(&self) -> Expected {
        Expected { kind: kind_of(self.resource_type()), schema: self.resource_type().schema, custom: self.custom() }
    }
}

/// POST of a subresource with a body of its own, such as `binding`: admitted as what it is, applied by the kind.
pub(super) async fn apply_subresource(
    resource: &Resource,
    context: &Context<'_>,
    part: &'static Subresource,
    body: &Body,
) -> Result<Written, Status> {
    let (store, info) = (resource.store(), context.info);
    let expected = expected_of_subresource(resource, part.name)?;
    let mut body = decode::decode_body(&expected, body, info)?;
    let namespace = if store.resource_type.is_namespaced { info.namespace.as_str() } else { "" };
    prepare::match_namespace(&mut body, namespace)?;
    let kind = expected.kind.clone();
    let attributes = Attributes { info, operation: Operation::Create, kind, old: &Value::Null, old_revision: 0 };
    store.admission.mutate(&attributes, &mut body).await?;
    store.admission.validate(&attributes, &body).await?;
    let not_found = || Status::not_found(&store.group_resource(), &info.name);
    let key = store.named_key(&info.namespace, &info.name)?;
    let mut before = store.read_live(&key).await?;
    for _ in 0..WRITE_RETRIES_MAX {
        let old = store.decode(&before)?;
        if old.is_null() {
            return Err(not_found());
        }
        let mut object = old.clone();
        object.set_meta("resourceVersion", &before.revision().to_string());
        store.strategy.apply_subresource(part.name, &body, &mut object, context)?;
        schema::normalise(store.resource_type.schema, &mut object).map_err(Status::internal)?;
        let encoded = json::encode_object(&object, before.revision());
        match commit::put(store, info, &key, encoded, &before).await {
            Ok(object) => return Ok(Written { object, is_created: true }),
            Err(Failure::Refused(status)) => return Err(status),
            Err(Failure::Conflict(current)) => before = current,
        }
    }
    Err(Status::conflict_modified(&store.group_resource(), &info.name))
}
