//! Which mutating webhooks are called a second time because others changed the object after them. Pure.

use std::collections::BTreeSet;

use apimachinery::value::Value;

/// What the webhooks of one write did so far.
#[derive(Debug, Default)]
pub(crate) struct Reinvocation {
    is_second_round: bool,
    is_wanted: bool,
    /// Webhooks with `reinvocationPolicy: IfNeeded` after whose call nothing has changed yet.
    invoked: BTreeSet<String>,
    /// Those after whose call something has.
    outdated: BTreeSet<String>,
    last_output: Value,
}

impl Reinvocation {
    /// A policy has changed the object: all mutating plugins must run again.
    pub fn want_second_round(&mut self) {
        self.is_wanted = true;
    }

    /// Whether all mutating plugins must run again; this begins the second and last round.
    pub fn begin_second_round(&mut self) -> bool {
        self.is_second_round = self.is_wanted;
        self.is_second_round
    }

    /// 0 or 1.
    pub(super) fn round(&self) -> u8 {
        u8::from(self.is_second_round)
    }

    /// The webhooks' turn comes, with this object: other plugins may have changed it since.
    pub(super) fn start(&mut self, object: &Value) {
        if self.is_second_round && self.last_output != *object {
            self.outdate();
        }
    }

    /// Whether a webhook is called in this round.
    pub(super) fn calls(&self, uid: &str) -> bool {
        !self.is_second_round || self.outdated.contains(uid)
    }

    /// A webhook was called.
    pub(super) fn called(&mut self, uid: &str, has_changed: bool, may_be_reinvoked: bool) {
        if has_changed {
            self.outdate();
            self.is_wanted = true;
        }
        if may_be_reinvoked {
            self.invoked.insert(uid.to_owned());
        }
    }

    /// All webhooks were called, with this result.
    pub(super) fn end(&mut self, object: &Value) {
        if self.is_wanted && !self.is_second_round {
            self.last_output = object.clone();
        }
    }

    fn outdate(&mut self) {
        self.outdated.append(&mut self.invoked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_webhooks_before_a_change_are_called_again() {
        let mut it = Reinvocation::default();
        it.start(&Value::Null);
        it.called("early", false, true);
        it.called("never", false, false);
        it.called("changes", true, true);
        it.called("late", false, true);
        it.end(&Value::Null);
        assert!(it.begin_second_round());
        it.start(&Value::Null);
        let again: Vec<&str> =
            ["early", "never", "changes", "late", "new"].into_iter().filter(|uid| it.calls(uid)).collect();
        assert_eq!(again, ["early"]);
    }

    #[test]
    fn a_change_by_another_plugin_calls_all_again_that_may() {
        let mut it = Reinvocation::default();
        it.start(&Value::Null);
        it.called("changes", true, true);
        it.end(&Value::Null);
        assert!(it.begin_second_round());
        assert!(!it.calls("changes"));
        it.start(&Value::from("other"));
        assert!(it.calls("changes"));
    }

    #[test]
    fn without_a_change_there_is_no_second_round() {
        let mut it = Reinvocation::default();
        it.called("a", false, true);
        assert!(!it.begin_second_round());
    }
}
