//! Server-side apply (KEP-555): an applied configuration, laid over an object, with the ownership that results.

use super::check;
use super::compare::{self, UnnamedItem};
use super::conflict::{self, Conflict};
use super::entries::{self, Entry, Operation};
use super::field_set::{field_set, with_named_fields};
use super::merge::{merge, without};
use super::path_set::{Set, compare_values};
use super::{FieldWriter, never_owned, reconcile, record_update};
use crate::json;
use crate::meta::ObjectMeta;
use crate::schema::Struct;
use crate::status::Status;
use crate::value::Value;

/// Manager of the fields of objects that were written before ownership was recorded.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The manager whose applies keep the annotation of client-side apply true, and may take over what it owns.
const KUBECTL: &str = "kubectl";

/// kubectl's annotation of client-side apply.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Bytes of all annotations of an object (upstream's limit).
const ANNOTATION_BYTES_MAX: usize = 256 * 1024;

/// One apply.
pub struct Apply<'a> {
    /// Type of the object.
    pub ty: &'a Struct,
    /// Who applies.
    pub writer: FieldWriter<'a>,
    /// Take fields that others own.
    pub is_forced: bool,
    /// Namespace and name, kind and version as errors print them (`default/web; apps/v1, Kind=Deployment`).
    pub object_text: &'a str,
}

impl Apply<'_> {
    /// `live` (normalised; an empty object when there is none) as `config` wants it, ownership recorded.
    ///
    /// `config` is as the client sent it, not normalised, without what the request cannot write. Refused: 400 for
    /// managed fields in it, 409 for fields of others, 500 as upstream for what is not of the type. Not normalised.
    pub fn run(&self, live: &Value, config: &Value) -> Result<Value, Status> {
        if !config.at(&["metadata", "managedFields"]).is_null() {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        if let Some(problems) = check::check(self.ty, config).text() {
            let text = format!("failed to create typed patch object ({}): {problems}", self.object_text);
            return Err(unclassified(text));
        }
        let (live, entries) = self.owned(live)?;
        let applied = match self.merged(&live, config, &entries, self.is_forced) {
            Err(Refusal::Conflicts(conflicts)) if self.writer.manager == KUBECTL => {
                self.take_over(&live, config, &entries, conflicts)
            }
            result => result,
        };
        let (mut object, entries) = match applied {
            Ok(applied) => applied,
            Err(Refusal::Conflicts(conflicts)) => return Err(conflict::refusal(&conflicts)),
            Err(Refusal::Unnamed) => return Err(unclassified("failed to merge config: a list item has no name")),
        };
        if self.writer.manager == KUBECTL {
            renew_last_applied(&mut object, config);
        }
        if let Some(list) = entries::encode(entries) {
            object.set(&["metadata", "managedFields"], list);
        }
        Ok(object)
    }

    /// The object without its entries, and the entries; one for all fields when nobody owns any yet.
    fn owned(&self, live: &Value) -> Result<(Value, Vec<Entry>), Status> {
        const FIELDS: &[&str] = &["metadata", "managedFields"];
        let decode = |object: &Value| {
            let failed = |cause| unclassified(format!("failed to decode managed fields: {cause}"));
            entries::decode(object.items_at(FIELDS)).map_err(failed)
        };
        let mut entries = decode(live)?;
        let mut object = live.clone();
        object.remove_at(FIELDS);
        if entries.is_empty() && !live.uid().is_empty() {
            let mut recorded = object.clone();
            let writer = FieldWriter { manager: BEFORE_FIRST_APPLY, ..self.writer.clone() };
            record_update(self.ty, &Value::Null, &mut recorded, &writer);
            entries = decode(&recorded)?;
        }
        for entry in &mut entries {
            reconcile::reconcile(self.ty, &mut entry.fields);
        }
        Ok((object, entries))
    }

    fn is_own(&self, entry: &Entry) -> bool {
        entry.operation == Operation::Apply
            && entry.manager == self.writer.manager
            && entry.subresource == self.writer.subresource
    }

    /// The new object, and who owns what of it.
    fn merged<'e>(
        &self,
        live: &Value,
        config: &Value,
        entries: &'e [Entry],
        is_forced: bool,
    ) -> Result<(Value, Vec<Entry>), Refusal<'e>> {
        let wanted = field_set(self.ty, config);
        let before = entries.iter().find(|entry| self.is_own(entry));
        let others = || entries.iter().filter(|entry| !self.is_own(entry));
        let mut object = merge(self.ty, live, config)?;
        if let Some(before) = before.filter(|entry| !entry.fields.is_empty()) {
            let kept = others().fold(wanted.clone(), |all, entry| all.union(&entry.fields));
            object = self.pruned(object, &before.fields, &kept);
        }
        let difference = compare::compare(self.ty, live, &object)?;
        let changed = difference.modified.union(&difference.added);
        let conflicts: Vec<Conflict<'e>> = others()
            .map(|owner| Conflict { owner, fields: owner.fields.intersection(&changed) })
            .filter(|conflict| !conflict.fields.is_empty())
            .collect();
        if !is_forced && !conflicts.is_empty() {
            return Err(Refusal::Conflicts(conflicts));
        }
        let gone = changed.union(&difference.removed);
        let left = |entry: &Entry| Entry { fields: entry.fields.difference(&gone), ..entry.clone() };
        let mut owned: Vec<Entry> = others().map(left).filter(|entry| !entry.fields.is_empty()).collect();
        let is_changed = compare_values(live, &object).is_ne();
        let fields = wanted.difference(&never_owned());
        if !fields.is_empty() {
            let time = match is_changed {
                true => self.writer.time.to_owned(),
                false => before.map(|entry| entry.time.clone()).unwrap_or_default(),
            };
            owned.push(self.entry(fields, time));
        }
        Ok((if is_changed { object } else { live.clone() }, owned))
    }

    fn entry(&self, fields: Set, time: String) -> Entry {
        Entry {
            manager: self.writer.manager.to_owned(),
            operation: Operation::Apply,
            api_version: self.writer.api_version.to_owned(),
            subresource: self.writer.subresource.to_owned(),
            time,
            fields,
        }
    }

    /// Without what the manager applied `before` and does not any more, unless somebody else owns it (`kept`).
    fn pruned(&self, merged: Value, before: &Set, kept: &Set) -> Value {
        let all = |set: &Set| with_named_fields(self.ty, set);
        let fields = |object: &Value| all(&field_set(self.ty, object));
        let (before, merged_fields) = (all(before), fields(&merged));
        let pruned = without(self.ty, &merged, &before);
        // What the removal took along, but belongs to others.
        let lost = merged_fields.difference(&fields(&pruned).union(&all(kept)));
        let pruned = without(self.ty, &merged, &lost);
        // What it took along and belongs to nobody.
        let own = merged_fields.difference(&fields(&pruned)).intersection(&before);
        without(self.ty, &merged, &own)
    }

    /// Applies by force when all conflicts are about what client-side apply wrote last.
    fn take_over<'e>(
        &self,
        live: &Value,
        config: &Value,
        entries: &'e [Entry],
        conflicts: Vec<Conflict<'e>>,
    ) -> Result<(Value, Vec<Entry>), Refusal<'e>> {
        let Some(allowed) = self.last_applied(live) else { return Err(Refusal::Conflicts(conflicts)) };
        let left = |it: Conflict<'e>| Conflict { fields: it.fields.difference(&allowed), ..it };
        let left: Vec<_> = conflicts.into_iter().map(left).filter(|it| !it.fields.is_empty()).collect();
        match left.is_empty() {
            true => self.merged(live, config, entries, true),
            false => Err(Refusal::Conflicts(left)),
        }
    }

    /// The fields of the last client-side apply that still have its values.
    fn last_applied(&self, live: &Value) -> Option<Set> {
        let last = json::parse(live.str_at(&["metadata", "annotations", LAST_APPLIED]).as_bytes()).ok()?;
        if last.str_at(&["apiVersion"]) != self.writer.api_version || check::check(self.ty, &last).text().is_some() {
            return None;
        }
        let difference = compare::compare(self.ty, &last, live).ok()?;
        let changed = difference.modified.union(&difference.added).union(&difference.removed);
        Some(field_set(self.ty, &last).difference(&changed))
    }
}

