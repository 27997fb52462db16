//! The schema engine: one table drives normalising, strict checks, patches, ownership and protobuf.
//!
//! Built-in kinds use the static table that `api` holds; CRDs build the same types at run time.

mod base64;
mod complete;
mod decode;
mod go_time;
mod normalise;
mod quote;
mod scalar;
mod trace;
mod type_meta;

use std::borrow::Cow;
use std::sync::Arc;

pub(crate) use complete::{complete, element};
pub(crate) use decode::sorted_map;
pub(crate) use quote::quote;
pub use type_meta::{TypeMeta, type_meta};

use crate::value::Value;

/// A struct type.
#[derive(Clone, Debug)]
pub struct Struct {
    /// OpenAPI name, such as `io.k8s.api.core.v1.Pod`.
    pub name: Cow<'static, str>,
    /// Go name as in decoding errors, such as `v1.Pod`... the last two parts of the package and the type.
    pub go_name: Cow<'static, str>,
    /// Fields in Go's struct order, inlined structs flattened (see [`Field::inline_number`]).
    pub fields: Cow<'static, [Field]>,
    /// Applied as one value (`x-kubernetes-map-type: atomic`).
    pub is_atomic: bool,
    /// Fields that are not of the type stay as they are (custom resources), behind the others.
    pub keeps_unknown: bool,
}

/// One field of a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// JSON name.
    pub name: Cow<'static, str>,
    /// Type.
    pub ty: Type,
    /// When the encoder leaves it out.
    pub omit: Omit,
    /// A Go pointer: "absent" and "zero" differ.
    pub is_pointer: bool,
    /// Required by the OpenAPI document.
    pub is_required: bool,
    /// Protobuf field number; 0 when the field is not on that wire.
    pub number: u32,
    /// For a field of an inlined struct that is a message of its own in protobuf (`volumeSource`): that
    /// message's number, else 0. Fields of one inlined message are adjacent. A message that is inlined
    /// in an inlined message has its number in the upper 16 bits (see [`Field::inline_path`]).
    pub inline_number: u32,
    /// How lists merge; `Atomic` for everything that is no list.
    pub list: ListKind,
    /// A map or struct that is applied as one value (`x-kubernetes-map-type: atomic` at the field).
    pub is_atomic: bool,
    /// Strategic merge patch.
    pub patch: PatchStrategy,
    /// Allowed values, if the type is an enum; empty otherwise.
    pub enum_values: Cow<'static, [Cow<'static, str>]>,
    /// The schema's default of a text as JSON text; empty when there is none. List items take their names from it.
    pub default: Cow<'static, str>,
    /// Go's name of the type as decoding errors print it (`v1.PullPolicy`); empty when it follows from `ty`.
    pub go_type: Cow<'static, str>,
    /// Go names of the embedded structs around the field, joined by dots (`VolumeSource`), as decoding
    /// errors print them; usually empty.
    pub go_inline: Cow<'static, str>,
}

impl Field {
    /// An optional field named `name` (`omitempty`, no pointer, not on the protobuf wire); change what differs.
    pub fn new(name: impl Into<Cow<'static, str>>, ty: Type) -> Self {
        Field {
            name: name.into(),
            ty,
            omit: Omit::Empty,
            is_pointer: false,
            is_required: false,
            number: 0,
            inline_number: 0,
            list: ListKind::Atomic,
            is_atomic: false,
            patch: PatchStrategy::default(),
            enum_values: Cow::Borrowed(&[]),
            default: Cow::Borrowed(""),
            go_type: Cow::Borrowed(""),
            go_inline: Cow::Borrowed(""),
        }
    }

    /// Protobuf numbers of the inlined messages around this field, outermost first; 0 where there is none.
    pub fn inline_path(&self) -> (u32, u32) {
        (self.inline_number & 0xffff, self.inline_number >> 16)
    }
}

/// When a field is left out of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omit {
    /// Always encoded: zero value (or null for empty lists and maps, and absent pointers) when absent.
    Never,
    /// `omitempty`: left out when false, 0, "", nil pointer, empty list or map; a struct is never empty.
    Empty,
    /// `omitzero`: left out when the zero value of its type, structs included.
    Zero,
}

