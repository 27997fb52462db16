//! Power cuts and kills at random operations, under concurrent writers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::log::frame::{Frame, Record};
use crate::random::Random;
use crate::storage::{Event, WriteKind};

const SEEDS: u64 = 300;
const LIVES: usize = 3;
const WRITERS: u64 = 4;
const KEYS_PER_WRITER: u64 = 4;
const WRITES_PER_LIFE: usize = 25;

/// What one writer knows. Nobody else writes its keys.
struct Ledger {
    writer: u64,
    random: Random,
    counter: u64,
    /// Acknowledged: revision and value of each key, no value for a deletion.
    settled: BTreeMap<String, (u64, Option<String>)>,
    /// Sent, and not answered: may have happened or not, but nothing in between.
    open: Option<(String, Option<String>)>,
}

impl Ledger {
    fn next_write(&mut self) -> (Write, Option<String>) {
        let key = format!("/w{}/{}", self.writer, self.random.below(KEYS_PER_WRITER));
        let known = self.settled.get(&key).filter(|(_, value)| value.is_some());
        let precondition = known.map_or(Precondition::Absent, |(revision, _)| Precondition::At(Revision(*revision)));
        self.counter += 1;
        let is_delete = known.is_some() && self.random.below(4) == 0;
        let repeats = self.random.below(300) as usize;
        let value = (!is_delete).then(|| format!("{}-{};", self.writer, self.counter).repeat(repeats));
        let kind = match value.clone() {
            Some(value) => WriteKind::Put { value: value.into(), ttl_seconds: None },
            None => WriteKind::Delete,
        };
        self.open = Some((key.clone(), value.clone()));
        (Write { key: key.into(), kind, precondition }, value)
    }

    /// Writes until done or until the store is gone.
    async fn write(mut self, engine: Arc<Engine>) -> Self {
        for _ in 0..WRITES_PER_LIFE {
            let (write, value) = self.next_write();
            let key = write.key.to_string();
            match engine.commit(write).await {
                Ok(outcome) => {
                    let older = self.settled.insert(key, (outcome.revision.0, value));
                    assert!(older.is_none_or(|(revision, _)| revision < outcome.revision.0));
                    self.open = None;
                }
                Err(CommitError::Storage(StorageError::Unavailable { .. })) => break,
                Err(error) => panic!("{error}"),
            }
        }
        self
    }

    /// Each key is as acknowledged, or as the one unanswered write would have it.
    async fn check(&mut self, engine: &Engine) {
        if let Some((key, attempted)) = self.open.take() {
            let found = engine.get(&key).await.expect("get");
            let settled_revision = self.settled.get(&key).map_or(0, |(revision, _)| *revision);
            let found_value = found.as_ref().map(|item| String::from_utf8_lossy(&item.value).into_owned());
            let is_done = match &found {
                Some(item) => item.revision.0 > settled_revision,
                None => self.settled.get(&key).is_some_and(|(_, value)| value.is_some()),
            };
            if is_done {
                assert_eq!(found_value, attempted, "{key}: neither before nor after");
                let revision = found.map_or(0, |item| item.revision.0);
                self.settled.insert(key, (revision, attempted));
            }
        }
        for (key, (revision, value)) in &self.settled {
            let found = engine.get(key).await.expect("get");
            let text = found.as_ref().map(|item| String::from_utf8_lossy(&item.value).into_owned());
            assert_eq!(&text, value, "{key} was acknowledged at {revision}");
            assert!(found.is_none_or(|item| item.revision.0 == *revision), "{key}");
        }
    }
}

/// Follows everything across all lives.
struct Follower {
    newest: u64,
    state: BTreeMap<Arc<str>, KeyValue>,
}

impl Follower {
    fn take(&mut self, events: Vec<Event>) {
        for event in events {
            assert_eq!(event.revision.0, self.newest + 1, "no gap, no repeat");
            self.newest += 1;
            let previous = match event.current {
                Some(current) => self.state.insert(event.key, current),
                None => self.state.remove(&event.key),
            };
            assert_eq!(previous, event.previous);
        }
    }

