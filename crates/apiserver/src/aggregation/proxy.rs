//! Requests that a server behind an APIService answers.

use std::time::Duration;

use http::StatusCode;
use http::header::{HOST, LOCATION};
use streaming::upgrade::is_upgrade_request;

use super::{Remote, remote_user};
use crate::call::Call;
use crate::connect::{self, onward_headers};
use crate::reply::Reply;
use crate::server::Server;

/// Time for the beginning of an answer to a question about a whole group version: clients ask all of them at once.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(5);

impl Server {
    /// Sends a request on, under the name of who sent it.
    pub(crate) async fn aggregate(&self, call: &mut Call, remote: &Remote) -> Reply {
        if !remote.registration.is_available {
            return unavailable();
        }
        let address = match self.resolve(&remote.service).await {
            Ok(address) => address,
            Err(error) => {
                tracing::debug!(name = remote.registration.name, error, "no server behind an APIService");
                return unavailable();
            }
        };
        let backend = match remote.tls.backend(address) {
            Ok(backend) => backend,
            Err(error) => return Reply::text(StatusCode::INTERNAL_SERVER_ERROR, &error),
        };
        let mut headers = onward_headers(call);
        headers.remove(HOST);
        remote_user::set(&mut headers, &call.user);
        let path = call.target.path.clone();
        if is_upgrade_request(&call.headers) {
            let upgraded = self.proxy_upgrade(call, &backend, &path, headers).await;
            return upgraded.unwrap_or_else(|status| Reply::text(StatusCode::SERVICE_UNAVAILABLE, &status.message));
        }
        let body = connect::body_of(call);
        let sent = connect::send(call, &backend, &path, headers, body);
        let answer = match is_about_group_version(call) {
            true => tokio::time::timeout(DISCOVERY_TIMEOUT, sent).await,
            false => Ok(sent.await),
        };
        match answer.unwrap_or_else(|_| Err("context deadline exceeded".into())) {
            Ok(response) if response.status().is_redirection() && response.headers().contains_key(LOCATION) => {
                let text = "the backend attempted to redirect this request, which is not permitted";
                Reply::text(StatusCode::BAD_GATEWAY, text)
            }
            Ok(response) => connect::plain_answer(response),
            Err(error) => {
                Reply::text(StatusCode::SERVICE_UNAVAILABLE, &format!("error trying to reach service: {error}"))
            }
        }
    }
}

fn unavailable() -> Reply {
    Reply::text(StatusCode::SERVICE_UNAVAILABLE, "service unavailable")
}

/// `/apis/GROUP/VERSION`
fn is_about_group_version(call: &Call) -> bool {
    !call.target.is_resource && call.target.path.trim_matches('/').split('/').count() == 3
}
