//! Options of writes, lists and deletions, read from query and body with upstream's checks.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::selector::{FieldSelector, FieldTerm, LabelSelector};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, protobuf, schema, tree, yaml};
use registry::request::{Body, BodyFormat, DeleteOptions, FieldValidation, ListOptions, ResourceVersionMatch};

use crate::query::Query;
use crate::target::Target;

/// Bytes of a field manager's name; upstream's.
pub const FIELD_MANAGER_BYTES_MAX: usize = 128;

/// Which options kind a write has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// `CreateOptions`
    Create,
    /// `UpdateOptions`
    Update,
    /// `PatchOptions`
    Patch,
    /// `PatchOptions` of a server-side apply
    Apply,
}

impl WriteKind {
    fn name(self) -> &'static str {
        match self {
            WriteKind::Create => "CreateOptions",
            WriteKind::Update => "UpdateOptions",
            WriteKind::Patch | WriteKind::Apply => "PatchOptions",
        }
    }
}

/// Options of create, update and patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// `dryRun=All`
    pub is_dry_run: bool,
    /// `fieldManager`
    pub field_manager: String,
    /// `fieldValidation`
    pub field_validation: FieldValidation,
}

impl WriteOptions {
    /// Reads and checks them.
    pub fn read(query: &Query, kind: WriteKind) -> Result<WriteOptions, Status> {
        let mut errors = Vec::new();
        let manager = query.text("fieldManager");
        check_field_manager(manager, &mut errors);
        let dry_run: Vec<&str> = query.all("dryRun").collect();
        let is_dry_run = check_dry_run(&dry_run, &mut errors);
        let field_validation = match query.text("fieldValidation") {
            "Ignore" => FieldValidation::Ignore,
            "" | "Warn" => FieldValidation::Warn,
            "Strict" => FieldValidation::Strict,
            other => {
                let supported = ["", "Ignore", "Strict", "Warn"];
                errors.push(FieldError::not_supported(&FieldPath::new("fieldValidation"), other, &supported));
                FieldValidation::Warn
            }
        };
        if kind == WriteKind::Apply && manager.is_empty() {
            errors.push(FieldError::required(&FieldPath::new("fieldManager"), "is required for apply patch"));
        }
        if kind == WriteKind::Patch && query.get("force").is_some() {
            errors.push(FieldError::forbidden(&FieldPath::new("force"), "may not be specified for non-apply patch"));
        }
        refuse(kind.name(), &errors)?;
        Ok(WriteOptions { is_dry_run, field_manager: manager.to_owned(), field_validation })
    }

    /// The options of a write as an object, as admission webhooks see them.
    pub fn shown(query: &Query, kind: WriteKind) -> Value {
        let mut options = tree!({"kind": (kind.name()), "apiVersion": "meta.k8s.io/v1"});
        let dry_run: Vec<Value> = query.all("dryRun").filter(|it| !it.is_empty()).map(Value::from).collect();
        if !dry_run.is_empty() {
            options.set(&["dryRun"], dry_run);
        }
        if let Some(is_forced) = query.flag("force").filter(|_| kind == WriteKind::Apply) {
            options.set(&["force"], is_forced);
        }
        for field in ["fieldManager", "fieldValidation"] {
            if !query.text(field).is_empty() {
                options.set(&[field], query.text(field));
            }
        }
        options
    }
}

fn refuse(kind: &str, errors: &[FieldError]) -> Result<(), Status> {
    let kind = GroupVersionKind { group: "meta.k8s.io".into(), version: "v1".into(), kind: kind.into() };
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Status::invalid(&kind, "", errors)),
    }
}

fn check_field_manager(manager: &str, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("fieldManager");
    if manager.len() > FIELD_MANAGER_BYTES_MAX {
        errors.push(FieldError::too_long(&path, FIELD_MANAGER_BYTES_MAX));
    }
    if let Some((at, character)) = manager.char_indices().find(|(_, it)| it.is_control()) {
        let code = u32::from(character);
        errors.push(FieldError::invalid(&path, manager, format!("invalid character U+{code:04X} (at position {at})")));
    }
}

fn check_dry_run(values: &[&str], errors: &mut Vec<FieldError>) -> bool {
    let values: Vec<&str> = values.iter().copied().filter(|value| !value.is_empty()).collect();
    if values.iter().any(|value| *value != "All") {
        let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        let printed = Verbatim(format!("[{}]", quoted.join(",")));
        errors.push(FieldError::not_supported(&FieldPath::new("dryRun"), printed, &["All"]));
    }
    !values.is_empty()
}

