//! RBAC rules: what one allows, what covers what, and how upstream prints them.

use std::collections::{BTreeMap, BTreeSet};

use apimachinery::value::Value;

use super::{Attributes, go_quote_list};

/// One `PolicyRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// `verbs`
    pub verbs: Vec<String>,
    /// `apiGroups`
    pub api_groups: Vec<String>,
    /// `resources`
    pub resources: Vec<String>,
    /// `resourceNames`
    pub resource_names: Vec<String>,
    /// `nonResourceURLs`
    pub non_resource_urls: Vec<String>,
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn has(set: &[String], wanted: &str) -> bool {
    set.iter().any(|it| it == wanted)
}

impl Rule {
    /// From the tree of a rule.
    pub fn from_value(rule: &Value) -> Rule {
        Rule {
            verbs: strings(rule.field("verbs")),
            api_groups: strings(rule.field("apiGroups")),
            resources: strings(rule.field("resources")),
            resource_names: strings(rule.field("resourceNames")),
            non_resource_urls: strings(rule.field("nonResourceURLs")),
        }
    }

    /// The rules of a role's tree.
    pub fn all_of(role: &Value) -> Vec<Rule> {
        role.items_at(&["rules"]).iter().map(Rule::from_value).collect()
    }

    /// Whether this rule allows the request.
    pub fn allows(&self, it: &Attributes<'_>) -> bool {
        let allows_verb = self.verbs.iter().any(|verb| verb == "*" || verb == it.verb);
        if !allows_verb {
            return false;
        }
        if !it.is_resource {
            return self.non_resource_urls.iter().any(|url| covers_url(url, it.path));
        }
        let allows_group = self.api_groups.iter().any(|group| group == "*" || group == it.group);
        allows_group
            && self.resources.iter().any(|resource| names_resource(resource, it.resource, it.subresource))
            && (self.resource_names.is_empty() || has(&self.resource_names, it.name))
    }

    /// Rules of one verb, one resource and at most one name each, that together mean the same.
    pub fn break_down(&self) -> Vec<Rule> {
        let mut out = Vec::new();
        let one = |text: &String| vec![text.clone()];
        for (group, resource) in self.api_groups.iter().flat_map(|g| self.resources.iter().map(move |r| (g, r))) {
            for verb in &self.verbs {
                let base =
                    Rule { verbs: one(verb), api_groups: one(group), resources: one(resource), ..Rule::default() };
                if self.resource_names.is_empty() {
                    out.push(base);
                    continue;
                }
                out.extend(self.resource_names.iter().map(|name| Rule { resource_names: one(name), ..base.clone() }));
            }
        }
        for url in &self.non_resource_urls {
            let rule = |verb| Rule { non_resource_urls: one(url), verbs: one(verb), ..Rule::default() };
            out.extend(self.verbs.iter().map(rule));
        }
        out
    }

    /// Whether this rule covers `small`, which has at most one of everything.
    fn covers(&self, small: &Rule) -> bool {
        let has_all = |set: &[String], wanted: &[String]| wanted.iter().all(|it| has(set, it));
        let names = match small.resource_names.is_empty() {
            true => self.resource_names.is_empty(),
            false => self.resource_names.is_empty() || has_all(&self.resource_names, &small.resource_names),
        };
        let urls =
            small.non_resource_urls.iter().all(|url| self.non_resource_urls.iter().any(|own| covers_url(own, url)));
        (has(&self.verbs, "*") || has_all(&self.verbs, &small.verbs))
            && (has(&self.api_groups, "*") || has_all(&self.api_groups, &small.api_groups))
            && small.resources.iter().all(|resource| self.covers_resource(resource))
            && names
            && urls
    }

    fn covers_resource(&self, resource: &str) -> bool {
        has(&self.resources, "*")
            || has(&self.resources, resource)
            || match resource.split_once('/') {
                Some((_, subresource)) => has(&self.resources, &format!("*/{subresource}")),
                None => false,
            }
    }

    /// As upstream prints it in refusals.
    fn compact(&self) -> String {
        let parts = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let parts = parts.iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> = parts.map(|(name, list)| format!("{name}:{}", go_quote_list(list))).collect();
        format!("{{{}}}", parts.join(", "))
    }
}

