use super::*;
use crate::schema::{Field, ListKind, Struct, Type, TypeRef};
use crate::status::Status;
use crate::tree;
use crate::value::Map;

fn structure(name: &'static str, fields: Vec<Field>) -> Struct {
    Struct { name: name.into(), go_name: name.into(), fields: fields.into(), is_atomic: false, keeps_unknown: false }
}

fn object(ty: Struct) -> Type {
    Type::Struct(TypeRef::Shared(ty.into()))
}

fn list(ty: Type) -> Type {
    Type::List(TypeRef::Shared(ty.into()))
}

/// A kind with one field of each way of merging.
fn thing() -> Struct {
    let text = |name: &'static str| Field::new(name, Type::String);
    let meta = structure(
        "v1.ObjectMeta",
        vec![
            text("name"),
            text("uid"),
            Field::new("labels", Type::Map(TypeRef::Shared(Type::String.into()))),
            Field { list: ListKind::Set, ..Field::new("finalizers", list(Type::String)) },
            Field::new("managedFields", list(Type::Json)),
        ],
    );
    let item = structure("v1.Item", vec![text("name"), text("value"), Field::new("size", Type::Int64)]);
    let spec = structure(
        "v1.ThingSpec",
        vec![
            text("class"),
            Field {
                list: ListKind::Map(vec!["name".into()].into()),
                ..Field::new("items", list(object(item.clone())))
            },
            Field::new("args", list(Type::String)),
            Field { is_atomic: true, ..Field::new("selector", object(item)) },
            Field::new("raw", Type::FieldsV1),
        ],
    );
    let spec = Field { omit: crate::schema::Omit::Never, ..Field::new("spec", object(spec)) };
    let meta = Field { omit: crate::schema::Omit::Never, ..Field::new("metadata", object(meta)) };
    structure("v1.Thing", vec![text("kind"), text("apiVersion"), meta, spec])
}

fn thing_with(spec: Value) -> Value {
    tree!({"kind": "Thing", "apiVersion": "v1", "metadata": {"name": "x", "uid": "u"}, "spec": (spec)})
}

fn write(old: &Value, mut new: Value, manager: &str, time: &str) -> Value {
    if !old.is_null() && new.at(&["metadata", "managedFields"]).is_null() {
        new.set(&["metadata", "managedFields"], old.at(&["metadata", "managedFields"]).clone());
    }
    let writer = FieldWriter { manager, api_version: "v1", subresource: "", time };
    record_update(&thing(), old, &mut new, &writer);
    new
}

/// One line per entry: manager, time, fields.
fn entries_text(object: &Value) -> String {
    let line = |entry: &Value| {
        let fields = String::from_utf8(crate::json::to_vec(entry.field("fieldsV1"))).expect("JSON is text");
        let time = entry.str_at(&["time"]);
        format!("{} {} {fields}\n", entry.str_at(&["manager"]), &time[time.len().saturating_sub(4)..])
    };
    object.items_at(&["metadata", "managedFields"]).iter().map(line).collect()
}

#[track_caller]
fn check(object: &Value, expected: &[&str]) {
    assert_eq!(entries_text(object).lines().collect::<Vec<_>>(), expected);
}

const T1: &str = "2026-01-01T00:00:01Z";
const T2: &str = "2026-01-01T00:00:02Z";

fn spec() -> Value {
    tree!({
        "class": "a",
        "items": [{"name": "i<1", "value": "1"}, {"name": "i2", "size": 3}],
        "args": ["x", "y"],
        "selector": {"name": "s"},
        "raw": {"b": {"c": 1}, "l": [1]},
    })
}

#[test]
fn creation_owns_what_was_sent() {
    let made = write(&Value::Null, thing_with(spec()), "me", T1);
    check(
        &made,
        &[
            r#"me :01Z {"f:spec":{"f:args":{},"f:class":{},"f:items":{".":{},"k:{\"name\":\"i2\"}":{".":{},"f:name":{},"f:size":{}},"k:{\"name\":\"i\\u003c1\"}":{".":{},"f:name":{},"f:value":{}}},"f:raw":{"f:b":{".":{},"f:c":{}},"f:l":{}},"f:selector":{}}}"#,
        ],
    );
}

#[test]
fn a_no_op_write_keeps_entries_and_times() {
    let made = write(&Value::Null, thing_with(spec()), "me", T1);
    assert_eq!(write(&made, thing_with(spec()), "other", T2), made);
}

