//! `find` and `findAll`.

use regex::Regex;

use super::{Cost, Function, costly, no_overload};
use crate::value::{Fault, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("string.find(string) -> string", Cost::Pattern, find),
    costly("string.findAll(string) -> list(string)", Cost::Pattern, find_all),
    costly("string.findAll(string, int) -> list(string)", Cost::Pattern, find_all),
];

fn compiled(pattern: &str) -> Result<Regex, Fault> {
    Regex::new(pattern).map_err(|error| format!("Illegal regex: {error}").into())
}

fn find(args: &[Val]) -> Outcome {
    let [Val::String(text), Val::String(pattern)] = args else { return no_overload() };
    Ok(Val::text(compiled(pattern)?.find(text).map_or("", |found| found.as_str())))
}

fn find_all(args: &[Val]) -> Outcome {
    let (text, pattern, limit) = match args {
        [Val::String(text), Val::String(pattern)] => (text, pattern, -1),
        [Val::String(text), Val::String(pattern), Val::Int(limit)] => (text, pattern, *limit),
        _ => return no_overload(),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Val::texts(compiled(pattern)?.find_iter(text).take(limit).map(|found| found.as_str())))
}
