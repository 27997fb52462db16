//! `kind` and `apiVersion` of a body, before its type is known.

use super::DecodeError;
use crate::json::lexer::{Lexer, Start};

/// What a body says it is; empty texts where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TypeMeta {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
}

/// Go's name of the anonymous struct that upstream decodes into.
const GO_TYPE: &str =
    r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

/// Reads `kind` and `apiVersion` of a JSON body whose type is not known yet; the whole body's syntax is
/// checked. The message is upstream's (`couldn't get version/kind; json parse error: ...`).
pub fn type_meta(body: &[u8]) -> Result<TypeMeta, DecodeError> {
    let text = String::from_utf8_lossy(body);
    read(Lexer::lossy(&text, body)).map_err(|cause| DecodeError {
        message: format!("couldn't get version/kind; json parse error: {}", cause.message),
    })
}

fn read(mut lexer: Lexer<'_>) -> Result<TypeMeta, DecodeError> {
    let mut found = TypeMeta::default();
    let mut wrong = None;
    match lexer.start()? {
        Start::Null => lexer.null()?,
        Start::Object => {
            lexer.enter()?;
            let mut is_first = true;
            while let Some(key) = lexer.key(is_first)? {
                is_first = false;
                let place = match () {
                    // This one reader of upstream's ignores case.
                    () if key.eq_ignore_ascii_case("kind") => ("kind", &mut found.kind),
                    () if key.eq_ignore_ascii_case("apiVersion") => ("apiVersion", &mut found.api_version),
                    () => {
                        lexer.skip()?;
                        continue;
                    }
                };
                if let Some(value) = read_string(&mut lexer, place.1)? {
                    let message =
                        format!("json: cannot unmarshal {value} into Go struct field .{} of type string", place.0);
                    wrong.get_or_insert(message);
                }
            }
        }
        other => {
            lexer.skip()?;
            let value = format!("{other:?}").to_lowercase();
            wrong = Some(format!("json: cannot unmarshal {value} into Go value of type {GO_TYPE}"));
        }
    }
    lexer.end()?;
    wrong.map_or(Ok(found), |message| Err(DecodeError { message }))
}

/// Sets `out`; returns the name of the JSON type when it is no string.
fn read_string(lexer: &mut Lexer<'_>, out: &mut String) -> Result<Option<&'static str>, DecodeError> {
    let wrong = match lexer.start()? {
        Start::String => {
            *out = lexer.string()?.into_owned();
            return Ok(None);
        }
        Start::Null => None,
        Start::Bool => Some("bool"),
        Start::Number => Some("number"),
        Start::Array => Some("array"),
        Start::Object => Some("object"),
    };
    lexer.skip()?;
    Ok(wrong)
}
