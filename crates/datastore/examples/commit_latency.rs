//! Durable commits per second and their latency, beside the floor of the disk:
//! `cargo run --release -p corten-datastore --example commit_latency [directory]`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use corten_datastore::{Engine, EngineConfig, Precondition, Storage, Write, WriteKind};

const ROUNDS: usize = 50;
const FLOOR_WRITES: usize = 100;
const COMMITS_PER_CLIENT: usize = 100;
const VALUE_BYTES: usize = 1_000;
const FRAME_BYTES: usize = 1_536;
const CLIENTS: [usize; 3] = [1, 16, 64];

fn main() {
    let base = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = base.join(format!("corten-commit-latency-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("runtime");
    let engine = Engine::open(EngineConfig::new(&directory)).expect("open");
    println!("{VALUE_BYTES} bytes per value; rounds are interleaved");
    for clients in CLIENTS {
        let (mut floor, mut commits, mut seconds) = (Vec::new(), Vec::new(), 0.0);
        for round in 0..ROUNDS {
            floor.extend(measure_floor(&directory));
            let started = Instant::now();
            commits.extend(runtime.block_on(measure_commits(&engine, clients, round)));
            seconds += started.elapsed().as_secs_f64();
        }
        print_line("pwrite + fdatasync", &mut floor, None);
        print_line(&format!("{clients} clients"), &mut commits, Some(seconds));
    }
    println!("{:?}", engine.stats());
    engine.close();
    drop(engine);
    let started = Instant::now();
    let engine = Engine::open(EngineConfig::new(&directory)).expect("open again");
    let stats = engine.stats();
    let ms = started.elapsed().as_millis();
    println!("opened again in {ms} ms: {} keys, {} changes", stats.live_keys, stats.history_revisions);
    engine.close();
    std::fs::remove_dir_all(&directory).expect("remove");
}

/// The same writes without an engine: to a file that is full of zeros already.
fn measure_floor(directory: &Path) -> Vec<Duration> {
    let path = directory.join("floor.tmp");
    let file = File::create(&path).expect("create");
    file.write_all_at(&vec![0; FLOOR_WRITES * FRAME_BYTES], 0).expect("write");
    file.sync_all().expect("sync");
    let write = |index: usize| {
        let started = Instant::now();
        file.write_all_at(&[1; FRAME_BYTES], (index * FRAME_BYTES) as u64).expect("write");
        file.sync_data().expect("sync");
        started.elapsed()
    };
    let durations = (0..FLOOR_WRITES).map(write).collect();
    std::fs::remove_file(path).expect("remove");
    durations
}

async fn measure_commits(engine: &Arc<Engine>, clients: usize, round: usize) -> Vec<Duration> {
    let tasks: Vec<_> =
        (0..clients).map(|client| tokio::spawn(commit_many(engine.clone(), clients, client, round))).collect();
    let mut durations = Vec::new();
    for task in tasks {
        durations.extend(task.await.expect("client"));
    }
    durations
}

async fn commit_many(engine: Arc<Engine>, clients: usize, client: usize, round: usize) -> Vec<Duration> {
    let key: Arc<str> = format!("/bench/{round}/{clients}/{client}").into();
    let mut precondition = Precondition::Absent;
    let mut durations = Vec::with_capacity(COMMITS_PER_CLIENT);
    for _ in 0..COMMITS_PER_CLIENT {
        let kind = WriteKind::Put { value: vec![7; VALUE_BYTES].into(), ttl_seconds: None };
        let started = Instant::now();
        let outcome = engine.commit(Write { key: key.clone(), kind, precondition }).await.expect("commit");
        durations.push(started.elapsed());
        precondition = Precondition::At(outcome.revision);
    }
    durations
}

fn print_line(name: &str, durations: &mut [Duration], seconds: Option<f64>) {
    durations.sort_unstable();
    let at = |percent: usize| durations[(durations.len() - 1) * percent / 100].as_micros();
    let total = seconds.unwrap_or_else(|| durations.iter().sum::<Duration>().as_secs_f64());
    let rate = durations.len() as f64 / total;
    println!("{name:>20}: p50 {:>5} µs  p99 {:>5} µs  {rate:>8.0}/s", at(50), at(99));
}
