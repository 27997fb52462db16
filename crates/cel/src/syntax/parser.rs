//! The grammar, by recursive descent.

use super::lexer::{Token, TokenKind};
use super::{DEPTH_MAX, Expr, Kind, macros};
use crate::source::Issue;
use crate::value::Val;

const STARTS: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, \
                      BYTES, IDENTIFIER}";

const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// Operators from weakest to strongest, below `?:`.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">=", "in"], &["+", "-"], &["*", "/", "%"]];

/// Brackets and parentheses around each other: the parser recurses several times for each.
const NESTING_MAX: usize = 100;

/// How many of [`LEVELS`] are `||` and `&&`.
const LOGIC_LEVELS: usize = 2;

type Parsed<T> = Result<T, Issue>;

pub(super) fn parse(tokens: Vec<Token>) -> Result<Expr, Vec<Issue>> {
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let whole = parser.expression().and_then(|expr| {
        let token = parser.peek();
        match token.kind {
            TokenKind::End => Ok(expr),
            _ => Err(syntax(token, "<EOF>")),
        }
    });
    whole.map_err(|issue| vec![issue])
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

fn syntax(token: &Token, expected: &str) -> Issue {
    Issue { at: token.at, message: format!("Syntax error: mismatched input '{}' expecting {expected}", token.text) }
}

fn too_deep(at: usize) -> Issue {
    Issue { at, message: format!("expression recursion limit exceeded: {DEPTH_MAX}") }
}

fn expr(at: usize, kind: Kind) -> Expr {
    Expr::new(at, kind)
}

fn call(at: usize, function: impl Into<String>, args: Vec<Expr>) -> Expr {
    expr(at, Kind::Call { function: function.into(), target: None, args })
}

/// Joins one operand more than there are signs.
fn balanced(function: &str, operands: &mut std::vec::IntoIter<Expr>, signs: &[usize]) -> Option<Expr> {
    if signs.is_empty() {
        return operands.next();
    }
    let (left, right) = signs.split_at(signs.len() / 2);
    let (at, right) = right.split_first()?;
    let left = balanced(function, operands, left)?;
    Some(call(*at, function, vec![left, balanced(function, operands, right)?]))
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    fn is_at(&self, text: &str) -> bool {
        let token = self.peek();
        token.text == text && matches!(token.kind, TokenKind::Sign | TokenKind::Name)
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.next].clone();
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
        token
    }

    fn accept(&mut self, text: &str) -> Option<Token> {
        self.is_at(text).then(|| self.advance())
    }

    fn expect(&mut self, text: &str) -> Parsed<Token> {
        self.accept(text).ok_or_else(|| syntax(self.peek(), &format!("'{text}'")))
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(too_deep(self.peek().at));
        }
        let condition = self.binary(0)?;
        let whole = match self.accept("?") {
            None => condition,
            Some(sign) => {
                let then = self.binary(0)?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                call(sign.at, "_?_:_", vec![condition, then, otherwise])
            }
        };
        self.depth -= 1;
        self.limited(whole)
    }

    /// Operators of this level and stronger ones.
    fn binary(&mut self, weakest: usize) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let found = LEVELS.iter().enumerate().skip(weakest).find_map(|(level, operators)| {
                operators.iter().find(|it| self.is_at(it)).map(|operator| (level, *operator))
            });
            let Some((level, operator)) = found else { return Ok(left) };
            if level < LOGIC_LEVELS {
                left = self.logic(level, left)?;
                continue;
            }
            let sign = self.advance();
            let right = self.binary(level + 1)?;
            let function = if operator == "in" { "@in".to_owned() } else { format!("_{operator}_") };
            left = self.limited(call(sign.at, function, vec![left, right]))?;
        }
    }

    /// `a && b && c`: a tree as flat as can be, however many there are.
    fn logic(&mut self, level: usize, first: Expr) -> Parsed<Expr> {
        let operator = LEVELS[level][0];
        let (mut operands, mut signs) = (vec![first], Vec::new());
        while let Some(sign) = self.accept(operator) {
            signs.push(sign.at);
            operands.push(self.binary(level + 1)?);
        }
        let mut operands = operands.into_iter();
        balanced(&format!("_{operator}_"), &mut operands, &signs).ok_or_else(|| syntax(self.peek(), STARTS))
    }

    /// The tree, unless it is too deep.
    fn limited(&self, expr: Expr) -> Parsed<Expr> {
        match expr.depth > DEPTH_MAX {
            true => Err(too_deep(expr.at)),
            false => Ok(expr),
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let Some(sign) = self.accept("!").or_else(|| self.accept("-")) else { return self.member() };
        let mut count = 1;
        while self.is_at(&sign.text) {
            self.advance();
            count += 1;
        }
        let is_minus = sign.text == "-";
        if is_minus && count == 1 {
            let token = self.peek().clone();
            let negative = match token.kind {
                TokenKind::Literal(Val::Int(number)) => Some(Val::Int(number.wrapping_neg())),
                TokenKind::Literal(Val::Double(number)) => Some(Val::Double(-number)),
                _ => None,
            };
            if let Some(value) = negative {
                self.advance();
                return self.members(expr(token.at, Kind::Literal(value)));
            }
        }
        let operand = self.member()?;
        match count % 2 {
            0 => Ok(operand),
            _ => Ok(call(sign.at, if is_minus { "-_" } else { "!_" }, vec![operand])),
        }
    }

    fn member(&mut self) -> Parsed<Expr> {
        let primary = self.primary()?;
        self.members(primary)
    }

    /// What follows a primary: `.field`, `.method(..)`, `[index]`, `{fields}`.
    fn members(&mut self, mut operand: Expr) -> Parsed<Expr> {
        loop {
            operand = self.limited(operand)?;
            if let Some(sign) = self.accept(".") {
                operand = self.dot(operand, sign.at)?;
            } else if let Some(sign) = self.accept("[") {
                let is_optional = self.accept("?").is_some();
                let index = self.expression()?;
                self.expect("]")?;
                let function = if is_optional { "_[?_]" } else { "_[_]" };
                operand = call(sign.at, function, vec![operand, index]);
            } else if self.is_at("{")
                && let Some(name) = path(&operand)
            {
                let sign = self.advance();
                operand = self.fields(name, sign.at)?;
            } else {
                return Ok(operand);
            }
        }
    }

    fn dot(&mut self, operand: Expr, at: usize) -> Parsed<Expr> {
        let is_optional = self.accept("?").is_some();
        let token = self.advance();
        let field = match token.kind {
            TokenKind::Name => token.text.clone(),
            TokenKind::QuotedName => token.text.trim_matches('`').to_owned(),
            _ => return Err(syntax(&token, "IDENTIFIER")),
        };
        if let Some(open) = (!is_optional).then(|| self.accept("(")).flatten() {
            let args = self.arguments(")")?;
            return macros::expand_method(open.at, operand, field, args);
        }
        Ok(expr(at, Kind::Select { operand: Box::new(operand), field, is_optional }))
    }

    fn arguments(&mut self, end: &str) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.accept(end).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.accept(",").is_none() {
                self.expect(end)?;
                return Ok(arguments);
            }
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.advance();
        match (&token.kind, token.text.as_str()) {
            (TokenKind::Literal(Val::Int(i64::MIN)), _) => {
                Err(Issue { at: token.at, message: "invalid int literal".into() })
            }
            (TokenKind::Literal(value), _) => Ok(expr(token.at, Kind::Literal(value.clone()))),
            (TokenKind::Name, "true" | "false") => Ok(expr(token.at, Kind::Literal(Val::Bool(token.text == "true")))),
            (TokenKind::Name, "null") => Ok(expr(token.at, Kind::Literal(Val::Null))),
            (TokenKind::Name, "in") => Err(syntax(&token, STARTS)),
            (TokenKind::Name, _) => self.name(&token),
            (TokenKind::Sign, ".") => {
                let name = self.advance();
                match name.kind {
                    TokenKind::Name => self.name(&name),
                    _ => Err(syntax(&name, "IDENTIFIER")),
                }
            }
            (TokenKind::Sign, "(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            (TokenKind::Sign, "[") => self.list(token.at),
            (TokenKind::Sign, "{") => self.map(token.at),
            _ => Err(syntax(&token, STARTS)),
        }
    }

    fn name(&mut self, token: &Token) -> Parsed<Expr> {
        if RESERVED.contains(&token.text.as_str()) {
            return Err(Issue { at: token.at, message: format!("reserved identifier: {}", token.text) });
        }
        let Some(open) = self.accept("(") else { return Ok(expr(token.at, Kind::Name(token.text.clone()))) };
        let args = self.arguments(")")?;
        macros::expand_function(open.at, &token.text, args)
    }

    fn list(&mut self, at: usize) -> Parsed<Expr> {
        let mut items = Vec::new();
        while self.accept("]").is_none() {
            let is_optional = self.accept("?").is_some();
            items.push((self.expression()?, is_optional));
            if self.accept(",").is_none() {
                self.expect("]")?;
                break;
            }
        }
        Ok(expr(at, Kind::List(items)))
    }

    fn map(&mut self, at: usize) -> Parsed<Expr> {
        let mut entries = Vec::new();
        while self.accept("}").is_none() {
            let is_optional = self.accept("?").is_some();
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?, is_optional));
            if self.accept(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        Ok(expr(at, Kind::Map(entries)))
    }

    fn fields(&mut self, name: String, at: usize) -> Parsed<Expr> {
        let mut fields = Vec::new();
        while self.accept("}").is_none() {
            let is_optional = self.accept("?").is_some();
            let token = self.advance();
            let field = match token.kind {
                TokenKind::Name | TokenKind::QuotedName => token.text.trim_matches('`').to_owned(),
                _ => return Err(syntax(&token, "IDENTIFIER")),
            };
            let colon = self.expect(":")?;
            fields.push((colon.at, field, self.expression()?, is_optional));
            if self.accept(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        Ok(expr(at, Kind::Struct { name, fields }))
    }
}

/// `a.b.c`, where an expression is nothing but names.
pub(crate) fn path(operand: &Expr) -> Option<String> {
    match &operand.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Select { operand, field, is_optional: false } => Some(format!("{}.{field}", path(operand)?)),
        _ => None,
    }
}
