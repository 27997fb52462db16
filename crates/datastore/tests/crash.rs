//! SIGKILLs at random moments under concurrent writers, on a real disk.
//!
//! The test starts itself as the process that writes. That one tells over a pipe what it is about to
//! write and what was acknowledged; after each kill the store is opened here and compared.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use corten_datastore::{Engine, EngineConfig, Event, KeyValue, Precondition, Revision, Storage, Write, WriteKind};

const NAME: &str = "three_hundred_kills_lose_no_acknowledged_write";
const KILLS: u64 = 300;
const WRITERS: u64 = 8;
const KEYS_PER_WRITER: u64 = 6;
const ACKNOWLEDGED_PER_LIFE_MAX: u64 = 250;
const VALUE_BYTES_MAX: u64 = 2_000;
const WRITER_ARGUMENT: &str = "--write-until-killed";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == WRITER_ARGUMENT) {
        let seed = arguments[2].parse().expect("a seed");
        return write_until_killed(Path::new(&arguments[1]), seed);
    }
    let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    if filters.peek().is_some() && !filters.any(|filter| NAME.contains(filter.as_str())) {
        return println!("\ntest {NAME} ... filtered out\n");
    }
    let started = Instant::now();
    let newest = test();
    println!("\ntest {NAME} ... ok ({KILLS} kills, {newest} commits, {:.1} s)\n", started.elapsed().as_secs_f64());
}

fn config(directory: &Path) -> EngineConfig {
    EngineConfig {
        segment_bytes: 256 << 10,
        value_bytes_max: 16 << 10,
        history_revisions_max: 2_000,
        checkpoint_log_bytes: 512 << 10,
        ..EngineConfig::new(directory)
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// The whole value that goes with a token: a part of it cannot be taken for another.
fn value_of(token: &str) -> String {
    let length = token.bytes().fold(7_u64, |sum, byte| sum * 31 % VALUE_BYTES_MAX + u64::from(byte));
    let mut value = format!("{token};").repeat(length as usize / token.len() + 1);
    value.push('.');
    value
}

// The process that is killed.

fn write_until_killed(directory: &Path, seed: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("threads can be started").block_on(async {
        let engine = Engine::open(config(directory)).expect("opens after a kill");
        let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(engine.clone(), writer, seed))).collect();
        for writer in writers {
            writer.await.expect("writes until killed");
        }
    });
}

async fn write(engine: Arc<Engine>, writer: u64, seed: u64) {
    let mut random = Random(seed * WRITERS + writer);
    let page = engine.list(&format!("/w{writer}/")).await.expect("list");
    let mut known: BTreeMap<String, Revision> =
        page.items.iter().map(|item| (item.key.to_string(), item.revision)).collect();
    for counter in 0_u64.. {
        let key = format!("/w{writer}/{}", random.below(KEYS_PER_WRITER));
        let precondition = known.get(&key).map_or(Precondition::Absent, |revision| Precondition::At(*revision));
        let is_delete = known.contains_key(&key) && random.below(4) == 0;
        let token = if is_delete { "-".to_owned() } else { format!("{seed}.{writer}.{counter}") };
        let kind = match is_delete {
            true => WriteKind::Delete,
            false => WriteKind::Put { value: value_of(&token).into(), ttl_seconds: None },
        };
        say(&format!("? {key} {token}\n"));
        let write = Write { key: key.as_str().into(), kind, precondition };
        let revision = engine.commit(write).await.expect("nobody else writes this key").revision;
        say(&format!("! {key} {}\n", revision.0));
        match is_delete {
            true => known.remove(&key),
            false => known.insert(key, revision),
        };
    }
}

/// One write to the pipe, so lines of several threads do not mix.
fn say(line: &str) {
    std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent reads");
}

// The process that kills.

/// What was acknowledged and what was only sent.
#[derive(Default)]
struct Ledger {
    /// Revision, and token unless deleted.
    settled: BTreeMap<String, (u64, Option<String>)>,
    open: BTreeMap<String, Option<String>>,
    newest: u64,
}

impl Ledger {
    /// Takes a line of the writing process; true when it was an acknowledgement.
    fn take(&mut self, line: &str) -> bool {
        let mut words = line.split(' ');
        let (kind, key, last) = (words.next(), words.next(), words.next());
        let (Some(kind), Some(key), Some(last)) = (kind, key, last) else { panic!("line {line:?}") };
        if kind == "?" {
            self.open.insert(key.to_owned(), (last != "-").then(|| last.to_owned()));
            return false;
        }
        let revision = last.parse().expect("a revision");
        let token = self.open.remove(key).expect("was sent before");
        let older = self.settled.insert(key.to_owned(), (revision, token));
        assert!(older.is_none_or(|(older, _)| older < revision), "revisions only grow");
        self.newest = self.newest.max(revision);
        true
    }

