//! Text cases: commands with the answers that upstream gives.
//!
//! ```text
//! # What the file is about. A line `# needs: node` says that Pods must really run.
//!
//! $ kubectl create namespace demo
//! | namespace/demo created
//!
//! $ [eventually] kubectl get pods
//! | NAME  READY  STATUS   RESTARTS  AGE
//! | web   1/1    Running  0         AGE
//!
//! $ kubectl get pod nope
//! ! Error from server (NotFound): pods "nope" not found
//! ? 1
//! ```
//! A comment `# differs: WHY` before a command says that Corten's answer is not upstream's, and why; once it is, the
//! comment must go. `$` a command (see [`run`]), `<` its input, `|` standard output, `!` standard error, `?` the exit code unless 0.
//! Answers are compared after [`normalise`]. Each file runs in a namespace `case-FILE` of its own.

pub mod format;
pub mod http;
pub mod normalise;
pub mod run;

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::kubectl::Output;
use format::{CaseFile, Step};
use run::Target;

/// What a file's steps came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that were run.
    pub steps: usize,
    /// For each step whose answer differs: where, what was expected, what came.
    pub differences: Vec<String>,
}

/// Case files of a directory below `tests/cases`, in alphabetical order.
///
/// # Errors
/// There is no such directory.
pub fn files(directory: &str) -> anyhow::Result<Vec<PathBuf>> {
    files_in(&crate::repository().join("tests/cases").join(directory))
}

/// Case files of any directory, in alphabetical order.
///
/// # Errors
/// There is no such directory.
pub fn files_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    Ok(files)
}

/// Runs a file's steps and compares their answers.
///
/// # Errors
/// A file that cannot be read, or a target that cannot run its commands.
pub fn check(path: &Path, target: &dyn Target) -> anyhow::Result<Outcome> {
    let case = read(path)?;
    let mut outcome = Outcome::default();
    run::with_namespace(path, target, |runner| {
        for step in &case.steps {
            let answer = runner.run(step)?;
            outcome.steps += 1;
            let (expected, got) =
                (normalise::answer(&run::sorted(step, step.expected.clone())), normalise::answer(&answer));
            let text = match (expected == got, step.differs()) {
                (true, false) | (false, true) => continue,
                (false, false) => diff(&expected, &got),
                (true, true) => "  is as upstream's now: remove the comment that it differs".into(),
            };
            let shown = path.file_name().unwrap_or_default().to_string_lossy();
            outcome.differences.push(format!("{shown}:{}: {}\n{text}", step.line, step.command));
        }
        Ok(())
    })?;
    Ok(outcome)
}

/// Runs a file's steps; their answers, normalised. What could not be run says so on standard error.
///
/// # Errors
/// A target that cannot run its commands.
pub fn answers(path: &Path, file: &CaseFile, target: &dyn Target) -> anyhow::Result<Vec<Output>> {
    let mut answers = Vec::new();
    run::with_namespace(path, target, |runner| {
        for step in &file.steps {
            let answer = runner.run(step).unwrap_or_else(|error| failed(&error));
            answers.push(normalise::answer(&answer));
        }
        Ok(())
    })?;
    Ok(answers)
}

/// A step that could not be run is a difference, not the end of all others.
fn failed(error: &anyhow::Error) -> Output {
    Output { stdout: String::new(), stderr: format!("not run: {}\n", error.root_cause()), code: -1 }
}

/// Runs a file's steps and writes what is answered into it as what is expected.
///
/// # Errors
/// As [`check`], or a file that cannot be written.
pub fn record(path: &Path, target: &dyn Target) -> anyhow::Result<()> {
    let mut file = read(path)?;
    let answers = answers(path, &file, target)?;
    write(path, &mut file, answers)
}

/// Writes answers into a file as what is expected.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, file: &mut CaseFile, answers: Vec<Output>) -> anyhow::Result<()> {
    for (step, answer) in file.steps.iter_mut().zip(answers) {
        step.expected = answer;
    }
    std::fs::write(path, file.to_string()).with_context(|| format!("write {}", path.display()))
}

/// Reads a file.
///
/// # Errors
/// It cannot be read or has a line of no known form.
pub fn read(path: &Path) -> anyhow::Result<CaseFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    CaseFile::parse(&text).with_context(|| format!("read {}", path.display()))
}

/// Expected lines that did not come with `-`, others that came with `+`, common ones with a blank.
pub fn diff(expected: &Output, got: &Output) -> String {
    let (expected, got) = (Step::answer_lines(expected), Step::answer_lines(got));
    let (expected, got): (Vec<&str>, Vec<&str>) =
        (expected.iter().map(String::as_str).collect(), got.iter().map(String::as_str).collect());
    let mut out = Vec::new();
    diff_lines(&expected, &got, &mut out);
    out.join("\n")
}

/// The usual longest common subsequence; cases are short.
fn diff_lines(expected: &[&str], got: &[&str], out: &mut Vec<String>) {
    let mut common = vec![vec![0_usize; got.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..got.len()).rev() {
            common[i][j] = match expected[i] == got[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < expected.len() || j < got.len() {
        if i < expected.len() && j < got.len() && expected[i] == got[j] {
            out.push(format!("    {}", expected[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == got.len() || (i < expected.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(format!("  - {}", expected[i]));
            i += 1;
        } else {
            out.push(format!("  + {}", got[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_both_sides() {
        let mut out = Vec::new();
        diff_lines(&["a", "b", "c"], &["a", "x", "c"], &mut out);
        assert_eq!(out, ["    a", "  - b", "  + x", "    c"]);
    }
}
