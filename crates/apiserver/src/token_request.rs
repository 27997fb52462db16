//! `serviceaccounts/token`: tokens on request, bound to a Pod, Secret or Node.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{time, tree};
use http::{Method, StatusCode};
use registry::request::RequestInfo;

use crate::authentication::keys::{Audiences, Claims, KubernetesClaims, Reference};
use crate::authentication::service_account::user_name;
use crate::call::Call;
use crate::identifiers::random_uuid;
use crate::negotiation::{self, Offer};
use crate::render;
use crate::reply::Reply;
use crate::resources::method_not_allowed;
use crate::reviews::body::{self, Expected};
use crate::reviews::record_fields;
use crate::server::Server;

/// Life of a token when not said.
const DEFAULT_SECONDS: i64 = 3_600;
/// Shortest life.
const SECONDS_MIN: i64 = 600;
/// Longest life.
const SECONDS_MAX: i64 = 1 << 32;
/// The life that projected tokens of Pods ask for by default; such tokens stay good for longer, since old clients
/// do not read them anew (upstream's `WarnOnlyBoundTokenExpirationSeconds`).
const POD_DEFAULT_SECONDS: i64 = 3_607;
/// How long those stay good.
const EXTENDED_SECONDS: i64 = 365 * 24 * 3_600;

const GROUP: &str = "authentication.k8s.io";

/// Answers POST of `serviceaccounts/{name}/token`.
pub(crate) async fn create(server: &Server, call: &mut Call) -> Result<Reply, Status> {
    if call.method != Method::POST {
        return Err(method_not_allowed());
    }
    let accepted = negotiation::accept(&call.headers, &call.query, Offer::Plain)?;
    let expected = Expected::built_in(GROUP, "v1", "TokenRequest")?;
    let (info, mut request) = body::read(call, expected).await?;
    let account = read(server, "serviceaccounts", &info.namespace, &info.name).await?;
    // A node may have tokens only for the Pods that are bound to it.
    let admitted = server.chain.admit_creation(&info, kind(), &mut request).await;
    call.take_warnings(&info);
    admitted?;
    default_seconds(&mut request);
    record_fields(expected, &mut request, &info);
    complete(server, &mut request, &account, &info)?;
    let bound = Bound::find(server, &request, &info).await?;
    issue(server, &mut request, &account, bound)?;
    apimachinery::schema::normalise(expected.schema, &mut request).map_err(Status::internal)?;
    Ok(render::value_reply(accepted, StatusCode::CREATED, &request))
}

fn kind() -> GroupVersionKind {
    GroupVersionKind { group: GROUP.into(), version: "v1".into(), kind: "TokenRequest".into() }
}

async fn read(server: &Server, plural: &str, namespace: &str, name: &str) -> Result<Value, Status> {
    let resource = server.registry.resource("", "v1", plural).ok_or_else(Status::unknown_resource)?;
    let object = resource.get(namespace, name, "").await?;
    json::parse(&object.bytes).map_err(Status::internal)
}

fn default_seconds(request: &mut Value) {
    if matches!(request.i64_at(&["spec", "expirationSeconds"]), None | Some(0)) {
        request.set(&["spec", "expirationSeconds"], DEFAULT_SECONDS);
    }
}

/// Fills in what was not said and checks the rest.
fn complete(server: &Server, request: &mut Value, account: &Value, info: &RequestInfo) -> Result<(), Status> {
    let mut errors = Vec::new();
    for (field, own) in [("name", &info.name), ("namespace", &info.namespace)] {
        let given = request.str_at(&["metadata", field]).to_owned();
        if !given.is_empty() && given != *own {
            let path = FieldPath::new("metadata").child(field);
            let detail = format!("must match the service account {field} if specified");
            errors.push(FieldError::invalid(&path, &given, detail));
        }
        request.set_meta(field, own);
    }
    if !errors.is_empty() {
        return Err(Status::invalid(&kind(), &info.name, &errors));
    }
    let (given, own) = (request.uid().to_owned(), account.uid().to_owned());
    if !given.is_empty() && given != own {
        let cause =
            format!("the UID in the token request ({given}) does not match the UID of the service account ({own})");
        return Err(Status::conflict(&GroupResource::new(GROUP, "TokenRequest"), &info.name, &cause));
    }
    request.set_meta("uid", &own);
    request.set(&["metadata", "creationTimestamp"], time::format_seconds(jiff::Timestamp::now()));
    if request.items_at(&["spec", "audiences"]).is_empty() {
        let audiences: Value = server.config.audiences.iter().map(|it| Value::from(it.as_str())).collect();
        request.set(&["spec", "audiences"], audiences);
    }
    request.remove_at(&["status"]);
    check_seconds(request.i64_at(&["spec", "expirationSeconds"]).unwrap_or(DEFAULT_SECONDS))
}

