//! Values of expressions.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::types::Type;

/// A value.
#[derive(Clone, Debug)]
pub enum Val {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating point number.
    Double(f64),
    /// A text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Arc<Vec<Val>>),
    /// A map, or an object.
    Map(Arc<BTreeMap<Key, Val>>),
    /// An object made by `Object.spec{...}`.
    Struct(Arc<Struct>),
    /// A point in time.
    Timestamp(Timestamp),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// A type.
    Type(Type),
    /// An optional value.
    Optional(Option<Arc<Val>>),
    /// A value of a library.
    Opaque(Arc<dyn Opaque>),
}

/// Key of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `true` or `false`
    Bool(bool),
    /// An integer, signed or not.
    Int(i128),
    /// A text.
    String(Arc<str>),
}

/// An object with a type's name.
#[derive(Debug)]
pub struct Struct {
    /// `Object`, `Object.spec`, `JSONPatch`, ...
    pub name: String,
    /// The fields that were set.
    pub fields: BTreeMap<Key, Val>,
}

/// A value of a library: a quantity, an address, an authorization check.
pub trait Opaque: fmt::Debug + Send + Sync + 'static {
    /// Name of its type.
    fn type_name(&self) -> &'static str;
    /// Whether it equals another value of the same type.
    fn equals(&self, other: &dyn Opaque) -> bool;
    /// For library functions to see what it is.
    fn as_any(&self) -> &dyn Any;
    /// Characters or items of it, where functions over it cost by them.
    fn size(&self) -> u64 {
        1
    }
}

/// Why an evaluation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The expression cannot be evaluated on these values. `&&`, `||` and macros may absorb it.
    Error(String),
    /// It costs more than one call may.
    CostLimit,
    /// It costs more than was left for all expressions.
    OutOfBudget,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Error(text) => out.write_str(text),
            Fault::CostLimit => out.write_str("operation cancelled: actual cost limit exceeded"),
            Fault::OutOfBudget => out.write_str(
                "validation failed due to running out of cost budget, no further validation rules will be run",
            ),
        }
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Fault::Error(text.to_owned())
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Error(text)
    }
}

/// What evaluations answer.
pub type Outcome = Result<Val, Fault>;

impl Val {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Val {
        Val::String(text.into())
    }

    /// A list.
    pub fn list(items: Vec<Val>) -> Val {
        Val::List(Arc::new(items))
    }

    /// A map.
    pub fn map(entries: BTreeMap<Key, Val>) -> Val {
        Val::Map(Arc::new(entries))
    }

    /// An optional value.
    pub fn optional(value: Option<Val>) -> Val {
        Val::Optional(value.map(Arc::new))
    }

    /// A value of a library.
    pub fn opaque(value: impl Opaque) -> Val {
        Val::Opaque(Arc::new(value))
    }

    /// A list of texts.
    pub fn texts(texts: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Val {
        Val::list(texts.into_iter().map(Val::text).collect())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Val::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is this truth value.
    pub fn is(&self, truth: bool) -> bool {
        matches!(self, Val::Bool(own) if *own == truth)
    }

    /// The library's value inside.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        match self {
            Val::Opaque(value) => value.as_any().downcast_ref(),
            _ => None,
        }
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        match self {
            Val::Null => Type::Null,
            Val::Bool(_) => Type::Bool,
            Val::Int(_) => Type::Int,
            Val::Uint(_) => Type::Uint,
            Val::Double(_) => Type::Double,
            Val::String(_) => Type::String,
            Val::Bytes(_) => Type::Bytes,
            Val::List(_) => Type::list(Type::Dyn),
            Val::Map(_) => Type::map(Type::Dyn, Type::Dyn),
            Val::Struct(object) => Type::named(&object.name),
            Val::Timestamp(_) => Type::Timestamp,
            Val::Duration(_) => Type::Duration,
            Val::Type(_) => Type::Type,
            Val::Optional(_) => Type::optional(Type::Dyn),
            Val::Opaque(value) => Type::named(value.type_name()),
        }
    }

    /// Whether it can be given where a function wants `ty`. Only the outermost type is looked at, and the items of lists.
    pub(crate) fn has_type(&self, ty: &Type) -> bool {
        match (self, ty) {
            (_, Type::Dyn | Type::Param(_)) => true,
            (Val::List(items), Type::List(of)) => {
                matches!(**of, Type::Dyn | Type::Param(_)) || items.first().is_none_or(|first| first.has_type(of))
            }
            (Val::Map(_) | Val::Struct(_), Type::Map(_) | Type::Object(_)) | (Val::Optional(_), Type::Optional(_)) => {
                true
            }
            (own, ty) => own.type_of() == *ty,
        }
    }

    /// Its key, where it can be one.
    pub fn as_key(&self) -> Option<Key> {
        match self {
            Val::Bool(truth) => Some(Key::Bool(*truth)),
            Val::Int(number) => Some(Key::Int(i128::from(*number))),
            Val::Uint(number) => Some(Key::Int(i128::from(*number))),
            Val::Double(number) if number.fract() == 0.0 => Some(Key::Int(*number as i128)),
            Val::String(text) => Some(Key::String(text.clone())),
            _ => None,
        }
    }

    /// The entries of a map or object.
    pub fn entries(&self) -> Option<&BTreeMap<Key, Val>> {
        match self {
            Val::Map(entries) => Some(entries),
            Val::Struct(object) => Some(&object.fields),
            _ => None,
        }
    }

    /// Items of a list, characters of a text, entries of a map: what functions over it cost.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Val::String(text) => text.len() as u64,
            Val::Bytes(bytes) => bytes.len() as u64,
            Val::List(items) => items.len() as u64,
            Val::Map(entries) => entries.len() as u64,
            Val::Opaque(value) => value.size(),
            _ => 1,
        }
    }
}

impl Key {
    /// A field's name.
    pub fn text(name: &str) -> Key {
        Key::String(name.into())
    }

    /// The key as a value.
    pub fn to_val(&self) -> Val {
        match self {
            Key::Bool(truth) => Val::Bool(*truth),
            Key::Int(number) => match i64::try_from(*number) {
                Ok(number) => Val::Int(number),
                Err(_) => Val::Uint(*number as u64),
            },
            Key::String(text) => Val::String(text.clone()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Bool(truth) => write!(out, "{truth}"),
            Key::Int(number) => write!(out, "{number}"),
            Key::String(text) => out.write_str(text),
        }
    }
}
