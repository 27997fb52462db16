//! What to run, and with what.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

/// A run's plan.
pub struct Plan {
    /// Directory for everything that is to stay.
    pub results: PathBuf,
    /// Full names of the specs.
    pub specs: Vec<String>,
    /// Processes for specs that may run beside others.
    pub processes: usize,
    /// The suite as a test program.
    pub suite: PathBuf,
    /// The runner that lets several processes share the specs.
    pub ginkgo: PathBuf,
    /// Upstream's kubectl.
    pub kubectl: PathBuf,
    /// OCI archives to import before the first spec.
    pub images: Vec<PathBuf>,
    /// How long one spec may take.
    pub spec_max: Duration,
    /// How long all of them may take.
    pub run_max: Duration,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// A file that is no plan.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        let value: Value = serde_json::from_slice(&text).context("parse the plan")?;
        let text = |name: &str| value[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
        let number = |name: &str| value[name].as_u64().with_context(|| format!("no {name}"));
        let list = |name: &str| {
            let items = value[name].as_array().with_context(|| format!("no {name}"))?;
            anyhow::Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        Ok(Plan {
            results: text("results")?.into(),
            specs: list("specs")?,
            processes: usize::try_from(number("processes")?)?.max(1),
            suite: text("suite")?.into(),
            ginkgo: text("ginkgo")?.into(),
            kubectl: text("kubectl")?.into(),
            images: list("images")?.into_iter().map(PathBuf::from).collect(),
            spec_max: Duration::from_secs(number("spec_seconds_max")?),
            run_max: Duration::from_secs(number("run_seconds_max")?),
        })
    }

    /// Directory in which the suite's processes record what they do.
    pub fn records(&self) -> PathBuf {
        self.results.join("records")
    }
}
