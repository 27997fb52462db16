//! `flowcontrol.apiserver.k8s.io/v1 FlowSchema`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::flow_control::{GROUP, STATUS_ALONE, validate_conditions};
use super::pod_spec::go_struct;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy};
use crate::{cells, rules};

/// Which requests belong to a priority level.
pub struct FlowSchema;

const PRECEDENCE_DEFAULT: i64 = 1_000;
const PRECEDENCE_MAX: i64 = 10_000;
const METHODS: [&str; 2] = ["ByNamespace", "ByUser"];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "flowschemas",
    storage_prefix: "/registry/flowschemas",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[STATUS_ALONE],
    generation: &[SPEC],
    ..KindRules::NEW
};

impl Strategy for FlowSchema {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.i64_at(&["spec", "matchingPrecedence"]).unwrap_or(0) == 0 && !object.field("spec").is_null() {
            object.set(&["spec", "matchingPrecedence"], PRECEDENCE_DEFAULT);
        }
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_spec(spec, object.name(), &path, errors);
        if mandatory(object.name()).is_some_and(|fixed| *spec != fixed) {
            let value = go_struct::printed("FlowSchemaSpec", spec);
            let detail = format!("spec of '{}' must equal the fixed value", object.name());
            errors.push(FieldError::invalid(&path, value, detail));
        }
        validate_conditions(object, errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_conditions(object, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let method = object.at(&["spec", "distinguisherMethod", "type"]).as_str().unwrap_or("<none>");
        let conditions = object.items_at(&["status", "conditions"]);
        let dangling = conditions.iter().find(|it| it.str_at(&["type"]) == "Dangling");
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "priorityLevelConfiguration", "name"]),
            cells::number(object, &["spec", "matchingPrecedence"]),
            method.into(),
            cells::age(object, now),
            dangling.map_or("?", |it| it.str_at(&["status"])).into(),
        ])
    }
}

/// The fixed `spec` of the schemas that every cluster has.
fn mandatory(name: &str) -> Option<Value> {
    let group = |name: &str| tree!({"kind": "Group", "group": {"name": name}});
    let (precedence, groups) = match name {
        "exempt" => (1, vec![group("system:masters")]),
        "catch-all" => (10_000, vec![group("system:unauthenticated"), group("system:authenticated")]),
        _ => return None,
    };
    let rules = tree!([{
        "subjects": (groups),
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
            "namespaces": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
    }]);
    let mut spec = tree!({"priorityLevelConfiguration": {"name": name}, "matchingPrecedence": precedence});
    if name == "catch-all" {
        spec.set(&["distinguisherMethod", "type"], "ByUser");
    }
    spec.set(&["rules"], rules);
    Some(spec)
}

fn validate_spec(spec: &Value, name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let precedence = spec.i64_at(&["matchingPrecedence"]).unwrap_or(0);
    let precedence_path = path.child("matchingPrecedence");
    let mut refuse = |detail: String| errors.push(FieldError::invalid(&precedence_path, precedence, detail));
    if precedence <= 0 {
        refuse("must be a positive value".to_owned());
    }
    if precedence > PRECEDENCE_MAX {
        refuse(format!("must not be greater than {PRECEDENCE_MAX}"));
    }
    if precedence == 1 && name != "exempt" {
        refuse("only the schema named 'exempt' may have matchingPrecedence 1".to_owned());
    }
    let method = spec.field("distinguisherMethod");
    if !method.is_null() && !METHODS.contains(&method.str_at(&["type"])) {
        let value = go_struct::printed("FlowDistinguisherMethod", method);
        errors.push(FieldError::not_supported(&path.child("distinguisherMethod.type"), value, &METHODS));
    }
    let level_path = path.child("priorityLevelConfiguration.name");
    match spec.str_at(&["priorityLevelConfiguration", "name"]) {
        "" => errors.push(FieldError::required(&level_path, "must reference a priority level")),
        level => rules::invalid_each(&level_path, level, names::dns1123_subdomain(level), errors),
    }
    for (at, rule) in spec.items_at(&["rules"]).iter().enumerate() {
        validate_rule(rule, &path.child("rules").index(at), errors);
    }
}

fn validate_rule(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let subjects = rule.items_at(&["subjects"]);
    if subjects.is_empty() {
        errors.push(FieldError::required(&path.child("subjects"), "subjects must contain at least one value"));
    }
    for (at, subject) in subjects.iter().enumerate() {
        validate_subject(subject, &path.child("subjects").index(at), errors);
    }
    let (resources, others) = (rule.items_at(&["resourceRules"]), rule.items_at(&["nonResourceRules"]));
    if resources.is_empty() && others.is_empty() {
        let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
        errors.push(FieldError::required(path, detail));
    }
    for (at, rule) in resources.iter().enumerate() {
        validate_resource_rule(rule, &path.child("resourceRules").index(at), errors);
    }
    for (at, rule) in others.iter().enumerate() {
        let path = path.child("nonResourceRules").index(at);
        validate_verbs(rule, &path, errors);
        let urls = Words { field: "nonResourceURLs", needed: NEEDS_URL, others: "non-resource URLs" };
        if urls.validate(rule, &path, errors) {
            for (nth, url) in rule.items_at(&["nonResourceURLs"]).iter().filter_map(Value::as_str).enumerate() {
                validate_url(url, &path.child("nonResourceURLs").index(nth), errors);
            }
        }
    }
}

