//! Random operations on an engine and on a list of everything that ever happened, compared.

use super::*;
use crate::random::Random;
use crate::storage::WriteKind;

const SEEDS: u64 = 40;
const STEPS: usize = 250;

/// Every change: key, and value unless it was a deletion. The first has revision 2.
#[derive(Default)]
struct Model(Vec<(String, Option<String>)>);

impl Model {
    fn revision(&self) -> u64 {
        self.0.len() as u64 + 1
    }

    /// As `page_text` would show it.
    fn list_at(&self, prefix: &str, revision: u64, after: Option<&str>, limit: usize) -> String {
        let mut keys: Vec<_> = self.0.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let wanted = keys.into_iter().filter(|key| key.starts_with(prefix) && after.is_none_or(|after| *key > after));
        let items: Vec<_> = wanted.filter_map(|key| self.state_at(key, revision)).collect();
        let shown = if limit == 0 { items.len() } else { limit.min(items.len()) };
        format!("{} +{} at {revision}", items[..shown].join(" "), items.len() - shown)
    }

    fn state_at(&self, key: &str, revision: u64) -> Option<String> {
        let (mut created, mut state) = (0, None);
        for (at, (other, value)) in (2..=revision).zip(&self.0) {
            if other == key {
                created = if state.is_none() { at } else { created };
                state = value.as_ref().map(|value| format!("{key}={value}@{created}/{at}"));
            }
        }
        state
    }

    fn events(&self, prefix: &str, after: u64) -> Vec<String> {
        let changes = (2..).zip(&self.0).filter(|(at, (key, _))| *at > after && key.starts_with(prefix));
        let side = |key, at| self.state_at(key, at).unwrap_or("-".to_owned());
        changes.map(|(at, (key, _))| format!("{at}: {} -> {}", side(key, at - 1), side(key, at))).collect()
    }
}

struct Run {
    random: Random,
    disk: Arc<SimulatedDisk>,
    engine: Arc<Engine>,
    model: Model,
}

impl Run {
    fn key(&mut self) -> String {
        let group = ["/a/", "/ab/", "/b/", "/ä/"][self.random.below(4) as usize];
        format!("{group}{}", self.random.below(6))
    }

    fn prefix(&mut self) -> &'static str {
        ["", "/a", "/a/", "/b/", "/c/", "/ä/", "/a/3"][self.random.below(7) as usize]
    }

    async fn write(&mut self) {
        let key = self.key();
        let current = self.engine.get(&key).await.expect("get");
        let precondition = match &current {
            _ if self.random.below(10) == 0 => Precondition::At(Revision(self.random.below(50))),
            None => Precondition::Absent,
            Some(current) => Precondition::At(current.revision),
        };
        let length = self.random.below(2_500) as usize;
        let value = (self.random.below(3) > 0).then(|| "v".repeat(length));
        let kind = match value.clone() {
            Some(value) => WriteKind::Put { value: value.into(), ttl_seconds: None },
            None => WriteKind::Delete,
        };
        let holds = match precondition {
            Precondition::Absent => current.is_none() && value.is_some(),
            Precondition::At(revision) => current.as_ref().is_some_and(|current| current.revision == revision),
        };
        let write = Write { key: key.as_str().into(), kind, precondition };
        match self.engine.commit(write).await {
            Ok(outcome) => {
                assert!(holds, "{precondition:?} on {current:?}");
                self.model.0.push((key, value));
                assert_eq!(outcome.revision.0, self.model.revision());
            }
            Err(CommitError::Precondition { current: found }) => {
                assert!(!holds);
                assert_eq!(found, current);
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn compare(&mut self) {
        let (prefix, newest) = (self.prefix(), self.model.revision());
        let floor = self.engine.stats().oldest_revision.0;
        let page = self.engine.list(prefix).await.expect("list");
        assert_eq!(page_text(&page), self.model.list_at(prefix, newest, None, 0));

        let revision = floor + self.random.below(newest - floor + 1);
        let after = (self.random.below(2) == 0).then(|| self.key());
        let limit = self.random.below(4) as usize;
        let page = self.engine.list_at(prefix, Revision(revision), after.as_deref(), limit).await.expect("page");
        assert_eq!(page_text(&page), self.model.list_at(prefix, revision, after.as_deref(), limit));

        let compacted = self.engine.list_at(prefix, Revision(floor - 1), None, 0).await;
        assert!(matches!(compacted, Err(StorageError::Compacted { oldest, .. }) if oldest == floor));
        let future = self.engine.watch(prefix, Revision(newest + 1)).await;
        assert!(matches!(future, Err(StorageError::Future { .. })));

        let mut watch = self.engine.watch(prefix, Revision(revision)).await.expect("watch");
        let mut events = Vec::new();
        while let Ok(batch) = watch.events.try_recv() {
            events.extend(batch.iter().map(event_text));
        }
        assert_eq!(events, self.model.events(prefix, revision));
    }

    async fn step(&mut self) {
        match self.random.below(100) {
            0..75 => self.write().await,
            75..95 => self.compare().await,
            95..98 => {
                let floor = self.engine.stats().oldest_revision.0;
                let revision = floor + self.random.below(self.model.revision() - floor + 1);
                self.engine.compact(Revision(revision)).await.expect("compact");
                // Higher when a checkpoint had held history back over its limit.
                assert!(self.engine.stats().oldest_revision.0 >= revision);
            }
            _ => {
                let floor = self.engine.stats().oldest_revision;
                self.engine.close();
                if self.random.below(2) == 0 {
                    self.disk = self.disk.restart();
                }
                self.engine = open(&self.disk).expect("reopen");
                let oldest = self.model.revision().saturating_sub(40).max(floor.0);
                assert!(self.engine.stats().oldest_revision.0 <= oldest);
                assert_eq!(self.engine.stats().revision.0, self.model.revision());
            }
        }
    }
}

#[tokio::test]
async fn an_engine_does_what_a_list_of_all_changes_says() {
    let mut checkpoints = 0;
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new(seed);
        let engine = open(&disk).expect("open");
        let mut run = Run { random: Random::new(seed), disk, engine, model: Model::default() };
        for _ in 0..STEPS {
            run.step().await;
        }
        run.compare().await;
        let names = run.disk.names().expect("names");
        checkpoints += names.iter().filter(|name| name.starts_with("checkpoint-")).count();
    }
    assert!(checkpoints > SEEDS as usize / 2, "the runs are long enough for checkpoints");
}
