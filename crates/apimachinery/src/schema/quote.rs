//! Go's `strconv.Quote`, which upstream's messages use.

/// `text` between double quotes, with Go's escapes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            ' '..='~' => out.push(char),
            _ if (char as u32) < 0x20 || char == '\u{7f}' => {
                out.push_str(&format!("\\x{:02x}", char as u32));
            }
            // What Rust would escape in a char is not printable.
            _ if char.escape_debug().len() == 1 => out.push(char),
            _ if (char as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", char as u32)),
            _ => out.push_str(&format!("\\U{:08x}", char as u32)),
        }
    }
    out.push('"');
    out
}
