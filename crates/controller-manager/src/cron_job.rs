//! CronJobs: a Job at each time of a schedule.

mod history;
mod schedule;

use std::time::Duration;

use apimachinery::cron::{self, Schedule};
use apimachinery::field_error::quoted;
use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::time::{self, Now, format_seconds};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::DeleteOptions;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, ObjectKey};
use client::plan::{Plan, Step, Write};
use client::resources::{CRON_JOBS, JOBS};
use client::view::{Found, Lookup, View};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::digest::{BY_CONTROLLER, NamedDigest, WorkloadDigest};
use crate::job::conditions;
use crate::pod_template::status_differs;

/// Annotation of a Job: the time for which it was made.
const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// See the module.
pub struct CronJobController;

impl Controller for CronJobController {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:cronjob-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(CRON_JOBS, NamedDigest::project).touches_itself().boxed(),
            Watch::new(JOBS, WorkloadDigest::project)
                .index(BY_CONTROLLER, WorkloadDigest::controller_index)
                .touches(touched_by_job)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<NamedDigest>(CRON_JOBS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let jobs = view.indexed::<WorkloadDigest>(JOBS, BY_CONTROLLER, &entry.digest.meta.uid);
        let mut jobs: Vec<Value> = jobs.iter().map(|job| job.value()).collect();
        jobs.sort_by(|a, b| a.name().cmp(b.name()));
        let cron = CronJob::new(entry.value(), jobs, now);
        match cron.missing_lookups(view) {
            lookups if lookups.is_empty() => cron.plan(view),
            lookups => Plan::look_up(lookups),
        }
    }
}

fn touched_by_job(_: &View, change: &Change<WorkloadDigest>, keys: &mut Vec<Key>) {
    for job in change.digests() {
        if let Some(name) = job.meta.controller_named("CronJob") {
            keys.push(Key::new(CRON_JOBS, &job.meta.namespace, name));
        }
    }
}

/// A CronJob as it is worked on.
struct CronJob {
    object: Value,
    jobs: Vec<Value>,
    now: Now,
    about: ObjectReference,
    /// `status.active`, brought up to date.
    active: Vec<Value>,
    last_success: Option<Timestamp>,
    steps: Vec<Step>,
}

impl CronJob {
    fn new(object: Value, jobs: Vec<Value>, now: Now) -> Self {
        CronJob {
            about: ObjectReference::to(&object),
            active: object.items_at(&["status", "active"]).to_vec(),
            last_success: time::parse(object.str_at(&["status", "lastSuccessfulTime"])),
            steps: Vec::new(),
            object,
            jobs,
            now,
        }
    }

    fn spec(&self, field: &str) -> &Value {
        self.object.at(&["spec", field])
    }

    fn warn(&mut self, reason: &str, message: impl Into<String>) {
        self.steps.push(Step::Event(Occurrence::warning(&self.about, reason, message)));
    }

    fn tell(&mut self, reason: &str, message: impl Into<String>) {
        self.steps.push(Step::Event(Occurrence::normal(&self.about, reason, message)));
    }

    fn lookup_of(&self, name: &str) -> Lookup {
        Lookup::Get { resource: JOBS, key: ObjectKey::new(self.object.namespace(), name) }
    }

    /// Active Jobs that the view does not show are looked up before they are taken for lost.
    fn missing_lookups(&self, view: &View) -> Vec<Lookup> {
        let is_shown = |uid: &str| self.jobs.iter().any(|job| job.uid() == uid);
        let hidden = self.active.iter().filter(|job| !is_shown(job.str_at(&["uid"])));
        let lookups = hidden.map(|job| self.lookup_of(job.str_at(&["name"])));
        lookups.filter(|lookup| view.found(lookup).is_none()).collect()
    }

