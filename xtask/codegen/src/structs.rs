//! The struct table: one module per Go package.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::facts::{Facts, WireField, openapi_name};
use crate::output::Output;

const META: &str = "k8s.io/apimachinery/pkg/apis/meta/v1";
const EXTENSIONS: &str = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1";

/// Writes all structs that the registered kinds reach.
pub fn generate(facts: &Facts, output: &mut Output) -> anyhow::Result<()> {
    let mut table = Table { facts, reached: BTreeSet::new(), queue: Vec::new(), elements: BTreeSet::new() };
    for (_, _, _, ty) in facts.kinds()? {
        table.reach(ty);
    }
    let mut structs: BTreeMap<String, String> = BTreeMap::new();
    while let Some(ty) = table.queue.pop() {
        let text = table.one_struct(&ty)?;
        structs.insert(ty, text);
    }
    let mut modules: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (ty, mut text) in structs {
        let (module, name) = place(&ty)?;
        if table.elements.contains(&ty) {
            writeln!(text, "pub(crate) static {name}_T: Type = one(&{name});")?;
        }
        let package = ty.rsplit_once('.').map_or("", |(package, _)| package);
        let entry = modules.entry(module).or_insert_with(|| (package.to_owned(), String::new()));
        entry.1.push_str(&text);
    }
    for (module, (package, text)) in modules {
        let body = format!("use apimachinery::schema::{{Field, Struct, Type}};\n\nuse crate::table::*;\n{text}");
        output.add(&module, &format!("Structs of `{package}`."), &body);
    }
    Ok(())
}

/// Module and constant of a Go struct.
pub fn place(go_type: &str) -> anyhow::Result<(String, String)> {
    let (package, name) = go_type.rsplit_once('.').context("a Go type has a package")?;
    let mut parts = package.rsplit('/');
    let (Some(version), Some(group)) = (parts.next(), parts.next()) else { bail!("odd package {package}") };
    Ok((format!("{group}_{version}"), screaming(name)))
}

/// `HTTPGetAction` → `HTTP_GET_ACTION`.
fn screaming(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, char) in chars.iter().enumerate() {
        let follows_lower = at > 0 && !chars[at - 1].is_ascii_uppercase();
        let starts_word = at > 0 && chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if char.is_ascii_uppercase() && (follows_lower || starts_word) && !out.ends_with('_') && at > 0 {
            out.push('_');
        }
        out.push(if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' });
    }
    out
}

struct Table<'a> {
    facts: &'a Facts,
    reached: BTreeSet<String>,
    queue: Vec<String>,
    /// Structs that are elements of lists or maps: they need a static `Type`.
    elements: BTreeSet<String>,
}

/// The embedded structs around a field.
#[derive(Clone, Default)]
struct Embedding {
    /// Go names, joined by dots.
    go: String,
    /// Protobuf numbers of the inlined messages, outermost first.
    numbers: Vec<u64>,
    /// An embedded struct that is not on the protobuf wire (`TypeMeta`).
    is_off_wire: bool,
}

