//! The type checker: resolves names and overloads, and makes the tree that is evaluated.

mod calls;
mod folds;
mod literals;
mod names;

use crate::environment::Environment;
use crate::library::Overload;
use crate::source::Issue;
use crate::syntax::{Expr, Fold, Kind};
use crate::types::Type;
use crate::value::{Key, Val};

/// A checked node.
#[derive(Debug)]
pub(crate) enum Node {
    Const(Val),
    /// A declared variable.
    Variable(String),
    /// A variable of a macro, by its place.
    Local(usize),
    Select {
        operand: Box<Node>,
        field: Key,
        is_optional: bool,
    },
    Has {
        operand: Box<Node>,
        field: Key,
    },
    /// The overloads that may be meant; the values decide.
    Call {
        overloads: Vec<&'static Overload>,
        args: Vec<Node>,
    },
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Not(Box<Node>),
    Conditional(Box<[Node; 3]>),
    Index {
        pair: Box<[Node; 2]>,
        is_optional: bool,
    },
    Equal {
        pair: Box<[Node; 2]>,
        is_negated: bool,
    },
    In(Box<[Node; 2]>),
    List(Vec<(Node, bool)>),
    Map(Vec<(Node, Node, bool)>),
    Struct {
        name: String,
        fields: Vec<(Key, Node, bool)>,
    },
    Fold(Box<FoldNode>),
}

/// A checked macro. Its variables are at `depth` and the place after it.
#[derive(Debug)]
pub(crate) struct FoldNode {
    pub kind: Fold,
    pub range: Node,
    pub depth: usize,
    pub has_two: bool,
    pub filter: Option<Node>,
    pub body: Node,
}

/// What checking answers.
pub(crate) struct Checked {
    pub root: Node,
    pub output: Type,
    pub used: Vec<String>,
}

/// Checks an expression.
pub(crate) fn check(expr: &Expr, environment: &Environment) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker { environment, locals: Vec::new(), issues: Vec::new(), used: Vec::new() };
    let (root, output) = checker.expression(expr);
    match checker.issues.is_empty() {
        true => Ok(Checked { root, output, used: checker.used }),
        false => Err(checker.issues),
    }
}

struct Checker<'a> {
    environment: &'a Environment,
    /// Variables of the macros around.
    locals: Vec<(String, Type)>,
    issues: Vec<Issue>,
    used: Vec<String>,
}

impl Checker<'_> {
    /// Tells a fault; what is faulty counts as anything, so that one fault is told once.
    fn fault(&mut self, at: usize, message: String) -> (Node, Type) {
        self.issues.push(Issue { at, message });
        (Node::Const(Val::Null), Type::Dyn)
    }

    fn no_overload(&mut self, at: usize, function: &str, is_method: bool, types: &[Type]) -> (Node, Type) {
        let shown: Vec<String> = types.iter().map(Type::to_string).collect();
        let applied = match (is_method, shown.split_first()) {
            (true, Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", shown.join(", ")),
        };
        self.fault(at, format!("found no matching overload for '{function}' applied to '{applied}'"))
    }

    fn expression(&mut self, expr: &Expr) -> (Node, Type) {
        match &expr.kind {
            Kind::Literal(value) => (Node::Const(value.clone()), value.type_of()),
            Kind::Name(name) => self.name(expr.at, name),
            Kind::Select { operand, field, is_optional } => self.select(expr, operand, field, *is_optional),
            Kind::Has { operand, field } => self.has(expr.at, operand, field),
            Kind::Call { function, target, args } => self.call(expr.at, function, target.as_deref(), args),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Struct { name, fields } => self.structure(expr.at, name, fields),
            Kind::Fold(fold) => self.fold(expr.at, fold),
        }
    }

    fn expressions(&mut self, exprs: &[Expr]) -> (Vec<Node>, Vec<Type>) {
        exprs.iter().map(|expr| self.expression(expr)).unzip()
    }
}
