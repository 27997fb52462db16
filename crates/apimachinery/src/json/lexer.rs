//! Splits JSON text into tokens; checks syntax with Go's error texts.

use std::borrow::Cow;
use std::collections::HashMap;

use super::DEPTH_MAX;
use crate::schema::DecodeError;
use crate::value::{Key, Map, Value};

/// What the next value is, known from its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// Where a value ends, for the text of an error behind it.
#[derive(Clone, Copy)]
enum Place {
    Top,
    Key,
    Entry,
    Element,
}

/// A reader of one JSON text, from left to right. The text is at most 4 GiB.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    /// The bytes that `text` was made of, with U+FFFD for what is no UTF-8.
    original: &'a [u8],
    at: usize,
    depth: usize,
}

type Result<T> = std::result::Result<T, DecodeError>;

/// Entries up to which duplicates are looked for without a hash table.
const SMALL_MAP_MAX: usize = 16;

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer { text, original: text.as_bytes(), at: 0, depth: 0 }
    }

    /// Reads `text`, which `String::from_utf8_lossy` made of `original`: errors name the original's bytes.
    pub(crate) fn lossy(text: &'a str, original: &'a [u8]) -> Self {
        Lexer { text, original, at: 0, depth: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    #[cold]
    fn invalid(&self, context: &str) -> DecodeError {
        let Some(byte) = original_byte(self.original, self.at) else {
            return DecodeError { message: "unexpected end of JSON input".into() };
        };
        let quoted = match byte {
            b'\'' => String::from(r"'\''"),
            b'"' => String::from("'\"'"),
            _ => {
                let quoted = crate::schema::quote(char::from(byte).encode_utf8(&mut [0; 4]));
                format!("'{}'", &quoted[1..quoted.len() - 1])
            }
        };
        DecodeError { message: format!("invalid character {quoted} {context}") }
    }

    /// Looks at the next value without taking it.
    pub(crate) fn start(&mut self) -> Result<Start> {
        match self.skip_space() {
            Some(b'{') => Ok(Start::Object),
            Some(b'[') => Ok(Start::Array),
            Some(b'"') => Ok(Start::String),
            Some(b't' | b'f') => Ok(Start::Bool),
            Some(b'n') => Ok(Start::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Start::Number),
            _ => Err(self.invalid("looking for beginning of value")),
        }
    }

    /// Takes the `{` or `[` that [`Lexer::start`] saw.
    pub(crate) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(DecodeError { message: "exceeded max depth".into() });
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the next key and its colon, or the closing brace (`None`).
    pub(crate) fn key(&mut self, is_first: bool) -> Result<Option<Cow<'a, str>>> {
        match (self.skip_space(), is_first) {
            (Some(b'}'), _) => {
                self.at += 1;
                self.depth -= 1;
                return Ok(None);
            }
            (_, true) => {}
            (Some(b','), false) => {
                self.at += 1;
                self.skip_space();
            }
            (_, false) => return Err(self.invalid_after(Place::Entry)),
        }
        if self.byte() != Some(b'"') {
            return Err(self.invalid("looking for beginning of object key string"));
        }
        let key = self.string()?;
        if self.skip_space() != Some(b':') {
            return Err(self.invalid_after(Place::Key));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether another element follows; takes the comma before it, or the closing bracket.
    pub(crate) fn element(&mut self, is_first: bool) -> Result<bool> {
        match (self.skip_space(), is_first) {
            (Some(b']'), _) => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            (_, true) => Ok(true),
            (Some(b','), false) => {
                self.at += 1;
                Ok(true)
            }
            (_, false) => Err(self.invalid_after(Place::Element)),
        }
    }

    #[cold]
    fn invalid_after(&self, place: Place) -> DecodeError {
        self.invalid(match place {
            Place::Top => "after top-level value",
            Place::Key => "after object key",
            Place::Entry => "after object key:value pair",
            Place::Element => "after array element",
        })
    }

    /// Checks that nothing but space is left.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.skip_space() {
            None => Ok(()),
            Some(_) => Err(self.invalid_after(Place::Top)),
        }
    }

    /// Takes a string; borrowed when it has no escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        self.plain_run();
        match self.byte() {
            Some(b'"') => {
                let plain = &self.text[start..self.at];
                self.at += 1;
                Ok(Cow::Borrowed(plain))
            }
            Some(b'\\') => self.escaped_string(start).map(Cow::Owned),
            _ => Err(self.invalid("in string literal")),
        }
    }

    /// Moves to the next quote, backslash, control character or the end.
    fn plain_run(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte < 0x20 || byte == b'"' || byte == b'\\' {
                return;
            }
            self.at += 1;
        }
    }

    fn escaped_string(&mut self, start: usize) -> Result<String> {
        let mut out = String::from(&self.text[start..self.at]);
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.invalid("in string literal")),
            }
            let run = self.at;
            self.plain_run();
            out.push_str(&self.text[run..self.at]);
        }
    }

    fn escape(&mut self) -> Result<char> {
        let escaped = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.invalid("in string escape code")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// A lone surrogate becomes U+FFFD, as in Go.
    fn unicode_escape(&mut self) -> Result<char> {
        let first = self.hex4()?;
        if !(0xD800..0xE000).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before_second = self.at;
        if first < 0xDC00 && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.hex4()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before_second;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.invalid("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// Takes a number and returns its text.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.invalid("in numeric literal")),
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) {
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, context: &str) -> Result<()> {
        if !matches!(self.byte(), Some(b'0'..=b'9')) {
            return Err(self.invalid(context));
        }
        self.digits();
        Ok(())
    }

    /// Takes `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool> {
        match self.byte() {
            Some(b't') => self.word("true").map(|()| true),
            _ => self.word("false").map(|()| false),
        }
    }

    /// Takes `null`.
    pub(crate) fn null(&mut self) -> Result<()> {
        self.word("null")
    }

    fn word(&mut self, word: &str) -> Result<()> {
        for expected in word.chars() {
            if self.byte().map(char::from) != Some(expected) {
                return Err(self.invalid(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Takes any value and forgets it; its syntax is checked.
    pub(crate) fn skip(&mut self) -> Result<()> {
        match self.start()? {
            Start::Null => self.null(),
            Start::Bool => self.boolean().map(drop),
            Start::Number => self.number().map(drop),
            Start::String => self.string().map(drop),
            Start::Array => {
                self.enter()?;
                let mut is_first = true;
                while self.element(is_first)? {
                    is_first = false;
                    self.skip()?;
                }
                Ok(())
            }
            Start::Object => {
                self.enter()?;
                let mut is_first = true;
                while self.key(is_first)?.is_some() {
                    is_first = false;
                    self.skip()?;
                }
                Ok(())
            }
        }
    }

    /// Takes any value and returns its text.
    pub(crate) fn raw(&mut self) -> Result<&'a str> {
        self.start()?;
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Takes any value as a tree; a duplicate key keeps the last value.
    pub(crate) fn value(&mut self) -> Result<Value> {
        match self.start()? {
            Start::Null => self.null().map(|()| Value::Null),
            Start::Bool => self.boolean().map(Value::Bool),
            Start::Number => number_value(self.number()?),
            Start::String => Ok(Value::String(self.string()?.into_owned())),
            Start::Array => self.array(),
            Start::Object => self.object(),
        }
    }

    fn array(&mut self) -> Result<Value> {
        self.enter()?;
        let mut items = Vec::new();
        while self.element(items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value> {
        self.enter()?;
        let mut entries: Vec<(Key, Value)> = Vec::new();
        while let Some(key) = self.key(entries.is_empty())? {
            entries.push((Cow::Owned(key.into_owned()), self.value()?));
        }
        Ok(Value::Object(Map::from_entries(keep_last(entries))))
    }
}

/// The byte of `original` behind position `at` of the text that `String::from_utf8_lossy` makes of it.
fn original_byte(original: &[u8], at: usize) -> Option<u8> {
    let mut start = 0;
    for chunk in original.utf8_chunks() {
        let valid = chunk.valid().as_bytes();
        if let Some(byte) = valid.get(at - start) {
            return Some(*byte);
        }
        start += valid.len();
        if let Some(byte) = chunk.invalid().first() {
            let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
            if at < end {
                return Some(*byte);
            }
            start = end;
        }
    }
    None
}

/// An integer where it fits 64 bits signed, else a float, as Kubernetes' JSON reader does.
pub(crate) fn number_value(text: &str) -> Result<Value> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::Int(number));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Float(number)),
        _ => {
            Err(DecodeError { message: format!("json: cannot unmarshal number {text} into Go value of type float64") })
        }
    }
}

/// Drops all but the last entry of each key; each key stays where it stood first.
fn keep_last(entries: Vec<(Key, Value)>) -> Vec<(Key, Value)> {
    let has_duplicate = match entries.len() {
        0 | 1 => false,
        2..=SMALL_MAP_MAX => (1..entries.len()).any(|at| entries[..at].iter().any(|(key, _)| *key == entries[at].0)),
        _ => {
            let mut seen = std::collections::HashSet::with_capacity(entries.len());
            !entries.iter().all(|(key, _)| seen.insert(key.as_ref()))
        }
    };
    if !has_duplicate {
        return entries;
    }
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<(Key, Value)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match places.get(&key) {
            Some(&at) => kept[at].1 = value,
            None => {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
    }
    kept
}
