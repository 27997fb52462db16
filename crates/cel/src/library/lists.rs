//! Lists: Kubernetes' functions and the lists extension.

use super::{Cost, Function, costly, function, no_overload};
use crate::compare;
use crate::library::operators;
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("list(A).isSorted() -> bool", Cost::Items, is_sorted),
    costly("list(int).sum() -> int", Cost::Items, |args| sum(args, Val::Int(0))),
    costly("list(uint).sum() -> uint", Cost::Items, |args| sum(args, Val::Uint(0))),
    costly("list(double).sum() -> double", Cost::Items, |args| sum(args, Val::Double(0.0))),
    costly("list(duration).sum() -> duration", Cost::Items, |args| sum(args, Val::Duration(0))),
    costly("list(A).min() -> A", Cost::Items, |args| extreme(args, "min", true)),
    costly("list(A).max() -> A", Cost::Items, |args| extreme(args, "max", false)),
    costly("list(A).indexOf(A) -> int", Cost::Items, index_of),
    costly("list(A).lastIndexOf(A) -> int", Cost::Items, last_index_of),
    costly("list(A).slice(int, int) -> list(A)", Cost::Items, slice),
    costly("list(A).flatten() -> list(dyn)", Cost::Items, flatten),
    costly("list(A).flatten(int) -> list(dyn)", Cost::Items, flatten),
    costly("list(A).sort() -> list(A)", Cost::Items, sort),
    costly("list(A).reverse() -> list(A)", Cost::Items, reverse),
    costly("list(A).distinct() -> list(A)", Cost::Pairs, distinct),
    function("lists.range(int) -> list(int)", range),
    function("list(A).first() -> optional(A)", |args| end(args, true)),
    function("list(A).last() -> optional(A)", |args| end(args, false)),
];

/// Items of `lists.range`.
const RANGE_ITEMS_MAX: i64 = 1_000_000;

/// How deep `flatten` goes without being told.
const FLATTEN_DEPTH: i64 = 1;

fn items(args: &[Val]) -> &[Val] {
    match args.first() {
        Some(Val::List(items)) => items,
        _ => &[],
    }
}

fn is_sorted(args: &[Val]) -> Outcome {
    for pair in items(args).windows(2) {
        if compare::order(&pair[0], &pair[1])?.is_some_and(|order| order.is_gt()) {
            return Ok(Val::Bool(false));
        }
    }
    Ok(Val::Bool(true))
}

fn sum(args: &[Val], zero: Val) -> Outcome {
    items(args).iter().try_fold(zero, |sum, item| operators::add(&[sum, item.clone()]))
}

fn extreme(args: &[Val], name: &str, is_least: bool) -> Outcome {
    let mut rest = items(args).iter();
    let Some(mut best) = rest.next() else { return Err(format!("{name} called on empty list").into()) };
    for item in rest {
        let is_better =
            compare::order(item, best)?.is_some_and(|order| if is_least { order.is_lt() } else { order.is_gt() });
        if is_better {
            best = item;
        }
    }
    Ok(best.clone())
}

fn index_of(args: &[Val]) -> Outcome {
    let found = items(args).iter().position(|item| compare::equal(item, &args[1]));
    Ok(Val::Int(found.map_or(-1, |at| at as i64)))
}

fn last_index_of(args: &[Val]) -> Outcome {
    let found = items(args).iter().rposition(|item| compare::equal(item, &args[1]));
    Ok(Val::Int(found.map_or(-1, |at| at as i64)))
}

fn slice(args: &[Val]) -> Outcome {
    let [Val::List(items), Val::Int(start), Val::Int(end)] = args else { return no_overload() };
    if *start < 0 || *end < 0 {
        return Err(format!("cannot slice({start}, {end}), negative indexes not supported").into());
    }
    if start > end {
        return Err(format!("cannot slice({start}, {end}), start index must be less than or equal to end index").into());
    }
    match items.get(*start as usize..*end as usize) {
        Some(items) => Ok(Val::list(items.to_vec())),
        None => Err(format!("cannot slice({start}, {end}), list is length {}", items.len()).into()),
    }
}

fn flatten(args: &[Val]) -> Outcome {
    let depth = match args.get(1) {
        Some(Val::Int(depth)) if *depth < 0 => return Err("level must be non-negative".into()),
        Some(Val::Int(depth)) => *depth,
        _ => FLATTEN_DEPTH,
    };
    let mut flat = Vec::new();
    flatten_into(items(args), depth, &mut flat);
    Ok(Val::list(flat))
}

fn flatten_into(items: &[Val], depth: i64, flat: &mut Vec<Val>) {
    for item in items {
        match item {
            Val::List(inner) if depth > 0 => flatten_into(inner, depth - 1, flat),
            other => flat.push(other.clone()),
        }
    }
}

fn sort(args: &[Val]) -> Outcome {
    sorted(items(args).iter().map(|item| (item.clone(), item.clone())).collect())
}

/// The second values of pairs, in the order of the first ones.
pub(crate) fn sorted(mut pairs: Vec<(Val, Val)>) -> Outcome {
    if let Some((first, _)) = pairs.first() {
        for (key, _) in &pairs {
            if key.type_of() != first.type_of() {
                return Err("list elements must have the same type".into());
            }
            compare::order(first, key).map_err(|_| "list elements must be comparable")?;
        }
    }
    pairs.sort_by(|(left, _), (right, _)| {
        compare::order(left, right).ok().flatten().unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(Val::list(pairs.into_iter().map(|(_, item)| item).collect()))
}

fn reverse(args: &[Val]) -> Outcome {
    Ok(Val::list(items(args).iter().rev().cloned().collect()))
}

fn distinct(args: &[Val]) -> Outcome {
    let mut seen: Vec<Val> = Vec::new();
    for item in items(args) {
        if !seen.iter().any(|known| compare::equal(known, item)) {
            seen.push(item.clone());
        }
    }
    Ok(Val::list(seen))
}

fn range(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(count)] if *count <= RANGE_ITEMS_MAX => Ok(Val::list((0..*count).map(Val::Int).collect())),
        [Val::Int(count)] => Err(format!("range size {count} exceeds the limit of {RANGE_ITEMS_MAX}").into()),
        _ => no_overload(),
    }
}

fn end(args: &[Val], is_first: bool) -> Outcome {
    let items = items(args);
    Ok(Val::optional(if is_first { items.first() } else { items.last() }.cloned()))
}