/// Reads the options of a list, watch or deletecollection; a name in the path becomes a field selector.
pub fn list_options(query: &Query, target: &Target) -> Result<ListOptions, Status> {
    let label_selector =
        LabelSelector::parse(query.text("labelSelector")).map_err(|error| Status::bad_request(error.to_string()))?;
    let field_selector =
        FieldSelector::parse(query.text("fieldSelector")).map_err(|error| Status::bad_request(error.to_string()))?;
    let resource_version_match = match query.text("resourceVersionMatch") {
        "" => ResourceVersionMatch::Unset,
        "Exact" => ResourceVersionMatch::Exact,
        "NotOlderThan" => ResourceVersionMatch::NotOlderThan,
        other => {
            let path = FieldPath::new("resourceVersionMatch");
            let error = FieldError::not_supported(&path, other, &["Exact", "NotOlderThan", ""]);
            return Err(refuse("ListOptions", &[error]).expect_err("there is an error"));
        }
    };
    let limit = query.integer("limit")?.unwrap_or(0);
    let mut options = ListOptions {
        label_selector,
        field_selector,
        resource_version: query.text("resourceVersion").to_owned(),
        resource_version_match,
        limit: usize::try_from(limit).unwrap_or(0),
        continue_token: query.text("continue").to_owned(),
        allow_watch_bookmarks: query.flag("allowWatchBookmarks").unwrap_or(false),
        send_initial_events: query.flag("sendInitialEvents"),
        timeout_seconds: query.integer("timeoutSeconds")?.and_then(|it| u64::try_from(it).ok()),
    };
    if !target.name.is_empty() {
        select_name(&mut options.field_selector, &target.name)?;
    }
    Ok(options)
}

fn select_name(selector: &mut FieldSelector, name: &str) -> Result<(), Status> {
    let is_name = |term: &&FieldTerm| term.field == "metadata.name" && term.is_equal;
    match selector.terms.iter().find(is_name) {
        Some(term) if term.value == name => Ok(()),
        None if selector.terms.is_empty() => {
            selector.terms.push(FieldTerm { field: "metadata.name".into(), is_equal: true, value: name.into() });
            Ok(())
        }
        _ => Err(Status::bad_request("fieldSelector metadata.name doesn't match requested name")),
    }
}

/// Decoded `DeleteOptions` and whether they ask for a dry run.
#[derive(Clone, Debug, Default)]
pub struct Deletion {
    /// What the registry does.
    pub options: DeleteOptions,
    /// `dryRun`
    pub is_dry_run: bool,
    /// `orphanDependents: false` was given (then an unfinished deletion is answered 202).
    pub asks_for_cascade: bool,
    /// All of them as an object, as admission webhooks see them.
    pub shown: Value,
}

impl Deletion {
    /// From the body, or from the query when there is none.
    pub fn read(body: &Body, query: &Query) -> Result<Deletion, Status> {
        let value = match body.bytes.is_empty() {
            true => from_query(query)?,
            false => decode(body)?,
        };
        let mut errors = Vec::new();
        let orphan = value.at(&["orphanDependents"]).as_bool();
        let policy = value.str_at(&["propagationPolicy"]);
        let path = FieldPath::new("propagationPolicy");
        if orphan.is_some() && !policy.is_empty() {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            errors.push(FieldError::invalid(&path, policy, detail));
        }
        if !matches!(policy, "" | "Foreground" | "Background" | "Orphan") {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            errors.push(FieldError::not_supported(&path, policy, &supported));
        }
        let dry_run: Vec<&str> = value.items_at(&["dryRun"]).iter().filter_map(Value::as_str).collect();
        let is_dry_run = check_dry_run(&dry_run, &mut errors);
        refuse("DeleteOptions", &errors)?;
        let text = |path: &[&str]| value.at(path).as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let by_orphan = orphan.map(|it| if it { "Orphan" } else { "Background" }.to_owned());
        Ok(Deletion {
            options: DeleteOptions {
                grace_period_seconds: value.i64_at(&["gracePeriodSeconds"]),
                uid: text(&["preconditions", "uid"]),
                resource_version: text(&["preconditions", "resourceVersion"]),
                propagation_policy: text(&["propagationPolicy"]).or(by_orphan),
            },
            is_dry_run,
            asks_for_cascade: orphan == Some(false),
            shown: shown_deletion(value),
        })
    }
}

fn shown_deletion(mut options: Value) -> Value {
    options.set(&["kind"], "DeleteOptions");
    options.set(&["apiVersion"], "meta.k8s.io/v1");
    if options.items_at(&["dryRun"]).is_empty() {
        options.remove_at(&["dryRun"]);
    }
    options
}

fn from_query(query: &Query) -> Result<Value, Status> {
    let mut value = Value::object();
    if let Some(seconds) = query.integer("gracePeriodSeconds")? {
        value.set(&["gracePeriodSeconds"], seconds);
    }
    if let Some(orphan) = query.flag("orphanDependents") {
        value.set(&["orphanDependents"], orphan);
    }
    if !query.text("propagationPolicy").is_empty() {
        value.set(&["propagationPolicy"], query.text("propagationPolicy"));
    }
    let dry_run: Value = query.all("dryRun").map(Value::from).collect();
    value.set(&["dryRun"], dry_run);
    Ok(value)
}

