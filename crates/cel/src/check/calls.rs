//! Functions and operators.

use regex::Regex;

use super::{Checker, Node};
use crate::library::{self, Overload, regexes};
use crate::syntax::{Expr, path};
use crate::text_format;
use crate::types::{Bindings, Type};
use crate::value::Val;

impl Checker<'_> {
    pub(super) fn call(&mut self, at: usize, function: &str, target: Option<&Expr>, args: &[Expr]) -> (Node, Type) {
        let Some(target) = target else {
            return match self.operator(at, function, args) {
                Some(found) => found,
                None => self.function(at, function, args),
            };
        };
        if let Some(name) = self.function_in_namespace(target, function) {
            return self.function(at, &name, args);
        }
        let (target_node, target_type) = self.expression(target);
        let (mut nodes, mut types) = self.expressions(args);
        nodes.insert(0, target_node);
        types.insert(0, target_type);
        self.resolve(at, function, true, nodes, types)
    }

    /// `sets.contains` and the like, where `sets` is no variable.
    fn function_in_namespace(&self, target: &Expr, function: &str) -> Option<String> {
        let namespace = path(target)?;
        let root = namespace.split('.').next().unwrap_or(&namespace);
        let name = format!("{namespace}.{function}");
        let is_variable = self.is_local(root) || self.environment.variable(root).is_some();
        (!is_variable && !library::overloads(&name).is_empty()).then_some(name)
    }

    fn function(&mut self, at: usize, function: &str, args: &[Expr]) -> (Node, Type) {
        let (nodes, types) = self.expressions(args);
        self.resolve(at, function, false, nodes, types)
    }

    fn resolve(&mut self, at: usize, name: &str, is_method: bool, args: Vec<Node>, types: Vec<Type>) -> (Node, Type) {
        let candidates = library::overloads(name);
        let hides_patches = name.starts_with("jsonpatch.") && !self.environment.makes_objects;
        if candidates.is_empty() || hides_patches {
            return self.fault(at, format!("undeclared reference to '{name}' (in container '')"));
        }
        let mut overloads: Vec<&'static Overload> = Vec::new();
        let mut result: Option<Type> = None;
        for overload in candidates.iter().filter(|it| it.signature.is_method == is_method) {
            let Some(ty) = applied(overload, &types) else { continue };
            overloads.push(overload);
            result = Some(match result {
                Some(before) if before != ty => Type::Dyn,
                _ => ty,
            });
        }
        let Some(result) = result else { return self.no_overload(at, name, is_method, &types) };
        self.check_literals(at, name, &args);
        (with_known_pattern(name, overloads, args), result)
    }

    /// Texts that can be seen to be no pattern, duration or time.
    fn check_literals(&mut self, at: usize, name: &str, args: &[Node]) {
        let Some(Node::Const(Val::String(text))) = args.last() else { return };
        let is_valid = match name {
            "matches" => Regex::new(text).is_ok(),
            "duration" => text_format::parse_duration(text).is_some(),
            "timestamp" => text_format::timestamp(text).is_some(),
            _ => true,
        };
        if !is_valid {
            self.fault(at, format!("invalid {name} argument"));
        }
    }

    /// Operators that are no functions: their types are related, or not all their operands are evaluated.
    fn operator(&mut self, at: usize, function: &str, args: &[Expr]) -> Option<(Node, Type)> {
        let is_operator =
            matches!(function, "_&&_" | "_||_" | "!_" | "_?_:_" | "_==_" | "_!=_" | "@in" | "_[_]" | "_[?_]");
        if !is_operator {
            return None;
        }
        let (nodes, types) = self.expressions(args);
        let Some(result) = operator_type(function, &types) else {
            return Some(self.no_overload(at, function, false, &types));
        };
        Some((operator_node(function, nodes)?, result))
    }
}

/// The call, with its pattern read once, where the expression itself says which one it is.
fn with_known_pattern(name: &str, overloads: Vec<&'static Overload>, mut args: Vec<Node>) -> Node {
    let pattern = match args.get(1) {
        Some(Node::Const(Val::String(text))) if regexes::TAKE_PATTERN.contains(&name) => regexes::Pattern::new(text),
        _ => None,
    };
    let Some(pattern) = pattern else { return Node::Call { overloads, args } };
    args[1] = Node::Const(Val::opaque(pattern));
    let known = library::overloads(&format!("@{name}"));
    Node::Call { overloads: known.iter().filter(|it| it.signature.params.len() == args.len()).collect(), args }
}

/// The result of an overload, where the arguments fit.
fn applied(overload: &Overload, types: &[Type]) -> Option<Type> {
    let params = &overload.signature.params;
    let mut bindings = Bindings::new();
    let fits =
        params.len() == types.len() && types.iter().zip(params).all(|(own, wanted)| own.fits(wanted, &mut bindings));
    fits.then(|| overload.signature.result.bound(&bindings))
}

fn is_bool(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::Dyn)
}

/// Whether two types can be those of one value.
fn same(left: &Type, right: &Type) -> Option<Type> {
    let mut bindings = Bindings::new();
    let param = Type::Param('A');
    (left.fits(&param, &mut bindings) && right.fits(&param, &mut bindings)).then(|| param.bound(&bindings))
}

fn operator_type(function: &str, types: &[Type]) -> Option<Type> {
    match (function, types) {
        ("_&&_" | "_||_", [left, right]) => (is_bool(left) && is_bool(right)).then_some(Type::Bool),
        ("!_", [operand]) => is_bool(operand).then_some(Type::Bool),
        ("_?_:_", [condition, then, otherwise]) if is_bool(condition) => match (then, otherwise) {
            (Type::Dyn, _) | (_, Type::Dyn) => Some(Type::Dyn),
            _ => same(then, otherwise),
        },
        ("_==_" | "_!=_", [left, right]) => same(left, right).map(|_| Type::Bool),
        ("@in", [item, range]) => match range {
            Type::Dyn => Some(Type::Bool),
            Type::List(of) => same(item, of).map(|_| Type::Bool),
            Type::Map(of) => same(item, &of.0).map(|_| Type::Bool),
            _ => None,
        },
        ("_[_]", [operand, index]) => indexed(operand, index),
        ("_[?_]", [operand, index]) => indexed(operand, index).map(|ty| match ty {
            of @ Type::Optional(_) => of,
            of => Type::optional(of),
        }),
        _ => None,
    }
}

fn indexed(operand: &Type, index: &Type) -> Option<Type> {
    match operand {
        Type::Dyn => Some(Type::Dyn),
        Type::List(of) => matches!(index, Type::Int | Type::Dyn).then(|| (**of).clone()),
        Type::Map(of) => same(index, &of.0).map(|_| of.1.clone()),
        Type::Optional(of) => indexed(of, index).map(Type::optional),
        _ => None,
    }
}

fn operator_node(function: &str, nodes: Vec<Node>) -> Option<Node> {
    let mut nodes = nodes.into_iter();
    let first = nodes.next()?;
    if function == "!_" {
        return Some(Node::Not(Box::new(first)));
    }
    let second = nodes.next()?;
    let pair = Box::new([first, second]);
    Some(match function {
        "_&&_" => Node::And(pair),
        "_||_" => Node::Or(pair),
        "_==_" => Node::Equal { pair, is_negated: false },
        "_!=_" => Node::Equal { pair, is_negated: true },
        "@in" => Node::In(pair),
        "_[_]" => Node::Index { pair, is_optional: false },
        "_[?_]" => Node::Index { pair, is_optional: true },
        _ => {
            let [condition, then] = *pair;
            Node::Conditional(Box::new([condition, then, nodes.next()?]))
        }
    })
}
