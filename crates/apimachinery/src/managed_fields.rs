//! Field ownership (`metadata.managedFields`) of create, update and patch.
//!
//! KEP-555. The set type ([`path_set::Set`]), its text ([`fields_v1`]) and the comparison of two objects
//! ([`compare`]) are what server-side apply ([`Apply`]) builds on as well.

mod apply;
mod atomics;
mod check;
pub mod compare;
mod conflict;
mod entries;
mod field_set;
pub mod fields_v1;
mod merge;
pub mod path_set;
mod reconcile;

use crate::field_error::{FieldError, FieldPath, is_printable};
use crate::meta::ObjectMeta;
use crate::names;
use crate::schema::{Struct, normalise};
use crate::value::Value;

pub use apply::Apply;
use entries::{Entry, Operation};
use path_set::{PathElement, Set};

/// Update entries that one object keeps; older ones are merged into `ancient-changes`.
pub const UPDATE_ENTRIES_MAX: usize = 10;

/// Bytes of an entry's `subresource`.
const SUBRESOURCE_BYTES_MAX: usize = 256;

/// Who writes, as recorded in an entry.
#[derive(Clone, Debug)]
pub struct FieldWriter<'a> {
    /// `manager`: fieldManager parameter, or the user agent up to its first `/` (see [`manager_name`]).
    pub manager: &'a str,
    /// `apiVersion` of the request.
    pub api_version: &'a str,
    /// Subresource, or empty.
    pub subresource: &'a str,
    /// RFC 3339 seconds.
    pub time: &'a str,
}

/// The manager of a request: its `fieldManager`, else the user agent up to its first slash, printable
/// characters only, cut to [`names::FIELD_MANAGER_BYTES_MAX`].
pub fn manager_name(field_manager: &str, user_agent: &str) -> String {
    if !field_manager.is_empty() {
        return field_manager.to_owned();
    }
    let mut name = String::new();
    for c in user_agent.split('/').next().unwrap_or("").chars().filter(|c| is_printable(*c)) {
        if name.len() + c.len_utf8() > names::FIELD_MANAGER_BYTES_MAX {
            break;
        }
        name.push(c);
    }
    name
}

/// Records in `new.metadata.managedFields` that `writer` set or removed what differs between `old`
/// (null at creation) and `new`. A no-op write changes nothing. KEP-555; structured-merge-diff.
///
/// Both objects are normalised and in the version of the request, and what the write cannot change is
/// already as in `old`. Entries that came with `new` replace those of `old` when they are good; `[]` and
/// `[{}]` reset them. A list item that ownership cannot name drops all entries, as upstream does.
pub fn record_update(ty: &Struct, old: &Value, new: &mut Value, writer: &FieldWriter<'_>) {
    let mut entries = starting_entries(old, new, writer.subresource);
    new.remove_at(&["metadata", "managedFields"]);
    let is_creation = old.uid().is_empty();
    if entries.is_empty() && !is_creation {
        return;
    }
    let zero;
    let old = match old.is_null() {
        true => {
            zero = zero_object(ty);
            &zero
        }
        false => old,
    };
    let Ok(difference) = compare::compare(ty, old, new) else { return };
    for entry in &mut entries {
        reconcile::reconcile(ty, &mut entry.fields);
    }
    let set = difference.modified.union(&difference.added);
    let changed = set.union(&difference.removed);
    entries.retain_mut(|entry| {
        entry.fields = entry.fields.difference(&changed);
        !entry.fields.is_empty()
    });
    let set = set.difference(&never_owned());
    if !set.is_empty() {
        add_to_entry(&mut entries, set, writer);
    }
    entries::cap_updates(&mut entries);
    if let Some(list) = entries::encode(entries) {
        new.object_at(&["metadata"]).insert("managedFields", list);
    }
}

