//! Tokens.

use super::literals;
use crate::source::Issue;
use crate::value::Val;

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub at: usize,
    /// As it is written.
    pub text: String,
    pub kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug)]
pub(super) enum TokenKind {
    Name,
    /// A name in backticks.
    QuotedName,
    Literal(Val),
    Sign,
    End,
}

const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*", "/", "%",
    "<", ">",
];

/// All tokens of a text, with an end token.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Vec<Issue>> {
    let mut lexer = Lexer { characters: source.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let at = lexer.at;
        if at >= lexer.characters.len() {
            tokens.push(Token { at, text: "<EOF>".into(), kind: TokenKind::End });
            return Ok(tokens);
        }
        let kind = lexer.token().map_err(|message| vec![Issue { at, message }])?;
        tokens.push(Token { at, text: lexer.characters[at..lexer.at].iter().collect(), kind });
    }
}

struct Lexer {
    characters: Vec<char>,
    at: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.characters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                ' ' | '\t' | '\r' | '\n' | '\u{c}' => self.at += 1,
                '/' if self.peek(1) == '/' => {
                    while self.at < self.characters.len() && self.peek(0) != '\n' {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind, String> {
        let first = self.peek(0);
        if let Some((prefix, quotes)) = self.string_start() {
            return self.string(&prefix, quotes);
        }
        if first.is_ascii_digit() || (first == '.' && self.peek(1).is_ascii_digit()) {
            return self.number();
        }
        if first == '_' || first.is_ascii_alphabetic() {
            while self.peek(0) == '_' || self.peek(0).is_ascii_alphanumeric() {
                self.at += 1;
            }
            return Ok(TokenKind::Name);
        }
        if first == '`' {
            return self.quoted_name();
        }
        for sign in SIGNS {
            if sign.chars().enumerate().all(|(ahead, wanted)| self.peek(ahead) == wanted) {
                self.at += sign.len();
                return Ok(TokenKind::Sign);
            }
        }
        let next = self.peek(1);
        let shown = if next == '\0' { first.to_string() } else { format!("{first}{next}") };
        Err(format!("Syntax error: token recognition error at: '{shown}'"))
    }

    fn quoted_name(&mut self) -> Result<TokenKind, String> {
        let start = self.at;
        self.at += 1;
        while !matches!(self.peek(0), '`' | '\0' | '\n') {
            self.at += 1;
        }
        if self.peek(0) != '`' {
            let shown: String = self.characters[start..self.at].iter().collect();
            return Err(format!("Syntax error: token recognition error at: '{shown}'"));
        }
        self.at += 1;
        Ok(TokenKind::QuotedName)
    }

    /// The prefix (`r`, `b`, ...) and the quotes of a string that begins here.
    fn string_start(&self) -> Option<(String, String)> {
        let mut prefix = String::new();
        for ahead in 0..3 {
            let c = self.peek(ahead);
            match c {
                'r' | 'R' | 'b' | 'B' => prefix.push(c.to_ascii_lowercase()),
                '"' | '\'' => {
                    let is_triple = self.peek(ahead + 1) == c && self.peek(ahead + 2) == c;
                    return Some((prefix, c.to_string().repeat(if is_triple { 3 } else { 1 })));
                }
                _ => return None,
            }
        }
        None
    }

    fn string(&mut self, prefix: &str, quotes: String) -> Result<TokenKind, String> {
        let start = self.at;
        self.at += prefix.len() + quotes.len();
        let body_start = self.at;
        let is_raw = prefix.contains('r');
        loop {
            let c = self.peek(0);
            let is_end = quotes.chars().enumerate().all(|(ahead, wanted)| self.peek(ahead) == wanted);
            if is_end {
                break;
            }
            if self.at >= self.characters.len() || (quotes.len() == 1 && matches!(c, '\n' | '\r')) {
                let shown: String = self.characters[start..self.at].iter().collect();
                return Err(format!("Syntax error: token recognition error at: '{shown}'"));
            }
            self.at += if c == '\\' && !is_raw { 2 } else { 1 };
        }
        let body: String = self.characters[body_start..self.at].iter().collect();
        self.at += quotes.len();
        let value = match (prefix.contains('b'), is_raw) {
            (true, true) => Val::Bytes(body.as_bytes().into()),
            (true, false) => Val::Bytes(literals::bytes(&body)?.into()),
            (false, true) => Val::text(body),
            (false, false) => Val::text(literals::text(&body)?),
        };
        Ok(TokenKind::Literal(value))
    }

    fn number(&mut self) -> Result<TokenKind, String> {
        let start = self.at;
        if self.peek(0) == '0' && matches!(self.peek(1), 'x' | 'X') {
            self.at += 2;
            self.digits(|c| c.is_ascii_hexdigit());
            let digits: String = self.characters[start + 2..self.at].iter().collect();
            return self.integer(&digits, 16);
        }
        self.digits(|c| c.is_ascii_digit());
        let mut is_float = false;
        if self.peek(0) == '.' && self.peek(1).is_ascii_digit() {
            is_float = true;
            self.at += 1;
            self.digits(|c| c.is_ascii_digit());
        }
        let sign = usize::from(matches!(self.peek(1), '+' | '-'));
        if matches!(self.peek(0), 'e' | 'E') && self.peek(1 + sign).is_ascii_digit() {
            is_float = true;
            self.at += 1 + sign;
            self.digits(|c| c.is_ascii_digit());
        }
        let text: String = self.characters[start..self.at].iter().collect();
        match is_float {
            true => {
                text.parse().map(|it| TokenKind::Literal(Val::Double(it))).map_err(|_| "invalid double literal".into())
            }
            false => self.integer(&text, 10),
        }
    }

    fn digits(&mut self, is_digit: impl Fn(char) -> bool) {
        while is_digit(self.peek(0)) {
            self.at += 1;
        }
    }

    fn integer(&mut self, digits: &str, radix: u32) -> Result<TokenKind, String> {
        if matches!(self.peek(0), 'u' | 'U') {
            self.at += 1;
            let number = u64::from_str_radix(digits, radix).map_err(|_| "invalid uint literal")?;
            return Ok(TokenKind::Literal(Val::Uint(number)));
        }
        match u64::from_str_radix(digits, radix) {
            // Only with a minus before it: the parser makes it a signed number.
            Ok(number) if number == 1 << 63 => Ok(TokenKind::Literal(Val::Int(i64::MIN))),
            Ok(number) => i64::try_from(number)
                .map(|it| TokenKind::Literal(Val::Int(it)))
                .map_err(|_| "invalid int literal".into()),
            Err(_) => Err("invalid int literal".into()),
        }
    }
}
