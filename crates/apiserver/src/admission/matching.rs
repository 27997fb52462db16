//! Which requests a webhook, a policy or a binding is about: rules and selectors. Pure.

use apimachinery::selector::LabelSelector;
use apimachinery::status::Status;
use apimachinery::value::Value;

/// What requests somebody wants to see.
#[derive(Debug)]
pub(super) struct Constraints {
    /// `None`: all requests.
    rules: Option<Vec<Rule>>,
    excluded: Vec<Rule>,
    /// `matchPolicy: Equivalent`
    pub matches_equivalents: bool,
    /// `namespaceSelector`
    pub namespaces: Selector,
    /// `objectSelector`
    pub objects: Selector,
}

/// A label selector.
#[derive(Debug)]
pub(super) enum Selector {
    /// Empty.
    Everything,
    /// Null.
    Nothing,
    /// Some labels.
    Some(LabelSelector),
    /// Cannot be read: for this reason.
    Broken(String),
}

/// One entry of `rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rule {
    operations: Vec<String>,
    groups: Vec<String>,
    versions: Vec<String>,
    /// Resource and subresource.
    resources: Vec<(String, String)>,
    /// Those of policies only; empty: all.
    names: Vec<String>,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    #[default]
    All,
    Cluster,
    Namespaced,
}

/// What a request is about, in one of the versions of its resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT`
    pub operation: &'a str,
    /// API group.
    pub group: &'a str,
    /// Version.
    pub version: &'a str,
    /// Plural name.
    pub plural: &'a str,
    /// Subresource, or empty.
    pub subresource: &'a str,
    /// Namespace; that of a Namespace is its own name.
    pub namespace: &'a str,
    /// Name, or empty.
    pub name: &'a str,
}

impl Constraints {
    /// Of one of the `webhooks` of a configuration.
    pub fn of_webhook(webhook: &Value) -> Constraints {
        Constraints {
            rules: Some(rules(webhook, "rules")),
            excluded: Vec::new(),
            matches_equivalents: webhook.str_at(&["matchPolicy"]) != "Exact",
            namespaces: Selector::parse(webhook.field("namespaceSelector")).unwrap_or(Selector::Nothing),
            objects: Selector::parse(webhook.field("objectSelector")).unwrap_or(Selector::Nothing),
        }
    }

    /// Of the `MatchResources` of a policy or a binding, which may be null.
    pub fn of_policy(resources: &Value) -> Constraints {
        Constraints {
            rules: Some(rules(resources, "resourceRules")).filter(|rules| !rules.is_empty()),
            excluded: rules(resources, "excludeResourceRules"),
            matches_equivalents: resources.str_at(&["matchPolicy"]) != "Exact",
            namespaces: Selector::parse(resources.field("namespaceSelector")).unwrap_or(Selector::Everything),
            objects: Selector::parse(resources.field("objectSelector")).unwrap_or(Selector::Everything),
        }
    }

    /// In which version of its resource the rules want to see a request: the one that was asked for, or one of the
    /// `others`. Earlier rules go first.
    pub fn wanted<'a>(
        &self,
        asked: Subject<'a>,
        others: impl Iterator<Item = Subject<'a>> + Clone,
    ) -> Option<Subject<'a>> {
        let Some(rules) = &self.rules else {
            return self.place(&self.excluded, asked, others).is_none().then_some(asked);
        };
        self.place(rules, asked, others.clone()).filter(|_| self.place(&self.excluded, asked, others).is_none())
    }

    fn place<'a>(
        &self,
        rules: &[Rule],
        asked: Subject<'a>,
        others: impl Iterator<Item = Subject<'a>> + Clone,
    ) -> Option<Subject<'a>> {
        if rules.iter().any(|rule| rule.matches(&asked)) {
            return Some(asked);
        }
        let mut rules = rules.iter().filter(|rule| self.matches_equivalents && rule.matches_in_any_version(&asked));
        rules.find_map(|rule| others.clone().find(|other| rule.matches(other)))
    }
}

fn rules(owner: &Value, field: &str) -> Vec<Rule> {
    owner.items_at(&[field]).iter().map(Rule::parse).collect()
}

