//! The `Table` answer: column definitions from the facts, cells from the kind's own rules.

use std::collections::HashMap;
use std::sync::OnceLock;

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
    out.extend_from_slice(match format.has_columns {
        true => column_definitions(kind.ty.group, kind.ty.version, kind.ty.plural).as_bytes(),
        false => b"null",
    });
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

static COLUMNS: &[u8] = include_bytes!("../../data/table-columns.json.gz");

/// The JSON list of a resource's column definitions.
pub fn column_definitions(group: &str, version: &str, plural: &str) -> &'static str {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let all = json::parse(&crate::gzip::unpack_embedded(COLUMNS)).expect("embedded documents are tested");
        let entries = all.as_object().map(|map| map.iter()).into_iter().flatten();
        entries.map(|(path, columns)| (path.to_owned(), definitions(columns))).collect()
    });
    let path = format!("{group}/{version}/{plural}");
    table.get(&path).map_or(DEFAULT_COLUMNS, String::as_str)
}

/// Columns of kinds that have no own ones.
const DEFAULT_COLUMNS: &str = concat!(
    r#"[{"name":"Name","type":"string","format":"name","description":"","priority":0},"#,
    r#"{"name":"Age","type":"string","format":"","description":"","priority":0}]"#
);

fn definitions(columns: &Value) -> String {
    let columns = columns.as_array().unwrap_or_default().iter().map(|column| {
        apimachinery::tree!({
            "name": (column.field("name").clone()),
            "type": (column.field("type").clone()),
            "format": (column.field("format").clone()),
            "description": "",
            "priority": (column.field("priority").clone()),
        })
    });
    let columns: Value = columns.collect();
    String::from_utf8(json::to_vec(&columns)).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_columns_and_the_first_is_its_name() {
        assert!(column_definitions("", "v1", "pods").starts_with(r#"[{"name":"Name","type":"string","format":"name""#));
        assert!(column_definitions("apps", "v1", "deployments").contains("Up-to-date"));
        assert_eq!(column_definitions("x", "v1", "ys"), DEFAULT_COLUMNS);
    }

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
