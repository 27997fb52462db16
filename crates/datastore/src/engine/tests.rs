mod model;
mod power;

use super::*;
use crate::disk::simulated::SimulatedDisk;
use crate::log::segment;
use crate::storage::Precondition;
use crate::test_text::{delete, event_text, page_text, put, put_for_seconds, text};

/// Clocks that stand still until told.
#[derive(Default)]
pub(super) struct TestClock {
    wall_ms: AtomicU64,
    boot_ms: AtomicU64,
}

impl TestClock {
    fn advance_ms(&self, ms: u64) {
        self.wall_ms.fetch_add(ms, Ordering::Relaxed);
        self.boot_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn wall_ms(&self) -> u64 {
        self.wall_ms.load(Ordering::Relaxed)
    }

    fn boot_ms(&self) -> u64 {
        self.boot_ms.load(Ordering::Relaxed)
    }
}

/// Everything small, so that segments and checkpoints come and go.
pub(super) fn small_config() -> EngineConfig {
    EngineConfig {
        segment_bytes: 64 << 10,
        value_bytes_max: 8 << 10,
        live_bytes_max: 1 << 20,
        history_revisions_max: 40,
        checkpoint_log_bytes: 128 << 10,
        ..EngineConfig::new("/simulated")
    }
}

pub(super) fn open(disk: &Arc<SimulatedDisk>) -> Result<Arc<Engine>, OpenError> {
    Engine::open_on(disk.clone(), Arc::new(TestClock::default()), small_config())
}

async fn put_all(engine: &Engine, count: usize, bytes: usize) {
    for index in 0..count {
        let write = put(&format!("/k/{index:05}"), &"x".repeat(bytes), Precondition::Absent);
        engine.commit(write).await.expect("committed");
    }
}

#[tokio::test]
async fn a_reopened_store_has_its_keys_its_history_and_its_revision() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    engine.commit(put("/a", "1", Precondition::Absent)).await.expect("commit");
    engine.commit(put("/b", "1", Precondition::Absent)).await.expect("commit");
    engine.commit(put("/a", "2", Precondition::At(Revision(2)))).await.expect("commit");
    engine.commit(delete("/b", 3)).await.expect("commit");
    engine.close();
    assert!(matches!(engine.get("/a").await, Err(StorageError::Unavailable { .. })));
    let again = engine.commit(put("/c", "1", Precondition::Absent)).await;
    assert!(matches!(again, Err(CommitError::Storage(StorageError::Unavailable { .. }))));

    let engine = open(&disk).expect("open again");
    assert_eq!(page_text(&engine.list("").await.expect("list")), "/a=2@2/4 +0 at 5");
    let old = engine.list_at("", Revision(3), None, 0).await.expect("history is there");
    assert_eq!(page_text(&old), "/a=1@2/2 /b=1@3/3 +0 at 3");
    let mut watch = engine.watch("/b", Revision(3)).await.expect("watch");
    let events = watch.events.recv().await.expect("open");
    assert_eq!(event_text(&events[0]), "5: /b=1@3/3 -> -");
    engine.close();
    assert!(watch.events.recv().await.is_none(), "closing ends watches");
}

#[tokio::test]
async fn one_batch_decides_each_commit_on_what_those_before_it_leave() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    let attempts = (0..20).map(|_| engine.commit(put("/a", "1", Precondition::Absent)));
    let outcomes = futures_join(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        let CommitError::Precondition { current: Some(current) } = outcome else { panic!("lost the race") };
        assert_eq!(text(&current), "/a=1@2/2");
    }
}

/// Polls all at once, in order.
async fn futures_join<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *output = Some(value);
            }
        }
        match futures.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn checkpoints_replace_old_segments_and_keep_deadlines_and_the_floor() {
    let disk = SimulatedDisk::new(1);
    let clock = Arc::new(TestClock::default());
    let engine = Engine::open_on(disk.clone(), clock.clone(), small_config()).expect("open");
    engine.commit(put_for_seconds("/e", "1", 100)).await.expect("commit");
    put_all(&engine, 100, 4_000).await;
    while engine.stats().checkpoints == 0 {
        let revision = engine.current_revision().await.expect("revision").0;
        let write = put(&format!("/more/{revision}"), &"x".repeat(4_000), Precondition::Absent);
        engine.commit(write).await.expect("commit");
        tokio::task::yield_now().await;
    }
    let floor = engine.stats().oldest_revision;
    engine.compact(Revision(floor.0 + 10)).await.expect("compact");
    let before = engine.list("").await.expect("list");
    engine.close();
    assert!(!disk.names().expect("names").contains(&segment::name(1)), "the first segment is gone");

    let engine = Engine::open_on(disk.clone(), clock.clone(), small_config()).expect("open again");
    assert!(engine.stats().oldest_revision >= Revision(floor.0 + 10), "the floor survives");
    assert_eq!(page_text(&engine.list("").await.expect("list")), page_text(&before));
    let mut watch = engine.watch("/e", before.revision).await.expect("watch");
    engine.close();
    clock.advance_ms(100_001);
    assert!(watch.events.recv().await.is_none());
    let engine = Engine::open_on(disk, clock, small_config()).expect("open late");
    let mut watch = engine.watch("/e", before.revision).await.expect("watch");
    let events = watch.events.recv().await.expect("open");
    assert_eq!(event_text(&events[0]), format!("{}: /e=1@2/2 -> -", before.revision.0 + 1));
}