const NEEDS_URL: &str = "nonResourceURLs must contain at least one value";

/// What each kind of subject needs, and its field.
const SUBJECTS: [(&str, &str); 3] = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")];

fn validate_subject(subject: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let kind = subject.str_at(&["kind"]);
    let Some((_, own)) = SUBJECTS.iter().find(|(name, _)| *name == kind) else {
        let known = ["Group", "ServiceAccount", "User"];
        return errors.push(FieldError::not_supported(&path.child("kind"), kind, &known));
    };
    let (who, who_path) = (subject.field(own), path.child(own));
    if who.is_null() {
        let detail = format!("{own} is required when subject kind is '{kind}'");
        errors.push(FieldError::required(&who_path, &detail));
    } else {
        rules::require(who, "name", &who_path, errors);
        if kind == "ServiceAccount" {
            validate_account(who, &who_path, errors);
        }
    }
    // Upstream looks at them in this order.
    let others = match kind {
        "ServiceAccount" => ["User", "Group"],
        "User" => ["ServiceAccount", "Group"],
        _ => ["ServiceAccount", "User"],
    };
    for (name, field) in others.iter().filter_map(|name| SUBJECTS.iter().find(|(it, _)| it == name)) {
        if !subject.field(field).is_null() {
            let detail = format!("{field} is forbidden when subject kind is not '{name}'");
            errors.push(FieldError::forbidden(&path.child(field), detail));
        }
    }
}

fn validate_account(account: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, namespace) = (account.str_at(&["name"]), account.str_at(&["namespace"]));
    if !matches!(name, "" | "*") {
        rules::invalid_each(&path.child("name"), name, names::dns1123_subdomain(name), errors);
    }
    match namespace {
        "" => {
            let detail = "must specify namespace for service account";
            errors.push(FieldError::required(&path.child("namespace"), detail));
        }
        name => rules::invalid_each(&path.child("namespace"), name, names::dns1123_label(name), errors),
    }
}

/// A list of words of a rule, in which `*` stands alone.
struct Words {
    field: &'static str,
    needed: &'static str,
    others: &'static str,
}

impl Words {
    /// Whether the list names single things.
    fn validate(&self, rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) -> bool {
        let (words, path) = (rule.items_at(&[self.field]), path.child(self.field));
        let has_all = words.iter().any(|it| it.as_str() == Some("*"));
        if words.is_empty() {
            errors.push(FieldError::required(&path, self.needed));
        } else if has_all && words.len() > 1 {
            let detail = format!("if '*' is present, must not specify other {}", self.others);
            errors.push(FieldError::invalid(&path, rules::printed(rule.field(self.field)), detail));
        }
        !words.is_empty() && !has_all
    }
}

fn validate_verbs(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const VERBS: [&str; 9] =
        ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
    let verbs = Words { field: "verbs", needed: "verbs must contain at least one value", others: "verbs" };
    let mut all = rule.items_at(&["verbs"]).iter().filter_map(Value::as_str);
    if verbs.validate(rule, path, errors) && all.any(|it| !VERBS.contains(&it)) {
        errors.push(FieldError::not_supported(&path.child("verbs"), rules::printed(rule.field("verbs")), &VERBS));
    }
}

fn validate_resource_rule(rule: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_verbs(rule, path, errors);
    let needed = "resource rules must supply at least one api group";
    Words { field: "apiGroups", needed, others: "api groups" }.validate(rule, path, errors);
    let needed = "resource rules must supply at least one resource";
    Words { field: "resources", needed, others: "resources" }.validate(rule, path, errors);
    if rule.items_at(&["namespaces"]).is_empty() && rule.bool_at(&["clusterScope"]) {
        return;
    }
    let needed = "resource rules that are not cluster scoped must supply at least one namespace";
    let namespaces = Words { field: "namespaces", needed, others: "namespaces" };
    if namespaces.validate(rule, path, errors) {
        for (at, name) in rule.items_at(&["namespaces"]).iter().filter_map(Value::as_str).enumerate() {
            for message in names::dns1123_label(name) {
                let detail = format!("each member of this list must be '*' or a DNS-1123 label; {message}");
                errors.push(FieldError::invalid(&path.child("namespaces").index(at), name, detail));
            }
        }
    }
}

fn validate_url(url: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let stars = url.matches('*').count();
    let detail = match url {
        "" => "must not be empty",
        "/" => return,
        url if !url.starts_with('/') => "must start with slash",
        url if url.contains(' ') => "must not contain white-space",
        url if url.contains("//") => "must not contain double slash",
        url if stars > 1 || (stars == 1 && !url.ends_with("/*")) => "wildcard can only do suffix matching",
        _ => return,
    };
    errors.push(FieldError::invalid(path, url, detail));
}
