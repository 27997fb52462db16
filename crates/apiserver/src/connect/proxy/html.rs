//! The links of an HTML page, rewritten in place; everything but the tags that have links stays as it is.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::{DeflateDecoder, GzDecoder};
use flate2::write::{DeflateEncoder, GzEncoder};

/// Attributes with addresses, by tag. <https://html.spec.whatwg.org/multipage/indices.html#attributes-3>
const LINKS: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("applet", &["codebase"]),
    ("area", &["href"]),
    ("audio", &["src"]),
    ("base", &["href"]),
    ("blockquote", &["cite"]),
    ("body", &["background"]),
    ("button", &["formaction"]),
    ("command", &["icon"]),
    ("del", &["cite"]),
    ("embed", &["src"]),
    ("form", &["action"]),
    ("frame", &["longdesc", "src"]),
    ("head", &["profile"]),
    ("html", &["manifest"]),
    ("iframe", &["longdesc", "src"]),
    ("img", &["longdesc", "src", "usemap"]),
    ("input", &["src", "usemap", "formaction"]),
    ("ins", &["cite"]),
    ("link", &["href"]),
    ("object", &["classid", "codebase", "data", "usemap"]),
    ("q", &["cite"]),
    ("script", &["src"]),
    ("source", &["src"]),
    ("video", &["poster", "src"]),
];

/// Elements whose content is text up to their end tag.
const RAW_TEXT: &[&str] = &["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"];

/// Bytes of a page, unpacked.
const PAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Encodings of pages that can be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
    Deflate,
}

impl Encoding {
    /// From `Content-Encoding`.
    pub fn from_name(name: &str) -> Option<Encoding> {
        match name {
            "" => Some(Encoding::Plain),
            "gzip" => Some(Encoding::Gzip),
            "deflate" => Some(Encoding::Deflate),
            _ => None,
        }
    }
}

/// Rewrites a page's links, in its encoding.
pub(super) fn rewrite(page: &[u8], encoding: Encoding, link: impl Fn(&str) -> String) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    match encoding {
        Encoding::Plain => return Ok(rewrite_links(page, link)),
        Encoding::Gzip => GzDecoder::new(page).take(PAGE_BYTES_MAX).read_to_end(&mut plain)?,
        Encoding::Deflate => DeflateDecoder::new(page).take(PAGE_BYTES_MAX).read_to_end(&mut plain)?,
    };
    if plain.len() as u64 == PAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the page is too long"));
    }
    let rewritten = rewrite_links(&plain, link);
    if encoding == Encoding::Gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&rewritten)?;
        return encoder.finish();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&rewritten)?;
    encoder.finish()
}

fn rewrite_links(page: &[u8], link: impl Fn(&str) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(page.len() + 1024);
    let mut at = 0;
    while let Some(start) = find(page, at, b"<") {
        out.extend_from_slice(&page[at..start]);
        at = match page.get(start + 1) {
            Some(byte) if byte.is_ascii_alphabetic() => match Tag::read(page, start) {
                Some((tag, end)) => write_element_start(page, start, (tag, end), &link, &mut out),
                None => start,
            },
            _ => start,
        };
        if at == start {
            at = markup_end(page, start);
            out.extend_from_slice(&page[start..at]);
        }
    }
    out.extend_from_slice(&page[at..]);
    out
}

/// The end of what is no start tag: a comment, a declaration, an end tag, a lone `<`, or a tag that breaks off.
fn markup_end(page: &[u8], start: usize) -> usize {
    match page.get(start + 1) {
        Some(b'!') if page[start..].starts_with(b"<!--") => after(page, start + 4, b"-->"),
        Some(b'!' | b'?' | b'/') => after(page, start + 1, b">"),
        Some(byte) if byte.is_ascii_alphabetic() => page.len(),
        _ => start + 1,
    }
}

/// Writes a start tag, and the text behind it that is none of ours; the place behind that.
fn write_element_start(
    page: &[u8],
    start: usize,
    (mut tag, end): (Tag, usize),
    link: &impl Fn(&str) -> String,
    out: &mut Vec<u8>,
) -> usize {
    match LINKS.iter().find(|(name, _)| *name == tag.name) {
        Some((_, attributes)) => {
            tag.rewrite(attributes, link);
            tag.write(out);
        }
        None => out.extend_from_slice(&page[start..end]),
    }
    if !RAW_TEXT.contains(&tag.name.as_str()) || tag.is_self_closing {
        return end;
    }
    let close = find_end_tag(page, end, &tag.name);
    out.extend_from_slice(&page[end..close]);
    close
}

