//! `matchConditions` of webhooks.

use apimachinery::value::Value;

use super::request::Request;
use super::selection::Called;

/// The conditions of one webhook, as they are kept while it is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MatchConditions {
    all: Vec<MatchCondition>,
}

/// A condition in CEL.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MatchCondition {
    name: String,
    expression: String,
}

impl MatchConditions {
    /// Of a webhook's configuration.
    pub fn parse(hook: &Value) -> MatchConditions {
        let all = hook.items_at(&["matchConditions"]).iter().map(|condition| MatchCondition {
            name: condition.str_at(&["name"]).to_owned(),
            expression: condition.str_at(&["expression"]).to_owned(),
        });
        MatchConditions { all: all.collect() }
    }
}

/// Whether a request, as the webhook would see it, meets all conditions.
///
/// An error is treated as the webhook's failure policy says.
pub(super) async fn all_hold(
    conditions: &MatchConditions,
    _request: &Request<'_>,
    _called: &Called,
) -> Result<bool, String> {
    match conditions.all.first() {
        None => Ok(true),
        Some(MatchCondition { name, expression }) => {
            Err(format!("match condition {name:?} cannot be evaluated: {expression}"))
        }
    }
}
