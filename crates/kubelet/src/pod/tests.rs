//! Text in, text out: a Pod in one line per container, what happens to it, and what the kubelet does about it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{ContainerStatus, EphemeralContainer, Pod, PodStatus};
use api::k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use apimachinery::time::Now;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::effect::{Effect, EffectId, Work};
use super::event::{Outcome, PodEvent, SandboxFailure};
use super::probe::{ProbeKey, ProbeKind, Verdict};
use super::record::{NodeFacts, PodRecord};
use super::step::step;
use super::view::{ContainerState, ContainerView, Observation, RuntimeView, SandboxView};
use crate::container_config::hash::container_hash;
use crate::spec;

const START: i64 = 1_800_000_000;

struct World {
    pod: Pod,
    record: PodRecord,
    boot: Duration,
    revision: u64,
    made: u32,
    out: String,
    /// Work that is not answered, by name.
    held: Vec<String>,
    pending: Vec<(EffectId, Work)>,
    /// One-shot failures: work name and text.
    failures: Vec<(String, String)>,
    missing_images: bool,
    is_quiet: bool,
}

fn container_json(words: &[&str]) -> Value {
    let mut container = json!({"name": words[1], "image": "app:1"});
    let hook = json!({"exec": {"command": ["true"]}});
    for word in &words[2..] {
        match word.split_once('=') {
            Some(("image", image)) => container["image"] = json!(image),
            Some(("pull", policy)) => container["imagePullPolicy"] = json!(policy),
            Some(("cpu", limit)) => container["resources"]["limits"]["cpu"] = json!(limit),
            Some(("resize", policy)) => {
                container["resizePolicy"] = json!([{"resourceName": "cpu", "restartPolicy": policy}]);
            }
            None if word.ends_with("Probe") => container[*word] = json!({"exec": {"command": ["true"]}}),
            None if ["preStop", "postStart"].contains(word) => container["lifecycle"][*word] = hook.clone(),
            _ => panic!("unknown word {word}"),
        }
    }
    if words[0] == "sidecar" {
        container["restartPolicy"] = json!("Always");
    }
    container
}

fn pod_of(text: &str) -> Pod {
    let mut spec = json!({"containers": [], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30});
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.first().copied() {
            Some("pod") => {
                for (key, value) in words[1..].iter().filter_map(|word| word.split_once('=')) {
                    spec[key] = value.parse::<i64>().map_or(json!(value), |number| json!(number));
                }
            }
            Some("container") => spec["containers"].as_array_mut().expect("a list").push(container_json(&words)),
            Some("init" | "sidecar") => {
                if spec["initContainers"].is_null() {
                    spec["initContainers"] = json!([]);
                }
                spec["initContainers"].as_array_mut().expect("a list").push(container_json(&words));
            }
            _ => {}
        }
    }
    let pod = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u"}, "spec": spec});
    api::typed::pod(pod.to_string().as_bytes()).expect("a Pod")
}

impl World {
    fn new(text: &str) -> World {
        let pod = pod_of(text);
        let facts = Arc::new(NodeFacts { node_ips: vec!["10.0.0.1".into()], runtime_name: "corten".into() });
        let record = PodRecord::new(Arc::new(pod.clone()), 1, RuntimeView::default(), facts);
        World {
            pod,
            record,
            boot: Duration::from_secs(1_000),
            revision: 1,
            made: 0,
            out: String::new(),
            held: Vec::new(),
            pending: Vec::new(),
            failures: Vec::new(),
            missing_images: false,
            is_quiet: false,
        }
    }

    fn now(&self) -> Now {
        let wall = jiff::Timestamp::from_second(START).expect("in range") + self.boot - Duration::from_secs(1_000);
        Now { wall, boot: self.boot }
    }

    fn nanos(&self) -> i64 {
        i64::try_from(self.now().wall.as_nanosecond()).expect("in range")
    }

    fn happen(&mut self, event: PodEvent) {
        let mut events = vec![event];
        let mut left = 300;
        while !events.is_empty() {
            left -= 1;
            assert!(left > 0, "the record never rests:\n{}", self.out);
            let now = self.now();
            let effects = step(&mut self.record, events.remove(0), now);
            for effect in effects {
                events.extend(self.perform(effect));
            }
        }
    }

