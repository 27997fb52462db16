//! Names and fields.

use super::{Checker, Node};
use crate::signature::parse_type;
use crate::syntax::{Expr, Kind, path};
use crate::types::Type;
use crate::value::{Key, Val};

/// Names of types, as values.
const TYPES: [&str; 9] = ["bool", "bytes", "double", "duration", "int", "string", "timestamp", "type", "uint"];

impl Checker<'_> {
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|(known, _)| known == name)
    }

    /// A declared variable, with dots in its name or not.
    fn variable(&mut self, name: &str) -> Option<(Node, Type)> {
        let ty = self.environment.variable(name)?.clone();
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
        Some((Node::Variable(name.to_owned()), ty))
    }

    pub(super) fn name(&mut self, at: usize, name: &str) -> (Node, Type) {
        if let Some(place) = self.locals.iter().rposition(|(known, _)| known == name) {
            return (Node::Local(place), self.locals[place].1.clone());
        }
        if let Some(found) = self.variable(name) {
            return found;
        }
        match name {
            "list" => (Node::Const(Val::Type(Type::list(Type::Dyn))), Type::Type),
            "map" => (Node::Const(Val::Type(Type::map(Type::Dyn, Type::Dyn))), Type::Type),
            "null_type" => (Node::Const(Val::Type(Type::Null)), Type::Type),
            name if TYPES.contains(&name) => (Node::Const(Val::Type(parse_type(name))), Type::Type),
            _ => self.fault(at, format!("undeclared reference to '{name}' (in container '')")),
        }
    }

    pub(super) fn select(&mut self, expr: &Expr, operand: &Expr, field: &str, is_optional: bool) -> (Node, Type) {
        if let Some(found) = path(expr).and_then(|name| self.dotted(expr.at, &name, operand)) {
            return found;
        }
        let (node, ty) = self.expression(operand);
        let field_type = self.field_type(expr.at, &ty, field);
        let is_in_optional = matches!(ty, Type::Optional(_));
        let result = match (is_optional || is_in_optional, field_type) {
            (true, of @ Type::Optional(_)) => of,
            (true, of) => Type::optional(of),
            (false, of) => of,
        };
        (Node::Select { operand: Box::new(node), field: Key::text(field), is_optional }, result)
    }

    /// A name with dots: a variable, a type, or a member that is not declared.
    fn dotted(&mut self, at: usize, name: &str, operand: &Expr) -> Option<(Node, Type)> {
        let (root, _) = name.split_once('.')?;
        if self.is_local(root) {
            return None;
        }
        if let Some(found) = self.variable(name) {
            return Some(found);
        }
        match name {
            "google.protobuf.Timestamp" => return Some((Node::Const(Val::Type(Type::Timestamp)), Type::Type)),
            "google.protobuf.Duration" => return Some((Node::Const(Val::Type(Type::Duration)), Type::Type)),
            _ => {}
        }
        match &operand.kind {
            Kind::Name(root) if self.is_namespace(root) => {
                let field = name.rsplit('.').next().unwrap_or(name);
                Some(self.fault(at, format!("undefined field '{field}'")))
            }
            _ => None,
        }
    }

    /// Whether a name is no variable itself, but the beginning of some.
    fn is_namespace(&self, name: &str) -> bool {
        self.environment.variable(name).is_none() && !self.is_local(name) && self.environment.has_members(name)
    }

    fn field_type(&mut self, at: usize, ty: &Type, field: &str) -> Type {
        match ty {
            Type::Dyn => Type::Dyn,
            Type::Map(of) => of.1.clone(),
            Type::Optional(of) => self.field_type(at, of, field),
            Type::Named(name) if name.starts_with("Object") => Type::Dyn,
            Type::Object(object) => match object.fields.get(field) {
                Some(of) => of.clone(),
                None => self.fault(at, format!("undefined field '{field}'")).1,
            },
            other => self.fault(at, format!("type '{other}' does not support field selection")).1,
        }
    }

    pub(super) fn has(&mut self, at: usize, operand: &Expr, field: &str) -> (Node, Type) {
        if let Kind::Name(root) = &operand.kind
            && self.is_namespace(root)
        {
            let is_declared = self.environment.variable(&format!("{root}.{field}")).is_some();
            return match is_declared {
                true => (Node::Const(Val::Bool(true)), Type::Bool),
                false => self.fault(at, format!("undefined field '{field}'")),
            };
        }
        let (node, ty) = self.expression(operand);
        self.field_type(at, &ty, field);
        (Node::Has { operand: Box::new(node), field: Key::text(field) }, Type::Bool)
    }
}
