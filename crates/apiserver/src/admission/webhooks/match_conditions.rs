//! `matchConditions` of webhooks.

use super::configuration::MatchCondition;
use super::request::Request;
use super::selection::Called;

/// Whether a request, as the webhook would see it, meets all conditions.
///
/// An error is treated as the webhook's failure policy says.
pub(super) async fn all_hold(
    conditions: &[MatchCondition],
    _request: &Request<'_>,
    _called: &Called,
) -> Result<bool, String> {
    match conditions.first() {
        None => Ok(true),
        Some(condition) => {
            let MatchCondition { name, expression } = condition;
            Err(format!("match condition {name:?} cannot be evaluated: {expression}"))
        }
    }
}
