//! What a rule of a custom resource may cost at most: its size is known from the schema, not from an object.
//!
//! Where the size of something in between is not known it counts as small, so that no rule is refused that
//! upstream accepts.

use apimachinery::structural::{Additional, Structural};

use crate::check::{FoldNode, Node};
use crate::library::{Cost, Overload};
use crate::syntax::Fold;
use crate::value::{Key, Val};

/// What going on to the next item of a macro costs beside its body.
const STEP_COST: u64 = 3;

/// The cost of an expression, and what is known of its value.
#[derive(Clone, Copy, Default)]
struct Estimate<'a> {
    cost: u64,
    /// Bytes, items or entries.
    size: u64,
    schema: Option<&'a Structural>,
}

/// The cost of an expression over objects of `schema`.
pub(crate) fn cost(root: &Node, schema: &Structural) -> u64 {
    Estimator { own: schema, locals: Vec::new() }.node(root).cost
}

struct Estimator<'a> {
    own: &'a Structural,
    locals: Vec<Estimate<'a>>,
}

fn sized(schema: Option<&Structural>) -> u64 {
    schema.map_or(0, Structural::elements_max)
}

impl<'a> Estimate<'a> {
    fn of(cost: u64, schema: Option<&'a Structural>) -> Self {
        Estimate { cost, size: sized(schema), schema }
    }

    fn plus(self, cost: u64) -> Self {
        Estimate { cost: self.cost.saturating_add(cost), ..self }
    }
}

