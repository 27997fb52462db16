//! Kinds that are answered and never stored: access reviews, token reviews, "who am I".

pub mod body;

use api::ResourceType;
use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::managed_fields::{FieldWriter, record_update};
use apimachinery::names;
use apimachinery::selector::{FieldSelector, FieldTerm};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{time, tree};
use http::{Method, StatusCode};
use registry::match_namespace;
use registry::request::{RequestInfo, UserInfo};

use self::body::Expected;
use crate::authorization::Attributes;
use crate::authorization::node::node_identity;
use crate::authorization::rules::Rule;
use crate::call::Call;
use crate::negotiation::{self, Offer};
use crate::render;
use crate::reply::Reply;
use crate::resources::method_not_allowed;
use crate::server::Server;

/// A review kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    SelfSubject,
    Token,
    LocalSubjectAccess,
    SelfSubjectAccess,
    SelfSubjectRules,
    SubjectAccess,
}

const AUTHENTICATION: &str = "authentication.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";

const REVIEWS: [(&str, &str, Review); 6] = [
    (AUTHENTICATION, "selfsubjectreviews", Review::SelfSubject),
    (AUTHENTICATION, "tokenreviews", Review::Token),
    (AUTHORIZATION, "localsubjectaccessreviews", Review::LocalSubjectAccess),
    (AUTHORIZATION, "selfsubjectaccessreviews", Review::SelfSubjectAccess),
    (AUTHORIZATION, "selfsubjectrulesreviews", Review::SelfSubjectRules),
    (AUTHORIZATION, "subjectaccessreviews", Review::SubjectAccess),
];

/// The review that is served at a resource.
pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<Review> {
    let found = REVIEWS.iter().find(|(it, name, _)| *it == group && version == "v1" && *name == plural);
    found.map(|(_, _, review)| *review)
}

/// Resources that the API server answers without the registry, for discovery.
pub(crate) fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    let all =
        REVIEWS.iter().map(|(group, plural, _)| (*group, *plural)).chain([("", "bindings"), ("", "componentstatuses")]);
    all.filter_map(|(group, plural)| api::resource(group, "v1", plural))
}

impl Server {
    /// Answers the creation of a review.
    pub(crate) async fn review(&self, review: Review, call: &mut Call) -> Result<Reply, Status> {
        let is_local = review == Review::LocalSubjectAccess;
        if call.target.is_name_in_path || is_local == call.target.namespace.is_empty() {
            return Err(Status::unknown_resource());
        }
        if call.method != Method::POST {
            return Err(method_not_allowed());
        }
        let accepted = negotiation::accept(&call.headers, &call.query, Offer::Plain)?;
        let ty = api::resource(&call.target.group, &call.target.version, &call.target.resource);
        let ty = ty.ok_or_else(Status::unknown_resource)?;
        let expected = Expected { group: ty.group, version: ty.version, kind: ty.kind, schema: ty.schema };
        let (info, mut object) = body::read(call, expected).await?;
        if is_local {
            match_namespace(&mut object, &call.target.namespace)?;
        }
        if !matches!(review, Review::SelfSubject | Review::SelfSubjectRules) {
            record_fields(expected, &mut object, &info);
        }
        let admitted = self.chain.admit_creation(&info, expected.gvk(), &mut object).await;
        call.take_warnings(&info);
        admitted?;
        let status = match review {
            Review::SelfSubject => {
                object = tree!({"kind": (ty.kind), "apiVersion": (ty.api_version()),
                    "metadata": {"creationTimestamp": (time::format_seconds(jiff::Timestamp::now()))}});
                tree!({"userInfo": (user_value(&call.user))})
            }
            Review::Token => self.token_review(&object).await?,
            Review::SelfSubjectRules => {
                let status = self.rules_review(&object, &call.user)?;
                object.set(&["spec"], Value::object());
                status
            }
            Review::SelfSubjectAccess => {
                check_access(ty, &object, Subject::Caller)?;
                self.access(&object, &call.user).await
            }
            Review::SubjectAccess => {
                check_access(ty, &object, Subject::Named)?;
                self.access(&object, &named_user(&object)).await
            }
            Review::LocalSubjectAccess => {
                check_access(ty, &object, Subject::Named)?;
                check_local(ty, &object)?;
                self.access(&object, &named_user(&object)).await
            }
        };
        object.set(&["status"], status);
        Ok(render::value_reply(accepted, StatusCode::CREATED, &ordered(ty, object)))
    }

