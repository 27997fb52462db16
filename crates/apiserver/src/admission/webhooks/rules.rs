//! Rules of webhooks: operations, groups, versions, resources, scope. Pure.

use apimachinery::value::Value;

/// One entry of a webhook's `rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    operations: Vec<String>,
    groups: Vec<String>,
    versions: Vec<String>,
    /// Resource and subresource.
    resources: Vec<(String, String)>,
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
}

impl Rule {
    /// From the API's form.
    pub fn parse(value: &Value) -> Rule {
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
            scope: match value.str_at(&["scope"]) {
                "Cluster" => Scope::Cluster,
                "Namespaced" => Scope::Namespaced,
                _ => Scope::All,
            },
        }
    }

    /// Whether the rule wants to see the request.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let any = |items: &[String], wanted: &str| items.iter().any(|it| it == "*" || it == wanted);
        self.matches_in_any_version(subject) && any(&self.groups, subject.group) && any(&self.versions, subject.version)
    }

    /// The same without a look at group and version: quickly rules most requests out.
    pub fn matches_in_any_version(&self, subject: &Subject<'_>) -> bool {
        let is_resource = |(resource, subresource): &(String, String)| {
            (resource == "*" || resource == subject.plural)
                && (subresource == "*" || subresource == subject.subresource)
        };
        self.resources.iter().any(is_resource)
            && self.operations.iter().any(|it| it == "*" || it == subject.operation)
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
    use apimachinery::tree;

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
}
