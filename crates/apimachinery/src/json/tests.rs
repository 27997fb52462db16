use super::*;
use crate::tree;

#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(parse(text.as_bytes()).expect_err("the text is broken").message, expected);
}

#[track_caller]
fn check_round(text: &str, expected: &str) {
    let value = parse(text.as_bytes()).expect("the text is JSON");
    assert_eq!(String::from_utf8(to_vec(&value)).expect("JSON is UTF-8"), expected);
}

#[test]
fn a_byte_that_is_no_utf8_is_named_as_go_names_it() {
    let message = |bytes: &[u8]| parse(bytes).expect_err("no JSON").message;
    assert_eq!(message(b"n\xba$z"), "invalid character 'º' in literal null (expecting 'u')");
    assert_eq!(message(b"\"\xff\xfe\" \xe9"), "invalid character 'é' after top-level value");
    assert_eq!(message("é".as_bytes()), "invalid character 'Ã' looking for beginning of value");
    assert_eq!(parse(b"\"\xff\"").expect("a string"), Value::from("\u{fffd}"));
}

#[test]
fn syntax_errors_have_gos_texts() {
    check_error("", "unexpected end of JSON input");
    check_error("{", "unexpected end of JSON input");
    check_error("}", "invalid character '}' looking for beginning of value");
    check_error("{\"a\" 1}", "invalid character '1' after object key");
    check_error("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair");
    check_error("{\"a\":1,}", "invalid character '}' looking for beginning of object key string");
    check_error("[1 2]", "invalid character '2' after array element");
    check_error("[1,]", "invalid character ']' looking for beginning of value");
    check_error("nul", "unexpected end of JSON input");
    check_error("nulx", "invalid character 'x' in literal null (expecting 'l')");
    check_error("\"a\nb\"", "invalid character '\\n' in string literal");
    check_error("\"\\x\"", "invalid character 'x' in string escape code");
    check_error("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape");
    check_error("-", "unexpected end of JSON input");
    check_error("01", "invalid character '1' after top-level value");
    check_error("1.x", "invalid character 'x' after decimal point in numeric literal");
    check_error("1ex", "invalid character 'x' in exponent of numeric literal");
    check_error("'a'", "invalid character '\\'' looking for beginning of value");
    check_error("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64");
}

#[test]
fn strings_are_escaped_as_go_does() {
    check_round(
        r#""<a href=\"x\">&\b\f\u0001\u2028\u2029é\u007f""#,
        "\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\b\\f\\u0001\\u2028\\u2029é\u{7f}\"",
    );
    check_round(r#""\ud83d\ude00 \ud83d x \udc00\/""#, "\"\u{1F600} \u{FFFD} x \u{FFFD}/\"");
    check_round("\"\u{20ac}\u{2030}\"", "\"\u{20ac}\u{2030}\"");
}

#[test]
fn numbers_keep_integers_apart_and_floats_have_gos_format() {
    check_round("[1, -0, 9223372036854775807, -9223372036854775808]", "[1,0,9223372036854775807,-9223372036854775808]");
    check_round(
        "[9223372036854775808, 1.0, 1e3, 1e21, 1e20, 0.000001, 1e-7, -1.5e-9, 1.5E+300]",
        "[9223372036854776000,1,1000,1e+21,100000000000000000000,0.000001,1e-7,-1.5e-9,1.5e+300]",
    );
}

#[test]
fn a_duplicate_key_keeps_its_last_value() {
    check_round(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#);
    let many: Vec<String> = (0..40).map(|at| format!("\"k{}\":{at}", at % 20)).collect();
    let value = parse(format!("{{{}}}", many.join(",")).as_bytes()).expect("the text is JSON");
    assert_eq!(value.as_object().map(Map::len), Some(20));
    assert_eq!(value.i64_at(&["k3"]), Some(23));
}

use crate::value::Map;

#[test]
fn nesting_is_bounded_and_fits_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let check = || {
        let deep = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        check_round(&deep, &deep);
        let deep = format!("{}1{}", "{\"a\":".repeat(DEPTH_MAX), "}".repeat(DEPTH_MAX));
        check_round(&deep, &deep);
        check_error(&"[".repeat(DEPTH_MAX + 1), "exceeded max depth");
        check_error(&"[{\"a\":".repeat(1_000_000), "exceeded max depth");
    };
    thread.spawn(check).expect("the machine has room for a thread").join().expect("no overflow");
}

fn written(object: &EncodedObject) -> (String, String, String) {
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    };
    (text(&|out| object.write(out)), text(&|out| object.write_list_item(out)), text(&|out| object.write_metadata(out)))
}

use crate::encoded::EncodedObject;

#[track_caller]
fn check_object(metadata: Value, expected_metadata: &str) {
    let value = tree!({"spec": {"a}\"": "b{"}, "metadata": (metadata), "apiVersion": "v1", "kind": "Pod"});
    let encoded = encode_object(&value, 42);
    assert!(!String::from_utf8_lossy(&encoded.bytes).contains("resourceVersion"));
    let item = format!("{{\"metadata\":{expected_metadata},\"spec\":{{\"a}}\\\"\":\"b{{\"}}}}");
    let whole = format!("{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",{}", &item[1..]);
    assert_eq!(written(&encoded), (whole, item, expected_metadata.to_owned()));
    assert_eq!(scan_object(encoded.bytes.clone(), 42), Ok(encoded));
}

#[test]
fn the_resource_version_is_spliced_where_upstream_has_it() {
    check_object(tree!({}), r#"{"resourceVersion":"42"}"#);
    check_object(tree!({"generation": 1}), r#"{"resourceVersion":"42","generation":1}"#);
    check_object(tree!({"name": "a\"}"}), r#"{"name":"a\"}","resourceVersion":"42"}"#);
    check_object(
        tree!({"name": "a", "uid": "u", "resourceVersion": "7", "generation": 1, "labels": {"name": "x"}}),
        r#"{"name":"a","uid":"u","resourceVersion":"42","generation":1,"labels":{"name":"x"}}"#,
    );
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    for text in [
        "",
        "{}",
        "{\"kind\":\"a\",\"apiVersion\":\"b\",\"metadata\":{\"name\":",
        "k8s\0..",
        "{\"kind\":\"a\\",
        "{\"kind\":\"a\",\"apiVersion\":\"b\",\"metadata\":{\"name\":\"x\"]}}",
    ] {
        assert!(scan_object(bytes::Bytes::from(text), 1).is_err(), "{text}");
    }
}

#[test]
fn an_object_without_a_revision_has_no_resource_version() {
    let encoded = encode_object(&tree!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}}), 0);
    assert_eq!(encoded.to_json(), br#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#);
}
