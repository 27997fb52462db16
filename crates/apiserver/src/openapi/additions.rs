//! What comes and goes while the server runs: the documents of custom resources, beside the built-in ones.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::gnostic;
use super::packed::{Encoding, Packed, encode, pack};
use super::shared_types;
use crate::gzip::unpack_embedded;

/// The documents of one group version. They are made only when a client asks.
pub trait Source: Send + Sync + 'static {
    /// Where the v3 document stands: `apis/GROUP/VERSION`.
    fn path(&self) -> &str;

    /// Changes whenever a document does.
    fn hash(&self) -> String;

    /// The whole v3 document.
    fn v3(&self) -> Value;

    /// Paths and definitions that the v2 document has more.
    fn v2(&self) -> (Map<String, Value>, Map<String, Value>);
}

/// A source with what was made of it.
pub(super) struct Addition {
    pub(super) source: Arc<dyn Source>,
    pub(super) hash: String,
    v3: Packed,
}

impl Addition {
    pub(super) fn new(source: Arc<dyn Source>) -> Addition {
        Addition { hash: source.hash(), source, v3: Packed::default() }
    }

    pub(super) fn v3(&self, encoding: Encoding) -> Bytes {
        self.v3.get(encoding, &gnostic::v3::DOCUMENT, || {
            let mut document = self.source.v3();
            shared_types::add(&mut document);
            document
        })
    }
}

/// All additions of a moment.
#[derive(Default)]
pub(super) struct Additions {
    /// By path.
    pub(super) all: Vec<Arc<Addition>>,
    v2: Mutex<[Option<Bytes>; 2]>,
}

impl Additions {
    /// The new state; what is unchanged keeps what was made of it.
    pub(super) fn of(sources: Vec<Arc<dyn Source>>, before: &Additions) -> Additions {
        let mut all: Vec<Arc<Addition>> = sources
            .into_iter()
            .map(|source| {
                let hash = source.hash();
                let kept = before.all.iter().find(|it| it.source.path() == source.path() && it.hash == hash);
                kept.cloned().unwrap_or_else(|| Arc::new(Addition::new(source)))
            })
            .collect();
        all.sort_by(|a, b| a.source.path().cmp(b.source.path()));
        Additions { all, v2: Mutex::default() }
    }

    pub(super) fn find(&self, path: &str) -> Option<&Arc<Addition>> {
        self.all.iter().find(|it| it.source.path() == path)
    }

    /// Hash of the v2 document whose built-in part hashes to `base`.
    pub(super) fn hash(&self, base: &str) -> String {
        if self.all.is_empty() {
            return base.to_owned();
        }
        let hashes = self.all.iter().map(|it| format!("{} {}", it.source.path(), it.hash));
        super::digest_text(std::iter::once(base.to_owned()).chain(hashes))
    }

    /// The whole v2 document: the built-in part and all additions.
    pub(super) fn v2(&self, base: &Base, encoding: Encoding) -> Bytes {
        let place = usize::from(encoding == Encoding::Protobuf);
        if let Some(made) = &self.v2.lock()[place] {
            return made.clone();
        }
        let made = base.with(&self.all, encoding);
        self.v2.lock()[place] = Some(made.clone());
        made
    }
}

/// The built-in part of the v2 document, cut where additions go.
pub(super) struct Base {
    /// Up to the end of the paths.
    paths: Bytes,
    /// From there up to the end of the definitions.
    definitions: Bytes,
    protobuf: Bytes,
}

impl Base {
    /// Cuts a document.
    pub(super) fn of(mut document: Value) -> Base {
        let protobuf = pack(&encode(Encoding::Protobuf, &gnostic::v2::DOCUMENT, &document));
        let mut take = |key: &str| document.get_mut(key).map(Value::take).unwrap_or_default();
        let (paths, definitions) = (take("paths"), take("definitions"));
        if let Value::Object(rest) = &mut document {
            rest.retain(|_, value| !value.is_null());
        }
        let rest = document.to_string();
        let rest = open(&rest);
        let comma = if rest.len() > 1 { "," } else { "" };
        let (paths, definitions) = (paths.to_string(), definitions.to_string());
        Base {
            paths: pack(format!("{rest}{comma}\"paths\":{}", open(&paths)).as_bytes()),
            definitions: pack(format!("}},\"definitions\":{}", open(&definitions)).as_bytes()),
            protobuf,
        }
    }

