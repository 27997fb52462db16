//! Outcomes of a run, as `corten-conformance` wrote them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// How one spec ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// `passed`, `failed`, `notrun` and others.
    pub state: String,
    /// How long it took.
    pub seconds: f64,
    /// What failed.
    pub failure: String,
    /// Where in upstream's source.
    pub place: String,
}

impl Outcome {
    /// Whether it counts as passed.
    pub fn is_passed(&self) -> bool {
        self.state == "passed"
    }

    /// The failure in one line.
    pub fn first_line(&self) -> String {
        const LINE_LETTERS_MAX: usize = 240;
        let lines = self.failure.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.take(2).collect::<Vec<_>>().join(" | ");
        line.chars().take(LINE_LETTERS_MAX).collect()
    }
}

/// Outcomes by full name.
pub struct Results(pub BTreeMap<String, Outcome>);

impl Results {
    /// Reads `results.jsonl`.
    ///
    /// # Errors
    /// There is none.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        text.lines().map(parse).collect::<anyhow::Result<_>>().map(Results)
    }

    /// Names of those that passed.
    pub fn passed(&self) -> Vec<&str> {
        let passed = self.0.iter().filter(|(_, outcome)| outcome.is_passed());
        passed.map(|(spec, _)| spec.as_str()).collect()
    }

    /// Those that did not.
    pub fn not_passed(&self) -> Vec<(&str, &Outcome)> {
        let failed = self.0.iter().filter(|(_, outcome)| !outcome.is_passed());
        failed.map(|(spec, outcome)| (spec.as_str(), outcome)).collect()
    }
}

fn parse(line: &str) -> anyhow::Result<(String, Outcome)> {
    let value: Value = serde_json::from_str(line).context("parse an outcome")?;
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let outcome = Outcome {
        state: text("state"),
        seconds: value["seconds"].as_f64().unwrap_or_default(),
        failure: text("failure"),
        place: text("place"),
    };
    Ok((text("spec"), outcome))
}
