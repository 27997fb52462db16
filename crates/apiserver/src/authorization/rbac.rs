//! RBAC over an index of bindings by subject, so that a question costs a few look-ups.

use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use parking_lot::RwLock;
use registry::request::UserInfo;

use super::rules::Rule;
use super::{Attributes, Decision, go_quote};

/// The four kinds of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RbacKind {
    /// `Role`
    Role,
    /// `ClusterRole`
    ClusterRole,
    /// `RoleBinding`
    RoleBinding,
    /// `ClusterRoleBinding`
    ClusterRoleBinding,
}

/// A binding as one subject sees it.
#[derive(Clone, Debug)]
struct Grant {
    binding: Arc<str>,
    role: RoleRef,
    /// `RBAC: allowed by ...`
    reason: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RoleRef {
    Role(String),
    ClusterRole(String),
    Unsupported(String),
}

/// The bindings of a namespace, or of the cluster.
#[derive(Default)]
struct Bindings {
    users: HashMap<String, Vec<Grant>>,
    groups: HashMap<String, Vec<Grant>>,
    /// Subjects of each binding, to take it out again.
    subjects: HashMap<String, Vec<Subject>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    User(String),
    Group(String),
}

#[derive(Default)]
struct Index {
    cluster_roles: HashMap<String, Arc<[Rule]>>,
    roles: HashMap<String, HashMap<String, Arc<[Rule]>>>,
    cluster: Bindings,
    namespaces: HashMap<String, Bindings>,
}

/// The RBAC authorizer; fed with [`RbacAuthorizer::set`] and [`RbacAuthorizer::remove`].
#[derive(Default)]
pub struct RbacAuthorizer {
    index: RwLock<Index>,
}

/// The rules that hold for a user, and what could not be resolved.
#[derive(Clone, Debug, Default)]
pub struct HeldRules {
    /// Rules.
    pub rules: Vec<Rule>,
    /// Upstream's texts for roles that bindings name and that are not there.
    pub errors: Vec<String>,
}

impl RbacAuthorizer {
    /// Decides.
    pub fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        let index = self.index.read();
        let mut errors = Vec::new();
        for (namespace, grant) in index.grants(attributes.user, attributes.namespace) {
            match index.resolve(namespace, &grant.role) {
                Ok(rules) if rules.iter().any(|rule| rule.allows(attributes)) => {
                    return Decision::Allow(Arc::clone(&grant.reason));
                }
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
        errors.dedup();
        match &errors[..] {
            [] => Decision::NoOpinion(String::new()),
            [one] => Decision::NoOpinion(format!("RBAC: {one}")),
            many => Decision::NoOpinion(format!("RBAC: [{}]", many.join(", "))),
        }
    }

    /// All rules that hold for a user in a namespace (and cluster-wide).
    pub fn rules_for(&self, user: &UserInfo, namespace: &str) -> HeldRules {
        let index = self.index.read();
        let mut held = HeldRules::default();
        for (namespace, grant) in index.grants(user, namespace) {
            match index.resolve(namespace, &grant.role) {
                Ok(rules) => held.rules.extend(rules.iter().cloned()),
                Err(error) => held.errors.push(error),
            }
        }
        held
    }

    /// The rules of the role that a binding in `namespace` names.
    pub fn role_rules(&self, kind: &str, name: &str, namespace: &str) -> Result<Arc<[Rule]>, String> {
        self.index.read().resolve(namespace, &role_ref(kind, name)).cloned()
    }

    /// Takes in an object that was added or changed.
    pub fn set(&self, kind: RbacKind, object: &Value) {
        let mut index = self.index.write();
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        match kind {
            RbacKind::ClusterRole => drop(index.cluster_roles.insert(name, Rule::all_of(object).into())),
            RbacKind::Role => drop(index.roles.entry(namespace).or_default().insert(name, Rule::all_of(object).into())),
            RbacKind::ClusterRoleBinding => index.cluster.set("ClusterRoleBinding", object),
            RbacKind::RoleBinding => index.namespaces.entry(namespace).or_default().set("RoleBinding", object),
        }
    }

    /// Takes out an object.
    pub fn remove(&self, kind: RbacKind, namespace: &str, name: &str) {
        let mut index = self.index.write();
        match kind {
            RbacKind::ClusterRole => drop(index.cluster_roles.remove(name)),
            RbacKind::ClusterRoleBinding => index.cluster.remove(name),
            RbacKind::Role => {
                let is_empty = index.roles.get_mut(namespace).is_some_and(|roles| {
                    roles.remove(name);
                    roles.is_empty()
                });
                if is_empty {
                    index.roles.remove(namespace);
                }
            }
            RbacKind::RoleBinding => {
                let is_empty = index.namespaces.get_mut(namespace).is_some_and(|bindings| {
                    bindings.remove(name);
                    bindings.subjects.is_empty()
                });
                if is_empty {
                    index.namespaces.remove(namespace);
                }
            }
        }
    }
}

impl Index {
    /// The grants of a user: cluster-wide ones, then those of the namespace.
    fn grants<'a>(&'a self, user: &'a UserInfo, namespace: &'a str) -> impl Iterator<Item = (&'a str, &'a Grant)> {
        let local = self.namespaces.get(namespace).filter(|_| !namespace.is_empty());
        let cluster = self.cluster.of_user(user).map(|grant| ("", grant));
        let local =
            local.into_iter().flat_map(move |bindings| bindings.of_user(user).map(move |grant| (namespace, grant)));
        cluster.chain(local)
    }

