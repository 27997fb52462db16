//! `storage.k8s.io/v1 CSIDriver`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::storage;
use crate::defaults::{FieldDefault, text, truth};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};
use crate::{cells, prepare, rules};

/// How the cluster deals with the volumes of a driver.
pub struct CsiDriver;

const TOKEN_SECONDS_MIN: i64 = 600;
const TOKEN_SECONDS_MAX: i64 = 1 << 32;
const UPDATE_SECONDS_MIN: i64 = 10;

const SECRETS_ADVICE: &str = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true \
                              to prevent possible logging of tokens in volume attributes";

static DEFAULTS: &[FieldDefault] = &[
    truth("spec.attachRequired", true),
    truth("spec.podInfoOnMount", false),
    truth("spec.storageCapacity", false),
    text("spec.fsGroupPolicy", "ReadWriteOnceWithFSType"),
    truth("spec.requiresRepublish", false),
    truth("spec.seLinuxMount", false),
];

static RULES: KindRules = KindRules {
    group: storage::GROUP,
    plural: "csidrivers",
    storage_prefix: "/registry/csidrivers",
    defaults: DEFAULTS,
    allows_unconditional_update: false,
    returns_deleted_object: true,
    ..KindRules::NEW
};

impl Strategy for CsiDriver {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.items_at(&["spec", "volumeLifecycleModes"]).is_empty() && !object.field("spec").is_null() {
            object.set(&["spec", "volumeLifecycleModes"], tree!(["Persistent"]));
        }
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        // Behind a feature that is off by default.
        object.remove_at(&["spec", "preventPodSchedulingIfMissing"]);
    }

    fn prepare_update(&self, object: &mut Value, old: &Value, _: &Context<'_>) {
        if old.at(&["spec", "preventPodSchedulingIfMissing"]).is_null() {
            object.remove_at(&["spec", "preventPodSchedulingIfMissing"]);
        }
        // Counted from nothing: a new driver has no generation.
        prepare::bump_generation(object, old, &[crate::strategy::SPEC]);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object.field("spec"), &FieldPath::new("spec"), errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        if object.at(&["spec", "attachRequired"]) != old.at(&["spec", "attachRequired"]) {
            // Upstream's spelling of the path.
            let (path, value) = (FieldPath::new("spec.attachedRequired"), object.at(&["spec", "attachRequired"]));
            errors.push(FieldError::invalid(&path, value, rules::FIELD_IMMUTABLE));
        }
        rules::immutable(object, old, &["spec", "volumeLifecycleModes"], errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let requests = |of: &Value| of.at(&["spec", "tokenRequests"]).clone();
        let is_news = !object.items_at(&["spec", "tokenRequests"]).is_empty() && requests(object) != requests(old);
        match is_news && object.at(&["spec", "serviceAccountTokenInSecrets"]).is_null() {
            true => vec![SECRETS_ADVICE.to_owned()],
            false => Vec::new(),
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let spec = object.field("spec");
        let truth = |field: &str, absent: bool| Value::Bool(spec.field(field).as_bool().unwrap_or(absent));
        let texts = |items: &[Value]| items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        let modes = texts(spec.items_at(&["volumeLifecycleModes"]));
        let audiences = match spec.field("tokenRequests").as_array() {
            None => "<unset>".to_owned(),
            Some(requests) => requests.iter().map(|it| it.str_at(&["audience"])).collect::<Vec<_>>().join(","),
        };
        cells::row(vec![
            cells::name(object),
            truth("attachRequired", true),
            truth("podInfoOnMount", false),
            truth("storageCapacity", false),
            audiences.into(),
            truth("requiresRepublish", false),
            if modes.is_empty() { "<none>".into() } else { modes.into() },
            cells::age(object, now),
        ])
    }
}

fn validate_spec(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const POLICIES: [&str; 3] = ["File", "None", "ReadWriteOnceWithFSType"];
    for (field, shown) in [
        ("attachRequired", "attachedRequired"),
        ("podInfoOnMount", "podInfoOnMount"),
        ("storageCapacity", "storageCapacity"),
    ] {
        if spec.field(field).is_null() {
            errors.push(FieldError::required(&path.child(shown), ""));
        }
    }
    if let Some(policy) = spec.field("fsGroupPolicy").as_str().filter(|it| !POLICIES.contains(it)) {
        errors.push(FieldError::not_supported(&path.child("fsGroupPolicy"), policy, &POLICIES));
    }
    validate_token_requests(spec.items_at(&["tokenRequests"]), &path.child("tokenRequests"), errors);
    for mode in spec.items_at(&["volumeLifecycleModes"]).iter().filter_map(Value::as_str) {
        if !matches!(mode, "Persistent" | "Ephemeral") {
            let path = path.child("volumeLifecycleModes");
            errors.push(FieldError::not_supported(&path, mode, &["Persistent", "Ephemeral"]));
        }
    }
    if spec.field("seLinuxMount").is_null() {
        errors.push(FieldError::required(&path.child("seLinuxMount"), ""));
    }
    if let Some(seconds) = spec.i64_at(&["nodeAllocatableUpdatePeriodSeconds"]).filter(|it| *it < UPDATE_SECONDS_MIN) {
        let path = path.child("nodeAllocatableUpdatePeriodSeconds");
        errors.push(FieldError::invalid(&path, seconds, "must be greater than or equal to 10 seconds"));
    }
    let in_secrets = spec.field("serviceAccountTokenInSecrets");
    if !in_secrets.is_null() && spec.items_at(&["tokenRequests"]).is_empty() {
        let detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
        errors.push(FieldError::invalid(&path.child("serviceAccountTokenInSecrets"), in_secrets, detail));
    }
}

fn validate_token_requests(requests: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, request) in requests.iter().enumerate() {
        let (path, audience) = (path.index(at), request.str_at(&["audience"]));
        if requests[..at].iter().any(|it| it.str_at(&["audience"]) == audience) {
            errors.push(FieldError::duplicate(&path.child("audience"), audience));
            continue;
        }
        let Some(seconds) = request.i64_at(&["expirationSeconds"]) else { continue };
        let detail = match seconds {
            ..TOKEN_SECONDS_MIN => "may not specify a duration less than 10 minutes",
            TOKEN_SECONDS_MIN..=TOKEN_SECONDS_MAX => continue,
            _ => "may not specify a duration larger than 2^32 seconds",
        };
        errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, detail));
    }
}
