//! What selectors need of an object, in one small allocation.

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::value::Value;

use super::scan;
use crate::strategy::{Path, SelectableField};

/// Labels and selectable fields of one object.
///
/// Layout: the number of labels, per label its key and value, then the selectable fields in the order of the kind's
/// table; numbers are `u32`, texts have their length before them. An object without either takes no memory.
#[derive(Default)]
pub(crate) struct Projection {
    packed: Box<[u8]>,
}

const LABELS: Path = &["metadata", "labels"];

/// Paths of one kind that can be scanned for at once.
const PATHS_MAX: usize = 32;

impl Projection {
    /// Reads what is needed from an object's bytes.
    pub fn of(object: &EncodedObject, fields: &'static [SelectableField]) -> Projection {
        let paths: Vec<Path> =
            std::iter::once(LABELS).chain(fields.iter().flat_map(|it| it.paths.iter().copied())).collect();
        debug_assert!(paths.len() <= PATHS_MAX, "a kind has too many selectable fields");
        let found = scan::find(&object.bytes, &paths);
        let mut packed = Vec::new();
        pack_labels(found.first().copied().flatten(), &mut packed);
        let mut at = 1;
        for field in fields {
            let places = &found[at..at + field.paths.len()];
            at += field.paths.len();
            let value = places.iter().flatten().map(|raw| text_of(raw)).find(|text| !text.is_empty());
            pack(value.as_deref().unwrap_or(field.absent), &mut packed);
        }
        let is_empty = packed.iter().all(|byte| *byte == 0);
        Projection { packed: if is_empty { Box::default() } else { packed.into() } }
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        let mut reader = Reader { rest: &self.packed };
        for _ in 0..reader.number() {
            let (found, value) = (reader.text(), reader.text());
            if found == key {
                return Some(value);
            }
        }
        None
    }

    /// The value of the selectable field at this place of the kind's table.
    pub fn field(&self, at: usize) -> &str {
        let mut reader = Reader { rest: &self.packed };
        for _ in 0..reader.number() {
            reader.text();
            reader.text();
        }
        for _ in 0..at {
            reader.text();
        }
        reader.text()
    }
}

fn pack_labels(raw: Option<&[u8]>, packed: &mut Vec<u8>) {
    let labels = raw.and_then(|raw| json::parse(raw).ok());
    let labels = labels.as_ref().and_then(Value::as_object);
    packed.extend((labels.map_or(0, |it| it.len()) as u32).to_le_bytes());
    for (key, value) in labels.into_iter().flat_map(|it| it.iter()) {
        pack(key, packed);
        pack(value.as_str().unwrap_or(""), packed);
    }
}

fn pack(text: &str, packed: &mut Vec<u8>) {
    packed.extend((text.len() as u32).to_le_bytes());
    packed.extend(text.as_bytes());
}

/// A JSON scalar as selectors see it: strings without quotes, all others as they stand.
fn text_of(raw: &[u8]) -> String {
    match raw {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => String::from_utf8_lossy(inner).into_owned(),
        [b'"', ..] => json::parse(raw).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default(),
        b"null" => String::new(),
        _ => String::from_utf8_lossy(raw).into_owned(),
    }
}

/// Reads what was packed; gives zeroes and empty texts behind its end.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> u32 {
        match self.rest.split_first_chunk::<4>() {
            Some((number, rest)) => {
                self.rest = rest;
                u32::from_le_bytes(*number)
            }
            None => 0,
        }
    }

    fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        std::str::from_utf8(text).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    static FIELDS: &[SelectableField] = &[
        SelectableField::new("spec.nodeName", &[&["spec", "nodeName"]]),
        SelectableField::or("spec.hostNetwork", &[&["spec", "hostNetwork"]], "false"),
        SelectableField::new("source", &[&["source", "component"], &["reporter"]]),
    ];

    fn project(object: &Value) -> Projection {
        Projection::of(&json::encode_object(object, 1), FIELDS)
    }

    #[test]
    fn labels_and_fields_are_found_without_the_object() {
        let projection = project(&tree!({
            "kind": "Pod", "apiVersion": "v1",
            "metadata": {"labels": {"app": "web", "tier": "a\"b"}, "name": "x"},
            "spec": {"containers": [{"nodeName": "not this"}], "nodeName": "n1", "hostNetwork": true},
            "source": {"component": ""}, "reporter": "kubelet"
        }));
        assert_eq!(projection.label("app"), Some("web"));
        assert_eq!(projection.label("tier"), Some("a\"b"));
        assert_eq!(projection.label("none"), None);
        let fields: Vec<&str> = (0..4).map(|at| projection.field(at)).collect();
        assert_eq!(fields, ["n1", "true", "kubelet", ""]);
    }

    #[test]
    fn an_object_with_nothing_to_select_takes_no_memory() {
        let object = json::encode_object(&tree!({"kind": "X", "apiVersion": "v1", "metadata": {}}), 1);
        let projection = Projection::of(&object, &[]);
        assert!(projection.packed.is_empty());
        assert_eq!(projection.label("a"), None);
    }
}
