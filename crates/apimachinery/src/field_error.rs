//! Field paths and validation errors with upstream's texts (`field.Error`).

use std::fmt;

/// A path such as `spec.containers[0].name` or `metadata.annotations[a/b]`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FieldPath(String);

impl FieldPath {
    /// The path of a top-level field; dots are kept (`FieldPath::new("metadata.name")`).
    pub fn new(root: &str) -> Self {
        FieldPath(root.to_owned())
    }
    /// A field below this one.
    pub fn child(&self, name: &str) -> Self {
        match self.0.is_empty() {
            true => FieldPath(name.to_owned()),
            false => FieldPath(format!("{}.{name}", self.0)),
        }
    }
    /// A list item below this one.
    pub fn index(&self, at: usize) -> Self {
        FieldPath(format!("{}[{at}]", self.0))
    }
    /// A map entry below this one.
    pub fn key(&self, key: &str) -> Self {
        FieldPath(format!("{}[{key}]", self.0))
    }
    /// The dotted text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a field; decides the cause's reason and the text's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// `Required value`
    Required,
    /// `Invalid value`
    Invalid,
    /// `Unsupported value`
    NotSupported,
    /// `Duplicate value`
    Duplicate,
    /// `Forbidden`
    Forbidden,
    /// `Not found`
    NotFound,
    /// `Too long`
    TooLong,
    /// `Too many`
    TooMany,
    /// `Internal error`
    Internal,
    /// `Invalid value` of a wrong type
    TypeInvalid,
}

/// One broken rule of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// Which rule family.
    pub kind: FieldErrorKind,
    /// Where.
    pub path: FieldPath,
    /// The value as upstream prints it (quoted strings, numbers bare); empty for kinds that print none.
    pub value: String,
    /// What was expected.
    pub detail: String,
}

/// Constructors; bodies are the rules helper's, who also completes value formatting as Go's `%v`/`%q` by type.
impl FieldError {
    /// `{path}: Required value[: detail]`
    pub fn required(path: &FieldPath, detail: &str) -> Self {
        FieldError { kind: FieldErrorKind::Required, path: path.clone(), value: String::new(), detail: detail.into() }
    }
    /// `{path}: Invalid value: {value}: {detail}`; `value` through [`PrintedValue`].
    pub fn invalid(path: &FieldPath, value: impl PrintedValue, detail: impl Into<String>) -> Self {
        FieldError { kind: FieldErrorKind::Invalid, path: path.clone(), value: value.printed(), detail: detail.into() }
    }
    /// `{path}: Unsupported value: "x": supported values: "a", "b"`
    pub fn not_supported(path: &FieldPath, value: impl PrintedValue, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let detail = match list.is_empty() {
            true => String::new(),
            false => format!("supported values: {}", list.join(", ")),
        };
        FieldError { kind: FieldErrorKind::NotSupported, path: path.clone(), value: value.printed(), detail }
    }
    /// `{path}: Duplicate value: "x"`
    pub fn duplicate(path: &FieldPath, value: impl PrintedValue) -> Self {
        FieldError { kind: FieldErrorKind::Duplicate, path: path.clone(), value: value.printed(), detail: String::new() }
    }
    /// `{path}: Forbidden: {detail}`
    pub fn forbidden(path: &FieldPath, detail: impl Into<String>) -> Self {
        FieldError { kind: FieldErrorKind::Forbidden, path: path.clone(), value: String::new(), detail: detail.into() }
    }
    /// `{path}: Not found: "x"`
    pub fn not_found(path: &FieldPath, value: impl PrintedValue) -> Self {
        FieldError { kind: FieldErrorKind::NotFound, path: path.clone(), value: value.printed(), detail: String::new() }
    }
    /// `{path}: Too long: may not be more than {max} bytes`
    pub fn too_long(path: &FieldPath, bytes_max: usize) -> Self {
        let detail = format!("may not be more than {bytes_max} bytes");
        FieldError { kind: FieldErrorKind::TooLong, path: path.clone(), value: String::new(), detail }
    }
}

/// A value as upstream prints it in field errors: strings quoted, numbers and truth values bare.
pub trait PrintedValue {
    /// The printed text.
    fn printed(&self) -> String;
}

impl PrintedValue for &str {
    fn printed(&self) -> String {
        format!("{self:?}")
    }
}

impl PrintedValue for &String {
    fn printed(&self) -> String {
        format!("{self:?}")
    }
}

impl PrintedValue for i64 {
    fn printed(&self) -> String {
        self.to_string()
    }
}

impl PrintedValue for i32 {
    fn printed(&self) -> String {
        self.to_string()
    }
}

impl PrintedValue for bool {
    fn printed(&self) -> String {
        self.to_string()
    }
}

/// Text already printed as upstream does (structs, maps), taken as it is.
#[derive(Clone, Debug)]
pub struct Verbatim(pub String);

impl PrintedValue for Verbatim {
    fn printed(&self) -> String {
        self.0.clone()
    }
}
