//! Probing containers: one task per probe and container, from its start to its end.

pub mod counts;
mod exec;
mod grpc;
mod http;
mod tcp;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, Pod, Probe};
use container_interfaces::cri::RuntimeService;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior};

use crate::effects::{Effects, Target};
use crate::pod::effect::{EventType, Note};
use crate::pod::event::PodEvent;
use crate::pod::probe::{ProbeKey, ProbeKind, Streak, Verdict};

/// Attempts of a probe that cannot be carried out, before it counts as errored (upstream's).
const ATTEMPTS_MAX: u32 = 3;
/// The first counted probe of a container comes at most this long after its initial delay; upstream's comes
/// somewhere within the first period.
const FIRST_TICK_MAX: Duration = Duration::from_secs(1);

/// How one probe went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// As it should be.
    Success,
    /// As it should be, with a warning.
    Warning(String),
    /// Not; the output says how.
    Failure(String),
    /// It could not be carried out.
    Error(String),
}

/// What a probe needs to know.
pub struct ProbeInput<'a> {
    /// The container.
    pub container: &'a Container,
    /// Runtime's id.
    pub container_id: &'a str,
    /// The Pod's address.
    pub pod_ip: &'a str,
    /// Time that it may take.
    pub timeout: Duration,
    /// The runtime.
    pub runtime: &'a dyn RuntimeService,
}

/// Carries a probe out once.
pub async fn probe_once(input: &ProbeInput<'_>, probe: &Probe) -> ProbeResult {
    if let Some(action) = &probe.exec {
        exec::probe(input, action).await
    } else if let Some(action) = &probe.http_get {
        http::probe(input, action).await
    } else if let Some(action) = &probe.tcp_socket {
        tcp::probe(input, action).await
    } else if let Some(action) = &probe.grpc {
        grpc::probe(input, action).await
    } else {
        ProbeResult::Error(format!("missing probe handler for {}", input.container.name))
    }
}

/// One probe of one container.
pub struct ProbeTask {
    /// Which.
    pub key: ProbeKey,
    /// Whom it is for.
    pub target: Target,
    /// The Pod.
    pub pod: Arc<Pod>,
    /// Container's name.
    pub container: String,
    /// How long the container has run.
    pub age: Duration,
}

/// Where events of Pods go, by UID.
pub type Inbox = mpsc::Sender<(String, PodEvent)>;

/// The probes that run.
#[derive(Default)]
pub struct Probes {
    tasks: HashMap<(String, ProbeKey), AbortHandle>,
}

impl Probes {
    /// Begins a probe; `inbox` gets its verdicts.
    pub fn start(&mut self, effects: &Arc<Effects>, task: ProbeTask, inbox: Inbox) {
        let name = (task.target.id.uid.clone(), task.key.clone());
        let handle = tokio::spawn(run(Arc::clone(effects), task, inbox)).abort_handle();
        if let Some(previous) = self.tasks.insert(name, handle) {
            previous.abort();
        }
    }

    /// Ends a probe.
    pub fn stop(&mut self, uid: &str, key: &ProbeKey) {
        if let Some(handle) = self.tasks.remove(&(uid.to_owned(), key.clone())) {
            handle.abort();
        }
    }

    /// Ends all probes of a Pod.
    pub fn forget(&mut self, uid: &str) {
        self.tasks.retain(|(of, _), handle| {
            let is_kept = of != uid;
            if !is_kept {
                handle.abort();
            }
            is_kept
        });
    }
}

fn seconds(value: Option<i32>, default: u64) -> Duration {
    Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(default))
}

async fn run(effects: Arc<Effects>, task: ProbeTask, inbox: Inbox) {
    let tell = async |verdict| {
        let event = PodEvent::Probed { key: task.key.clone(), verdict };
        // Without a receiver the kubelet is stopping.
        let _ = inbox.send((task.target.id.uid.clone(), event)).await;
    };
    let Some(container) = crate::spec::container(&task.pod, &task.container) else { return };
    let Some(probe) = task.key.kind.of(container) else { return };
    let runner = Runner { effects: &effects, task: &task, container, probe };
    let period = seconds(probe.period_seconds, 10).max(Duration::from_secs(1));
    let delay = seconds(probe.initial_delay_seconds, 0).saturating_sub(task.age);
    tokio::time::sleep(delay).await;
    let mut streak = Streak::new(probe);
    let mut told = None;
    // A container that is ready at once need not wait; one that is not yet has failed nothing.
    if task.key.kind != ProbeKind::Liveness
        && matches!(runner.attempt().await, ProbeResult::Success | ProbeResult::Warning(_))
        && let Some(verdict) = streak.record(Verdict::Success)
    {
        tell(verdict).await;
        told = Some(verdict);
    }
    let first = Instant::now() + period.min(FIRST_TICK_MAX);
    let mut ticks = tokio::time::interval_at(first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let result = match runner.attempt().await {
            ProbeResult::Success => Verdict::Success,
            ProbeResult::Warning(output) => {
                runner.note("ProbeWarning", format!("{} probe warning: {output}", runner.title()));
                Verdict::Success
            }
            ProbeResult::Failure(output) => {
                runner.note("Unhealthy", format!("{} probe failed: {output}", runner.title()));
                Verdict::Failure
            }
            ProbeResult::Error(error) => {
                let message = format!("{} probe errored and resulted in unknown state: {error}", runner.title());
                runner.note("Unhealthy", message);
                continue;
            }
        };
        if let Some(verdict) = streak.record(result)
            && told != Some(verdict)
        {
            tell(verdict).await;
            told = Some(verdict);
        }
    }
}

struct Runner<'a> {
    effects: &'a Effects,
    task: &'a ProbeTask,
    container: &'a Container,
    probe: &'a Probe,
}

impl Runner<'_> {
    fn title(&self) -> &'static str {
        self.task.key.kind.title()
    }

    async fn attempt(&self) -> ProbeResult {
        let input = ProbeInput {
            container: self.container,
            container_id: &self.task.key.container_id,
            pod_ip: self.task.target.ips.first().map(String::as_str).unwrap_or(""),
            timeout: seconds(self.probe.timeout_seconds, 1).max(Duration::from_secs(1)),
            runtime: &*self.effects.runtime,
        };
        let mut result = probe_once(&input, self.probe).await;
        for _ in 1..ATTEMPTS_MAX {
            if !matches!(result, ProbeResult::Error(_)) {
                break;
            }
            result = probe_once(&input, self.probe).await;
        }
        let counts = &self.effects.probe_counts;
        counts.note(&self.task.target.id, &self.task.container, self.task.key.kind, &result);
        result
    }

    fn note(&self, reason: &str, message: String) {
        let note = Note {
            event_type: EventType::Warning,
            reason: reason.to_owned(),
            message,
            container: Some(self.container.name.clone()),
        };
        self.effects.note(&self.task.target, note);
    }
}
