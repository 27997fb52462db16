//! From text to something that can be evaluated.

use std::fmt;

use apimachinery::structural::Structural;

use crate::budget::Budget;
use crate::check::{self, Node};
use crate::environment::Environment;
use crate::estimate;
use crate::evaluate;
use crate::source;
use crate::syntax;
use crate::types::Type;
use crate::value::{Fault, Outcome, Val};

/// A checked expression.
#[derive(Debug)]
pub struct Program {
    /// The expression as it was given.
    source: String,
    root: Node,
    output: Type,
    used: Vec<String>,
}

/// Why an expression cannot be compiled, in cel-go's words, with the lines that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// The text.
    pub message: String,
}

impl fmt::Display for CompileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// Values of variables.
pub trait Variables {
    /// The value of a declared variable. It is asked for when it is needed; what it costs to make comes from `budget`.
    fn value(&self, name: &str, budget: &mut Budget) -> Outcome;
}

/// Variables in a list.
impl Variables for &[(&str, Val)] {
    fn value(&self, name: &str, _: &mut Budget) -> Outcome {
        let found = self.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).ok_or_else(|| Fault::Error(format!("no such attribute(s): {name}")))
    }
}

/// Parses and checks an expression.
pub fn compile(source: &str, environment: &Environment) -> Result<Program, CompileError> {
    let fail = |issues: &[source::Issue]| CompileError { message: source::render(source, issues) };
    let parsed = syntax::parse(source).map_err(|issues| fail(&issues))?;
    let checked = check::check(&parsed, environment).map_err(|issues| fail(&issues))?;
    Ok(Program { source: source.to_owned(), root: checked.root, output: checked.output, used: checked.used })
}

impl Program {
    /// The type of what it evaluates to.
    pub fn output(&self) -> &Type {
        &self.output
    }

    /// The expression.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it names a variable.
    pub fn uses(&self, variable: &str) -> bool {
        self.used.iter().any(|used| used == variable)
    }

    /// Evaluates within what one call may cost and what is left of `budget`.
    pub fn evaluate(&self, variables: &dyn Variables, budget: &mut Budget) -> Outcome {
        let of_outer = budget.begin_call();
        let outcome = evaluate::evaluate(&self.root, variables, budget);
        budget.end_call(of_outer);
        outcome
    }

    /// What it may cost at most for objects of a schema, where `self` and `oldSelf` are such objects.
    pub fn estimate(&self, schema: &Structural) -> u64 {
        estimate::cost(&self.root, schema)
    }
}
