//! From text to a tree: tokens, grammar, macros.

mod lexer;
mod literals;
mod macros;
mod parser;

pub(crate) use parser::path;

use crate::source::Issue;
use crate::value::Val;

/// Bytes of an expression (upstream's limit of code points).
const EXPRESSION_BYTES_MAX: usize = 100_000;

/// How deep trees may be: whatever recurses over them must not run out of stack. Upstream's number.
pub(crate) const DEPTH_MAX: usize = 250;

/// A node and the character at which a fault in it is told.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub at: usize,
    pub kind: Kind,
    /// Nodes on the longest way down, this one included.
    pub depth: usize,
}

impl Expr {
    pub(crate) fn new(at: usize, kind: Kind) -> Expr {
        let depth = 1 + kind.depth_below();
        Expr { at, kind, depth }
    }
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Literal(Val),
    Name(String),
    /// `operand.field`, `operand.?field`
    Select {
        operand: Box<Expr>,
        field: String,
        is_optional: bool,
    },
    /// `has(operand.field)`
    Has {
        operand: Box<Expr>,
        field: String,
    },
    /// A function, an operator (`_+_`), or a method, where it has a target.
    Call {
        function: String,
        target: Option<Box<Expr>>,
        args: Vec<Expr>,
    },
    /// Items; those with `?` are left out when they are none.
    List(Vec<(Expr, bool)>),
    Map(Vec<(Expr, Expr, bool)>),
    /// `Object.spec{...}`
    Struct {
        name: String,
        fields: Vec<(usize, String, Expr, bool)>,
    },
    Fold(Box<FoldExpr>),
}

impl Kind {
    fn depth_below(&self) -> usize {
        let deepest = |exprs: &mut dyn Iterator<Item = &Expr>| exprs.map(|expr| expr.depth).max().unwrap_or(0);
        match self {
            Kind::Literal(_) | Kind::Name(_) => 0,
            Kind::Select { operand, .. } | Kind::Has { operand, .. } => operand.depth,
            Kind::Call { target, args, .. } => deepest(&mut target.as_deref().into_iter().chain(args)),
            Kind::List(items) => deepest(&mut items.iter().map(|(expr, _)| expr)),
            Kind::Map(entries) => deepest(&mut entries.iter().flat_map(|(key, value, _)| [key, value])),
            Kind::Struct { fields, .. } => deepest(&mut fields.iter().map(|(_, _, expr, _)| expr)),
            Kind::Fold(fold) => deepest(&mut [&fold.range, &fold.body].into_iter().chain(&fold.filter)),
        }
    }
}

/// A macro over a list or map, or another one that names a variable.
#[derive(Clone, Debug)]
pub(crate) struct FoldExpr {
    pub kind: Fold,
    pub range: Expr,
    pub first: String,
    pub second: Option<String>,
    pub filter: Option<Expr>,
    /// For [`Fold::TransformMapEntry`] and others what each item becomes; else what is asked of each.
    pub body: Expr,
}

/// What a macro does with the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    All,
    Exists,
    ExistsOne,
    /// `map` and `transformList`
    List,
    Filter,
    /// `transformMap`
    Map,
    /// `transformMapEntry`
    MapEntry,
    /// `sortBy`
    SortBy,
    /// `optMap`
    OptionalMap,
    /// `optFlatMap`
    OptionalFlatMap,
}

/// Reads an expression.
pub(crate) fn parse(source: &str) -> Result<Expr, Vec<Issue>> {
    if source.len() > EXPRESSION_BYTES_MAX {
        let message = format!(
            "expression code point size exceeds limit: size: {}, limit {EXPRESSION_BYTES_MAX}",
            source.chars().count()
        );
        return Err(vec![Issue { at: 0, message }]);
    }
    parser::parse(lexer::tokens(source)?)
}