/// The entries that the write starts from.
fn starting_entries(old: &Value, new: &Value, subresource: &str) -> Vec<Entry> {
    let of = |object: &Value| entries::decode(object.items_at(&["metadata", "managedFields"]));
    let live = || of(old).unwrap_or_default();
    if !subresource.is_empty() {
        return live();
    }
    if is_reset(new.at(&["metadata", "managedFields"])) {
        return Vec::new();
    }
    match of(new) {
        Ok(entries) if !entries.is_empty() => entries,
        _ => live(),
    }
}

/// Whether a client's list asks for dropping all entries.
fn is_reset(list: &Value) -> bool {
    match list.as_array() {
        Some([]) => true,
        Some([only]) => only.as_object().is_some_and(|map| map.is_empty()),
        _ => false,
    }
}

/// The object that creation is compared with: what the type encodes of nothing.
fn zero_object(ty: &Struct) -> Value {
    let mut value = Value::object();
    match normalise(ty, &mut value) {
        Ok(_) => value,
        Err(_) => Value::object(),
    }
}

/// Fields that everybody sends or the server sets: nobody owns them.
fn never_owned() -> Set {
    let mut set = Set::default();
    for name in ["apiVersion", "kind", "metadata"] {
        set.insert(&[PathElement::field(name)]);
    }
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        set.insert(&[PathElement::field("metadata"), PathElement::field(name)]);
    }
    set
}

fn add_to_entry(entries: &mut Vec<Entry>, set: Set, writer: &FieldWriter<'_>) {
    let manager = if writer.manager.is_empty() { "unknown" } else { writer.manager };
    let is_own = |entry: &Entry| {
        entry.operation == Operation::Update
            && entry.manager == manager
            && entry.api_version == writer.api_version
            && entry.subresource == writer.subresource
    };
    match entries.iter_mut().find(|entry| is_own(entry)) {
        Some(entry) => {
            entry.fields = entry.fields.union(&set);
            entry.time = writer.time.to_owned();
        }
        None => entries.push(Entry {
            manager: manager.to_owned(),
            operation: Operation::Update,
            api_version: writer.api_version.to_owned(),
            subresource: writer.subresource.to_owned(),
            time: writer.time.to_owned(),
            fields: set,
        }),
    }
}

/// `config` laid over `live` as server-side apply does it, without a word about who owns what. A fault where
/// `config` names part of what is only replaced as a whole (`may not mutate atomic ...`), or an item without its keys.
pub fn lay_over(ty: &Struct, live: &Value, config: &Value) -> Result<Value, String> {
    const UNFIT: &str = "failed to convert patch object to typed object: ";
    if let Some(problems) = check::check(ty, config).text() {
        return Err(format!("{UNFIT}{problems}"));
    }
    let atomics = atomics::atomics(ty, config);
    if !atomics.is_empty() {
        let all = atomics.join(", ");
        return Err(format!("invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {all}"));
    }
    merge::merge(ty, live, config).map_err(|_| format!("{UNFIT}a list item has no keys"))
}

/// Whether entries can be read; else why not. Admission that leaves bad ones has them restored, with
/// upstream's warning around this text.
pub fn check(list: &[Value]) -> Result<(), String> {
    entries::decode(list).map(drop)
}

/// `ValidateManagedFields`: the field errors of a list of entries.
pub fn validate(path: &FieldPath, list: &[Value]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (at, entry) in list.iter().enumerate() {
        let path = path.index(at);
        let operation = entry.str_at(&["operation"]);
        if operation != "Apply" && operation != "Update" {
            errors.push(FieldError::invalid(&path.child("operation"), operation, "must be `Apply` or `Update`"));
        }
        let fields_type = entry.str_at(&["fieldsType"]);
        if !fields_type.is_empty() && fields_type != "FieldsV1" {
            errors.push(FieldError::invalid(&path.child("fieldsType"), fields_type, "must be `FieldsV1`"));
        }
        errors.extend(names::field_manager(&path.child("manager"), entry.str_at(&["manager"])));
        if entry.str_at(&["subresource"]).len() > SUBRESOURCE_BYTES_MAX {
            errors.push(FieldError::too_long(&path.child("subresource"), SUBRESOURCE_BYTES_MAX));
        }
    }
    errors
}

#[cfg(test)]
mod tests;
