//! The tables of resources and of registered kinds.

use std::fmt::Write;

use anyhow::Context;
use serde_json::Value;

use crate::facts::Facts;
use crate::output::Output;
use crate::structs::place;

/// Writes `resources` (what discovery lists) and `kinds` (all registered kinds).
pub fn generate(facts: &Facts, output: &mut Output) -> anyhow::Result<()> {
    let kinds = Kinds { rows: facts.kinds()? };
    output.add("kinds", "Types of all registered kinds, sorted by group, version and kind.", &kinds.table()?);
    let mut text = format!(
        "use crate::resources::{{ResourceType, Subresource}};\n\n\
         pub(crate) static RESOURCES: [ResourceType; {}] = [\n",
        facts.resources.len()
    );
    for resource in &facts.resources {
        text.push_str(&kinds.resource(resource)?);
    }
    text.push_str("];\n");
    output.add("resources", "The built-in resources, in upstream's order of discovery.", &text);
    Ok(())
}

struct Kinds<'a> {
    rows: Vec<(&'a str, &'a str, &'a str, &'a str)>,
}

impl Kinds<'_> {
    fn table(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "use apimachinery::schema::Struct;\n\n\
             type Row = (&'static str, &'static str, &'static str, &'static Struct);\n\n\
             pub(crate) static KINDS: [Row; {}] = [\n",
            self.rows.len()
        );
        for (group, version, kind, ty) in &self.rows {
            let (module, name) = place(ty)?;
            writeln!(text, "    ({group:?}, {version:?}, {kind:?}, &super::{module}::{name}),")?;
        }
        text.push_str("];\n");
        Ok(text)
    }

    fn schema(&self, group: &str, version: &str, kind: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| (row.0, row.1, row.2) == (group, version, kind))?;
        let (module, name) = place(row.3).ok()?;
        Some(format!("&super::{module}::{name}"))
    }

    fn resource(&self, resource: &Value) -> anyhow::Result<String> {
        let text = |key: &str| resource[key].as_str().unwrap_or_default();
        let (group, version, kind) = (text("group"), text("version"), text("kind"));
        let schema = self.schema(group, version, kind).with_context(|| format!("{kind} is not registered"))?;
        let list_kind = format!("{kind}List");
        let list_kind = self.schema(group, version, &list_kind).map_or("", |_| &list_kind);
        let mut out = String::from("    ResourceType {\n");
        writeln!(out, "        group: {group:?}, version: {version:?}, kind: {kind:?}, list_kind: {list_kind:?},")?;
        writeln!(out, "        plural: {:?}, singular: {:?},", text("resource"), text("singular"))?;
        writeln!(out, "        is_namespaced: {},", text("scope") == "Namespaced")?;
        writeln!(out, "        verbs: &{},", resource["verbs"])?;
        writeln!(out, "        short_names: &{},", resource["shortNames"])?;
        writeln!(out, "        categories: &{},", resource["categories"])?;
        writeln!(out, "        schema: {schema},")?;
        writeln!(out, "        subresources: &[")?;
        for subresource in resource["subresources"].as_array().into_iter().flatten() {
            out.push_str(&self.subresource(subresource, group, version)?);
        }
        out.push_str("        ],\n    },\n");
        Ok(out)
    }

    /// A subresource whose kind has no version is of its resource's group and version.
    fn subresource(&self, subresource: &Value, group: &str, version: &str) -> anyhow::Result<String> {
        let of_kind = |key: &str| subresource["kind"][key].as_str().unwrap_or_default();
        let (group, version) = match of_kind("version") {
            "" => (group, version),
            own => (of_kind("group"), own),
        };
        let (name, kind) = (&subresource["name"], of_kind("kind"));
        let schema = self.schema(group, version, kind).with_context(|| format!("{kind} is not registered"))?;
        Ok(format!(
            "            Subresource {{ name: {name}, group: {group:?}, version: {version:?}, kind: {kind:?}, \
             verbs: &{}, schema: {schema} }},\n",
            subresource["verbs"]
        ))
    }
}