    fn say(&mut self, line: impl std::fmt::Display) {
        if !self.is_quiet {
            writeln!(self.out, "{line}").expect("a String takes all");
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<PodEvent> {
        match effect {
            Effect::Run { id, work } => {
                if !matches!(work, Work::WriteStatus { .. }) {
                    self.say(describe(&work));
                }
                if self.held.iter().any(|held| held == work.name()) {
                    self.pending.push((id, work));
                    return None;
                }
                let outcome = self.answer(work);
                Some(PodEvent::Done { id, outcome })
            }
            Effect::Cancel(id) => {
                let at = self.pending.iter().position(|(pending, _)| *pending == id);
                let what = at.map(|at| self.pending.remove(at).1.name());
                self.say(format!("  cancel {}", what.unwrap_or("?")));
                None
            }
            Effect::Note(note) => {
                let about = note.container.map(|name| format!(" {name}")).unwrap_or_default();
                self.say(format!("  event{about} {}: {}", note.reason, note.message));
                None
            }
            Effect::StartProbe { key, container } => {
                self.say(format!("  probe {container} {}", key.kind.title()));
                None
            }
            Effect::StopProbe(key) => {
                self.say(format!("  stop-probe {} {}", key.container_id, key.kind.title()));
                None
            }
            Effect::Forget => {
                self.say("  forget");
                None
            }
        }
    }

    fn answer(&mut self, work: Work) -> Outcome {
        if let Some(at) = self.failures.iter().position(|(name, _)| name == work.name()) {
            let (_, text) = self.failures.remove(at);
            return match work {
                Work::MountVolumes => Outcome::MountFailed(vec![text]),
                Work::RunSandbox { .. } => Outcome::SandboxFailed(SandboxFailure::Runtime(text)),
                Work::CreateContainer { .. } if text.starts_with("config") => Outcome::ConfigFailed(text),
                Work::StartContainer { .. } => Outcome::StartFailed { error: text, container: None },
                _ => Outcome::Failed(text),
            };
        }
        match work {
            Work::MountVolumes => Outcome::Mounted { refresh_after: None },
            Work::RunSandbox { attempt } => Outcome::Sandbox(SandboxView {
                id: format!("s{attempt}"),
                attempt,
                is_ready: true,
                created_at: self.nanos(),
                ips: vec![format!("10.1.0.{}", attempt + 2)],
                is_host_network: false,
                seen: self.boot,
            }),
            Work::CheckImage { .. } => Outcome::Image((!self.missing_images).then(|| "sha256:1".into())),
            Work::PullImage { .. } => {
                Outcome::Pulled { image_ref: "sha256:1".into(), bytes: 7, pull_time: Duration::from_millis(1_500) }
            }
            Work::CreateContainer { container, attempt, sandbox_id, .. } => {
                self.made += 1;
                Outcome::Container(Box::new(ContainerView {
                    id: format!("{container}{attempt}"),
                    sandbox_id,
                    attempt,
                    state: ContainerState::Created,
                    hash: container_hash(&spec::any_container(&self.pod, &container).expect("in the spec")),
                    name: container,
                    created_at: self.nanos() + i64::from(self.made),
                    started_at: 0,
                    finished_at: 0,
                    exit_code: 0,
                    reason: String::new(),
                    message: String::new(),
                    image: "app:1".into(),
                    image_ref: "sha256:1".into(),
                    user: None,
                    seen: self.boot,
                }))
            }
            Work::StartContainer { container_id, .. } => self.changed(&container_id, |view, now| {
                view.state = ContainerState::Running;
                view.started_at = now;
            }),
            Work::StopContainer { container_id, .. } => match self.changed(&container_id, |view, now| {
                view.state = ContainerState::Exited;
                view.exit_code = 143;
                view.reason = "Error".into();
                view.finished_at = now;
            }) {
                Outcome::Container(view) => Outcome::Stopped(Some(view)),
                other => other,
            },
            Work::WriteStatus { status, .. } => {
                self.say(format!("  status {}", brief(&status)));
                self.revision += 1;
                Outcome::Written { status, revision: self.revision }
            }
            _ => Outcome::Ok,
        }
    }

    fn changed(&self, id: &str, change: impl Fn(&mut ContainerView, i64)) -> Outcome {
        let Some(mut view) = self.record.view.container(id).cloned() else { return Outcome::NotFound };
        change(&mut view, self.nanos());
        Outcome::Container(Box::new(view))
    }

    /// Ticks as often as the record asks for until `delay` is over.
    fn advance(&mut self, delay: Duration) {
        let end = self.boot + delay;
        for _ in 0..1_000 {
            match self.record.wake_at(self.now()).filter(|at| *at <= end) {
                Some(at) => {
                    self.boot = self.boot.max(at);
                    self.happen(PodEvent::Tick);
                }
                None => {
                    self.boot = end;
                    return;
                }
            }
        }
        panic!("the record never sleeps");
    }

    fn update(&mut self) {
        self.revision += 1;
        let mut pod = self.pod.clone();
        pod.status = Some(self.record.api_status.clone());
        self.happen(PodEvent::Updated { pod: Arc::new(pod), revision: self.revision });
    }

    fn command(&mut self, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        self.say(format!("> {line}"));
        match words[0] {
            "add" => self.update(),
            "quiet" => self.is_quiet = true,
            "loud" => self.is_quiet = false,
            "missing" => self.missing_images = true,
            "hold" => self.held.push(words[1].into()),
            "fail" => self.failures.push((words[1].into(), words[2..].join(" "))),
            "answer" => self.release(words[1]),
            "advance" => self.advance(Duration::from_secs(words[1].parse().expect("seconds"))),
            "exit" => self.exit(words[1], words[2].parse().expect("a code")),
            "probe" => self.probe(words[1], words[2], words[3] == "ok"),
            "sandbox-dies" => self.sandbox_dies(),
            "vanish" => {
                self.boot += Duration::from_secs(1);
                let since = Some(self.boot);
                self.happen(PodEvent::Observed(Observation { complete_since: since, ..Observation::default() }));
            }
            "delete" => {
                let grace = words.get(1).map_or(30, |word| word.parse().expect("seconds"));
                self.pod.metadata.deletion_timestamp =
                    Some(api::k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(self.now().wall));
                self.pod.metadata.deletion_grace_period_seconds = Some(grace);
                self.update();
            }
            "gone" => self.happen(PodEvent::Gone),
            "reject" => self.happen(PodEvent::Rejected { reason: words[1].into(), message: words[2..].join(" ") }),
            "changed" => self.happen(PodEvent::SourceChanged),
            "status" => {
                let text = full(&self.record.status);
                self.say(text);
            }
            "restart-kubelet" => {
                let mut pod = self.pod.clone();
                pod.status = Some(self.record.api_status.clone());
                let (view, facts) = (self.record.view.clone(), Arc::clone(&self.record.facts));
                let checkpoint = self.record.resize.checkpoint();
                self.record = PodRecord::new(Arc::new(pod), self.revision, view, facts);
                self.record.resume(Some(checkpoint));
                self.update();
            }
            "limit" => {
                let container = self.pod.spec.as_mut().expect("a spec").containers.iter_mut();
                let mut named = container.filter(|container| container.name == words[1]);
                let resources = named.next().expect("a container").resources.get_or_insert_default();
                let limits = resources.limits.get_or_insert_default();
                limits.insert("cpu".into(), Quantity(words[2].into()));
                self.pod.metadata.generation = Some(spec::generation(&self.pod) + 1);
                self.update();
            }
            "room" => self.happen(PodEvent::ResizeAdmitted),
            "no-room" => {
                self.happen(PodEvent::ResizeRefused { reason: "OutOfcpu".into(), message: words[1..].join(" ") });
            }
            "debug" => {
                let target = words.get(2).map(|word| (*word).to_owned());
                self.pod.spec.as_mut().expect("a spec").ephemeral_containers.get_or_insert_default().push(
                    EphemeralContainer {
                        name: words[1].into(),
                        image: Some("debug:1".into()),
                        target_container_name: target,
                        ..EphemeralContainer::default()
                    },
                );
                self.update();
            }
            other => panic!("unknown command {other}"),
        }
    }

    fn release(&mut self, name: &str) {
        self.held.retain(|held| held != name);
        let (ready, rest) = std::mem::take(&mut self.pending).into_iter().partition(|(_, work)| work.name() == name);
        self.pending = rest;
        for (id, work) in ready {
            let outcome = self.answer(work);
            self.happen(PodEvent::Done { id, outcome });
        }
    }

    fn exit(&mut self, name: &str, code: i32) {
        let now = self.nanos();
        let mut view = self.record.view.newest(name).expect("a container").clone();
        view.state = ContainerState::Exited;
        view.exit_code = code;
        view.reason = if code == 0 { "Completed" } else { "Error" }.into();
        view.finished_at = now;
        self.happen(PodEvent::Observed(Observation { containers: vec![view], ..Observation::default() }));
    }

    fn probe(&mut self, name: &str, kind: &str, is_ok: bool) {
        let container_id = self.record.view.newest(name).expect("a container").id.clone();
        let kind = ProbeKind::ALL.into_iter().find(|k| k.title().to_lowercase() == kind).expect("a kind");
        let verdict = if is_ok { Verdict::Success } else { Verdict::Failure };
        self.happen(PodEvent::Probed { key: ProbeKey { container_id, kind }, verdict });
    }

    fn sandbox_dies(&mut self) {
        let mut report = Observation { sandboxes: self.record.view.sandboxes.clone(), ..Observation::default() };
        report.sandboxes[0].is_ready = false;
        for mut view in self.record.view.containers.clone() {
            if view.may_run() {
                view.state = ContainerState::Exited;
                view.exit_code = 137;
                view.reason = "Error".into();
                view.finished_at = self.nanos();
                report.containers.push(view);
            }
        }
        self.happen(PodEvent::Observed(report));
    }
}

fn describe(work: &Work) -> String {
    let name = work.name();
    match work {
        Work::RunSandbox { attempt } => format!("{name} {attempt}"),
        Work::CheckImage { container, image } | Work::PullImage { container, image } => {
            format!("{name} {container} {image}")
        }
        Work::CreateContainer { container, attempt, sandbox_id, pid_target, .. } => {
            let beside = pid_target.as_ref().map(|target| format!(" beside {target}")).unwrap_or_default();
            format!("{name} {container} {attempt} in {sandbox_id}{beside}")
        }
        Work::Resize { updates, .. } => {
            let changed = updates.iter().map(|update| format!(" {}", update.container_id));
            format!("{name}{}", changed.collect::<String>())
        }
        Work::StartContainer { container_id, .. } | Work::PostStart { container_id, .. } => {
            format!("{name} {container_id}")
        }
        Work::PreStop { container_id, timeout, .. } => format!("{name} {container_id} {}s", timeout.as_secs_f32()),
        Work::StopContainer { container_id, timeout_seconds, .. } => {
            format!("{name} {container_id} {timeout_seconds}s")
        }
        Work::RemoveContainer { container_id, .. } => format!("{name} {container_id}"),
        Work::StopSandbox { sandbox_id } => format!("{name} {sandbox_id}"),
        Work::Purge { containers, sandboxes } => format!("{name} {} {}", containers.join(","), sandboxes.join(",")),
        _ => name.to_owned(),
    }
}

fn state(status: &ContainerStatus) -> String {
    let state = status.state.clone().unwrap_or_default();
    let text = if state.running.is_some() {
        "running".to_owned()
    } else if let Some(end) = state.terminated {
        format!("{}({})", end.reason.unwrap_or_default(), end.exit_code)
    } else {
        state.waiting.and_then(|waiting| waiting.reason).unwrap_or_else(|| "waiting".into())
    };
    let ready = if status.ready { "+" } else { "" };
    format!("{}={text}{ready}#{}", status.name, status.restart_count)
}

fn brief(status: &PodStatus) -> String {
    let mut out = status.phase.clone().unwrap_or_default();
    if let Some(reason) = &status.reason {
        write!(out, "/{reason}").expect("a String takes all");
    }
    for container in status.init_container_statuses.iter().chain(&status.container_statuses).flatten() {
        write!(out, " {}", state(container)).expect("a String takes all");
    }
    for container in status.ephemeral_container_statuses.iter().flatten() {
        write!(out, " ~{}", state(container)).expect("a String takes all");
    }
    for condition in status.conditions.iter().flatten().filter(|c| c.type_.starts_with("PodResize")) {
        let reason = condition.reason.as_deref().unwrap_or("");
        write!(out, " {}:{reason}", condition.type_).expect("a String takes all");
    }
    let is_ready = status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
    if is_ready {
        out.push_str(" Ready");
    }
    if let Some(ip) = &status.pod_ip {
        write!(out, " {ip}").expect("a String takes all");
    }
    out
}

fn full(status: &PodStatus) -> String {
    let mut out = brief(status);
    if let Some(message) = &status.message {
        write!(out, "\n  message: {message}").expect("a String takes all");
    }
    for condition in status.conditions.iter().flatten() {
        let reason = condition.reason.as_deref().map(|reason| format!(" {reason}")).unwrap_or_default();
        let message = condition.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        write!(out, "\n  {}={}{reason}{message}", condition.type_, condition.status).expect("a String takes all");
    }
    for container in status.init_container_statuses.iter().chain(&status.container_statuses).flatten() {
        let waiting = container.state.as_ref().and_then(|state| state.waiting.as_ref());
        if let Some(message) = waiting.and_then(|waiting| waiting.message.as_ref()) {
            write!(out, "\n  {}: {message}", container.name).expect("a String takes all");
        }
        let last = container.last_state.as_ref().and_then(|last| last.terminated.as_ref());
        if let Some(last) = last {
            let reason = last.reason.as_deref().unwrap_or_default();
            write!(out, "\n  {} last: {reason} {}", container.name, last.exit_code).expect("a String takes all");
        }
    }
    out
}

#[track_caller]
fn check(pod: &str, commands: &str, expected: Expect) {
    let mut world = World::new(pod);
    for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        world.command(line);
    }
    expected.assert_eq(&world.out);
}

#[test]
fn a_pod_is_set_up_in_parallel_and_its_containers_start_one_after_another() {
    check(
        "container a\ncontainer b",
        "add\nstatus",
        expect![[r#"
        > add
          status Pending a=ContainerCreating#0 b=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 b=ContainerCreating#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Created: Container created
        start-container a0
          event a Started: Container started
          status Pending a=running+#0 b=ContainerCreating#0 10.1.0.2
        check-image b app:1
          event b Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container b 0 in s0
          event b Created: Container created
        start-container b0
          event b Started: Container started
          status Running a=running+#0 b=running+#0 Ready 10.1.0.2
        > status
        Running a=running+#0 b=running+#0 Ready 10.1.0.2
          PodReadyToStartContainers=True
          Initialized=True
          Ready=True
          ContainersReady=True
          PodScheduled=True
    "#]],
    );
}

#[test]
fn a_mount_failure_holds_the_containers_back_but_not_the_sandbox() {
    check(
        "container a",
        "fail mount-volumes MountVolume.SetUp failed\nfail mount-volumes MountVolume.SetUp failed\nadd\nstatus\nadvance 1\nadvance 1",
        expect![[r#"
            > fail mount-volumes MountVolume.SetUp failed
            > fail mount-volumes MountVolume.SetUp failed
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              event FailedMount: MountVolume.SetUp failed
            > status
            Pending a=ContainerCreating#0
              PodReadyToStartContainers=False
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
            > advance 1
            mount-volumes
              event FailedMount: MountVolume.SetUp failed
            > advance 1
            mount-volumes
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running+#0 Ready 10.1.0.2
        "#]],
    );
}

#[test]
fn init_containers_run_in_order_and_sidecars_stay() {
    check(
        "init one\nsidecar proxy startupProbe\ninit two\ncontainer main",
        "add\nexit one 0\nprobe proxy startup ok\nexit two 0\nstatus",
        expect![[r#"
            > add
              status Pending one=PodInitializing#0 proxy=PodInitializing#0 two=PodInitializing#0 main=PodInitializing#0
            mount-volumes
            run-sandbox 0
              status Pending one=PodInitializing#0 proxy=PodInitializing#0 two=PodInitializing#0 main=PodInitializing#0 10.1.0.2
            check-image one app:1
              event one Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container one 0 in s0
              event one Created: Container created
            start-container one0
              event one Started: Container started
              status Pending one=running#0 proxy=PodInitializing#0 two=PodInitializing#0 main=PodInitializing#0 10.1.0.2
            > exit one 0
              status Pending one=Completed(0)+#0 proxy=PodInitializing#0 two=PodInitializing#0 main=PodInitializing#0 10.1.0.2
            check-image proxy app:1
              event proxy Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container proxy 0 in s0
              event proxy Created: Container created
            start-container proxy0
              event proxy Started: Container started
              status Pending one=Completed(0)+#0 proxy=running#0 two=PodInitializing#0 main=PodInitializing#0 10.1.0.2
              probe proxy Startup
            > probe proxy startup ok
              status Pending one=Completed(0)+#0 proxy=running+#0 two=PodInitializing#0 main=PodInitializing#0 10.1.0.2
            check-image two app:1
              stop-probe proxy0 Startup
              event two Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container two 0 in s0
              event two Created: Container created
            start-container two0
              event two Started: Container started
              status Pending one=Completed(0)+#0 proxy=running+#0 two=running#0 main=PodInitializing#0 10.1.0.2
            > exit two 0
              status Pending one=Completed(0)+#0 proxy=running+#0 two=Completed(0)+#0 main=PodInitializing#0 10.1.0.2
            check-image main app:1
              event main Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container main 0 in s0
              event main Created: Container created
            start-container main0
              event main Started: Container started
              status Running one=Completed(0)+#0 proxy=running+#0 two=Completed(0)+#0 main=running+#0 Ready 10.1.0.2
            > status
            Running one=Completed(0)+#0 proxy=running+#0 two=Completed(0)+#0 main=running+#0 Ready 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=True
              ContainersReady=True
              PodScheduled=True
        "#]],
    );
}

#[test]
fn a_failed_init_container_fails_a_pod_that_never_restarts() {
    check(
        "pod restartPolicy=Never\ninit one\ncontainer main",
        "add\nexit one 3\nstatus",
        expect![[r#"
        > add
          status Pending one=PodInitializing#0 main=PodInitializing#0
        mount-volumes
        run-sandbox 0
          status Pending one=PodInitializing#0 main=PodInitializing#0 10.1.0.2
        check-image one app:1
          event one Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container one 0 in s0
          event one Created: Container created
        start-container one0
          event one Started: Container started
          status Pending one=running#0 main=PodInitializing#0 10.1.0.2
        > exit one 3
          status Pending one=Error(3)#0 main=PodInitializing#0 10.1.0.2
        stop-sandbox s0
          status Pending one=Error(3)#0 main=PodInitializing#0 10.1.0.2
        release
          status Failed one=Error(3)#0 main=PodInitializing#0 10.1.0.2
        > status
        Failed one=Error(3)#0 main=PodInitializing#0 10.1.0.2
          PodReadyToStartContainers=False
          Initialized=False ContainersNotInitialized: containers with incomplete status: [one]
          Ready=False PodFailed
          ContainersReady=False PodFailed
          PodScheduled=True
    "#]],
    );
}

#[test]
fn an_end_that_is_seen_before_the_answer_to_the_start_hides_no_event() {
    check(
        "pod restartPolicy=Never\ncontainer a",
        "hold start-container\nadd\nexit a 0\nanswer start-container",
        expect![[r#"
            > hold start-container
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
            > exit a 0
              status Pending a=Completed(0)#0 10.1.0.2
            > answer start-container
              event a Started: Container started
            stop-sandbox s0
              status Pending a=Completed(0)#0 10.1.0.2
            release
              status Succeeded a=Completed(0)#0 10.1.0.2
        "#]],
    );
}

#[test]
fn a_crashing_container_restarts_at_once_and_then_backs_off() {
    check(
        "container a",
        "add\nexit a 1\nadvance 1\nexit a 1\nstatus\nadvance 10\nexit a 1\nadvance 19\nadvance 1",
        expect![[r#"
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running+#0 Ready 10.1.0.2
            > exit a 1
              status Running a=Error(1)#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 1 in s0
              event a Created: Container created
            start-container a1
              event a Started: Container started
              status Running a=running+#1 Ready 10.1.0.2
            > advance 1
            > exit a 1
              status Running a=Error(1)#1 10.1.0.2
              event a BackOff: Back-off restarting failed container a in pod p_ns(u)
              status Running a=CrashLoopBackOff#1 10.1.0.2
            > status
            Running a=CrashLoopBackOff#1 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
              a: back-off 10s restarting failed container=a pod=p_ns(u)
              a last: Error 1
            > advance 10
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 2 in s0
              event a Created: Container created
            start-container a2
              event a Started: Container started
            remove-container a0
              status Running a=running+#2 Ready 10.1.0.2
            > exit a 1
              status Running a=Error(1)#2 10.1.0.2
              event a BackOff: Back-off restarting failed container a in pod p_ns(u)
              status Running a=CrashLoopBackOff#2 10.1.0.2
            > advance 19
            > advance 1
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 3 in s0
              event a Created: Container created
            start-container a3
              event a Started: Container started
            remove-container a1
              status Running a=running+#3 Ready 10.1.0.2
        "#]],
    );
}

#[test]
fn a_container_that_ran_for_long_starts_over_with_the_first_back_off() {
    check(
        "container a",
        "quiet\nadd\nexit a 1\nexit a 1\nadvance 10\nadvance 700\nloud\nexit a 1",
        expect![[r#"
        > quiet
        > exit a 1
          status Running a=Error(1)#2 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 3 in s0
          event a Created: Container created
        start-container a3
          event a Started: Container started
        remove-container a1
          status Running a=running+#3 Ready 10.1.0.2
    "#]],
    );
}

#[test]
fn a_finished_job_succeeds_only_when_its_sandbox_has_stopped() {
    check(
        "pod restartPolicy=OnFailure\ncontainer a",
        "add\nhold stop-sandbox\nexit a 0\nanswer stop-sandbox\nstatus",
        expect![[r#"
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running+#0 Ready 10.1.0.2
            > hold stop-sandbox
            > exit a 0
              status Running a=Completed(0)#0 10.1.0.2
            stop-sandbox s0
            > answer stop-sandbox
              status Running a=Completed(0)#0 10.1.0.2
            release
              status Succeeded a=Completed(0)#0 10.1.0.2
            > status
            Succeeded a=Completed(0)#0 10.1.0.2
              PodReadyToStartContainers=False
              Initialized=True PodCompleted
              Ready=False PodCompleted
              ContainersReady=False PodCompleted
              PodScheduled=True
        "#]],
    );
}

#[test]
fn a_missing_image_is_pulled_and_a_failed_pull_backs_off() {
    check(
        "container a",
        "missing\nfail pull-image no such host\nadd\nstatus\nadvance 1\nstatus\nadvance 9",
        expect![[r#"
            > missing
            > fail pull-image no such host
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulling: Pulling image "app:1"
            pull-image a app:1
              event a Failed: Failed to pull image "app:1": no such host
              event a Failed: Error: ErrImagePull
              status Pending a=ErrImagePull#0 10.1.0.2
            > status
            Pending a=ErrImagePull#0 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
              a: no such host
            > advance 1
            check-image a app:1
              event a BackOff: Back-off pulling image "app:1"
              event a Failed: Error: ImagePullBackOff
              status Pending a=ImagePullBackOff#0 10.1.0.2
            > status
            Pending a=ImagePullBackOff#0 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
              a: Back-off pulling image "app:1": ErrImagePull: no such host
            > advance 9
            check-image a app:1
              event a Pulling: Pulling image "app:1"
            pull-image a app:1
              event a Pulled: Successfully pulled image "app:1" in 1.5s (1.5s including waiting). Image size: 7 bytes.
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running+#0 Ready 10.1.0.2
        "#]],
    );
}

#[test]
fn an_absent_image_that_is_never_pulled_is_an_error() {
    check(
        "container a pull=Never",
        "missing\nadd\nstatus",
        expect![[r#"
        > missing
        > add
          status Pending a=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 10.1.0.2
        check-image a app:1
          event a ErrImageNeverPull: Container image "app:1" is not present with pull policy of Never
          event a Failed: Error: ErrImageNeverPull
          status Pending a=ErrImageNeverPull#0 10.1.0.2
        > status
        Pending a=ErrImageNeverPull#0 10.1.0.2
          PodReadyToStartContainers=True
          Initialized=True
          Ready=False ContainersNotReady: containers with unready status: [a]
          ContainersReady=False ContainersNotReady: containers with unready status: [a]
          PodScheduled=True
          a: Container image "app:1" is not present with pull policy of Never
    "#]],
    );
}

#[test]
fn an_unreadable_image_name_is_an_error() {
    check(
        "container a image=BAD",
        "add\nstatus",
        expect![[r#"
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
              event a InspectFailed: Failed to apply default image tag "BAD": couldn't parse image name "BAD": repository name must be lowercase
              event a Failed: Error: InvalidImageName
              status Pending a=InvalidImageName#0 10.1.0.2
            > status
            Pending a=InvalidImageName#0 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
              a: Failed to apply default image tag "BAD": couldn't parse image name "BAD": repository name must be lowercase
        "#]],
    );
}

#[test]
fn a_missing_config_map_is_tried_again_when_it_appears() {
    check(
        "container a",
        "fail create-container config map x not found\nadd\nstatus\nchanged",
        expect![[r#"
        > fail create-container config map x not found
        > add
          status Pending a=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Failed: Error: config map x not found
          status Pending a=CreateContainerConfigError#0 10.1.0.2
        > status
        Pending a=CreateContainerConfigError#0 10.1.0.2
          PodReadyToStartContainers=True
          Initialized=True
          Ready=False ContainersNotReady: containers with unready status: [a]
          ContainersReady=False ContainersNotReady: containers with unready status: [a]
          PodScheduled=True
          a: config map x not found
        > changed
        mount-volumes
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Created: Container created
        start-container a0
          event a Started: Container started
          status Running a=running+#0 Ready 10.1.0.2
    "#]],
    );
}

#[test]
fn a_container_that_cannot_be_started_counts_as_a_crash() {
    check(
        "container a",
        "fail start-container exec: no such file\nadd\nstatus",
        expect![[r#"
        > fail start-container exec: no such file
        > add
          status Pending a=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Created: Container created
        start-container a0
          event a Failed: Error: exec: no such file
          status Running a=RunContainerError#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 1 in s0
          event a Created: Container created
        start-container a1
          event a Started: Container started
          status Running a=running+#1 Ready 10.1.0.2
        > status
        Running a=running+#1 Ready 10.1.0.2
          PodReadyToStartContainers=True
          Initialized=True
          Ready=True
          ContainersReady=True
          PodScheduled=True
          a last: StartError 128
    "#]],
    );
}

#[test]
fn a_failed_post_start_hook_kills_the_container() {
    check(
        "container a postStart",
        "fail post-start hook said no\nadd\nstatus",
        expect![[r#"
        > fail post-start hook said no
        > add
          status Pending a=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Created: Container created
        start-container a0
          event a Started: Container started
        post-start a0
          event a FailedPostStartHook: PostStartHook failed
          event a Killing: FailedPostStartHook
        stop-container a0 30s
          status Running a=PostStartHookError#0 10.1.0.2
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 1 in s0
          event a Created: Container created
        start-container a1
          event a Started: Container started
        post-start a1
          status Running a=Error(143)#0 10.1.0.2
          status Running a=running+#1 Ready 10.1.0.2
        > status
        Running a=running+#1 Ready 10.1.0.2
          PodReadyToStartContainers=True
          Initialized=True
          Ready=True
          ContainersReady=True
          PodScheduled=True
          a last: Error 143
    "#]],
    );
}

#[test]
fn readiness_follows_the_probe_and_liveness_restarts() {
    check(
        "container a startupProbe livenessProbe readinessProbe",
        "add\nprobe a startup ok\nprobe a readiness ok\nprobe a readiness bad\nprobe a liveness bad\nstatus",
        expect![[r#"
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running#0 10.1.0.2
              probe a Startup
            > probe a startup ok
              status Running a=running#0 10.1.0.2
              stop-probe a0 Startup
              probe a Liveness
              probe a Readiness
            > probe a readiness ok
              status Running a=running+#0 Ready 10.1.0.2
            > probe a readiness bad
              status Running a=running#0 10.1.0.2
            > probe a liveness bad
              event a Killing: Container a failed liveness probe, will be restarted
            stop-container a0 30s
              stop-probe a0 Liveness
            check-image a app:1
              stop-probe a0 Readiness
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 1 in s0
              event a Created: Container created
            start-container a1
              event a Started: Container started
              status Running a=running#1 10.1.0.2
              probe a Startup
            > status
            Running a=running#1 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=False ContainersNotReady: containers with unready status: [a]
              ContainersReady=False ContainersNotReady: containers with unready status: [a]
              PodScheduled=True
              a last: Error 143
        "#]],
    );
}

#[test]
fn a_deleted_pod_is_stopped_gracefully_reported_and_deleted() {
    check(
        "container a preStop readinessProbe",
        "add\nhold pre-stop\ndelete 20\nadvance 3\nanswer pre-stop\nstatus\ngone",
        expect![[r#"
            > add
              status Pending a=ContainerCreating#0
            mount-volumes
            run-sandbox 0
              status Pending a=ContainerCreating#0 10.1.0.2
            check-image a app:1
              event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container a 0 in s0
              event a Created: Container created
            start-container a0
              event a Started: Container started
              status Running a=running#0 10.1.0.2
              probe a Readiness
            > hold pre-stop
            > delete 20
              event a Killing: Stopping container a
            pre-stop a0 20s
            > advance 3
            > answer pre-stop
            stop-container a0 17s
              status Running a=Error(143)#0 10.1.0.2
            stop-sandbox s0
              stop-probe a0 Readiness
              status Running a=Error(143)#0 10.1.0.2
            release
              status Failed a=Error(143)#0 10.1.0.2
            delete-pod
            > status
            Failed a=Error(143)#0 10.1.0.2
              PodReadyToStartContainers=False
              Initialized=True
              Ready=False PodFailed
              ContainersReady=False PodFailed
              PodScheduled=True
            > gone
            purge a0 s0
              forget
        "#]],
    );
}

#[test]
fn a_pre_stop_hook_does_not_outlive_the_grace_period() {
    check(
        "container a preStop",
        "quiet\nadd\nhold pre-stop\nhold stop-container\nloud\ndelete 20\nadvance 5\ndelete 6",
        expect![[r#"
            > quiet
            > delete 20
              event a Killing: Stopping container a
            pre-stop a0 20s
            > advance 5
            > delete 6
              cancel pre-stop
            pre-stop a0 1s
        "#]],
    );
}

#[test]
fn a_shorter_grace_period_overtakes_a_stop() {
    check(
        "container a",
        "quiet\nadd\nhold stop-container\nloud\ndelete 30\nadvance 5\ndelete 6\nanswer stop-container",
        expect![[r#"
            > quiet
            > delete 30
              event a Killing: Stopping container a
            stop-container a0 30s
            > advance 5
            > delete 6
              cancel stop-container
            stop-container a0 2s
            > answer stop-container
              status Running a=Error(143)#0 10.1.0.2
            stop-sandbox s0
              status Running a=Error(143)#0 10.1.0.2
            release
              status Failed a=Error(143)#0 10.1.0.2
            delete-pod
        "#]],
    );
}

#[test]
fn sidecars_stop_after_the_containers() {
    check(
        "sidecar one\nsidecar two\ncontainer main",
        "quiet\nadd\nhold stop-container\nloud\ndelete 30\nexit main 0\nexit two 0\nexit one 0",
        expect![[r#"
            > quiet
            > delete 30
              event main Killing: Stopping container main
              event two Killing: Stopping container two
              event one Killing: Stopping container one
            stop-container main0 30s
            > exit main 0
              status Running one=running+#0 two=running+#0 main=Completed(0)#0 10.1.0.2
            stop-container two0 30s
            > exit two 0
              status Running one=running+#0 two=Completed(0)#0 main=Completed(0)#0 10.1.0.2
            stop-container one0 30s
            > exit one 0
              status Running one=Completed(0)#0 two=Completed(0)#0 main=Completed(0)#0 10.1.0.2
            stop-sandbox s0
              status Running one=Completed(0)#0 two=Completed(0)#0 main=Completed(0)#0 10.1.0.2
            release
              status Succeeded one=Completed(0)#0 two=Completed(0)#0 main=Completed(0)#0 10.1.0.2
            delete-pod
        "#]],
    );
}

#[test]
fn a_deletion_overtakes_and_cancels_a_pull() {
    check(
        "container a pull=Always",
        "hold pull-image\nadd\ndelete 30\ngone",
        expect![[r#"
        > hold pull-image
        > add
          status Pending a=ContainerCreating#0
        mount-volumes
        run-sandbox 0
          status Pending a=ContainerCreating#0 10.1.0.2
          event a Pulling: Pulling image "app:1"
        pull-image a app:1
        > delete 30
          cancel pull-image
        stop-sandbox s0
          status Pending a=ContainerCreating#0 10.1.0.2
        release
          status Failed a=ContainerStatusUnknown(137)#0 10.1.0.2
        delete-pod
        > gone
        purge  s0
          forget
    "#]],
    );
}

#[test]
fn a_lost_sandbox_is_made_again_with_its_init_containers() {
    check(
        "init one\ncontainer main",
        "quiet\nadd\nexit one 0\nloud\nsandbox-dies\nexit one 0\nstatus",
        expect![[r#"
        > quiet
        > sandbox-dies
          status Running one=Completed(0)+#0 main=Error(137)#0
          event SandboxChanged: Pod sandbox changed, it will be killed and re-created.
        stop-sandbox s0
        remove-container one0
        run-sandbox 1
          status Running one=Completed(0)+#0 main=Error(137)#0 10.1.0.3
        check-image one app:1
          event one Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container one 1 in s1
          event one Created: Container created
        start-container one1
          event one Started: Container started
          status Pending one=running#1 main=Error(137)#0 10.1.0.3
        > exit one 0
          status Running one=Completed(0)+#1 main=Error(137)#0 10.1.0.3
        check-image main app:1
          event main Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container main 1 in s1
          event main Created: Container created
        start-container main1
          event main Started: Container started
          status Running one=Completed(0)+#1 main=running+#1 Ready 10.1.0.3
        > status
        Running one=Completed(0)+#1 main=running+#1 Ready 10.1.0.3
          PodReadyToStartContainers=True
          Initialized=True
          Ready=True
          ContainersReady=True
          PodScheduled=True
          one last: Completed 0
          main last: Error 137
    "#]],
    );
}

#[test]
fn a_container_that_vanished_is_reported_as_unknown_and_started_again() {
    check(
        "container a",
        "quiet\nadd\nloud\nhold run-sandbox\nvanish\nstatus",
        expect![[r#"
        > quiet
        > hold run-sandbox
        > vanish
          status Running a=ContainerCreating#1
        run-sandbox 0
        > status
        Running a=ContainerCreating#1
          PodReadyToStartContainers=False
          Initialized=True
          Ready=False ContainersNotReady: containers with unready status: [a]
          ContainersReady=False ContainersNotReady: containers with unready status: [a]
          PodScheduled=True
          a last: ContainerStatusUnknown 137
    "#]],
    );
}

#[test]
fn a_pod_past_its_deadline_is_stopped_and_fails() {
    check(
        "pod activeDeadlineSeconds=60\ncontainer a",
        "quiet\nadd\nloud\nadvance 59\nadvance 1\nstatus",
        expect![[r#"
            > quiet
            > advance 59
            > advance 1
              event DeadlineExceeded: Pod was active on the node longer than the specified deadline
              status Running a=running+#0 10.1.0.2
              event a Killing: Stopping container a
            stop-container a0 30s
              status Running a=Error(143)#0 10.1.0.2
            stop-sandbox s0
              status Running a=Error(143)#0 10.1.0.2
            release
              status Failed/DeadlineExceeded a=Error(143)#0 10.1.0.2
            > status
            Failed/DeadlineExceeded a=Error(143)#0 10.1.0.2
              message: Pod was active on the node longer than the specified deadline
              PodReadyToStartContainers=False
              Initialized=True
              Ready=False PodFailed
              ContainersReady=False PodFailed
              PodScheduled=True
        "#]],
    );
}

#[test]
fn a_refused_pod_fails_without_running() {
    check(
        "container a",
        "reject OutOfcpu Node didn't have enough resource: cpu\nstatus",
        expect![[r#"
        > reject OutOfcpu Node didn't have enough resource: cpu
          event OutOfcpu: Node didn't have enough resource: cpu
          status Failed/OutOfcpu
        release
        > status
        Failed/OutOfcpu
          message: Pod was rejected: Node didn't have enough resource: cpu
    "#]],
    );
}

#[test]
fn a_restart_of_the_kubelet_changes_nothing() {
    check(
        "container a readinessProbe",
        "quiet\nadd\nprobe a readiness ok\nloud\nrestart-kubelet\nstatus",
        expect![[r#"
            > quiet
            > restart-kubelet
            mount-volumes
              probe a Readiness
            > status
            Running a=running+#0 Ready 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=True
              ContainersReady=True
              PodScheduled=True
        "#]],
    );
}

#[test]
fn a_failed_status_write_is_repeated() {
    check(
        "container a",
        "fail write-status connection refused\nadd\nadvance 1",
        expect![[r#"
        > fail write-status connection refused
        > add
        mount-volumes
        run-sandbox 0
        check-image a app:1
          event a Pulled: Container image "app:1" already present on machine and can be accessed by the pod
        create-container a 0 in s0
          event a Created: Container created
        start-container a0
          event a Started: Container started
        > advance 1
          status Running a=running+#0 Ready 10.1.0.2
    "#]],
    );
}

#[test]
fn an_ephemeral_container_is_started_once_and_shows_in_the_status() {
    check(
        "pod restartPolicy=Always\ncontainer web",
        "quiet\nadd\nloud\ndebug look web\nexit look 1\nquiet\nadvance 30\nloud\nstatus",
        expect![[r#"
            > quiet
            > debug look web
              status Running web=running+#0 ~look=ContainerCreating#0 Ready 10.1.0.2
            check-image look debug:1
              event look Pulled: Container image "debug:1" already present on machine and can be accessed by the pod
            create-container look 0 in s0 beside web0
              event look Created: Container created
            start-container look0
              event look Started: Container started
              status Running web=running+#0 ~look=running#0 Ready 10.1.0.2
            > exit look 1
              status Running web=running+#0 ~look=Error(1)#0 Ready 10.1.0.2
            > quiet
            > status
            Running web=running+#0 ~look=Error(1)#0 Ready 10.1.0.2
              PodReadyToStartContainers=True
              Initialized=True
              Ready=True
              ContainersReady=True
              PodScheduled=True
        "#]],
    );
}

#[test]
fn a_resize_waits_for_room_and_then_changes_what_runs() {
    check(
        "container web cpu=1",
        "quiet\nadd\nloud\nlimit web 2\nno-room not enough\nroom\nrestart-kubelet",
        expect![[r#"
            > quiet
            > limit web 2
            > no-room not enough
              event ResizeDeferred: Pod resize Deferred: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1,"error":"not enough"}
              status Running web=running+#0 PodResizePending:Deferred Ready 10.1.0.2
            > room
              event ResizeStarted: Pod resize started: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              status Running web=running+#0 PodResizeInProgress: Ready 10.1.0.2
            resize web0
              status Running web=running+#0 PodResizeInProgress: Ready 10.1.0.2
              event ResizeCompleted: Pod resize completed: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              status Running web=running+#0 Ready 10.1.0.2
            > restart-kubelet
            mount-volumes
        "#]],
    );
}

#[test]
fn a_resize_policy_restarts_the_container_at_once() {
    check(
        "pod restartPolicy=Never\ncontainer web cpu=1 resize=RestartContainer",
        "quiet\nadd\nloud\nlimit web 2\nroom",
        expect![[r#"
            > quiet
            > limit web 2
            > room
              event ResizeStarted: Pod resize started: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              status Running web=running+#0 PodResizeInProgress: Ready 10.1.0.2
              event web Killing: Container web resize requires restart
            resize
            stop-container web0 30s
            check-image web app:1
              event ResizeCompleted: Pod resize completed: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              event web Pulled: Container image "app:1" already present on machine and can be accessed by the pod
            create-container web 1 in s0
              event web Created: Container created
            start-container web1
              event web Started: Container started
              status Running web=running+#1 Ready 10.1.0.2
        "#]],
    );
}

#[test]
fn a_resize_that_the_runtime_refuses_is_tried_again() {
    check(
        "container web cpu=1",
        "quiet\nadd\nloud\nfail resize too much\nlimit web 2\nroom\nadvance 6",
        expect![[r#"
            > quiet
            > fail resize too much
            > limit web 2
            > room
              event ResizeStarted: Pod resize started: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              status Running web=running+#0 PodResizeInProgress: Ready 10.1.0.2
            resize web0
              event ResizeError: Pod resize error: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1,"error":"too much"}
              status Running web=running+#0 PodResizeInProgress:Error Ready 10.1.0.2
            > advance 6
            resize web0
              status Running web=running+#0 PodResizeInProgress:Error Ready 10.1.0.2
              event ResizeCompleted: Pod resize completed: {"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}],"generation":1}
              status Running web=running+#0 Ready 10.1.0.2
        "#]],
    );
}