fn find(page: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = page.get(from..)?;
    rest.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

fn after(page: &[u8], from: usize, what: &[u8]) -> usize {
    find(page, from, what).map_or(page.len(), |at| at + what.len())
}

fn find_end_tag(page: &[u8], from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(start) = find(page, at, b"</") {
        let rest = &page[start + 2..];
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return start;
        }
        at = start + 2;
    }
    page.len()
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
struct Tag {
    name: String,
    attributes: Vec<(String, Option<String>)>,
    is_self_closing: bool,
}

impl Tag {
    /// Reads the tag that starts at `start`; the place behind it.
    fn read(page: &[u8], start: usize) -> Option<(Tag, usize)> {
        let mut cursor = Cursor { page, at: start + 1 };
        let name = cursor.word(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
        let mut tag = Tag { name: name.to_ascii_lowercase(), attributes: Vec::new(), is_self_closing: false };
        loop {
            cursor.skip_space();
            match cursor.peek()? {
                b'>' => return Some((tag, cursor.at + 1)),
                b'/' => {
                    cursor.at += 1;
                    tag.is_self_closing = cursor.peek() == Some(b'>');
                }
                _ => tag.attributes.push(cursor.attribute()?),
            }
        }
    }

    fn rewrite(&mut self, names: &[&str], link: impl Fn(&str) -> String) {
        for (name, value) in &mut self.attributes {
            if let Some(value) = value
                && names.contains(&name.as_str())
            {
                *value = link(value);
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'<');
        out.extend_from_slice(self.name.as_bytes());
        for (name, value) in &self.attributes {
            let value = escape(value.as_deref().unwrap_or(""));
            out.extend_from_slice(format!(" {name}=\"{value}\"").as_bytes());
        }
        out.extend_from_slice(if self.is_self_closing { b"/>" } else { b">" });
    }
}

struct Cursor<'a> {
    page: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.page.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn word(&mut self, is_end: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_end(byte)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.page[start..self.at]).into_owned()
    }

    fn attribute(&mut self) -> Option<(String, Option<String>)> {
        let start = self.at;
        let name = self.word(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'='));
        if self.at == start {
            // A stray `=` starts a name.
            self.at += 1;
        }
        self.skip_space();
        if self.peek() != Some(b'=') {
            return Some((name.to_ascii_lowercase(), None));
        }
        self.at += 1;
        self.skip_space();
        let value = match self.peek()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let value = self.word(|byte| byte == quote);
                self.peek()?;
                self.at += 1;
                value
            }
            _ => self.word(|byte| byte.is_ascii_whitespace() || byte == b'>'),
        };
        Some((name.to_ascii_lowercase(), Some(unescape(&value))))
    }
}

/// Named and numbered characters that stand in addresses.
fn unescape(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (name, character)| text.replace(name, character))
}

/// As Go's `html.EscapeString`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &str) {
        let rewritten = rewrite(page.as_bytes(), Encoding::Plain, |url| format!("P{url}")).expect("rewritten");
        assert_eq!(String::from_utf8_lossy(&rewritten), expected);
    }

    #[test]
    fn links_are_rewritten_and_the_rest_stays() {
        check("<a href=\"/rewriteme\">test</a>", "<a href=\"P/rewriteme\">test</a>");
        check("x < y <A HREF='/a?b&amp;c' Id=z>", "x < y <a href=\"P/a?b&amp;c\" id=\"z\">");
        check("<p class=\"/x\"><img src=/i.png/>", "<p class=\"/x\"><img src=\"P/i.png/\">");
        check("<!-- <a href=\"/x\"> --><br/>", "<!-- <a href=\"/x\"> --><br/>");
        check(
            "<script>if (a<b) {\"<a href='/x'>\"}</script><link href=l />",
            "<script>if (a<b) {\"<a href='/x'>\"}</script><link href=\"Pl\"/>",
        );
    }

    #[test]
    fn pages_that_break_off_stay_as_they_are() {
        for page in ["<a href=\"/x", "<", "<a", "</", "<!--", "<a href", "<a =", "<script>"] {
            let rewritten = rewrite(page.as_bytes(), Encoding::Plain, |url| format!("P{url}")).expect("rewritten");
            assert_eq!(String::from_utf8_lossy(&rewritten), page);
        }
    }

    #[test]
    fn packed_pages_stay_packed() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"<a href=\"/x\">").expect("in memory");
        let packed = packed.finish().expect("in memory");
        let rewritten = rewrite(&packed, Encoding::Gzip, |url| format!("P{url}")).expect("rewritten");
        assert_eq!(crate::gzip::unpack_embedded(&rewritten), b"<a href=\"P/x\">");
        assert!(rewrite(b"no gzip", Encoding::Gzip, str::to_owned).is_err());
    }
}
