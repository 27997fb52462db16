//! Corten's API server answers as upstream's does: the recorded cases of `compare/`.

use corten_system_tests::cluster::say;
use corten_system_tests::compare::{self, Verdict, ours::Ours, report};
use corten_system_tests::programs;

/// The area whose cases need a real kubectl.
const KUBECTL_AREA: &str = "kubectl";

#[test]
fn answers_are_upstreams_but_for_the_known_differences() {
    if !rustix::process::geteuid().is_root() {
        return say("skipped, needs root: compare");
    }
    let mut files = compare::files(None).expect("there are cases");
    if programs::kubectl().is_none() {
        say("skipped, there is no kubectl (Go builds it): compare/kubectl");
        files.retain(|file| file.area != KUBECTL_AREA);
    }
    let ours = Ours::start().unwrap_or_else(|error| panic!("{error:#}"));
    let verdicts: Vec<Verdict> = files
        .iter()
        .flat_map(|file| {
            let answers = file.answers(&ours).unwrap_or_else(|error| panic!("{error:#}"));
            file.verdicts(&file.recorded(), &answers)
        })
        .collect();
    say(&report::table(&verdicts));
    report::mended(&verdicts).iter().for_each(|name| say(&format!("equal now, remove its `# differs:`: {name}")));
    let unexpected = report::unexpected(&verdicts);
    assert!(unexpected.is_empty(), "{} cases differ\n{}", unexpected.len(), unexpected.join("\n\n"));
}

#[test]
fn the_list_of_known_differences_is_that_of_the_cases() {
    let files = compare::files(None).expect("there are cases");
    let listed = std::fs::read_to_string(compare::directory().join("known-different.md")).expect("there is a list");
    assert_eq!(listed, report::known_different(&files), "`cargo xtask compare` writes it");
}
