//! The files of `schema/`, read.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

/// All facts that the generator uses.
pub struct Facts {
    /// `kinds.json`: the served resources.
    pub resources: Vec<Value>,
    /// `types.json`: OpenAPI schemas by OpenAPI name.
    openapi: Value,
    /// `wire.json`: fields by Go type, and Go types by kind.
    wire: Value,
    /// `go-types.json`: Go type texts by Go type and JSON name.
    go: Value,
}

/// One field of a Go struct, or an embedded struct.
pub struct WireField<'a> {
    /// JSON name; empty for an embedded struct.
    pub name: &'a str,
    /// `wire.json`'s type: a scalar's name or a Go type with its package path.
    pub ty: &'a str,
    /// Protobuf number; 0 when not on that wire.
    pub number: u64,
    /// A map with string keys.
    pub is_map: bool,
    /// A Go pointer.
    pub is_pointer: bool,
    /// `empty`, `zero` or nothing.
    pub omit: &'a str,
}

impl Facts {
    /// Reads the folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let read = |name: &str| -> anyhow::Result<Value> {
            let text = fs::read(folder.join(name)).with_context(|| format!("read {name}"))?;
            serde_json::from_slice(&text).with_context(|| format!("parse {name}"))
        };
        let Value::Array(resources) = read("kinds.json")? else { bail!("kinds.json is no list") };
        Ok(Facts { resources, openapi: read("types.json")?, wire: read("wire.json")?, go: read("go-types.json")? })
    }

    /// (group, version, kind, Go type) of every registered kind, sorted.
    pub fn kinds(&self) -> anyhow::Result<Vec<(&str, &str, &str, &str)>> {
        const META: &str = "meta.k8s.io";
        let mut kinds = vec![
            (META, "v1", "PartialObjectMetadata", "k8s.io/apimachinery/pkg/apis/meta/v1.PartialObjectMetadata"),
            (META, "v1", "PartialObjectMetadataList", "k8s.io/apimachinery/pkg/apis/meta/v1.PartialObjectMetadataList"),
            (META, "v1", "Table", "k8s.io/apimachinery/pkg/apis/meta/v1.Table"),
        ];
        let registered = self.wire["kinds"].as_object().context("wire.json has no kinds")?;
        for (name, ty) in registered {
            let parts: Vec<&str> = name.split('/').collect();
            let [group, version, kind] = parts[..] else { bail!("odd kind {name}") };
            kinds.push((group, version, kind, ty.as_str().context("a kind's type is text")?));
        }
        kinds.sort_unstable();
        Ok(kinds)
    }

    /// The fields of a Go struct, in Go's order.
    pub fn fields(&self, go_type: &str) -> anyhow::Result<Vec<WireField<'_>>> {
        let fields = self.wire["messages"][go_type].as_array();
        let fields = fields.with_context(|| format!("wire.json does not know {go_type}"))?;
        Ok(fields.iter().map(wire_field).collect())
    }

    /// The OpenAPI schema of a Go struct; null when it has none.
    pub fn openapi(&self, go_type: &str) -> &Value {
        &self.openapi[openapi_name(go_type)]
    }

    /// Go's text for a field's type, and the underlying type of a named one.
    pub fn go_type(&self, owner: &str, field: &str) -> (&str, &str) {
        let text = self.go[owner][field].as_str().unwrap_or_default();
        text.split_once('=').unwrap_or((text, ""))
    }
}

fn wire_field(field: &Value) -> WireField<'_> {
    WireField {
        name: field["json"].as_str().unwrap_or_default(),
        ty: field["type"].as_str().unwrap_or_default(),
        number: field["number"].as_u64().unwrap_or_default(),
        is_map: field["map"].is_string(),
        is_pointer: field["pointer"] == true,
        omit: field["omit"].as_str().unwrap_or_default(),
    }
}

/// `k8s.io/api/core/v1.Pod` → `io.k8s.api.core.v1.Pod`.
pub fn openapi_name(go_type: &str) -> String {
    go_type.replacen("k8s.io/", "io.k8s.", 1).replace('/', ".")
}
