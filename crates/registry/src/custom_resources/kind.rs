//! A custom kind: names, versions and rules, made of its definition.

use api::{ResourceType, Subresource as ServedSubresource, resources};
use apimachinery::field_error::FieldError;
use apimachinery::schema::{Struct, Type};
use apimachinery::structural::{self, Structural};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::columns::{Column, columns};
use super::rules::{self as cel_rules, RuleTree};
use crate::cells;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Path, ScalePaths, SelectableField, Strategy, Subresource, View};

/// Verbs of custom resources, as discovery lists them.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Verbs of their subresources.
const SUBRESOURCE_VERBS: &[&str] = &["get", "patch", "update"];

/// A custom kind.
pub struct CustomKind {
    rules: &'static KindRules,
    versions: Vec<CustomVersion>,
    /// Place of the stored version.
    stored: usize,
    /// `spec.conversion.webhook`, where a webhook converts.
    conversion: Option<Value>,
}

/// One version of a custom kind.
pub struct CustomVersion {
    /// Its facts, as discovery lists them.
    pub resource_type: ResourceType,
    /// Its schema.
    pub schema: Structural,
    /// Its `openAPIV3Schema`.
    pub document: Value,
    /// Whether it is served.
    pub is_served: bool,
    /// The type by which fields are owned and applied.
    pub ownership: &'static Struct,
    /// Fields by which its objects are selected.
    pub(super) selectable_fields: &'static [SelectableField],
    columns: Vec<Column>,
    /// CEL rules of the schema.
    validations: Option<RuleTree>,
}

/// A text for the life of the process.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn keep_all(value: &Value) -> &'static [&'static str] {
    let texts = value.as_array().unwrap_or_default().iter().filter_map(Value::as_str).map(keep);
    Box::leak(texts.collect::<Vec<_>>().into_boxed_slice())
}

/// `.spec.replicas` as a path; `None` for anything but plain fields.
fn path(text: &str) -> Option<Path> {
    let parts: Vec<&str> = text.strip_prefix('.')?.split('.').collect();
    let is_plain = |part: &&str| !part.is_empty() && !part.contains(['[', ']', '\'', '"', '*', '(']);
    if !parts.iter().all(is_plain) {
        return None;
    }
    Some(Box::leak(parts.into_iter().map(keep).collect::<Vec<_>>().into_boxed_slice()))
}

impl CustomKind {
    /// Of an accepted definition.
    pub(super) fn new(definition: &Value) -> CustomKind {
        let spec = definition.field("spec");
        let names = spec.field("names");
        let (group, plural) = (keep(spec.str_at(&["group"])), keep(names.str_at(&["plural"])));
        let all = spec.items_at(&["versions"]);
        let versions: Vec<CustomVersion> = all.iter().map(|version| custom_version(group, spec, version)).collect();
        let stored = all.iter().position(|version| version.bool_at(&["storage"])).unwrap_or(0);
        let rules = rules(group, plural, &all.get(stored).cloned().unwrap_or_default(), &versions, stored);
        let conversion = spec.field("conversion");
        let is_by_webhook = conversion.str_at(&["strategy"]) == "Webhook";
        let conversion = is_by_webhook.then(|| conversion.field("webhook").clone());
        CustomKind { rules: Box::leak(Box::new(rules)), versions, stored, conversion }
    }

    /// The version in which objects are stored.
    pub fn stored(&self) -> &CustomVersion {
        &self.versions[self.stored]
    }

    /// All versions that are served.
    pub fn served(&self) -> impl Iterator<Item = &CustomVersion> {
        self.versions.iter().filter(|it| it.is_served)
    }

    /// `spec.conversion.webhook`, where a webhook converts between versions.
    pub fn conversion(&self) -> Option<&Value> {
        self.conversion.as_ref()
    }

    /// The version with this name.
    pub fn version(&self, name: &str) -> Option<&CustomVersion> {
        self.versions.iter().find(|it| it.resource_type.version == name)
    }
}

