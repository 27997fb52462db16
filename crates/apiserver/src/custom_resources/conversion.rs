//! Conversion webhooks: custom objects are converted between versions by a program outside.

use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::field_error::quoted;
use apimachinery::group_version::{GroupVersion, GroupVersionKind};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use async_trait::async_trait;
use registry::custom_resources::{Converter, Converters};
use registry::resource::Registry;

use crate::identifiers::random_uuid;
use crate::webhook_client::WebhookClient;

/// How long a conversion may take; upstream's.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How Go tells that an answer did not come in time.
const TIMED_OUT: &str = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/// Makes clients of conversion webhooks.
pub(crate) struct WebhookConverters {
    /// Where Services are looked up.
    pub registry: Weak<Registry>,
}

impl Converters for WebhookConverters {
    fn converter(&self, webhook: &Value) -> Arc<dyn Converter> {
        let versions = webhook.items_at(&["conversionReviewVersions"]);
        let mut known = versions.iter().filter_map(Value::as_str).filter(|it| matches!(*it, "v1" | "v1beta1"));
        let client = WebhookClient::new(webhook.field("clientConfig"), self.registry.clone());
        Arc::new(WebhookConverter { client, review_version: known.next().map(str::to_owned) })
    }
}

struct WebhookConverter {
    client: Result<WebhookClient, String>,
    /// `v1` or `v1beta1`
    review_version: Option<String>,
}

#[async_trait]
impl Converter for WebhookConverter {
    async fn convert(&self, objects: Vec<Value>, api_version: &str) -> Result<Vec<Value>, Status> {
        let subject = format!("conversion webhook for {}", objects.first().map_or_else(String::new, kind_text));
        let converted = match self.ask(&objects, api_version).await {
            Ok(converted) => converted,
            Err(Trouble::Unsupported) => return Err(bare("no supported conversion review versions".to_owned())),
            Err(Trouble::Failed(cause)) => return Err(bare(format!("{subject} failed: {cause}"))),
        };
        if converted.len() != objects.len() {
            let (found, expected) = (converted.len(), objects.len());
            return Err(bare(format!("{subject} returned {found} objects, expected {expected}")));
        }
        let place = |at: usize| match objects.len() {
            1 => "object at index 0".to_owned(),
            _ => format!("converted object at index {at}"),
        };
        let pairs = objects.iter().zip(converted).enumerate();
        let taken = pairs.map(|(at, (before, after))| {
            take(before, after, api_version)
                .map_err(|cause| bare(format!("{subject} returned invalid {}: {cause}", place(at))))
        });
        taken.collect()
    }
}

/// Why a webhook gave no objects.
enum Trouble {
    Unsupported,
    Failed(String),
}

impl WebhookConverter {
    async fn ask(&self, objects: &[Value], api_version: &str) -> Result<Vec<Value>, Trouble> {
        let version = self.review_version.as_deref().ok_or(Trouble::Unsupported)?;
        let client = self.client.as_ref().map_err(|cause| Trouble::Failed(cause.clone()))?;
        let uid = random_uuid();
        let review = tree!({
            "kind": "ConversionReview",
            "apiVersion": (format!("apiextensions.k8s.io/{version}")),
            "request": {
                "uid": (uid.as_str()),
                "desiredAPIVersion": api_version,
                "objects": (Value::Array(objects.to_vec()))
            }
        });
        let answer = client.post(json::to_vec(&review).into(), TIMEOUT, TIMED_OUT).await.map_err(Trouble::Failed)?;
        read(&answer, version, &uid).map_err(Trouble::Failed)
    }
}

/// An error that upstream lets through as it is: without a reason.
fn bare(message: String) -> Status {
    Status { code: 500, reason: "", message, details: None }
}

fn kind_text(object: &Value) -> String {
    let kind = object.str_at(&["kind"]);
    let version = GroupVersion::parse(object.str_at(&["apiVersion"]));
    let version = version.unwrap_or_else(|| GroupVersion { group: String::new(), version: String::new() });
    GroupVersionKind::new(version.group, version.version, kind).to_string()
}