impl Selector {
    /// `None` for null.
    fn parse(value: &Value) -> Option<Selector> {
        match LabelSelector::from_value(value) {
            Ok(None) => None,
            Ok(Some(selector)) if selector.is_empty() => Some(Selector::Everything),
            Ok(Some(selector)) => Some(Selector::Some(selector)),
            Err(error) => Some(Selector::Broken(error.to_string())),
        }
    }

    /// Whether it depends on labels.
    pub fn needs_labels(&self) -> bool {
        matches!(self, Selector::Some(_))
    }

    /// Whether it selects what has these labels (a map, or null).
    pub fn matches(&self, labels: &Value) -> Result<bool, Status> {
        match self {
            Selector::Everything => Ok(true),
            Selector::Nothing => Ok(false),
            Selector::Broken(cause) => Err(Status::internal(cause)),
            Selector::Some(selector) => Ok(selector.matches_map(labels.as_object())),
        }
    }
}

impl Rule {
    /// From the API's form.
    fn parse(value: &Value) -> Rule {
        let texts = |field: &str| -> Vec<String> {
            value.items_at(&[field]).iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        };
        let split = |text: String| match text.split_once('/') {
            Some((resource, subresource)) => (resource.to_owned(), subresource.to_owned()),
            None => (text, String::new()),
        };
        Rule {
            operations: texts("operations"),
            groups: texts("apiGroups"),
            versions: texts("apiVersions"),
            resources: texts("resources").into_iter().map(split).collect(),
            names: texts("resourceNames"),
            scope: match value.str_at(&["scope"]) {
                "Cluster" => Scope::Cluster,
                "Namespaced" => Scope::Namespaced,
                _ => Scope::All,
            },
        }
    }

