//! Table-driven protobuf, both directions, with Kubernetes' `k8s\0` envelope (`runtime.Unknown`).
//!
//! Bytes are those of upstream's gogo encoder: fields by ascending number, scalars that are no pointers
//! always written, maps sorted by key.

mod decode;
mod encode;
mod wire;

use crate::schema::DecodeError;
use wire::{Backward, Reader};

pub use decode::decode;
pub use encode::encode;

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
    let Some(unknown) = body.strip_prefix(MAGIC) else {
        let message = match body.is_empty() {
            true => "empty data",
            false => "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
        };
        return Err(DecodeError { message: message.into() });
    };
    if unknown.is_empty() {
        return Err(DecodeError { message: "empty body".into() });
    }
    let mut envelope = Envelope { api_version: "", kind: "", raw: &[] };
    let mut reader = Reader::new(unknown);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => read_type_meta(reader.bytes(wire)?, &mut envelope)?,
            2 => envelope.raw = reader.bytes(wire)?,
            _ => reader.skip(wire)?,
        }
    }
    Ok(envelope)
}

fn read_type_meta<'a>(message: &'a [u8], envelope: &mut Envelope<'a>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => envelope.api_version = text(reader.bytes(wire)?)?,
            2 => envelope.kind = text(reader.bytes(wire)?)?,
            _ => reader.skip(wire)?,
        }
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| DecodeError { message: "proto: Unknown: text is not UTF-8".into() })
}

/// Appends the envelope around `message`.
pub fn write_envelope(api_version: &str, kind: &str, message: &[u8], out: &mut Vec<u8>) {
    let mut writer = Backward::new();
    // contentType and contentEncoding are always empty.
    writer.text(4, "");
    writer.text(3, "");
    writer.field_bytes(2, message);
    writer.message(1, |writer| {
        writer.text(2, kind);
        writer.text(1, api_version);
    });
    out.extend_from_slice(MAGIC);
    writer.finish(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_opens_to_what_was_put_in() {
        let mut body = Vec::new();
        write_envelope("apps/v1", "Deployment", b"\x0a\x00", &mut body);
        assert_eq!(body, b"k8s\0\x0a\x15\x0a\x07apps/v1\x12\x0aDeployment\x12\x02\x0a\x00\x1a\x00\x22\x00");
        let envelope = open_envelope(&body).expect("the envelope is whole");
        assert_eq!(envelope, Envelope { api_version: "apps/v1", kind: "Deployment", raw: b"\x0a\x00" });
    }

    #[test]
    fn broken_envelopes_are_refused() {
        for body in
            [&b""[..], b"{}", b"k8s\0\x0a\xff", b"k8s\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"k8s\0\x08"]
        {
            assert!(open_envelope(body).is_err(), "{body:?}");
        }
    }
}
