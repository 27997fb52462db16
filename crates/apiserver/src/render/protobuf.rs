//! Answers in `application/vnd.kubernetes.protobuf`, transcoded from stored JSON.

use std::sync::Arc;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use apimachinery::group_version::GroupVersion;
use apimachinery::schema::{Struct, Type, decode_json};
use apimachinery::status::Status;
use apimachinery::{json, protobuf};
use bytes::Bytes;

use super::list::PIECE_BYTES;
use super::metadata::write_metadata;
use super::table::ListMeta;
use crate::negotiation::MetaVersion;

/// Field number of `items` in every list message.
const ITEMS: u32 = 2;
/// Field number of `metadata` in every list message and in every object.
const METADATA: u32 = 1;

/// The enveloped message of a JSON document whose kind is built in.
pub fn encode_document(document: &[u8]) -> Result<Vec<u8>, Status> {
    let (api_version, kind) = type_meta(document)?;
    let message = message_of(&api_version, &kind, document)?;
    Ok(envelope(&api_version, &kind, &message))
}

fn envelope(api_version: &str, kind: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    protobuf::write_envelope(api_version, kind, message, &mut out);
    out
}

fn type_meta(document: &[u8]) -> Result<(String, String), Status> {
    let value = json::parse(document).map_err(Status::internal)?;
    Ok((value.str_at(&["apiVersion"]).to_owned(), value.str_at(&["kind"]).to_owned()))
}

fn message_of(api_version: &str, kind: &str, document: &[u8]) -> Result<Vec<u8>, Status> {
    let gv = GroupVersion::parse(api_version).unwrap_or_default();
    // Discovery documents of the core group say no version.
    let version = if gv.version.is_empty() { "v1" } else { &gv.version };
    let ty = api::type_by_gvk(&gv.group, version, kind)
        .ok_or_else(|| Status::not_acceptable(format!("no protobuf form of {kind}")))?;
    message(ty, document)
}

fn message(ty: &'static Struct, document: &[u8]) -> Result<Vec<u8>, Status> {
    let (value, _) = decode_json(ty, document).map_err(Status::internal)?;
    let mut out = Vec::with_capacity(document.len());
    protobuf::encode(ty, &value, &mut out);
    Ok(out)
}

/// The enveloped object. Its message is made once, unless it is of another kind than the resource (a scale).
pub fn object_document(ty: &'static ResourceType, object: &EncodedObject) -> Result<Vec<u8>, Status> {
    let api_version = ty.api_version();
    let prefix = format!("{{\"kind\":\"{}\",\"apiVersion\":\"{api_version}\",", ty.kind);
    match object.bytes.starts_with(prefix.as_bytes()) {
        true => Ok(envelope(&api_version, ty.kind, &object_message(ty.schema, object)?)),
        false => encode_document(&object.to_json()),
    }
}

/// The message of a stored object, kept beside its JSON.
fn object_message(ty: &'static Struct, object: &EncodedObject) -> Result<Bytes, Status> {
    object.protobuf.get_or_make(std::ptr::from_ref(ty).addr(), || message(ty, &object.to_json()))
}

fn metadata_type(ty: &'static ResourceType) -> Result<&'static Struct, Status> {
    match ty.schema.field("metadata").map(|field| &field.ty) {
        Some(Type::Struct(apimachinery::schema::TypeRef::Static(metadata))) => Ok(metadata),
        _ => Err(Status::internal(format!("{} has no metadata", ty.kind))),
    }
}

fn metadata_message(ty: &'static ResourceType, object: &EncodedObject) -> Result<Vec<u8>, Status> {
    let mut document = Vec::new();
    write_metadata(object, &mut document);
    let inner = message(metadata_type(ty)?, &document)?;
    let mut out = Vec::with_capacity(inner.len() + 8);
    write_bytes(METADATA, &inner, &mut out);
    Ok(out)
}

/// The enveloped `PartialObjectMetadata` of an object.
pub fn metadata_document(
    version: MetaVersion,
    ty: &'static ResourceType,
    object: &EncodedObject,
) -> Result<Vec<u8>, Status> {
    Ok(envelope(version.api_version(), "PartialObjectMetadata", &metadata_message(ty, object)?))
}

/// A list, made piece by piece.
pub fn list_pieces(
    ty: &'static ResourceType,
    meta: ListMeta,
    items: Vec<Arc<EncodedObject>>,
) -> Result<impl Iterator<Item = Bytes> + Send + use<>, Status> {
    let messages: Result<Vec<_>, _> = items.iter().map(|item| object_message(ty.schema, item)).collect();
    Ok(pieces(&ty.api_version(), ty.list_kind, &meta, messages?))
}

/// A `PartialObjectMetadataList`.
pub fn metadata_list_pieces(
    version: MetaVersion,
    ty: &'static ResourceType,
    meta: ListMeta,
    items: Vec<Arc<EncodedObject>>,
) -> Result<impl Iterator<Item = Bytes> + Send + use<>, Status> {
    let messages: Result<Vec<_>, _> = items.iter().map(|item| metadata_message(ty, item)).collect();
    Ok(pieces(version.api_version(), "PartialObjectMetadataList", &meta, messages?))
}

fn pieces(
    api_version: &str,
    kind: &str,
    meta: &ListMeta,
    messages: Vec<impl AsRef<[u8]>>,
) -> std::vec::IntoIter<Bytes> {
    let mut list = Vec::new();
    write_bytes(METADATA, &list_meta(meta), &mut list);
    for message in &messages {
        write_bytes(ITEMS, message.as_ref(), &mut list);
    }
    drop(messages);
    let whole = Bytes::from(envelope(api_version, kind, &list));
    let starts = (0..whole.len()).step_by(PIECE_BYTES);
    let cut: Vec<Bytes> = starts.map(|at| whole.slice(at..whole.len().min(at + PIECE_BYTES))).collect();
    cut.into_iter()
}

/// `ListMeta`; strings are written also when empty, as upstream's encoder does.
fn list_meta(meta: &ListMeta) -> Vec<u8> {
    let mut out = Vec::new();
    let revision = if meta.revision == 0 { String::new() } else { meta.revision.to_string() };
    write_bytes(1, b"", &mut out);
    write_bytes(2, revision.as_bytes(), &mut out);
    write_bytes(3, meta.continue_token.as_bytes(), &mut out);
    if let Some(count) = meta.remaining_item_count {
        write_varint(4 << 3, &mut out);
        write_varint(count, &mut out);
    }
    out
}

/// One watch event in a frame: four bytes of length, then `metav1.WatchEvent`.
pub fn watch_frame(event_type: &str, object: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(object.len() + 8);
    write_bytes(1, object, &mut raw);
    let mut event = Vec::with_capacity(raw.len() + 32);
    write_bytes(1, event_type.as_bytes(), &mut event);
    write_bytes(2, &raw, &mut event);
    let length = u32::try_from(event.len()).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(event.len() + 4);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&event);
    out
}

fn write_bytes(field: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(u64::from(field << 3 | 2), out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_metadata_and_watch_frames_have_upstreams_bytes() {
        let meta = ListMeta { revision: 12, continue_token: String::new(), remaining_item_count: Some(300) };
        assert_eq!(list_meta(&meta), b"\x0a\x00\x12\x0212\x1a\x00\x20\xac\x02");
        assert_eq!(watch_frame("ADDED", b"xy"), b"\0\0\0\x0d\x0a\x05ADDED\x12\x04\x0a\x02xy");
    }
}