    fn plan(mut self, view: &View) -> Plan {
        self.look_at_jobs();
        self.drop_missing(view);
        let start = match self.object.is_terminating() || self.spec("suspend").as_bool() == Some(true) {
            true => Start::default(),
            false => self.schedule(),
        };
        self.steps.extend(self.cleanup().into_iter().map(Step::Write));
        let status = self.status(start.time);
        let mut plan = Plan { steps: self.steps, ..Plan::none() };
        if let Some(pause) = start.look_again {
            plan = plan.and_requeue_after(pause);
        }
        // A Job that could not be made is tried again: its time is not noted as done.
        match status {
            None => plan,
            Some(write) => plan.and_write(write),
        }
    }

    /// Notes which Jobs are under way, have ended, or succeeded last.
    fn look_at_jobs(&mut self) {
        let last = time::parse(self.object.str_at(&["status", "lastScheduleTime"]));
        for job in self.jobs.clone() {
            let at = self.active.iter().position(|active| active.str_at(&["uid"]) == job.uid());
            let is_finished = conditions::is_finished(&job);
            match at {
                Some(at) if is_finished => {
                    self.active.remove(at);
                    let kind = if conditions::is_true(&job, "Complete") { "Complete" } else { "Failed" };
                    let name = job.name();
                    self.tell("SawCompletedJob", format!("Saw completed job: {name}, condition: {kind}"));
                }
                Some(_) => {}
                None if is_finished => {}
                None if last.is_some_and(|last| job.name() == self.job_name(last)) => {
                    self.active.push(ObjectReference::to(&job).to_value());
                }
                None => {
                    let name = job.name();
                    let message = format!("Saw a job that the controller did not create or forgot: {name}");
                    self.warn("UnexpectedJob", message);
                }
            }
            if conditions::is_true(&job, "Complete") {
                let end = time::parse(job.str_at(&["status", "completionTime"]));
                self.last_success = self.last_success.max(end);
            }
        }
    }

    fn drop_missing(&mut self, view: &View) {
        let is_there = |job: &Value| {
            let uid = job.str_at(&["uid"]);
            let found = || match view.found(&self.lookup_of(job.str_at(&["name"]))) {
                Some(Found::Object(live)) => live.uid() == uid,
                _ => false,
            };
            self.jobs.iter().any(|shown| shown.uid() == uid) || found()
        };
        let (kept, lost): (Vec<Value>, Vec<Value>) = self.active.iter().cloned().partition(is_there);
        self.active = kept;
        for job in lost {
            self.tell("MissingJob", format!("Active job went missing: {}", job.str_at(&["name"])));
        }
    }

    fn job_name(&self, time: Timestamp) -> String {
        format!("{}-{}", self.object.name(), time.as_second() / 60)
    }

    /// Starts a Job if its time has come.
    fn schedule(&mut self) -> Start {
        let (zone_name, text) = (
            self.spec("timeZone").as_str().unwrap_or("").to_owned(),
            self.object.str_at(&["spec", "schedule"]).to_owned(),
        );
        let Some(zone) = cron::time_zone(&zone_name) else {
            let quoted = quoted(&zone_name);
            self.warn("UnknownTimeZone", format!("invalid timeZone: {quoted}: unknown time zone {zone_name}"));
            return Start::default();
        };
        if text.contains("TZ") {
            let message = format!(
                "CRON_TZ or TZ used in schedule {} is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                quoted(&text)
            );
            self.warn("UnsupportedSchedule", message);
        }
        let schedule = match Schedule::parse(&text) {
            Ok(schedule) => schedule,
            Err(why) => {
                self.warn("UnparseableSchedule", format!("unparseable schedule: {} : {why}", quoted(&text)));
                return Start::default();
            }
        };
        self.start(&schedule, &zone)
    }