#[test]
fn ownership_moves_with_the_change_and_goes_with_the_field() {
    let made = write(&Value::Null, thing_with(tree!({"class": "a", "args": ["x"]})), "me", T1);
    let changed = write(&made, thing_with(tree!({"class": "b", "args": ["x"]})), "other", T2);
    check(&changed, &[r#"me :01Z {"f:spec":{"f:args":{}}}"#, r#"other :02Z {"f:spec":{"f:class":{}}}"#]);
    let removed = write(&changed, thing_with(tree!({"class": "b"})), "other", T2);
    check(&removed, &[r#"other :02Z {"f:spec":{"f:class":{}}}"#]);
}

#[test]
fn a_manager_keeps_one_entry_with_its_newest_time() {
    let made = write(&Value::Null, thing_with(tree!({"class": "a"})), "me", T1);
    let changed = write(&made, thing_with(tree!({"class": "a", "args": ["x"]})), "me", T2);
    check(&changed, &[r#"me :02Z {"f:spec":{"f:args":{},"f:class":{}}}"#]);
}

#[test]
fn items_are_owned_one_by_one() {
    let made = write(&Value::Null, thing_with(tree!({"items": [{"name": "a", "size": 1}]})), "me", T1);
    let items = tree!([{"name": "b"}, {"name": "a", "size": 2}]);
    let changed = write(&made, thing_with(tree!({"items": (items)})), "other", T2);
    check(
        &changed,
        &[
            r#"me :01Z {"f:spec":{"f:items":{".":{},"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}}"#,
            r#"other :02Z {"f:spec":{"f:items":{"k:{\"name\":\"a\"}":{"f:size":{}},"k:{\"name\":\"b\"}":{".":{},"f:name":{}}}}}"#,
        ],
    );
}

#[test]
fn duplicates_in_a_list_are_one_value() {
    let made = write(&Value::Null, thing_with(tree!({"items": [{"name": "a"}, {"name": "a"}]})), "me", T1);
    check(&made, &[r#"me :01Z {"f:spec":{"f:items":{".":{},"k:{\"name\":\"a\"}":{}}}}"#]);
    let changed = write(&made, thing_with(tree!({"items": [{"name": "a", "size": 1}]})), "other", T2);
    check(
        &changed,
        &[
            r#"me :01Z {"f:spec":{"f:items":{}}}"#,
            r#"other :02Z {"f:spec":{"f:items":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:size":{}}}}}"#,
        ],
    );
}

#[test]
fn clients_may_rewrite_and_reset_the_entries() {
    let made = write(&Value::Null, thing_with(tree!({"class": "a"})), "me", T1);
    let with_entries = |entries: Value| {
        let mut object = thing_with(tree!({"class": "a"}));
        object.set(&["metadata", "managedFields"], entries);
        write(&made, object, "other", T2)
    };
    check(&with_entries(tree!([{}])), &[]);
    check(&with_entries(Value::Array(Vec::new())), &[]);
    check(&with_entries(tree!([{"manager": "x"}])), &[r#"me :01Z {"f:spec":{"f:class":{}}}"#]);
    let entry = tree!({
        "manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:class": {}, "z:future": {}}},
    });
    check(&with_entries(tree!([(entry)])), &[r#"x  {"f:spec":{"f:class":{}}}"#]);
}

#[test]
fn a_subresource_has_its_own_entry_and_cannot_set_the_list() {
    let made = write(&Value::Null, thing_with(tree!({"class": "a"})), "me", T1);
    let mut new = thing_with(tree!({"class": "b"}));
    new.set(&["metadata", "managedFields"], tree!([{}]));
    let writer = FieldWriter { manager: "me", api_version: "v1", subresource: "status", time: T2 };
    record_update(&thing(), &made, &mut new, &writer);
    check(&new, &[r#"me :02Z {"f:spec":{"f:class":{}}}"#]);
    assert_eq!(new.items_at(&["metadata", "managedFields"])[0].str_at(&["subresource"]), "status");
}

#[test]
fn old_updates_are_merged_beyond_the_bound() {
    let class = |at: usize| thing_with(tree!({"raw": (Map::from_entries(vec![]))})).tap_raw(at);
    let mut object = write(&Value::Null, class(0), "m00", "2026-01-01T00:00:00Z");
    for at in 1..=UPDATE_ENTRIES_MAX + 1 {
        let time = format!("2026-01-01T00:00:{at:02}Z");
        object = write(&object, class(at), &format!("m{at:02}"), &time);
    }
    let text = entries_text(&object);
    assert_eq!(text.lines().count(), UPDATE_ENTRIES_MAX);
    let ancient = text.lines().next().expect("an entry");
    assert_eq!(ancient, r#"ancient-changes :02Z {"f:spec":{"f:raw":{"f:k00":{},"f:k01":{},"f:k02":{}}}}"#);
}

trait TapRaw {
    fn tap_raw(self, up_to: usize) -> Self;
}

impl TapRaw for Value {
    /// Sets `spec.raw.k00` … `spec.raw.kNN`.
    fn tap_raw(mut self, up_to: usize) -> Self {
        let raw: Value = (0..=up_to).map(|at| (format!("k{at:02}"), 1)).collect();
        self.set(&["spec", "raw"], raw);
        self
    }
}

#[test]
fn paths_below_what_became_atomic_collapse() {
    let made = write(&Value::Null, thing_with(tree!({"selector": {"name": "s"}, "class": "a"})), "me", T1);
    let mut old = made.clone();
    let entry = tree!({
        "manager": "me", "operation": "Update", "apiVersion": "v1", "time": (T1), "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:selector": {".": {}, "f:name": {}}}},
    });
    old.set(&["metadata", "managedFields"], tree!([(entry)]));
    let new = write(&old, thing_with(tree!({"selector": {"name": "s"}, "class": "b"})), "other", T2);
    check(&new, &[r#"me :01Z {"f:spec":{"f:selector":{}}}"#, r#"other :02Z {"f:spec":{"f:class":{}}}"#]);
}

#[test]
fn fields_survive_their_text() {
    let text = r#"{"f:a":{".":{},"f:b":{}},"f:c":{},"k:{\"x\":1,\"y\":\"z\"}":{"f:q":{}},"v:\"s\"":{},"i:3":{}}"#;
    let value = crate::json::parse(text.as_bytes()).expect("JSON");
    let set = fields_v1::from_value(&value).expect("fields");
    assert_eq!(String::from_utf8_lossy(&crate::json::to_vec(&fields_v1::to_value(&set))), text);
    for bad in [r#"{"x":{}}"#, r#"{"fa":{}}"#, r#"{"k:1":{}}"#, r#"{"v:{":{}}"#, r#"{"i:x":{}}"#, r#"{"f:a":1}"#] {
        let value = crate::json::parse(bad.as_bytes()).expect("JSON");
        assert!(fields_v1::from_value(&value).is_err(), "{bad}");
    }
}

#[test]
fn sets_subtract_by_path_and_by_prefix() {
    let set = |text: &str| fields_v1::from_value(&crate::json::parse(text.as_bytes()).expect("JSON")).expect("fields");
    let whole = set(r#"{"f:a":{".":{},"f:b":{"f:c":{}}},"f:d":{}}"#);
    assert_eq!(whole.difference(&set(r#"{"f:a":{"f:b":{}}}"#)), whole);
    assert_eq!(whole.recursive_difference(&set(r#"{"f:a":{"f:b":{}}}"#)), set(r#"{"f:a":{},"f:d":{}}"#));
    assert_eq!(whole.intersection(&set(r#"{"f:a":{},"f:d":{}}"#)), set(r#"{"f:a":{},"f:d":{}}"#));
    assert_eq!(set(r#"{"f:a":{}}"#).union(&set(r#"{"f:a":{"f:b":{"f:c":{}}},"f:d":{}}"#)), whole);
}

#[test]
fn managers_are_named_by_parameter_or_agent() {
    assert_eq!(manager_name("me", "kubectl/v1"), "me");
    assert_eq!(manager_name("", "kubectl/v1.36 (linux)"), "kubectl");
    assert_eq!(manager_name("", "a\u{1}b"), "ab");
    assert_eq!(manager_name("", &"é".repeat(100)).len(), 128);
}

#[test]
fn broken_lists_are_named() {
    let list = tree!([{"operation": "Boo", "fieldsType": "V2", "manager": "m"}]);
    let errors = validate(&FieldPath::new("metadata.managedFields"), list.as_array().expect("a list"));
    assert_eq!(
        errors.iter().map(FieldError::to_string).collect::<Vec<_>>(),
        [
            r#"metadata.managedFields[0].operation: Invalid value: "Boo": must be `Apply` or `Update`"#,
            r#"metadata.managedFields[0].fieldsType: Invalid value: "V2": must be `FieldsV1`"#,
        ]
    );
    let list = tree!([{"operation": "Update", "apiVersion": "v1"}]);
    assert_eq!(check_list(&list), Err("missing fieldsType in managed fields entry 0".to_owned()));
}

fn check_list(list: &Value) -> Result<(), String> {
    super::check(list.as_array().expect("a list"))
}

mod apply;