    /// Each key is as acknowledged, or as the one unanswered write would have it.
    async fn check(&mut self, engine: &Engine) {
        for (key, attempted) in std::mem::take(&mut self.open) {
            let found = engine.get(&key).await.expect("get");
            let settled = self.settled.get(&key);
            let is_done = match &found {
                Some(item) => settled.is_none_or(|(revision, _)| *revision < item.revision.0),
                None => settled.is_some_and(|(_, token)| token.is_some()),
            };
            if is_done {
                assert_eq!(found.is_some(), attempted.is_some(), "{key}: neither before nor after");
                let revision = found.map_or(0, |item| item.revision.0);
                self.settled.insert(key, (revision, attempted));
            }
        }
        for (key, (revision, token)) in &self.settled {
            let found = engine.get(key).await.expect("get");
            let value = found.as_ref().map(|item| String::from_utf8_lossy(&item.value).into_owned());
            assert_eq!(value, token.as_deref().map(value_of), "{key} was acknowledged at {revision}");
            assert!(found.is_none_or(|item| item.revision.0 == *revision), "{key} at {revision}");
        }
        assert!(engine.stats().revision.0 >= self.newest, "revisions only grow");
    }
}

/// A watcher that resumes after each kill.
struct Follower {
    newest: u64,
    state: BTreeMap<Arc<str>, KeyValue>,
}

impl Follower {
    fn take(&mut self, event: Event) {
        assert_eq!(event.revision.0, self.newest + 1, "no gap, no repeat");
        self.newest += 1;
        let previous = match event.current {
            Some(current) => self.state.insert(event.key, current),
            None => self.state.remove(&event.key),
        };
        assert_eq!(previous, event.previous);
    }

    async fn check(&mut self, engine: &Engine) {
        let page = engine.list("").await.expect("list");
        let mut watch = engine.watch("", Revision(self.newest)).await.expect("not compacted");
        while self.newest < page.revision.0 {
            let events = watch.events.recv().await.expect("open");
            events.into_iter().for_each(|event| self.take(event));
        }
        assert_eq!(self.state.values().cloned().collect::<Vec<_>>(), page.items);
    }
}

/// A directory, and a process in it, that go away with the test.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct WriterProcess(Child);

impl WriterProcess {
    fn start(directory: &Path, seed: u64) -> Self {
        let own = std::env::current_exe().expect("this program");
        let mut command = Command::new(own);
        command.arg(WRITER_ARGUMENT).arg(directory).arg(seed.to_string()).stdout(Stdio::piped());
        Self(command.spawn().expect("start"))
    }

    fn kill(&mut self) {
        self.0.kill().expect("SIGKILL");
    }
}

impl Drop for WriterProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One life of the writing process.
fn live_and_die(directory: &Path, random: &mut Random, seed: u64, ledger: &mut Ledger) {
    let mut process = WriterProcess::start(directory, seed);
    let mut lines = BufReader::new(process.0.stdout.take().expect("piped")).lines();
    // Every eighth dies while it starts, at a random moment; the others while they write.
    if seed.is_multiple_of(8) {
        let end = Instant::now() + Duration::from_micros(random.below(8_000));
        while Instant::now() < end {
            std::hint::spin_loop();
        }
    } else {
        let mut left = 1 + random.below(ACKNOWLEDGED_PER_LIFE_MAX);
        while left > 0 {
            let line = lines.next().expect("writes until killed").expect("read");
            left -= u64::from(ledger.take(&line));
        }
    }
    process.kill();
    for line in lines.map_while(Result::ok) {
        ledger.take(&line);
    }
    let status = process.0.wait().expect("wait");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it died of the kill");
}

/// Returns the number of commits.
fn test() -> u64 {
    let name = format!("crash-{}", std::process::id());
    let directory = Directory(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let mut random = Random(1);
    let mut ledger = Ledger::default();
    let mut follower = Follower { newest: 1, state: BTreeMap::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    for seed in 0..KILLS {
        live_and_die(&directory.0, &mut random, seed, &mut ledger);
        let engine = Engine::open(config(&directory.0)).expect("opens after a kill");
        runtime.block_on(async {
            follower.check(&engine).await;
            ledger.check(&engine).await;
        });
        engine.close();
    }
    let names = std::fs::read_dir(&directory.0).expect("read").map(|entry| entry.expect("entry").file_name());
    let has_checkpoint = names.into_iter().any(|name| name.to_string_lossy().starts_with("checkpoint-"));
    assert!(has_checkpoint, "it ran long enough for checkpoints");
    follower.newest - 1
}
