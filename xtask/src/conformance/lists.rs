//! `conformance/specs.txt`, `passing.txt`, `quick.txt` and `failing.md`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;

/// What a line of `failing.md` that names a spec starts with.
const ENTRY: &str = "- [sig-";

/// The lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Every conformance spec.
    pub specs: BTreeSet<String>,
    /// Those that pass.
    pub passing: BTreeSet<String>,
    /// A selection of those that pass and take little time.
    pub quick: BTreeSet<String>,
    /// The others by cause, as text.
    failing: String,
}

impl Lists {
    /// Reads and checks them.
    ///
    /// # Errors
    /// A spec that is in none or in both of passing and failing, or a name that is no spec.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        let text = |name: &str| {
            let path = directory.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
        };
        let lines = |text: String| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let lists = Lists {
            specs: lines(text("specs.txt")?),
            passing: lines(text("passing.txt")?),
            quick: lines(text("quick.txt")?),
            failing: text("failing.md")?,
        };
        lists.check()?;
        Ok(lists)
    }

    /// The lists after these specs were seen to pass.
    pub fn with_passing(&self, new: &BTreeSet<&str>) -> Self {
        let mut lists = self.clone();
        lists.passing.extend(new.iter().map(|spec| (*spec).to_owned()));
        let keeps = |line: &&str| entry(line).is_none_or(|spec| !new.contains(spec));
        lists.failing = self.failing.lines().filter(keeps).fold(String::new(), |text, line| text + line + "\n");
        lists
    }

    /// Writes passing and failing.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&self, directory: &Path) -> anyhow::Result<()> {
        let passing = self.passing.iter().fold(String::new(), |text, spec| text + spec + "\n");
        std::fs::write(directory.join("passing.txt"), passing)?;
        Ok(std::fs::write(directory.join("failing.md"), &self.failing)?)
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut failing = BTreeSet::new();
        for spec in self.failing.lines().filter_map(entry) {
            anyhow::ensure!(failing.insert(spec), "failing.md names twice: {spec}");
            anyhow::ensure!(self.specs.contains(spec), "failing.md names no conformance spec: {spec}");
            anyhow::ensure!(!self.passing.contains(spec), "both in passing.txt and failing.md: {spec}");
        }
        if let Some(spec) = self.passing.difference(&self.specs).next() {
            anyhow::bail!("passing.txt names no conformance spec: {spec}");
        }
        if let Some(spec) = self.quick.difference(&self.passing).next() {
            anyhow::bail!("in quick.txt but not in passing.txt: {spec}");
        }
        let listed = |spec: &&String| self.passing.contains(*spec) || failing.contains(spec.as_str());
        if let Some(spec) = self.specs.iter().find(|spec| !listed(spec)) {
            anyhow::bail!("neither in passing.txt nor in failing.md: {spec}");
        }
        Ok(())
    }
}

/// The spec that a line of `failing.md` names.
fn entry(line: &str) -> Option<&str> {
    line.starts_with(ENTRY).then(|| &line["- ".len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(passing: &[&str], failing: &str) -> Lists {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let specs = set(&["[sig-a] one", "[sig-a] two"]);
        Lists { specs, passing: set(passing), quick: BTreeSet::new(), failing: failing.into() }
    }

    #[test]
    fn each_spec_is_in_exactly_one_list() {
        assert!(lists(&["[sig-a] one"], "# why\n- [sig-a] two\n").check().is_ok());
        assert!(lists(&["[sig-a] one"], "# why\n").check().is_err());
        assert!(lists(&["[sig-a] one", "[sig-a] two"], "- [sig-a] two\n").check().is_err());
        assert!(lists(&["[sig-a] one"], "- [sig-a] two\n- [sig-a] three\n").check().is_err());
    }

    #[test]
    fn a_spec_that_passes_moves_and_headings_stay() {
        let before = lists(&["[sig-a] one"], "# why\ntext\n- [sig-a] two\n");
        let after = before.with_passing(&["[sig-a] two"].into());
        assert_eq!(after, lists(&["[sig-a] one", "[sig-a] two"], "# why\ntext\n"));
    }
}
