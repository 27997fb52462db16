//! CEL as Kubernetes speaks it: expressions are parsed, type-checked against declared variables, and evaluated under a
//! cost limit, with Kubernetes' function libraries.
//!
//! [`Environment`] declares variables, [`compile`] makes a [`Program`], [`Program::evaluate`] runs it over
//! [`Variables`]. Pure: no clock, no IO. It knows nothing of the API server: authorization is asked for through
//! [`library::authorizer::Authorize`].

pub mod budget;
mod check;
mod compare;
pub mod convert;
pub mod environment;
mod estimate;
mod evaluate;
pub mod library;
pub mod program;
pub mod schemas;
mod signature;
mod source;
mod syntax;
mod text_format;
pub mod typed;
pub mod types;
pub mod value;

pub use budget::Budget;
pub use environment::Environment;
pub use program::{CompileError, Program, Variables, compile};
pub use types::{ObjectType, Type};
pub use value::Val;

#[cfg(test)]
mod tests;
