//! `matchConditions` of webhooks.

use apimachinery::value::Value;

use super::configuration::MatchCondition;
use super::request::Request;

/// Whether a request, with the object and the old one as the webhook would see them, meets all conditions.
///
/// An error is treated as the webhook's failure policy says.
pub(super) fn all_hold(
    conditions: &[MatchCondition],
    _request: &Request<'_>,
    _object: &Value,
    _old: &Value,
) -> Result<bool, String> {
    match conditions.first() {
        None => Ok(true),
        Some(condition) => {
            let MatchCondition { name, expression } = condition;
            Err(format!("match condition {name:?} cannot be evaluated: {expression}"))
        }
    }
}
