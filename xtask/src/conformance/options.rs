//! The command line.

use anyhow::Context;
use regex::Regex;

/// Processes for specs that may run beside others: most of their time is waiting.
const PROCESSES: usize = 12;

/// Minutes that a run may take.
const MINUTES_MAX: u64 = 115;

/// From which specs the filters choose.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// All conformance specs.
    All,
    /// Those that are listed as passing.
    Listed,
    /// Those that are listed as quick.
    Quick,
    /// Those that did not pass in the last run.
    Failed,
}

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// From which specs.
    pub choice: Choice,
    sig: Option<String>,
    focus: Option<Regex>,
    /// Processes.
    pub processes: usize,
    /// Minutes after which what is not reached is not run.
    pub minutes: u64,
    /// Whether newly passing specs are written to the lists.
    pub is_update: bool,
    /// Whether images are built and imported.
    pub has_images: bool,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// Words that it does not know.
    pub fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Options {
            choice: Choice::Listed,
            sig: None,
            focus: None,
            processes: PROCESSES,
            minutes: MINUTES_MAX,
            is_update: false,
            has_images: true,
        };
        let mut choice = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().copied().with_context(|| format!("{word} needs a value"));
            match *word {
                "--all" => choice = Some(Choice::All),
                "--failed" => choice = Some(Choice::Failed),
                "--quick" => choice = Some(Choice::Quick),
                "--listed" => choice = Some(Choice::Listed),
                "--sig" => options.sig = Some(value()?.trim_start_matches("sig-").to_owned()),
                "--focus" => options.focus = Some(Regex::new(value()?).context("--focus")?),
                "--procs" => options.processes = value()?.parse().context("--procs")?,
                "--minutes" => options.minutes = value()?.parse().context("--minutes")?,
                "--update" => options.is_update = true,
                "--no-images" => options.has_images = false,
                _ => anyhow::bail!("unknown option {word}"),
            }
        }
        let has_filter = options.sig.is_some() || options.focus.is_some();
        options.choice = choice.unwrap_or(if has_filter { Choice::All } else { Choice::Listed });
        Ok(options)
    }

    /// Whether the filters let a spec through.
    pub fn matches(&self, spec: &str) -> bool {
        let is_in_sig = self.sig.as_ref().is_none_or(|sig| super::summary::sig(spec) == sig);
        is_in_sig && self.focus.as_ref().is_none_or(|focus| focus.is_match(spec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_chooses_from_all_specs_unless_told_otherwise() {
        let options = Options::parse(&["--sig", "apps", "--focus", "Job.*serial"]).expect("known words");
        assert_eq!(options.choice, Choice::All);
        assert!(options.matches("[sig-apps] Job runs in serial"));
        assert!(!options.matches("[sig-apps] Job runs"));
        assert!(!options.matches("[sig-node] Job runs in serial"));
        assert_eq!(Options::parse(&["--failed", "--sig", "node"]).expect("known words").choice, Choice::Failed);
        assert_eq!(Options::parse(&[]).expect("known words").choice, Choice::Listed);
    }
}
