//! The functions: one table per library. A table drives the checker and the evaluator alike.

pub mod authorizer;
mod cidr;
mod conversions;
mod formats;
mod ip;
pub(crate) mod lists;
mod operators;
mod optionals;
mod patches;
mod quantities;
pub(crate) mod regexes;
mod semver;
mod sets;
mod strings;
mod times;
mod urls;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::signature::Signature;
use crate::value::{Outcome, Val};

/// One overload of a function.
#[derive(Debug)]
pub(crate) struct Function {
    text: &'static str,
    pub call: fn(&[Val]) -> Outcome,
    pub cost: Cost,
}

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// One.
    One,
    /// A tenth of each character of its texts.
    Text,
    /// A tenth of each character times a quarter of those of the pattern.
    Pattern,
    /// One for each item.
    Items,
    /// The items of one times those of the other.
    Pairs,
    /// What asking the authorizers costs.
    Authorization,
}

/// A function of one.
const fn function(text: &'static str, call: fn(&[Val]) -> Outcome) -> Function {
    Function { text, call, cost: Cost::One }
}

/// A function whose cost depends on its arguments.
const fn costly(text: &'static str, cost: Cost, call: fn(&[Val]) -> Outcome) -> Function {
    Function { text, call, cost }
}

/// A function with its signature read.
#[derive(Debug)]
pub(crate) struct Overload {
    pub signature: Signature,
    pub function: &'static Function,
}

static LIBRARIES: &[&[Function]] = &[
    authorizer::FUNCTIONS,
    cidr::FUNCTIONS,
    conversions::FUNCTIONS,
    formats::FUNCTIONS,
    ip::FUNCTIONS,
    lists::FUNCTIONS,
    operators::FUNCTIONS,
    optionals::FUNCTIONS,
    patches::FUNCTIONS,
    quantities::FUNCTIONS,
    regexes::FUNCTIONS,
    semver::FUNCTIONS,
    sets::FUNCTIONS,
    strings::FUNCTIONS,
    times::FUNCTIONS,
    urls::FUNCTIONS,
];

static OVERLOADS: LazyLock<HashMap<String, Vec<Overload>>> = LazyLock::new(|| {
    let mut all: HashMap<String, Vec<Overload>> = HashMap::new();
    for function in LIBRARIES.iter().copied().flatten() {
        if let Some(signature) = Signature::parse(function.text) {
            all.entry(signature.name.clone()).or_default().push(Overload { signature, function });
        }
    }
    all
});

/// All overloads of a name.
pub(crate) fn overloads(name: &str) -> &'static [Overload] {
    OVERLOADS.get(name).map_or(&[], Vec::as_slice)
}

/// What a function answers that was given what its signature does not allow.
fn no_overload() -> Outcome {
    Err("no such overload".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_can_be_read() {
        for function in LIBRARIES.iter().copied().flatten() {
            assert!(Signature::parse(function.text).is_some(), "{}", function.text);
        }
    }
}
