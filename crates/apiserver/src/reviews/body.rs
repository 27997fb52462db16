//! Bodies of kinds that the API server answers itself.

use apimachinery::group_version::{GroupVersion, GroupVersionKind};
use apimachinery::protobuf;
use apimachinery::schema::{DecodeError, FieldIssues, Struct, decode_json, decode_yaml, normalise};
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::request::{Body, BodyFormat, FieldValidation, RequestInfo};

use crate::call::Call;
use crate::options::WriteKind;

/// The kind that a body should hold.
#[derive(Clone, Copy)]
pub struct Expected {
    /// API group.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Its type.
    pub schema: &'static Struct,
}

impl Expected {
    /// A built-in kind.
    pub fn built_in(group: &'static str, version: &'static str, kind: &'static str) -> Result<Expected, Status> {
        let schema = api::type_by_gvk(group, version, kind).ok_or_else(Status::unknown_resource)?;
        Ok(Expected { group, version, kind, schema })
    }

    /// Its group, version and kind.
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind { group: self.group.into(), version: self.version.into(), kind: self.kind.into() }
    }

    fn api_version(&self) -> String {
        GroupVersion { group: self.group.into(), version: self.version.into() }.to_string()
    }

    fn unhandled(&self, detail: &str) -> Status {
        let (kind, version) = (self.kind, self.version);
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {detail}"))
    }
}

/// Reads the body of a creation, with what the request says; warnings go to the client.
pub async fn read(call: &mut Call, expected: Expected) -> Result<(RequestInfo, Value), Status> {
    let body = call.read_object().await?;
    let info = call.info("create", WriteKind::Create)?;
    let decoded = decode(expected, &body, &info);
    call.take_warnings(&info);
    Ok((info, decoded?))
}

/// Decodes a body; unknown and duplicate fields are dropped, warned about or refused as `info` says.
pub fn decode(expected: Expected, body: &Body, info: &RequestInfo) -> Result<Value, Status> {
    let refuse = |error: DecodeError| expected.unhandled(&error.message);
    let (mut object, issues) = match body.format {
        BodyFormat::Json => decode_json(expected.schema, &body.bytes).map_err(refuse)?,
        BodyFormat::Yaml => decode_yaml(expected.schema, &body.bytes).map_err(refuse)?,
        BodyFormat::Protobuf => {
            let envelope = protobuf::open_envelope(&body.bytes).map_err(refuse)?;
            check_kind(expected, envelope.api_version, envelope.kind)?;
            let mut object = protobuf::decode(expected.schema, envelope.raw).map_err(refuse)?;
            normalise(expected.schema, &mut object).map_err(refuse)?;
            (object, FieldIssues::default())
        }
    };
    check_kind(expected, object.str_at(&["apiVersion"]), object.str_at(&["kind"]))?;
    match info.field_validation {
        FieldValidation::Ignore => {}
        FieldValidation::Warn => issues.issues.into_iter().for_each(|issue| info.warn(issue)),
        FieldValidation::Strict if issues.issues.is_empty() => {}
        FieldValidation::Strict => {
            return Err(expected.unhandled(&format!("strict decoding error: {}", issues.issues.join(", "))));
        }
    }
    object.set(&["kind"], expected.kind);
    object.set(&["apiVersion"], expected.api_version());
    Ok(object)
}

/// A body may leave out its kind and version; others than the expected ones are refused.
fn check_kind(expected: Expected, api_version: &str, kind: &str) -> Result<(), Status> {
    let own = expected.api_version();
    if !kind.is_empty() && kind != expected.kind {
        return Err(Status::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {}: converting ({kind}) to ({}): unknown conversion",
            api_version.rsplit('/').next().unwrap_or(""),
            expected.kind,
            expected.kind
        )));
    }
    match api_version.is_empty() || api_version == own {
        true => Ok(()),
        false => Err(Status::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({own})"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn read(text: &str, field_validation: FieldValidation) -> (Result<Value, Status>, Vec<String>) {
        let expected = Expected::built_in("authentication.k8s.io", "v1", "TokenReview").expect("built in");
        let info = RequestInfo { field_validation, ..RequestInfo::default() };
        let body = Body { format: BodyFormat::Json, bytes: Bytes::copy_from_slice(text.as_bytes()) };
        let decoded = decode(expected, &body, &info);
        (decoded, info.warnings.into_inner())
    }

    #[test]
    fn the_kind_may_be_left_out_but_not_be_another() {
        let (object, _) = read(r#"{"spec":{"token":"x"}}"#, FieldValidation::Strict);
        assert_eq!(object.expect("good").str_at(&["apiVersion"]), "authentication.k8s.io/v1");
        assert_eq!(read(r#"{"kind":"Pod","apiVersion":"v1"}"#, FieldValidation::Warn).0.expect_err("a Pod").code, 400);
        assert_eq!(read(r#"{"apiVersion":"v1"}"#, FieldValidation::Warn).0.expect_err("v1").code, 400);
        assert_eq!(read("[]", FieldValidation::Warn).0.expect_err("a list").code, 400);
    }

    #[test]
    fn unknown_fields_are_warned_about_or_refused() {
        let text = r#"{"spec":{"token":"x","y":1}}"#;
        let (object, warnings) = read(text, FieldValidation::Warn);
        assert!(object.is_ok());
        assert_eq!(warnings, [r#"unknown field "spec.y""#]);
        assert!(read(text, FieldValidation::Strict).0.is_err());
        assert!(read(text, FieldValidation::Ignore).1.is_empty());
    }
}
