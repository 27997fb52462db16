//! The evaluator.

mod folds;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::budget::Budget;
use crate::check::Node;
use crate::compare;
use crate::library::{Cost, Overload};
use crate::program::Variables;
use crate::value::{Fault, Key, Outcome, Struct, Val};

/// What making a list costs beside its items.
const LIST_COST: u64 = 10;
/// What making a map costs.
const MAP_COST: u64 = 30;
/// What making an object costs.
const STRUCT_COST: u64 = 40;
/// What asking the authorizers costs.
const AUTHORIZATION_COST: u64 = 350_000;

/// Evaluates a checked expression.
pub(crate) fn evaluate(root: &Node, variables: &dyn Variables, budget: &mut Budget) -> Outcome {
    Evaluator { variables, budget, locals: Vec::new() }.node(root)
}

struct Evaluator<'a> {
    variables: &'a dyn Variables,
    budget: &'a mut Budget,
    /// Values of the variables of the macros around.
    locals: Vec<Val>,
}

fn is_absorbable(fault: &Fault) -> bool {
    matches!(fault, Fault::Error(_))
}

impl Evaluator<'_> {
    fn node(&mut self, node: &Node) -> Outcome {
        match node {
            Node::Const(value) => Ok(value.clone()),
            Node::Variable(name) => {
                self.budget.spend(1)?;
                self.variables.value(name, self.budget)
            }
            Node::Local(place) => {
                self.budget.spend(1)?;
                self.locals.get(*place).cloned().ok_or_else(|| "no such variable".into())
            }
            Node::Select { operand, field, is_optional } => {
                self.budget.spend(1)?;
                let operand = self.node(operand)?;
                select(&operand, field, *is_optional)
            }
            Node::Has { operand, field } => {
                let operand = self.node(operand)?;
                Ok(Val::Bool(has(&operand, field)))
            }
            Node::Call { overloads, args } => self.call(overloads, args),
            Node::And(pair) => self.logic(pair, false),
            Node::Or(pair) => self.logic(pair, true),
            Node::Not(operand) => match self.node(operand)? {
                Val::Bool(truth) => Ok(Val::Bool(!truth)),
                _ => Err("no such overload".into()),
            },
            Node::Conditional(parts) => match self.node(&parts[0])? {
                Val::Bool(true) => self.node(&parts[1]),
                Val::Bool(false) => self.node(&parts[2]),
                _ => Err("no such overload".into()),
            },
            Node::Index { pair, is_optional } => {
                self.budget.spend(1)?;
                let (operand, index) = self.pair(pair)?;
                index_of(&operand, &index, *is_optional)
            }
            Node::Equal { pair, is_negated } => {
                let (left, right) = self.pair(pair)?;
                self.budget.spend(1 + left.size().min(right.size()) / 10)?;
                Ok(Val::Bool(compare::equal(&left, &right) != *is_negated))
            }
            Node::In(pair) => {
                let (item, range) = self.pair(pair)?;
                self.within(&item, &range)
            }
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Struct { name, fields } => self.structure(name, fields),
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn pair(&mut self, pair: &[Node; 2]) -> Result<(Val, Val), Fault> {
        Ok((self.node(&pair[0])?, self.node(&pair[1])?))
    }

    /// `&&` (or `||`, where `decisive` is true): one decisive operand decides, whatever the other is.
    fn logic(&mut self, pair: &[Node; 2], decisive: bool) -> Outcome {
        self.budget.spend(1)?;
        let left = self.node(&pair[0]);
        match &left {
            Ok(value) if value.is(decisive) => return left,
            Err(fault) if !is_absorbable(fault) => return left,
            _ => {}
        }
        let right = self.node(&pair[1]);
        match &right {
            Ok(value) if value.is(decisive) => right,
            Err(fault) if !is_absorbable(fault) => right,
            _ => match left? {
                Val::Bool(_) => right.and_then(|right| match right {
                    Val::Bool(_) => Ok(right),
                    _ => Err("no such overload".into()),
                }),
                _ => Err("no such overload".into()),
            },
        }
    }

    fn call(&mut self, overloads: &[&'static Overload], args: &[Node]) -> Outcome {
        let values: Vec<Val> = args.iter().map(|arg| self.node(arg)).collect::<Result<_, _>>()?;
        let fits = |overload: &&&'static Overload| {
            values.iter().zip(&overload.signature.params).all(|(value, ty)| value.has_type(ty))
        };
        let Some(overload) = overloads.iter().find(fits) else { return Err("no such overload".into()) };
        self.budget.spend(cost(overload.function.cost, &values))?;
        (overload.function.call)(&values)
    }

    fn within(&mut self, item: &Val, range: &Val) -> Outcome {
        self.budget.spend(1 + if matches!(range, Val::List(_)) { range.size() } else { 0 })?;
        match range {
            Val::List(items) => Ok(Val::Bool(items.iter().any(|other| compare::equal(item, other)))),
            Val::Map(entries) => Ok(Val::Bool(item.as_key().is_some_and(|key| entries.contains_key(&key)))),
            _ => Err("no such overload".into()),
        }
    }

    fn list(&mut self, items: &[(Node, bool)]) -> Outcome {
        self.budget.spend(LIST_COST)?;
        let mut values = Vec::with_capacity(items.len());
        for (node, is_optional) in items {
            values.extend(unwrapped(self.node(node)?, *is_optional)?);
        }
        Ok(Val::list(values))
    }

    fn map(&mut self, entries: &[(Node, Node, bool)]) -> Outcome {
        self.budget.spend(MAP_COST)?;
        let mut map = BTreeMap::new();
        for (key, value, is_optional) in entries {
            let key = self.node(key)?.as_key().ok_or("unsupported key type")?;
            let Some(value) = unwrapped(self.node(value)?, *is_optional)? else { continue };
            if map.contains_key(&key) {
                return Err(format!("Failed with repeated key: {key}").into());
            }
            map.insert(key, value);
        }
        Ok(Val::map(map))
    }

    fn structure(&mut self, name: &str, fields: &[(Key, Node, bool)]) -> Outcome {
        self.budget.spend(STRUCT_COST)?;
        let mut values = BTreeMap::new();
        for (key, value, is_optional) in fields {
            if let Some(value) = unwrapped(self.node(value)?, *is_optional)? {
                values.insert(key.clone(), value);
            }
        }
        Ok(Val::Struct(Arc::new(Struct { name: name.to_owned(), fields: values })))
    }
}

/// The value, or what is in an optional value where one is wanted.
fn unwrapped(value: Val, is_optional: bool) -> Result<Option<Val>, Fault> {
    match (is_optional, value) {
        (false, value) => Ok(Some(value)),
        (true, Val::Optional(of)) => Ok(of.map(|of| (*of).clone())),
        (true, _) => Err("no such overload".into()),
    }
}

fn cost(cost: Cost, args: &[Val]) -> u64 {
    let size = |at: usize| args.get(at).map_or(0, Val::size);
    match cost {
        Cost::One => 1,
        Cost::Text => 1 + args.iter().map(Val::size).sum::<u64>() / 10,
        Cost::Pattern => 1 + (size(0) / 10 + 1) * (size(1) / 4 + 1),
        Cost::Items => 1 + size(0),
        Cost::Pairs => 1 + size(0).saturating_mul(size(args.len().saturating_sub(1))),
        Cost::Authorization => AUTHORIZATION_COST,
    }
}

fn no_such_key(field: &Key) -> Fault {
    format!("no such key: {field}").into()
}

fn has(operand: &Val, field: &Key) -> bool {
    match operand {
        Val::Optional(Some(of)) => has(of, field),
        other => other.entries().is_some_and(|entries| entries.contains_key(field)),
    }
}

fn select(operand: &Val, field: &Key, is_optional: bool) -> Outcome {
    match operand {
        Val::Optional(None) => Ok(Val::Optional(None)),
        Val::Optional(Some(of)) => match select(of, field, true)? {
            found @ Val::Optional(_) => Ok(found),
            found => Ok(Val::optional(Some(found))),
        },
        other => {
            let found = other.entries().and_then(|entries| entries.get(field)).cloned();
            match (found, is_optional) {
                (found, true) => Ok(Val::optional(found)),
                (Some(found), false) => Ok(found),
                (None, false) => Err(no_such_key(field)),
            }
        }
    }
}

fn index_of(operand: &Val, index: &Val, is_optional: bool) -> Outcome {
    let found = match operand {
        Val::Optional(None) => return Ok(Val::Optional(None)),
        Val::Optional(Some(of)) => return index_of(of, index, true),
        Val::List(items) => {
            let Some(Key::Int(at)) = index.as_key() else { return Err("no such overload".into()) };
            let found = usize::try_from(at).ok().and_then(|at| items.get(at)).cloned();
            found.ok_or_else(|| Fault::Error(format!("index out of bounds: {at}")))
        }
        other => {
            let Some(entries) = other.entries() else { return Err("no such overload".into()) };
            let key = index.as_key().ok_or("no such overload")?;
            entries.get(&key).cloned().ok_or_else(|| no_such_key(&key))
        }
    };
    match is_optional {
        true => Ok(Val::optional(found.ok())),
        false => found,
    }
}
