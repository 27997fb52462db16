//! Macros over lists and maps.

use super::{Checker, FoldNode, Node};
use crate::syntax::{Fold, FoldExpr};
use crate::types::Type;

/// What a macro goes over.
struct Range {
    /// Types of its variables.
    variables: Vec<Type>,
    /// Type of what `filter` keeps.
    item: Type,
    /// Type of the keys that `transformMap` keeps.
    key: Type,
}

impl Checker<'_> {
    pub(super) fn fold(&mut self, at: usize, fold: &FoldExpr) -> (Node, Type) {
        let (range_node, range_type) = self.expression(&fold.range);
        let range = match fold.kind {
            Fold::OptionalMap | Fold::OptionalFlatMap => self.optional_range(at, fold, &range_type),
            _ => self.range(fold, &range_type),
        };
        let depth = self.locals.len();
        let names = std::iter::once(&fold.first).chain(&fold.second);
        self.locals.extend(names.cloned().zip(range.variables.iter().cloned()));
        let filter = fold.filter.as_ref().map(|filter| {
            let (node, ty) = self.expression(filter);
            self.want_bool(filter.at, "_?_:_", &ty);
            node
        });
        let (body, body_type) = self.expression(&fold.body);
        self.locals.truncate(depth);
        let result = self.result(fold, &range, body_type);
        let node = FoldNode { kind: fold.kind, range: range_node, depth, has_two: fold.second.is_some(), filter, body };
        (Node::Fold(Box::new(node)), result)
    }

    fn range(&mut self, fold: &FoldExpr, ty: &Type) -> Range {
        let has_two = fold.second.is_some();
        match ty {
            Type::List(of) if has_two => {
                Range { variables: vec![Type::Int, (**of).clone()], item: (**of).clone(), key: Type::Int }
            }
            Type::List(of) => Range { variables: vec![(**of).clone()], item: (**of).clone(), key: Type::Int },
            Type::Map(of) => {
                Range { variables: vec![of.0.clone(), of.1.clone()], item: of.0.clone(), key: of.0.clone() }
            }
            Type::Dyn => Range { variables: vec![Type::Dyn, Type::Dyn], item: Type::Dyn, key: Type::Dyn },
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.fault(fold.range.at, message);
                Range { variables: vec![Type::Dyn, Type::Dyn], item: Type::Dyn, key: Type::Dyn }
            }
        }
    }

    fn optional_range(&mut self, at: usize, fold: &FoldExpr, ty: &Type) -> Range {
        let item = match ty {
            Type::Optional(of) => (**of).clone(),
            Type::Dyn => Type::Dyn,
            other => {
                let name = if fold.kind == Fold::OptionalMap { "optMap" } else { "optFlatMap" };
                self.no_overload(at, name, true, &[other.clone(), Type::Dyn]).1
            }
        };
        Range { variables: vec![item.clone()], item, key: Type::Dyn }
    }

    fn want_bool(&mut self, at: usize, function: &str, ty: &Type) {
        if !matches!(ty, Type::Bool | Type::Dyn) {
            self.no_overload(at, function, false, &[Type::Bool, ty.clone()]);
        }
    }

    fn result(&mut self, fold: &FoldExpr, range: &Range, body: Type) -> Type {
        match fold.kind {
            Fold::All => {
                self.want_bool(fold.body.at, "_&&_", &body);
                Type::Bool
            }
            Fold::Exists => {
                self.want_bool(fold.body.at, "_||_", &body);
                Type::Bool
            }
            Fold::ExistsOne => {
                self.want_bool(fold.body.at, "_?_:_", &body);
                Type::Bool
            }
            Fold::Filter => {
                self.want_bool(fold.body.at, "_?_:_", &body);
                Type::list(range.item.clone())
            }
            Fold::List => Type::list(body),
            Fold::SortBy => Type::list(range.item.clone()),
            Fold::Map => Type::map(range.key.clone(), body),
            Fold::MapEntry | Fold::OptionalFlatMap => body,
            Fold::OptionalMap => Type::optional(body),
        }
    }
}
