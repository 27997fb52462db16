//! Request bodies → normalised trees of the kind that was asked for, with upstream's refusals.

use api::resources;
use apimachinery::group_version::{GroupVersion, GroupVersionKind};
use apimachinery::patch::{self, PatchType};
use apimachinery::schema::{self, DecodeError, FieldIssues, Struct};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, protobuf, yaml};

use crate::custom_resources::CustomVersion;
use crate::request::{Body, BodyFormat, FieldValidation, RequestInfo};

/// Where upstream's scheme was made, part of its text for unknown kinds.
const SCHEME: &str = "pkg/api/legacyscheme/scheme.go:30";

/// The type into which upstream reads kind and version, as Go prints it.
const KIND_STRUCT: &str =
    r#"of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

/// Bytes of an unreadable body that an error quotes.
const SUMMARY_BYTES_MAX: usize = 30;

/// The kind that a body should hold.
pub struct Expected {
    /// Its group, version and kind.
    pub kind: GroupVersionKind,
    /// Its type.
    pub schema: &'static Struct,
    /// The version of a custom kind.
    pub custom: Option<&'static CustomVersion>,
}

impl Expected {
    /// `apiVersion` of the kind.
    pub fn api_version(&self) -> String {
        GroupVersion { group: self.kind.group.clone(), version: self.kind.version.clone() }.to_string()
    }
}

/// Decodes a body; unknown and duplicate fields are dropped, warned about or refused as the request says.
pub fn decode_body(expected: &Expected, body: &Body, info: &RequestInfo) -> Result<Value, Status> {
    if body.format == BodyFormat::Protobuf {
        return decode_protobuf(expected, &body.bytes);
    }
    let decoded = match body.format {
        BodyFormat::Yaml => schema::decode_yaml(expected.schema, &body.bytes),
        _ => schema::decode_json(expected.schema, &body.bytes),
    };
    let (mut object, issues) = match decoded {
        Ok(decoded) => decoded,
        Err(error) => return Err(refusal(expected, body, error)),
    };
    check_kind(expected, object.str_at(&["apiVersion"]), object.str_at(&["kind"]))
        .map_err(|it| it.of_body(expected, &body.bytes))?;
    let issues = match expected.custom {
        Some(custom) => custom_issues(custom, body, &mut object, issues),
        None => issues,
    };
    apply_field_validation(expected, info, issues)?;
    stamp(expected, &mut object);
    Ok(object)
}

/// Shapes a custom object; what comes twice is told first, then what is unknown.
fn custom_issues(custom: &CustomVersion, body: &Body, object: &mut Value, found: FieldIssues) -> FieldIssues {
    let mut issues = match body.format {
        BodyFormat::Json => patch::document_issues(PatchType::Merge, &body.bytes),
        _ => Vec::new(),
    };
    issues.extend(custom.shape(object));
    for issue in found.issues {
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    FieldIssues { issues }
}

/// A patch as it came, and what it was laid over.
pub struct PatchDocument<'a> {
    /// Its kind.
    pub kind: PatchType,
    /// Its text.
    pub bytes: &'a [u8],
    /// The object before it.
    pub current: &'a Value,
}

impl PatchDocument<'_> {
    /// How upstream says that the result is no object of the kind, where that is not what a reader of JSON says.
    fn fault(&self, expected: &Expected) -> Option<String> {
        let patched = self.kind.apply(expected.schema, self.current, self.bytes).ok()?;
        self.kind.fault(expected.schema, &patched)
    }
}

/// Normalises a tree that a patch made, as a body of the kind.
pub fn decode_patched(
    expected: &Expected,
    patched: Value,
    info: &RequestInfo,
    document: &PatchDocument<'_>,
) -> Result<Value, Status> {
    let kind = document.kind;
    let refuse = |detail: String| kind.undecodable(expected.schema, document.current, document.bytes, &detail);
    let mut object = patched;
    check_kind(expected, object.str_at(&["apiVersion"]), object.str_at(&["kind"])).map_err(|it| refuse(it.cause))?;
    let mut issues = schema::normalise(expected.schema, &mut object)
        .map_err(|error| refuse(document.fault(expected).unwrap_or(error.message)))?;
    if let Some(custom) = expected.custom {
        issues.issues.extend(custom.shape(&mut object));
    }
    let in_document = match kind {
        // Duplicates of a JSON patch are those of its operations.
        PatchType::StrategicMerge => Vec::new(),
        _ => patch::document_issues(kind, document.bytes),
    };
    issues.issues.splice(0..0, in_document);
    match info.field_validation {
        FieldValidation::Strict if !issues.issues.is_empty() => return Err(refuse(strict_text(&issues))),
        FieldValidation::Warn => issues.issues.into_iter().for_each(|issue| info.warn(issue)),
        _ => {}
    }
    stamp(expected, &mut object);
    Ok(object)
}

fn apply_field_validation(expected: &Expected, info: &RequestInfo, issues: FieldIssues) -> Result<(), Status> {
    match info.field_validation {
        FieldValidation::Ignore => Ok(()),
        FieldValidation::Warn => {
            issues.issues.into_iter().for_each(|issue| info.warn(issue));
            Ok(())
        }
        FieldValidation::Strict if issues.issues.is_empty() => Ok(()),
        FieldValidation::Strict => {
            Err(cannot_be_handled(expected, &expected.kind.kind, &expected.kind.version, &strict_text(&issues)))
        }
    }
}

fn strict_text(issues: &FieldIssues) -> String {
    format!("strict decoding error: {}", issues.issues.join(", "))
}

