//! `resource.Quantity`: exact decimal numbers with SI and binary suffixes, kept in canonical form.

use std::cmp::Ordering;

/// A parsed quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    // Filled by the rules helper: exact value and format.
    text: String,
}

/// Text that is no quantity; upstream's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuantityError {
    /// Upstream's text.
    pub message: String,
}

impl Quantity {
    /// Parses; the canonical form is what [`Quantity::canonical`] prints.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let _ = text;
        todo!("rules helper")
    }
    /// Canonical text (`1500m`, `1Gi`), as stored.
    pub fn canonical(&self) -> String {
        self.text.clone()
    }
    /// Value rounded up to an integer, saturating.
    pub fn value(&self) -> i64 {
        todo!("rules helper")
    }
    /// Value times 1,000 rounded up, saturating.
    pub fn milli_value(&self) -> i64 {
        todo!("rules helper")
    }
    /// Exact comparison.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        let _ = other;
        todo!("rules helper")
    }
}
