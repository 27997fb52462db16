//! Types of expressions, and how they fit each other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type as the checker knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything; decided when evaluated.
    Dyn,
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `google.protobuf.Duration`
    Duration,
    /// `type(..)`
    Type,
    /// `list(..)`
    List(Arc<Type>),
    /// `map(..)`
    Map(Arc<(Type, Type)>),
    /// `optional_type(..)`
    Optional(Arc<Type>),
    /// An object with known fields.
    Object(Arc<ObjectType>),
    /// A value of a library (`kubernetes.Quantity`, `net.IP`, ...), or an object made by `Object.spec{...}`.
    Named(Arc<str>),
    /// A parameter of a function's signature (`A`, `B`).
    Param(char),
}

/// An object type: its name and its fields.
#[derive(Debug, Default)]
pub struct ObjectType {
    /// Name in messages.
    pub name: String,
    /// Fields as expressions name them.
    pub fields: BTreeMap<String, Type>,
}

/// Object types are the same when their names are: schemas nest deeply, and names are unique per schema.
impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ObjectType {}

/// What the parameters of one call's signature stand for.
pub(crate) type Bindings = Vec<(char, Type)>;

impl Type {
    /// `list(item)`
    pub fn list(item: Type) -> Type {
        Type::List(Arc::new(item))
    }

    /// `map(key, value)`
    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new((key, value)))
    }

    /// `optional_type(of)`
    pub fn optional(of: Type) -> Type {
        Type::Optional(Arc::new(of))
    }

    /// An object type of a name and fields.
    pub fn object(name: &str, fields: impl IntoIterator<Item = (&'static str, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
        Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields }))
    }

    /// A named type.
    pub fn named(name: &str) -> Type {
        Type::Named(name.into())
    }

    /// Whether nothing is known of it.
    pub fn is_dyn(&self) -> bool {
        matches!(self, Type::Dyn)
    }

    /// Whether a value of type `self` may be given where `wanted` is expected, binding the parameters in `wanted`.
    pub(crate) fn fits(&self, wanted: &Type, bindings: &mut Bindings) -> bool {
        match (self, wanted) {
            (own, Type::Param(name)) => own.fits_param(*name, bindings),
            (Type::Dyn, _) => bind_all(wanted, bindings),
            (_, Type::Dyn) => true,
            (Type::List(own), Type::List(wanted)) | (Type::Optional(own), Type::Optional(wanted)) => {
                own.fits(wanted, bindings)
            }
            (Type::Map(own), Type::Map(wanted)) => own.0.fits(&wanted.0, bindings) && own.1.fits(&wanted.1, bindings),
            (Type::Null, wanted) => wanted.is_nullable(),
            (own, Type::Null) => own.is_nullable(),
            (own, wanted) => own == wanted,
        }
    }

    fn fits_param(&self, name: char, bindings: &mut Bindings) -> bool {
        let Some(at) = bindings.iter().position(|(known, _)| *known == name) else {
            bindings.push((name, self.clone()));
            return true;
        };
        let bound = bindings[at].1.clone();
        if bound.is_dyn() || matches!(bound, Type::Null) && self.is_nullable() {
            bindings[at].1 = self.clone();
            return true;
        }
        self.fits(&bound, &mut Vec::new())
    }

    /// What null may stand for.
    fn is_nullable(&self) -> bool {
        !matches!(
            self,
            Type::Bool
                | Type::Int
                | Type::Uint
                | Type::Double
                | Type::String
                | Type::Bytes
                | Type::List(_)
                | Type::Map(_)
        )
    }

    /// The type with its parameters replaced; unbound ones are dyn.
    pub(crate) fn bound(&self, bindings: &Bindings) -> Type {
        match self {
            Type::Param(name) => {
                bindings.iter().find(|(known, _)| known == name).map_or(Type::Dyn, |(_, ty)| ty.clone())
            }
            Type::List(item) => Type::list(item.bound(bindings)),
            Type::Optional(of) => Type::optional(of.bound(bindings)),
            Type::Map(of) => Type::map(of.0.bound(bindings), of.1.bound(bindings)),
            other => other.clone(),
        }
    }

    /// The type of a list or map of both: the same one, or dyn.
    pub(crate) fn joined(&self, other: &Type) -> Type {
        if self == other {
            return self.clone();
        }
        match (self, other) {
            (Type::Null, it) | (it, Type::Null) if it.is_nullable() => it.clone(),
            (Type::List(own), Type::List(its)) => Type::list(own.joined(its)),
            (Type::Optional(own), Type::Optional(its)) => Type::optional(own.joined(its)),
            _ => Type::Dyn,
        }
    }
}

/// Dyn stands for whatever is wanted; parameters in it that are not yet bound become dyn.
fn bind_all(wanted: &Type, bindings: &mut Bindings) -> bool {
    match wanted {
        Type::Param(name) if !bindings.iter().any(|(known, _)| known == name) => bindings.push((*name, Type::Dyn)),
        Type::List(of) | Type::Optional(of) => return bind_all(of, bindings),
        Type::Map(of) => return bind_all(&of.0, bindings) && bind_all(&of.1, bindings),
        _ => {}
    }
    true
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dyn => out.write_str("dyn"),
            Type::Null => out.write_str("null_type"),
            Type::Bool => out.write_str("bool"),
            Type::Int => out.write_str("int"),
            Type::Uint => out.write_str("uint"),
            Type::Double => out.write_str("double"),
            Type::String => out.write_str("string"),
            Type::Bytes => out.write_str("bytes"),
            Type::Timestamp => out.write_str("timestamp"),
            Type::Duration => out.write_str("duration"),
            Type::Type => out.write_str("type"),
            Type::List(item) => write!(out, "list({item})"),
            Type::Map(of) => write!(out, "map({}, {})", of.0, of.1),
            Type::Optional(of) => write!(out, "optional_type({of})"),
            Type::Object(object) => out.write_str(&object.name),
            Type::Named(name) => out.write_str(name),
            Type::Param(name) => write!(out, "{name}"),
        }
    }
}
