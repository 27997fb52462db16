//! Whether a webhook is called for a request, and in which version it sees it.

use apimachinery::group_version::GroupResource;
use apimachinery::status::Status;
use apimachinery::value::Value;

use super::configuration::Hook;
use crate::admission::match_conditions;
use crate::admission::request::{Request, Seen};

/// Decides about one webhook; `None` when it is not called. `object` is the object as it is now.
pub(super) async fn select<'r>(
    request: &'r Request<'_>,
    hook: &Hook,
    object: &Value,
) -> Result<Option<Seen<'r>>, Status> {
    let Some(sight) = request.matches(&hook.constraints, object).await? else { return Ok(None) };
    let seen = request.see(sight, object).await?;
    match match_conditions::hold(&hook.conditions, request, &seen).await? {
        Ok(true) => Ok(Some(seen)),
        Ok(false) => Ok(None),
        Err(cause) if hook.ignores_failures => {
            tracing::warn!(webhook = hook.name, cause, "match conditions failed, the webhook is not called");
            Ok(None)
        }
        Err(cause) => {
            let info = request.attributes.info;
            Err(Status::forbidden(&GroupResource::new(&*info.group, &*info.resource), &request.name, &cause))
        }
    }
}
