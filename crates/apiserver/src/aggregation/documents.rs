//! What a server behind an APIService says of itself: its resources and its OpenAPI documents.

mod old_list;
mod old_openapi;

use std::net::SocketAddr;

use apimachinery::value::Value;
use apimachinery::{json, tree};
use serde_json::{Map, Value as Json};

use super::Remote;
use super::transport::{Answer, ask};
use crate::openapi::additions::Source;
use crate::openapi::digest_text;

/// What is asked for first: all groups at once, in either version.
const AGGREGATED_ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                                 application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

/// The resources of the group version, as the aggregated document has them.
pub(super) async fn discovery(remote: &Remote, address: SocketAddr) -> Result<Vec<Value>, String> {
    let answer = ask(remote, address, "/apis", AGGREGATED_ACCEPT).await?;
    let registration = &remote.registration;
    if answer.code == 200 && answer.content_type.contains("as=APIGroupDiscoveryList") {
        let document = json::parse(&answer.body).map_err(|error| error.to_string())?;
        return Ok(resources_of(&document, &registration.group, &registration.version));
    }
    let path = remote.path();
    let answer = ask(remote, address, &path, "application/json").await?;
    match answer.code {
        200 => Ok(old_list::resources(&json::parse(&answer.body).map_err(|error| error.to_string())?)),
        code => Err(format!("failed to download legacy discovery for {path}: {code}")),
    }
}

/// The resources of one group version of an aggregated document; none when it is not in there.
fn resources_of(document: &Value, group: &str, version: &str) -> Vec<Value> {
    let mut groups = document.items_at(&["items"]).iter();
    let group = groups.find(|it| it.str_at(&["metadata", "name"]) == group).cloned().unwrap_or_default();
    let mut versions = group.items_at(&["versions"]).iter();
    let version = versions.find(|it| it.str_at(&["version"]) == version).cloned().unwrap_or_default();
    let mut resources = version.items_at(&["resources"]).to_vec();
    for resource in &mut resources {
        complete(resource);
        let mut subresources = resource.items_at(&["subresources"]).to_vec();
        if !subresources.is_empty() {
            subresources.iter_mut().for_each(complete);
            resource.set(&["subresources"], subresources);
        }
    }
    resources
}

/// Old clients cannot do without a `responseKind`.
fn complete(entry: &mut Value) {
    if entry.field("responseKind").is_null() {
        entry.set(&["responseKind"], tree!({"group": "", "version": "", "kind": ""}));
    }
}

/// The OpenAPI documents of one group version.
pub(super) struct RemoteDocument {
    path: String,
    hash: String,
    v3: Json,
    v2: (Map<String, Json>, Map<String, Json>),
}

impl Source for RemoteDocument {
    fn path(&self) -> &str {
        &self.path
    }

    fn hash(&self) -> String {
        self.hash.clone()
    }

    fn v3(&self) -> Json {
        self.v3.clone()
    }

    fn v2(&self) -> (Map<String, Json>, Map<String, Json>) {
        self.v2.clone()
    }
}

/// The OpenAPI documents of the group version, if the server gives any.
pub(super) async fn openapi(remote: &Remote, address: SocketAddr) -> Option<RemoteDocument> {
    let path = remote.path().trim_start_matches('/').to_owned();
    let v2 = match ask(remote, address, "/openapi/v2", "application/json").await {
        Ok(answer) => document(&answer).map(|it| old_openapi::of_group_version(&it, &path)).unwrap_or_default(),
        Err(_) => Default::default(),
    };
    let v3 = v3_document(remote, address, &path).await;
    if v3.is_none() && v2.0.is_empty() {
        return None;
    }
    let v3 = v3.unwrap_or_else(|| old_openapi::to_v3(&v2));
    let v2 = old_openapi::own_definitions(v2);
    let parts = [v3.to_string(), Json::from(v2.0.clone()).to_string(), Json::from(v2.1.clone()).to_string()];
    Some(RemoteDocument { hash: digest_text(parts.into_iter()), path, v3, v2 })
}

async fn v3_document(remote: &Remote, address: SocketAddr, path: &str) -> Option<Json> {
    let index = ask(remote, address, "/openapi/v3", "application/json").await.ok()?;
    let index = document(&index)?;
    let url = index.get("paths")?.get(path)?.get("serverRelativeURL")?.as_str()?.to_owned();
    document(&ask(remote, address, &url, "application/json").await.ok()?)
}

fn document(answer: &Answer) -> Option<Json> {
    if answer.code != 200 {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resources_of_one_group_version_are_picked_and_completed() {
        let document = tree!({"items": [{"metadata": {"name": "w.io"}, "versions": [
            {"version": "v1", "resources": [{"resource": "xs", "subresources": [{"subresource": "status"}]}]},
            {"version": "v2", "resources": [{"resource": "ys", "responseKind": {"kind": "Y"}}]},
        ]}]});
        let text = |version| {
            let resources = Value::from(resources_of(&document, "w.io", version));
            String::from_utf8(json::to_vec(&resources)).expect("UTF-8")
        };
        let kind = r#""responseKind":{"group":"","version":"","kind":""}"#;
        assert_eq!(
            text("v1"),
            format!(r#"[{{"resource":"xs","subresources":[{{"subresource":"status",{kind}}}],{kind}}}]"#)
        );
        assert_eq!(text("v2"), r#"[{"resource":"ys","responseKind":{"kind":"Y"}}]"#);
        assert_eq!(text("v3"), "[]");
    }
}