    async fn access(&self, object: &Value, user: &UserInfo) -> Value {
        let spec = object.field("spec");
        let resource = spec.field("resourceAttributes");
        let text = |key: &str| resource.str_at(&[key]).to_owned();
        let (version, selector) = (text("version"), field_selector(resource.field("fieldSelector")));
        let attributes = match resource.is_null() {
            false => Attributes {
                user,
                verb: resource.str_at(&["verb"]),
                group: resource.str_at(&["group"]),
                version: if version.is_empty() { "*" } else { &version },
                resource: resource.str_at(&["resource"]),
                subresource: resource.str_at(&["subresource"]),
                namespace: resource.str_at(&["namespace"]),
                name: resource.str_at(&["name"]),
                path: "",
                is_resource: true,
                field_selector: selector.as_ref(),
            },
            true => Attributes {
                path: spec.str_at(&["nonResourceAttributes", "path"]),
                is_resource: false,
                ..Attributes::of_resource(user, spec.str_at(&["nonResourceAttributes", "verb"]), "", "")
            },
        };
        let decision = self.authorizer.authorize(&attributes).await;
        let mut status = tree!({"allowed": (decision.is_allowed())});
        if !decision.reason().is_empty() {
            status.set(&["reason"], decision.reason());
        }
        status
    }

    async fn token_review(&self, object: &Value) -> Result<Value, Status> {
        let token = object.str_at(&["spec", "token"]);
        if token.is_empty() {
            return Err(Status::bad_request("token is required for TokenReview in authentication"));
        }
        let asked = object.items_at(&["spec", "audiences"]).iter().filter_map(Value::as_str);
        let mut audiences: Vec<String> = asked.map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences = self.authenticator.audiences.clone();
        }
        Ok(match self.authenticator.identify(token, &audiences).await {
            Ok(identity) => {
                let audiences: Value = identity.audiences.into_iter().map(Value::from).collect();
                tree!({"authenticated": true, "user": (user_value(&identity.user)), "audiences": audiences})
            }
            Err(error) => tree!({"user": {}, "error": (error.0)}),
        })
    }

    fn rules_review(&self, object: &Value, user: &UserInfo) -> Result<Value, Status> {
        let namespace = object.str_at(&["spec", "namespace"]);
        if namespace.is_empty() {
            return Err(Status::bad_request("no namespace on request"));
        }
        let mut held = self.authorizer.rbac.rules_for(user, namespace);
        let is_node = node_identity(user).is_some();
        if is_node {
            held.errors.push("node authorizer does not support user rule resolution".into());
        }
        let mut status = tree!({
            "resourceRules": (resource_rules(&held.rules)),
            "nonResourceRules": (non_resource_rules(&held.rules)),
            "incomplete": is_node,
        });
        if !held.errors.is_empty() {
            status.set(&["evaluationError"], held.errors.join(", "));
        }
        Ok(status)
    }
}

fn texts(list: &[String]) -> Value {
    list.iter().map(|text| Value::from(text.as_str())).collect()
}

fn resource_rules(rules: &[Rule]) -> Value {
    let rules = rules.iter().filter(|rule| !rule.resources.is_empty()).map(|rule| {
        let mut shown = tree!({"verbs": (texts(&rule.verbs)), "apiGroups": (texts(&rule.api_groups)),
            "resources": (texts(&rule.resources))});
        if !rule.resource_names.is_empty() {
            shown.set(&["resourceNames"], texts(&rule.resource_names));
        }
        shown
    });
    rules.collect()
}

fn non_resource_rules(rules: &[Rule]) -> Value {
    let rules = rules.iter().filter(|rule| !rule.non_resource_urls.is_empty());
    rules
        .map(|rule| tree!({"verbs": (texts(&rule.verbs)), "nonResourceURLs": (texts(&rule.non_resource_urls))}))
        .collect()
}