/// Why objects and configurations do not merge.
enum Refusal<'a> {
    Conflicts(Vec<Conflict<'a>>),
    Unnamed,
}

impl From<UnnamedItem> for Refusal<'_> {
    fn from(_: UnnamedItem) -> Self {
        Refusal::Unnamed
    }
}

/// Sets the annotation of client-side apply, where there is one, to what is applied now.
fn renew_last_applied(object: &mut Value, config: &Value) {
    if object.str_at(&["metadata", "annotations", LAST_APPLIED]).is_empty() {
        return;
    }
    let mut config = config.clone();
    config.remove_at(&["metadata", "annotations", LAST_APPLIED]);
    sort_keys(&mut config);
    let mut text = String::from_utf8_lossy(&json::to_vec(&config)).into_owned();
    text.push('\n');
    let annotations = object.object_at(&["metadata", "annotations"]);
    annotations.insert(LAST_APPLIED, text);
    let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if bytes > ANNOTATION_BYTES_MAX {
        annotations.remove(LAST_APPLIED);
    }
}

fn sort_keys(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.sort();
            map.iter_mut().for_each(|(_, value)| sort_keys(value));
        }
        Value::Array(items) => items.iter_mut().for_each(sort_keys),
        _ => {}
    }
}

/// An error that upstream does not classify: 500 without a reason.
fn unclassified(message: impl Into<String>) -> Status {
    Status { code: 500, reason: "", message: message.into(), details: None }
}
