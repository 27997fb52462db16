//! Lists as sets.

use super::{Cost, Function, costly, no_overload};
use crate::compare;
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("sets.contains(list(A), list(A)) -> bool", Cost::Pairs, |args| with(args, contains)),
    costly("sets.equivalent(list(A), list(A)) -> bool", Cost::Pairs, |args| {
        with(args, |left, right| contains(left, right) && contains(right, left))
    }),
    costly("sets.intersects(list(A), list(A)) -> bool", Cost::Pairs, |args| {
        with(args, |left, right| right.iter().any(|item| has(left, item)))
    }),
];

fn with(args: &[Val], holds: impl Fn(&[Val], &[Val]) -> bool) -> Outcome {
    match args {
        [Val::List(left), Val::List(right)] => Ok(Val::Bool(holds(left, right))),
        _ => no_overload(),
    }
}

fn has(items: &[Val], wanted: &Val) -> bool {
    items.iter().any(|item| compare::equal(item, wanted))
}

fn contains(items: &[Val], wanted: &[Val]) -> bool {
    wanted.iter().all(|item| has(items, item))
}
