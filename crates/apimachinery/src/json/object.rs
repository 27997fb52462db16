//! Canonical bytes of stored objects: made, found again, and written with their resourceVersion.

use bytes::Bytes;

use super::encode::{encode, encode_int, encode_string};
use crate::encoded::EncodedObject;
use crate::schema::DecodeError;
use crate::value::{Map, Value};

/// The fields of `metadata` that upstream writes before `resourceVersion`.
const BEFORE_RESOURCE_VERSION: [&str; 5] = ["name", "generateName", "namespace", "selfLink", "uid"];

/// Encodes a whole API object canonically (`kind`, `apiVersion`, `metadata` first; resourceVersion
/// dropped), noting where things are. `revision` is the write's, known or 0 and set later.
pub fn encode_object(value: &Value, revision: u64) -> EncodedObject {
    static NO_FIELDS: Map = Map::new();
    let fields = value.as_object().unwrap_or(&NO_FIELDS);
    let mut out = Vec::with_capacity(1_024);
    out.extend_from_slice(b"{\"kind\":");
    encode_string(value.str_at(&["kind"]), &mut out);
    out.extend_from_slice(b",\"apiVersion\":");
    encode_string(value.str_at(&["apiVersion"]), &mut out);
    out.push(b',');
    let prefix_end = offset(out.len());
    out.extend_from_slice(b"\"metadata\":");
    let metadata_start = offset(out.len());
    let metadata = value.field("metadata").as_object().unwrap_or(&NO_FIELDS);
    let splice = encode_metadata(metadata, &mut out);
    let metadata_end = offset(out.len());
    for (key, item) in fields.iter().filter(|(key, _)| !matches!(*key, "kind" | "apiVersion" | "metadata")) {
        out.push(b',');
        encode_string(key, &mut out);
        out.push(b':');
        encode(item, &mut out);
    }
    out.push(b'}');
    let metadata = (metadata_start, metadata_end);
    EncodedObject { bytes: Bytes::from(out), revision, metadata, splice, prefix_end, protobuf: Default::default() }
}

/// Offsets are 32 bits: bodies are bounded far below 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("request bodies are bounded far below 4 GiB")
}

/// Appends `metadata` without its resourceVersion; returns where that belongs.
fn encode_metadata(metadata: &Map, out: &mut Vec<u8>) -> u32 {
    out.push(b'{');
    let mut splice = offset(out.len());
    let mut is_first = true;
    for (key, item) in metadata.iter().filter(|(key, _)| *key != "resourceVersion") {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        encode_string(key, out);
        out.push(b':');
        encode(item, out);
        if BEFORE_RESOURCE_VERSION.contains(&key) {
            splice = offset(out.len());
        }
    }
    out.push(b'}');
    splice
}

/// Finds the spans in canonical bytes read back from the store.
///
/// Trusts the bytes to be JSON that [`encode_object`] wrote: only what it needs is looked at.
pub fn scan_object(bytes: Bytes, revision: u64) -> Result<EncodedObject, DecodeError> {
    let found = find_spans(&bytes);
    let Some((metadata, splice, prefix_end)) = found else {
        return Err(DecodeError { message: "stored bytes are not a canonical object".into() });
    };
    Ok(EncodedObject { bytes, revision, metadata, splice, prefix_end, protobuf: Default::default() })
}

type Spans = ((u32, u32), u32, u32);

fn find_spans(bytes: &[u8]) -> Option<Spans> {
    if bytes.last() != Some(&b'}') {
        return None;
    }
    let at = expect(bytes, 0, b"{\"kind\":")?;
    let at = string_end(bytes, at)?;
    let at = expect(bytes, at, b",\"apiVersion\":")?;
    let at = string_end(bytes, at)?;
    let prefix_end = expect(bytes, at, b",")?;
    let start = expect(bytes, prefix_end, b"\"metadata\":")?;
    let mut at = expect(bytes, start, b"{")?;
    let mut splice = at;
    while bytes.get(at) == Some(&b'"') {
        let key = at + 1;
        let key_end = string_end(bytes, at)?;
        at = value_end(bytes, expect(bytes, key_end, b":")?)?;
        let name = &bytes[key..key_end - 1];
        if BEFORE_RESOURCE_VERSION.iter().any(|before| before.as_bytes() == name) {
            splice = at;
        }
        if bytes.get(at) == Some(&b',') {
            at += 1;
        }
    }
    let end = expect(bytes, at, b"}")?;
    let short = |at: usize| u32::try_from(at).ok();
    Some(((short(start)?, short(end)?), short(splice)?, short(prefix_end)?))
}

fn expect(bytes: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(literal).then_some(at + literal.len())
}

/// Offset behind the string that starts at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Offset behind the value that starts at `at`.
fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut depth = 0usize;
    loop {
        match *bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' if depth > 0 => {
                at += 1;
                continue;
            }
            _ => at += scalar_length(&bytes[at..])?,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Length of the number or word at the start.
fn scalar_length(bytes: &[u8]) -> Option<usize> {
    match bytes.iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b':')) {
        Some(0) | None => None,
        Some(length) => Some(length),
    }
}

impl EncodedObject {
    /// Appends the whole object with its `resourceVersion` (without one while the revision is 0).
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_range(0, self.bytes.len(), out);
    }

    /// Appends it as a LIST item: with `resourceVersion`, without kind and apiVersion.
    pub fn write_list_item(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.write_range(self.prefix_end as usize, self.bytes.len(), out);
    }

    /// Appends the object of `metadata` alone (`{`..`}`), with `resourceVersion`.
    pub fn write_metadata(&self, out: &mut Vec<u8>) {
        self.write_range(self.metadata.0 as usize, self.metadata.1 as usize, out);
    }

    /// The whole object with its `resourceVersion`.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + 40);
        self.write(&mut out);
        out
    }

    fn write_range(&self, start: usize, end: usize, out: &mut Vec<u8>) {
        let splice = self.splice as usize;
        out.reserve(end - start + 40);
        out.extend_from_slice(&self.bytes[start..splice]);
        if self.revision != 0 {
            let is_first = self.bytes[splice - 1] == b'{';
            if !is_first {
                out.push(b',');
            }
            out.extend_from_slice(b"\"resourceVersion\":\"");
            encode_int(i64::try_from(self.revision).unwrap_or(i64::MAX), out);
            out.push(b'"');
            if is_first && self.bytes[splice] != b'}' {
                out.push(b',');
            }
        }
        out.extend_from_slice(&self.bytes[splice..end]);
    }
}
