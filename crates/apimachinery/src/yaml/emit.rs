//! Tree → YAML as go-yaml v2 lays it out: block style, sorted keys, long texts folded.

use std::cmp::Ordering;

use super::resolve::{Plain, resolve};
use crate::value::{Map, Value};

/// Columns from which a space becomes a line break.
const WIDTH: usize = 80;
/// Length up to which a key stands on one line with its colon.
const SIMPLE_KEY_BYTES_MAX: usize = 128;

/// Encodes one document.
pub(super) fn emit(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    match value {
        Value::Object(map) if !map.is_empty() => emitter.mapping(map, 0),
        Value::Array(items) if !items.is_empty() => emitter.sequence(items, 0),
        other => emitter.scalar(other, 0, Place::Value),
    }
    emitter.line_start(0);
    emitter.out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a colon on the same line: no folding.
    Key,
    Value,
}

struct Emitter {
    out: String,
    /// Characters on the current line.
    column: usize,
}

impl Emitter {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Moves to column `indent` of a line of its own.
    fn line_start(&mut self, indent: usize) {
        if self.column > 0 {
            self.break_line();
        }
        self.put(&" ".repeat(indent));
    }

    /// The first key goes where the emitter stands, the others on lines at `indent`.
    fn mapping(&mut self, map: &Map, indent: usize) {
        let mut entries: Vec<(&str, &Value)> = map.iter().collect();
        entries.sort_by(|a, b| compare_keys(a.0, b.0));
        for (at, (key, value)) in entries.into_iter().enumerate() {
            if at > 0 {
                self.line_start(indent);
            }
            let is_simple =
                key.len() <= SIMPLE_KEY_BYTES_MAX && !key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
            match is_simple {
                true => {
                    self.text(key, indent + 2, Place::Key);
                    self.put(":");
                    self.value_behind_key(value, indent);
                }
                false => {
                    self.put("? ");
                    self.text(key, indent + 2, Place::Value);
                    self.line_start(indent);
                    self.put(": ");
                    self.value_in_line(value, indent);
                }
            }
        }
    }