    /// Resumes and reaches the newest revision, where its state is the store's.
    async fn check(&mut self, engine: &Engine) {
        let page = engine.list("").await.expect("list");
        assert!(page.revision.0 >= self.newest, "{} after {}", page.revision.0, self.newest);
        let mut watch = engine.watch("", Revision(self.newest)).await.expect("not compacted");
        while self.newest < page.revision.0 {
            self.take(watch.events.recv().await.expect("open"));
        }
        assert_eq!(self.state.values().cloned().collect::<Vec<_>>(), page.items);
    }
}

struct Run {
    random: Random,
    disk: Arc<SimulatedDisk>,
    ledgers: Vec<Ledger>,
    follower: Follower,
}

impl Run {
    /// Opens, writes until the power goes, and leaves the disk as it is then.
    async fn live(&mut self) {
        self.disk.cut_power_after(self.random.below(200));
        // Dying ends the thread that calls, which is this one while the files are read.
        let opened = catch_unwind(AssertUnwindSafe(|| open(&self.disk)));
        let Ok(Ok(engine)) = opened else {
            assert!(!self.disk.is_on(), "only a power cut may stop it from opening");
            return;
        };
        let mut watch = engine.watch("", Revision(self.follower.newest)).await;
        let writers: Vec<_> = self.ledgers.drain(..).map(|ledger| tokio::spawn(ledger.write(engine.clone()))).collect();
        for writer in writers {
            self.ledgers.push(writer.await.expect("a writer's check failed"));
        }
        engine.close();
        if let Ok(watch) = &mut watch {
            while let Some(events) = watch.events.recv().await {
                self.follower.take(events);
            }
        }
    }

    async fn check(&mut self) {
        let engine = open(&self.disk).expect("opens after a power cut");
        self.follower.check(&engine).await;
        for ledger in &mut self.ledgers {
            ledger.check(&engine).await;
        }
        engine.close();
    }
}

#[tokio::test]
async fn a_power_cut_loses_no_acknowledged_write_and_leaves_none_half_there() {
    let (mut newest, mut checkpoints) = (0, 0);
    for seed in 0..SEEDS {
        let ledger = |writer| Ledger {
            writer,
            random: Random::new(seed * 100 + writer),
            counter: 0,
            settled: BTreeMap::new(),
            open: None,
        };
        let mut run = Run {
            random: Random::new(seed),
            disk: SimulatedDisk::new(seed),
            ledgers: (0..WRITERS).map(ledger).collect(),
            follower: Follower { newest: 1, state: BTreeMap::new() },
        };
        for _ in 0..LIVES {
            run.live().await;
            let is_kill = run.random.below(3) == 0;
            run.disk = if is_kill { run.disk.kill() } else { run.disk.restart() };
            run.check().await;
            if is_kill {
                // What was seen after a kill must be durable, though it may not have been before.
                run.disk = run.disk.restart();
                run.check().await;
            }
        }
        newest = newest.max(run.follower.newest);
        let names = run.disk.names().expect("names");
        checkpoints += names.iter().filter(|name| name.starts_with("checkpoint-")).count();
    }
    assert!(newest > 100, "the power was on long enough to write something");
    assert!(checkpoints > 50, "{checkpoints} runs got to a checkpoint");
}

/// Without the engine's threads: preparing the next segment would hide a name that is not durable.
#[test]
fn a_first_start_killed_at_any_operation_leaves_a_directory_that_keeps_its_promises() {
    for operations in 0..16 {
        for seed in 0..8 {
            let (clock, config) = (TestClock::default(), small_config());
            let disk = SimulatedDisk::new(seed);
            disk.cut_power_after(operations);
            let _ = catch_unwind(AssertUnwindSafe(|| recovery::recover(disk.as_ref(), &clock, &config).is_ok()));
            let disk = disk.kill();
            let mut log = recovery::recover(disk.as_ref(), &clock, &config).expect("recover").log;
            let mut frame = Frame::new();
            frame.start(2);
            frame.push(&Record::Put { key: "/a", value: b"1", deadline_wall_ms: None });
            log.write(&mut frame).expect("write");
            log.sync().expect("sync");
            let disk = disk.restart();
            let recovered = recovery::recover(disk.as_ref(), &clock, &config).expect("recover again");
            let found = recovered.versions.get("/a").expect("was durable");
            assert_eq!(text(&found), "/a=1@2/2");
        }
    }
}