fn custom_version(group: &'static str, spec: &Value, version: &Value) -> CustomVersion {
    let names = spec.field("names");
    let kind = keep(names.str_at(&["kind"]));
    let schema = Structural::parse(version.at(&["schema", "openAPIV3Schema"]));
    let metadata = object_meta();
    let object: &'static Struct = Box::leak(Box::new(structural::custom_object(kind, metadata)));
    let name = keep(version.str_at(&["name"]));
    let resource_type = ResourceType {
        group,
        version: name,
        kind,
        list_kind: keep(names.str_at(&["listKind"])),
        plural: keep(names.str_at(&["plural"])),
        singular: keep(names.str_at(&["singular"])),
        is_namespaced: spec.str_at(&["scope"]) == "Namespaced",
        verbs: VERBS,
        short_names: keep_all(names.field("shortNames")),
        categories: keep_all(names.field("categories")),
        schema: object,
        subresources: subresources(group, name, kind, object, version.field("subresources")),
    };
    let ownership = Box::leak(Box::new(structural::ownership(kind, metadata, &schema)));
    let is_served = version.bool_at(&["served"]);
    let columns = columns(version.items_at(&["additionalPrinterColumns"]));
    let document = version.at(&["schema", "openAPIV3Schema"]).clone();
    let validations = RuleTree::new(&schema, true);
    let selectable_fields = selectable(version.items_at(&["selectableFields"]));
    CustomVersion { resource_type, schema, document, is_served, ownership, selectable_fields, columns, validations }
}

fn object_meta() -> &'static Struct {
    let pod = resources::kind("", "v1", "Pod").expect("Pods are built in");
    match pod.schema.field("metadata").map(|field| &field.ty) {
        Some(Type::Struct(apimachinery::schema::TypeRef::Static(meta))) => meta,
        _ => unreachable!("the metadata of Pods is a struct of the table"),
    }
}

fn subresources(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    schema: &'static Struct,
    wanted: &Value,
) -> &'static [ServedSubresource] {
    let mut all = Vec::new();
    if wanted.field("scale").as_object().is_some() {
        let scale = resources::type_by_gvk("autoscaling", "v1", "Scale").expect("Scale is built in");
        let (group, version, kind) = ("autoscaling", "v1", "Scale");
        all.push(ServedSubresource { name: "scale", group, version, kind, verbs: SUBRESOURCE_VERBS, schema: scale });
    }
    if wanted.field("status").as_object().is_some() {
        all.push(ServedSubresource { name: "status", group, version, kind, verbs: SUBRESOURCE_VERBS, schema });
    }
    Box::leak(all.into_boxed_slice())
}

const STATUS: Path = &["status"];

fn rules(
    group: &'static str,
    plural: &'static str,
    version: &Value,
    versions: &[CustomVersion],
    stored: usize,
) -> KindRules {
    let has_status = version.at(&["subresources", "status"]).as_object().is_some();
    let scale = version.at(&["subresources", "scale"]);
    let scale_path = |key: &str| path(scale.str_at(&[key]));
    let scale = match (scale_path("specReplicasPath"), scale_path("statusReplicasPath")) {
        (Some(replicas), Some(current)) => {
            Some(ScalePaths { replicas, current, selector: scale_path("labelSelectorPath").unwrap_or(&[]) })
        }
        _ => None,
    };
    let status: &'static [Path] = if has_status { &[STATUS] } else { &[] };
    KindRules {
        group,
        version: versions[stored].resource_type.version,
        plural,
        views: views(group, plural, versions, stored),
        storage_prefix: keep(&format!("/registry/{group}/{plural}")),
        create_resets: status,
        update_keeps: status,
        subresources: if has_status { status_subresource(versions) } else { &[] },
        has_scale: scale.is_some(),
        scale: scale.unwrap_or(ScalePaths::USUAL),
        generation: counted(versions, has_status),
        selectable_fields: versions[stored].selectable_fields,
        allows_unconditional_update: false,
        ..KindRules::NEW
    }
}

