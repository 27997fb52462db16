//! The `Table` answer: column definitions from the facts, cells from the kind's own rules.

pub mod columns;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;

use super::Kind;
use super::metadata::write_partial;
use crate::negotiation::MetaVersion;
use crate::query::Query;

/// `metadata` of a list answer.
#[derive(Clone, Debug, Default)]
pub struct ListMeta {
    /// `resourceVersion`
    pub revision: u64,
    /// `continue`
    pub continue_token: String,
    /// `remainingItemCount`
    pub remaining_item_count: Option<u64>,
}

impl ListMeta {
    /// Only a revision.
    pub fn of(revision: u64) -> ListMeta {
        ListMeta { revision, ..ListMeta::default() }
    }

    /// Appends the JSON object.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        if self.revision != 0 {
            out.extend_from_slice(format!("\"resourceVersion\":\"{}\"", self.revision).as_bytes());
        }
        if !self.continue_token.is_empty() {
            out.extend_from_slice(b",\"continue\":");
            json::encode_string(&self.continue_token, out);
        }
        if let Some(count) = self.remaining_item_count {
            out.extend_from_slice(format!(",\"remainingItemCount\":{count}").as_bytes());
        }
        out.push(b'}');
    }
}

/// What each row carries of its object (`includeObject`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata; the default.
    Metadata,
    /// All of it.
    Object,
}

/// Reads `includeObject`.
pub fn include_object(query: &Query) -> Result<IncludeObject, Status> {
    match query.text("includeObject") {
        "" | "Metadata" => Ok(IncludeObject::Metadata),
        "None" => Ok(IncludeObject::None),
        "Object" => Ok(IncludeObject::Object),
        other => Err(Status::bad_request(format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
        ))),
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub struct TableFormat {
    /// Version of the document.
    pub version: MetaVersion,
    /// What rows carry of their objects.
    pub include: IncludeObject,
    /// Whether it has column definitions: a list does, and the first event of a watch.
    pub has_columns: bool,
}

/// Appends the whole document.
pub fn write<'a>(
    format: TableFormat,
    kind: Kind<'_>,
    objects: impl Iterator<Item = &'a EncodedObject>,
    meta: &ListMeta,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"kind\":\"Table\",\"apiVersion\":\"");
    out.extend_from_slice(format.version.api_version().as_bytes());
    out.extend_from_slice(b"\",\"metadata\":");
    meta.write(out);
    out.extend_from_slice(b",\"columnDefinitions\":");
    match (format.has_columns, kind.resource.custom()) {
        (false, _) => out.extend_from_slice(b"null"),
        (true, Some(custom)) => json::encode(&custom.column_definitions(), out),
        (true, None) => {
            out.extend_from_slice(columns::definitions(kind.ty.group, kind.ty.version, kind.ty.plural).as_bytes());
        }
    }
    out.extend_from_slice(b",\"rows\":[");
    let now = jiff::Timestamp::now();
    for (at, object) in objects.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_row(format, kind, object, now, out);
    }
    out.extend_from_slice(b"]}");
}

fn write_row(format: TableFormat, kind: Kind<'_>, object: &EncodedObject, now: jiff::Timestamp, out: &mut Vec<u8>) {
    let row = kind.resource.row(object, now);
    out.extend_from_slice(b"{\"cells\":");
    json::encode(&Value::Array(row.cells), out);
    if !row.conditions.is_empty() {
        out.extend_from_slice(b",\"conditions\":");
        json::encode(&Value::Array(row.conditions), out);
    }
    out.extend_from_slice(b",\"object\":");
    match format.include {
        IncludeObject::None => out.extend_from_slice(b"null"),
        IncludeObject::Metadata => write_partial(format.version, object, out),
        IncludeObject::Object => object.write(out),
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_metadata_leaves_out_what_is_not_there() {
        let mut out = Vec::new();
        ListMeta { revision: 5, continue_token: "a\"b".into(), remaining_item_count: Some(2) }.write(&mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"resourceVersion":"5","continue":"a\"b","remainingItemCount":2}"#
        );
        let refused = include_object(&Query::parse("includeObject=x")).expect_err("no such value");
        assert_eq!(refused.code, 400);
    }
}
