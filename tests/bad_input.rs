//! Malformed manifests and requests: each gets upstream's kind of answer, and nothing stops.

use std::sync::LazyLock;

use corten_system_tests::cases;
use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::compare;
use corten_system_tests::workload;

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| Cluster::start_or_skip(&Options::default()));

#[test]
fn every_malformed_request_is_refused_as_upstream_does() {
    let Some(cluster) = CLUSTER.as_ref() else { return };
    let server = cluster.server();
    let (mut steps, mut differences) = (0, Vec::new());
    let mut files = cases::files("bad_input").expect("there are cases");
    files.extend(cases::files_in(&compare::directory().join("malformed")).expect("there are cases"));
    for file in files {
        let outcome = cases::check(&file, cluster).unwrap_or_else(|error| panic!("{error:#}"));
        steps += outcome.steps;
        differences.extend(outcome.differences);
    }
    assert!(differences.is_empty(), "{} of {steps} differ\n{}", differences.len(), differences.join("\n\n"));
    assert!(steps >= 40, "{steps} steps");
    assert_eq!(cluster.server(), server, "the server is still the same process");
    assert_eq!(workload::run_to_end(cluster.api(), "default", "still-works", &["echo", "yes"]), (0, "yes\n".into()));
}
