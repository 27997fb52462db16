//! Short constructors that the generated table is written in.

use std::borrow::Cow;

use apimachinery::schema::{Alternative, Field, ListKind, Omit, PatchStrategy, Struct, Type, TypeRef};

/// A text in a static list.
pub(crate) type Text = Cow<'static, str>;

/// `text` for a static list.
pub(crate) const fn text(text: &'static str) -> Text {
    Cow::Borrowed(text)
}

pub(crate) const NEVER: Omit = Omit::Never;
pub(crate) const ZERO: Omit = Omit::Zero;
pub(crate) const LIST: Alternative = Alternative::List;
pub(crate) const BOOL: Alternative = Alternative::Bool;
pub(crate) const STRINGS: Alternative = Alternative::Strings;

/// List semantics of server-side apply.
#[derive(Clone, Copy)]
pub(crate) enum Lists {
    Atomic,
    Set,
    Map(&'static [Text]),
}

/// What is known of a field beside name and type.
#[derive(Clone, Copy)]
pub(crate) struct F {
    pub omit: Omit,
    pub pointer: bool,
    pub required: bool,
    pub atomic: bool,
    pub number: u32,
    pub inline: u32,
    pub list: Lists,
    pub merges: bool,
    pub key: &'static str,
    pub retains: bool,
    pub replaces: bool,
    pub values: &'static [Text],
    pub default: &'static str,
    pub go: &'static str,
    pub embedded: &'static str,
}

/// What most fields have.
pub(crate) const D: F = F {
    omit: Omit::Empty,
    pointer: false,
    required: false,
    atomic: false,
    number: 0,
    inline: 0,
    list: Lists::Atomic,
    merges: false,
    key: "",
    retains: false,
    replaces: false,
    values: &[],
    default: "",
    go: "",
    embedded: "",
};

/// A field.
pub(crate) const fn field(name: &'static str, ty: Type, facts: F) -> Field {
    Field {
        name: Cow::Borrowed(name),
        ty,
        omit: facts.omit,
        is_pointer: facts.pointer,
        is_required: facts.required,
        number: facts.number,
        inline_number: facts.inline,
        list: match facts.list {
            Lists::Atomic => ListKind::Atomic,
            Lists::Set => ListKind::Set,
            Lists::Map(keys) => ListKind::Map(Cow::Borrowed(keys)),
        },
        is_atomic: facts.atomic,
        patch: PatchStrategy {
            merges: facts.merges,
            merge_key: Cow::Borrowed(facts.key),
            retains_keys: facts.retains,
            replaces: facts.replaces,
        },
        enum_values: Cow::Borrowed(facts.values),
        default: Cow::Borrowed(facts.default),
        go_type: Cow::Borrowed(facts.go),
        go_inline: Cow::Borrowed(facts.embedded),
    }
}

/// A struct.
pub(crate) const fn object(
    name: &'static str,
    go_name: &'static str,
    fields: &'static [Field],
    is_atomic: bool,
) -> Struct {
    Struct {
        name: Cow::Borrowed(name),
        go_name: Cow::Borrowed(go_name),
        fields: Cow::Borrowed(fields),
        is_atomic,
        keeps_unknown: false,
    }
}

/// A struct as a type.
pub(crate) const fn one(ty: &'static Struct) -> Type {
    Type::Struct(TypeRef::Static(ty))
}

/// A list type.
pub(crate) const fn list(element: &'static Type) -> Type {
    Type::List(TypeRef::Static(element))
}

/// A map type.
pub(crate) const fn map(element: &'static Type) -> Type {
    Type::Map(TypeRef::Static(element))
}

/// A struct or something else.
pub(crate) const fn or(alternative: Alternative, ty: &'static Struct) -> Type {
    Type::StructOr(alternative, TypeRef::Static(ty))
}

pub(crate) static T_BOOL: Type = Type::Bool;
pub(crate) static T_TIME: Type = Type::Time;
pub(crate) static T_STRING: Type = Type::String;
pub(crate) static T_INT32: Type = Type::Int32;
pub(crate) static T_INT64: Type = Type::Int64;
pub(crate) static T_BYTES: Type = Type::Bytes;
pub(crate) static T_QUANTITY: Type = Type::Quantity;
pub(crate) static T_JSON: Type = Type::Json;
pub(crate) static T_RAW_EXTENSION: Type = Type::RawExtension;
pub(crate) static T_LIST_OF_STRINGS: Type = list(&T_STRING);
pub(crate) static T_SCHEMA_OR_STRINGS: Type = or(STRINGS, &crate::generated::apiextensions_v1::JSON_SCHEMA_PROPS);
