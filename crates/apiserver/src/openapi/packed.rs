//! Documents that are made when somebody asks for them and kept compressed.

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::gnostic::Message;
use crate::gzip::unpack_embedded;
use crate::negotiation::accepts_gzip;
use crate::reply::Reply;

/// Encodings of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    Json,
    /// gnostic's protobuf.
    Protobuf,
}

/// One document in both encodings, compressed, each made when first asked for.
#[derive(Default)]
pub struct Packed {
    json: OnceLock<Bytes>,
    protobuf: OnceLock<Bytes>,
}

impl Packed {
    /// The compressed bytes of the document that `make` makes.
    pub fn get(&self, encoding: Encoding, message: &Message, make: impl FnOnce() -> Value) -> Bytes {
        let cell = match encoding {
            Encoding::Json => &self.json,
            Encoding::Protobuf => &self.protobuf,
        };
        cell.get_or_init(|| pack(&encode(encoding, message, &make()))).clone()
    }
}

/// A document's bytes.
pub fn encode(encoding: Encoding, message: &Message, document: &Value) -> Vec<u8> {
    match encoding {
        Encoding::Json => document.to_string().into_bytes(),
        Encoding::Protobuf => {
            let mut out = Vec::new();
            if let Some(object) = document.as_object() {
                message.write(object, &mut out);
            }
            out
        }
    }
}

/// Compresses.
pub fn pack(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::new(4));
    encoder.write_all(bytes).expect("a Vec takes any bytes");
    encoder.finish().expect("a Vec takes any bytes").into()
}

/// The answer with a packed document: 304 when the client has it, unpacked when it takes no gzip.
pub fn reply(packed: &Bytes, media_type: &'static str, hash: &str, headers: &HeaderMap) -> Reply {
    let etag = format!("\"{hash}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_known = known.split(',').any(|it| it.trim().trim_start_matches("W/") == etag);
    let mut reply = match is_known {
        true => Reply::full(StatusCode::NOT_MODIFIED, media_type, Bytes::new()),
        false if accepts_gzip(headers) => {
            let mut reply = Reply::full(StatusCode::OK, media_type, packed.clone());
            reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            reply.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
            reply
        }
        false => Reply::full(StatusCode::OK, media_type, unpack_embedded(packed)),
    };
    reply.header("etag", &etag);
    debug_assert!(reply.headers.contains_key(ETAG));
    reply.headers.append(VARY, HeaderValue::from_static("Accept"));
    reply
}
