//! What the system itself sets in `metadata`, the same for every kind. Pure.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;

use crate::rules;
use crate::strategy::Path;

/// Drops what only the system sets from a new object.
pub fn wipe_system_fields(object: &mut Value) {
    for field in ["creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        object.remove_at(&["metadata", field]);
    }
}

/// Makes the object's namespace that of the request (empty for cluster-scoped kinds), or refuses another one.
pub fn match_namespace(object: &mut Value, requested: &str) -> Result<(), Status> {
    let found = object.namespace();
    if found == requested {
        return Ok(());
    }
    if !found.is_empty() && !requested.is_empty() {
        let text = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(text));
    }
    object.set_meta("namespace", requested);
    Ok(())
}

/// Refuses an object whose name is not the one of the URL.
pub fn match_name(object: &Value, requested: &str) -> Result<(), Status> {
    match object.name() {
        name if name == requested => Ok(()),
        "" => Err(Status::bad_request(format!(
            "the name of the object ({requested} based on URL) was undeterminable: name must be provided"
        ))),
        name => Err(Status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({requested})"
        ))),
    }
}

/// Removes owner references that stand twice and tells which UIDs did.
pub fn dedup_owner_references(object: &mut Value) -> Option<String> {
    let owners = object.at_mut(&["metadata", "ownerReferences"])?.as_array_mut()?;
    let mut kept: Vec<Value> = Vec::with_capacity(owners.len());
    let mut doubles: Vec<String> = Vec::new();
    for owner in std::mem::take(owners) {
        match kept.contains(&owner) {
            true => doubles.push(owner.str_at(&["uid"]).to_owned()),
            false => kept.push(owner),
        }
    }
    *owners = kept;
    (!doubles.is_empty()).then(|| doubles.join(", "))
}

/// Removes fields that a creation cannot set.
pub fn reset(object: &mut Value, paths: &[Path]) {
    for path in paths {
        object.remove_at(path);
    }
}

/// Takes fields that an update cannot change from the stored object.
pub fn keep(object: &mut Value, old: &Value, paths: &[Path]) {
    for path in paths {
        match old.at(path) {
            Value::Null => drop(object.remove_at(path)),
            kept if kept == object.at(path) => {}
            kept => object.set(path, kept.clone()),
        }
    }
}

/// The identity of a new object.
pub fn create(object: &mut Value, uid: String, now: &str, counts_generations: bool) {
    let metadata = object.object_at(&["metadata"]);
    metadata.insert("uid", uid);
    metadata.insert("creationTimestamp", now);
    if counts_generations {
        metadata.insert("generation", 1);
    }
}

/// What an update never changes, whatever it says.
pub fn update(object: &mut Value, old: &Value) {
    let metadata = object.object_at(&["metadata"]);
    match old.generation() {
        0 => drop(metadata.remove("generation")),
        generation => drop(metadata.insert("generation", generation)),
    }
    for (field, is_fixed) in [("uid", false), ("creationTimestamp", true), ("deletionTimestamp", true)] {
        let is_given = metadata.get(field).is_some_and(|it| it.as_str().is_some_and(|text| !text.is_empty()));
        if let (Some(kept), true) = (old.at(&["metadata", field]).as_str(), is_fixed || !is_given) {
            metadata.insert(field, kept);
        }
    }
    if let (Some(seconds), false) =
        (old.deletion_grace_period_seconds(), metadata.contains_key("deletionGracePeriodSeconds"))
    {
        metadata.insert("deletionGracePeriodSeconds", seconds);
    }
}

/// Counts a change of one of `paths`.
pub fn bump_generation(object: &mut Value, old: &Value, paths: &[Path]) {
    if paths.iter().any(|path| !rules::is_equal(object.at(path), old.at(path))) {
        object.set(&["metadata", "generation"], old.generation() + 1);
    }
}

/// Takes back an update that changed nothing but the times in `managedFields`.
///
/// Ownership is recorded before preparation, which may undo what the client changed. Both must be normalised.
pub fn ignore_ownership_times(object: &mut Value, old: &Value) {
    const FIELDS: &[&str] = &["metadata", "managedFields"];
    let (new, before) = (object.items_at(FIELDS), old.items_at(FIELDS));
    let is_same_entry = |(a, b): (&Value, &Value)| without(a, "time") == without(b, "time");
    if new == before || new.len() != before.len() || !new.iter().zip(before).all(is_same_entry) {
        return;
    }
    let new = object.at(FIELDS).clone();
    object.set(FIELDS, old.at(FIELDS).clone());
    if object != old {
        object.set(FIELDS, new);
    }
}

fn without(value: &Value, field: &str) -> Value {
    let mut value = value.clone();
    value.remove_at(&[field]);
    value
}

/// Whether an update leaves an object that was asked to be deleted without anything that holds it.
pub fn is_released(object: &Value, old: &Value) -> bool {
    object.finalizers().is_empty()
        && old.deletion_timestamp().is_some()
        && old.deletion_grace_period_seconds().unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn an_update_cannot_take_back_a_deletion() {
        let old = tree!({"metadata": {"uid": "u", "deletionTimestamp": "t", "deletionGracePeriodSeconds": 3}});
        let mut object = tree!({"metadata": {"name": "a"}});
        update(&mut object, &old);
        assert_eq!(object.uid(), "u");
        assert_eq!(object.deletion_timestamp(), Some("t"));
        assert_eq!(object.deletion_grace_period_seconds(), Some(3));
    }

    #[test]
    fn a_wrong_uid_is_left_for_validation() {
        let mut object = tree!({"metadata": {"uid": "mine"}});
        update(&mut object, &tree!({"metadata": {"uid": "theirs"}}));
        assert_eq!(object.uid(), "mine");
    }

    #[test]
    fn doubled_owners_are_merged_and_named() {
        let mut object = tree!({"metadata": {"ownerReferences": [{"uid": "a"}, {"uid": "b"}, {"uid": "a"}]}});
        assert_eq!(dedup_owner_references(&mut object).as_deref(), Some("a"));
        assert_eq!(object.items_at(&["metadata", "ownerReferences"]).len(), 2);
    }

    #[test]
    fn a_write_that_only_renews_ownership_times_is_none() {
        let old = tree!({"metadata": {"managedFields": [{"manager": "a", "time": "1"}]}, "data": {"a": "b"}});
        let mut object = tree!({"metadata": {"managedFields": [{"manager": "a", "time": "2"}]}, "data": {"a": "b"}});
        ignore_ownership_times(&mut object, &old);
        assert_eq!(object, old);
        let mut changed = tree!({"metadata": {"managedFields": [{"manager": "a", "time": "2"}]}, "data": {"a": "c"}});
        ignore_ownership_times(&mut changed, &old);
        assert_eq!(changed.items_at(&["metadata", "managedFields"])[0].str_at(&["time"]), "2");
    }

    #[test]
    fn the_namespace_of_another_place_is_refused() {
        let mut object = tree!({"metadata": {"namespace": "a"}});
        let refused = match_namespace(&mut object, "b").expect_err("another namespace");
        assert_eq!(
            refused.message,
            "the namespace of the provided object does not match the namespace sent on the request"
        );
        match_namespace(&mut object, "").expect("cluster-scoped");
        assert_eq!(object.namespace(), "");
    }
}