    fn value_behind_key(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.line_start(indent + 2);
                self.mapping(map, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                self.line_start(indent);
                self.sequence(items, indent);
            }
            other => {
                self.put(" ");
                self.scalar(other, indent + 2, Place::Value);
            }
        }
    }

    /// A value behind `- ` or `: `.
    fn value_in_line(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, indent + 2),
            Value::Array(items) if !items.is_empty() => self.sequence(items, indent + 2),
            other => self.scalar(other, indent + 2, Place::Value),
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.line_start(indent);
            }
            self.put("- ");
            self.value_in_line(item, indent);
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize, place: Place) {
        match value {
            Value::Null => self.put("null"),
            Value::Bool(truth) => self.put(&truth.to_string()),
            Value::Int(number) => self.put(&number.to_string()),
            Value::Float(number) => self.put(&float_text(*number)),
            Value::String(text) => self.text(text, indent, place),
            Value::Array(_) => self.put("[]"),
            Value::Object(_) => self.put("{}"),
        }
    }

    fn text(&mut self, text: &str, indent: usize, place: Place) {
        match style(text, place) {
            Style::Plain => self.folded(text, indent, place, |out, char| out.push(char)),
            Style::Single => {
                self.put("'");
                self.folded(text, indent, place, |out, char| match char {
                    '\'' => out.push_str("''"),
                    other => out.push(other),
                });
                self.put("'");
            }
            Style::Double => self.double_quoted(text, indent, place),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Plain and single-quoted texts: a space beyond the width becomes a line break.
    fn folded(&mut self, text: &str, indent: usize, place: Place, write: impl Fn(&mut String, char)) {
        let mut chars = text.chars().enumerate().peekable();
        let mut after_space = false;
        while let Some((at, char)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let breaks = place == Place::Value
                && char == ' '
                && !after_space
                && at > 0
                && self.column > WIDTH
                && next.is_some_and(|next| next != ' ');
            if breaks {
                self.line_start(indent);
            } else {
                let before = self.out.len();
                write(&mut self.out, char);
                self.column += self.out[before..].chars().count();
            }
            after_space = char == ' ';
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, place: Place) {
        self.put("\"");
        let mut chars = text.chars().enumerate().peekable();
        let mut after_space = false;
        while let Some((at, char)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if char == ' ' {
                let breaks = place == Place::Value && !after_space && self.column > WIDTH && at > 0 && next.is_some();
                match breaks {
                    true => {
                        self.line_start(indent);
                        if next == Some(' ') {
                            self.put("\\");
                        }
                    }
                    false => self.put(" "),
                }
                after_space = true;
                continue;
            }
            after_space = false;
            self.put(&escaped(char));
        }
        self.put("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        let trimmed = text.strip_suffix('\n');
        match trimmed {
            None => self.put("-"),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.put("+"),
            Some(_) => {}
        }
        self.break_line();
        let lines: Vec<&str> = trimmed.unwrap_or(text).split('\n').collect();
        for (at, line) in lines.iter().enumerate() {
            if !line.is_empty() {
                self.put(&" ".repeat(indent));
                self.put(line);
            }
            if at + 1 < lines.len() || trimmed.is_some() {
                self.break_line();
            }
        }
    }
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What libyaml's analysis and go-yaml's choice come to.
fn style(text: &str, place: Place) -> Style {
    let is_special = text.chars().any(|char| !is_printable(char));
    let ends_in_space = text.ends_with(' ');
    let has_break_space = text.contains("\n ");
    let has_space_break = text.contains(" \n");
    if text.contains('\n') {
        let is_block = !is_special && !ends_in_space && !has_space_break && place == Place::Value;
        return if is_block { Style::Literal } else { Style::Double };
    }
    let reads_as_text = matches!(resolve(text), Plain::Text) && !is_base_60(text);
    if !reads_as_text || is_special || has_break_space || text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return Style::Double;
    }
    match text.starts_with(' ') || ends_in_space || has_indicators(text) {
        true => Style::Single,
        false => Style::Plain,
    }
}

/// Whether a plain text would read as something else in block context.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    let mut is_first = true;
    while let Some(char) = chars.next() {
        let ends_word = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        let found = match char {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                if is_first =>
            {
                true
            }
            '?' | '-' if is_first => ends_word,
            ':' => ends_word,
            '#' => matches!(before, ' ' | '\t'),
            _ => false,
        };
        if found {
            return true;
        }
        before = char;
        is_first = false;
    }
    false
}

fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && char != '\u{feff}'
}

fn escaped(char: char) -> String {
    let short = match char {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        other if is_printable(other) => return other.to_string(),
        other => {
            let code = other as u32;
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    short.to_owned()
}

/// `[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?`, which YAML 1.1 reads as a number.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let are_sixtieths = parts.all(|part| {
        count += 1;
        match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        }
    });
    first.starts_with(|char: char| char.is_ascii_digit())
        && digits(first)
        && count > 0
        && are_sixtieths
        && digits(fraction)
}

pub(super) fn infinity_text(number: f64) -> &'static str {
    if number > 0.0 { "+Inf" } else { "-Inf" }
}

/// Go's `%g` of a float64.
pub(super) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return ".nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    match (-4..6).contains(&exponent) {
        true => format!("{number}"),
        false => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

/// go-yaml's order of keys: letters behind other characters, digits by their number.
fn compare_keys(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for at in 0..left.len().min(right.len()) {
        if left[at] == right[at] {
            continue;
        }
        return match (left[at].is_alphabetic(), right[at].is_alphabetic()) {
            (true, true) => left[at].cmp(&right[at]),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_numbers(&left, &right, at),
        };
    }
    left.len().cmp(&right.len())
}

fn compare_numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    let is_inside_number = (left[at] == '0' || right[at] == '0')
        && left[..at].iter().rev().take_while(|char| char.is_numeric()).any(|char| *char != '0');
    let number = |chars: &[char]| {
        let digits = chars[at..].iter().take_while(|char| char.is_numeric());
        let start = i64::from(is_inside_number);
        digits.fold((start, at), |(sum, end), digit| {
            let digit = i64::from(*digit as u32) - i64::from('0' as u32);
            (sum.wrapping_mul(10).wrapping_add(digit), end + 1)
        })
    };
    number(left).cmp(&number(right)).then_with(|| left[at].cmp(&right[at]))
}
