//! What evaluations may cost, with upstream's limits.

use crate::value::Fault;

/// Cost of one expression.
pub const PER_CALL_LIMIT: u64 = 1_000_000;

/// Cost of all expressions of one policy binding, or of one custom resource.
pub const TOTAL_LIMIT: u64 = 10_000_000;

/// Cost of all match conditions of one webhook or policy.
pub const MATCH_CONDITIONS_LIMIT: u64 = 2_500_000;

/// Estimated cost that one rule of a custom resource may have.
pub const ESTIMATED_RULE_LIMIT: u64 = 10_000_000;

/// Estimated cost that all rules of a custom resource may have.
pub const ESTIMATED_TOTAL_LIMIT: u64 = 100_000_000;

/// What is left.
#[derive(Debug)]
pub struct Budget {
    left: u64,
    of_call: u64,
}

impl Budget {
    /// A budget for several expressions.
    pub fn new(total: u64) -> Budget {
        Budget { left: total, of_call: PER_CALL_LIMIT }
    }

    /// One more expression begins, maybe in another one: what is left for that one is given back to [`Self::end_call`].
    pub(crate) fn begin_call(&mut self) -> u64 {
        std::mem::replace(&mut self.of_call, PER_CALL_LIMIT)
    }

    /// The expression has ended.
    pub(crate) fn end_call(&mut self, of_outer: u64) {
        self.of_call = of_outer;
    }

    /// Takes `cost` away, or says that it is too much.
    pub(crate) fn spend(&mut self, cost: u64) -> Result<(), Fault> {
        self.of_call = self.of_call.checked_sub(cost).ok_or(Fault::CostLimit)?;
        self.left = self.left.checked_sub(cost).ok_or(Fault::OutOfBudget)?;
        Ok(())
    }
}