    fn resolve(&self, namespace: &str, role: &RoleRef) -> Result<&Arc<[Rule]>, String> {
        match role {
            RoleRef::ClusterRole(name) => self
                .cluster_roles
                .get(name)
                .ok_or_else(|| format!("clusterrole.rbac.authorization.k8s.io {} not found", go_quote(name))),
            RoleRef::Role(name) => self
                .roles
                .get(namespace)
                .and_then(|roles| roles.get(name))
                .ok_or_else(|| format!("role.rbac.authorization.k8s.io {} not found", go_quote(name))),
            RoleRef::Unsupported(kind) => Err(format!("unsupported role reference kind: {}", go_quote(kind))),
        }
    }
}

fn role_ref(kind: &str, name: &str) -> RoleRef {
    match kind {
        "Role" => RoleRef::Role(name.to_owned()),
        "ClusterRole" => RoleRef::ClusterRole(name.to_owned()),
        other => RoleRef::Unsupported(other.to_owned()),
    }
}

impl Bindings {
    fn of_user<'a>(&'a self, user: &'a UserInfo) -> impl Iterator<Item = &'a Grant> {
        let by_name = self.users.get(&user.name).into_iter().flatten();
        by_name.chain(user.groups.iter().filter_map(|group| self.groups.get(group)).flatten())
    }

    fn set(&mut self, kind: &str, object: &Value) {
        let (namespace, name) = (object.namespace(), object.name());
        self.remove(name);
        let (role_kind, role_name) = (object.str_at(&["roleRef", "kind"]), object.str_at(&["roleRef", "name"]));
        let binding: Arc<str> = name.into();
        let shown = if namespace.is_empty() { name.to_owned() } else { format!("{name}/{namespace}") };
        let mut subjects = Vec::new();
        for subject in object.items_at(&["subjects"]) {
            let Some(key) = subject_key(subject, namespace) else { continue };
            if subjects.contains(&key) {
                continue;
            }
            let reason = format!(
                "RBAC: allowed by {kind} {} of {role_kind} {} to {}",
                go_quote(&shown),
                go_quote(role_name),
                describe_subject(subject, namespace)
            );
            let grant =
                Grant { binding: Arc::clone(&binding), role: role_ref(role_kind, role_name), reason: reason.into() };
            self.grants_of(&key).push(grant);
            subjects.push(key);
        }
        self.subjects.insert(name.to_owned(), subjects);
    }

    fn grants_of(&mut self, subject: &Subject) -> &mut Vec<Grant> {
        match subject {
            Subject::User(name) => self.users.entry(name.clone()).or_default(),
            Subject::Group(name) => self.groups.entry(name.clone()).or_default(),
        }
    }

    fn remove(&mut self, name: &str) {
        for subject in self.subjects.remove(name).unwrap_or_default() {
            let (map, key) = match &subject {
                Subject::User(name) => (&mut self.users, name),
                Subject::Group(name) => (&mut self.groups, name),
            };
            if let Some(grants) = map.get_mut(key) {
                grants.retain(|grant| &*grant.binding != name);
                if grants.is_empty() {
                    map.remove(key);
                }
            }
        }
    }
}

fn subject_key(subject: &Value, binding_namespace: &str) -> Option<Subject> {
    let name = subject.str_at(&["name"]);
    match subject.str_at(&["kind"]) {
        "User" => Some(Subject::User(name.to_owned())),
        "Group" => Some(Subject::Group(name.to_owned())),
        "ServiceAccount" => {
            let own = subject.str_at(&["namespace"]);
            let namespace = if own.is_empty() { binding_namespace } else { own };
            (!namespace.is_empty()).then(|| Subject::User(format!("system:serviceaccount:{namespace}:{name}")))
        }
        _ => None,
    }
}

fn describe_subject(subject: &Value, binding_namespace: &str) -> String {
    let (kind, name) = (subject.str_at(&["kind"]), subject.str_at(&["name"]));
    if kind != "ServiceAccount" {
        return format!("{kind} {}", go_quote(name));
    }
    let own = subject.str_at(&["namespace"]);
    let namespace = if own.is_empty() { binding_namespace } else { own };
    format!("{kind} {}", go_quote(&format!("{name}/{namespace}")))
}

#[cfg(test)]
mod tests;