/// The objects of an answer; the error is upstream's text.
fn read(answer: &[u8], version: &str, uid: &str) -> Result<Vec<Value>, String> {
    let mut review = json::parse(answer).map_err(|error| error.message)?;
    if version == "v1" {
        let (expected, found) = ("apiextensions.k8s.io/v1, Kind=ConversionReview", kind_text(&review));
        if found != expected {
            return Err(format!("expected webhook response of {expected}, got {found}"));
        }
    }
    if review.field("response").as_object().is_none() {
        return Err("no response provided".to_owned());
    }
    let found = review.str_at(&["response", "uid"]);
    if version == "v1" && found != uid {
        return Err(format!("expected response.uid={}, got {}", quoted(uid), quoted(found)));
    }
    let result = review.at(&["response", "result"]);
    let (status, message) = (result.str_at(&["status"]), result.str_at(&["message"]));
    match (status, message) {
        ("Success", _) => {}
        (_, "") => return Err(format!("response.result.status was '{status}', not 'Success'")),
        (_, message) => return Err(message.to_owned()),
    }
    match review.remove_at(&["response", "convertedObjects"]) {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Ok(Vec::new()),
    }
}

/// Checks a converted object and gives it the metadata of the object before: only labels and annotations may differ.
fn take(before: &Value, mut after: Value, api_version: &str) -> Result<Value, String> {
    let found = after.str_at(&["apiVersion"]);
    if found != api_version {
        return Err(format!("invalid groupVersion (expected {api_version}, received {found})"));
    }
    let (expected, found) = (before.str_at(&["kind"]), after.str_at(&["kind"]));
    if found != expected {
        return Err(format!("invalid kind (expected {expected}, received {found})"));
    }
    for (what, expected, found) in [
        ("name", before.name(), after.name()),
        ("namespace", before.namespace(), after.namespace()),
        ("UID", before.uid(), after.uid()),
    ] {
        if found != expected {
            return Err(format!("must have the same {what}: {expected} != {found}"));
        }
    }
    let given = after.remove_at(&["metadata"]).ok_or("missing metadata in converted object")?;
    let mut metadata = before.field("metadata").clone();
    for field in ["labels", "annotations"] {
        metadata.remove_at(&[field]);
        if let Some(map) = given.field(field).as_object() {
            if let Some((key, _)) = map.iter().find(|(_, value)| value.as_str().is_none()) {
                return Err(format!("metadata.{field}[{key}] must be a string"));
            }
            metadata.set(&[field], given.field(field).clone());
        }
    }
    after.set(&["metadata"], metadata);
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_belong_to_its_question() {
        let check = |response: Value, expected: Result<usize, &str>| {
            let review =
                tree!({"kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1", "response": response});
            let read = read(&json::to_vec(&review), "v1", "u");
            assert_eq!(read.as_ref().map(Vec::len).map_err(String::as_str), expected);
        };
        check(tree!({"uid": "u", "result": {"status": "Success"}, "convertedObjects": [{}]}), Ok(1));
        check(Value::Null, Err("no response provided"));
        check(tree!({"uid": "x"}), Err("expected response.uid=\"u\", got \"x\""));
        check(tree!({"uid": "u"}), Err("response.result.status was '', not 'Success'"));
        check(tree!({"uid": "u", "result": {"status": "Failure", "message": "no"}}), Err("no"));
    }

    #[test]
    fn only_labels_and_annotations_of_the_metadata_are_the_webhooks() {
        let before = tree!({"kind": "K", "apiVersion": "g/v1", "metadata": {
            "name": "a", "uid": "u", "finalizers": ["x"], "labels": {"old": "1"}, "annotations": {"a": "b"}}});
        let after = |version: &str, name: &str| tree!({"kind": "K", "apiVersion": version, "metadata": {"name": name, "uid": "u", "labels": {"new": "1"}}});
        let taken = take(&before, after("g/v2", "a"), "g/v2").expect("good");
        assert_eq!(taken.at(&["metadata", "labels"]), &tree!({"new": "1"}));
        assert_eq!(taken.at(&["metadata", "finalizers"]), &tree!(["x"]));
        assert!(taken.at(&["metadata", "annotations"]).is_null());
        let refused = |after: Value| take(&before, after, "g/v2").expect_err("refused");
        assert_eq!(refused(after("g/v1", "a")), "invalid groupVersion (expected g/v2, received g/v1)");
        assert_eq!(refused(after("g/v2", "b")), "must have the same name: a != b");
    }
}
