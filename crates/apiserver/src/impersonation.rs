//! Acting as somebody else: the `Impersonate-*` headers.
//!
//! Constrained modes (KEP-5284) are tried first: the right `impersonate:<mode>` for the user and
//! `impersonate-on:<mode>:<verb>` for the request. The old verb `impersonate` for the user alone comes last.

use std::sync::Arc;

use apimachinery::status::Status;
use http::HeaderMap;
use registry::request::UserInfo;

use crate::authentication::service_account::{groups, split_user_name};
use crate::authentication::{SYSTEM_ANONYMOUS, SYSTEM_AUTHENTICATED, SYSTEM_UNAUTHENTICATED};
use crate::authorization::{Attributes, Authorizer, forbidden, go_quote};
use crate::query::decode_path;

const EXTRA_PREFIX: &str = "impersonate-extra-";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// What the headers ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    user: String,
    groups: Vec<String>,
    extra: Vec<(String, Vec<String>)>,
    uid: String,
}

/// Ways to impersonate, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// A ServiceAccount the node that its Pod runs on.
    AssociatedNode,
    /// Any node.
    ArbitraryNode,
    /// A ServiceAccount.
    ServiceAccount,
    /// Other users, with groups and everything.
    UserInfo,
    /// The verb `impersonate`, whatever the request does.
    Legacy,
}

const MODES: [Mode; 5] =
    [Mode::AssociatedNode, Mode::ArbitraryNode, Mode::ServiceAccount, Mode::UserInfo, Mode::Legacy];

/// The user that `request` acts as: its own user, unless headers ask for another one.
pub async fn impersonate(
    authorizer: &Authorizer,
    user: &Arc<UserInfo>,
    request: &Attributes<'_>,
    headers: &HeaderMap,
) -> Result<Arc<UserInfo>, Status> {
    let Some(asked) = asked(headers)? else { return Ok(Arc::clone(user)) };
    let mut first = None;
    for mode in MODES.into_iter().filter(|mode| mode.applies(user, &asked)) {
        match check(authorizer, request, &asked, mode).await {
            Ok(()) => return Ok(Arc::new(acting_as(asked, mode))),
            Err(status) => first = first.or(Some(status)),
        }
    }
    Err(first.unwrap_or_else(|| Status::internal("all impersonation modes failed")))
}

fn node_name(user: &str) -> Option<&str> {
    user.strip_prefix("system:node:").filter(|name| !name.is_empty())
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::AssociatedNode => "associated-node",
            Mode::ArbitraryNode => "arbitrary-node",
            Mode::ServiceAccount => "serviceaccount",
            Mode::UserInfo => "user-info",
            Mode::Legacy => "legacy",
        }
    }

    /// The verb that the user needs on who is impersonated.
    fn verb(self) -> String {
        match self {
            Mode::Legacy => "impersonate".to_owned(),
            mode => format!("impersonate:{}", mode.name()),
        }
    }

    fn applies(self, user: &UserInfo, asked: &Asked) -> bool {
        let is_name_only = asked.groups.is_empty() && asked.extra.is_empty() && asked.uid.is_empty();
        let (node, account) = (node_name(&asked.user), split_user_name(&asked.user));
        match self {
            Mode::AssociatedNode => is_name_only && node.is_some_and(|node| is_on_node(user, node)),
            Mode::ArbitraryNode => is_name_only && node.is_some(),
            Mode::ServiceAccount => is_name_only && account.is_some(),
            Mode::UserInfo => node.is_none() && account.is_none(),
            Mode::Legacy => true,
        }
    }
}

/// Whether `user` is a ServiceAccount whose token is bound to (a Pod on) this node.
fn is_on_node(user: &UserInfo, node: &str) -> bool {
    let is_node = |(key, values): &(String, Vec<String>)| {
        key == "authentication.kubernetes.io/node-name" && matches!(&values[..], [one] if one == node)
    };
    split_user_name(&user.name).is_some() && user.extra.iter().any(is_node)
}

