//! What a Job's status may become: others than our controller may manage Jobs, and clients rely on it.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::time;
use apimachinery::value::Value;

use super::failure_policy::omitted;
use super::indexes;
use crate::rules;

/// Whether a condition is true.
pub(super) fn has_condition(object: &Value, kind: &str) -> bool {
    let conditions = object.items_at(&["status", "conditions"]).iter();
    conditions.into_iter().any(|it| it.str_at(&["type"]) == kind && it.str_at(&["status"]) == "True")
}

/// Checks a new status. Most rules apply only to what has changed: a changed `spec` may leave the rest behind.
pub(super) fn validate(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let change = Change { object, old };
    validate_numbers(object, errors);
    change.conditions(errors);
    change.times(errors);
    change.finished(errors);
    change.indexes(errors);
    change.counters(errors);
    change.lasting(errors);
}

fn path(field: &str) -> FieldPath {
    FieldPath::new("status").child(field)
}

fn refuse_conditions(detail: &str, errors: &mut Vec<FieldError>) {
    errors.push(FieldError::invalid(&path("conditions"), omitted(), detail));
}

fn validate_numbers(object: &Value, errors: &mut Vec<FieldError>) {
    for field in ["active", "succeeded", "failed", "ready", "terminating"] {
        if let Some(number) = object.i64_at(&["status", field]) {
            rules::not_negative(number, &path(field), errors);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for list in ["succeeded", "failed"] {
        let items = object.items_at(&["status", "uncountedTerminatedPods", list]);
        for (at, uid) in items.iter().enumerate() {
            let (uid, path) = (uid.as_str().unwrap_or(""), path("uncountedTerminatedPods").child(list).index(at));
            match uid {
                "" => errors.push(FieldError::invalid(&path, uid, "must not be empty")),
                uid if seen.contains(&uid) => errors.push(FieldError::duplicate(&path, uid)),
                uid => seen.push(uid),
            }
        }
    }
}

struct Change<'a> {
    object: &'a Value,
    old: &'a Value,
}

impl<'a> Change<'a> {
    fn is(&self, kind: &str) -> bool {
        has_condition(self.object, kind)
    }

    fn was(&self, kind: &str) -> bool {
        has_condition(self.old, kind)
    }

    fn turned(&self, kind: &str) -> bool {
        self.is(kind) != self.was(kind)
    }

    fn is_finished(&self) -> bool {
        self.is("Complete") || self.is("Failed")
    }

    fn finished_turned(&self) -> bool {
        self.is_finished() != (self.was("Complete") || self.was("Failed"))
    }

    fn now(&self, field: &str) -> &'a Value {
        self.object.at(&["status", field])
    }

    fn changed(&self, field: &str) -> bool {
        let (new, old) = (self.now(field), self.old.at(&["status", field]));
        let zero = |value: &Value| matches!(value, Value::Int(0)) && matches!(field, "active" | "failed" | "succeeded");
        let empty = |value: &Value| value.as_str() == Some("") && field == "completedIndexes";
        let is_unset = |value: &Value| value.is_null() || zero(value) || empty(value);
        new != old && !(is_unset(new) && is_unset(old))
    }

    fn number(&self, field: &str) -> i64 {
        self.now(field).as_i64().unwrap_or(0)
    }

    fn spec(&self, field: &str) -> &'a Value {
        self.object.at(&["spec", field])
    }

    fn is_indexed(&self) -> bool {
        self.spec("completionMode").as_str() == Some("Indexed")
    }

    fn conditions(&self, errors: &mut Vec<FieldError>) {
        let complete = self.turned("Complete");
        if (complete || self.turned("Failed")) && self.is("Complete") && self.is("Failed") {
            refuse_conditions("cannot set Complete=True and Failed=true conditions", errors);
        }
        if (complete || self.turned("FailureTarget")) && self.is("Complete") && self.is("FailureTarget") {
            refuse_conditions("cannot set Complete=True and FailureTarget=true conditions", errors);
        }
    }

    fn times(&self, errors: &mut Vec<FieldError>) {
        let (start, end) = (self.now("startTime"), self.now("completionTime"));
        if self.turned("Complete") || self.changed("completionTime") {
            if !end.is_null() && !self.is("Complete") {
                let detail = "cannot set completionTime when there is no Complete=True condition";
                errors.push(FieldError::invalid(&path("completionTime"), rules::printed(end), detail));
            }
            if end.is_null() && self.is("Complete") {
                let detail = "completionTime is required for Complete jobs";
                errors.push(FieldError::required(&path("completionTime"), detail));
            }
        }
        let moment = |value: &Value| value.as_str().and_then(time::parse);
        let is_before = moment(start).zip(moment(end)).is_some_and(|(start, end)| end < start);
        if (self.changed("startTime") || self.changed("completionTime")) && is_before {
            let detail = "must be equal to or after `startTime`";
            errors.push(FieldError::invalid(&path("completionTime"), rules::printed(end), detail));
        }
    }

    fn finished(&self, errors: &mut Vec<FieldError>) {
        if (self.turned("Failed") || self.changed("failedIndexes")) && self.is("Failed") && !self.is("FailureTarget") {
            refuse_conditions("cannot set Failed=True condition without the FailureTarget=true condition", errors);
        }
        let success_turned = self.turned("Complete") || self.turned("SuccessCriteriaMet");
        if success_turned && self.is("Complete") && !self.is("SuccessCriteriaMet") {
            let detail = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
            refuse_conditions(detail, errors);
        }
        if !self.is_finished() {
            return;
        }
        let turned = self.finished_turned();
        if (turned || self.changed("active")) && self.number("active") > 0 {
            let detail = "active>0 is invalid for finished job";
            errors.push(FieldError::invalid(&path("active"), self.number("active"), detail));
        }
        let wants_nothing =
            self.spec("suspend").as_bool() == Some(true) && self.spec("completions").as_i64() == Some(0);
        if (turned || self.changed("startTime")) && !wants_nothing && self.now("startTime").is_null() {
            errors.push(FieldError::required(&path("startTime"), "startTime is required for finished job"));
        }
        let uncounted = self.now("uncountedTerminatedPods");
        let has_uncounted = ["failed", "succeeded"].iter().any(|list| !uncounted.items_at(&[list]).is_empty());
        if (turned || self.changed("uncountedTerminatedPods")) && has_uncounted {
            let fields = [("Succeeded", "succeeded", "null"), ("Failed", "failed", "null")];
            let printed = rules::printed_struct(uncounted, &fields);
            let path = path("uncountedTerminatedPods");
            errors.push(FieldError::invalid(&path, printed, "must be empty for finished job"));
        }
    }

    fn indexes(&self, errors: &mut Vec<FieldError>) {
        let completions = self.spec("completions").as_i64();
        let completed = self.now("completedIndexes").as_str().unwrap_or("");
        let failed = self.now("failedIndexes").as_str();
        let (completed_changed, failed_changed) = (self.changed("completedIndexes"), self.changed("failedIndexes"));
        let has_limit = !self.spec("backoffLimitPerIndex").is_null();
        let mut refuse = |field: &str, value: &str, detail: String| {
            errors.push(FieldError::invalid(&path(field), value, detail));
        };
        if let (true, Some(Err(why))) = (completed_changed, completions.map(|it| indexes::count(completed, it))) {
            refuse("completedIndexes", completed, format!("error parsing completedIndexes: {why}"));
        }
        if let (true, true, Some(limit), Some(set)) = (failed_changed, has_limit, completions, failed)
            && let Err(why) = indexes::count(set, limit)
        {
            refuse("failedIndexes", set, format!("error parsing failedIndexes: {why}"));
        }
        if completed_changed && !completed.is_empty() && !self.is_indexed() {
            let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
            refuse("completedIndexes", completed, detail.into());
        }
        let Some(set) = failed else { return };
        if failed_changed && !has_limit {
            let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
            refuse("failedIndexes", set, detail.into());
        }
        let common = completions.and_then(|limit| indexes::overlap(completed, set, limit));
        if let Some(at) = common.filter(|_| failed_changed || completed_changed) {
            let detail = format!("failedIndexes and completedIndexes overlap at index: {at}");
            refuse("failedIndexes", set, detail);
        }
    }

    fn counters(&self, errors: &mut Vec<FieldError>) {
        let terminating = self.number("terminating");
        if (self.finished_turned() || self.changed("terminating")) && terminating > 0 && self.is_finished() {
            let detail = "terminating>0 is invalid for finished job";
            errors.push(FieldError::invalid(&path("terminating"), terminating, detail));
        }
        let ready = self.number("ready");
        if (self.changed("ready") || self.changed("active")) && ready > self.number("active") {
            errors.push(FieldError::invalid(&path("ready"), ready, "cannot set more ready pods than active"));
        }
        if !self.is("SuccessCriteriaMet") {
            if !self.spec("successPolicy").is_null() && self.is("Complete") {
                let detail = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
                refuse_conditions(detail, errors);
            }
            return;
        }
        if self.is("Failed") {
            refuse_conditions("cannot set SuccessCriteriaMet=True and Failed=true conditions", errors);
        }
        if self.is("FailureTarget") {
            refuse_conditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions", errors);
        }
    }

    /// What does not go back.
    fn lasting(&self, errors: &mut Vec<FieldError>) {
        for kind in ["Failed", "Complete", "FailureTarget"] {
            if self.was(kind) && !self.is(kind) {
                refuse_conditions(&format!("cannot disable the terminal {kind}=True condition"), errors);
            }
        }
        let is_elastic = self.is_indexed() && self.spec("completions") == self.spec("parallelism");
        for (field, holds) in [("failed", true), ("succeeded", !is_elastic)] {
            let before = self.old.i64_at(&["status", field]).unwrap_or(0);
            if holds && self.number(field) < before {
                let detail = format!("cannot decrease the {field} counter");
                errors.push(FieldError::invalid(&path(field), self.number(field), detail));
            }
        }
        let old = |field: &str| self.old.at(&["status", field]);
        let end = self.now("completionTime");
        if !end.is_null() && !old("completionTime").is_null() && end != old("completionTime") {
            let (path, printed) = (path("completionTime"), rules::printed(end));
            errors.push(FieldError::invalid(&path, printed, rules::FIELD_IMMUTABLE));
        }
        let resumes = self.was("Suspended") && !self.is("Suspended");
        let is_suspended = self.spec("suspend").as_bool() == Some(true);
        if self.changed("startTime") && !resumes && !old("startTime").is_null() && !is_suspended {
            let detail = "field is immutable for unsuspended job once set";
            errors.push(FieldError::invalid(&path("startTime"), rules::printed(self.now("startTime")), detail));
        }
        if self.was("SuccessCriteriaMet") && !self.is("SuccessCriteriaMet") {
            refuse_conditions("cannot disable the SuccessCriteriaMet=True condition", errors);
        }
        if self.was("Complete") && !self.was("SuccessCriteriaMet") && self.is("SuccessCriteriaMet") {
            let detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
            refuse_conditions(detail, errors);
        }
    }
}
