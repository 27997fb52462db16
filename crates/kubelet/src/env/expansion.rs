//! `$(VAR)` in texts: `$$` is a dollar sign, an unknown variable stays as it is. Pure.

/// Expands a text; `look_up` gives the value of a variable.
pub fn expand(text: &str, look_up: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('(') {
            let Some(end) = after.find(')') else {
                out.push_str("$(");
                rest = after;
                continue;
            };
            let name = &after[..end];
            match look_up(name) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = &after[end + 1..];
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_references_are_expanded() {
        let look_up = |name: &str| (name == "A").then(|| "1".to_owned());
        let texts =
            ["$(A)", "$$(A)", "$$$(A)", "$(B)", "$(A", "$A", "x$", "$(A)$(A)"].map(|text| expand(text, look_up));
        assert_eq!(texts, ["1", "$(A)", "$1", "$(B)", "$(A", "$A", "x$", "11"]);
    }
}