#[tokio::test]
async fn a_key_expires_by_an_ordinary_commit_at_its_last_deadline() {
    let disk = SimulatedDisk::new(1);
    let clock = Arc::new(TestClock::default());
    let engine = Engine::open_on(disk, clock.clone(), small_config()).expect("open");
    engine.commit(put_for_seconds("/e/1", "a", 10)).await.expect("commit");
    engine.commit(put_for_seconds("/e/2", "b", 10)).await.expect("commit");
    // Written again without a time to live.
    engine.commit(put("/e/2", "c", Precondition::At(Revision(3)))).await.expect("commit");
    let mut watch = engine.watch("/", Revision(4)).await.expect("watch");
    clock.advance_ms(9_999);
    engine.commit(put("/x", "1", Precondition::Absent)).await.expect("commit");
    clock.advance_ms(1);
    engine.commit(put("/y", "1", Precondition::Absent)).await.expect("commit");
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.extend(watch.events.recv().await.expect("open").iter().map(event_text));
    }
    assert_eq!(seen, ["5: - -> /x=1@5/5", "6: /e/1=a@2/2 -> -", "7: - -> /y=1@7/7"]);
    assert!(engine.get("/e/2").await.expect("get").is_some());
}

#[tokio::test]
async fn a_full_disk_refuses_puts_takes_deletes_and_recovers() {
    let disk = SimulatedDisk::new(1);
    let clock = Arc::new(TestClock::default());
    let config = small_config();
    let engine = Engine::open_on(disk.clone(), clock.clone(), config.clone()).expect("open");
    disk.limit_space(Some(3 * config.segment_bytes as usize));
    let mut keys = Vec::new();
    let refused = loop {
        let key = format!("/k/{:05}", keys.len());
        match engine.commit(put(&key, &"x".repeat(2_000), Precondition::Absent)).await {
            Ok(outcome) => keys.push((key, outcome.revision.0)),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, CommitError::Storage(StorageError::Full)));
    assert!(keys.len() > 25, "more than one segment was used, not {}", keys.len());
    for (key, revision) in keys.iter().take(40) {
        engine.commit(delete(key, *revision)).await.expect("deletes work");
    }
    let put_again = |engine: Arc<Engine>| async move { engine.commit(put("/again", "1", Precondition::Absent)).await };
    assert!(matches!(put_again(engine.clone()).await, Err(CommitError::Storage(StorageError::Full))));
    assert!(engine.stats().is_full);
    engine.close();
    let engine = Engine::open_on(disk.clone(), clock.clone(), config).expect("opens though full");
    assert_eq!(engine.stats().live_keys as usize, keys.len() - 40);
    disk.limit_space(None);
    while put_again(engine.clone()).await.is_err() {
        clock.advance_ms(1_000);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn live_data_has_a_quota_under_which_deletes_work() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    let mut count = 0_u64;
    let refused = loop {
        let write = put(&format!("/k/{count}"), &"x".repeat(8_000), Precondition::Absent);
        match engine.commit(write).await {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, CommitError::Storage(StorageError::Full)));
    assert!((120..140).contains(&count), "1 MiB holds {count} keys");
    engine.commit(delete("/k/0", 2)).await.expect("delete");
    engine.commit(put("/small", "1", Precondition::Absent)).await.expect("there is room again");
}

#[tokio::test]
async fn a_failed_sync_ends_the_process_and_acknowledges_nothing() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    put_all(&engine, 3, 10).await;
    let mut watch = engine.watch("", Revision(4)).await.expect("watch");
    disk.fail_syncs();
    for _ in 0..2 {
        let outcome = engine.commit(put("/x", "1", Precondition::Absent)).await;
        assert!(matches!(outcome, Err(CommitError::Storage(StorageError::Unavailable { .. }))));
    }
    assert!(watch.events.recv().await.is_none(), "nobody saw the write, and the watch ended");
}

#[tokio::test]
async fn two_engines_cannot_have_one_directory() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    assert!(matches!(open(&disk), Err(OpenError::Locked { .. })));
    engine.close();
    open(&disk).expect("free again");
}

#[tokio::test]
async fn a_torn_last_batch_is_cut_and_the_log_goes_on() {
    let disk = SimulatedDisk::new(1);
    let engine = open(&disk).expect("open");
    put_all(&engine, 5, 1_000).await;
    engine.close();
    // Header, then 1,536 bytes per frame: into the fifth.
    disk.damage(&segment::name(1), |bytes| bytes[512 + 4 * 1_536 + 700] ^= 1);
    let engine = open(&disk).expect("open");
    assert_eq!(engine.current_revision().await.expect("revision"), Revision(5));
    engine.commit(put("/next", "1", Precondition::Absent)).await.expect("commit");
    engine.close();
    let engine = open(&disk).expect("open");
    assert_eq!(text(&engine.get("/next").await.expect("get").expect("there")), "/next=1@6/6");
}

