use super::*;
use crate::{json, yaml};

fn parsed(text: &str) -> Value {
    yaml::parse(text.as_bytes()).expect("the test's text is YAML").0
}

fn schema() -> Structural {
    Structural::parse(&parsed(
        "type: object
properties:
  spec:
    type: object
    required: [size]
    properties:
      size: {type: integer, minimum: 1, default: 3}
      color: {type: string, enum: [red, blue]}
      name: {type: string, pattern: '^[a-z]+$', maxLength: 5}
      ports: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [port], items: {type: object, properties: {port: {type: integer}, protocol: {type: string, default: TCP}}}}
      any: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: object, properties: {a: {type: string}}}}}
      amount: {x-kubernetes-int-or-string: true}
      template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
",
    ))
}

#[test]
fn fields_outside_the_schema_are_pruned_and_named() {
    let mut object = parsed(
        "{apiVersion: a/v1, kind: K, metadata: {name: x}, extra: 1, spec: {foo: 1, size: 1, any: {x: 1, known: {a: b, \
         c: d}}, ports: [{port: 1, z: 2}], template: {metadata: {name: x, bad: y}, spec: {a: b}}}}",
    );
    let unknown = schema().prune(&mut object);
    assert_eq!(
        unknown,
        [
            "unknown field \"extra\"",
            "unknown field \"spec.any.known.c\"",
            "unknown field \"spec.foo\"",
            "unknown field \"spec.ports[0].z\"",
            "unknown field \"spec.template.metadata.bad\"",
        ]
    );
    assert_eq!(object.at(&["spec", "any", "x"]), &Value::Int(1));
}

#[test]
fn defaults_are_set_where_nothing_is_said() {
    let mut object = parsed("{spec: {ports: [{port: 1}]}}");
    schema().set_defaults(&mut object);
    let text = String::from_utf8(json::to_vec(&object)).expect("JSON is text");
    assert_eq!(text, r#"{"spec":{"ports":[{"port":1,"protocol":"TCP"}],"size":3}}"#);
}

#[test]
fn values_are_refused_in_upstreams_words() {
    let refused = |text: &str| {
        let mut errors = Vec::new();
        schema().validate(&parsed(text), &mut errors);
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(refused("{spec: {size: 1, amount: 5, color: red}}"), "");
    assert_eq!(refused("{spec: {}}"), "spec.size: Required value");
    assert_eq!(
        refused("{spec: {size: x}}"),
        r#"spec.size: Invalid value: "string": spec.size in body must be of type integer: "string""#
    );
    assert_eq!(
        refused("{spec: {size: 0, color: green}}"),
        "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1; spec.color: \
         Unsupported value: \"green\": supported values: \"red\", \"blue\""
    );
    assert_eq!(
        refused("{spec: {size: 1, name: ABCDEF}}"),
        "spec.name: Too long: may not be more than 5 bytes; spec.name: Invalid value: \"ABCDEF\": spec.name in body \
         should match '^[a-z]+$'"
    );
    assert_eq!(
        refused("{spec: {size: 1, ports: [{port: 1}, {port: 1}]}}"),
        "spec.ports[1]: Duplicate value: {\"port\":1}"
    );
}
