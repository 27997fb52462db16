//! Table-driven protobuf, both directions, with Kubernetes' `k8s\0` envelope (`runtime.Unknown`).

use crate::schema::{DecodeError, Struct};
use crate::value::Value;

/// Content type of the envelope.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// The four bytes before the envelope.
pub const MAGIC: &[u8; 4] = b"k8s\0";

/// An opened envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `apiVersion`
    pub api_version: &'a str,
    /// `kind`
    pub kind: &'a str,
    /// The message.
    pub raw: &'a [u8],
}

/// Opens `k8s\0` + `runtime.Unknown`.
pub fn open_envelope(body: &[u8]) -> Result<Envelope<'_>, DecodeError> {
    let _ = body;
    todo!("schema helper")
}

/// Appends the envelope around `message`.
pub fn write_envelope(api_version: &str, kind: &str, message: &[u8], out: &mut Vec<u8>) {
    let _ = (api_version, kind, message, out);
    todo!("schema helper")
}

/// Decodes a message of type `ty` to a normalised tree (without kind and apiVersion).
pub fn decode(ty: &Struct, message: &[u8]) -> Result<Value, DecodeError> {
    let _ = (ty, message);
    todo!("schema helper")
}

/// Appends the message of a normalised tree, byte for byte as upstream's gogo encoder does.
pub fn encode(ty: &Struct, value: &Value, out: &mut Vec<u8>) {
    let _ = (ty, value, out);
    todo!("schema helper")
}
