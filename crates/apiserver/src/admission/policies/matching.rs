//! Which requests a policy or a binding is about. Pure.

use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::value::{Map, Value};
use registry::admission::Operation;

/// A request under one of the names of its resource.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// API group.
    pub group: &'a str,
    /// Version.
    pub version: &'a str,
    /// Plural.
    pub resource: &'a str,
    /// Subresource, or empty.
    pub subresource: &'a str,
    /// Namespace, or empty.
    pub namespace: &'a str,
    /// Name, or empty.
    pub name: &'a str,
    /// What is done.
    pub operation: Operation,
}

/// What selectors look at.
pub struct Labelled<'a> {
    /// Labels of the namespace; `None` where the object is in none, then every selector of namespaces holds.
    pub namespace: Option<&'a Value>,
    /// The object as it will be; null when it is deleted.
    pub object: &'a Value,
    /// The object as it was; null when it is created.
    pub old: &'a Value,
}

/// A `MatchResources`, parsed.
#[derive(Debug, Default)]
pub struct Constraints {
    rules: Vec<Rule>,
    excluded: Vec<Rule>,
    namespaces: Option<LabelSelector>,
    objects: Option<LabelSelector>,
    /// `matchPolicy: Exact`
    is_exact: bool,
}

#[derive(Debug)]
struct Rule {
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    operations: Vec<String>,
    names: Vec<String>,
    scope: String,
}

impl Constraints {
    /// From a normalised `MatchResources`; a fault where a selector cannot be read.
    pub fn parse(resources: &Value) -> Result<Constraints, String> {
        let rules = |field: &str| resources.items_at(&[field]).iter().map(Rule::parse).collect();
        let selector = |field: &str| match resources.field(field) {
            Value::Null => Ok(None),
            value => LabelSelector::from_value(value).map_err(|error| error.to_string()),
        };
        Ok(Constraints {
            rules: rules("resourceRules"),
            excluded: rules("excludeResourceRules"),
            namespaces: selector("namespaceSelector")?.filter(|it| !it.is_empty()),
            objects: selector("objectSelector")?.filter(|it| !it.is_empty()),
            is_exact: resources.str_at(&["matchPolicy"]) == "Exact",
        })
    }

    /// Whether rules alone rule the request out, under all its names. Cheap: most requests end here.
    pub fn may_match(&self, target: &Target<'_>) -> bool {
        self.rules.is_empty()
            || self.rules.iter().any(|rule| match self.is_exact {
                true => rule.matches(target),
                false => rule.has_operation(target.operation),
            })
    }

    /// Whether equivalent resources count.
    pub fn wants_equivalents(&self) -> bool {
        !self.is_exact
    }

