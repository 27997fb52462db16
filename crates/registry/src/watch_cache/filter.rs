//! What a list or watch sees: a part of the key space and selectors, compiled once.

use apimachinery::field_error::quoted;
use apimachinery::selector::{FieldSelector, LabelSelector};
use apimachinery::status::Status;

use super::{CacheKind, Cached};

/// What a list or watch sees.
pub(crate) struct Filter {
    /// Key prefix of the namespace, or of the resource.
    key_prefix: String,
    is_namespaced: bool,
    scope: Scope,
    labels: LabelSelector,
    fields: Vec<Term>,
}

/// The index that leads to the objects of a filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One key.
    Key(Box<str>),
    /// One value of the indexed field.
    Field(Box<str>),
    /// All that starts with the key prefix.
    Prefix,
}

struct Term {
    field: Field,
    is_equal: bool,
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
    Projected(usize),
}

impl Filter {
    /// Compiles selectors for one namespace (empty: all).
    pub fn new(
        kind: &CacheKind,
        is_namespaced: bool,
        namespace: &str,
        labels: &LabelSelector,
        fields: &FieldSelector,
    ) -> Result<Filter, Status> {
        let key_prefix = match is_namespaced && !namespace.is_empty() {
            true => format!("{}{namespace}/", kind.key_prefix),
            false => kind.key_prefix.clone(),
        };
        let mut terms = Vec::with_capacity(fields.terms.len());
        for term in &fields.terms {
            let field = field(kind, &term.field)?;
            terms.push(Term { field, is_equal: term.is_equal, value: term.value.clone() });
        }
        let holds_whole_names = !is_namespaced || !namespace.is_empty();
        let scope = scope(kind, &terms, &key_prefix, holds_whole_names);
        Ok(Filter { key_prefix, is_namespaced, scope, labels: labels.clone(), fields: terms })
    }

    /// Whether it leaves out objects of its part of the key space.
    pub fn is_selective(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }

    /// Whether an object is seen.
    pub fn matches(&self, cached: &Cached) -> bool {
        let Some(rest) = cached.key.strip_prefix(self.key_prefix.as_str()) else { return false };
        self.labels.matches(|key| cached.projection.label(key))
            && self.fields.iter().all(|it| (self.value(it.field, cached, rest) == it.value) == it.is_equal)
    }

    /// The value of a field; `rest` is the key behind the filter's prefix.
    fn value<'a>(&self, field: Field, cached: &'a Cached, rest: &'a str) -> &'a str {
        match field {
            Field::Name => rest.rsplit('/').next().unwrap_or(rest),
            Field::Namespace if self.is_namespaced => cached.key.rsplit('/').nth(1).unwrap_or(""),
            Field::Namespace => "",
            Field::Projected(at) => cached.projection.field(at),
        }
    }

    /// Prefix of all keys that it may see.
    pub fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }
}

fn field(kind: &CacheKind, name: &str) -> Result<Field, Status> {
    match name {
        "metadata.name" => return Ok(Field::Name),
        "metadata.namespace" => return Ok(Field::Namespace),
        _ => {}
    }
    if let Some(at) = kind.fields.iter().position(|it| it.name == name) {
        return Ok(Field::Projected(at));
    }
    let text = match kind.fields.is_empty() {
        true => {
            format!("{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", quoted(name))
        }
        false => format!("field label not supported: {name}"),
    };
    Err(Status::bad_request(text))
}

fn scope(kind: &CacheKind, terms: &[Term], key_prefix: &str, holds_whole_names: bool) -> Scope {
    let equal = |wanted: Field| terms.iter().find(|it| it.is_equal && it.field == wanted).map(|it| it.value.as_str());
    if let (Some(name), true) = (equal(Field::Name), holds_whole_names) {
        return Scope::Key(format!("{key_prefix}{name}").into());
    }
    match kind.indexed.and_then(|at| equal(Field::Projected(at))) {
        Some(value) => Scope::Field(value.into()),
        None => Scope::Prefix,
    }
}
