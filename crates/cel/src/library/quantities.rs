//! Kubernetes' quantities.

use std::any::Any;
use std::cmp::Ordering;

use apimachinery::quantity::{Format, Quantity};

use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("quantity(string) -> kubernetes.Quantity", Cost::Text, quantity),
    costly("isQuantity(string) -> bool", Cost::Text, is_quantity),
    function("kubernetes.Quantity.sign() -> int", |args| of(args, |it| Val::Int(it.sign().into()))),
    function("kubernetes.Quantity.isInteger() -> bool", |args| of(args, |it| Val::Bool(as_integer(it).is_some()))),
    function("kubernetes.Quantity.asInteger() -> int", to_integer),
    function("kubernetes.Quantity.asApproximateFloat() -> double", |args| of(args, |it| Val::Double(it.as_f64()))),
    function("kubernetes.Quantity.isGreaterThan(kubernetes.Quantity) -> bool", |args| {
        of_two(args, |left, right| Val::Bool(left.compare(right).is_gt()))
    }),
    function("kubernetes.Quantity.isLessThan(kubernetes.Quantity) -> bool", |args| {
        of_two(args, |left, right| Val::Bool(left.compare(right).is_lt()))
    }),
    function("kubernetes.Quantity.compareTo(kubernetes.Quantity) -> int", |args| {
        of_two(args, |left, right| Val::Int(left.compare(right) as i64))
    }),
    function("kubernetes.Quantity.add(kubernetes.Quantity) -> kubernetes.Quantity", add),
    function("kubernetes.Quantity.add(int) -> kubernetes.Quantity", add),
    function("kubernetes.Quantity.sub(kubernetes.Quantity) -> kubernetes.Quantity", subtract),
    function("kubernetes.Quantity.sub(int) -> kubernetes.Quantity", subtract),
];

impl Opaque for Quantity {
    fn type_name(&self) -> &'static str {
        "kubernetes.Quantity"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<Quantity>().is_some_and(|other| self.compare(other) == Ordering::Equal)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn quantity(args: &[Val]) -> Outcome {
    let [Val::String(text)] = args else { return no_overload() };
    Quantity::parse(text).map(Val::opaque).map_err(|error| error.to_string().into())
}

fn is_quantity(args: &[Val]) -> Outcome {
    let [Val::String(text)] = args else { return no_overload() };
    Ok(Val::Bool(Quantity::parse(text).is_ok()))
}

fn of(args: &[Val], part: impl Fn(&Quantity) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(quantity) => Ok(part(quantity)),
        None => no_overload(),
    }
}

fn of_two(args: &[Val], part: impl Fn(&Quantity, &Quantity) -> Val) -> Outcome {
    match args {
        [left, right] => match (left.downcast(), right.downcast()) {
            (Some(left), Some(right)) => Ok(part(left, right)),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

/// The whole number that it is, if it is one.
fn as_integer(quantity: &Quantity) -> Option<i64> {
    let rounded = quantity.value();
    (Quantity::from_i64(rounded, Format::DecimalSi).compare(quantity) == Ordering::Equal).then_some(rounded)
}

fn to_integer(args: &[Val]) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(quantity) => as_integer(quantity).map(Val::Int).ok_or_else(|| "cannot convert value to integer".into()),
        None => no_overload(),
    }
}

fn operand(value: &Val) -> Option<Quantity> {
    match value {
        Val::Int(number) => Some(Quantity::from_i64(*number, Format::DecimalSi)),
        other => other.downcast::<Quantity>().cloned(),
    }
}

fn add(args: &[Val]) -> Outcome {
    match args.first().and_then(Val::downcast::<Quantity>).zip(args.get(1).and_then(operand)) {
        Some((left, right)) => Ok(Val::opaque(left.add(&right))),
        None => no_overload(),
    }
}

fn subtract(args: &[Val]) -> Outcome {
    match args.first().and_then(Val::downcast::<Quantity>).zip(args.get(1).and_then(operand)) {
        Some((left, right)) => Ok(Val::opaque(left.sub(&right))),
        None => no_overload(),
    }
}
