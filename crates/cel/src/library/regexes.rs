//! Patterns: `matches`, `find` and `findAll`.

use std::any::Any;

use regex::Regex;

use super::{Cost, Function, costly, no_overload};
use crate::value::{Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("string.find(string) -> string", Cost::Pattern, find),
    costly("string.findAll(string) -> list(string)", Cost::Pattern, find_all),
    costly("string.findAll(string, int) -> list(string)", Cost::Pattern, find_all),
    // The same with a pattern that is known beforehand.
    costly("@find(string, regex.Pattern) -> string", Cost::Pattern, find),
    costly("@findAll(string, regex.Pattern) -> list(string)", Cost::Pattern, find_all),
    costly("@findAll(string, regex.Pattern, int) -> list(string)", Cost::Pattern, find_all),
    costly("string.matches(string) -> bool", Cost::Pattern, matches),
    costly("matches(string, string) -> bool", Cost::Pattern, matches),
    costly("@matches(string, regex.Pattern) -> bool", Cost::Pattern, matches),
];

/// A pattern that was read when the expression was compiled.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

impl Opaque for Pattern {
    fn type_name(&self) -> &'static str {
        "regex.Pattern"
    }

    fn equals(&self, _: &dyn Opaque) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn size(&self) -> u64 {
        self.0.as_str().len() as u64
    }
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn new(text: &str) -> Option<Pattern> {
        Regex::new(text).ok().map(Pattern)
    }
}

/// Functions that take a pattern.
pub(crate) const TAKE_PATTERN: [&str; 3] = ["find", "findAll", "matches"];

/// Does something with the pattern that an argument is.
fn with_pattern(pattern: &Val, work: impl FnOnce(&Regex) -> Val) -> Outcome {
    match (pattern, pattern.downcast::<Pattern>()) {
        (_, Some(pattern)) => Ok(work(&pattern.0)),
        (Val::String(text), None) => match Regex::new(text) {
            Ok(regex) => Ok(work(&regex)),
            Err(error) => Err(format!("error parsing regexp: {error}").into()),
        },
        _ => no_overload(),
    }
}

fn matches(args: &[Val]) -> Outcome {
    let [Val::String(text), pattern] = args else { return no_overload() };
    with_pattern(pattern, |regex| Val::Bool(regex.is_match(text)))
}

fn find(args: &[Val]) -> Outcome {
    let [Val::String(text), pattern] = args else { return no_overload() };
    with_pattern(pattern, |regex| Val::text(regex.find(text).map_or("", |found| found.as_str())))
}

fn find_all(args: &[Val]) -> Outcome {
    let (text, pattern, limit) = match args {
        [Val::String(text), pattern] => (text, pattern, -1),
        [Val::String(text), pattern, Val::Int(limit)] => (text, pattern, *limit),
        _ => return no_overload(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    with_pattern(pattern, |regex| Val::texts(regex.find_iter(text).take(limit).map(|found| found.as_str())))
}