#[tokio::test]
async fn damage_before_the_last_batch_refuses_the_start_and_says_how_to_restore() {
    for (frame, offset) in [(0, 0), (0, 40), (2, 8), (3, 1_000)] {
        let disk = SimulatedDisk::new(1);
        let engine = open(&disk).expect("open");
        put_all(&engine, 5, 1_000).await;
        engine.close();
        disk.damage(&segment::name(1), |bytes| bytes[512 + frame * 1_536 + offset] ^= 1);
        let error = open(&disk).err().expect("refused").to_string();
        let expected = format!(
            "the datastore in /simulated is damaged: log-00000000000000000001, byte {}: a batch is damaged \
             or missing, but later ones are there, as at byte {}. Committed writes would be lost, so it is \
             not started. To restore: put back a copy of the whole directory, or move its files away to \
             start empty",
            512 + frame * 1_536,
            512 + (frame + 1) * 1_536,
        );
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn a_missing_segment_a_damaged_header_and_a_damaged_checkpoint_refuse_the_start() {
    let fill = async || {
        let disk = SimulatedDisk::new(1);
        let engine = open(&disk).expect("open");
        put_all(&engine, 40, 4_000).await;
        while engine.stats().checkpoints == 0 {
            let revision = engine.current_revision().await.expect("revision").0;
            let write = put(&format!("/more/{revision}"), &"x".repeat(4_000), Precondition::Absent);
            engine.commit(write).await.expect("commit");
            tokio::task::yield_now().await;
        }
        let stats = engine.stats();
        engine.close();
        (disk, stats)
    };
    let (disk, _) = fill().await;
    let mut logs: Vec<_> = disk.names().expect("names").into_iter().filter(|name| name.starts_with("log-")).collect();
    logs.sort();
    assert!(logs.len() > 3, "{logs:?}");
    disk.remove(&logs[1]).expect("remove");
    let error = open(&disk).err().expect("a hole").to_string();
    assert!(error.contains("revisions") && error.contains("are missing"), "{error}");
    assert!(error.contains("move all files log-* away to go back to the checkpoint of revision"), "{error}");

    for name in &logs {
        if disk.names().expect("names").contains(name) {
            disk.remove(name).expect("remove");
        }
    }
    let engine = open(&disk).expect("the way back works");
    assert!(engine.stats().live_keys > 0);
    engine.commit(put("/new", "1", Precondition::Absent)).await.expect("commit");
    let before = page_text(&engine.list("").await.expect("list"));
    engine.close();
    let engine = open(&disk).expect("and stays");
    assert_eq!(page_text(&engine.list("").await.expect("list")), before);

    let (disk, _) = fill().await;
    let names = disk.names().expect("names");
    let checkpoint = names.iter().find(|name| name.starts_with("checkpoint-")).expect("written");
    disk.sync_names().expect("sync");
    disk.damage(checkpoint, |bytes| bytes[20_000] ^= 1);
    assert!(matches!(open(&disk), Err(OpenError::Damaged { file, .. }) if file == *checkpoint));

    let (disk, _) = fill().await;
    disk.sync_names().expect("sync");
    let names = disk.names().expect("names");
    let log = names.iter().find(|name| name.starts_with("log-")).expect("there");
    disk.damage(log, |bytes| bytes[20] ^= 1);
    assert!(matches!(open(&disk), Err(OpenError::Damaged { offset: 0, .. })));
}

#[tokio::test]
async fn files_of_a_newer_format_are_left_alone() {
    let disk = SimulatedDisk::new(1);
    open(&disk).expect("open").close();
    disk.damage(&segment::name(1), |bytes| {
        bytes[8] = 9;
        let sum = crate::checksum::crc32c(0, &bytes[..40]);
        bytes[40..44].copy_from_slice(&sum.to_le_bytes());
    });
    assert!(matches!(open(&disk), Err(OpenError::NewerFormat { version: 9, known: 1, .. })));
}

/// A directory that goes away with the test.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("corten-datastore-{}-{name}", std::process::id())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn on_a_real_disk_data_survives_only_the_owner_reads_it_and_a_second_engine_is_kept_out() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("real");
    let config = EngineConfig::new(&directory.0);
    let engine = Engine::open(config.clone()).expect("open");
    let value = "v".repeat(1_000_000);
    engine.commit(put("/big", &value, Precondition::Absent)).await.expect("commit");
    assert!(matches!(Engine::open(config.clone()), Err(OpenError::Locked { .. })));
    engine.close();
    let mode = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory.0), 0o700);
    for entry in std::fs::read_dir(&directory.0).expect("read") {
        assert_eq!(mode(&entry.expect("entry").path()), 0o600);
    }
    let engine = Engine::open(config).expect("open again");
    assert_eq!(engine.get("/big").await.expect("get").expect("there").value, value);
}

#[test]
fn settings_out_of_range_are_refused() {
    let config = EngineConfig { segment_bytes: 1 << 20, ..EngineConfig::new("/nowhere") };
    assert!(matches!(Engine::open(config), Err(OpenError::Config { .. })));
}
