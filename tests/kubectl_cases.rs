//! kubectl against Corten: each command prints what it prints against upstream.

use corten_system_tests::cases;
use corten_system_tests::cluster::{Cluster, Options, say};
use corten_system_tests::programs;

#[test]
fn kubectl_prints_what_it_prints_against_upstream() {
    if programs::kubectl().is_none() {
        return say("skipped, there is no kubectl (Go builds it): tests/cases/kubectl");
    }
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let only = std::env::var("CORTEN_CASES").unwrap_or_default();
    let (mut steps, mut differences) = (0, Vec::new());
    for file in cases::files("kubectl").expect("there are cases") {
        if !file.to_string_lossy().contains(&only) {
            continue;
        }
        match cases::check(&file, &cluster) {
            Ok(outcome) => {
                steps += outcome.steps;
                differences.extend(outcome.differences);
            }
            Err(error) => differences.push(format!("{error:#}")),
        }
    }
    assert!(differences.is_empty(), "{} of {steps} differ\n{}", differences.len(), differences.join("\n\n"));
}
