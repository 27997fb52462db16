//! Who the own parts are: the users and groups behind in-process requests.

use registry::request::UserInfo;

/// The user with the groups that authentication would give it.
pub fn user(name: &str) -> UserInfo {
    let mut groups = Vec::new();
    if let Some(account) = name.strip_prefix("system:serviceaccount:") {
        let namespace = account.split(':').next().unwrap_or_default();
        groups.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    if name.starts_with("system:node:") {
        groups.push("system:nodes".to_owned());
    }
    groups.push("system:authenticated".to_owned());
    UserInfo { name: name.to_owned(), uid: String::new(), groups, extra: vec![] }
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn accounts_and_nodes_are_in_their_groups() {
        let groups = user("system:serviceaccount:kube-system:kube-dns").groups.join(" ");
        assert_eq!(groups, "system:serviceaccounts system:serviceaccounts:kube-system system:authenticated");
        assert_eq!(user("system:node:a").groups.join(" "), "system:nodes system:authenticated");
    }
}
