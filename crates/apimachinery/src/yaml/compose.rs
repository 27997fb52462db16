//! YAML events → tree.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::resolve::{Plain, resolve};
use crate::json::DEPTH_MAX;
use crate::schema::{DecodeError, quote};
use crate::value::{Key, Map, Value};

type Result<T> = std::result::Result<T, DecodeError>;

/// Nodes below which a document may consist of aliases almost wholly.
const ALIAS_FREE_NODES_MAX: usize = 1_000;
/// Nodes up to which 99 % may come from aliases; go-yaml's bounds.
const ALIAS_NODES_LOW: usize = 400_000;
/// Nodes from which 10 % may come from aliases.
const ALIAS_NODES_HIGH: usize = 4_000_000;

/// Parses the first document: the tree, and one text per duplicate key.
pub(super) fn compose(text: &str) -> Result<(Value, Vec<String>)> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
        emit_unresolved_aliases: true,
    };
    let mut composer = Composer {
        text,
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        open: Vec::new(),
        duplicates: Vec::new(),
        nodes: 0,
        alias_nodes: 0,
    };
    let value = composer.document()?;
    Ok((value.unwrap_or_default(), composer.duplicates))
}

/// A finished anchored node.
struct Anchored {
    node: Node,
    /// Nodes in it.
    nodes: usize,
}

#[derive(Clone)]
struct Node {
    value: Value,
    /// What it stands for as a mapping key: `1` and `"1"` differ there.
    key: KeyKind,
    line: usize,
}

#[derive(Clone, PartialEq)]
enum KeyKind {
    Text,
    Merge,
    /// A number or truth value, as its text.
    Scalar(String),
    Null,
    Collection,
}

struct Composer<'a> {
    text: &'a str,
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, Anchored>,
    /// The collections around the current node, outermost first.
    open: Vec<Collection>,
    duplicates: Vec<String>,
    nodes: usize,
    alias_nodes: usize,
}

/// A collection whose end has not come yet.
struct Collection {
    content: Content,
    anchor: usize,
    line: usize,
    /// Nodes before it.
    nodes_before: usize,
}