/// A user as the API shows it.
pub(crate) fn user_value(user: &UserInfo) -> Value {
    let mut value = tree!({"username": (user.name.clone())});
    if !user.uid.is_empty() {
        value.set(&["uid"], user.uid.as_str());
    }
    if !user.groups.is_empty() {
        value.set(&["groups"], texts(&user.groups));
    }
    if !user.extra.is_empty() {
        let mut extra = user.extra.clone();
        extra.sort();
        let extra: Value = extra.into_iter().map(|(key, values)| (key, texts(&values))).collect();
        value.set(&["extra"], extra);
    }
    value
}

/// Upstream records field ownership of what it answers itself too, although nobody can read it later.
pub(crate) fn record_fields(expected: Expected, object: &mut Value, info: &RequestInfo) {
    let api_version = object.str_at(&["apiVersion"]).to_owned();
    let time = time::format_seconds(jiff::Timestamp::now());
    let writer = FieldWriter {
        manager: &info.field_manager,
        api_version: &api_version,
        subresource: &info.subresource,
        time: &time,
    };
    record_update(expected.schema, &Value::Null, object, &writer);
}

/// The object with its fields in the schema's order.
fn ordered(ty: &'static ResourceType, mut object: Value) -> Value {
    if let Err(error) = apimachinery::schema::normalise(ty.schema, &mut object) {
        tracing::warn!(%error, kind = ty.kind, "a review's answer is not of its kind");
    }
    object
}

fn named_user(object: &Value) -> UserInfo {
    let spec = object.field("spec");
    let list = |value: &Value| {
        value.as_array().unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = spec.field("extra").as_object().map(|map| map.iter()).into_iter().flatten();
    UserInfo {
        name: spec.str_at(&["user"]).to_owned(),
        uid: spec.str_at(&["uid"]).to_owned(),
        groups: list(spec.field("groups")),
        extra: extra.map(|(key, values)| (key.to_owned(), list(values))).collect(),
    }
}

/// The terms of `fieldSelector`; what cannot be understood is left out, which asks for more, not less.
fn field_selector(value: &Value) -> Option<FieldSelector> {
    let raw = value.str_at(&["rawSelector"]);
    if !raw.is_empty() {
        return FieldSelector::parse(raw).ok();
    }
    let terms = value.items_at(&["requirements"]).iter().filter_map(|it| {
        let is_equal = match it.str_at(&["operator"]) {
            "In" => true,
            "NotIn" => false,
            _ => return None,
        };
        match it.items_at(&["values"]) {
            [value] => Some(FieldTerm { field: it.str_at(&["key"]).into(), is_equal, value: value.as_str()?.into() }),
            _ => None,
        }
    });
    let terms: Vec<FieldTerm> = terms.collect();
    (!terms.is_empty()).then_some(FieldSelector { terms })
}

/// Whose access a review asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Caller,
    Named,
}

fn check_access(ty: &'static ResourceType, object: &Value, subject: Subject) -> Result<(), Status> {
    let spec = object.field("spec");
    let path = FieldPath::new("spec");
    let (resource, other) = (spec.field("resourceAttributes"), spec.field("nonResourceAttributes"));
    let mut errors = Vec::new();
    let nil = || Verbatim("null".into());
    if !resource.is_null() && !other.is_null() {
        let detail = "cannot be specified in combination with resourceAttributes";
        errors.push(FieldError::invalid(&path.child("nonResourceAttributes"), printed(other), detail));
    }
    if resource.is_null() && other.is_null() {
        let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        errors.push(FieldError::invalid(&path.child("resourceAttributes"), nil(), detail));
    }
    for field in ["fieldSelector", "labelSelector"] {
        let check_key = if field == "labelSelector" { check_label_key } else { check_field_key };
        check_selector(resource.field(field), &path.child("resourceAttributes").child(field), check_key, &mut errors);
    }
    let has_nobody = spec.str_at(&["user"]).is_empty() && spec.items_at(&["groups"]).is_empty();
    if subject == Subject::Named && has_nobody {
        errors.push(FieldError::invalid(&path.child("user"), "", "at least one of user or group must be specified"));
    }
    check_metadata(ty, object, &mut errors);
    refuse(ty, errors)
}

