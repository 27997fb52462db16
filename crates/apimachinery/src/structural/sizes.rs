//! How large values of a schema can be in one request: what estimates of CEL rules stand on.

use super::{Additional, Structural};
use crate::value::Value;

/// Bytes of a request, as upstream reckons.
pub const REQUEST_BYTES_MAX: u64 = 3 * 1024 * 1024;

impl Structural {
    /// Bytes that a value has at least as JSON.
    pub fn bytes_min(&self) -> u64 {
        if self.is_int_or_string {
            return 1;
        }
        match self.ty.as_str() {
            "boolean" => 4,
            "integer" | "number" => 1,
            "object" => {
                let required = self
                    .properties
                    .iter()
                    .filter(|(name, of)| self.rules.required.contains(name) && of.default.is_null());
                2 + required.map(|(name, of)| name.len() as u64 + of.bytes_min() + 4).sum::<u64>()
            }
            "string" => match self.format.as_str() {
                "duration" => 3,
                "date" => 12,
                "date-time" => 21,
                _ => 2,
            },
            _ => 2,
        }
    }

    /// Bytes of a text, items of a list or entries of a map: what the schema says, or how many fit into a request.
    pub fn elements_max(&self) -> u64 {
        let said = |count: Option<i64>| count.map(|count| count.max(0) as u64);
        match self.ty.as_str() {
            "array" => {
                let least = self.items.as_ref().map_or(1, |of| of.bytes_min());
                said(self.rules.max_items).unwrap_or((REQUEST_BYTES_MAX - 2) / (least + 1))
            }
            "object" => match &self.additional {
                Additional::Of(of) => {
                    said(self.rules.max_properties).unwrap_or((REQUEST_BYTES_MAX - 2) / (of.bytes_min() + 6))
                }
                _ => 1,
            },
            "string" => self.text_bytes_max(),
            _ if self.is_int_or_string => said(self.rules.max_length).map_or(REQUEST_BYTES_MAX - 2, |max| max * 4),
            _ => 1,
        }
    }

    fn text_bytes_max(&self) -> u64 {
        if let Some(max) = self.rules.max_length {
            return max.max(0) as u64 * 4;
        }
        let choices = self.rules.one_of_values.iter().filter_map(Value::as_str).map(|text| text.len() as u64);
        if let Some(longest) = choices.max() {
            return longest;
        }
        match self.format.as_str() {
            "duration" | "date-time" => 32,
            "date" => 12,
            _ => REQUEST_BYTES_MAX - 2,
        }
    }

    /// Items or entries that the schema itself allows; none where it says nothing.
    pub fn elements_said(&self) -> Option<u64> {
        let said = if self.ty == "array" { self.rules.max_items } else { self.rules.max_properties };
        said.map(|count| count.max(0) as u64)
    }
}
