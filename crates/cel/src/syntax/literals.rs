//! Escapes in string and bytes literals.

/// One unescaped unit of a literal.
enum Unit {
    Character(char),
    /// `\x` and octal escapes: a code point in texts, a byte in bytes.
    Byte(u8),
}

/// The text of a string literal.
pub(super) fn text(body: &str) -> Result<String, String> {
    let mut text = String::with_capacity(body.len());
    each_unit(body, |unit| match unit {
        Unit::Character(c) => text.push(c),
        Unit::Byte(byte) => text.push(char::from(byte)),
    })?;
    Ok(text)
}

/// The bytes of a bytes literal.
pub(super) fn bytes(body: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(body.len());
    each_unit(body, |unit| match unit {
        Unit::Character(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Unit::Byte(byte) => bytes.push(byte),
    })?;
    Ok(bytes)
}

fn each_unit(body: &str, mut take: impl FnMut(Unit)) -> Result<(), String> {
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            take(Unit::Character(c));
            continue;
        }
        let escape = rest.next().ok_or("unable to unescape string")?;
        take(match escape {
            'a' => Unit::Character('\u{7}'),
            'b' => Unit::Character('\u{8}'),
            'f' => Unit::Character('\u{c}'),
            'n' => Unit::Character('\n'),
            'r' => Unit::Character('\r'),
            't' => Unit::Character('\t'),
            'v' => Unit::Character('\u{b}'),
            '\\' | '\'' | '"' | '`' | '?' => Unit::Character(escape),
            'x' | 'X' => Unit::Byte(number(&mut rest, 2, 16)? as u8),
            'u' => Unit::Character(character(number(&mut rest, 4, 16)?)?),
            'U' => Unit::Character(character(number(&mut rest, 8, 16)?)?),
            '0'..='3' => {
                let high = escape as u32 - '0' as u32;
                Unit::Byte((high * 64 + number(&mut rest, 2, 8)?) as u8)
            }
            _ => return Err("unable to unescape string".into()),
        });
    }
    Ok(())
}

fn number(rest: &mut std::str::Chars<'_>, digits: usize, radix: u32) -> Result<u32, String> {
    let text: String = rest.take(digits).collect();
    match text.len() == digits {
        true => u32::from_str_radix(&text, radix).map_err(|_| "unable to unescape string".into()),
        false => Err("unable to unescape string".into()),
    }
}

fn character(code: u32) -> Result<char, String> {
    char::from_u32(code).ok_or_else(|| "invalid unicode code point".into())
}
