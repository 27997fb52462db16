//! Finds a few values in an object's JSON without building a tree.

use crate::strategy::Path;

/// The raw text of the value at each of `paths` (at most 32), in one pass; `None` where there is none.
///
/// The bytes are canonical JSON; on any other input it finds less, but neither panics nor reads beyond.
pub(super) fn find<'a>(bytes: &'a [u8], paths: &[Path]) -> Vec<Option<&'a [u8]>> {
    let mut found = vec![None; paths.len()];
    let mut scanner = Scanner { bytes, at: 0 };
    let all = if paths.len() >= 32 { u32::MAX } else { (1 << paths.len()) - 1 };
    scanner.object(paths, all, 0, &mut found);
    found
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Reads an object at `depth`; `wanted` has a bit per path that leads here. Gives up on what is no object.
    fn object(&mut self, paths: &[Path], wanted: u32, depth: usize, found: &mut [Option<&'a [u8]>]) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            self.value(key, paths, wanted, depth, found)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn value(
        &mut self,
        key: &[u8],
        paths: &[Path],
        wanted: u32,
        depth: usize,
        found: &mut [Option<&'a [u8]>],
    ) -> Option<()> {
        let (mut ends, mut leads) = (0u32, 0u32);
        for (at, path) in paths.iter().enumerate().take(32) {
            if wanted & (1 << at) != 0 && path.get(depth).is_some_and(|it| it.as_bytes() == key) {
                match path.len() == depth + 1 {
                    true => ends |= 1 << at,
                    false => leads |= 1 << at,
                }
            }
        }
        let start = self.at;
        if leads != 0 && self.peek()? == b'{' {
            self.object(paths, leads, depth + 1, found)?;
        } else {
            self.skip()?;
        }
        if ends != 0 {
            let raw = self.bytes.get(start..self.at)?;
            (0..paths.len().min(32)).filter(|at| ends & (1 << at) != 0).for_each(|at| found[at] = Some(raw));
        }
        Some(())
    }

    /// Skips one value of any kind.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => self.skip_scalar(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_scalar(&mut self) {
        let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']');
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(is_end).unwrap_or(rest.len());
    }

    /// A string's raw text between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => return self.bytes.get(start..self.at - 1),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_text(bytes: &str, paths: &[Path]) -> Vec<String> {
        let found = find(bytes.as_bytes(), paths);
        found.into_iter().map(|it| it.map_or("-".into(), |raw| String::from_utf8_lossy(raw).into_owned())).collect()
    }

    #[test]
    fn values_are_found_at_their_own_depth_only() {
        let text = r#"{"a":{"b":{"c":1,"d":"x\"}"},"c":[{"b":2}]},"b":true,"e":{}}"#;
        let paths: &[Path] = &[&["a", "b", "d"], &["b"], &["a", "c"], &["e"], &["c"], &["a", "b", "x"]];
        assert_eq!(find_text(text, paths), [r#""x\"}""#, "true", r#"[{"b":2}]"#, "{}", "-", "-"]);
    }

    #[test]
    fn broken_text_ends_the_search_without_a_panic() {
        for text in ["", "{", r#"{"a"#, r#"{"a":"#, r#"{"a":{"b""#, "[1]", r#"{"a":}"#, r#"{"a":"\"#, "{,,"] {
            find_text(text, &[&["a", "b"], &["a"]]);
        }
    }
}
