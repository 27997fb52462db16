//! Measurements; see docs/BENCHMARKS.md.

/// Runs the benchmark `name`.
pub fn run(name: &str) -> anyhow::Result<()> {
    anyhow::bail!("no benchmark {name:?}; there is: skeleton")
}
