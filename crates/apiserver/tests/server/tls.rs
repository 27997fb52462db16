//! Credentials over TLS: certificates, tokens of both kinds, nobody.

use std::sync::Arc;

use crate::cluster::{Authority, Cluster, cluster};
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");
const WHO: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";

async fn token(cluster: &Cluster, body: serde_json::Value) -> String {
    let path = "POST /api/v1/namespaces/default/serviceaccounts/bot/token";
    let answer = cluster.ask(path, &body.to_string()).await;
    assert_eq!(answer.line(), "201");
    answer.json()["status"]["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn everybody_is_told_apart() {
    let cluster = Arc::new(cluster().await);
    let address = cluster.listen().await;
    let node = cluster.authority.leaf("system:node:n1", &["system:nodes"], &[]);
    let stranger = Authority::new().leaf("admin", &["system:masters"], &[]);
    let who = async |identity: Option<&(String, String)>, token: &str| {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![JSON];
        if !token.is_empty() {
            headers.push(("authorization", bearer.as_str()));
        }
        let answer = cluster.ask_tls(address, identity, WHO, &headers, "{}").await;
        match answer.status.as_u16() {
            201 => answer.json()["status"]["userInfo"]["username"].as_str().expect("a name").to_owned(),
            _ => answer.line(),
        }
    };
    assert_eq!(who(Some(&node), "").await, "system:node:n1");
    assert_eq!(who(None, "janetoken").await, "jane");
    assert_eq!(who(Some(&stranger), "").await, "401 Unauthorized: Unauthorized");
    assert_eq!(who(Some(&stranger), "janetoken").await, "jane");
    assert_eq!(who(None, "nonsense").await, "401 Unauthorized: Unauthorized");
    assert!(who(None, "").await.starts_with("403 Forbidden: selfsubjectreviews.authentication.k8s.io is forbidden"));
}

#[tokio::test]
async fn a_service_account_token_dies_with_its_account() {
    let cluster = cluster().await;
    let address = cluster.listen().await;
    let created =
        cluster.ask("POST /api/v1/namespaces/default/serviceaccounts", r#"{"metadata":{"name":"bot"}}"#).await;
    assert_eq!(created.line(), "201");
    let short = json!({"spec": {"expirationSeconds": 10}});
    let refused = cluster.ask("POST /api/v1/namespaces/default/serviceaccounts/bot/token", &short.to_string()).await;
    assert_eq!(refused.status, 422);
    let first = token(&cluster, json!({"spec": {}})).await;
    let other = token(&cluster, json!({"spec": {"audiences": ["vault"]}})).await;
    let who = async |token: &str| {
        let headers = [JSON, ("authorization", &*format!("Bearer {token}"))];
        cluster.ask_tls(address, None, WHO, &headers, "{}").await
    };
    let me = who(&first).await.json();
    assert_eq!(me["status"]["userInfo"]["username"], "system:serviceaccount:default:bot");
    assert_eq!(me["status"]["userInfo"]["groups"][1], "system:serviceaccounts:default");
    assert_eq!(who(&other).await.status, 401);
    let review = json!({"spec": {"token": other, "audiences": ["vault", "x"]}}).to_string();
    let review = cluster.ask("POST /apis/authentication.k8s.io/v1/tokenreviews", &review).await.json();
    assert_eq!(review["status"]["audiences"], json!(["vault"]));
    cluster.ask("DELETE /api/v1/namespaces/default/serviceaccounts/bot", "").await;
    let gone = json!({"spec": {"token": other, "audiences": ["vault"]}}).to_string();
    let gone = cluster.ask("POST /apis/authentication.k8s.io/v1/tokenreviews", &gone).await.json();
    assert_eq!(gone["status"].get("authenticated"), None);
}

#[tokio::test]
async fn large_answers_are_compressed_when_welcome() {
    let cluster = cluster().await;
    let address = cluster.listen().await;
    let admin = cluster.authority.leaf("admin", &["system:masters"], &[]);
    let body = json!({"metadata": {"name": "big"}, "data": {"k": "x".repeat(300_000)}}).to_string();
    cluster.ask("POST /api/v1/namespaces/default/configmaps", &body).await;
    let path = "GET /api/v1/namespaces/default/configmaps";
    let plain = cluster.ask_tls(address, Some(&admin), path, &[], "").await;
    let packed = cluster.ask_tls(address, Some(&admin), path, &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(packed.body.len() < plain.body.len() / 20);
    let small =
        cluster.ask_tls(address, Some(&admin), "GET /api/v1/namespaces", &[("accept-encoding", "gzip")], "").await;
    assert!(!small.headers.contains_key("content-encoding"));
    let head = cluster.ask_tls(address, Some(&admin), "HEAD /version", &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_the_answer_arrives() {
    let cluster = cluster().await;
    let address = cluster.listen().await;
    let admin = cluster.authority.leaf("admin", &["system:masters"], &[]);
    let body = "x".repeat(4 * 1024 * 1024);
    let path = "POST /api/v1/namespaces/default/configmaps";
    let refused = cluster.ask_tls(address, Some(&admin), path, &[JSON], &body).await;
    assert_eq!(refused.line(), "413 RequestEntityTooLarge: Request entity too large: limit is 3145728");
}