enum Content {
    Sequence(Vec<Value>),
    /// The key is there while its value is awaited.
    Mapping(Entries, Option<Node>),
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Option<Value>> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line();
            let finished = match event {
                Event::StreamEnd | Event::DocumentEnd => return Ok(root),
                Event::Scalar(text, style, anchor, tag) => {
                    self.nodes += 1;
                    let node = scalar(text, style, tag.as_deref(), line)?;
                    self.remember(anchor, &node, 1);
                    node
                }
                Event::Alias(anchor) => self.alias(anchor, span.slice(self.text).unwrap_or_default())?,
                Event::UnresolvedAlias(name) => return error(&format!("yaml: unknown anchor '{name}' referenced")),
                Event::SequenceStart(_, anchor, _) => {
                    self.enter(Content::Sequence(Vec::new()), anchor, line)?;
                    continue;
                }
                Event::MappingStart(_, anchor, _) => {
                    self.enter(Content::Mapping(Entries::default(), None), anchor, line)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                    Some(collection) => self.leave(collection),
                    None => continue,
                },
                _ => continue,
            };
            match self.open.pop() {
                None => root = Some(finished.value),
                Some(mut collection) => {
                    self.attach(&mut collection, finished)?;
                    self.open.push(collection);
                }
            }
        }
    }

    fn enter(&mut self, content: Content, anchor: usize, line: usize) -> Result<()> {
        if self.open.len() >= DEPTH_MAX {
            return error("exceeded max depth");
        }
        self.open.push(Collection { content, anchor, line, nodes_before: self.nodes });
        self.nodes += 1;
        Ok(())
    }

    fn leave(&mut self, collection: Collection) -> Node {
        let value = match collection.content {
            Content::Sequence(items) => Value::Array(items),
            Content::Mapping(entries, _) => Value::Object(Map::from_entries(entries.list)),
        };
        let node = Node { value, key: KeyKind::Collection, line: collection.line };
        self.remember(collection.anchor, &node, self.nodes - collection.nodes_before);
        node
    }

    fn remember(&mut self, anchor: usize, node: &Node, nodes: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes });
        }
    }

    /// `token` is the alias as written, with its `*`.
    fn alias(&mut self, anchor: usize, token: &str) -> Result<Node> {
        let name = token.trim_start_matches('*');
        if self.open.iter().any(|collection| collection.anchor == anchor) {
            return error(&format!("yaml: anchor '{name}' value contains itself"));
        }
        let Some(anchored) = self.anchors.get(&anchor) else {
            return error(&format!("yaml: unknown anchor '{name}' referenced"));
        };
        self.nodes += anchored.nodes;
        self.alias_nodes += anchored.nodes;
        let share = self.alias_nodes as f64 / self.nodes as f64;
        if self.alias_nodes > 100 && self.nodes > ALIAS_FREE_NODES_MAX && share > alias_share_max(self.nodes) {
            return error("yaml: document contains excessive aliasing");
        }
        Ok(anchored.node.clone())
    }

    /// Puts a finished node where it belongs in the collection around it.
    fn attach(&mut self, collection: &mut Collection, node: Node) -> Result<()> {
        let (entries, key) = match &mut collection.content {
            Content::Sequence(items) => {
                items.push(node.value);
                return Ok(());
            }
            Content::Mapping(entries, key) => (entries, key),
        };
        let Some(key) = key.take() else {
            *key = Some(node);
            return Ok(());
        };
        if key.key == KeyKind::Merge {
            return self.merge(node, entries);
        }
        let (name, shown) = key_name(&key)?;
        if entries.insert(name, node.value) {
            self.duplicates.push(format!("line {}: key {shown} already set in map", node.line));
        }
        Ok(())
    }

    /// `<<`: the earlier mappings of a list win; all of them lose against what follows, as in go-yaml.
    fn merge(&mut self, node: Node, entries: &mut Entries) -> Result<()> {
        let line = node.line;
        let maps = match node.value {
            Value::Object(map) => vec![map],
            Value::Array(items) => {
                let maps = items.into_iter().rev().map(|item| match item {
                    Value::Object(map) => Some(map),
                    _ => None,
                });
                match maps.collect::<Option<Vec<Map>>>() {
                    Some(maps) => maps,
                    None => return error("yaml: map merge requires map or sequence of maps as the value"),
                }
            }
            _ => return error("yaml: map merge requires map or sequence of maps as the value"),
        };
        for (key, value) in maps.into_iter().flat_map(Map::into_entries) {
            let shown = quote(&key);
            if entries.insert(key, value) {
                self.duplicates.push(format!("line {line}: key {shown} already set in map"));
            }
        }
        Ok(())
    }
}

/// Entries of a mapping; an entry that comes again takes the place of the first.
#[derive(Default)]
struct Entries {
    list: Vec<(Key, Value)>,
    places: HashMap<Key, usize>,
}

impl Entries {
    /// Whether the key was there already.
    fn insert(&mut self, key: Key, value: Value) -> bool {
        if let Some(&at) = self.places.get(&key) {
            self.list[at].1 = value;
            return true;
        }
        self.places.insert(key.clone(), self.list.len());
        self.list.push((key, value));
        false
    }
}

fn alias_share_max(nodes: usize) -> f64 {
    match nodes {
        0..=ALIAS_NODES_LOW => 0.99,
        ALIAS_NODES_HIGH.. => 0.10,
        _ => {
            let way = (nodes - ALIAS_NODES_LOW) as f64 / (ALIAS_NODES_HIGH - ALIAS_NODES_LOW) as f64;
            0.99 - 0.89 * way
        }
    }
}

