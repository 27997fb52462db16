//! The headers that tell a server behind the front proxy who asks.

use http::{HeaderMap, HeaderName, HeaderValue};
use registry::request::UserInfo;

use crate::authentication::request_header::{EXTRA_PREFIX, GROUP, UID, USER};

/// Says who asks; whatever the client said about that is dropped.
pub(super) fn set(headers: &mut HeaderMap, user: &UserInfo) {
    let is_claim = |name: &HeaderName| [USER, UID, GROUP].contains(&name.as_str()) || is_extra(name);
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name)).cloned().collect();
    claims.iter().for_each(|name| drop(headers.remove(name)));
    append(headers, HeaderName::from_static(USER), &user.name);
    if !user.uid.is_empty() {
        append(headers, HeaderName::from_static(UID), &user.uid);
    }
    for group in &user.groups {
        append(headers, HeaderName::from_static(GROUP), group);
    }
    for (key, values) in &user.extra {
        let Ok(name) = HeaderName::try_from(format!("{EXTRA_PREFIX}{}", escaped(key))) else { continue };
        values.iter().for_each(|value| append(headers, name.clone(), value));
    }
}

fn is_extra(name: &HeaderName) -> bool {
    name.as_str().starts_with(EXTRA_PREFIX)
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.append(name, value);
    }
}

/// A key as part of a header's name: what a name cannot hold is percent-encoded, and so is `%`.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'!' | b'#' | b'$' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' => {
                out.push(char::from(byte));
            }
            other if other.is_ascii_alphanumeric() => out.push(char::from(other)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_told_and_what_the_client_claimed_is_dropped() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-remote-user", "root"), ("x-remote-extra-a", "b"), ("x-remote-group", "system:masters")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append("accept", HeaderValue::from_static("application/json"));
        let user = UserInfo {
            name: "jane".into(),
            uid: "7".into(),
            groups: vec!["dev".into(), "ops".into()],
            extra: vec![("example.com/a%b".into(), vec!["1".into(), "2".into()])],
        };
        set(&mut headers, &user);
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or(""))).collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                "accept: application/json",
                "x-remote-extra-example.com%2fa%25b: 1",
                "x-remote-extra-example.com%2fa%25b: 2",
                "x-remote-group: dev",
                "x-remote-group: ops",
                "x-remote-uid: 7",
                "x-remote-user: jane",
            ]
        );
    }
}
