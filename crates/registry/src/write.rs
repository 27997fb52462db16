//! The write pipeline: create, update and patch are one list of steps, see [`Write::attempt`].
//!
//! It repeats while others write the same object in between, and once more against a live read when it refused a
//! write because of what the cache said. Deletion is the second list, in `delete.rs`.

mod apply;
mod change;
mod commit;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::managed_fields::{self, FieldWriter};
use apimachinery::meta::ObjectMeta;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;

use crate::admission::{Attributes, Operation};
use crate::request::{Body, PatchFormat, RequestInfo};
use crate::resource::{Resource, Written};
use crate::store::{self, Before, Store};
use crate::strategy::{Context, SPEC, Subresource, SubresourceBody};
use crate::{defaults, environment, object_meta, prepare};

use change::Change;
pub(crate) use commit::{delete as delete_key, put};

/// Attempts of one write while others write the same object. Each one costs a decode and the rules, no read.
const WRITE_RETRIES_MAX: usize = 64;

/// Names that are tried for one `generateName` (upstream's number).
const NAME_ATTEMPTS_MAX: usize = 8;

/// What is written.
pub(crate) enum WriteBody<'a> {
    /// POST
    Create(&'a Body),
    /// PUT
    Update(&'a Body),
    /// PATCH
    Patch(PatchFormat, &'a [u8]),
}

/// Which part of the object a write may change.
#[derive(Clone, Copy)]
enum Target {
    /// The object itself.
    Object,
    /// A subresource that takes the whole object.
    Part(&'static Subresource),
    /// `scale`
    Scale,
}

/// Why an attempt did not write.
pub(crate) enum Failure {
    /// The rules say no.
    Refused(Status),
    /// Somebody else wrote; this is the object now.
    Conflict(Before),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Refused(status)
    }
}

/// One write on its way.
struct Write<'a> {
    resource: &'a Resource,
    store: &'a Store,
    info: &'a RequestInfo,
    context: Context<'a>,
    target: Target,
    change: Change<'a>,
}

/// Creates, updates or patches an object or one of its subresources.
pub(crate) async fn write(resource: &Resource, info: &RequestInfo, body: WriteBody<'_>) -> Result<Written, Status> {
    let store = resource.store();
    let context = Context { info, now: environment::now(), config: &store.config };
    let target = target(store, info)?;
    if let (Target::Part(part), WriteBody::Create(body)) = (target, &body)
        && part.body == SubresourceBody::Other
    {
        return change::apply_subresource(resource, &context, part, body).await;
    }
    let change = Change::decode(resource, info, target, body)?;
    let write = Write { resource, store, info, context, target, change };
    match write.change {
        Change::New(_) => write.create().await,
        _ => write.change().await,
    }
}

fn target(store: &Store, info: &RequestInfo) -> Result<Target, Status> {
    match info.subresource.as_str() {
        "" => Ok(Target::Object),
        "scale" if store.rules.has_scale => Ok(Target::Scale),
        name => store.rules.subresource(name).map(Target::Part).ok_or_else(Status::unknown_resource),
    }
}

impl Write<'_> {
    /// Creates, with another name as long as a generated one is taken.
    async fn create(&self) -> Result<Written, Status> {
        let nothing = Before { object: None, is_live: true };
        let mut name = String::new();
        for _ in 0..NAME_ATTEMPTS_MAX {
            match self.attempt(&nothing, &mut name).await {
                Ok(written) => return Ok(written),
                Err(Failure::Refused(status)) => return Err(status),
                Err(Failure::Conflict(_)) if self.change.has_both_names() => break,
                Err(Failure::Conflict(current)) if !self.change.generates_name() => {
                    return Err(self.already_exists(&name, &current));
                }
                Err(Failure::Conflict(_)) => {}
            }
        }
        Err(Status::generate_name_conflict(&self.store.group_resource(), &name))
    }

    /// Updates or patches, again as long as somebody else was quicker.
    async fn change(&self) -> Result<Written, Status> {
        let key = self.store.named_key(&self.info.namespace, &self.info.name)?;
        let mut before = self.store.read_cached(&key);
        let mut name = self.info.name.clone();
        for _ in 0..WRITE_RETRIES_MAX {
            match self.attempt(&before, &mut name).await {
                Ok(written) => return Ok(written),
                Err(Failure::Conflict(current)) => before = current,
                Err(Failure::Refused(status)) if before.is_live => return Err(status),
                Err(Failure::Refused(status)) => {
                    let live = self.store.read_live(&key).await?;
                    if live.revision() == before.revision() {
                        return Err(status);
                    }
                    before = live;
                }
            }
        }
        Err(Status::conflict_modified(&self.store.group_resource(), &self.info.name))
    }

    /// One pass through the whole list. `name` receives the object's name, as soon as it has one.
    async fn attempt(&self, before: &Before, name: &mut String) -> Result<Written, Failure> {
        let old = self.resource.working(before).await?;
        let mut object = self.requested(&old, before)?;
        self.default(&mut object)?;
        self.keep_what_is_not_writable(&mut object, &old);
        self.record_ownership(&mut object, &old);
        self.mutate(&mut object, &old, before).await?;
        self.check_revision(&mut object, before)?;
        self.prepare(&mut object, &old)?;
        object.name().clone_into(name);
        self.validate(&object, &old)?;
        self.admit(&object, &old, before).await?;
        let reserved = self.reserve(&mut object, &old).await?;
        let committed = self.commit(&object, &old, before).await;
        self.settle(reserved, committed.is_ok() && !self.info.is_dry_run).await;
        committed
    }

    /// The object that the client wants, in the stored version.
    fn requested(&self, old: &Value, before: &Before) -> Result<Value, Status> {
        let may_create = matches!(self.target, Target::Object)
            && (matches!(self.change, Change::New(_))
                || matches!(self.change, Change::Apply(_))
                || matches!(self.change, Change::Whole(_)) && self.store.rules.allows_create_on_update);
        if old.is_null() && !may_create {
            return Err(Status::not_found(&self.store.group_resource(), &self.info.name));
        }
        let mut object = self.change.requested(self, old, before.revision())?;
        if let Some(doubles) = prepare::dedup_owner_references(&mut object) {
            self.info.warn(format!(
                ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, \
                 and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: \
                 {doubles}"
            ));
        }
        Ok(object)
    }

    fn default(&self, object: &mut Value) -> Result<(), Status> {
        defaults::apply(self.store.rules.defaults, object);
        self.store.strategy.default(object);
        self.normalise(object)
    }

    fn keep_what_is_not_writable(&self, object: &mut Value, old: &Value) {
        let rules = self.store.rules;
        match self.target {
            _ if old.is_null() => prepare::reset(object, rules.create_resets),
            Target::Part(part) => prepare::keep(object, old, part.keeps),
            Target::Object | Target::Scale => prepare::keep(object, old, rules.update_keeps),
        }
    }

    /// Records who set which field, in the version that the client speaks.
    fn record_ownership(&self, object: &mut Value, old: &Value) {
        if matches!(self.change, Change::Apply(_)) {
            // The apply itself has decided who owns what.
            return;
        }
        let served = self.resource.resource_type();
        let api_version = served.api_version();
        let time = self.context.now.seconds_text();
        let writer = FieldWriter {
            manager: &self.info.field_manager,
            api_version: &api_version,
            subresource: &self.info.subresource,
            time: &time,
        };
        let ownership = self.resource.ownership();
        let Some(view) = self.resource.view() else {
            return managed_fields::record_update(ownership, old, object, &writer);
        };
        let (mut old_view, mut object_view) = (old.clone(), object.clone());
        if !old.is_null() {
            view.show(&mut old_view);
        }
        view.show(&mut object_view);
        managed_fields::record_update(ownership, &old_view, &mut object_view, &writer);
        if let Some(entries) = object_view.remove_at(&["metadata", "managedFields"]) {
            object.set(&["metadata", "managedFields"], entries);
        }
    }

    async fn mutate(&self, object: &mut Value, old: &Value, before: &Before) -> Result<(), Status> {
        self.store.admission.mutate(&self.attributes(old, before), object).await?;
        // Webhooks may have written what the request could not.
        self.keep_what_is_not_writable(object, old);
        if let Some(doubles) = prepare::dedup_owner_references(object) {
            self.info.warn(format!(
                ".metadata.ownerReferences contains duplicate entries after mutating admission happens; API server \
                 dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your \
                 requests; duplicate UID(s) observed: {doubles}"
            ));
        }
        Ok(())
    }

    async fn admit(&self, object: &Value, old: &Value, before: &Before) -> Result<(), Status> {
        self.store.admission.validate(&self.attributes(old, before), object).await
    }

    fn attributes<'b>(&'b self, old: &'b Value, before: &Before) -> Attributes<'b> {
        let operation = if old.is_null() { Operation::Create } else { Operation::Update };
        Attributes {
            info: self.info,
            operation,
            kind: self.resource.working_kind(),
            old,
            old_revision: before.revision(),
        }
    }

    /// Holds a conditional write to the revision that it names.
    fn check_revision(&self, object: &mut Value, before: &Before) -> Result<(), Status> {
        let wanted = match object.resource_version() {
            "" => 0,
            text => text.parse::<u64>().map_err(|_| store::bare_error(store::unreadable_revision(text)))?,
        };
        if before.object.is_none() {
            return match wanted {
                // A PUT that creates may name one.
                _ if !matches!(self.change, Change::New(_)) => Ok(()),
                0 => Ok(()),
                _ => Err(store::bare_error("resourceVersion should not be set on objects to be created".into())),
            };
        }
        match wanted {
            0 if self.store.rules.allows_unconditional_update => Ok(()),
            0 => {
                let path = FieldPath::new("metadata.resourceVersion");
                let error = FieldError::invalid(&path, 0i64, "must be specified for an update");
                let mut kind = self.store.kind();
                kind.kind = self.store.rules.plural.to_owned();
                Err(Status::invalid(&kind, &self.info.name, &[error]))
            }
            wanted if wanted == before.revision() => Ok(()),
            _ => Err(Status::conflict_modified(&self.store.group_resource(), &self.info.name)),
        }
    }

    /// Sets what the system sets.
    fn prepare(&self, object: &mut Value, old: &Value) -> Result<(), Status> {
        let (rules, strategy) = (self.store.rules, self.store.strategy);
        object.remove_at(&["metadata", "resourceVersion"]);
        prepare::match_namespace(object, self.namespace())?;
        if old.is_null() {
            if object.name().is_empty() && !object.generate_name().is_empty() {
                let name = environment::generated_name(object.generate_name());
                object.set_meta("name", &name);
            }
            let counts = !rules.generation.is_empty();
            prepare::create(object, environment::uid(), &self.context.now.seconds_text(), counts);
            strategy.prepare_create(object, &self.context);
            return self.normalise(object);
        }
        prepare::update(object, old);
        match self.target {
            Target::Part(part) => strategy.prepare_subresource(part.name, object, old, &self.context),
            Target::Object | Target::Scale => strategy.prepare_update(object, old, &self.context),
        }
        self.normalise(object)?;
        // A write of the status, which cannot change the spec, counts nothing, not even annotations.
        let is_status = matches!(self.target, Target::Part(part) if part.keeps.contains(&SPEC));
        if !is_status {
            prepare::bump_generation(object, old, rules.generation);
        }
        self.normalise(object)?;
        prepare::ignore_ownership_times(object, old);
        Ok(())
    }

    fn validate(&self, object: &Value, old: &Value) -> Result<(), Status> {
        let (rules, strategy) = (self.store.rules, self.store.strategy);
        let mut errors = Vec::new();
        let is_namespaced = self.store.resource_type.is_namespaced;
        match (old.is_null(), self.target) {
            (true, _) => {
                object_meta::validate(object, is_namespaced, rules.name_rule, &mut errors);
                strategy.validate(object, &self.context, &mut errors);
            }
            (false, target) => {
                object_meta::validate(object, is_namespaced, crate::name_rules::path_segment, &mut errors);
                let of_metadata = errors.len();
                object_meta::validate_update(object, old, &mut errors);
                // Upstream asks for every kind and again for each one: the message names a fault once, its causes twice.
                errors.extend_from_within(of_metadata..);
                match target {
                    Target::Part(_) => strategy.validate_subresource(object, old, &self.context, &mut errors),
                    _ => strategy.validate_update(object, old, &self.context, &mut errors),
                }
            }
        }
        if !errors.is_empty() {
            return Err(Status::invalid(&self.resource.working_kind(), object.name(), &errors));
        }
        if !matches!(self.target, Target::Part(_)) {
            strategy.warnings(object, old).into_iter().for_each(|text| self.info.warn(text));
        }
        Ok(())
    }

    fn normalise(&self, object: &mut Value) -> Result<(), Status> {
        schema::normalise(self.store.resource_type.schema, object).map(drop).map_err(Status::internal)
    }

    /// The namespace that the object must have.
    fn namespace(&self) -> &str {
        match self.store.resource_type.is_namespaced {
            true => &self.info.namespace,
            false => "",
        }
    }

    fn already_exists(&self, name: &str, current: &Before) -> Status {
        let mut status = Status::already_exists(&self.store.group_resource(), name);
        let current = self.store.decode(current);
        if current.is_ok_and(|object| object.deletion_timestamp().is_some()) {
            status.message = format!("object is being deleted: {}", status.message);
        }
        status
    }
}
