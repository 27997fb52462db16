//! Values of upstream's internal types, as its messages print them: JSON with Go's field names, absent ones included.

use apimachinery::field_error::Verbatim;
use apimachinery::json;
use apimachinery::value::{Map, Value};

/// The internal types that a `PodSpec` is made of, one a line: the name, then per field its Go name, its JSON name in
/// `v1` and its kind: `s` string, `b` bool, `i` number, `q` quantity, `=T` struct, `*T` pointer to a struct, `[T` list
/// of structs, `?` anything that prints as `v1` does and `null` when absent. `+T` is an embedded struct, `+o` the
/// embedded metadata.
const TYPES: &str = include_str!("internal_types.txt");

/// Fields of a `PodSpec` that upstream holds in its security context.
const SECURITY_FIELDS: [&str; 5] = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/// An internal value of this type on one line.
pub fn printed(type_name: &str, value: &Value) -> Verbatim {
    Verbatim(json_text(&structure(type_name, value)))
}

/// A list of them.
pub fn printed_list(type_name: &str, list: &Value) -> Verbatim {
    Verbatim(json_text(&structures(type_name, list)))
}

/// What a pointer to a plain value points to: unlike the value itself, it is printed as JSON.
pub fn pointer(value: &Value) -> Verbatim {
    Verbatim(json_text(value))
}

/// An internal value of this type on many lines.
pub fn lines(type_name: &str, value: &Value) -> Vec<String> {
    let mut text = String::new();
    indent(&structure(type_name, value), 0, &mut text);
    text.lines().map(str::to_owned).collect()
}

/// A list of internal values of this type on many lines.
pub fn list_lines(type_name: &str, list: &Value) -> Vec<String> {
    let mut text = String::new();
    indent(&structures(type_name, list), 0, &mut text);
    text.lines().map(str::to_owned).collect()
}

/// A `PodSpec` on many lines.
pub fn pod_spec_lines(spec: &Value) -> Vec<String> {
    lines("PodSpec", &internal_pod_spec(spec))
}

/// A Pod template on one line.
pub fn printed_template(template: &Value) -> Verbatim {
    let mut template = template.clone();
    template.set(&["spec"], internal_pod_spec(template.field("spec")));
    printed("PodTemplateSpec", &template)
}

/// A `PodSpec` on one line.
pub fn printed_pod_spec(spec: &Value) -> Verbatim {
    printed("PodSpec", &internal_pod_spec(spec))
}

fn internal_pod_spec(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for field in SECURITY_FIELDS {
        if let Some(value) = spec.remove_at(&[field]) {
            spec.set(&["securityContext", field], value);
        }
    }
    spec
}

fn json_text(value: &Value) -> String {
    String::from_utf8_lossy(&json::to_vec(value)).into_owned()
}

fn structure(type_name: &str, value: &Value) -> Value {
    let mut map = Map::new();
    add_fields(type_name, value, &mut map);
    Value::Object(map)
}

fn structures(type_name: &str, list: &Value) -> Value {
    match list.as_array() {
        None => Value::Null,
        Some(items) => items.iter().map(|item| structure(type_name, item)).collect(),
    }
}

fn add_fields(type_name: &str, value: &Value, map: &mut Map) {
    let line = TYPES.lines().find(|line| line.split(' ').next() == Some(type_name)).unwrap_or("");
    for field in line.split(' ').skip(1) {
        if field == "+o" {
            let metadata = value.field("metadata").as_object().into_iter().flat_map(Map::iter);
            metadata.for_each(|(key, value)| drop(map.insert(key.to_owned(), value.clone())));
        } else if let Some(embedded) = field.strip_prefix('+') {
            add_fields(embedded, value, map);
        } else if let [go, json, kind] = field.split(':').collect::<Vec<_>>()[..] {
            map.insert(go, converted(kind, value.field(json)));
        }
    }
}

fn converted(kind: &str, value: &Value) -> Value {
    match (kind.split_at(1), value) {
        (("s", _), Value::Null) => Value::from(""),
        (("b", _), Value::Null) => Value::Bool(false),
        (("i", _), Value::Null) => Value::Int(0),
        (("q", _), Value::Null) => Value::from("0"),
        (("=", name), value) => structure(name, value),
        (("*", name), Value::Object(_)) => structure(name, value),
        (("[", name), list) => structures(name, list),
        (_, value) => value.clone(),
    }
}

/// `json.MarshalIndent` with one space.
fn indent(value: &Value, depth: usize, text: &mut String) {
    let (open, close) = match value {
        Value::Object(map) if !map.is_empty() => ('{', '}'),
        Value::Array(items) if !items.is_empty() => ('[', ']'),
        other => return text.push_str(&json_text(other)),
    };
    text.push(open);
    match value {
        Value::Object(map) => {
            for (at, (key, value)) in map.iter().enumerate() {
                push_item(Some(key), value, (at == 0, depth), text);
            }
        }
        _ => {
            for (at, value) in value.as_array().unwrap_or(&[]).iter().enumerate() {
                push_item(None, value, (at == 0, depth), text);
            }
        }
    }
    text.push('\n');
    text.push_str(&" ".repeat(depth));
    text.push(close);
}

fn push_item(key: Option<&str>, value: &Value, (is_first, depth): (bool, usize), text: &mut String) {
    text.push_str(if is_first { "\n" } else { ",\n" });
    text.push_str(&" ".repeat(depth + 1));
    if let Some(key) = key {
        text.push_str(&json_text(&Value::from(key)));
        text.push_str(": ");
    }
    indent(value, depth + 1, text);
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn absent_fields_are_printed_as_go_does() {
        assert_eq!(
            printed("PodResourceClaim", &tree!({"name": "a"})).0,
            r#"{"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}"#
        );
        let terms = tree!([{"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}]);
        assert_eq!(
            printed_list("NodeSelectorTerm", &terms).0,
            r#"[{"MatchExpressions":[{"Key":"k","Operator":"In","Values":["v"]}],"MatchFields":null}]"#
        );
    }

    #[test]
    fn every_type_that_is_named_is_there_and_every_field_has_a_kind() {
        let names: Vec<&str> = TYPES.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.is_sorted());
        for field in TYPES.lines().flat_map(|line| line.split(' ').skip(1)).filter(|it| *it != "+o") {
            let kind = field.strip_prefix('+').or(field.split(':').nth(2)).expect("a kind");
            let name = kind.trim_start_matches(['=', '*', '[']);
            assert!(matches!(name, "s" | "b" | "i" | "q" | "?") || names.contains(&name), "{field}");
        }
    }

    #[test]
    fn many_lines_are_indented_by_one_space() {
        let lines = lines("LocalObjectReference", &tree!({"name": "<a>"}));
        assert_eq!(lines, ["{", " \"Name\": \"\\u003ca\\u003e\"", "}"]);
    }
}