/// Reviews have no metadata but what the server itself puts there.
fn check_metadata(ty: &ResourceType, object: &Value, errors: &mut Vec<FieldError>) {
    let metadata = object.field("metadata");
    let is_let_pass = |key: &str| key == "managedFields" || (ty.is_namespaced && key == "namespace");
    if metadata.as_object().is_some_and(|map| map.keys().any(|key| !is_let_pass(key))) {
        let detail = if ty.is_namespaced { "must be empty except for namespace" } else { "must be empty" };
        let text = String::from_utf8_lossy(&apimachinery::json::to_vec(metadata)).into_owned();
        errors.push(FieldError::invalid(&FieldPath::new("metadata"), Verbatim(text), detail));
    }
}

/// A selector is written in one way: as text or as requirements.
fn check_selector(selector: &Value, path: &FieldPath, check_key: CheckKey, errors: &mut Vec<FieldError>) {
    if selector.is_null() {
        return;
    }
    let (raw, requirements) = (selector.str_at(&["rawSelector"]), selector.items_at(&["requirements"]));
    match (raw.is_empty(), requirements.is_empty()) {
        (false, false) => {
            let detail = "may not specified at the same time as requirements";
            errors.push(FieldError::invalid(&path.child("rawSelector"), raw, detail));
        }
        (true, true) => {
            let detail = format!("when {path} is specified, requirements or rawSelector is required");
            errors.push(FieldError::required(&path.child("requirements"), &detail));
        }
        _ => {}
    }
    for (at, requirement) in requirements.iter().enumerate() {
        check_requirement(requirement, &path.child("requirements").index(at), check_key, errors);
    }
}

/// Operators that nobody knows yet pass: they come from newer clients and select nothing here.
fn check_requirement(requirement: &Value, path: &FieldPath, check_key: CheckKey, errors: &mut Vec<FieldError>) {
    let has_values = !requirement.items_at(&["values"]).is_empty();
    match requirement.str_at(&["operator"]) {
        "In" | "NotIn" if !has_values => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(&path.child("values"), detail));
        }
        "Exists" | "DoesNotExist" if has_values => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(&path.child("values"), detail));
        }
        _ => {}
    }
    check_key(requirement, path, errors);
}

/// Looks at the key (and values) of a requirement at a path.
type CheckKey = fn(&Value, &FieldPath, &mut Vec<FieldError>);

fn check_field_key(requirement: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if requirement.str_at(&["key"]).is_empty() {
        errors.push(FieldError::required(&path.child("key"), "must be specified"));
    }
}

fn check_label_key(requirement: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let key = requirement.str_at(&["key"]);
    let faults = names::qualified_name(key).into_iter();
    errors.extend(faults.map(|fault| FieldError::invalid(&path.child("key"), key, fault)));
    for (at, value) in requirement.items_at(&["values"]).iter().filter_map(Value::as_str).enumerate() {
        let faults = names::label_value(value).into_iter();
        errors.extend(faults.map(|fault| FieldError::invalid(&path.child("values").index(at), value, fault)));
    }
}

fn check_local(ty: &'static ResourceType, object: &Value) -> Result<(), Status> {
    let mut errors = Vec::new();
    let resource = object.at(&["spec", "resourceAttributes"]);
    let (asked, own) = (resource.str_at(&["namespace"]), object.str_at(&["metadata", "namespace"]));
    if !resource.is_null() && asked != own {
        let path = FieldPath::new("spec.resourceAttributes.namespace");
        errors.push(FieldError::invalid(&path, asked, "must match metadata.namespace"));
    }
    let other = object.at(&["spec", "nonResourceAttributes"]);
    if !other.is_null() {
        let path = FieldPath::new("spec.nonResourceAttributes");
        errors.push(FieldError::invalid(&path, printed(other), "disallowed on this kind of request"));
    }
    refuse(ty, errors)
}

/// `nonResourceAttributes` as Go prints upstream's internal struct.
fn printed(attributes: &Value) -> Verbatim {
    let text = |key: &str| Value::from(attributes.str_at(&[key]));
    let shown = tree!({"Path": (text("path")), "Verb": (text("verb"))});
    Verbatim(String::from_utf8_lossy(&apimachinery::json::to_vec(&shown)).into_owned())
}

fn refuse(ty: &'static ResourceType, errors: Vec<FieldError>) -> Result<(), Status> {
    // Without the kind, as upstream's.
    let kind = GroupVersionKind { group: ty.group.into(), version: ty.version.into(), kind: String::new() };
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Status::invalid(&kind, "", &errors)),
    }
}

#[cfg(test)]
mod tests;
