//! Where in an expression something is wrong, told as cel-go tells it.

/// One fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Character at which it is.
    pub at: usize,
    /// What it is.
    pub message: String,
}

/// The faults with the lines that they are in.
pub(crate) fn render(source: &str, issues: &[Issue]) -> String {
    let mut issues: Vec<&Issue> = issues.iter().collect();
    issues.sort_by_key(|issue| issue.at);
    let texts: Vec<String> = issues.into_iter().map(|issue| render_one(source, issue)).collect();
    texts.join("\n")
}

fn render_one(source: &str, issue: &Issue) -> String {
    let before: Vec<char> = source.chars().take(issue.at).collect();
    let line = before.iter().filter(|c| **c == '\n').count();
    let column = before.iter().rev().take_while(|c| **c != '\n').count();
    let text = source.split('\n').nth(line).unwrap_or("").replace('\t', " ");
    let dots = ".".repeat(column);
    format!("ERROR: <input>:{}:{}: {}\n | {text}\n | {dots}^", line + 1, column + 1, issue.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_a_later_line_points_into_it() {
        let issue = Issue { at: 6, message: "bad".into() };
        assert_eq!(render("1 +\n  x", &[issue]), "ERROR: <input>:2:3: bad\n |   x\n | ..^");
    }
}
