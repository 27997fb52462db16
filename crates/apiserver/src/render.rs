//! Objects, lists and tables as bytes in the negotiated encoding and shape.
//!
//! JSON of stored objects is never decoded: the cache's bytes are copied with the resourceVersion spliced in.

pub mod list;
pub mod metadata;
pub mod protobuf;
pub mod scale;
pub mod table;

use api::ResourceType;
use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::yaml;
use bytes::Bytes;
use http::StatusCode;

use self::table::TableFormat;
use crate::indent::indent;
use crate::negotiation::{Accepted, Encoding, Shape};
use crate::query::Query;
use crate::reply::{Pieces, Reply, ReplyBody};

/// What the `Table` and metadata shapes need to know of a resource.
#[derive(Clone, Copy)]
pub struct Kind<'a> {
    /// The resource that was asked for.
    pub resource: &'a registry::resource::Resource,
    /// Its names and schema.
    pub ty: &'static ResourceType,
}

impl Kind<'_> {
    /// The kind as upstream's internal type is called in refusals: `core.Pod`.
    fn go_name(&self) -> String {
        let package = match self.ty.group.split('.').next().unwrap_or("") {
            "" | "events" => "core",
            other => other,
        };
        format!("{package}.{}", self.ty.kind)
    }
}

/// A whole JSON document of the server's own (reviews, discovery, errors) in the negotiated encoding.
pub fn value_reply(accepted: Accepted, status: StatusCode, value: &Value) -> Reply {
    let mut bytes = json::to_vec(value);
    bytes.push(b'\n');
    json_reply(accepted, status, bytes)
}

/// JSON bytes (with their trailing line feed) in the negotiated encoding.
pub fn json_reply(accepted: Accepted, status: StatusCode, bytes: Vec<u8>) -> Reply {
    let (media_type, body) = transcode(accepted, bytes);
    Reply::full(status, media_type, body)
}

fn transcode(accepted: Accepted, bytes: Vec<u8>) -> (&'static str, Vec<u8>) {
    let media_type = accepted.encoding.media_type();
    match accepted.encoding {
        Encoding::Json if accepted.is_pretty => (media_type, indent(&bytes)),
        Encoding::Json => (media_type, bytes),
        Encoding::Yaml => match json::parse(&bytes) {
            Ok(value) => (media_type, yaml::encode(&value).into_bytes()),
            Err(_) => (Encoding::Json.media_type(), bytes),
        },
        Encoding::Protobuf => match protobuf::encode_document(&bytes) {
            Ok(message) => (media_type, message),
            Err(_) => (Encoding::Json.media_type(), bytes),
        },
    }
}

/// One stored object.
pub fn object_reply(
    accepted: Accepted,
    status: StatusCode,
    kind: Kind<'_>,
    object: &EncodedObject,
    query: &Query,
) -> Result<Reply, Status> {
    let mut bytes = Vec::with_capacity(object.bytes.len() + 128);
    match accepted.shape {
        Shape::Plain | Shape::AggregatedDiscovery if accepted.encoding == Encoding::Protobuf => {
            let document = protobuf::object_document(kind.ty, object)?;
            return Ok(Reply::full(status, Encoding::Protobuf.media_type(), document));
        }
        Shape::Plain | Shape::AggregatedDiscovery => object.write(&mut bytes),
        Shape::Metadata(version) => {
            if accepted.encoding == Encoding::Protobuf {
                let message = protobuf::metadata_document(version, kind.ty, object)?;
                return Ok(Reply::full(status, Encoding::Protobuf.media_type(), message));
            }
            metadata::write_partial(version, object, &mut bytes);
        }
        Shape::MetadataList(_) => {
            return Err(Status::not_acceptable(format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list (*{})",
                kind.go_name()
            )));
        }
        Shape::Table(version) => {
            let format = TableFormat { version, include: table::include_object(query)?, has_columns: true };
            let rows = std::slice::from_ref(object);
            table::write(format, kind, rows.iter(), &table::ListMeta::of(object.revision), &mut bytes);
        }
    }
    bytes.push(b'\n');
    Ok(json_reply(accepted, status, bytes))
}

/// A LIST; long plain ones are made while they are sent.
pub fn list_reply(
    accepted: Accepted,
    kind: Kind<'_>,
    list: registry::resource::ObjectList,
    query: &Query,
) -> Result<Reply, Status> {
    let meta = table::ListMeta {
        revision: list.revision,
        continue_token: list.continue_token,
        remaining_item_count: list.remaining_item_count,
    };
    let items = list.items;
    let pieces: Pieces = match accepted.shape {
        Shape::Plain | Shape::AggregatedDiscovery => match accepted.encoding {
            Encoding::Protobuf => Box::new(protobuf::list_pieces(kind.ty, meta, items)?),
            _ if kind.resource.custom().is_some() => Box::new(list::custom_pieces(kind.ty, &meta, items)),
            _ => Box::new(list::plain_pieces(kind.ty, &meta, items)),
        },
        Shape::Metadata(_) => {
            return Err(Status::not_acceptable(format!(
                "you requested PartialObjectMetadata, but the requested object is a list (*{}List)",
                kind.go_name()
            )));
        }
        Shape::MetadataList(version) => match accepted.encoding {
            Encoding::Protobuf => Box::new(protobuf::metadata_list_pieces(version, kind.ty, meta, items)?),
            _ => Box::new(list::metadata_pieces(version, &meta, items)),
        },
        Shape::Table(version) => {
            let format = TableFormat { version, include: table::include_object(query)?, has_columns: true };
            let mut bytes = Vec::new();
            table::write(format, kind, items.iter().map(|item| &**item), &meta, &mut bytes);
            bytes.push(b'\n');
            Box::new(std::iter::once(Bytes::from(bytes)))
        }
    };
    Ok(pieces_reply(accepted, pieces))
}

fn pieces_reply(accepted: Accepted, mut pieces: Pieces) -> Reply {
    let is_as_made = match accepted.encoding {
        Encoding::Json => !accepted.is_pretty,
        Encoding::Protobuf => true,
        Encoding::Yaml => false,
    };
    let status = StatusCode::OK;
    if !is_as_made {
        let bytes = pieces.fold(Vec::new(), |mut all, piece| {
            all.extend_from_slice(&piece);
            all
        });
        return json_reply(accepted, status, bytes);
    }
    let first = pieces.next().unwrap_or_default();
    match pieces.next() {
        None => Reply::full(status, accepted.encoding.media_type(), first),
        Some(second) => {
            let all = [first, second].into_iter().chain(pieces);
            Reply::new(status, accepted.encoding.media_type(), ReplyBody::Pieces(Box::new(all)))
        }
    }
}
