//! Conditions of a Job.

use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;

/// How a Job will end: a condition that comes before `Complete` or `Failed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub is_success: bool,
    pub reason: String,
    pub message: String,
}

impl Verdict {
    pub fn failure(reason: &str, message: impl Into<String>) -> Self {
        Verdict { is_success: false, reason: reason.to_owned(), message: message.into() }
    }

    pub fn success(reason: &str, message: impl Into<String>) -> Self {
        Verdict { is_success: true, reason: reason.to_owned(), message: message.into() }
    }

    /// The type of the condition that announces the end.
    pub fn interim(&self) -> &'static str {
        if self.is_success { "SuccessCriteriaMet" } else { "FailureTarget" }
    }

    /// The type of the condition that is the end.
    pub fn terminal(&self) -> &'static str {
        if self.is_success { "Complete" } else { "Failed" }
    }
}

/// The condition of a type.
pub(crate) fn find<'a>(job: &'a Value, kind: &str) -> Option<&'a Value> {
    job.items_at(&["status", "conditions"]).iter().find(|condition| condition.str_at(&["type"]) == kind)
}

/// Whether a condition is true.
pub(crate) fn is_true(job: &Value, kind: &str) -> bool {
    find(job, kind).is_some_and(|condition| condition.str_at(&["status"]) == "True")
}

/// Whether a Job has ended.
pub(crate) fn is_finished(job: &Value) -> bool {
    is_true(job, "Complete") || is_true(job, "Failed")
}

/// Sets a condition; one that is false is not added. Returns whether anything changed.
pub(super) fn set(conditions: &mut Vec<Value>, kind: &str, status: &str, texts: (&str, &str), now: Now) -> bool {
    let (reason, message) = texts;
    let time = now.seconds_text();
    let condition = tree!({"type": kind, "status": status, "lastProbeTime": (time.as_str()),
        "lastTransitionTime": (time.as_str()), "reason": reason, "message": message});
    let present = conditions.iter_mut().find(|condition| condition.str_at(&["type"]) == kind);
    match present {
        Some(present) if is_same(present, &condition) => false,
        Some(present) => {
            *present = condition;
            true
        }
        None if status == "False" => false,
        None => {
            conditions.push(condition);
            true
        }
    }
}

fn is_same(a: &Value, b: &Value) -> bool {
    ["status", "reason", "message"].iter().all(|field| a.str_at(&[field]) == b.str_at(&[field]))
}