/// The JSON key, and how upstream shows it.
fn key_name(key: &Node) -> Result<(Key, String)> {
    match (&key.key, &key.value) {
        (KeyKind::Text | KeyKind::Merge, Value::String(text)) => Ok((Cow::Owned(text.clone()), quote(text))),
        (KeyKind::Scalar(text), _) => Ok((Cow::Owned(text.clone()), text.clone())),
        (KeyKind::Null, _) => error("unsupported map key of type: %!s(<nil>), key: <nil>"),
        _ => error("yaml: invalid map key"),
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<Node> {
    let name = tag.map(tag_name);
    let plain = match (name.as_deref(), style) {
        (None, ScalarStyle::Plain) => resolve(&text),
        (None, _) | (Some("str" | "binary" | "!"), _) => Plain::Text,
        (Some("bool" | "int" | "float" | "null" | "timestamp"), _) => {
            tagged(&text, name.as_deref().unwrap_or_default())?
        }
        (Some("merge"), _) => resolve(&text),
        _ => Plain::Text,
    };
    let key = match &plain {
        Plain::Merge => KeyKind::Merge,
        Plain::Null => KeyKind::Null,
        Plain::Text | Plain::Timestamp => KeyKind::Text,
        Plain::Bool(truth) => KeyKind::Scalar(truth.to_string()),
        Plain::Int(number) => KeyKind::Scalar(number.to_string()),
        Plain::BigInt(number) => KeyKind::Scalar(number.to_string()),
        Plain::Float(number) => KeyKind::Scalar(super::emit::float_text(*number)),
    };
    let value = match name.as_deref() {
        Some("binary") => binary(&text)?,
        _ => plain.into_value(&text).or_else(|number| {
            let shown = if number.is_nan() { "NaN" } else { super::emit::infinity_text(number) };
            error(&format!("json: unsupported value: {shown}"))
        })?,
    };
    Ok(Node { value, key, line })
}

/// `!!int` → `int`; a tag that is not YAML's own is `other`.
fn tag_name(tag: &Tag) -> String {
    match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:" | "!!", suffix) => suffix.to_owned(),
        ("!" | "", "" | "!") => "!".to_owned(),
        _ => "other".to_owned(),
    }
}

/// A scalar with an explicit tag must be of that type.
fn tagged(text: &str, tag: &str) -> Result<Plain> {
    let plain = resolve(text);
    let found = match (&plain, tag) {
        (Plain::Bool(_), "bool") | (Plain::Int(_) | Plain::BigInt(_), "int") => return Ok(plain),
        (Plain::Float(_), "float") | (Plain::Null, "null") | (Plain::Timestamp, "timestamp") => return Ok(plain),
        (Plain::Int(number), "float") => return Ok(Plain::Float(*number as f64)),
        (Plain::Bool(_), _) => "bool",
        (Plain::Int(_) | Plain::BigInt(_), _) => "int",
        (Plain::Float(_), _) => "float",
        (Plain::Null, _) => "null",
        (Plain::Timestamp, _) => "timestamp",
        (Plain::Merge, _) => "merge",
        (Plain::Text, _) => "str",
    };
    error(&format!("yaml: cannot decode !!{found} `{text}` as a !!{tag}"))
}

fn binary(text: &str) -> Result<Value> {
    use base64::Engine;
    let compact: String = text.split_whitespace().collect();
    match base64::engine::general_purpose::STANDARD.decode(compact) {
        Ok(bytes) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        Err(_) => error("yaml: !!binary value contains invalid base64 data"),
    }
}

/// go-yaml's text where the parser's own differs; go-yaml names no line when it is the first, except for
/// brackets that stay open.
fn scan_error(error: &ScanError) -> DecodeError {
    let info = error.info();
    let (line, text) = (error.marker().line(), info.as_str());
    let open = match text {
        "unclosed bracket '['" => Some("did not find expected ',' or ']'"),
        "unclosed bracket '{'" => Some("did not find expected ',' or '}'"),
        _ => None,
    };
    DecodeError {
        message: match (line, open) {
            (line, Some(open)) => format!("yaml: line {line}: {open}"),
            (0 | 1, None) => format!("yaml: {text}"),
            (line, None) => format!("yaml: line {line}: {text}"),
        },
    }
}

#[cold]
fn error<T>(message: &str) -> Result<T> {
    Err(DecodeError { message: message.to_owned() })
}
