//! The grammar of label selector texts.

use std::collections::BTreeSet;

use super::{Operator, Requirement, SelectorError, invalid_key};
use crate::field_error::FieldPath;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    End,
    Identifier,
    Open,
    Close,
    Comma,
    Not,
    In,
    NotIn,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
}

/// Parses a selector's text to its requirements, in the text's order.
pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser { tokens: scan(text), at: 0 };
    let mut requirements = Vec::new();
    loop {
        match parser.peek() {
            (Token::Identifier | Token::Not, _) => {}
            (Token::End, _) => return Ok(requirements),
            (_, text) => return Err(format!("found '{text}', expected: !, identifier, or 'end of string'").into()),
        }
        let requirement = parser.requirement();
        requirements.push(requirement.map_err(|error| format!("unable to parse requirement: {error}"))?);
        match parser.take() {
            (Token::End, _) => return Ok(requirements),
            (Token::Comma, _) => match parser.peek() {
                (Token::Identifier | Token::Not, _) => {}
                (_, text) => return Err(format!("found '{text}', expected: identifier after ','").into()),
            },
            (_, text) => return Err(format!("found '{text}', expected: ',' or 'end of string'").into()),
        }
    }
}

fn is_special(c: char) -> bool {
    "=!(),><".contains(c)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// All tokens with their text, `End` last. Upstream's reader takes a NUL for the text's end: behind a
/// name it is skipped, elsewhere nothing is read any more.
fn scan(text: &str) -> Vec<(Token, &str)> {
    let mut rest = text.trim_start_matches(is_blank);
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next().filter(|first| *first != '\0') {
        let length = match first {
            '=' | '!' if rest[1..].starts_with('=') => 2,
            _ if is_special(first) => 1,
            _ => rest.find(|c| is_special(c) || is_blank(c) || c == '\0').unwrap_or(rest.len()),
        };
        let (literal, behind) = rest.split_at(length);
        tokens.push((token(literal), literal));
        let behind = if is_special(first) { behind } else { behind.strip_prefix('\0').unwrap_or(behind) };
        rest = behind.trim_start_matches(is_blank);
    }
    tokens.push((Token::End, ""));
    tokens
}

fn token(literal: &str) -> Token {
    match literal {
        "(" => Token::Open,
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "in" => Token::In,
        "notin" => Token::NotIn,
        "=" => Token::Equals,
        "==" => Token::DoubleEquals,
        "!=" => Token::NotEquals,
        ">" => Token::Greater,
        "<" => Token::Less,
        _ => Token::Identifier,
    }
}

struct Parser<'a> {
    tokens: Vec<(Token, &'a str)>,
    at: usize,
}

impl<'a> Parser<'a> {
    /// The next token; `End` again behind the end.
    fn peek_raw(&self) -> (Token, &'a str) {
        self.tokens.get(self.at).copied().unwrap_or((Token::End, ""))
    }

    fn take_raw(&mut self) -> (Token, &'a str) {
        let token = self.peek_raw();
        self.at += 1;
        token
    }

    /// The next token where `in` and `notin` are names like others.
    fn peek(&self) -> (Token, &'a str) {
        match self.peek_raw() {
            (Token::In | Token::NotIn, literal) => (Token::Identifier, literal),
            other => other,
        }
    }

    fn take(&mut self) -> (Token, &'a str) {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let (mut token, mut key) = self.take();
        let is_negated = token == Token::Not;
        if is_negated {
            (token, key) = self.take();
        }
        if token != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier").into());
        }
        if let Some(error) = invalid_key(key, &FieldPath::default()) {
            return Err(error.to_string().into());
        }
        if is_negated {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => BTreeSet::from([self.exact_value()?]),
        };
        Requirement::new(key, operator, values.into_iter().map(str::to_owned).collect())
    }

    fn operator(&mut self) -> Result<Operator, SelectorError> {
        Ok(match self.take_raw() {
            (Token::In, _) => Operator::In,
            (Token::NotIn, _) => Operator::NotIn,
            (Token::Equals, _) => Operator::Equals,
            (Token::DoubleEquals, _) => Operator::DoubleEquals,
            (Token::NotEquals, _) => Operator::NotEquals,
            (Token::Greater, _) => Operator::GreaterThan,
            (Token::Less, _) => Operator::LessThan,
            (_, text) => return Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt").into()),
        })
    }

    fn exact_value(&mut self) -> Result<&'a str, SelectorError> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok("");
        }
        match self.take() {
            (Token::Identifier, value) => Ok(value),
            (_, text) => Err(format!("found '{text}', expected: identifier").into()),
        }
    }

    /// `(a,b)`; `()` holds the empty value.
    fn values(&mut self) -> Result<BTreeSet<&'a str>, SelectorError> {
        let (token, text) = self.take();
        if token != Token::Open {
            return Err(format!("found '{text}' expected: '('").into());
        }
        match self.peek() {
            (Token::Close, _) => {
                self.take();
                Ok(BTreeSet::from([""]))
            }
            (Token::Identifier | Token::Comma, _) => {
                let values = self.list()?;
                self.take();
                Ok(values)
            }
            (_, text) => Err(format!("found '{text}', expected: ',', ')' or identifier").into()),
        }
    }

    /// Identifiers and commas up to the closing parenthesis, which stays; empty places are empty values.
    fn list(&mut self) -> Result<BTreeSet<&'a str>, SelectorError> {
        let mut values = BTreeSet::new();
        loop {
            match self.take() {
                (Token::Identifier, value) => {
                    values.insert(value);
                    match self.peek() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(values),
                        (_, text) => return Err(format!("found '{text}', expected: ',' or ')'").into()),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.insert("");
                    }
                    match self.peek().0 {
                        Token::Close => {
                            values.insert("");
                            return Ok(values);
                        }
                        Token::Comma => drop(values.insert("")),
                        _ => {}
                    }
                }
                (_, text) => return Err(format!("found '{text}', expected: ',', or identifier").into()),
            }
        }
    }
}
