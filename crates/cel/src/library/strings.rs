//! Texts: the standard functions and the strings extension.

mod format;

use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("string.contains(string) -> bool", Cost::Pattern, |args| with(args, |text, it| text.contains(it))),
    costly("string.startsWith(string) -> bool", Cost::Text, |args| with(args, |text, it| text.starts_with(it))),
    costly("string.endsWith(string) -> bool", Cost::Text, |args| with(args, |text, it| text.ends_with(it))),
    function("string.charAt(int) -> string", char_at),
    costly("string.indexOf(string) -> int", Cost::Text, index_of),
    costly("string.indexOf(string, int) -> int", Cost::Text, index_of),
    costly("string.lastIndexOf(string) -> int", Cost::Text, last_index_of),
    costly("string.lastIndexOf(string, int) -> int", Cost::Text, last_index_of),
    costly("string.lowerAscii() -> string", Cost::Text, |args| mapped(args, |text| text.to_ascii_lowercase())),
    costly("string.upperAscii() -> string", Cost::Text, |args| mapped(args, |text| text.to_ascii_uppercase())),
    costly("string.trim() -> string", Cost::Text, |args| mapped(args, |text| text.trim().to_owned())),
    costly("string.replace(string, string) -> string", Cost::Text, replace),
    costly("string.replace(string, string, int) -> string", Cost::Text, replace),
    costly("string.split(string) -> list(string)", Cost::Text, split),
    costly("string.split(string, int) -> list(string)", Cost::Text, split),
    costly("string.substring(int) -> string", Cost::Text, substring),
    costly("string.substring(int, int) -> string", Cost::Text, substring),
    costly("list(string).join() -> string", Cost::Items, join),
    costly("list(string).join(string) -> string", Cost::Items, join),
    costly("string.format(list(dyn)) -> string", Cost::Text, format::format),
    costly("strings.quote(string) -> string", Cost::Text, |args| mapped(args, quote)),
];

fn with(args: &[Val], holds: impl Fn(&str, &str) -> bool) -> Outcome {
    match args {
        [Val::String(text), Val::String(other)] => Ok(Val::Bool(holds(text, other))),
        _ => no_overload(),
    }
}

fn mapped(args: &[Val], change: impl Fn(&str) -> String) -> Outcome {
    match args {
        [Val::String(text)] => Ok(Val::text(change(text))),
        _ => no_overload(),
    }
}

fn out_of_range(index: i64) -> Outcome {
    Err(format!("index out of range: {index}").into())
}

fn char_at(args: &[Val]) -> Outcome {
    let [Val::String(text), Val::Int(at)] = args else { return no_overload() };
    let count = text.chars().count() as i64;
    match usize::try_from(*at) {
        Ok(_) if *at == count => Ok(Val::text("")),
        Ok(index) if *at < count => Ok(Val::text(text.chars().skip(index).take(1).collect::<String>())),
        _ => out_of_range(*at),
    }
}

fn index_of(args: &[Val]) -> Outcome {
    let (text, part, from) = match args {
        [Val::String(text), Val::String(part)] => (text, part, 0),
        [Val::String(text), Val::String(part), Val::Int(from)] => (text, part, *from),
        _ => return no_overload(),
    };
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let Ok(start) = usize::try_from(from) else { return out_of_range(from) };
    if start > text.len() {
        return out_of_range(from);
    }
    if part.is_empty() {
        return Ok(Val::Int(from));
    }
    let found = (start..text.len()).find(|at| text[*at..].starts_with(&part));
    Ok(Val::Int(found.map_or(-1, |at| at as i64)))
}

fn last_index_of(args: &[Val]) -> Outcome {
    let (text, part, from) = match args {
        [Val::String(text), Val::String(part)] => (text, part, None),
        [Val::String(text), Val::String(part), Val::Int(from)] => (text, part, Some(*from)),
        _ => return no_overload(),
    };
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let start = match from {
        Some(from) if from < 0 || from as usize > text.len() => return out_of_range(from),
        Some(from) => from as usize,
        None => text.len(),
    };
    if part.is_empty() {
        return Ok(Val::Int(start as i64));
    }
    let found = (0..=start).rev().find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(&part)));
    Ok(Val::Int(found.map_or(-1, |at| at as i64)))
}

fn replace(args: &[Val]) -> Outcome {
    match args {
        [Val::String(text), Val::String(old), Val::String(new)] => Ok(Val::text(text.replace(&**old, new))),
        [Val::String(text), Val::String(old), Val::String(new), Val::Int(count)] => match usize::try_from(*count) {
            Ok(count) => Ok(Val::text(text.replacen(&**old, new, count))),
            Err(_) => Ok(Val::text(text.replace(&**old, new))),
        },
        _ => no_overload(),
    }
}

fn split(args: &[Val]) -> Outcome {
    let (text, separator, count) = match args {
        [Val::String(text), Val::String(separator)] => (text, separator, -1),
        [Val::String(text), Val::String(separator), Val::Int(count)] => (text, separator, *count),
        _ => return no_overload(),
    };
    let count = usize::try_from(count).unwrap_or(text.len() + 1);
    if count == 0 {
        return Ok(Val::list(Vec::new()));
    }
    if !separator.is_empty() {
        return Ok(Val::texts(text.splitn(count, &**separator)));
    }
    let mut parts: Vec<String> = text.chars().take(count - 1).map(String::from).collect();
    let rest: String = text.chars().skip(count - 1).collect();
    if !rest.is_empty() {
        parts.push(rest);
    }
    Ok(Val::texts(parts))
}

fn substring(args: &[Val]) -> Outcome {
    let (text, start, end) = match args {
        [Val::String(text), Val::Int(start)] => (text, *start, text.chars().count() as i64),
        [Val::String(text), Val::Int(start), Val::Int(end)] => (text, *start, *end),
        _ => return no_overload(),
    };
    let count = text.chars().count() as i64;
    if start > end {
        return Err(format!("invalid substring range. start: {start}, end: {end}").into());
    }
    for bound in [start, end] {
        if bound < 0 || bound > count {
            return out_of_range(bound);
        }
    }
    Ok(Val::text(text.chars().skip(start as usize).take((end - start) as usize).collect::<String>()))
}

fn join(args: &[Val]) -> Outcome {
    let (items, separator) = match args {
        [Val::List(items)] => (items, ""),
        [Val::List(items), Val::String(separator)] => (items, &**separator),
        _ => return no_overload(),
    };
    let texts: Option<Vec<&str>> = items.iter().map(Val::as_text).collect();
    texts.map(|texts| Val::text(texts.join(separator))).ok_or_else(|| "no such overload".into())
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
