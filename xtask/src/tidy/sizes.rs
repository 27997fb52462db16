//! Files of at most 800 lines and functions of at most 70, tests left out.

use std::path::Path;

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;

/// `path: reason` for a file, `path fn name: reason` for a function.
const EXCEPTIONS: &str = "xtask/tidy-exceptions.txt";

/// What is too long and not excepted.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let exceptions = std::fs::read_to_string(root.join(EXCEPTIONS)).unwrap_or_default();
    let is_excepted = |what: &str| {
        exceptions
            .lines()
            .any(|line| line.split_once(": ").is_some_and(|(it, why)| it == what && !why.trim().is_empty()))
    };
    let mut findings = Vec::new();
    for directory in ["crates", "xtask", "tests"] {
        let path = root.join(directory);
        if !path.exists() {
            continue;
        }
        for file in super::rust_files(&path)? {
            if file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file)?;
            let name = super::shown(root, &file);
            let lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
            if lines.len() > FILE_LINES_MAX && !is_excepted(&name) {
                findings.push(format!("{name}: {} lines", lines.len()));
            }
            let long = functions(&lines).into_iter().filter(|(_, length)| *length > FUNCTION_LINES_MAX);
            let long = long.map(|(function, length)| (format!("{name} fn {function}"), length));
            findings.extend(
                long.filter(|(what, _)| !is_excepted(what)).map(|(what, length)| format!("{what}: {length} lines")),
            );
        }
    }
    Ok(findings)
}

/// Functions by name with their lengths; relies on the formatter's indentation.
fn functions(lines: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if let Some((name, start, depth)) = &open {
            if indent == *depth && line.trim_start().starts_with('}') {
                found.push((name.clone(), number + 1 - start));
                open = None;
            }
        } else if let Some(name) = function_name(line.trim_start())
            && !line.ends_with([';', '}'])
        {
            open = Some((name, number, indent));
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut rest = line;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    Some(name.split(['(', '<']).next()?.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_are_measured_with_their_braces() {
        let lines =
            ["pub async fn a() {", "    if x {", "    }", "}", "impl B {", "    fn c(", "    ) {", "    }", "}"];
        assert_eq!(super::functions(&lines), [("a".to_owned(), 4), ("c".to_owned(), 3)]);
    }
}
