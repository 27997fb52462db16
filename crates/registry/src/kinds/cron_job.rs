//! `batch/v1 CronJob`

use apimachinery::cron;
use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::{job, pod_spec, pod_template};
use crate::defaults::{FieldDefault, number, text, truth};
use crate::resource::Row;
use crate::strategy::{Context, Dependents, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// Jobs at times.
pub struct CronJob;

/// Characters of a name: a Job's name has eleven more.
const NAME_CHARACTERS_MAX: usize = 52;

static DEFAULTS: &[FieldDefault] = &[
    text("spec.concurrencyPolicy", "Allow"),
    truth("spec.suspend", false),
    number("spec.successfulJobsHistoryLimit", 3),
    number("spec.failedJobsHistoryLimit", 1),
];

static RULES: KindRules = KindRules {
    group: "batch",
    plural: "cronjobs",
    storage_prefix: "/registry/cronjobs",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    dependents: Dependents::Orphan,
    ..KindRules::NEW
};

const JOB_SPEC: &[&str] = &["spec", "jobTemplate", "spec"];

impl Strategy for CronJob {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        job::default_template(object.object_at(&["spec", "jobTemplate", "spec"]));
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object, &Value::Null, errors);
        if object.name().len() > NAME_CHARACTERS_MAX {
            let path = FieldPath::new("metadata.name");
            errors.push(FieldError::invalid(&path, object.name(), "must be no more than 52 characters"));
        }
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_spec(object, old.field("spec"), errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let mut warnings = pod_template::name_warnings(object, old);
        if old.is_null() || object.generation() != old.generation() {
            warnings.extend(job::spec_warnings(object.at(JOB_SPEC), &FieldPath::new("spec.jobTemplate.spec")));
        }
        if !old.is_null() && object.str_at(&["spec", "schedule"]).contains("TZ") {
            warnings.push(
                "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                    .to_owned(),
            );
        }
        warnings
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let containers = object.items_at(&["spec", "jobTemplate", "spec", "template", "spec", "containers"]);
        let texts = |field: &str| -> Value {
            let texts: Vec<&str> = containers.iter().map(|it| it.str_at(&[field])).collect();
            texts.join(",").into()
        };
        let last = match object.str_at(&["status", "lastScheduleTime"]) {
            "" => "<none>".to_owned(),
            time => cells::since(time, now),
        };
        let suspend = match object.at(&["spec", "suspend"]).as_bool() {
            None => "<unset>",
            Some(true) => "True",
            Some(false) => "False",
        };
        cells::row(vec![
            cells::name(object),
            cells::text(object, &["spec", "schedule"]),
            cells::text_or_none(object, &["spec", "timeZone"]),
            suspend.into(),
            Value::from(object.items_at(&["status", "active"]).len() as i64),
            last.into(),
            cells::age(object, now),
            texts("name"),
            texts("image"),
            cells::selector_text(object.at(&["spec", "jobTemplate", "spec", "selector"])).into(),
        ])
    }
}

fn prepare(object: &mut Value) {
    if let Some(spec) = object.at_mut(&["spec", "jobTemplate", "spec", "template", "spec"]) {
        pod_spec::defaults::drop_disabled(spec);
    }
}

fn validate_spec(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
    match spec.str_at(&["schedule"]) {
        "" => errors.push(FieldError::required(&path.child("schedule"), "")),
        schedule => {
            let had_zone = old.str_at(&["schedule"]).contains("TZ");
            validate_schedule(schedule, had_zone, spec.field("timeZone"), errors);
        }
    }
    if let Some(seconds) = spec.i64_at(&["startingDeadlineSeconds"]) {
        rules::not_negative(seconds, &path.child("startingDeadlineSeconds"), errors);
    }
    if let Some(zone) = spec.field("timeZone").as_str()
        && old.field("timeZone") != spec.field("timeZone")
    {
        validate_time_zone(zone, &path.child("timeZone"), errors);
    }
    let policy_path = path.child("concurrencyPolicy");
    match spec.str_at(&["concurrencyPolicy"]) {
        "Allow" | "Forbid" | "Replace" => {}
        "" => errors.push(FieldError::required(&policy_path, "")),
        other => errors.push(FieldError::not_supported(&policy_path, other, &["Allow", "Forbid", "Replace"])),
    }
    validate_job_template(object.at(JOB_SPEC), &path.child("jobTemplate.spec"), errors);
    pod_template::validate_counts(object, "spec", &["successfulJobsHistoryLimit", "failedJobsHistoryLimit"], errors);
}

fn validate_schedule(schedule: &str, had_zone: bool, zone: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec.schedule");
    if let Err(why) = cron::Schedule::parse(schedule) {
        errors.push(FieldError::invalid(&path, schedule, why));
    }
    if !schedule.contains("TZ") {
        return;
    }
    let detail = match had_zone {
        true if zone.is_null() => return,
        true => "cannot use both timeZone field and TZ or CRON_TZ in schedule",
        false => "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
    };
    errors.push(FieldError::invalid(&path, schedule, detail));
}

fn validate_time_zone(zone: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if zone.is_empty() {
        return errors.push(FieldError::invalid(path, zone, "timeZone must be nil or non-empty string"));
    }
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
    let is_bad = |part: &str| {
        let is_name = (1..=14).contains(&part.len()) && part.bytes().all(is_name_byte);
        matches!(part, "." | "..") || part.starts_with('-') || !is_name
    };
    let unknown = format!("unknown time zone {zone}");
    if zone.split('/').any(is_bad) {
        return errors.push(FieldError::invalid(path, zone, unknown));
    }
    if zone.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.push(FieldError::invalid(path, zone, detail));
    }
    if zone != "Local" && cron::time_zone(zone).is_none() {
        errors.push(FieldError::invalid(path, zone, unknown));
    }
}

fn validate_job_template(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    job::validate_spec(spec, path, errors);
    let selector = spec.field("selector");
    if !selector.is_null() {
        let detail = "`selector` will be auto-generated";
        errors.push(FieldError::invalid(&path.child("selector"), rules::printed(selector), detail));
    }
    if spec.bool_at(&["manualSelector"]) {
        errors.push(FieldError::not_supported(&path.child("manualSelector"), true, &["nil", "false"]));
    }
}
