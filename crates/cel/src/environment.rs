//! What an expression may name.

use std::collections::BTreeMap;

use crate::types::Type;

/// Declared variables, and which libraries beyond the usual ones.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, Type>,
    /// Whether `Object{...}` and `JSONPatch{...}` can be made.
    pub(crate) makes_objects: bool,
}

impl Environment {
    /// Without variables.
    pub fn new() -> Environment {
        Environment::default()
    }

    /// With one more variable. Its name may have dots: `authorizer.requestResource`, `variables.replicas`.
    #[must_use]
    pub fn with(mut self, name: &str, ty: Type) -> Environment {
        self.variables.insert(name.to_owned(), ty);
        self
    }

    /// With `Object{...}` and `JSONPatch{...}`.
    #[must_use]
    pub fn with_objects(mut self) -> Environment {
        self.makes_objects = true;
        self
    }

    /// Declares one more variable.
    pub fn declare(&mut self, name: &str, ty: Type) {
        self.variables.insert(name.to_owned(), ty);
    }

    /// Without a variable and those whose names begin with its name and a dot.
    #[must_use]
    pub fn without(mut self, name: &str) -> Environment {
        let prefix = format!("{name}.");
        self.variables.retain(|known, _| known != name && !known.starts_with(&prefix));
        self
    }

    /// The type of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&Type> {
        self.variables.get(name)
    }

    /// Whether a variable's name begins with `name` and a dot.
    pub(crate) fn has_members(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        self.variables.range(prefix.clone()..).next().is_some_and(|(known, _)| known.starts_with(&prefix))
    }
}
