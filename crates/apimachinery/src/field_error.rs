//! Field paths and validation errors with upstream's texts (`field.Error`).

use std::fmt;

use crate::json;
use crate::value::Value;

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
    /// The dotted text; the empty path prints `<nil>`, as upstream's does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_empty() {
            true => f.write_str("<nil>"),
            false => f.write_str(&self.0),
        }
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
    /// `Too short`
    TooShort,
    /// `Too many`
    TooMany,
    /// `Too few`
    TooFew,
    /// `Internal error`
    Internal,
    /// `Invalid value` of a wrong type
    TypeInvalid,
}

impl FieldErrorKind {
    /// The `reason` of the cause in `Status.details`.
    pub fn cause_reason(self) -> &'static str {
        match self {
            FieldErrorKind::Required => "FieldValueRequired",
            FieldErrorKind::Invalid => "FieldValueInvalid",
            FieldErrorKind::NotSupported => "FieldValueNotSupported",
            FieldErrorKind::Duplicate => "FieldValueDuplicate",
            FieldErrorKind::Forbidden => "FieldValueForbidden",
            FieldErrorKind::NotFound => "FieldValueNotFound",
            FieldErrorKind::TooLong => "FieldValueTooLong",
            FieldErrorKind::TooShort => "FieldValueTooShort",
            FieldErrorKind::TooMany => "FieldValueTooMany",
            FieldErrorKind::TooFew => "FieldValueTooFew",
            FieldErrorKind::Internal => "InternalError",
            FieldErrorKind::TypeInvalid => "FieldValueTypeInvalid",
        }
    }

    /// The start of the text.
    fn title(self) -> &'static str {
        match self {
            FieldErrorKind::Required => "Required value",
            FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid => "Invalid value",
            FieldErrorKind::NotSupported => "Unsupported value",
            FieldErrorKind::Duplicate => "Duplicate value",
            FieldErrorKind::Forbidden => "Forbidden",
            FieldErrorKind::NotFound => "Not found",
            FieldErrorKind::TooLong => "Too long",
            FieldErrorKind::TooShort => "Too short",
            FieldErrorKind::TooMany => "Too many",
            FieldErrorKind::TooFew => "Too few",
            FieldErrorKind::Internal => "Internal error",
        }
    }

    /// Whether the text shows the value.
    fn shows_value(self) -> bool {
        use FieldErrorKind::*;
        matches!(self, Invalid | TypeInvalid | NotSupported | NotFound | Duplicate | TooMany | TooFew)
    }
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

impl FieldError {
    fn new(kind: FieldErrorKind, path: &FieldPath, value: String, detail: String) -> Self {
        FieldError { kind, path: path.clone(), value, detail }
    }
    /// `{path}: Required value[: detail]`
    pub fn required(path: &FieldPath, detail: &str) -> Self {
        Self::new(FieldErrorKind::Required, path, String::new(), detail.into())
    }
    /// `{path}: Invalid value: {value}: {detail}`; `value` through [`PrintedValue`].
    pub fn invalid(path: &FieldPath, value: impl PrintedValue, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, path, value.printed(), detail.into())
    }
    /// `{path}: Invalid value: {value}: {detail}` for a value of a wrong type.
    pub fn type_invalid(path: &FieldPath, value: impl PrintedValue, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::TypeInvalid, path, value.printed(), detail.into())
    }
    /// `{path}: Unsupported value: "x": supported values: "a", "b"`
    pub fn not_supported(path: &FieldPath, value: impl PrintedValue, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| quoted(s)).collect();
        let detail = match list.is_empty() {
            true => String::new(),
            false => format!("supported values: {}", list.join(", ")),
        };
        Self::new(FieldErrorKind::NotSupported, path, value.printed(), detail)
    }
    /// `{path}: Duplicate value: "x"`
    pub fn duplicate(path: &FieldPath, value: impl PrintedValue) -> Self {
        Self::new(FieldErrorKind::Duplicate, path, value.printed(), String::new())
    }
    /// `{path}: Forbidden: {detail}`
    pub fn forbidden(path: &FieldPath, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, path, String::new(), detail.into())
    }
    /// `{path}: Not found: "x"`
    pub fn not_found(path: &FieldPath, value: impl PrintedValue) -> Self {
        Self::new(FieldErrorKind::NotFound, path, value.printed(), String::new())
    }
    /// `{path}: Too long: may not be more than {max} bytes`
    pub fn too_long(path: &FieldPath, bytes_max: usize) -> Self {
        let detail = format!("may not be more than {}", counted(bytes_max, "byte"));
        Self::new(FieldErrorKind::TooLong, path, String::new(), detail)
    }
    /// `{path}: Too long: may not be more than {max} characters`
    pub fn too_long_characters(path: &FieldPath, characters_max: usize) -> Self {
        let detail = format!("may not be more than {}", counted(characters_max, "character"));
        Self::new(FieldErrorKind::TooLong, path, String::new(), detail)
    }
    /// `{path}: Too short: must be at least {min} characters`
    pub fn too_short(path: &FieldPath, characters_min: usize) -> Self {
        let detail = format!("must be at least {}", counted(characters_min, "character"));
        Self::new(FieldErrorKind::TooShort, path, String::new(), detail)
    }
    /// `{path}: Too many: {actual}: must have at most {max} items`
    pub fn too_many(path: &FieldPath, actual: usize, items_max: usize) -> Self {
        let detail = format!("must have at most {}", counted(items_max, "item"));
        Self::new(FieldErrorKind::TooMany, path, actual.to_string(), detail)
    }
    /// `{path}: Too few: {actual}: must have at least {min} items`
    pub fn too_few(path: &FieldPath, actual: usize, items_min: usize) -> Self {
        let detail = format!("must have at least {}", counted(items_min, "item"));
        Self::new(FieldErrorKind::TooFew, path, actual.to_string(), detail)
    }
    /// `{path}: Internal error: {cause}`
    pub fn internal(path: &FieldPath, cause: impl fmt::Display) -> Self {
        Self::new(FieldErrorKind::Internal, path, String::new(), cause.to_string())
    }

    /// The text without the path, as causes carry it.
    pub fn body(&self) -> String {
        let mut text = String::from(self.kind.title());
        if self.kind.shows_value() && !self.value.is_empty() {
            text.push_str(": ");
            text.push_str(&self.value);
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body())
    }
}

