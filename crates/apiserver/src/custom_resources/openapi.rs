//! OpenAPI documents of custom resources.

use std::collections::BTreeMap;
use std::sync::Arc;

use apimachinery::json;
use registry::custom_resources::CustomVersion;
use registry::resource::{Registry, Resource};
use serde_json::{Map, Value, json};

use crate::openapi::additions::Source;
use crate::openapi::digest_text;

const PRESERVES: &str = "x-kubernetes-preserve-unknown-fields";
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// One source per group version.
pub(super) fn sources(registry: &Registry) -> Vec<Arc<dyn Source>> {
    let mut versions: BTreeMap<String, Vec<Arc<Resource>>> = BTreeMap::new();
    for resource in registry.resources().into_iter().filter(|it| it.custom().is_some()) {
        let ty = resource.resource_type();
        versions.entry(format!("apis/{}/{}", ty.group, ty.version)).or_default().push(resource);
    }
    let source = |(path, resources): (String, Vec<Arc<Resource>>)| -> Arc<dyn Source> {
        let kinds = resources.iter().filter_map(|it| it.custom()).collect();
        Arc::new(GroupVersion { path, kinds })
    };
    versions.into_iter().map(source).collect()
}

struct GroupVersion {
    path: String,
    kinds: Vec<&'static CustomVersion>,
}

impl Source for GroupVersion {
    fn path(&self) -> &str {
        &self.path
    }

    fn hash(&self) -> String {
        digest_text(self.kinds.iter().map(|kind| {
            let ty = &kind.resource_type;
            let schema = String::from_utf8_lossy(&json::to_vec(&kind.document)).into_owned();
            format!(
                "{} {} {:?} {schema}",
                ty.plural,
                ty.kind,
                ty.subresources.iter().map(|it| it.name).collect::<Vec<_>>()
            )
        }))
    }

    fn v3(&self) -> Value {
        let (mut paths, mut schemas) = (Map::new(), Map::new());
        for kind in &self.kinds {
            add_paths(kind, Dialect::V3, &mut paths);
            add_schemas(kind, Dialect::V3, &mut schemas);
        }
        json!({
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
            "paths": paths,
            "components": {"schemas": schemas}
        })
    }

