//! Defaulting.

use super::{Additional, Structural};
use crate::value::Value;

impl Structural {
    /// Sets defaults below a whole custom object where nothing is said, or null where null is not allowed.
    pub fn set_defaults(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, of) in &self.properties {
                    let is_missing = match map.get(key) {
                        None => true,
                        Some(value) => value.is_null() && !of.is_nullable,
                    };
                    if is_missing && !of.default.is_null() {
                        map.insert(key.clone(), of.default.clone());
                    }
                    if let Some(value) = map.get_mut(key) {
                        of.set_defaults(value);
                    }
                }
                if let Additional::Of(of) = &self.additional {
                    for (key, value) in map.iter_mut() {
                        if self.properties.contains_key(key) {
                            continue;
                        }
                        if value.is_null() && !of.is_nullable && !of.default.is_null() {
                            *value = of.default.clone();
                        }
                        of.set_defaults(value);
                    }
                }
            }
            Value::Array(items) => {
                let Some(of) = &self.items else { return };
                for item in items {
                    if item.is_null() && !of.is_nullable && !of.default.is_null() {
                        *item = of.default.clone();
                    }
                    of.set_defaults(item);
                }
            }
            _ => {}
        }
    }
}
