//! `authorizer` in expressions: the server's own authorizers.

use std::sync::Arc;

use cel::library::authorizer::{Authorize, Decision as Answer, Question};
use futures_util::FutureExt;
use registry::request::UserInfo;

use crate::authorization::{Attributes, Authorizer};

/// Answers for the user of the request, or for a service account.
pub struct RequestAuthorizer {
    /// The authorizers.
    pub authorizer: Arc<Authorizer>,
    /// Who asks.
    pub user: Arc<UserInfo>,
}

impl Authorize for RequestAuthorizer {
    fn authorize(&self, question: &Question) -> Answer {
        let user = match &question.service_account {
            Some((namespace, name)) => Arc::new(service_account(namespace, name)),
            None => Arc::clone(&self.user),
        };
        let attributes = Attributes {
            user: &user,
            verb: &question.verb,
            group: &question.group,
            version: "*",
            resource: &question.resource,
            subresource: &question.subresource,
            namespace: &question.namespace,
            name: &question.name,
            path: question.path.as_deref().unwrap_or(""),
            is_resource: question.path.is_none(),
            field_selector: None,
        };
        // The views are in memory: it waits only while they are filled at the start, and for what a node has not
        // shown yet. An expression cannot wait.
        match self.authorizer.authorize(&attributes).now_or_never() {
            Some(decision) => {
                Answer { is_allowed: decision.is_allowed(), reason: decision.reason().to_owned(), error: None }
            }
            None => Answer { error: Some("the authorizer is not ready".to_owned()), ..Answer::default() },
        }
    }
}

fn service_account(namespace: &str, name: &str) -> UserInfo {
    UserInfo {
        name: format!("system:serviceaccount:{namespace}:{name}"),
        groups: vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ],
        ..UserInfo::default()
    }
}