impl<'a> Estimator<'a> {
    fn node(&mut self, node: &Node) -> Estimate<'a> {
        match node {
            Node::Const(value) => Estimate { size: literal_size(value), ..Estimate::default() },
            Node::Variable(_) => Estimate::of(1, Some(self.own)),
            Node::Local(place) => self.locals.get(*place).copied().unwrap_or_default().with_cost(1),
            Node::Select { operand, field, .. } => {
                let operand = self.node(operand);
                Estimate::of(operand.cost.saturating_add(1), operand.schema.and_then(|schema| field_of(schema, field)))
            }
            Node::Has { operand, .. } => Estimate::of(self.node(operand).cost, None),
            Node::Call { overloads, args } => self.call(overloads, args),
            Node::And(pair) | Node::Or(pair) => Estimate::of(self.sum(pair.as_slice()).saturating_add(1), None),
            Node::Not(operand) => Estimate::of(self.node(operand).cost.saturating_add(1), None),
            Node::Conditional(parts) => {
                let condition = self.node(&parts[0]).cost;
                let (then, otherwise) = (self.node(&parts[1]), self.node(&parts[2]));
                let larger = if then.cost > otherwise.cost { then } else { otherwise };
                Estimate { size: then.size.max(otherwise.size), ..larger }.plus(condition)
            }
            Node::Index { pair, .. } => {
                let (operand, index) = (self.node(&pair[0]), self.node(&pair[1]));
                let cost = operand.cost.saturating_add(index.cost).saturating_add(1);
                Estimate::of(cost, operand.schema.and_then(element_of))
            }
            Node::Equal { pair, .. } => {
                let (left, right) = (self.node(&pair[0]), self.node(&pair[1]));
                let cost = left.cost.saturating_add(right.cost);
                Estimate::of(cost.saturating_add(1 + left.size.min(right.size) / 10), None)
            }
            Node::In(pair) => {
                let (item, range) = (self.node(&pair[0]), self.node(&pair[1]));
                let is_list = range.schema.is_none_or(|schema| schema.ty == "array");
                let cost = item.cost.saturating_add(range.cost).saturating_add(1);
                Estimate::of(cost.saturating_add(if is_list { range.size } else { 0 }), None)
            }
            Node::List(items) => {
                let cost = items.iter().fold(10u64, |sum, (item, _)| sum.saturating_add(self.node(item).cost));
                Estimate { cost, size: items.len() as u64, schema: None }
            }
            Node::Map(entries) => {
                let parts = entries.iter().flat_map(|(key, value, _)| [key, value]);
                let cost = parts.fold(30u64, |sum, part| sum.saturating_add(self.node(part).cost));
                Estimate { cost, size: entries.len() as u64, schema: None }
            }
            Node::Struct { fields, .. } => {
                let cost = fields.iter().fold(40u64, |sum, (_, field, _)| sum.saturating_add(self.node(field).cost));
                Estimate::of(cost, None)
            }
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn sum(&mut self, nodes: &[Node]) -> u64 {
        nodes.iter().fold(0u64, |sum, node| sum.saturating_add(self.node(node).cost))
    }

    fn call(&mut self, overloads: &[&'static Overload], args: &[Node]) -> Estimate<'a> {
        let args: Vec<Estimate<'a>> = args.iter().map(|arg| self.node(arg)).collect();
        let spent = args.iter().fold(0u64, |sum, arg| sum.saturating_add(arg.cost));
        let size = |at: usize| args.get(at).map_or(0, |arg| arg.size);
        let own = match overloads.first().map_or(Cost::One, |overload| overload.function.cost) {
            Cost::One => 1,
            Cost::Text => 1 + args.iter().map(|arg| arg.size).sum::<u64>() / 10,
            Cost::Pattern => (size(0) / 10 + 1).saturating_mul(size(1) / 4 + 1),
            Cost::Items => 1 + size(0),
            Cost::Pairs => size(0).saturating_mul(size(args.len().saturating_sub(1))),
            Cost::Authorization => 350_000,
        };
        let largest = args.iter().map(|arg| arg.size).max().unwrap_or(0);
        let keeps_size = overloads.first().is_some_and(|overload| overload.function.cost != Cost::One);
        Estimate { cost: spent.saturating_add(own), size: if keeps_size { largest } else { 0 }, schema: None }
    }

    fn fold(&mut self, fold: &FoldNode) -> Estimate<'a> {
        let range = self.node(&fold.range);
        self.locals.truncate(fold.depth);
        let item = range.schema.and_then(element_of);
        let is_list = range.schema.is_none_or(|schema| schema.ty == "array");
        let (first, second) = match (is_list, fold.has_two) {
            (true, false) => (Estimate::of(0, item), None),
            (true, true) => (Estimate::default(), Some(Estimate::of(0, item))),
            (false, has_two) => (Estimate::default(), has_two.then(|| Estimate::of(0, item))),
        };
        self.locals.push(first);
        self.locals.extend(second);
        let filter = fold.filter.as_ref().map_or(0, |filter| self.node(filter).cost);
        let body = self.node(&fold.body);
        self.locals.truncate(fold.depth);
        let step = filter.saturating_add(body.cost).saturating_add(STEP_COST);
        let cost = range.cost.saturating_add(step.saturating_mul(range.size));
        match fold.kind {
            Fold::All | Fold::Exists | Fold::ExistsOne => Estimate::of(cost, None),
            Fold::Filter | Fold::SortBy => Estimate { cost, ..range },
            Fold::List | Fold::Map | Fold::MapEntry => Estimate { cost, size: range.size, schema: None },
            Fold::OptionalMap | Fold::OptionalFlatMap => Estimate { cost, ..body },
        }
    }
}

impl Estimate<'_> {
    fn with_cost(self, cost: u64) -> Self {
        Estimate { cost, ..self }
    }
}

fn literal_size(value: &Val) -> u64 {
    match value {
        Val::String(_) | Val::Bytes(_) | Val::Opaque(_) => value.size(),
        _ => 0,
    }
}

fn field_of<'a>(schema: &'a Structural, field: &Key) -> Option<&'a Structural> {
    if let Additional::Of(of) = &schema.additional {
        return Some(of);
    }
    let Key::String(name) = field else { return None };
    schema.properties.get(&**name).or_else(|| {
        let mut all = schema.properties.iter();
        all.find(|(known, _)| crate::schemas::escape(known).as_deref() == Some(name)).map(|(_, of)| of)
    })
}

fn element_of(schema: &Structural) -> Option<&Structural> {
    match (&schema.items, &schema.additional) {
        (Some(of), _) => Some(of),
        (None, Additional::Of(of)) => Some(of),
        _ => None,
    }
}