    fn v2(&self) -> (Map<String, Value>, Map<String, Value>) {
        let (mut paths, mut definitions) = (Map::new(), Map::new());
        for kind in &self.kinds {
            add_paths(kind, Dialect::V2, &mut paths);
            add_schemas(kind, Dialect::V2, &mut definitions);
        }
        (paths, definitions)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V2,
    V3,
}

impl Dialect {
    fn reference(self, name: &str) -> Value {
        match self {
            Dialect::V2 => json!({"$ref": format!("#/definitions/{name}")}),
            Dialect::V3 => json!({"$ref": format!("#/components/schemas/{name}")}),
        }
    }
}

/// `com.example.stable.v1.CronTab` of group `stable.example.com`.
fn definition_name(kind: &CustomVersion, name: &str) -> String {
    let ty = &kind.resource_type;
    let mut parts: Vec<&str> = ty.group.split('.').collect();
    parts.reverse();
    format!("{}.{}.{name}", parts.join("."), ty.version)
}

fn gvk(kind: &CustomVersion, name: &str) -> Value {
    let ty = &kind.resource_type;
    json!({"group": ty.group, "kind": name, "version": ty.version})
}

fn add_schemas(kind: &CustomVersion, dialect: Dialect, into: &mut Map<String, Value>) {
    let ty = &kind.resource_type;
    let text = json::to_vec(&kind.document);
    let mut schema: Value = serde_json::from_slice(&text).unwrap_or_else(|_| json!({"type": "object"}));
    match dialect {
        // Clients of the older document would refuse every field that it does not name.
        Dialect::V2 if is_open(&schema) => schema = json!({"type": "object"}),
        Dialect::V2 => {
            to_v2(&mut schema);
            complete(&mut schema, dialect);
        }
        Dialect::V3 => complete(&mut schema, dialect),
    }
    schema["x-kubernetes-group-version-kind"] = json!([gvk(kind, ty.kind)]);
    let name = definition_name(kind, ty.kind);
    let reference = dialect.reference(&name);
    into.insert(name, schema);
    let list = json!({
        "description": format!("{} is a list of {}", ty.list_kind, ty.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": API_VERSION.to_value(),
            "items": {
                "description": format!("List of {}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md", ty.plural),
                "type": "array",
                "items": reference
            },
            "kind": KIND.to_value(),
            "metadata": described(dialect, &format!("{META}.ListMeta"), LIST_METADATA)
        },
        "x-kubernetes-group-version-kind": [gvk(kind, ty.list_kind)]
    });
    into.insert(definition_name(kind, ty.list_kind), list);
}

/// A text field with upstream's description.
struct TextField(&'static str);

impl TextField {
    fn to_value(&self) -> Value {
        json!({"description": self.0, "type": "string"})
    }
}

const API_VERSION: TextField = TextField(
    "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
);
const KIND: TextField = TextField(
    "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
);
const METADATA: &str = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
const LIST_METADATA: &str = "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

fn described(dialect: Dialect, name: &str, description: &str) -> Value {
    match dialect {
        Dialect::V2 => {
            let mut value = dialect.reference(name);
            value["description"] = description.into();
            value
        }
        Dialect::V3 => json!({"description": description, "allOf": [dialect.reference(name)]}),
    }
}

/// The fields that every object has.
fn complete(schema: &mut Value, dialect: Dialect) {
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    let properties = &mut schema["properties"];
    properties["apiVersion"] = API_VERSION.to_value();
    properties["kind"] = KIND.to_value();
    properties["metadata"] = described(dialect, &format!("{META}.ObjectMeta"), METADATA);
}

/// Whether objects may have any field.
fn is_open(schema: &Value) -> bool {
    schema.get(PRESERVES) == Some(&Value::Bool(true))
}

/// What the older dialect cannot say is left out, as upstream does.
fn to_v2(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    for key in ["nullable", "anyOf", "oneOf", "not", "default"] {
        if key != "default" {
            map.remove(key);
        }
    }
    let is_open = map.get(PRESERVES) == Some(&Value::Bool(true));
    if is_open || map.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        map.remove("type");
        if is_open {
            map.remove("properties");
            map.remove("items");
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            to_v2(inner);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(to_v2);
    }
}

fn add_paths(kind: &CustomVersion, dialect: Dialect, into: &mut Map<String, Value>) {
    let ty = &kind.resource_type;
    let base = format!("/apis/{}/{}", ty.group, ty.version);
    let all = format!("{base}/{}", ty.plural);
    let scoped = match ty.is_namespaced {
        true => format!("{base}/namespaces/{{namespace}}/{}", ty.plural),
        false => all.clone(),
    };
    let name = definition_name(kind, ty.kind);
    let list = definition_name(kind, ty.list_kind);
    let operation = |action: &str, verb: &str, answer: &str, has_body: bool| {
        operation(kind, dialect, (action, verb), answer, has_body)
    };
    into.insert(
        scoped.clone(),
        json!({
            "get": operation("list", "list", &list, false),
            "post": operation("post", "create", &name, true),
            "delete": operation("deletecollection", "deleteCollection", &format!("{META}.Status"), false)
        }),
    );
    if ty.is_namespaced {
        into.insert(all, json!({"get": operation("list", "listForAllNamespaces", &list, false)}));
    }
    let one = |answer: &str| {
        json!({
            "get": operation("get", "read", answer, false),
            "put": operation("put", "replace", answer, true),
            "patch": operation("patch", "patch", answer, false)
        })
    };
    let mut object = one(&name);
    object["delete"] = operation("delete", "delete", &format!("{META}.Status"), false);
    into.insert(format!("{scoped}/{{name}}"), object);
    for sub in ty.subresources {
        let answer = if sub.name == "scale" { "io.k8s.api.autoscaling.v1.Scale" } else { name.as_str() };
        into.insert(format!("{scoped}/{{name}}/{}", sub.name), one(answer));
    }
}

fn operation(
    kind: &CustomVersion,
    dialect: Dialect,
    (action, verb): (&str, &str),
    answer: &str,
    has_body: bool,
) -> Value {
    let ty = &kind.resource_type;
    let scope = if ty.is_namespaced { "Namespaced" } else { "" };
    let group: String = ty.group.split('.').map(capitalised).collect();
    let id = format!("{verb}{group}{}{scope}{}", capitalised(ty.version), ty.kind);
    let reference = dialect.reference(answer);
    let body = dialect.reference(&definition_name(kind, ty.kind));
    let mut operation = json!({
        "operationId": id,
        "tags": [format!("{}_{}", ty.group.replace('.', "_"), ty.version)],
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk(kind, ty.kind)
    });
    let mut parameters: Vec<Value> = options_of(action).iter().map(|(name, ty)| parameter(dialect, name, ty)).collect();
    match dialect {
        Dialect::V2 => {
            operation["responses"] = json!({"200": {"description": "OK", "schema": reference}});
            if has_body {
                parameters.push(json!({"name": "body", "in": "body", "required": true, "schema": body}));
            }
        }
        Dialect::V3 => {
            operation["responses"] =
                json!({"200": {"description": "OK", "content": {"application/json": {"schema": reference}}}});
            if has_body {
                operation["requestBody"] = json!({"content": {"*/*": {"schema": body}}, "required": true});
            }
        }
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation
}

/// Query parameters by which clients see what the server can do.
fn options_of(action: &str) -> &'static [(&'static str, &'static str)] {
    const WRITE: &[(&str, &str)] = &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")];
    const PATCH: &[(&str, &str)] =
        &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean")];
    match action {
        "post" | "put" => WRITE,
        "patch" => PATCH,
        "delete" | "deletecollection" => &[("dryRun", "string")],
        _ => &[],
    }
}

fn parameter(dialect: Dialect, name: &str, ty: &str) -> Value {
    match dialect {
        Dialect::V2 => json!({"name": name, "in": "query", "type": ty, "uniqueItems": true}),
        Dialect::V3 => json!({"name": name, "in": "query", "schema": {"type": ty, "uniqueItems": true}}),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(characters).filter(|c| c.is_ascii_alphanumeric()).collect()
}