fn decode(body: &Body) -> Result<Value, Status> {
    let bad = |error: apimachinery::schema::DecodeError| Status::bad_request(error.message);
    let ty = api::type_by_gvk("meta.k8s.io", "v1", "DeleteOptions")
        .or_else(|| api::type_by_gvk("", "v1", "DeleteOptions"))
        .ok_or_else(|| Status::internal("no type DeleteOptions"))?;
    let value = match body.format {
        BodyFormat::Json => json::parse(&body.bytes).map_err(|error| {
            Status::bad_request(format!("couldn't get version/kind; json parse error: {}", error.message))
        })?,
        BodyFormat::Yaml => yaml::parse(&body.bytes).map_err(bad)?.0,
        BodyFormat::Protobuf => {
            let envelope = protobuf::open_envelope(&body.bytes).map_err(bad)?;
            let value = protobuf::decode(ty, envelope.raw).map_err(bad)?;
            return check_kind(value, envelope.api_version, envelope.kind);
        }
    };
    let (version, kind) = (value.str_at(&["apiVersion"]).to_owned(), value.str_at(&["kind"]).to_owned());
    let mut value = check_kind(value, &version, &kind)?;
    schema::normalise(ty, &mut value).map_err(bad)?;
    Ok(value)
}

fn check_kind(value: Value, version: &str, kind: &str) -> Result<Value, Status> {
    match kind {
        "" | "DeleteOptions" if matches!(value, Value::Object(_)) => Ok(value),
        "" | "DeleteOptions" => Err(Status::bad_request("decoded object cannot be converted to DeleteOptions")),
        kind => {
            let version = version.rsplit('/').next().unwrap_or("");
            let scheme = "pkg/runtime/scheme.go:111";
            Err(Status::bad_request(format!(
                "no kind {kind:?} is registered for version {version:?} in scheme {scheme:?}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn body(text: &str) -> Body {
        Body { format: BodyFormat::Json, bytes: Bytes::copy_from_slice(text.as_bytes()) }
    }

    #[test]
    fn write_options_are_read_and_bad_ones_refused() {
        let good =
            WriteOptions::read(&Query::parse("dryRun=All&fieldManager=x&fieldValidation=Strict"), WriteKind::Create);
        let expected =
            WriteOptions { is_dry_run: true, field_manager: "x".into(), field_validation: FieldValidation::Strict };
        assert_eq!(good, Ok(expected));
        let bad = WriteOptions::read(&Query::parse("dryRun=x&fieldValidation=y"), WriteKind::Create).expect_err("bad");
        assert_eq!(bad.code, 422);
        assert!(bad.message.contains(r#"dryRun: Unsupported value: ["x"]: supported values: "All""#), "{bad}");
        assert!(bad.message.contains("fieldValidation: Unsupported value: \"y\""), "{bad}");
        assert!(WriteOptions::read(&Query::parse("force=true"), WriteKind::Patch).is_err());
    }

    #[test]
    fn deletions_are_read_from_body_or_query() {
        let text = r#"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"u"},"propagationPolicy":"Foreground"}"#;
        let read = Deletion::read(&body(text), &Query::default()).expect("good");
        assert_eq!(read.options.grace_period_seconds, Some(0));
        assert_eq!(read.options.uid.as_deref(), Some("u"));
        assert_eq!(read.options.propagation_policy.as_deref(), Some("Foreground"));
        let query = Query::parse("gracePeriodSeconds=5&orphanDependents=false&dryRun=All");
        let read = Deletion::read(&body(""), &query).expect("good");
        assert_eq!(read.options.propagation_policy.as_deref(), Some("Background"));
        assert!(read.is_dry_run && read.asks_for_cascade);
    }

    #[test]
    fn bad_deletions_are_refused() {
        let both = r#"{"orphanDependents":true,"propagationPolicy":"Foreground"}"#;
        assert_eq!(Deletion::read(&body(both), &Query::default()).expect_err("both").code, 422);
        assert_eq!(Deletion::read(&body(r#"{"propagationPolicy":"x"}"#), &Query::default()).expect_err("x").code, 422);
        assert_eq!(Deletion::read(&body(r#"{"kind":"Pod"}"#), &Query::default()).expect_err("kind").code, 400);
        assert_eq!(Deletion::read(&body("[]"), &Query::default()).expect_err("list").code, 400);
    }

    #[test]
    fn a_name_is_a_selector() {
        let target = Target { name: "a".into(), ..Target::default() };
        let options = list_options(&Query::default(), &target).expect("good");
        assert_eq!(options.field_selector.terms.len(), 1);
        assert!(list_options(&Query::parse("fieldSelector=metadata.name=b"), &target).is_err());
        assert!(list_options(&Query::parse("limit=x"), &Target::default()).is_err());
    }
}
