//! The static token file, an opt-in: lines of `token,user,uid,"group,group"`.

use std::collections::HashMap;
use std::sync::Arc;

use registry::request::UserInfo;

use super::with_authenticated;

/// Users by token.
#[derive(Default)]
pub struct StaticTokens {
    users: HashMap<String, Arc<UserInfo>>,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read line {line} of the token file: want token,user,uid and optionally \"group,group\"")]
pub struct TokenFileError {
    /// Its number, from 1.
    pub line: usize,
}

impl StaticTokens {
    /// Reads the file's text; empty lines and `#` comments are skipped.
    pub fn parse(text: &str) -> Result<StaticTokens, TokenFileError> {
        let mut users = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let fields = split(line);
            let [token, name, uid, rest @ ..] = &fields[..] else { return Err(TokenFileError { line: at + 1 }) };
            if token.is_empty() {
                return Err(TokenFileError { line: at + 1 });
            }
            let groups = rest.first().map_or("", String::as_str).split(',').map(str::trim);
            let groups = groups.filter(|group| !group.is_empty()).map(str::to_owned).collect();
            let user = UserInfo { name: name.clone(), uid: uid.clone(), groups, extra: Vec::new() };
            users.insert(token.clone(), Arc::new(with_authenticated(user)));
        }
        Ok(StaticTokens { users })
    }

    /// The user of a token.
    pub fn user(&self, token: &str) -> Option<Arc<UserInfo>> {
        self.users.get(token).cloned()
    }
}

/// Comma-separated fields; quoted ones may hold commas.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            other => fields.last_mut().expect("there is always a field").push(other),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stand_for_users_with_groups() {
        let tokens = StaticTokens::parse("# x\n\nsecret,jane,7,\"a, b\"\nother,bob,8\n").expect("readable");
        let jane = tokens.user("secret").expect("there");
        assert_eq!((jane.name.as_str(), jane.uid.as_str()), ("jane", "7"));
        assert_eq!(jane.groups, ["a", "b", "system:authenticated"]);
        assert_eq!(tokens.user("other").expect("there").groups, ["system:authenticated"]);
        assert!(tokens.user("x").is_none());
        assert_eq!(StaticTokens::parse("a,b").err(), Some(TokenFileError { line: 1 }));
    }
}
