//! Query strings and percent encoding, read as Go's `net/url` and Kubernetes' parameter codec do.

use apimachinery::status::Status;

/// Parsed query parameters, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Parses `a=b&c=d`; pairs that cannot be decoded are left out, as Go does.
    pub fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(key, Plus::IsSpace)?, decode(value, Plus::IsSpace)?))
        });
        Query { pairs: pairs.collect() }
    }

    /// The first value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The first value of `key`, or the empty text.
    pub fn text(&self, key: &str) -> &str {
        self.get(key).unwrap_or("")
    }

    /// All values of `key`.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// A truth value: absent is `None`; `false` and `0` are false, anything else is true.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).map(|value| !(value.eq_ignore_ascii_case("false") || value == "0"))
    }

    /// An integer; text that is none is refused with upstream's text.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, Status> {
        match self.get(key) {
            None | Some("") => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))),
        }
    }
}

/// Decodes the percent encoding of a path; `None` when it is malformed or no UTF-8.
pub fn decode_path(path: &str) -> Option<String> {
    decode(path, Plus::IsItself)
}

/// What a `+` means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plus {
    IsSpace,
    IsItself,
}

fn decode(text: &str, plus: Plus) -> Option<String> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Some(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' if plus == Plus::IsSpace => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok()
}

/// Appends `text` percent-encoded for a query value or path segment.
pub fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_keep_their_order() {
        let query = Query::parse("labelSelector=a%3Db%2Cc&command=sh&command=-c&x=1+2&bad=%zz&watch");
        assert_eq!(query.text("labelSelector"), "a=b,c");
        assert_eq!(query.all("command").collect::<Vec<_>>(), ["sh", "-c"]);
        assert_eq!(query.text("x"), "1 2");
        assert_eq!(query.get("bad"), None);
        assert_eq!(query.flag("watch"), Some(true));
    }

    #[test]
    fn flags_and_integers_are_read_as_upstream() {
        let query = Query::parse("a=false&b=0&c=False&d=nope&limit=5&timeoutSeconds=x");
        for key in ["a", "b", "c"] {
            assert_eq!(query.flag(key), Some(false));
        }
        assert_eq!(query.flag("d"), Some(true));
        assert_eq!(query.flag("e"), None);
        assert_eq!(query.integer("limit"), Ok(Some(5)));
        let refused = query.integer("timeoutSeconds").expect_err("not a number");
        assert_eq!(refused.message, "strconv.ParseInt: parsing \"x\": invalid syntax");
    }

    #[test]
    fn a_path_keeps_its_plus_and_loses_its_percent() {
        assert_eq!(decode_path("/a+b/%61%2fc").as_deref(), Some("/a+b/a/c"));
        assert_eq!(decode_path("/%"), None);
        assert_eq!(decode_path("/%ff"), None);
        let mut out = String::new();
        encode("a b/ü", &mut out);
        assert_eq!(out, "a%20b%2F%C3%BC");
    }
}