fn stamp(expected: &Expected, object: &mut Value) {
    object.set(&["kind"], expected.kind.kind.as_str());
    object.set(&["apiVersion"], expected.api_version());
}

fn decode_protobuf(expected: &Expected, bytes: &[u8]) -> Result<Value, Status> {
    let unreadable = |error: DecodeError| unrecognized(expected, bytes, &error.message);
    let envelope = protobuf::open_envelope(bytes).map_err(unreadable)?;
    check_kind(expected, envelope.api_version, envelope.kind).map_err(|it| it.of_body(expected, bytes))?;
    let mut object = protobuf::decode(expected.schema, envelope.raw)
        .map_err(|error| cannot_be_handled(expected, &expected.kind.kind, &expected.kind.version, &error.message))?;
    stamp(expected, &mut object);
    // The wire leaves out what is zero; the tree does not.
    schema::normalise(expected.schema, &mut object).map_err(Status::internal)?;
    Ok(object)
}

/// The refusal of a body that is not an object of the expected type: perhaps it is of another kind, or no object.
fn refusal(expected: &Expected, body: &Body, error: DecodeError) -> Status {
    let tree = match body.format {
        BodyFormat::Yaml => yaml::parse(&body.bytes).map(|(tree, _)| tree),
        _ => json::parse(&body.bytes),
    };
    let tree = match tree {
        Ok(tree) if tree.as_object().is_some() => tree,
        Ok(_) => {
            // Upstream looks for the kind first, with a small struct of its own.
            let own = format!("of type {}.{}", expected.kind.version, expected.kind.kind);
            let cause = error.message.replace(&own, KIND_STRUCT);
            let text = format!("couldn't get version/kind; json parse error: {cause}");
            return unrecognized(expected, &body.bytes, &text);
        }
        Err(syntax) => return unrecognized(expected, &body.bytes, &syntax_text(body.format, &syntax)),
    };
    let (api_version, kind) = (tree.str_at(&["apiVersion"]), tree.str_at(&["kind"]));
    match check_kind(expected, api_version, kind) {
        Err(mismatch) => mismatch.of_body(expected, &body.bytes),
        Ok(()) => cannot_be_handled(expected, &expected.kind.kind, &expected.kind.version, &error.message),
    }
}

fn syntax_text(format: BodyFormat, error: &DecodeError) -> String {
    match format {
        BodyFormat::Yaml => error.message.clone(),
        _ => format!("couldn't get version/kind; json parse error: {}", error.message),
    }
}

/// Why an object is not of the kind that was asked for.
struct Mismatch {
    cause: String,
    claim: Claim,
}

/// What an object says that it is.
enum Claim {
    /// Of a kind and version that upstream names before the cause.
    Named(String, String),
    /// Of the kind that was asked for, in another version.
    OtherVersion,
    /// Of a version that is none: upstream finds no object in such a body.
    Unreadable,
}

impl Mismatch {
    /// The refusal of a whole body; that of a patch holds only the cause.
    fn of_body(self, expected: &Expected, body: &[u8]) -> Status {
        match self.claim {
            Claim::Named(kind, version) => cannot_be_handled(expected, &kind, &version, &self.cause),
            Claim::OtherVersion => Status::bad_request(self.cause),
            Claim::Unreadable => unrecognized(expected, body, &self.cause),
        }
    }
}

/// Finds an object of another kind or version; empty ones take the expected.
fn check_kind(expected: &Expected, api_version: &str, kind: &str) -> Result<(), Mismatch> {
    let wanted = &expected.kind;
    let kind = if kind.is_empty() { wanted.kind.as_str() } else { kind };
    let found = match api_version {
        "" => GroupVersion { group: wanted.group.clone(), version: wanted.version.clone() },
        text => GroupVersion::parse(text).ok_or_else(|| Mismatch {
            cause: format!("unexpected GroupVersion string: {text}"),
            claim: Claim::Unreadable,
        })?,
    };
    let is_same_version = found.group == wanted.group && found.version == wanted.version;
    if is_same_version && kind == wanted.kind {
        return Ok(());
    }
    let claim = Claim::Named(kind.to_owned(), found.version.clone());
    if expected.custom.is_none() && resources::type_by_gvk(&found.group, &found.version, kind).is_none() {
        let cause = format!("no kind {kind:?} is registered for version \"{found}\" in scheme {SCHEME:?}");
        return Err(Mismatch { cause, claim });
    }
    if kind == wanted.kind {
        let cause = format!(
            "the API version in the data ({found}) does not match the expected API version ({})",
            expected.api_version()
        );
        return Err(Mismatch { cause, claim: Claim::OtherVersion });
    }
    let package = match wanted.group.split('.').next() {
        None | Some("") => "core",
        Some(first) => first,
    };
    let cause = format!("converting ({}.{kind}) to ({package}.{}): unknown conversion", found.version, wanted.kind);
    Err(Mismatch { cause, claim })
}

fn cannot_be_handled(expected: &Expected, kind: &str, version: &str, cause: &str) -> Status {
    let wanted = &expected.kind.kind;
    Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {wanted}: {cause}"))
}

fn unrecognized(expected: &Expected, body: &[u8], cause: &str) -> Status {
    let wanted = &expected.kind.kind;
    let summary = summary(body);
    Status::bad_request(format!("the object provided is unrecognized (must be of type {wanted}): {cause} ({summary})"))
}

fn summary(body: &[u8]) -> String {
    let shown = &body[..body.len().min(SUMMARY_BYTES_MAX)];
    let text = match body.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(shown).into_owned(),
        Some(_) => shown.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    if body.len() > SUMMARY_BYTES_MAX { format!("{text} ...") } else { text }
}