fn asked(headers: &HeaderMap) -> Result<Option<Asked>, Status> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let mut asked = Asked { user: text("impersonate-user"), uid: text("impersonate-uid"), ..Asked::default() };
    let values = headers.get_all("impersonate-group").into_iter().filter_map(|value| value.to_str().ok());
    asked.groups = values.map(str::to_owned).collect();
    for name in headers.keys() {
        let Some(key) = name.as_str().strip_prefix(EXTRA_PREFIX) else { continue };
        let key = decode_path(key).unwrap_or_else(|| key.to_owned());
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        asked.extra.push((key, values.map(str::to_owned).collect()));
    }
    let is_nothing_else = asked.groups.is_empty() && asked.extra.is_empty() && asked.uid.is_empty();
    match (asked.user.is_empty(), is_nothing_else) {
        (true, true) => Ok(None),
        (true, false) => Err(nameless(&asked)),
        (false, _) => Ok(Some(asked)),
    }
}

async fn check(authorizer: &Authorizer, request: &Attributes<'_>, asked: &Asked, mode: Mode) -> Result<(), Status> {
    if mode != Mode::Legacy {
        let verb = format!("impersonate-on:{}:{}", mode.name(), request.verb);
        require(authorizer, &Attributes { verb: &verb, ..*request }).await?;
    }
    let verb = mode.verb();
    for question in questions(request.user, &verb, asked, mode) {
        require(authorizer, &question).await?;
    }
    Ok(())
}

async fn require(authorizer: &Authorizer, question: &Attributes<'_>) -> Result<(), Status> {
    let decision = authorizer.authorize(question).await;
    match decision.is_allowed() {
        true => Ok(()),
        false => Err(forbidden(question, decision.reason())),
    }
}

/// What is asked about the impersonated user: name, UID, groups, extra.
fn questions<'a>(user: &'a UserInfo, verb: &'a str, asked: &'a Asked, mode: Mode) -> Vec<Attributes<'a>> {
    let ask = |group: &'static str, resource: &'static str| Attributes::of_resource(user, verb, group, resource);
    let group = if mode == Mode::Legacy { "" } else { AUTHENTICATION };
    let mut questions = Vec::new();
    match (split_user_name(&asked.user), node_name(&asked.user)) {
        (Some((namespace, name)), _) => questions.push(Attributes { namespace, name, ..ask(group, "serviceaccounts") }),
        (None, Some(_)) if mode == Mode::AssociatedNode => {
            questions.push(Attributes { name: "*", ..ask(group, "nodes") });
        }
        (None, Some(name)) if mode == Mode::ArbitraryNode => {
            questions.push(Attributes { name, ..ask(group, "nodes") });
        }
        _ => questions.push(Attributes { name: &asked.user, ..ask(group, "users") }),
    }
    if !asked.uid.is_empty() {
        questions.push(Attributes { name: &asked.uid, ..ask(AUTHENTICATION, "uids") });
    }
    questions.extend(asked.groups.iter().map(|name| Attributes { name, ..ask(group, "groups") }));
    for (key, values) in &asked.extra {
        let extra = |name| Attributes { name, subresource: key, ..ask(AUTHENTICATION, "userextras") };
        questions.extend(values.iter().map(|value| extra(value.as_str())));
    }
    questions
}

fn acting_as(asked: Asked, mode: Mode) -> UserInfo {
    let mut list = asked.groups;
    if list.is_empty()
        && let Some((namespace, _)) = split_user_name(&asked.user)
    {
        list = groups(namespace);
    }
    if matches!(mode, Mode::AssociatedNode | Mode::ArbitraryNode) {
        list = vec!["system:nodes".into()];
    }
    let has = |wanted: &str| list.iter().any(|group| group == wanted);
    if asked.user == SYSTEM_ANONYMOUS {
        if !has(SYSTEM_UNAUTHENTICATED) {
            list.push(SYSTEM_UNAUTHENTICATED.into());
        }
    } else if !has(SYSTEM_AUTHENTICATED) && !has(SYSTEM_UNAUTHENTICATED) {
        list.push(SYSTEM_AUTHENTICATED.into());
    }
    UserInfo { name: asked.user, uid: asked.uid, groups: list, extra: asked.extra }
}

