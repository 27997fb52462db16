//! Column definitions: names and types from the facts, descriptions from those of the fields that they show.
//!
//! Columns that show no single field have one-line texts in upstream; here they have none.

use std::collections::HashMap;
use std::sync::OnceLock;

use apimachinery::json;
use apimachinery::value::Value;

use crate::openapi::descriptions::Descriptions;

static COLUMNS: &[u8] = include_bytes!("../../../data/table-columns.json.gz");

/// The field that a column shows: a line with a resource, below it `  COLUMN: TYPE FIELD`.
static SOURCES: &str = include_str!("columns.txt");

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Columns of kinds that have no own ones.
const DEFAULT_COLUMNS: &str = r#"[{"name":"Name","type":"string","format":"name","priority":0},{"name":"Age","type":"string","format":"","priority":0}]"#;

/// Columns of a `Scale`, which is no resource; its name has no format.
const SCALE_COLUMNS: &str = r#"[{"name":"Name","type":"string","format":"","priority":0},{"name":"Desired","type":"integer","format":"","priority":0},{"name":"Available","type":"integer","format":"","priority":0},{"name":"Age","type":"string","format":"","priority":0}]"#;

/// What stands for the resource of scales.
const SCALES: &str = "autoscaling/v1/scales";

/// The JSON list of a resource's column definitions.
pub fn definitions(group: &str, version: &str, plural: &str) -> &'static str {
    static TABLE: OnceLock<Definitions> = OnceLock::new();
    let table = TABLE.get_or_init(Definitions::collect);
    table.by_resource.get(&format!("{group}/{version}/{plural}")).unwrap_or(&table.default)
}

struct Definitions {
    by_resource: HashMap<String, String>,
    default: String,
}

impl Definitions {
    fn collect() -> Definitions {
        let (sources, descriptions) = (sources(), Descriptions::collect());
        let describe = |resource: &str, column: &str| -> String {
            let source = sources.get(&(resource, column)).copied().or(match column {
                "Name" => Some((OBJECT_META, "name")),
                "Age" | "Created At" => Some((OBJECT_META, "creationTimestamp")),
                _ => None,
            });
            source.and_then(|(kind, field)| descriptions.of_field(kind, field)).unwrap_or_default().to_owned()
        };
        let all = json::parse(&crate::gzip::unpack_embedded(COLUMNS)).expect("embedded documents are tested");
        let entries = all.as_object().map(|map| map.iter()).into_iter().flatten();
        let written = entries.map(|(resource, columns)| (resource.to_owned(), write(resource, columns, &describe)));
        let own = |resource: &str, columns: &str| {
            write(resource, &json::parse(columns.as_bytes()).expect("it is JSON"), &describe)
        };
        let scales = (SCALES.to_owned(), own(SCALES, SCALE_COLUMNS));
        Definitions { by_resource: written.chain([scales]).collect(), default: own("", DEFAULT_COLUMNS) }
    }
}

/// Type and field by resource and column.
fn sources() -> HashMap<(&'static str, &'static str), (&'static str, &'static str)> {
    let (mut found, mut resource) = (HashMap::new(), "");
    for line in SOURCES.lines() {
        let source = line.strip_prefix("  ").and_then(|line| line.split_once(": "));
        match source.and_then(|(column, source)| Some((column, source.split_once(' ')?))) {
            Some((column, source)) => drop(found.insert((resource, column), source)),
            None => resource = line,
        }
    }
    found
}

fn write(resource: &str, columns: &Value, describe: &dyn Fn(&str, &str) -> String) -> String {
    let columns = columns.as_array().unwrap_or_default().iter().map(|column| {
        apimachinery::tree!({
            "name": (column.field("name").clone()),
            "type": (column.field("type").clone()),
            "format": (column.field("format").clone()),
            "description": (describe(resource, column.str_at(&["name"]))),
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
        assert!(definitions("", "v1", "pods").starts_with(r#"[{"name":"Name","type":"string","format":"name""#));
        assert!(definitions("apps", "v1", "deployments").contains("Up-to-date"));
        assert!(definitions("x", "v1", "ys").contains(r#"{"name":"Age","type":"string""#));
    }

    #[test]
    fn every_source_is_a_described_field_of_a_known_column() {
        let descriptions = Descriptions::collect();
        for ((resource, column), (kind, field)) in sources() {
            let (path, version) = resource
                .rsplit_once('/')
                .and_then(|(rest, plural)| Some((plural, rest.split_once('/')?)))
                .expect("GROUP/VERSION/PLURAL");
            let (group, version) = version;
            assert!(definitions(group, version, path).contains(&format!("{column:?}")), "{resource} {column}");
            assert!(descriptions.of_field(kind, field).is_some(), "{resource} {column}: {kind} {field}");
        }
    }
}
