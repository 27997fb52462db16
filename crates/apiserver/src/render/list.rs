//! LIST as concatenation of stored bytes, made piece by piece.

use std::sync::Arc;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use bytes::Bytes;

use super::metadata::write_partial;
use super::table::ListMeta;
use crate::negotiation::MetaVersion;

/// A piece is sent when it has grown to this size: large enough for few writes, small enough to not hold a
/// whole list twice, and below the size from which the allocator asks the kernel for fresh pages each time.
pub const PIECE_BYTES: usize = 64 * 1024;

/// A list as it is stored.
pub fn plain_pieces(
    ty: &'static ResourceType,
    meta: &ListMeta,
    items: Vec<Arc<EncodedObject>>,
) -> impl Iterator<Item = Bytes> + Send + use<> {
    Items::new(ty.list_kind, &ty.api_version(), meta, items, |item, out| item.write_list_item(out))
}

/// A list of custom objects: as in upstream, each item says what it is.
pub fn custom_pieces(
    ty: &'static ResourceType,
    meta: &ListMeta,
    items: Vec<Arc<EncodedObject>>,
) -> impl Iterator<Item = Bytes> + Send + use<> {
    Items::new(ty.list_kind, &ty.api_version(), meta, items, |item, out| item.write(out))
}

/// A `PartialObjectMetadataList`.
pub fn metadata_pieces(
    version: MetaVersion,
    meta: &ListMeta,
    items: Vec<Arc<EncodedObject>>,
) -> impl Iterator<Item = Bytes> + Send + use<> {
    let write = move |item: &EncodedObject, out: &mut Vec<u8>| write_partial(version, item, out);
    Items::new("PartialObjectMetadataList", version.api_version(), meta, items, write)
}

struct Items<W> {
    items: std::vec::IntoIter<Arc<EncodedObject>>,
    write: W,
    buffer: Vec<u8>,
    is_first: bool,
    is_done: bool,
}

impl<W: Fn(&EncodedObject, &mut Vec<u8>)> Items<W> {
    fn new(kind: &str, api_version: &str, meta: &ListMeta, items: Vec<Arc<EncodedObject>>, write: W) -> Self {
        let total: usize = items.iter().map(|item| item.bytes.len() + 32).sum();
        let mut buffer = Vec::with_capacity((total + 256).min(PIECE_BYTES + 16 * 1024));
        buffer.extend_from_slice(
            format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":").as_bytes(),
        );
        meta.write(&mut buffer);
        buffer.extend_from_slice(b",\"items\":[");
        Items { items: items.into_iter(), write, buffer, is_first: true, is_done: false }
    }
}

impl<W: Fn(&EncodedObject, &mut Vec<u8>)> Iterator for Items<W> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.is_done {
            return None;
        }
        while self.buffer.len() < PIECE_BYTES {
            let Some(item) = self.items.next() else {
                self.buffer.extend_from_slice(b"]}\n");
                self.is_done = true;
                return Some(std::mem::take(&mut self.buffer).into());
            };
            if !std::mem::take(&mut self.is_first) {
                self.buffer.push(b',');
            }
            (self.write)(&item, &mut self.buffer);
        }
        let next = Vec::with_capacity(PIECE_BYTES + 16 * 1024);
        Some(std::mem::replace(&mut self.buffer, next).into())
    }
}