fn names_resource(rule: &str, resource: &str, subresource: &str) -> bool {
    if rule == "*" {
        return true;
    }
    if subresource.is_empty() {
        return rule == resource;
    }
    match rule.split_once('/') {
        Some((of, sub)) => sub == subresource && (of == "*" || of == resource),
        None => false,
    }
}

fn covers_url(rule: &str, path: &str) -> bool {
    rule == "*" || rule == path || (rule.ends_with('*') && path.starts_with(rule.trim_end_matches('*')))
}

/// What of `wanted` the rules in `held` do not cover, broken down.
pub fn uncovered(held: &[Rule], wanted: &[Rule]) -> Vec<Rule> {
    let small = wanted.iter().flat_map(Rule::break_down);
    small.filter(|small| !held.iter().any(|rule| rule.covers(small))).collect()
}

/// Rules as upstream lists them in a refusal: those of one resource joined, sorted, one per line.
pub fn describe(rules: &[Rule]) -> String {
    let mut simple: BTreeMap<(String, String, Option<String>), Rule> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for rule in rules {
        match (&rule.api_groups[..], &rule.resources[..], &rule.resource_names[..], rule.non_resource_urls.is_empty()) {
            ([group], [resource], names, true) if names.len() < 2 => {
                let key = (group.clone(), resource.clone(), names.first().cloned());
                match simple.get_mut(&key) {
                    Some(joined) => joined.verbs.extend(rule.verbs.iter().cloned()),
                    None => drop(simple.insert(key, rule.clone())),
                }
            }
            _ => drop(lines.insert(rule.compact())),
        }
    }
    lines.extend(simple.values().map(Rule::compact));
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;
    use registry::request::UserInfo;

    fn rule(verbs: &str, groups: &str, resources: &str, names: &str) -> Rule {
        let list = |text: &str| match text {
            "-" => Vec::new(),
            text => text.split(',').map(str::to_owned).collect(),
        };
        Rule {
            verbs: list(verbs),
            api_groups: list(groups),
            resources: list(resources),
            resource_names: list(names),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    fn a_rule_allows_what_it_names() {
        let user = UserInfo::default();
        let ask = |rule: &Rule, verb, resource, subresource, name| {
            let it = Attributes { subresource, name, ..Attributes::of_resource(&user, verb, "", resource) };
            rule.allows(&it)
        };
        let pods = rule("get,list", ",apps", "pods,*/log", "-");
        assert!(ask(&pods, "get", "pods", "", ""));
        assert!(ask(&pods, "get", "pods", "log", "x"));
        assert!(!ask(&pods, "get", "pods", "exec", "x"));
        assert!(!ask(&pods, "watch", "pods", "", ""));
        let named = rule("*", "*", "*", "a");
        assert!(ask(&named, "delete", "secrets", "", "a"));
        assert!(!ask(&named, "delete", "secrets", "", "b"));
        assert!(!ask(&named, "list", "secrets", "", ""));
    }

    #[test]
    fn paths_match_by_prefix() {
        let user = UserInfo::default();
        let urls = Rule::from_value(&tree!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez/*"]}));
        let ask = |path| {
            let it = Attributes { is_resource: false, path, ..Attributes::of_resource(&user, "get", "", "") };
            urls.allows(&it)
        };
        assert!(ask("/healthz") && ask("/livez/ping"));
        assert!(!ask("/healthz/x") && !ask("/livez"));
    }

    #[test]
    fn what_is_not_held_is_listed_as_upstream_does() {
        let held = [rule("get", "", "pods", "-"), rule("*", "apps", "*", "-")];
        let wanted = [
            rule("get,delete,list", "", "pods", "-"),
            rule("get", "apps", "deployments", "x"),
            rule("get", "", "secrets", "a"),
        ];
        let missing = uncovered(&held, &wanted);
        assert_eq!(
            describe(&missing),
            "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\" \"list\"]}\n\
             {APIGroups:[\"\"], Resources:[\"secrets\"], ResourceNames:[\"a\"], Verbs:[\"get\"]}"
        );
        assert!(uncovered(&[rule("*", "*", "*", "-")], &wanted).is_empty());
    }
}
