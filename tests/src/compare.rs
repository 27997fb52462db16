//! Two API servers beside each other: the same cases at upstream's and at Corten's, area by area.
//!
//! Cases are text files `compare/AREA/FILE.txt` (see [`crate::cases`]); each rule begins with `## RULE`. The answers in
//! them are upstream's, recorded from a kube-apiserver that runs alone, as Corten does here: no controller, scheduler
//! or node interferes. A case with a comment `# differs: WHY` is answered otherwise by Corten; `known-different.md`
//! lists them by cause.

pub mod ours;
pub mod report;
pub mod upstream;

use std::path::PathBuf;

use anyhow::Context;

use crate::cases::format::{Case, CaseFile};
use crate::cases::run::Target;
use crate::cases::{self, diff};
use crate::kubectl::Output;

/// Users that both servers know by their tokens: the administrator, one without rights, and a member of two groups.
pub const TOKENS: &str = "\
judge-token,judge,1,\"system:masters\"
weak-token,weak,2
group-token,member,3,\"readers,writers\"
";

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both answered the same.
    Equal,
    /// They did not; this is how.
    Different(String),
}

/// One case that was run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// `AREA/FILE: RULE`
    pub name: String,
    /// Its folder.
    pub area: String,
    /// How it came out.
    pub outcome: Outcome,
    /// Why it is known to differ.
    pub known: Option<String>,
}

/// A file of cases.
pub struct AreaFile {
    /// Its folder's name.
    pub area: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub file: CaseFile,
}

impl AreaFile {
    /// `AREA/FILE: RULE` of a case.
    pub fn name(&self, case: &Case) -> String {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        format!("{}/{stem}: {}", self.area, case.name)
    }

    /// Answers that this process did not get from anybody: those in the file.
    pub fn recorded(&self) -> Vec<Output> {
        self.file.steps.iter().map(|step| cases::normalise::answer(&step.expected)).collect()
    }

    /// Runs the file at a target.
    ///
    /// # Errors
    /// A target that cannot run its commands.
    pub fn answers(&self, target: &dyn Target) -> anyhow::Result<Vec<Output>> {
        cases::answers(&self.path, &self.file, target)
    }

    /// Compares what Corten answered with what upstream answered.
    pub fn verdicts(&self, upstream: &[Output], ours: &[Output]) -> Vec<Verdict> {
        let of_case = |case: Case| {
            let differences = case.steps.clone().filter(|at| upstream[*at] != ours[*at]).map(|at| {
                let step = &self.file.steps[at];
                format!("{}: {}\n{}", step.line, step.command, diff(&upstream[at], &ours[at]))
            });
            let differences: Vec<String> = differences.collect();
            let outcome = match differences.is_empty() {
                true => Outcome::Equal,
                false => Outcome::Different(differences.join("\n")),
            };
            Verdict { name: self.name(&case), area: self.area.clone(), outcome, known: case.differs }
        };
        self.file.cases().into_iter().map(of_case).collect()
    }
}

/// The folder of the areas.
pub fn directory() -> PathBuf {
    crate::repository().join("compare")
}

/// All files, by area; with `area` only those of that one.
///
/// # Errors
/// A file that cannot be read, or an area that is not there.
pub fn files(area: Option<&str>) -> anyhow::Result<Vec<AreaFile>> {
    let mut areas: Vec<String> = match area {
        Some(area) => vec![area.to_owned()],
        None => std::fs::read_dir(directory()).context("read the areas")?.flatten().filter_map(area_of).collect(),
    };
    areas.sort();
    let mut files = Vec::new();
    for area in areas {
        for path in cases::files_in(&directory().join(&area))? {
            files.push(AreaFile { area: area.clone(), file: cases::read(&path)?, path });
        }
    }
    Ok(files)
}

fn area_of(entry: std::fs::DirEntry) -> Option<String> {
    entry.path().is_dir().then(|| entry.file_name().to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_a_rule_of_its_own_and_every_file_a_namespace_of_its_own() {
        let files = files(None).expect("they can be read");
        let mut names: Vec<String> = Vec::new();
        for file in &files {
            names.push(file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            names.extend(file.file.cases().iter().filter(|it| it.name != "preparation").map(|it| file.name(it)));
        }
        names.sort();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
        assert!(twice.is_empty(), "{twice:#?}");
    }
}
