//! Macros: calls that are not functions, because they name variables or fields.

use super::{Expr, Fold, FoldExpr, Kind};
use crate::source::Issue;

type Expanded = Result<Expr, Issue>;

fn issue(at: usize, message: &str) -> Issue {
    Issue { at, message: message.to_owned() }
}

/// `has(..)`, or a plain function.
pub(super) fn expand_function(at: usize, name: &str, mut args: Vec<Expr>) -> Expanded {
    if name == "has" && args.len() == 1 {
        let arg = args.remove(0);
        return match arg.kind {
            Kind::Select { operand, field, is_optional: false } => Ok(Expr::new(at, Kind::Has { operand, field })),
            _ => Err(issue(arg.at, "invalid argument to has() macro")),
        };
    }
    Ok(Expr::new(at, Kind::Call { function: name.to_owned(), target: None, args }))
}

/// `range.all(x, ..)` and the like, or a plain method.
pub(super) fn expand_method(at: usize, target: Expr, name: String, mut args: Vec<Expr>) -> Expanded {
    let Some((kind, variables, has_filter)) = shape(&name, args.len()) else {
        let kind = Kind::Call { function: name, target: Some(Box::new(target)), args };
        return Ok(Expr::new(at, kind));
    };
    let mut names = Vec::new();
    for arg in args.drain(..variables) {
        match arg.kind {
            Kind::Name(name) => names.push(name),
            _ if kind == Fold::OptionalMap => {
                return Err(issue(arg.at, "optMap() variable name must be a simple identifier"));
            }
            _ if kind == Fold::OptionalFlatMap => {
                return Err(issue(arg.at, "optFlatMap() variable name must be a simple identifier"));
            }
            _ => return Err(issue(arg.at, "argument must be a simple name")),
        }
    }
    let body = args.pop().ok_or_else(|| issue(at, "no body"))?;
    let filter = if has_filter { args.pop() } else { None };
    let mut names = names.into_iter();
    let fold =
        FoldExpr { kind, range: target, first: names.next().unwrap_or_default(), second: names.next(), filter, body };
    Ok(Expr::new(at, Kind::Fold(Box::new(fold))))
}

/// What a macro is by name and number of arguments: how many variables it names, and whether it filters.
fn shape(name: &str, count: usize) -> Option<(Fold, usize, bool)> {
    Some(match (name, count) {
        ("all", 2) => (Fold::All, 1, false),
        ("all", 3) => (Fold::All, 2, false),
        ("exists", 2) => (Fold::Exists, 1, false),
        ("exists", 3) => (Fold::Exists, 2, false),
        ("exists_one" | "existsOne", 2) => (Fold::ExistsOne, 1, false),
        ("exists_one" | "existsOne", 3) => (Fold::ExistsOne, 2, false),
        ("map", 2) => (Fold::List, 1, false),
        ("map", 3) => (Fold::List, 1, true),
        ("filter", 2) => (Fold::Filter, 1, false),
        ("transformList", 3) => (Fold::List, 2, false),
        ("transformList", 4) => (Fold::List, 2, true),
        ("transformMap", 3) => (Fold::Map, 2, false),
        ("transformMap", 4) => (Fold::Map, 2, true),
        ("transformMapEntry", 3) => (Fold::MapEntry, 2, false),
        ("transformMapEntry", 4) => (Fold::MapEntry, 2, true),
        ("sortBy", 2) => (Fold::SortBy, 1, false),
        ("optMap", 2) => (Fold::OptionalMap, 1, false),
        ("optFlatMap", 2) => (Fold::OptionalFlatMap, 1, false),
        _ => return None,
    })
}
