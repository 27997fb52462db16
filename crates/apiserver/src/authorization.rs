//! Who may do what: the Node authorizer and RBAC, both over views of the registry.

pub mod escalation;
pub mod node;
pub mod rbac;
pub mod rules;

use std::sync::Arc;

use apimachinery::group_version::GroupResource;
use apimachinery::selector::FieldSelector;
use apimachinery::status::Status;
use registry::request::UserInfo;
use tokio::sync::watch;

use self::node::NodeAuthorizer;
use self::rbac::RbacAuthorizer;
use crate::target::Target;

/// Group whose members may do everything.
pub const SYSTEM_MASTERS: &str = "system:masters";

/// One question to the authorizers.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// Who.
    pub user: &'a UserInfo,
    /// API verb, or the method in lower case.
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// API version.
    pub version: &'a str,
    /// Plural.
    pub resource: &'a str,
    /// Subresource, or empty.
    pub subresource: &'a str,
    /// Namespace, or empty.
    pub namespace: &'a str,
    /// Name, or empty.
    pub name: &'a str,
    /// Path of a request that is about no resource.
    pub path: &'a str,
    /// Whether it is about a resource.
    pub is_resource: bool,
    /// Field selector of lists, watches and deletions of collections.
    pub field_selector: Option<&'a FieldSelector>,
}

impl<'a> Attributes<'a> {
    /// Of a parsed request.
    pub fn of_target(user: &'a UserInfo, target: &'a Target) -> Attributes<'a> {
        Attributes {
            user,
            verb: target.verb,
            group: &target.group,
            version: &target.version,
            resource: &target.resource,
            subresource: &target.subresource,
            namespace: &target.namespace,
            name: &target.name,
            path: &target.path,
            is_resource: target.is_resource,
            field_selector: target.field_selector.as_ref(),
        }
    }

    /// About a resource, everything else empty.
    pub fn of_resource(user: &'a UserInfo, verb: &'a str, group: &'a str, resource: &'a str) -> Attributes<'a> {
        Attributes {
            user,
            verb,
            group,
            version: "*",
            resource,
            subresource: "",
            namespace: "",
            name: "",
            path: "",
            is_resource: true,
            field_selector: None,
        }
    }
}

/// An authorizer's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed, and why.
    Allow(Arc<str>),
    /// Not allowed by this one, and why, where known.
    NoOpinion(String),
}

impl Decision {
    /// Whether it is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Decision::Allow(_))
    }

    /// The reason, possibly empty.
    pub fn reason(&self) -> &str {
        match self {
            Decision::Allow(reason) => reason,
            Decision::NoOpinion(reason) => reason,
        }
    }
}

/// All authorizers in order.
pub struct Authorizer {
    /// Nodes.
    pub node: NodeAuthorizer,
    /// Roles and bindings.
    pub rbac: RbacAuthorizer,
    /// Turns true when the views hold what is stored; decisions wait for it.
    pub synced: watch::Receiver<bool>,
}

impl Authorizer {
    /// Decides. Waits at start until the views hold what is stored.
    pub async fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        if attributes.user.groups.iter().any(|group| group == SYSTEM_MASTERS) {
            return Decision::Allow("".into());
        }
        if !*self.synced.borrow() {
            let _ = self.synced.clone().wait_for(|is_synced| *is_synced).await;
        }
        let by_node = self.node.authorize(attributes).await;
        if by_node.is_allowed() {
            return by_node;
        }
        match (self.rbac.authorize(attributes), by_node) {
            (Decision::NoOpinion(rbac), Decision::NoOpinion(node)) => {
                let reasons: Vec<&str> =
                    [node.as_str(), rbac.as_str()].into_iter().filter(|it| !it.is_empty()).collect();
                Decision::NoOpinion(reasons.join("\n"))
            }
            (allowed, _) => allowed,
        }
    }
}

/// The 403 of a refused request, with upstream's text.
pub fn forbidden(attributes: &Attributes<'_>, reason: &str) -> Status {
    let message = escape_html(&forbidden_message(attributes));
    let cause = if reason.is_empty() { message } else { format!("{message}: {reason}") };
    Status::forbidden(&GroupResource::new(attributes.group, attributes.resource), attributes.name, &cause)
}

fn forbidden_message(it: &Attributes<'_>) -> String {
    let (user, verb) = (go_quote(&it.user.name), it.verb);
    if !it.is_resource {
        return format!("User {user} cannot {verb} path {}", go_quote(it.path));
    }
    let resource = match it.subresource.is_empty() {
        true => it.resource.to_owned(),
        false => format!("{}/{}", it.resource, it.subresource),
    };
    let (resource, group) = (go_quote(&resource), go_quote(it.group));
    match it.namespace.is_empty() {
        true => format!("User {user} cannot {verb} resource {resource} in API group {group} at the cluster scope"),
        false => format!(
            "User {user} cannot {verb} resource {resource} in API group {group} in the namespace {}",
            go_quote(it.namespace)
        ),
    }
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text as Go's `%q` prints it (for text without control characters, which names cannot have).
pub(crate) fn go_quote(text: &str) -> String {
    format!("{text:?}")
}

/// A list of texts as Go's `%q` prints it: `["a" "b"]`.
pub(crate) fn go_quote_list(list: &[String]) -> String {
    let quoted: Vec<String> = list.iter().map(|text| go_quote(text)).collect();
    format!("[{}]", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_upstreams_words() {
        let user = UserInfo { name: "jane".into(), ..UserInfo::default() };
        let mut it = Attributes::of_resource(&user, "list", "", "pods");
        it.namespace = "default";
        assert_eq!(
            forbidden_message(&it),
            r#"User "jane" cannot list resource "pods" in API group "" in the namespace "default""#
        );
        it.namespace = "";
        it.group = "apps";
        it.subresource = "scale";
        assert_eq!(
            forbidden_message(&it),
            r#"User "jane" cannot list resource "pods/scale" in API group "apps" at the cluster scope"#
        );
        it.is_resource = false;
        it.verb = "get";
        it.path = "/metrics";
        assert_eq!(forbidden_message(&it), r#"User "jane" cannot get path "/metrics""#);
    }
}
