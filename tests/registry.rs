//! Pulling images from Corten's own registry, and images that cannot be had.

use std::sync::LazyLock;

use apimachinery::value::Value;
use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::registry;
use corten_system_tests::workload::{self, PATIENCE};

const OPEN_PORT: u16 = 5001;
const CLOSED_PORT: u16 = 5002;

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
    let cluster = Cluster::start_or_skip(&Options::default())?;
    registry::serve(&cluster, OPEN_PORT, "apps/testapp:1", "").expect("the registry serves");
    registry::serve(&cluster, CLOSED_PORT, "apps/testapp:1", "puller:secret").expect("the registry serves");
    Some(cluster)
});

fn pod(name: &str, image: &str, more: &str) -> String {
    format!("{}  {more}\n", workload::image_pod(name, image, &["echo", "hello"]))
}

fn waiting(pod: &Value) -> (String, String) {
    let status = pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
    let field = |name: &str| status.str_at(&["state", "waiting", name]).to_owned();
    (field("reason"), field("message"))
}

/// Creates the Pod and waits until its container waits for `reason`; returns the message.
fn refused(cluster: &Cluster, namespace: &str, name: &str, text: &str, reason: &'static str) -> String {
    let api = cluster.api();
    api.create(namespace, text).expect("it is created");
    let path = workload::pod_path(namespace, name);
    let message = waiting(&api.wait(&path, PATIENCE, move |pod| waiting(pod).0 == reason)).1;
    api.delete(&path).expect("it is deleted");
    message
}

#[test]
fn an_image_is_pulled_over_plain_http_and_its_pull_is_told() {
    let Some(cluster) = CLUSTER.as_ref() else { return };
    let api = cluster.api();
    workload::namespace(api, "pull");
    let image = format!("127.0.0.1:{OPEN_PORT}/apps/testapp:1");
    api.create("pull", &pod("open", &image, "")).expect("it is created");
    assert_eq!(workload::finish(api, "pull", "open"), (0, "hello\n".into()));
    let events = api.expect("/api/v1/namespaces/pull/events?fieldSelector=involvedObject.name%3Dopen");
    let reasons: Vec<&str> = events.items_at(&["items"]).iter().map(|event| event.str_at(&["reason"])).collect();
    for reason in ["Scheduled", "Pulling", "Pulled", "Created", "Started"] {
        assert!(reasons.contains(&reason), "{reason} is missing of {reasons:?}");
    }
    let listed = cluster.corten(&["images", "list"]).expect("it ends").success();
    assert!(listed.contains(&image), "{listed}");
    cluster.corten(&["images", "remove", &image]).expect("it ends").success();
    api.delete("/api/v1/namespaces/pull").expect("it is deleted");
}

#[test]
fn a_closed_registry_is_pulled_from_with_the_pods_secret_only() {
    let Some(cluster) = CLUSTER.as_ref() else { return };
    let api = cluster.api();
    workload::namespace(api, "login");
    let image = format!("127.0.0.1:{CLOSED_PORT}/apps/testapp:1");
    let message = refused(cluster, "login", "nobody", &pod("nobody", &image, ""), "ErrImagePull");
    assert!(message.contains(&image), "{message}");
    // base64 of `puller:secret` and of `puller:wrong`
    for (name, login) in [("right", "cHVsbGVyOnNlY3JldA=="), ("wrong", "cHVsbGVyOndyb25n")] {
        let config = format!("{{\"auths\": {{\"127.0.0.1:{CLOSED_PORT}\": {{\"auth\": \"{login}\"}}}}}}");
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: kubernetes.io/dockerconfigjson\n\
             stringData: {{.dockerconfigjson: '{config}'}}"
        );
        api.create("login", &secret).expect("it is created");
    }
    let with = |name: &str| pod(name, &image, &format!("imagePullSecrets: [{{name: {name}}}]"));
    refused(cluster, "login", "wrong", &with("wrong"), "ErrImagePull");
    api.create("login", &with("right")).expect("it is created");
    assert_eq!(workload::finish(api, "login", "right"), (0, "hello\n".into()));
    api.delete("/api/v1/namespaces/login").expect("it is deleted");
}

#[test]
fn images_that_cannot_be_had_are_told_with_upstreams_reasons() {
    let Some(cluster) = CLUSTER.as_ref() else { return };
    workload::namespace(cluster.api(), "absent");
    let case = |name: &str, image: &str, policy: &str, reason: &'static str| {
        let text = pod(name, image, "").replace("args:", &format!("{policy}args:"));
        refused(cluster, "absent", name, &text, reason)
    };
    let missing = format!("127.0.0.1:{OPEN_PORT}/apps/testapp:9");
    let message = case("back-off", &missing, "", "ImagePullBackOff");
    assert!(message.starts_with(&format!("Back-off pulling image \"{missing}\"")), "{message}");
    let nobody_listens = "127.0.0.1:5999/apps/testapp:1";
    assert!(case("nobody", nobody_listens, "", "ErrImagePull").contains(nobody_listens));
    let message = case("never", "registry.test/testapp:8", "imagePullPolicy: Never, ", "ErrImageNeverPull");
    assert_eq!(message, "Container image \"registry.test/testapp:8\" is not present with pull policy of Never");
    let message = case("name", "registry.test/UPPER//x", "", "InvalidImageName");
    assert!(
        message.starts_with("Failed to apply default image tag \"registry.test/UPPER//x\": couldn't parse image name"),
        "{message}"
    );
    cluster.api().delete("/api/v1/namespaces/absent").expect("it is deleted");
}