/// Server-side-apply list semantics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Replaced as a whole.
    Atomic,
    /// A set of scalars.
    Set,
    /// Items identified by these keys.
    Map(Cow<'static, [Cow<'static, str>]>),
}

/// Strategic-merge-patch semantics of a field.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PatchStrategy {
    /// Lists: merge item by item (scalars: union) instead of replacing.
    pub merges: bool,
    /// Lists of objects: the identifying field; empty for scalars.
    pub merge_key: Cow<'static, str>,
    /// `retainKeys`.
    pub retains_keys: bool,
    /// `replace` on a struct or map.
    pub replaces: bool,
}

/// A field's type.
#[derive(Clone, Debug)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float64`
    Float64,
    /// `string` and named strings
    String,
    /// `[]byte`: base64 text in JSON
    Bytes,
    /// `resource.Quantity`
    Quantity,
    /// `intstr.IntOrString`
    IntOrString,
    /// `metav1.Time`: seconds; null when zero
    Time,
    /// `metav1.MicroTime`
    MicroTime,
    /// `metav1.Duration`: Go duration text
    Duration,
    /// `metav1.FieldsV1`: any JSON object
    FieldsV1,
    /// `runtime.RawExtension`: any JSON object
    RawExtension,
    /// apiextensions `JSON`: any JSON value
    Json,
    /// apiextensions `JSONSchemaPropsOrBool` and the like: a struct or something else
    StructOr(Alternative, TypeRef<Struct>),
    /// A struct
    Struct(TypeRef<Struct>),
    /// `[]T`
    List(TypeRef<Type>),
    /// `map[string]T`
    Map(TypeRef<Type>),
}

/// What may stand instead of the struct in a [`Type::StructOr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// `JSONSchemaPropsOrArray`: a list of the struct
    List,
    /// `JSONSchemaPropsOrBool`: a truth value
    Bool,
    /// `JSONSchemaPropsOrStringArray`: a list of strings
    Strings,
}

/// A reference into the static table, or to a type built at run time.
#[derive(Debug)]
pub enum TypeRef<T: 'static> {
    /// Built in.
    Static(&'static T),
    /// From a CRD.
    Shared(Arc<T>),
}

impl<T> Clone for TypeRef<T> {
    fn clone(&self) -> Self {
        match self {
            TypeRef::Static(it) => TypeRef::Static(it),
            TypeRef::Shared(it) => TypeRef::Shared(Arc::clone(it)),
        }
    }
}

impl<T> std::ops::Deref for TypeRef<T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self {
            TypeRef::Static(it) => it,
            TypeRef::Shared(it) => it,
        }
    }
}

impl Struct {
    /// The field with this JSON name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What strict decoding found besides the object itself: upstream's texts, in document order
/// (`unknown field "spec.foo"`, `duplicate field "spec.replicas"`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FieldIssues {
    /// One text per issue.
    pub issues: Vec<String>,
}

/// A body that is not an object of the type; upstream's text (`json: cannot unmarshal ...`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// Upstream's text.
    pub message: String,
}

/// Decodes JSON of type `ty` to a normalised tree: fields in schema order, maps sorted, unknown fields
/// dropped and reported, absent non-omitted fields filled with their zero values, nulls dropped.
///
/// Depth and size are bounded (`json::DEPTH_MAX`); never panics.
pub fn decode_json(ty: &Struct, body: &[u8]) -> Result<(Value, FieldIssues), DecodeError> {
    decode::decode_json(ty, body)
}

/// The same for YAML (one document); duplicate keys are issues, as in JSON.
pub fn decode_yaml(ty: &Struct, body: &[u8]) -> Result<(Value, FieldIssues), DecodeError> {
    let (value, duplicates) = crate::yaml::parse(body)?;
    let (value, found) = decode::decode_json(ty, &crate::json::to_vec(&value))?;
    let mut issues = crate::yaml::duplicate_issue(&duplicates).map_or_else(Vec::new, |issue| vec![issue]);
    issues.extend(found.issues);
    Ok((value, FieldIssues { issues }))
}

/// Brings any tree of type `ty` into normal form in place (after patches and defaulting). Idempotent.
pub fn normalise(ty: &Struct, value: &mut Value) -> Result<FieldIssues, DecodeError> {
    normalise::normalise(ty, value)
}
