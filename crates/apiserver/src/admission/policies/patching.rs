//! What the expressions of a mutation evaluate to, laid on the object. Pure.

use apimachinery::json;
use apimachinery::managed_fields;
use apimachinery::patch;
use apimachinery::schema::Struct;
use apimachinery::value::{Map, Value};
use cel::{Val, convert};

/// The object with an apply configuration (`Object{...}`) laid over it.
pub fn apply_configuration(ty: &Struct, object: &Value, config: &Val) -> Result<Value, String> {
    check_names(config, "Object").map_err(|fault| format!("type mismatch: {fault}"))?;
    let mut tree = convert::to_tree(config)?;
    for field in ["apiVersion", "kind"] {
        tree.set(&[field], object.field(field).clone());
    }
    managed_fields::lay_over(ty, object, &tree).map_err(|fault| format!("error applying patch: {fault}"))
}

/// Objects are made with the type's name of the place where they are put.
fn check_names(value: &Val, path: &str) -> Result<(), String> {
    match value {
        Val::Struct(object) => {
            if object.name != path {
                return Err(format!(
                    "unexpected type name \"{}\", expected \"{path}\", which matches field name path from root Object type",
                    object.name
                ));
            }
            object.fields.iter().try_for_each(|(key, field)| check_names(field, &format!("{path}.{key}")))
        }
        Val::List(items) => items.iter().try_for_each(|item| check_names(item, path)),
        Val::Map(entries) => entries.values().try_for_each(|item| check_names(item, path)),
        _ => Ok(()),
    }
}

/// The object after the operations of a JSON patch (`[JSONPatch{...}]`).
pub fn json_patch(object: &Value, operations: &Val) -> Result<Value, String> {
    let Val::List(operations) = operations else {
        return Err("type mismatch: JSONPatchType.expression should evaluate to array".to_owned());
    };
    let mut patched = object.clone();
    for operation in operations.iter() {
        let operation = operation_of(operation)?;
        let is_test = operation.str_at(&["op"]) == "test";
        match patch::json_patch(&patched, &json::to_vec(&Value::Array(vec![operation]))) {
            Ok(next) => patched = next,
            // A test that does not hold means that nothing is to be done.
            Err(_) if is_test => return Ok(object.clone()),
            Err(status) => return Err(format!("JSON Patch: {}", status.message)),
        }
    }
    Ok(patched)
}

fn operation_of(operation: &Val) -> Result<Value, String> {
    let Some(fields) = operation.entries() else {
        return Err("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch".to_owned());
    };
    let field = |name: &str| fields.get(&cel::value::Key::text(name));
    let text = |name: &str| field(name).and_then(Val::as_text).unwrap_or("").to_owned();
    let mut shown = Map::new();
    shown.push("op", text("op"));
    shown.push("path", text("path"));
    if !text("from").is_empty() {
        shown.push("from", text("from"));
    }
    if let Some(value) = field("value") {
        if let Val::Struct(object) = value {
            check_names(value, &object.name).map_err(|fault| format!("type mismatch: {fault}"))?;
        }
        shown.push("value", convert::to_tree(value)?);
    }
    Ok(Value::Object(shown))
}

#[cfg(test)]
mod tests {
    use cel::{Budget, Environment, compile};

    use super::*;

    fn evaluated(expression: &str) -> Val {
        let environment = Environment::new().with_objects();
        let none: &[(&str, Val)] = &[];
        let program = compile(expression, &environment).expect("compiles");
        program.evaluate(&none, &mut Budget::new(1_000)).expect("evaluates")
    }

    fn deployment() -> &'static Struct {
        api::resources::kind("apps", "v1", "Deployment").expect("built in").schema
    }

    #[track_caller]
    fn check_apply(expression: &str, wanted: Result<&str, &str>) {
        let object = json::parse(
            br#"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"labels":{"a":"b"}},"spec":{"replicas":1,
            "template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#,
        )
        .expect("JSON");
        let got = apply_configuration(deployment(), &object, &evaluated(expression));
        let got = got.map(|object| String::from_utf8_lossy(&json::to_vec(object.field("spec"))).into_owned());
        assert_eq!(got.as_ref().map(String::as_str).map_err(String::as_str), wanted);
    }

    #[test]
    fn configurations_are_merged_by_the_type_of_the_object() {
        check_apply(
            "Object{spec: Object.spec{replicas: 3}}",
            Ok(r#"{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}"#),
        );
        check_apply(
            "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: \
             [Object.spec.template.spec.containers{name: 'c', image: 'j'}]}}}}",
            Ok(r#"{"replicas":1,"template":{"spec":{"containers":[{"name":"c","image":"j"}]}}}"#),
        );
    }

    #[test]
    fn configurations_of_the_wrong_type_are_refused() {
        check_apply(
            "Object{spec: Object.metadata{name: 'x'}}",
            Err(
                "type mismatch: unexpected type name \"Object.metadata\", expected \"Object.spec\", which matches field \
                 name path from root Object type",
            ),
        );
        check_apply(
            "Object{spec: Object.spec{nothing: 1}}",
            Err("error applying patch: failed to convert patch object to typed object: .spec.nothing: field not \
                 declared in schema"),
        );
        check_apply(
            "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: \
             [Object.spec.template.spec.containers{name: 'c', args: ['a']}]}}}}",
            Err("error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \
                 .spec.template.spec.containers[0].args"),
        );
    }

    #[test]
    fn operations_change_the_object_unless_a_test_fails() {
        let object = apimachinery::tree!({"a": 1});
        let patched = |text: &str| json_patch(&object, &evaluated(text));
        let add = "JSONPatch{op: 'add', path: '/b', value: {'c': 2}}";
        assert_eq!(patched(&format!("[{add}]")), Ok(apimachinery::tree!({"a": 1, "b": {"c": 2}})));
        let test = "JSONPatch{op: 'test', path: '/a', value: 2}";
        assert_eq!(patched(&format!("[{test}, {add}]")), Ok(object.clone()));
        assert!(patched("[JSONPatch{op: 'remove', path: '/x'}]").is_err_and(|fault| fault.starts_with("JSON Patch: ")));
    }
}
