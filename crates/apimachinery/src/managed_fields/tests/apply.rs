use super::*;

fn apply(live: &Value, manager: &str, is_forced: bool, spec: Value) -> Result<Value, Status> {
    let config = tree!({"kind": "Thing", "apiVersion": "v1", "metadata": {"name": "x"}, "spec": (spec)});
    let ty = thing();
    let writer = FieldWriter { manager, api_version: "v1", subresource: "", time: "2026-01-01T00:00:00Z" };
    Apply { ty: &ty, writer, is_forced, object_text: "ns/x; /v1, Kind=Thing" }.run(live, &config)
}

fn names(object: &Value) -> Vec<&str> {
    object.items_at(&["spec", "items"]).iter().map(|item| item.str_at(&["name"])).collect()
}

fn items(names: &[&str]) -> Value {
    let items: Value = names.iter().map(|name| tree!({"name": (*name)})).collect();
    tree!({"items": (items)})
}

#[test]
fn fields_that_are_no_longer_applied_go_unless_others_own_them() {
    let live = apply(&Value::object(), "alice", false, tree!({"class": "a", "args": ["x"]})).expect("new");
    let live = apply(&live, "bob", false, tree!({"class": "a"})).expect("shared");
    let live = apply(&live, "alice", false, Value::object()).expect("both given up");
    assert_eq!(live.at(&["spec"]), &tree!({"class": "a"}));
    let live = apply(&live, "bob", false, Value::object()).expect("given up by all");
    assert!(live.at(&["spec", "class"]).is_null());
}

#[test]
fn fields_of_others_are_taken_by_force_only() {
    let live = apply(&Value::object(), "alice", false, tree!({"class": "a"})).expect("new");
    let refused = apply(&live, "bob", false, tree!({"class": "b"})).expect_err("alice owns the class");
    assert_eq!(refused.message, r#"Apply failed with 1 conflict: conflict with "alice": .spec.class"#);
    assert_eq!(refused.details.as_ref().map(|it| it.causes[0].reason.as_str()), Some("FieldManagerConflict"));
    let live = apply(&live, "bob", true, tree!({"class": "b"})).expect("forced");
    let managers: Vec<&str> =
        live.items_at(&["metadata", "managedFields"]).iter().map(|it| it.str_at(&["manager"])).collect();
    assert_eq!((live.str_at(&["spec", "class"]), &managers[..]), ("b", &["bob"][..]));
}

#[test]
fn items_of_both_follow_the_configuration_and_those_of_others_keep_their_place() {
    let live = apply(&Value::object(), "alice", false, items(&["a", "b", "c", "d"])).expect("new");
    let cases: [(&[&str], &[&str]); 4] = [
        (&["c", "a"], &["b", "c", "d", "a"]),
        (&["e", "b"], &["a", "e", "b", "c", "d"]),
        (&["b", "e"], &["a", "b", "c", "d", "e"]),
        (&["d", "c", "b", "a"], &["d", "c", "b", "a"]),
    ];
    for (applied, expected) in cases {
        let merged = apply(&live, "bob", false, items(applied)).expect("applied");
        assert_eq!(names(&merged), expected, "{applied:?} over a b c d");
    }
}

#[test]
fn an_apply_that_changes_nothing_keeps_its_time() {
    let live = apply(&Value::object(), "alice", false, tree!({"class": "a"})).expect("new");
    assert_eq!(apply(&live, "alice", false, tree!({"class": "a"})), Ok(live));
}

#[test]
fn what_does_not_fit_the_type_is_named() {
    let refused = |spec| apply(&Value::object(), "alice", false, spec).expect_err("does not fit").message;
    let prefix = "failed to create typed patch object (ns/x; /v1, Kind=Thing): .spec";
    assert_eq!(refused(tree!({"foo": 1})), format!("{prefix}.foo: field not declared in schema"));
    assert_eq!(
        refused(tree!({"items": [{"name": "a", "size": "x"}]})),
        format!("{prefix}.items[name=\"a\"].size: expected numeric (int or float), got string")
    );
    assert_eq!(refused(items(&["a", "a"])), format!("{prefix}.items: duplicate entries for key [name=\"a\"]"));
}