    fn with(&self, additions: &[Arc<Addition>], encoding: Encoding) -> Bytes {
        let (mut paths, mut definitions) = (Map::new(), Map::new());
        for addition in additions {
            let (more_paths, more_definitions) = addition.source.v2();
            paths.extend(more_paths);
            definitions.extend(more_definitions);
        }
        if encoding == Encoding::Protobuf {
            if paths.is_empty() && definitions.is_empty() {
                return self.protobuf.clone();
            }
            // Messages that follow each other are one message.
            let mut whole = unpack_embedded(&self.protobuf);
            let more = serde_json::json!({"paths": paths, "definitions": definitions});
            whole.extend(encode(encoding, &gnostic::v2::DOCUMENT, &more));
            return pack(&whole);
        }
        let mut whole = unpack_embedded(&self.paths);
        append(&paths, &mut whole);
        whole.extend(unpack_embedded(&self.definitions));
        append(&definitions, &mut whole);
        whole.extend_from_slice(b"}}");
        pack(&whole)
    }
}

/// A JSON object without its closing brace.
fn open(object: &str) -> &str {
    object.strip_suffix('}').unwrap_or("{")
}

/// Adds entries to an object that is still open and may be empty.
fn append(entries: &Map<String, Value>, out: &mut Vec<u8>) {
    for (key, value) in entries {
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.extend_from_slice(format!("{}:{value}", Value::from(key.as_str())).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Widgets;

    impl Source for Widgets {
        fn path(&self) -> &str {
            "apis/example.com/v1"
        }

        fn hash(&self) -> String {
            "w1".into()
        }

        fn v3(&self) -> Value {
            json!({"openapi": "3.0.0"})
        }

        fn v2(&self) -> (Map<String, Value>, Map<String, Value>) {
            let one = |key: &str| Map::from_iter([(key.to_owned(), json!({}))]);
            (one("/apis/example.com/v1/widgets"), one("com.example.v1.Widget"))
        }
    }

    fn base() -> Base {
        Base::of(json!({"swagger": "2.0", "info": {"title": "t"}, "paths": {"/api": {}}, "definitions": {"A": {}}}))
    }

    #[test]
    fn additions_are_spliced_into_the_old_document() {
        let none = Additions::default();
        let document = |additions: &Additions| -> Value {
            serde_json::from_slice(&unpack_embedded(&additions.v2(&base(), Encoding::Json))).expect("JSON")
        };
        assert_eq!(document(&none)["paths"], json!({"/api": {}}));
        let with = Additions::of(vec![Arc::new(Widgets)], &none);
        let whole = document(&with);
        assert_eq!(whole["paths"], json!({"/api": {}, "/apis/example.com/v1/widgets": {}}));
        assert_eq!(whole["definitions"], json!({"A": {}, "com.example.v1.Widget": {}}));
        assert_eq!((&whole["swagger"], &whole["info"]["title"]), (&"2.0".into(), &"t".into()));
        assert_ne!(none.hash("base"), with.hash("base"));
    }

    #[test]
    fn additions_are_appended_to_the_protobuf_form() {
        let none = Additions::default();
        let with = Additions::of(vec![Arc::new(Widgets)], &none);
        let bytes = |additions: &Additions| unpack_embedded(&additions.v2(&base(), Encoding::Protobuf));
        let (plain, whole) = (bytes(&none), bytes(&with));
        assert!(whole.len() > plain.len() && whole.starts_with(&plain));
    }

    #[test]
    fn what_did_not_change_is_not_made_again() {
        let first = Additions::of(vec![Arc::new(Widgets)], &Additions::default());
        let second = Additions::of(vec![Arc::new(Widgets)], &first);
        assert!(Arc::ptr_eq(&first.all[0], &second.all[0]));
    }
}
