//! Looks at what the node has left and makes Pods go when it is too little; removes images nobody uses before.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{Shortage, choose, disk_excess, is_critical, limits_disk, message};
use crate::effects::Effects;
use crate::image_gc::ImageGc;
use crate::node::{Pressure, read_pressure};
use crate::runner::{PodSnapshot, Query};
use crate::spec;
use crate::stats::{self, Depth, PodStats, Rates, Stats};

/// How often the node is looked at (upstream's).
const PERIOD: Duration = Duration::from_secs(10);
/// Rounds between two looks at images.
const IMAGE_ROUNDS: u32 = 30;

/// Keeps the node from running out; never returns.
pub async fn keep(effects: Arc<Effects>, queries: mpsc::Sender<Query>) {
    let mut images = ImageGc::default();
    let (rates, mut ticks) = (Rates::default(), tokio::time::interval(PERIOD));
    for round in 0_u32.. {
        ticks.tick().await;
        let pressure = read_pressure(&effects.config);
        if round.is_multiple_of(IMAGE_ROUNDS) || pressure.has_disk {
            images.collect(&effects, pressure.has_disk).await;
        }
        let pressure = if pressure.has_disk { read_pressure(&effects.config) } else { pressure };
        let Some(pods) = all_pods(&queries).await else { continue };
        let wanted = look_closely(&pods, pressure);
        if wanted.is_empty() {
            continue;
        }
        match stats::collect(&effects, &rates, &wanted, Depth::Everything).await {
            Ok(stats) => act(&effects, &queries, &wanted, &stats, pressure).await,
            Err(error) => tracing::warn!(error = error.message(), "measure pods"),
        }
    }
}

/// The Pods that have to be measured: all under pressure, else those that limit their disk.
fn look_closely(pods: &[PodSnapshot], pressure: Pressure) -> Vec<PodSnapshot> {
    let is_short = pressure.has_memory || pressure.has_disk;
    let alive = pods.iter().filter(|pod| !spec::is_terminal_phase(pod.status.phase.as_deref()));
    alive.filter(|pod| is_short || limits_disk(&pod.pod)).cloned().collect()
}

async fn all_pods(queries: &mpsc::Sender<Query>) -> Option<Vec<PodSnapshot>> {
    let (answer, found) = oneshot::channel();
    queries.send(Query::List { answer }).await.ok()?;
    found.await.ok()
}

async fn act(
    effects: &Effects,
    queries: &mpsc::Sender<Query>,
    pods: &[PodSnapshot],
    stats: &Stats,
    pressure: Pressure,
) {
    let evict = async |pod: &PodSnapshot, message: String| {
        tracing::warn!(pod = %pod.id, message, "evict pod");
        let _ = queries.send(Query::Evict { uid: pod.id.uid.clone(), message }).await;
    };
    let measured: Vec<(&PodSnapshot, &PodStats)> =
        pods.iter().filter_map(|pod| Some((pod, stats.pods.iter().find(|stats| stats.id == pod.id)?))).collect();
    for (pod, stats) in &measured {
        if let Some(message) = disk_excess(&pod.pod, stats) {
            evict(pod, message).await;
        }
    }
    let shortage = match (pressure.has_memory, pressure.has_disk) {
        (true, _) => Shortage::Memory,
        (false, true) => Shortage::Disk,
        (false, false) => return,
    };
    let candidates = measured.iter().filter(|(pod, _)| !is_critical(&pod.pod, pod.is_static));
    let candidates: Vec<_> = candidates.map(|(pod, stats)| (&*pod.pod, *stats)).collect();
    let Some((chosen, of_it)) = choose(&candidates, shortage) else { return };
    let config = &effects.config;
    let bounds = match shortage {
        Shortage::Memory => (config.memory_available_bytes_min, stats.node.memory.available.unwrap_or(0)),
        Shortage::Disk => (config.disk_available_min(stats.node.disk.capacity), stats.node.disk.available),
    };
    let text = message(chosen, of_it, shortage, bounds);
    if let Some(pod) = pods.iter().find(|pod| pod.id.uid == spec::uid(chosen)) {
        evict(pod, text).await;
    }
}