    /// Whether the rule wants to see the request.
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let any = |items: &[String], wanted: &str| items.iter().any(|it| it == "*" || it == wanted);
        self.matches_in_any_version(subject) && any(&self.groups, subject.group) && any(&self.versions, subject.version)
    }

    /// The same without a look at group and version: quickly rules most requests out.
    fn matches_in_any_version(&self, subject: &Subject<'_>) -> bool {
        let is_resource = |(resource, subresource): &(String, String)| {
            (resource == "*" || resource == subject.plural)
                && (subresource == "*" || subresource == subject.subresource)
        };
        self.resources.iter().any(is_resource)
            && self.operations.iter().any(|it| it == "*" || it == subject.operation)
            && (self.names.is_empty() || self.names.iter().any(|it| it == subject.name))
            && self.is_in_scope(subject)
    }

    fn is_in_scope(&self, subject: &Subject<'_>) -> bool {
        // Namespaces carry their own name as namespace, but are cluster-scoped.
        let is_namespace = (subject.group, subject.version, subject.plural) == ("", "v1", "namespaces");
        let is_cluster_wide = is_namespace || subject.namespace.is_empty();
        match self.scope {
            Scope::All => true,
            Scope::Cluster => is_cluster_wide,
            Scope::Namespaced => !is_cluster_wide,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::{tree, yaml};

    /// `OPERATION group/version/resource/subresource namespace`
    #[track_caller]
    fn check(rule: Value, subject: &str, expected: bool) {
        let words: Vec<&str> = subject.split(' ').collect();
        let path: Vec<&str> = words[1].split('/').collect();
        let subject = Subject {
            operation: words[0],
            group: path[0],
            version: path[1],
            plural: path[2],
            subresource: path.get(3).copied().unwrap_or(""),
            namespace: words.get(2).copied().unwrap_or(""),
            name: "",
        };
        assert_eq!(Rule::parse(&rule).matches(&subject), expected);
    }

    fn rule(operations: &[&str], groups: &[&str], resources: &[&str], scope: &str) -> Value {
        let list = |items: &[&str]| -> Value { items.iter().map(|it| Value::from(*it)).collect() };
        tree!({"operations": (list(operations)), "apiGroups": (list(groups)), "apiVersions": ["v1"],
            "resources": (list(resources)), "scope": scope})
    }

    #[test]
    fn each_part_must_match() {
        let pods = || rule(&["CREATE"], &[""], &["pods"], "*");
        check(pods(), "CREATE /v1/pods n", true);
        check(pods(), "UPDATE /v1/pods n", false);
        check(pods(), "CREATE x/v1/pods n", false);
        check(pods(), "CREATE /v2/pods n", false);
        check(pods(), "CREATE /v1/secrets n", false);
        check(pods(), "CREATE /v1/pods/status n", false);
    }

    #[test]
    fn stars_stand_for_resources_and_subresources() {
        check(rule(&["*"], &["*"], &["*"], "*"), "DELETE x/v1/y n", true);
        check(rule(&["*"], &["*"], &["*"], "*"), "UPDATE x/v1/y/status n", false);
        check(rule(&["*"], &["*"], &["*/*"], "*"), "UPDATE x/v1/y/status n", true);
        check(rule(&["*"], &["*"], &["*/*"], "*"), "UPDATE x/v1/y n", true);
        check(rule(&["CONNECT"], &[""], &["pods/*"], "*"), "CONNECT /v1/pods/attach n", true);
        check(rule(&["CONNECT"], &[""], &["*/attach"], "*"), "CONNECT /v1/pods/attach n", true);
        check(rule(&["CONNECT"], &[""], &["pods/exec"], "*"), "CONNECT /v1/pods/attach n", false);
    }

    #[test]
    fn a_namespace_is_in_no_namespace() {
        let cluster = || rule(&["*"], &["*"], &["*"], "Cluster");
        let namespaced = || rule(&["*"], &["*"], &["*"], "Namespaced");
        check(cluster(), "CREATE /v1/namespaces n", true);
        check(namespaced(), "CREATE /v1/namespaces n", false);
        check(cluster(), "CREATE /v1/pods n", false);
        check(namespaced(), "CREATE /v1/pods n", true);
        check(cluster(), "CREATE /v1/nodes", true);
    }

    const DEPLOYMENT: Subject<'static> = Subject {
        group: "apps",
        version: "v1",
        plural: "deployments",
        subresource: "",
        namespace: "default",
        name: "web",
        operation: "CREATE",
    };

    #[track_caller]
    fn check_policy(constraints: &str, target: Subject<'_>, wanted: bool) {
        let (resources, _) = yaml::parse(constraints.as_bytes()).expect("YAML");
        let constraints = Constraints::of_policy(&resources);
        let is_selected = constraints.namespaces.matches(&tree!({"env": "test"})).expect("can be read")
            && constraints.objects.matches(&tree!({"app": "web"})).expect("can be read");
        assert_eq!(is_selected && constraints.wanted(target, std::iter::empty()).is_some(), wanted);
    }

    const RULE: &str = "{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}";

    #[test]
    fn rules_name_resources_and_operations() {
        check_policy(&format!("resourceRules: [{RULE}]"), DEPLOYMENT, true);
        check_policy(&format!("resourceRules: [{RULE}]"), Subject { operation: "UPDATE", ..DEPLOYMENT }, false);
        check_policy(&format!("resourceRules: [{RULE}]"), Subject { subresource: "scale", ..DEPLOYMENT }, false);
        let all = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*']}";
        check_policy(&format!("resourceRules: [{all}]"), Subject { subresource: "scale", ..DEPLOYMENT }, true);
        let cluster = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: Cluster}";
        check_policy(&format!("resourceRules: [{cluster}]"), DEPLOYMENT, false);
        let named = "{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], resourceNames: [db]}";
        check_policy(&format!("resourceRules: [{named}]"), DEPLOYMENT, false);
    }

    #[test]
    fn excluded_resources_and_selectors_count() {
        check_policy(&format!("{{resourceRules: [{RULE}], excludeResourceRules: [{RULE}]}}"), DEPLOYMENT, false);
        let with =
            |field: &str, labels: &str| format!("{{resourceRules: [{RULE}], {field}: {{matchLabels: {labels}}}}}");
        check_policy(&with("namespaceSelector", "{env: test}"), DEPLOYMENT, true);
        check_policy(&with("namespaceSelector", "{env: prod}"), DEPLOYMENT, false);
        check_policy(&with("objectSelector", "{app: web}"), DEPLOYMENT, true);
        check_policy(&with("objectSelector", "{app: db}"), DEPLOYMENT, false);
    }
}
