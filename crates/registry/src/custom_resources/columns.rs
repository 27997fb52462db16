//! Printer columns of custom resources: their definitions, and cells by JSONPath.

use apimachinery::json;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::cells;

/// One of `additionalPrinterColumns`.
pub(super) struct Column {
    name: String,
    ty: String,
    format: String,
    description: String,
    priority: i64,
    path: Vec<Step>,
}

/// A step of the simple JSONPath that columns use.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `.name` or `['name']`
    Field(String),
    /// `[0]`, counted from the end when negative
    Index(i64),
    /// `[*]`
    All,
    /// `[?(@.type=="Ready")]`
    Where(Vec<String>, String),
}

/// The columns of a version; `Age` alone when it names none.
pub(super) fn columns(definitions: &[Value]) -> Vec<Column> {
    let text = |of: &Value, key: &str| of.str_at(&[key]).to_owned();
    if definitions.is_empty() {
        let age = tree!({
            "name": "Age",
            "type": "date",
            "description": "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
            "jsonPath": ".metadata.creationTimestamp"
        });
        return columns(&[age]);
    }
    let column = |of: &Value| Column {
        name: text(of, "name"),
        ty: text(of, "type"),
        format: text(of, "format"),
        description: match of.str_at(&["description"]) {
            "" => format!("Custom resource definition column (in JSONPath format): {}", of.str_at(&["jsonPath"])),
            description => description.to_owned(),
        },
        priority: of.i64_at(&["priority"]).unwrap_or(0),
        path: parse(of.str_at(&["jsonPath"])),
    };
    definitions.iter().map(column).collect()
}

/// `columnDefinitions` of the Table.
pub(super) fn definitions(columns: &[Column]) -> Value {
    let name = tree!({
        "name": "Name",
        "type": "string",
        "format": "name",
        "description": "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
        "priority": 0
    });
    let definition = |column: &Column| {
        tree!({
            "name": (column.name.as_str()),
            "type": (column.ty.as_str()),
            "format": (column.format.as_str()),
            "description": (column.description.as_str()),
            "priority": (column.priority)
        })
    };
    std::iter::once(name).chain(columns.iter().map(definition)).collect()
}

impl Column {
    /// The cell of an object; null where the path leads nowhere.
    pub(super) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let mut found = Vec::new();
        collect(object, &self.path, &mut found);
        let Some(first) = found.first() else { return Value::Null };
        match self.ty.as_str() {
            "integer" => match first {
                Value::Float(number) => Value::Int(*number as i64),
                Value::Int(_) => (*first).clone(),
                _ => Value::Null,
            },
            "number" => match first {
                Value::Int(_) | Value::Float(_) => (*first).clone(),
                _ => Value::Null,
            },
            "boolean" => first.as_bool().map_or(Value::Null, Value::Bool),
            "date" => first.as_str().map_or(Value::Null, |time| cells::since(time, now).into()),
            _ => Value::from(found.iter().map(|value| text(value)).collect::<Vec<_>>().join(" ")),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => String::from_utf8_lossy(&json::to_vec(other)).into_owned(),
    }
}

fn collect<'v>(value: &'v Value, path: &[Step], found: &mut Vec<&'v Value>) {
    let Some((step, rest)) = path.split_first() else {
        if !value.is_null() {
            found.push(value);
        }
        return;
    };
    match step {
        Step::Field(name) => collect(value.field(name), rest, found),
        Step::Index(at) => {
            let items = value.as_array().unwrap_or_default();
            let at = if *at < 0 { items.len() as i64 + at } else { *at };
            if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
                collect(item, rest, found);
            }
        }
        Step::All => {
            value.as_array().unwrap_or_default().iter().for_each(|item| collect(item, rest, found));
            if let Value::Object(map) = value {
                map.iter().for_each(|(_, item)| collect(item, rest, found));
            }
        }
        Step::Where(field, wanted) => {
            let field: Vec<&str> = field.iter().map(String::as_str).collect();
            let items = value.as_array().unwrap_or_default().iter();
            items.filter(|item| text(item.at(&field)) == *wanted).for_each(|item| collect(item, rest, found));
        }
    }
}

/// Reads a path; what is not understood ends it.
fn parse(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let end = field_end(after);
            if end > 0 {
                steps.push(Step::Field(after[..end].replace('\\', "")));
            }
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some((inner, behind)) = bracket(after) else { return steps };
            steps.extend(bracket_step(inner));
            rest = behind;
        } else {
            return steps;
        }
        if rest.is_empty() {
            return steps;
        }
    }
}

/// Where a field's name ends; `\.` is a dot in it.
fn field_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '.' | '[' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Splits behind the closing bracket.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ']') => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn bracket_step(inner: &str) -> Option<Step> {
    let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    if inner == "*" {
        return Some(Step::All);
    }
    if let Ok(at) = inner.trim().parse() {
        return Some(Step::Index(at));
    }
    if let Some(condition) = inner.strip_prefix("?(").and_then(|it| it.strip_suffix(')')) {
        let (field, wanted) = condition.split_once("==")?;
        let field = field.trim().strip_prefix("@.")?;
        return Some(Step::Where(field.split('.').map(str::to_owned).collect(), unquoted(wanted)));
    }
    Some(Step::Field(unquoted(inner)))
}
