//! Acting as somebody else: the `Impersonate-*` headers, each checked with the verb `impersonate`.

use std::sync::Arc;

use apimachinery::status::Status;
use http::HeaderMap;
use registry::request::UserInfo;

use crate::authentication::service_account::{groups, split_user_name};
use crate::authentication::{SYSTEM_ANONYMOUS, SYSTEM_AUTHENTICATED, SYSTEM_UNAUTHENTICATED};
use crate::authorization::{Attributes, Authorizer, forbidden};
use crate::query::decode_path;

const EXTRA_PREFIX: &str = "impersonate-extra-";

/// What the headers ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    user: String,
    groups: Vec<String>,
    extra: Vec<(String, Vec<String>)>,
    uid: String,
}

/// The user that the request acts as: `user` itself, unless headers ask for another one.
pub async fn impersonate(
    authorizer: &Authorizer,
    user: Arc<UserInfo>,
    headers: &HeaderMap,
) -> Result<Arc<UserInfo>, Status> {
    let Some(asked) = asked(headers)? else { return Ok(user) };
    check(authorizer, &user, &asked).await?;
    Ok(Arc::new(acting_as(asked)))
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
        (true, false) => Err(Status::bad_request("requested impersonation without impersonating a user")),
        (false, _) => Ok(Some(asked)),
    }
}

async fn check(authorizer: &Authorizer, user: &UserInfo, asked: &Asked) -> Result<(), Status> {
    let ask =
        |group: &'static str, resource: &'static str| Attributes::of_resource(user, "impersonate", group, resource);
    let mut questions = Vec::new();
    match split_user_name(&asked.user) {
        Some((namespace, name)) => questions.push(Attributes { namespace, name, ..ask("", "serviceaccounts") }),
        None => questions.push(Attributes { name: &asked.user, ..ask("", "users") }),
    }
    questions.extend(asked.groups.iter().map(|name| Attributes { name, ..ask("", "groups") }));
    for (key, values) in &asked.extra {
        let extra = |name| Attributes { name, subresource: key, ..ask("authentication.k8s.io", "userextras") };
        questions.extend(values.iter().map(|value| extra(value.as_str())));
    }
    if !asked.uid.is_empty() {
        questions.push(Attributes { name: &asked.uid, ..ask("authentication.k8s.io", "uids") });
    }
    for question in &questions {
        let decision = authorizer.authorize(question).await;
        if !decision.is_allowed() {
            return Err(forbidden(question, decision.reason()));
        }
    }
    Ok(())
}

fn acting_as(asked: Asked) -> UserInfo {
    let mut list = asked.groups;
    if list.is_empty()
        && let Some((namespace, _)) = split_user_name(&asked.user)
    {
        list = groups(namespace);
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
        let user = |pairs: &[_]| acting_as(asked(&headers(pairs)).expect("good").expect("asked for"));
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
        assert!(asked(&headers(&[("impersonate-group", "a")])).is_err());
        assert_eq!(asked(&headers(&[("accept", "a")])), Ok(None));
    }
}
