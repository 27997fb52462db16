use super::*;
use crate::schema::{Field, Struct, Type};
use crate::tree;

fn check_refused(result: Result<Value, Status>, code: u16, message: &str) {
    let status = result.expect_err("the test's patch is bad");
    assert_eq!((status.code, status.message.as_str()), (code, message));
}

fn plain_type() -> Struct {
    Struct {
        name: "test.Thing".into(),
        go_name: "test.Thing".into(),
        fields: vec![Field::new("name", Type::String), Field::new("raw", Type::RawExtension)].into(),
        is_atomic: false,
        keeps_unknown: false,
    }
}

#[test]
fn documents_of_a_wrong_type_are_bad_requests() {
    let target = tree!({"a": 1});
    check_refused(
        json_patch(&target, b"{}"),
        400,
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    );
    check_refused(
        json_patch(&target, b"[1]"),
        400,
        "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
    );
    check_refused(
        json_patch(&target, br#"[{"op":1}]"#),
        400,
        "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
    );
    check_refused(
        merge_patch(&target, b"[1]"),
        400,
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
    check_refused(merge_patch(&target, b"null"), 400, "Invalid JSON Patch");
    check_refused(
        strategic_merge_patch(&plain_type(), &target, b"[]"),
        400,
        "json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
    assert_eq!(json_patch(&target, b"{").expect_err("no JSON").code, 400);
}

#[test]
fn a_patch_that_does_not_fit_is_refused_without_a_reason() {
    check_refused(
        json_patch(&tree!({"a": 1}), br#"[{"op":"remove","path":"/b"}]"#),
        422,
        "the server rejected our request due to an error in our request",
    );
}

#[test]
fn the_number_of_operations_is_bounded() {
    let operations = vec![r#"{"op":"test","path":"/z","value":null}"#; JSON_PATCH_OPERATIONS_MAX + 1].join(",");
    check_refused(
        json_patch(&tree!({"a": 1}), format!("[{operations}]").as_bytes()),
        413,
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    );
}

#[test]
fn copies_are_bounded_in_size_and_depth() {
    let double = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
    let patch = format!("[{}]", vec![double; 60].join(","));
    assert_eq!(json_patch(&tree!({"a": ["x"]}), patch.as_bytes()).expect_err("too large").code, 422);
    let nest = r#"{"op":"copy","from":"/a","path":"/a/b"}"#;
    let patch = format!("[{}]", vec![nest; 600].join(","));
    assert_eq!(json_patch(&tree!({"a": {"c": {}}}), patch.as_bytes()).expect_err("too deep").code, 422);
}

#[test]
fn many_changes_of_a_large_map_keep_its_order() {
    let target: Value = (0..5_000).map(|at| (format!("k{at}"), "old")).collect();
    let changes: Vec<String> = (0..5_000).map(|at| format!(r#""k{at}":"new""#)).collect();
    let patched = merge_patch(&target, format!("{{{},\"z\":1,\"k7\":null}}", changes.join(",")).as_bytes());
    let patched = patched.expect("the patch is good");
    let map = patched.as_object().expect("an object");
    assert_eq!(map.len(), 5_000);
    assert_eq!(map.keys().next(), Some("k0"));
    assert_eq!((map.get("k4999"), map.get("k7")), (Some(&Value::from("new")), None));
}

#[test]
fn strict_issues_are_found_in_the_document() {
    assert_eq!(
        document_issues(PatchType::StrategicMerge, br#"{"a":{"b":1,"b":2},"a":3,"l":[{"x":1,"x":2}]}"#),
        [r#"duplicate field "a.b""#, r#"duplicate field "a""#, r#"duplicate field "l[0].x""#]
    );
    assert_eq!(
        document_issues(
            PatchType::Json,
            br#"[{"op":"add","path":"/a","value":{"y":1,"q":{"y":1,"y":2}},"foo":1,"op":"add"}]"#
        ),
        [
            r#"json patch duplicate field "[0].value.q.y""#,
            r#"json patch unknown field "[0].foo""#,
            r#"json patch duplicate field "[0].op""#,
        ]
    );
    assert!(document_issues(PatchType::Merge, b"{").is_empty());
}

#[test]
fn an_undecodable_result_is_shown() {
    let (ty, current) = (plain_type(), tree!({"raw": {"z": 1, "a": {"y": 1, "x": 1}}, "name": "n"}));
    let shown = |kind: PatchType, patch: &str| kind.undecodable(&ty, &current, patch.as_bytes(), "bad").message;
    let strategic = shown(PatchType::StrategicMerge, r#"{"spec":{"x":[1.5,null,"a"]}}"#);
    assert_eq!(strategic, r#" "" is invalid: patch: Invalid value: "map[spec:map[x:[1.5 <nil> a]]]": bad"#);
    let merge = shown(PatchType::Merge, r#"{"b": 1, "raw": {"c": 1}}"#);
    let sorted = r#"{\"b\":1,\"name\":\"n\",\"raw\":{\"a\":{\"y\":1,\"x\":1},\"c\":1,\"z\":1}}"#;
    assert_eq!(merge, format!(" \"\" is invalid: patch: Invalid value: \"{sorted}\": bad"));
    let json = shown(PatchType::Json, r#"[{"op": "add", "path": "/raw/a/w", "value": 2}]"#);
    assert!(json.contains(r#"\"raw\":{\"a\":{\"w\":2,\"x\":1,\"y\":1},\"z\":1}"#), "{json}");
}

#[test]
fn what_a_strategic_patch_breaks_is_said_in_the_words_of_the_converter() {
    let fault = |patched: Value| PatchType::StrategicMerge.fault(&plain_type(), &patched);
    assert_eq!(fault(tree!({"name": 5})).as_deref(), Some("cannot convert int64 to string"));
    assert_eq!(fault(Value::from("x")).as_deref(), Some("cannot restore struct from: string"));
    assert_eq!(fault(tree!({"name": "x"})), None);
    assert_eq!(PatchType::Merge.fault(&plain_type(), &tree!({"name": 5})), None);
}

#[test]
fn go_prints_floats_with_two_digits_of_exponent() {
    for (number, expected) in [(1e21, "1e+21"), (1.5e-7, "1.5e-07"), (0.0001, "0.0001"), (3.0, "3")] {
        assert_eq!(go_text(&Value::Float(number)), expected);
    }
}