impl Table<'_> {
    fn reach(&mut self, ty: &str) {
        if self.reached.insert(ty.to_owned()) {
            self.queue.push(ty.to_owned());
        }
    }

    fn one_struct(&mut self, ty: &str) -> anyhow::Result<String> {
        let (_, name) = place(ty)?;
        let mut lists = String::new();
        let mut fields = Vec::new();
        let owner = Owner { ty, name: &name, schema: self.facts.openapi(ty) };
        self.flatten(&owner, ty, &Embedding::default(), &mut (&mut lists, &mut fields))?;
        let is_atomic = owner.schema["x-kubernetes-map-type"] == "atomic";
        let go_name = ty.rsplit('/').next().unwrap_or_default();
        let mut out = format!("\n{lists}static {name}_F: [Field; {}] = [\n", fields.len());
        for field in &fields {
            writeln!(out, "    {field},")?;
        }
        writeln!(out, "];")?;
        writeln!(out, "pub(crate) static {name}: Struct =")?;
        writeln!(out, "    object({:?}, {go_name:?}, &{name}_F, {is_atomic});", openapi_name(ty))?;
        Ok(out)
    }

    /// Appends the fields of `ty`, which is `owner`'s own type or one embedded in it.
    fn flatten(
        &mut self,
        owner: &Owner<'_>,
        ty: &str,
        around: &Embedding,
        out: &mut (&mut String, &mut Vec<String>),
    ) -> anyhow::Result<()> {
        let facts = self.facts;
        for field in facts.fields(ty)? {
            if !field.name.is_empty() {
                let text = self.field(owner, ty, &field, around, out.0)?;
                out.1.push(text);
                continue;
            }
            let mut inner = around.clone();
            let go = field.ty.rsplit('.').next().unwrap_or_default();
            inner.go = if inner.go.is_empty() { go.to_owned() } else { format!("{}.{go}", inner.go) };
            match field.number {
                0 => inner.is_off_wire = true,
                number => inner.numbers.push(number),
            }
            self.flatten(owner, field.ty, &inner, out)?;
        }
        Ok(())
    }

    fn field(
        &mut self,
        owner: &Owner<'_>,
        holder: &str,
        field: &WireField<'_>,
        around: &Embedding,
        lists: &mut String,
    ) -> anyhow::Result<String> {
        let (go, underlying) = self.facts.go_type(holder, field.name);
        let is_list = go.starts_with("[]") && go != "[]uint8" || underlying.starts_with("[]");
        let (ty, derived) = self.ty(field, is_list)?;
        let property = &owner.schema["properties"][field.name];
        let mut facts = Vec::new();
        match field.omit {
            "" => facts.push("omit: NEVER".to_owned()),
            "zero" => facts.push("omit: ZERO".to_owned()),
            _ => {}
        }
        let required = owner.schema["required"].as_array();
        let is_required = required.is_some_and(|names| names.iter().any(|name| name == field.name));
        if field.is_pointer {
            facts.push("pointer: true".into());
        }
        if is_required {
            facts.push("required: true".into());
        }
        if field.number != 0 && !around.is_off_wire {
            facts.push(format!("number: {}", field.number));
        }
        match around.numbers[..] {
            [] => {}
            [outer] => facts.push(format!("inline: {outer}")),
            [outer, inner] => facts.push(format!("inline: {outer} | {inner} << 16")),
            _ => bail!("{holder} is inlined more than twice"),
        }
        let prefix = format!("{}_{}", owner.name, screaming(field.name));
        merging(property, &prefix, lists, &mut facts)?;
        if go != derived {
            facts.push(format!("go: {go:?}"));
        }
        if !around.go.is_empty() {
            facts.push(format!("embedded: {:?}", around.go));
        }
        facts.push("..D".into());
        Ok(format!("field({:?}, {ty}, F {{ {} }})", field.name, facts.join(", ")))
    }

    /// The type as code, and what Go calls it by default.
    fn ty(&mut self, field: &WireField<'_>, is_list: bool) -> anyhow::Result<(String, String)> {
        if !field.is_map && !is_list {
            let (code, go) = self.single(field.ty)?;
            return Ok((code, go));
        }
        let (element, go) = match field.ty {
            // The values of the `extra` maps: named lists of strings.
            "slice" => ("T_LIST_OF_STRINGS".to_owned(), "[]string".to_owned()),
            ty => self.element(ty)?,
        };
        let go = if field.is_map { format!("map[string]{go}") } else { format!("[]{go}") };
        Ok((format!("{}(&{element})", if field.is_map { "map" } else { "list" }), go))
    }

    /// A static `Type` of an element.
    fn element(&mut self, ty: &str) -> anyhow::Result<(String, String)> {
        let (code, go) = self.single(ty)?;
        if let Some(name) = code.strip_prefix("one(&") {
            self.elements.insert(ty.to_owned());
            return Ok((format!("{}_T", name.trim_end_matches(')')), go));
        }
        let name = match code.strip_prefix("Type::") {
            Some(name) => format!("T_{}", screaming(name)),
            None => {
                let alternative = code.strip_prefix("or(").and_then(|rest| rest.split_once(','));
                let (alternative, _) = alternative.with_context(|| format!("no element static for {code}"))?;
                format!("T_SCHEMA_OR_{alternative}")
            }
        };
        Ok((name, go))
    }

    fn single(&mut self, ty: &str) -> anyhow::Result<(String, String)> {
        let special = match ty {
            "bool" => ("Type::Bool", "bool"),
            "int32" => ("Type::Int32", "int32"),
            "int64" => ("Type::Int64", "int64"),
            "float64" => ("Type::Float64", "float64"),
            "string" => ("Type::String", "string"),
            "bytes" => ("Type::Bytes", "[]uint8"),
            "interface" => ("Type::Json", "interface {}"),
            "k8s.io/apimachinery/pkg/api/resource.Quantity" => ("Type::Quantity", "resource.Quantity"),
            "k8s.io/apimachinery/pkg/util/intstr.IntOrString" => ("Type::IntOrString", "intstr.IntOrString"),
            "k8s.io/apimachinery/pkg/runtime.RawExtension" => ("Type::RawExtension", "runtime.RawExtension"),
            _ => ("", ""),
        };
        if !special.0.is_empty() {
            return Ok((special.0.into(), special.1.into()));
        }
        let (package, name) = ty.rsplit_once('.').with_context(|| format!("unknown type {ty}"))?;
        let go = ty.rsplit('/').next().unwrap_or_default().to_owned();
        let code = match (package, name) {
            (META, "Time" | "MicroTime" | "Duration" | "FieldsV1") => format!("Type::{name}"),
            (EXTENSIONS, "JSON") => "Type::Json".into(),
            (EXTENSIONS, "JSONSchemaPropsOrArray") => self.schema_or("LIST"),
            (EXTENSIONS, "JSONSchemaPropsOrBool") => self.schema_or("BOOL"),
            (EXTENSIONS, "JSONSchemaPropsOrStringArray") => self.schema_or("STRINGS"),
            _ => {
                self.reach(ty);
                let (module, name) = place(ty)?;
                format!("one(&super::{module}::{name})")
            }
        };
        Ok((code, go))
    }

    fn schema_or(&mut self, alternative: &str) -> String {
        self.reach(&format!("{EXTENSIONS}.JSONSchemaProps"));
        format!("or({alternative}, &super::apiextensions_v1::JSON_SCHEMA_PROPS)")
    }
}