/// The text of several errors: alone as it is, else `[a, b]`; equal texts once. `None` without errors.
pub fn aggregate(errors: &[FieldError]) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    for text in errors.iter().map(FieldError::to_string) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match texts.len() {
        0 => None,
        1 => texts.pop(),
        _ => Some(format!("[{}]", texts.join(", "))),
    }
}

fn counted(count: usize, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// Text in double quotes with Go's escapes (`%q`).
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_quoted_char(c, &mut out);
    }
    out.push('"');
    out
}

fn push_quoted_char(c: char, out: &mut String) {
    let code = u32::from(c);
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        ' '..='~' => out.push(c),
        _ if code < 0x20 || code == 0x7f => out.push_str(&format!("\\x{code:02x}")),
        _ if is_printable(c) => out.push(c),
        _ if code < 0x10000 => out.push_str(&format!("\\u{code:04x}")),
        _ => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols, ASCII space.
pub fn is_printable(c: char) -> bool {
    // The standard library's own printable table shows through `escape_debug`; behind a first
    // character it leaves combining marks alone, as Go does.
    match c {
        ' '..='~' => true,
        _ if c.is_ascii() => false,
        _ => format!("a{c}").escape_debug().count() == 2,
    }
}

/// A value as upstream prints it in field errors: strings quoted, numbers and truth values bare.
pub trait PrintedValue {
    /// The printed text.
    fn printed(&self) -> String;
}

impl PrintedValue for &str {
    fn printed(&self) -> String {
        quoted(self)
    }
}

impl PrintedValue for &String {
    fn printed(&self) -> String {
        quoted(self)
    }
}

impl PrintedValue for String {
    fn printed(&self) -> String {
        quoted(self)
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

impl PrintedValue for usize {
    fn printed(&self) -> String {
        self.to_string()
    }
}

impl PrintedValue for bool {
    fn printed(&self) -> String {
        self.to_string()
    }
}

/// Strings quoted, scalars bare, everything else (and null) as compact JSON.
impl PrintedValue for &Value {
    fn printed(&self) -> String {
        match self {
            Value::String(text) => quoted(text),
            Value::Int(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null => "null".to_owned(),
            other => String::from_utf8_lossy(&json::to_vec(other)).into_owned(),
        }
    }
}

/// An absent pointer prints `null`.
impl<T: PrintedValue> PrintedValue for Option<T> {
    fn printed(&self) -> String {
        match self {
            Some(value) => value.printed(),
            None => "null".to_owned(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: FieldError, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn every_kind_prints_as_upstream() {
        let path = FieldPath::new("spec").child("ports").index(0).child("name");
        check(FieldError::required(&path, ""), "spec.ports[0].name: Required value");
        check(FieldError::required(&path, "give one"), "spec.ports[0].name: Required value: give one");
        check(FieldError::invalid(&path, "A\"", "bad"), r#"spec.ports[0].name: Invalid value: "A\"": bad"#);
        check(FieldError::invalid(&path, -1, "bad"), "spec.ports[0].name: Invalid value: -1: bad");
        check(FieldError::invalid(&path, None::<i64>, "bad"), "spec.ports[0].name: Invalid value: null: bad");
        check(
            FieldError::not_supported(&path, "X", &["TCP", "UDP"]),
            r#"spec.ports[0].name: Unsupported value: "X": supported values: "TCP", "UDP""#,
        );
        check(FieldError::duplicate(&path, "a"), r#"spec.ports[0].name: Duplicate value: "a""#);
        check(FieldError::forbidden(&path, "no"), "spec.ports[0].name: Forbidden: no");
        check(FieldError::not_found(&path, "v"), r#"spec.ports[0].name: Not found: "v""#);
        check(FieldError::too_long(&path, 1), "spec.ports[0].name: Too long: may not be more than 1 byte");
        check(FieldError::too_many(&path, 5, 3), "spec.ports[0].name: Too many: 5: must have at most 3 items");
        check(FieldError::internal(&FieldPath::default(), "x"), "<nil>: Internal error: x");
    }

    #[test]
    fn quoting_is_gos() {
        assert_eq!(quoted("a\u{7}\u{1}é\u{200b}\u{301}'\u{e0001}"), "\"a\\a\\x01é\\u200b\u{301}'\\U000e0001\"");
    }

    #[test]
    fn several_errors_stand_in_brackets_and_equal_ones_once() {
        let path = FieldPath::new("a");
        let one = FieldError::required(&path, "");
        let two = FieldError::forbidden(&path, "no");
        assert_eq!(aggregate(&[]), None);
        assert_eq!(aggregate(&[one.clone(), one.clone()]).as_deref(), Some("a: Required value"));
        assert_eq!(aggregate(&[one.clone(), two, one]).as_deref(), Some("[a: Required value, a: Forbidden: no]"));
    }
}
