//! Webhook configurations in a form that requests can be matched against without parsing anything.

use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use registry::resource::Registry;

use crate::admission::match_conditions::{self, Condition};
use crate::admission::matching::Constraints;
use crate::webhook_client::WebhookClient;

/// Seconds that a webhook is waited for when its configuration does not say.
const DEFAULT_TIMEOUT_SECONDS: u64 = 10;

/// One webhook.
pub(super) struct Hook {
    /// Its name.
    pub name: String,
    /// Name of its configuration.
    pub configuration: String,
    /// Tells it apart from all others, also when names stand twice.
    pub uid: String,
    /// What it wants to see.
    pub constraints: Constraints,
    /// `matchConditions`
    pub conditions: Vec<Condition>,
    /// `failurePolicy: Ignore`
    pub ignores_failures: bool,
    /// `reinvocationPolicy: IfNeeded`
    pub may_be_reinvoked: bool,
    /// `sideEffects: None` or `NoneOnDryRun`
    pub allows_dry_run: bool,
    /// `timeoutSeconds`
    pub timeout: Duration,
    /// The first version of `admissionReviewVersions` that is known here.
    pub review_version: Option<ReviewVersion>,
    /// How it is reached; the error tells why it cannot be.
    pub client: Result<WebhookClient, String>,
}

/// Version of `AdmissionReview`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReviewVersion {
    V1,
    V1Beta1,
}

/// The webhooks of a configuration of either kind, in its order.
pub(super) fn parse(configuration: &Value, registry: &Weak<Registry>) -> Vec<Arc<Hook>> {
    let mut hooks: Vec<Arc<Hook>> = Vec::new();
    for value in configuration.items_at(&["webhooks"]) {
        let name = value.str_at(&["name"]);
        let doubles = hooks.iter().filter(|it| it.name == name).count();
        let uid = format!("{}/{name}/{doubles}", configuration.name());
        hooks.push(Arc::new(hook(configuration.name(), uid, value, registry)));
    }
    hooks
}

fn hook(configuration: &str, uid: String, value: &Value, registry: &Weak<Registry>) -> Hook {
    let seconds = value.i64_at(&["timeoutSeconds"]).and_then(|it| u64::try_from(it).ok());
    Hook {
        name: value.str_at(&["name"]).to_owned(),
        configuration: configuration.to_owned(),
        uid,
        constraints: Constraints::of_webhook(value),
        conditions: match_conditions::compile(value, false),
        ignores_failures: value.str_at(&["failurePolicy"]) == "Ignore",
        may_be_reinvoked: value.str_at(&["reinvocationPolicy"]) == "IfNeeded",
        allows_dry_run: matches!(value.str_at(&["sideEffects"]), "None" | "NoneOnDryRun"),
        timeout: Duration::from_secs(seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS)),
        review_version: review_version(value),
        client: WebhookClient::new(value.field("clientConfig"), registry.clone()),
    }
}

fn review_version(hook: &Value) -> Option<ReviewVersion> {
    hook.items_at(&["admissionReviewVersions"]).iter().find_map(|version| match version.as_str() {
        Some("v1") => Some(ReviewVersion::V1),
        Some("v1beta1") => Some(ReviewVersion::V1Beta1),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::matching::Selector;
    use apimachinery::tree;

    #[test]
    fn a_configuration_is_taken_apart_once() {
        let hooks = parse(
            &tree!({"metadata": {"name": "c"}, "webhooks": [
                {"name": "a.b.c", "failurePolicy": "Ignore", "timeoutSeconds": 3, "sideEffects": "NoneOnDryRun",
                 "admissionReviewVersions": ["v2", "v1beta1", "v1"], "namespaceSelector": {}},
                {"name": "a.b.c", "failurePolicy": "Fail", "matchPolicy": "Exact", "sideEffects": "Some",
                 "admissionReviewVersions": ["v2"], "namespaceSelector": {"matchLabels": {"a": "b"}}},
            ]}),
            &Weak::new(),
        );
        let uids: Vec<&str> = hooks.iter().map(|it| it.uid.as_str()).collect();
        assert_eq!(uids, ["c/a.b.c/0", "c/a.b.c/1"]);
        let (one, other) = (&hooks[0], &hooks[1]);
        assert!(one.ignores_failures && one.allows_dry_run && one.constraints.matches_equivalents);
        assert!(!other.ignores_failures && !other.allows_dry_run && !other.constraints.matches_equivalents);
        assert_eq!((one.timeout, other.timeout), (Duration::from_secs(3), Duration::from_secs(10)));
        assert_eq!((one.review_version, other.review_version), (Some(ReviewVersion::V1Beta1), None));
        assert!(matches!(
            (&one.constraints.namespaces, &one.constraints.objects),
            (Selector::Everything, Selector::Nothing)
        ));
        assert!(matches!(other.constraints.namespaces, Selector::Some(_)));
    }
}
