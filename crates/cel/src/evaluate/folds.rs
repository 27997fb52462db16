//! Macros over lists, maps and optional values.

use std::collections::BTreeMap;

use super::{Evaluator, is_absorbable};
use crate::check::FoldNode;
use crate::library::lists;
use crate::syntax::Fold;
use crate::value::{Fault, Key, Outcome, Val};

/// What going on to the next item costs beside the body.
const STEP_COST: u64 = 3;

impl Evaluator<'_> {
    pub(super) fn fold(&mut self, fold: &FoldNode) -> Outcome {
        let range = self.node(&fold.range)?;
        match fold.kind {
            Fold::All => self.quantified(fold, &range, false),
            Fold::Exists => self.quantified(fold, &range, true),
            Fold::ExistsOne => self.exists_one(fold, &range),
            Fold::List | Fold::Filter => self.listed(fold, &range),
            Fold::Map | Fold::MapEntry => self.mapped(fold, &range),
            Fold::SortBy => self.sorted_by(fold, &range),
            Fold::OptionalMap | Fold::OptionalFlatMap => self.optional(fold, &range),
        }
    }

    /// Evaluates something with the variables of the macro set.
    fn with<T>(
        &mut self,
        fold: &FoldNode,
        pair: (Val, Val),
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.budget.spend(STEP_COST)?;
        self.locals.truncate(fold.depth);
        self.locals.push(pair.0);
        if fold.has_two {
            self.locals.push(pair.1);
        }
        let result = work(self);
        self.locals.truncate(fold.depth);
        result
    }

    fn truth(&mut self, fold: &FoldNode, pair: (Val, Val)) -> Result<bool, Fault> {
        match self.with(fold, pair, |own| own.node(&fold.body))? {
            Val::Bool(truth) => Ok(truth),
            _ => Err("no such overload".into()),
        }
    }

    fn is_kept(&mut self, fold: &FoldNode) -> Result<bool, Fault> {
        match fold.filter.as_ref().map(|filter| self.node(filter)).transpose()? {
            None | Some(Val::Bool(true)) => Ok(true),
            Some(Val::Bool(false)) => Ok(false),
            Some(_) => Err("no such overload".into()),
        }
    }

    /// `all`, or `exists` where `decisive` is true. Faults are told only when no item decides.
    fn quantified(&mut self, fold: &FoldNode, range: &Val, decisive: bool) -> Outcome {
        let mut fault = None;
        for pair in pairs(range, fold.has_two)? {
            match self.truth(fold, pair) {
                Ok(truth) if truth == decisive => return Ok(Val::Bool(decisive)),
                Ok(_) => {}
                Err(other) if is_absorbable(&other) => fault = fault.or(Some(other)),
                Err(other) => return Err(other),
            }
        }
        fault.map_or(Ok(Val::Bool(!decisive)), Err)
    }

    fn exists_one(&mut self, fold: &FoldNode, range: &Val) -> Outcome {
        let mut count = 0;
        for pair in pairs(range, fold.has_two)? {
            count += usize::from(self.truth(fold, pair)?);
        }
        Ok(Val::Bool(count == 1))
    }

    fn listed(&mut self, fold: &FoldNode, range: &Val) -> Outcome {
        let mut items = Vec::new();
        for pair in pairs(range, fold.has_two)? {
            self.budget.spend(super::LIST_COST)?;
            if fold.kind == Fold::Filter {
                let item = pair.0.clone();
                if self.truth(fold, pair)? {
                    items.push(item);
                }
                continue;
            }
            let item = self.with(fold, pair, |own| match own.is_kept(fold)? {
                true => own.node(&fold.body).map(Some),
                false => Ok(None),
            })?;
            items.extend(item);
        }
        Ok(Val::list(items))
    }

    fn mapped(&mut self, fold: &FoldNode, range: &Val) -> Outcome {
        let mut entries: BTreeMap<Key, Val> = BTreeMap::new();
        for pair in pairs(range, true)? {
            let key = pair.0.as_key().ok_or("unsupported key type")?;
            let value = self.with(fold, pair, |own| match own.is_kept(fold)? {
                true => own.node(&fold.body).map(Some),
                false => Ok(None),
            })?;
            let Some(value) = value else { continue };
            if fold.kind == Fold::Map {
                entries.insert(key, value);
                continue;
            }
            for (key, value) in value.entries().ok_or("no such overload")? {
                if entries.insert(key.clone(), value.clone()).is_some() {
                    return Err(format!("insert failed: key {key} already exists").into());
                }
            }
        }
        Ok(Val::map(entries))
    }

    fn sorted_by(&mut self, fold: &FoldNode, range: &Val) -> Outcome {
        let mut keyed = Vec::new();
        for pair in pairs(range, false)? {
            let item = pair.0.clone();
            let key = self.with(fold, pair, |own| own.node(&fold.body))?;
            keyed.push((key, item));
        }
        lists::sorted(keyed)
    }

    fn optional(&mut self, fold: &FoldNode, range: &Val) -> Outcome {
        match range {
            Val::Optional(None) => Ok(Val::Optional(None)),
            Val::Optional(Some(of)) => {
                let value = self.with(fold, ((**of).clone(), Val::Null), |own| own.node(&fold.body))?;
                Ok(if fold.kind == Fold::OptionalMap { Val::optional(Some(value)) } else { value })
            }
            _ => Err("no such overload".into()),
        }
    }
}

/// What the variables of a macro are for each item.
fn pairs(range: &Val, has_two: bool) -> Result<Vec<(Val, Val)>, Fault> {
    match range {
        Val::List(items) if has_two => {
            Ok(items.iter().enumerate().map(|(at, item)| (Val::Int(at as i64), item.clone())).collect())
        }
        Val::List(items) => Ok(items.iter().map(|item| (item.clone(), Val::Null)).collect()),
        other => match other.entries() {
            Some(entries) => Ok(entries.iter().map(|(key, value)| (key.to_val(), value.clone())).collect()),
            None => Err("no such overload".into()),
        },
    }
}