/// Asked-for parts without a name, as Go prints them.
fn nameless(asked: &Asked) -> Status {
    let groups = match asked.groups.is_empty() {
        true => "[]string(nil)".to_owned(),
        false => {
            let groups: Vec<String> = asked.groups.iter().map(|it| go_quote(it)).collect();
            format!("[]string{{{}}}", groups.join(", "))
        }
    };
    let extra = match asked.extra.is_empty() {
        true => "map[string][]string(nil)".to_owned(),
        false => {
            let values = |list: &[String]| list.iter().map(|it| go_quote(it)).collect::<Vec<_>>().join(", ");
            let mut entries: Vec<String> = asked
                .extra
                .iter()
                .map(|(key, list)| format!("{}:[]string{{{}}}", go_quote(key), values(list)))
                .collect();
            entries.sort_unstable();
            format!("map[string][]string{{{}}}", entries.join(", "))
        }
    };
    let uid = go_quote(&asked.uid);
    let shown = format!("&user.DefaultInfo{{Name:\"\", UID:{uid}, Groups:{groups}, Extra:{extra}}}");
    Status::bad_request(format!("requested {shown} without impersonating a user name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn users_come_with_their_groups() {
        let user = |pairs: &[_]| acting_as(asked(&headers(pairs)).expect("good").expect("asked for"), Mode::Legacy);
        assert_eq!(user(&[("impersonate-user", "jane")]).groups, ["system:authenticated"]);
        let both = [("impersonate-user", "jane"), ("impersonate-group", "a"), ("impersonate-extra-x%2fy", "1")];
        assert_eq!(user(&both).groups, ["a", "system:authenticated"]);
        assert_eq!(user(&both).extra, [("x/y".to_owned(), vec!["1".to_owned()])]);
        assert_eq!(user(&[("impersonate-user", "system:anonymous")]).groups, ["system:unauthenticated"]);
        let account = user(&[("impersonate-user", "system:serviceaccount:a:b")]);
        assert_eq!(account.groups, ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
    }

    #[test]
    fn a_group_without_a_user_is_refused_and_no_header_is_nothing() {
        let refused = asked(&headers(&[("impersonate-group", "a")])).expect_err("no name");
        assert_eq!(
            refused.message,
            "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"a\"}, Extra:map[string][]string(nil)} \
             without impersonating a user name"
        );
        assert_eq!(asked(&headers(&[("accept", "a")])), Ok(None));
    }

    #[test]
    fn modes_are_for_the_users_that_they_name() {
        let modes = |user: &UserInfo, asked: &Asked| -> Vec<Mode> {
            MODES.into_iter().filter(|mode| mode.applies(user, asked)).collect()
        };
        let of = |user: &str| Asked { user: user.into(), ..Asked::default() };
        let jane = UserInfo { name: "jane".into(), ..UserInfo::default() };
        let agent = UserInfo {
            name: "system:serviceaccount:a:agent".into(),
            extra: vec![("authentication.kubernetes.io/node-name".into(), vec!["n1".into()])],
            ..UserInfo::default()
        };
        assert_eq!(modes(&jane, &of("bob")), [Mode::UserInfo, Mode::Legacy]);
        assert_eq!(modes(&jane, &of("system:serviceaccount:a:b")), [Mode::ServiceAccount, Mode::Legacy]);
        assert_eq!(modes(&jane, &of("system:node:n1")), [Mode::ArbitraryNode, Mode::Legacy]);
        assert_eq!(modes(&agent, &of("system:node:n1")), [Mode::AssociatedNode, Mode::ArbitraryNode, Mode::Legacy]);
        assert_eq!(modes(&agent, &of("system:node:n2")), [Mode::ArbitraryNode, Mode::Legacy]);
        let grouped = Asked { groups: vec!["x".into()], ..of("system:node:n1") };
        assert_eq!(modes(&agent, &grouped), [Mode::Legacy]);
        assert_eq!(
            acting_as(of("system:node:n1"), Mode::ArbitraryNode).groups,
            ["system:nodes", "system:authenticated"]
        );
    }
}
