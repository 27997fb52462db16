//! Where a decoder stands, and what it found wrong: the texts of Go's and sigs.k8s.io's JSON readers.

use std::borrow::Cow;

use super::{Alternative, DecodeError, Field, FieldIssues, Struct, Type, quote};
use crate::value::Key;

/// Strict issues that one body reports, as upstream.
const ISSUES_MAX: usize = 100;

/// One step of the path to the current value.
pub(super) enum Step<'t> {
    Field(&'t Struct, &'t Field),
    Key(Key),
    Index(usize),
}

/// What Go calls the type of the current value.
#[derive(Clone, Copy)]
pub(super) enum GoName<'t> {
    Derived,
    Named(&'t str),
}

impl<'t> GoName<'t> {
    pub(super) fn of(field: &'t Field) -> Self {
        match field.go_type.is_empty() {
            true => GoName::Derived,
            false => GoName::Named(&field.go_type),
        }
    }

    /// The name of the element type of a list or map.
    pub(super) fn element(self) -> Self {
        let GoName::Named(name) = self else { return GoName::Derived };
        let element = match name.strip_prefix("[]") {
            Some(element) => Some(element),
            None => name.strip_prefix("map[").and_then(|rest| rest.split_once(']')).map(|(_, element)| element),
        };
        element.map_or(GoName::Derived, GoName::Named)
    }

    fn text(self, ty: &Type) -> Cow<'t, str> {
        match self {
            GoName::Named(name) => Cow::Borrowed(name),
            GoName::Derived => Cow::Owned(derived_go_name(ty)),
        }
    }
}

fn derived_go_name(ty: &Type) -> String {
    let name = match ty {
        Type::Bool => "bool",
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Float64 => "float64",
        Type::String => "string",
        Type::Bytes => "[]uint8",
        Type::Quantity => "resource.Quantity",
        Type::IntOrString => "intstr.IntOrString",
        Type::Time => "v1.Time",
        Type::MicroTime => "v1.MicroTime",
        Type::Duration => "v1.Duration",
        Type::FieldsV1 => "v1.FieldsV1",
        Type::RawExtension => "runtime.RawExtension",
        Type::Json => "v1.JSON",
        Type::StructOr(Alternative::List, _) => "v1.JSONSchemaPropsOrArray",
        Type::StructOr(Alternative::Bool, _) => "v1.JSONSchemaPropsOrBool",
        Type::StructOr(Alternative::Strings, _) => "v1.JSONSchemaPropsOrStringArray",
        Type::Struct(ty) => return ty.go_name.to_string(),
        Type::List(element) => return format!("[]{}", derived_go_name(element)),
        Type::Map(element) => return format!("map[string]{}", derived_go_name(element)),
    };
    name.to_owned()
}

/// The path to the current value and the errors so far.
#[derive(Default)]
pub(super) struct Trace<'t> {
    pub(super) steps: Vec<Step<'t>>,
    issues: Vec<String>,
    /// An error of a type's own decoder: Go stops there, and it hides `saved`.
    fatal: Option<String>,
    /// The first wrong type: Go goes on and reports it at the end.
    saved: Option<String>,
    /// Above 0 inside types whose own decoder is not strict.
    pub(super) lenient_depth: usize,
}

impl<'t> Trace<'t> {
    /// The outcome once everything is read.
    pub(super) fn finish(self) -> Result<FieldIssues, DecodeError> {
        match self.fatal.or(self.saved) {
            Some(message) => Err(DecodeError { message }),
            None => Ok(FieldIssues { issues: self.issues }),
        }
    }

    pub(super) fn unknown(&mut self, key: &str) {
        self.issue("unknown field", key);
    }

    pub(super) fn duplicate(&mut self, key: &str) {
        self.issue("duplicate field", key);
    }

    fn issue(&mut self, what: &str, key: &str) {
        if self.lenient_depth > 0 || self.issues.len() >= ISSUES_MAX {
            return;
        }
        let mut path = String::new();
        for step in &self.steps {
            match step {
                Step::Field(_, field) => push_dotted(&mut path, &field.name),
                Step::Key(key) => push_dotted(&mut path, key),
                Step::Index(at) => path.push_str(&format!("[{at}]")),
            }
        }
        push_dotted(&mut path, key);
        let issue = format!("{what} {}", quote(&path));
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    /// A value of another JSON type than `ty`: `value` is `string`, `number -5`, `array`, ...
    pub(super) fn wrong_type(&mut self, value: &str, ty: &Type, go: GoName<'t>) {
        if self.saved.is_none() {
            self.saved = Some(self.type_error(value, &go.text(ty)));
        }
    }

    /// The same for the body itself, which has a struct type.
    pub(super) fn wrong_body(&mut self, value: &str, ty: &Struct) {
        self.saved = Some(self.type_error(value, &ty.go_name));
    }

    /// A type error inside a type's own decoder.
    pub(super) fn fatal_type(&mut self, value: &str, go_type: &str) {
        let message = self.type_error(value, go_type);
        self.fatal(message);
    }

    /// An error of a type's own decoder.
    pub(super) fn fatal(&mut self, message: String) {
        if self.fatal.is_none() {
            self.fatal = Some(message);
        }
    }

    /// An error that Go reports at the end, without a path.
    pub(super) fn save(&mut self, message: String) {
        if self.saved.is_none() {
            self.saved = Some(message);
        }
    }

    fn type_error(&self, value: &str, go_type: &str) -> String {
        let mut path = String::new();
        let mut owner = None;
        for step in &self.steps {
            if let Step::Field(ty, field) = step {
                push_dotted(&mut path, &field.go_inline);
                push_dotted(&mut path, &field.name);
                owner = Some(ty);
            }
        }
        match owner {
            Some(owner) => {
                let owner = owner.go_name.rsplit('.').next().unwrap_or_default();
                format!("json: cannot unmarshal {value} into Go struct field {owner}.{path} of type {go_type}")
            }
            None => format!("json: cannot unmarshal {value} into Go value of type {go_type}"),
        }
    }
}

fn push_dotted(path: &mut String, part: &str) {
    if part.is_empty() {
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(part);
}