    /// Which of the names of the request the rules match; the first is the one that was asked for.
    pub fn matches(&self, targets: &[Target<'_>], labelled: &Labelled<'_>) -> Option<usize> {
        if !self.selects_namespace(labelled) || !self.selects_object(labelled) {
            return None;
        }
        if self.place(&self.excluded, targets).is_some() {
            return None;
        }
        if self.rules.is_empty() {
            return Some(0);
        }
        self.place(&self.rules, targets)
    }

    fn place(&self, rules: &[Rule], targets: &[Target<'_>]) -> Option<usize> {
        let count = if self.is_exact { 1 } else { targets.len() };
        targets.iter().take(count).position(|target| rules.iter().any(|rule| rule.matches(target)))
    }

    fn selects_namespace(&self, labelled: &Labelled<'_>) -> bool {
        match (&self.namespaces, labelled.namespace) {
            (Some(selector), Some(namespace)) => selector.matches_map(labels(namespace)),
            _ => true,
        }
    }

    fn selects_object(&self, labelled: &Labelled<'_>) -> bool {
        let Some(selector) = &self.objects else { return true };
        let holds = |object: &Value| !object.is_null() && selector.matches_map(labels(object));
        holds(labelled.object) || holds(labelled.old)
    }
}

fn labels(object: &Value) -> Option<&Map> {
    object.at(&["metadata", "labels"]).as_object()
}

impl Rule {
    fn parse(rule: &Value) -> Rule {
        let texts = |field: &str| {
            rule.items_at(&[field]).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>()
        };
        Rule {
            groups: texts("apiGroups"),
            versions: texts("apiVersions"),
            resources: texts("resources"),
            operations: texts("operations"),
            names: texts("resourceNames"),
            scope: rule.str_at(&["scope"]).to_owned(),
        }
    }

    fn matches(&self, target: &Target<'_>) -> bool {
        let has = |all: &[String], wanted: &str| all.iter().any(|it| it == "*" || it == wanted);
        self.has_operation(target.operation)
            && has(&self.groups, target.group)
            && has(&self.versions, target.version)
            && self.has_resource(target)
            && self.has_scope(target)
            && (self.names.is_empty() || self.names.iter().any(|name| name == target.name))
    }

    fn has_operation(&self, operation: Operation) -> bool {
        let wanted = operation_text(operation);
        self.operations.iter().any(|it| it == "*" || it == wanted)
    }

    fn has_resource(&self, target: &Target<'_>) -> bool {
        self.resources.iter().any(|word| {
            let (resource, part) = word.split_once('/').unwrap_or((word, ""));
            (resource == "*" || resource == target.resource) && (part == "*" || part == target.subresource)
        })
    }

    fn has_scope(&self, target: &Target<'_>) -> bool {
        let is_namespaced = !target.namespace.is_empty() && target.resource != "namespaces";
        match self.scope.as_str() {
            "Namespaced" => is_namespaced,
            "Cluster" => !is_namespaced,
            _ => true,
        }
    }
}

/// The operation as rules and expressions name it.
pub fn operation_text(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "CREATE",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Connect => "CONNECT",
    }
}

/// The name that a request is about; that of the object where the path has none.
pub fn name_of<'a>(named: &'a str, object: &'a Value) -> &'a str {
    if named.is_empty() { object.name() } else { named }
}

#[cfg(test)]
mod tests {
    use apimachinery::yaml;

    use super::*;

    const DEPLOYMENT: Target<'static> = Target {
        group: "apps",
        version: "v1",
        resource: "deployments",
        subresource: "",
        namespace: "default",
        name: "web",
        operation: Operation::Create,
    };

    #[track_caller]
    fn check(constraints: &str, target: Target<'_>, wanted: bool) {
        let (resources, _) = yaml::parse(constraints.as_bytes()).expect("YAML");
        let constraints = Constraints::parse(&resources).expect("constraints");
        let namespace = apimachinery::tree!({"metadata": {"labels": {"env": "test"}}});
        let object = apimachinery::tree!({"metadata": {"labels": {"app": "web"}}});
        let labelled = Labelled { namespace: Some(&namespace), object: &object, old: &Value::Null };
        assert_eq!(constraints.matches(&[target], &labelled).is_some(), wanted);
        assert!(!wanted || constraints.may_match(&target));
    }

    const RULE: &str = "{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}";

    #[test]
    fn rules_name_resources_and_operations() {
        check(&format!("resourceRules: [{RULE}]"), DEPLOYMENT, true);
        check(&format!("resourceRules: [{RULE}]"), Target { operation: Operation::Update, ..DEPLOYMENT }, false);
        check(&format!("resourceRules: [{RULE}]"), Target { subresource: "scale", ..DEPLOYMENT }, false);
        let all = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*']}";
        check(&format!("resourceRules: [{all}]"), Target { subresource: "scale", ..DEPLOYMENT }, true);
        let cluster = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: Cluster}";
        check(&format!("resourceRules: [{cluster}]"), DEPLOYMENT, false);
        let named = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], resourceNames: [db]}";
        check(&format!("resourceRules: [{named}]"), DEPLOYMENT, false);
    }

    #[test]
    fn excluded_resources_and_selectors_count() {
        check(&format!("{{resourceRules: [{RULE}], excludeResourceRules: [{RULE}]}}"), DEPLOYMENT, false);
        let with =
            |field: &str, labels: &str| format!("{{resourceRules: [{RULE}], {field}: {{matchLabels: {labels}}}}}");
        check(&with("namespaceSelector", "{env: test}"), DEPLOYMENT, true);
        check(&with("namespaceSelector", "{env: prod}"), DEPLOYMENT, false);
        check(&with("objectSelector", "{app: web}"), DEPLOYMENT, true);
        check(&with("objectSelector", "{app: db}"), DEPLOYMENT, false);
    }
}