fn check_seconds(seconds: i64) -> Result<(), Status> {
    let detail = match seconds {
        ..SECONDS_MIN => "may not specify a duration less than 10 minutes",
        SECONDS_MIN..=SECONDS_MAX => return Ok(()),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    let path = FieldPath::new("spec.expirationSeconds");
    Err(Status::invalid(&kind(), "", &[FieldError::invalid(&path, seconds, detail)]))
}

/// What a token is bound to.
#[derive(Default)]
struct Bound {
    node: Option<Reference>,
    pod: Option<Reference>,
    secret: Option<Reference>,
}

fn reference(object: &Value) -> Reference {
    Reference { name: object.name().to_owned(), uid: object.uid().to_owned() }
}

impl Bound {
    async fn find(server: &Server, request: &Value, info: &RequestInfo) -> Result<Bound, Status> {
        let wanted = request.at(&["spec", "boundObjectRef"]);
        let mut bound = Bound::default();
        if wanted.is_null() {
            return Ok(bound);
        }
        let (api_version, kind) = (wanted.str_at(&["apiVersion"]), wanted.str_at(&["kind"]));
        let name = wanted.str_at(&["name"]);
        let uid = match (api_version, kind) {
            ("v1", "Pod") => {
                let pod = read(server, "pods", &info.namespace, name).await?;
                if pod.str_at(&["spec", "serviceAccountName"]) != info.name {
                    return Err(Status::bad_request(format!(
                        "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name.",
                        info.name
                    )));
                }
                bound.node = node_of(server, pod.str_at(&["spec", "nodeName"])).await;
                bound.pod.insert(reference(&pod)).uid.clone()
            }
            ("v1", "Secret") => {
                bound.secret.insert(reference(&read(server, "secrets", &info.namespace, name).await?)).uid.clone()
            }
            ("v1", "Node") => bound.node.insert(reference(&read(server, "nodes", "", name).await?)).uid.clone(),
            _ => {
                let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
                let shown = format!("{group}/{version}, Kind={kind}");
                return Err(Status::bad_request(format!("cannot bind token to object of type {shown}")));
            }
        };
        let asked = wanted.str_at(&["uid"]);
        if !asked.is_empty() && asked != uid {
            let cause = format!(
                "the UID in the bound object reference ({asked}) does not match the UID in record. The object might \
                 have been deleted and then recreated"
            );
            return Err(Status::conflict(&GroupResource::new("", kind), name, &cause));
        }
        Ok(bound)
    }
}

/// The Pod's node; when there is no such object its name alone.
async fn node_of(server: &Server, name: &str) -> Option<Reference> {
    if name.is_empty() {
        return None;
    }
    let by_name = || Reference { name: name.to_owned(), uid: String::new() };
    Some(read(server, "nodes", "", name).await.map_or_else(|_| by_name(), |node| reference(&node)))
}

fn issue(server: &Server, request: &mut Value, account: &Value, bound: Bound) -> Result<(), Status> {
    let now = jiff::Timestamp::now();
    let asked = request.i64_at(&["spec", "expirationSeconds"]).unwrap_or(DEFAULT_SECONDS);
    let audiences = request.items_at(&["spec", "audiences"]).iter().filter_map(Value::as_str).map(str::to_owned);
    let audiences: Vec<String> = audiences.collect();
    let is_own_audience = audiences.iter().all(|it| server.config.audiences.contains(it));
    let is_extended = bound.pod.is_some() && asked == POD_DEFAULT_SECONDS && is_own_audience;
    let (seconds, warn_after) = match is_extended {
        true => (EXTENDED_SECONDS, Some(now.as_second() + asked)),
        false => (asked, None),
    };
    let claims = Claims {
        audiences: Audiences(audiences),
        exp: now.as_second() + seconds,
        iat: now.as_second(),
        nbf: now.as_second(),
        iss: server.config.issuer.clone(),
        jti: random_uuid(),
        sub: user_name(account.namespace(), account.name()),
        kubernetes: KubernetesClaims {
            namespace: account.namespace().to_owned(),
            node: bound.node,
            pod: bound.pod,
            secret: bound.secret,
            serviceaccount: reference(account),
            warnafter: warn_after,
        },
    };
    let failed = |error| Status::internal(format!("failed to generate token: {error}"));
    let token = server.authenticator.keys.sign(&claims).map_err(failed)?;
    let end = jiff::Timestamp::from_second(now.as_second() + asked).map_err(Status::internal)?;
    request.set(&["status"], tree!({"token": token, "expirationTimestamp": (time::format_seconds(end))}));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_a_token_is_bounded() {
        assert_eq!(check_seconds(600), Ok(()));
        assert_eq!(check_seconds(1 << 32), Ok(()));
        let short = check_seconds(599).expect_err("too short");
        assert_eq!(
            short.message,
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: \
             may not specify a duration less than 10 minutes"
        );
        assert!(check_seconds((1 << 32) + 1).is_err());
    }
}
