//! What a run of cases came to, for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{AreaFile, Outcome, Verdict};

/// Lines of one case's difference that are shown.
const DIFFERENCE_LINES_SHOWN: usize = 30;

/// Characters of one line that are shown.
const LINE_CHARACTERS_SHOWN: usize = 300;

/// Cases of an area by how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All.
    pub cases: usize,
    /// Both answered the same.
    pub equal: usize,
    /// They did not.
    pub different: usize,
}

/// Counts by area.
pub fn counts(verdicts: &[Verdict]) -> BTreeMap<&str, Count> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for verdict in verdicts {
        let count = counts.entry(&verdict.area).or_default();
        count.cases += 1;
        match verdict.outcome {
            Outcome::Equal => count.equal += 1,
            Outcome::Different(_) => count.different += 1,
        }
    }
    counts
}

/// The table of areas.
pub fn table(verdicts: &[Verdict]) -> String {
    let counts = counts(verdicts);
    let mut out = String::from("area          cases  equal  different\n");
    let mut sum = Count::default();
    for (area, count) in &counts {
        writeln!(out, "{area:<12} {:>6} {:>6} {:>10}", count.cases, count.equal, count.different).expect("text");
        sum.cases += count.cases;
        sum.equal += count.equal;
        sum.different += count.different;
    }
    let share = sum.equal as f64 * 100.0 / sum.cases.max(1) as f64;
    writeln!(out, "{:<12} {:>6} {:>6} {:>10}   {share:.1} % equal", "all", sum.cases, sum.equal, sum.different)
        .expect("text");
    out
}

/// Cases that differ and are not known to.
pub fn unexpected(verdicts: &[Verdict]) -> Vec<String> {
    let shown = |verdict: &Verdict| match (&verdict.outcome, &verdict.known) {
        (Outcome::Different(difference), None) => Some(format!("{}\n{}", verdict.name, shortened(difference))),
        _ => None,
    };
    verdicts.iter().filter_map(shown).collect()
}

/// Cases that are known to differ, with their difference.
pub fn expected(verdicts: &[Verdict]) -> Vec<String> {
    let shown = |verdict: &Verdict| match (&verdict.outcome, &verdict.known) {
        (Outcome::Different(difference), Some(why)) => {
            Some(format!("{}\n  because: {why}\n{}", verdict.name, shortened(difference)))
        }
        _ => None,
    };
    verdicts.iter().filter_map(shown).collect()
}

/// Names of cases that were known to differ and are equal now.
pub fn mended(verdicts: &[Verdict]) -> Vec<String> {
    let is_mended = |verdict: &&Verdict| verdict.outcome == Outcome::Equal && verdict.known.is_some();
    verdicts.iter().filter(is_mended).map(|verdict| verdict.name.clone()).collect()
}

/// Cuts what is long; of long runs of equal lines only the neighbours of differing ones are kept.
fn shortened(difference: &str) -> String {
    let lines: Vec<&str> = difference.lines().collect();
    let differs = |at: usize| lines.get(at).is_some_and(|line| !line.starts_with("    "));
    let is_near = |at: usize| (at.saturating_sub(2)..=at + 2).any(differs);
    let mut shown: Vec<String> = Vec::new();
    let mut left_out = false;
    for (at, line) in lines.iter().enumerate() {
        match is_near(at) {
            true => shown.push(line.chars().take(LINE_CHARACTERS_SHOWN).collect()),
            false if !left_out => shown.push("    …".into()),
            false => {}
        }
        left_out = !is_near(at);
    }
    let rest = shown.len().saturating_sub(DIFFERENCE_LINES_SHOWN);
    shown.truncate(DIFFERENCE_LINES_SHOWN);
    if rest > 0 {
        shown.push(format!("  and {rest} lines more"));
    }
    shown.join("\n")
}

/// The text of `known-different.md`: the files' cases that are known to differ, by cause.
pub fn known_different(files: &[AreaFile]) -> String {
    let mut causes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        for case in file.file.cases() {
            if let Some(why) = &case.differs {
                causes.entry(why.clone()).or_default().push(file.name(&case));
            }
        }
    }
    let mut out = String::from(
        "# Known differences\n\nCases whose answer differs from upstream's, by cause; made by `cargo xtask compare` from the \
         `# differs:` comments in\nthe case files.\n",
    );
    for (why, names) in &causes {
        write!(out, "\n## {why}\n\n").expect("text");
        names.iter().for_each(|name| out.push_str(&format!("- {name}\n")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome, known: Option<&str>) -> Verdict {
        Verdict { name: "a/b: c".into(), area: "a".into(), outcome, known: known.map(str::to_owned) }
    }

    #[test]
    fn only_differences_that_nobody_explained_are_unexpected() {
        let different = Outcome::Different("  - x".into());
        let verdicts = [
            verdict(Outcome::Equal, None),
            verdict(Outcome::Equal, Some("why")),
            verdict(different.clone(), Some("why")),
            verdict(different, None),
        ];
        assert_eq!(unexpected(&verdicts), ["a/b: c\n  - x"]);
        assert_eq!(mended(&verdicts), ["a/b: c"]);
        assert_eq!(counts(&verdicts)["a"], Count { cases: 4, equal: 2, different: 2 });
    }

    #[test]
    fn equal_lines_far_from_differing_ones_are_left_out() {
        let text = "1: x\n    a\n    b\n    c\n    d\n    e\n  - f";
        assert_eq!(shortened(text), "1: x\n    a\n    b\n    …\n    d\n    e\n  - f");
    }
}