/// Through `status` nothing else changes.
fn status_subresource(versions: &[CustomVersion]) -> &'static [Subresource] {
    let mut keeps: Vec<Path> = vec![
        &["metadata", "labels"],
        &["metadata", "annotations"],
        &["metadata", "finalizers"],
        &["metadata", "ownerReferences"],
    ];
    keeps.extend(counted(versions, true));
    Box::leak(vec![Subresource::status(Box::leak(keeps.into_boxed_slice()))].into_boxed_slice())
}

fn views(group: &'static str, plural: &'static str, versions: &[CustomVersion], stored: usize) -> &'static [View] {
    let api_version = |of: &CustomVersion| keep(&of.resource_type.api_version());
    let own = api_version(&versions[stored]);
    let others = versions.iter().enumerate().filter(|(at, version)| *at != stored && version.is_served);
    let views = others.map(|(_, version)| View {
        group,
        version: version.resource_type.version,
        plural,
        from_stored: |_| {},
        into_stored: |_| {},
        stamps: Some((api_version(version), own)),
        selectors: &[],
    });
    Box::leak(views.collect::<Vec<_>>().into_boxed_slice())
}

/// Fields of any version whose changes are counted: all but the metadata and, where it is apart, the status.
fn counted(versions: &[CustomVersion], has_status: bool) -> &'static [Path] {
    let properties = versions.iter().flat_map(|version| version.schema.properties.keys());
    let mut names: Vec<&str> = properties.map(String::as_str).chain(["spec"]).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|it| !(matches!(*it, "apiVersion" | "kind" | "metadata") || has_status && *it == "status"));
    let paths = names.into_iter().map(|name| -> Path { Box::leak(vec![keep(name)].into_boxed_slice()) });
    Box::leak(paths.collect::<Vec<_>>().into_boxed_slice())
}

fn selectable(fields: &[Value]) -> &'static [SelectableField] {
    let field = |field: &Value| {
        let path = path(field.str_at(&["jsonPath"]))?;
        let paths: &'static [Path] = Box::leak(vec![path].into_boxed_slice());
        Some(SelectableField::new(keep(&path.join(".")), paths))
    };
    Box::leak(fields.iter().filter_map(field).collect::<Vec<_>>().into_boxed_slice())
}

impl CustomVersion {
    /// Brings the body of a request into the version's shape: drops what the schema does not name, and says so, then
    /// sets defaults.
    pub fn shape(&self, object: &mut Value) -> Vec<String> {
        let unknown = self.schema.prune(object);
        self.schema.set_defaults(object);
        unknown
    }

    /// The column definitions of its Tables, as JSON.
    pub fn column_definitions(&self) -> Value {
        super::columns::definitions(&self.columns)
    }

    /// The Table row of an object in this version.
    pub fn row(&self, object: &Value, now: Timestamp) -> Row {
        let mut row = vec![cells::name(object)];
        row.extend(self.columns.iter().map(|column| column.cell(object, now)));
        cells::row(row)
    }
}

impl Strategy for CustomKind {
    fn rules(&self) -> &'static KindRules {
        self.rules
    }

    fn custom(&self) -> Option<&CustomKind> {
        Some(self)
    }

    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate_update(object, &Value::Null, context, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let version = self.version(&context.info.version).unwrap_or_else(|| self.stored());
        let before = errors.len();
        version.schema.validate(object, errors);
        // Rules are written for objects that fit their schema.
        if let Some(validations) = version.validations.as_ref().filter(|_| errors.len() == before) {
            let warnings = cel_rules::evaluate(validations, &version.schema, (object, old), errors);
            warnings.into_iter().for_each(|text| context.info.warn(text));
        }
    }

    fn validate_subresource(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate_update(object, old, context, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        self.stored().row(object, now)
    }
}