    fn start(&mut self, schedule: &Schedule, zone: &TimeZone) -> Start {
        let times = schedule::Times {
            schedule,
            zone,
            created: time::parse(self.object.creation_timestamp().unwrap_or("")).unwrap_or(self.now.wall),
            last: time::parse(self.object.str_at(&["status", "lastScheduleTime"])),
            deadline: self.spec("startingDeadlineSeconds").as_i64(),
            now: self.now.wall,
        };
        let wait = Start { time: None, look_again: Some(times.until_next()) };
        let missed = times.most_recent(schedule::Deadline::Counts);
        if missed.is_many {
            let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock \
                           skew";
            self.warn("TooManyMissedTimes", message);
        }
        let Some(time) = missed.most_recent else { return wait };
        if let Some(seconds) = times.deadline
            && time + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)) < self.now.wall
        {
            let text = time.strftime("%a, %d %b %Y %H:%M:%S UTC");
            self.warn("MissSchedule", format!("Missed scheduled time to start a job: {text}"));
            return wait;
        }
        let name = self.job_name(time);
        let is_under_way = self.active.iter().any(|job| job.str_at(&["name"]) == name);
        if is_under_way || times.last == Some(time) {
            return wait;
        }
        match self.object.str_at(&["spec", "concurrencyPolicy"]) {
            "Forbid" if !self.active.is_empty() => {
                let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.tell("JobAlreadyActive", message);
                return wait;
            }
            "Replace" => self.replace_active(),
            _ => {}
        }
        self.create(&name, time, zone);
        Start { time: Some(time), ..wait }
    }

    fn replace_active(&mut self) {
        for job in std::mem::take(&mut self.active) {
            let write = self.deletion(job.str_at(&["name"]), job.str_at(&["uid"]));
            self.steps.push(Step::Write(write));
        }
    }

    fn deletion(&self, name: &str, uid: &str) -> Write {
        let options = DeleteOptions {
            uid: Some(uid.to_owned()),
            propagation_policy: Some("Background"),
            ..DeleteOptions::default()
        };
        Write::delete(JOBS, self.object.namespace(), name, options)
            .event_on_success(Occurrence::normal(&self.about, "SuccessfulDelete", format!("Deleted job {name}")))
            .event_on_failure(Occurrence::warning(&self.about, "FailedDelete", "Deleted job: {error}"))
    }

    fn create(&mut self, name: &str, time: Timestamp, zone: &TimeZone) {
        let template = self.object.at(&["spec", "jobTemplate"]);
        let mut job = tree!({
            "kind": "Job",
            "apiVersion": "batch/v1",
            "metadata": {
                "name": name,
                "namespace": (self.object.namespace()),
                "ownerReferences": [(OwnerReference::controller_of(&self.object).to_value())]
            },
            "spec": (template.field("spec").clone())
        });
        for field in ["labels", "annotations"] {
            let value = template.at(&["metadata", field]);
            if !value.is_null() {
                job.set(&["metadata", field], value.clone());
            }
        }
        job.set_annotation(SCHEDULED_TIMESTAMP, &schedule::text_in(time, zone));
        let done = Occurrence::normal(&self.about, "SuccessfulCreate", "Created job {name}");
        let failed = Occurrence::warning(&self.about, "FailedCreate", "Error creating job: {error}");
        let write = Write::create(JOBS, job).accept_already_exists().event_on_success(done).event_on_failure(failed);
        self.steps.push(Step::Write(write));
    }

    /// The write of the status, if it changes.
    fn status(&self, started: Option<Timestamp>) -> Option<Write> {
        let old = self.object.field("status");
        let text = |time: Option<Timestamp>, field: &str| match time {
            Some(time) => Value::from(format_seconds(time)),
            None => old.field(field).clone(),
        };
        let status = tree!({
            "active": (self.active.clone()),
            "lastScheduleTime": (text(started, "lastScheduleTime")),
            "lastSuccessfulTime": (text(self.last_success, "lastSuccessfulTime"))
        });
        if !status_differs(old, &status, &[]) {
            return None;
        }
        let mut object = self.object.clone();
        object.set(&["status"], status);
        Some(Write::update(CRON_JOBS, object).to_subresource("status").accept_not_found())
    }
}

/// What a look at the schedule gave.
#[derive(Default)]
struct Start {
    /// The time for which a Job is started.
    time: Option<Timestamp>,
    look_again: Option<Duration>,
}

#[cfg(test)]
mod tests;