/// The struct whose fields are being listed.
struct Owner<'a> {
    ty: &'a str,
    name: &'a str,
    schema: &'a Value,
}

impl std::fmt::Debug for Owner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.ty)
    }
}

/// List types, patch strategies and enums of a property; lists of texts become statics in `lists`.
fn merging(property: &Value, prefix: &str, lists: &mut String, facts: &mut Vec<String>) -> anyhow::Result<()> {
    let mut texts = |suffix: &str, texts: &Value| -> anyhow::Result<String> {
        let texts: Vec<String> = texts.as_array().into_iter().flatten().map(|text| format!("text({text})")).collect();
        let name = format!("{prefix}_{suffix}");
        writeln!(lists, "static {name}: [Text; {}] = [{}];", texts.len(), texts.join(", "))?;
        Ok(name)
    };
    match property["x-kubernetes-list-type"].as_str() {
        Some("set") => facts.push("list: Lists::Set".into()),
        Some("map") => {
            let name = texts("KEYS", &property["x-kubernetes-list-map-keys"])?;
            facts.push(format!("list: Lists::Map(&{name})"));
        }
        _ => {}
    }
    if property["x-kubernetes-map-type"] == "atomic" {
        facts.push("atomic: true".into());
    }
    let strategy = property["x-kubernetes-patch-strategy"].as_str().unwrap_or_default();
    for word in strategy.split(',').filter(|word| !word.is_empty()) {
        facts.push(match word {
            "merge" => "merges: true".into(),
            "retainKeys" => "retains: true".into(),
            "replace" => "replaces: true".into(),
            other => bail!("unknown patch strategy {other}"),
        });
    }
    if let Some(key) = property["x-kubernetes-patch-merge-key"].as_str() {
        facts.push(format!("key: {key:?}"));
    }
    if let Some(default) = property["default"].as_str().filter(|text| !text.is_empty()) {
        facts.push(format!("default: {:?}", format!("{default:?}")));
    }
    if property["enum"].is_array() {
        let name = texts("VALUES", &property["enum"])?;
        facts.push(format!("values: &{name}"));
    }
    Ok(())
}
