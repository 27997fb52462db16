//! What the suite's processes write down: one line of JSON when a spec begins and one when it ends.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// How one spec ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `passed`, `failed`, `skipped`, `timedout`, `panicked`, `interrupted`, `notrun`.
    pub state: String,
    /// How long it took.
    pub seconds: f64,
    /// What failed; empty for one that passed.
    pub failure: String,
    /// Where in upstream's source.
    pub place: String,
    /// Directory below the records that tells more; may be empty.
    pub folder: String,
    /// When it began, in upstream's notation of time (UTC).
    pub began: String,
    /// When it ended.
    pub ended: String,
}

impl Outcome {
    /// One of a spec whose end no record tells of.
    pub fn without_record(spec: &str, state: &str, failure: &str, span: (&str, &str)) -> Self {
        Outcome {
            state: state.into(),
            seconds: 0.0,
            failure: failure.into(),
            place: String::new(),
            folder: folder(spec),
            began: span.0.into(),
            ended: span.1.into(),
        }
    }

    /// Whether it counts as passed.
    pub fn is_passed(&self) -> bool {
        self.state == "passed"
    }

    /// One line of JSON.
    pub fn to_line(&self, spec: &str) -> String {
        serde_json::json!({
            "spec": spec, "state": self.state, "seconds": self.seconds, "failure": self.failure,
            "place": self.place, "folder": self.folder, "began": self.began, "ended": self.ended,
        })
        .to_string()
    }
}

/// Reads the records as they grow.
pub struct Records {
    directory: PathBuf,
    read: BTreeMap<PathBuf, u64>,
    /// Specs that run now, with the time of their begin.
    pub running: BTreeMap<String, String>,
    /// Specs that ended.
    pub ended: BTreeMap<String, Outcome>,
}

impl Records {
    /// Records below `directory`, which need not exist yet.
    pub fn new(directory: &Path) -> Self {
        Records { directory: directory.into(), read: BTreeMap::new(), running: BTreeMap::new(), ended: BTreeMap::new() }
    }

    /// Reads what is new; names of the specs that ended since, and whether anything was new.
    pub fn refresh(&mut self) -> (Vec<String>, bool) {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        let mut ended = Vec::new();
        let mut is_new = false;
        for file in files {
            let position = self.read.get(&file).copied().unwrap_or(0);
            let Ok(text) = read_from(&file, position) else { continue };
            // A last line without its end is read again later.
            let whole = text.rfind('\n').map_or(0, |at| at + 1);
            self.read.insert(file, position + whole as u64);
            is_new |= whole > 0;
            ended.extend(text[..whole].lines().filter_map(|line| self.apply(line)));
        }
        (ended, is_new)
    }

    fn apply(&mut self, line: &str) -> Option<String> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let spec = text("spec");
        if text("event") == "begin" {
            self.running.insert(spec, text("time"));
            return None;
        }
        let outcome = Outcome {
            state: text("state"),
            seconds: value["seconds"].as_f64().unwrap_or_default(),
            failure: text("failure"),
            place: text("place"),
            folder: text("folder"),
            began: self.running.remove(&spec).unwrap_or_default(),
            ended: text("time"),
        };
        self.ended.insert(spec.clone(), outcome);
        Some(spec)
    }
}

/// The directory that the suite's processes give to a spec.
fn folder(spec: &str) -> String {
    const FOLDER_BYTES_MAX: usize = 180;
    let words = spec.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut folder = words.collect::<Vec<_>>().join("-");
    folder.truncate(FOLDER_BYTES_MAX);
    folder
}

fn read_from(path: &Path, position: u64) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    file.seek(SeekFrom::Start(position))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_of_the_words_of_a_name() {
        assert_eq!(folder("[sig-apps] Job [Serial] works (it's a test)"), "sig-apps-Job-Serial-works-it-s-a-test");
    }

    #[test]
    fn a_spec_that_began_runs_until_its_end_is_read() {
        let mut records = Records::new(Path::new("/nowhere"));
        assert_eq!(records.apply(r#"{"event":"begin","spec":"a","time":"t1"}"#), None);
        assert_eq!(records.running.get("a").map(String::as_str), Some("t1"));
        let end = r#"{"event":"end","spec":"a","time":"t2","state":"failed","seconds":1.5,"failure":"f"}"#;
        assert_eq!(records.apply(end).as_deref(), Some("a"));
        assert!(records.running.is_empty());
        let outcome = &records.ended["a"];
        assert_eq!((outcome.began.as_str(), outcome.ended.as_str(), outcome.is_passed()), ("t1", "t2", false));
    }
}
