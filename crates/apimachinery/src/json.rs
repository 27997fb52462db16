//! JSON text ↔ tree, without a schema, and the canonical bytes of stored objects.
//!
//! Texts of syntax errors are those of Go's `encoding/json`, since clients and people know them.

mod encode;
pub(crate) mod lexer;
mod object;

use crate::schema::DecodeError;
use crate::value::Value;

pub use encode::{encode, encode_string, to_vec};
pub use object::{encode_object, scan_object};

/// Nesting that a body may have; deeper ones are refused (Go's own limit is 10,000; ours bounds the stack).
pub const DEPTH_MAX: usize = 512;

/// Parses any JSON value; a duplicate key keeps the last value.
pub fn parse(text: &[u8]) -> Result<Value, DecodeError> {
    let decoded = String::from_utf8_lossy(text);
    let mut lexer = lexer::Lexer::lossy(&decoded, text);
    let value = lexer.value()?;
    lexer.end()?;
    Ok(value)
}

#[cfg(test)]
mod tests;
