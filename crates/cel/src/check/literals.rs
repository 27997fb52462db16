//! Lists, maps and objects.

use super::{Checker, Node};
use crate::syntax::Expr;
use crate::types::Type;
use crate::value::Key;

impl Checker<'_> {
    pub(super) fn list(&mut self, items: &[(Expr, bool)]) -> (Node, Type) {
        let mut common = None;
        let mut nodes = Vec::with_capacity(items.len());
        for (expr, is_optional) in items {
            let (node, ty) = self.expression(expr);
            let ty = self.unwrapped(expr.at, ty, *is_optional);
            self.join(expr.at, &mut common, ty);
            nodes.push((node, *is_optional));
        }
        (Node::List(nodes), Type::list(common.unwrap_or(Type::Dyn)))
    }

    pub(super) fn map(&mut self, entries: &[(Expr, Expr, bool)]) -> (Node, Type) {
        let (mut keys, mut values) = (None, None);
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value, is_optional) in entries {
            let (key_node, key_type) = self.expression(key);
            let (value_node, value_type) = self.expression(value);
            self.join(key.at, &mut keys, key_type);
            let value_type = self.unwrapped(value.at, value_type, *is_optional);
            self.join(value.at, &mut values, value_type);
            nodes.push((key_node, value_node, *is_optional));
        }
        (Node::Map(nodes), Type::map(keys.unwrap_or(Type::Dyn), values.unwrap_or(Type::Dyn)))
    }

    /// What is in an optional value, where one is wanted.
    fn unwrapped(&mut self, at: usize, ty: Type, is_optional: bool) -> Type {
        match (is_optional, ty) {
            (false, ty) => ty,
            (true, Type::Optional(of)) => (*of).clone(),
            (true, Type::Dyn) => Type::Dyn,
            (true, other) => {
                let wanted = Type::optional(other.clone());
                self.fault(at, format!("expected type '{wanted}' but found '{other}'")).1
            }
        }
    }

    /// Items of one list have one type, as far as it is known.
    fn join(&mut self, at: usize, common: &mut Option<Type>, ty: Type) {
        let Some(before) = common.as_ref() else {
            *common = Some(ty);
            return;
        };
        let joined = before.joined(&ty);
        if joined.is_dyn() && !before.is_dyn() && !ty.is_dyn() && !fit(before, &ty) {
            self.fault(at, format!("expected type '{before}' but found '{ty}'"));
        }
        *common = Some(joined);
    }

    pub(super) fn structure(&mut self, at: usize, name: &str, fields: &[(usize, String, Expr, bool)]) -> (Node, Type) {
        let is_patch = name == "JSONPatch";
        let is_known = is_patch || name == "Object" || name.starts_with("Object.");
        if !self.environment.makes_objects || !is_known {
            return self.fault(at, format!("undeclared reference to '{name}' (in container '')"));
        }
        let mut nodes = Vec::with_capacity(fields.len());
        for (field_at, field, expr, is_optional) in fields {
            let (node, ty) = self.expression(expr);
            let ty = self.unwrapped(expr.at, ty, *is_optional);
            match field.as_str() {
                "op" | "path" | "from" if is_patch && !matches!(ty, Type::String | Type::Dyn) => {
                    let message = format!("expected type of field '{field}' is 'string' but provided type is '{ty}'");
                    self.fault(*field_at, message);
                }
                "op" | "path" | "from" | "value" => {}
                other if is_patch => {
                    self.fault(*field_at, format!("undefined field '{other}'"));
                }
                _ => {}
            }
            nodes.push((Key::text(field), node, *is_optional));
        }
        (Node::Struct { name: name.to_owned(), fields: nodes }, Type::named(name))
    }
}

fn fit(left: &Type, right: &Type) -> bool {
    left.fits(right, &mut Vec::new()) || right.fits(left, &mut Vec::new())
}
