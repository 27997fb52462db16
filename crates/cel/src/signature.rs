//! Signatures of functions, written as text: `string.charAt(int) -> string`, `lists.range(int) -> list(int)`,
//! `_+_(int, int) -> int`, `list(A).indexOf(A) -> int`.

use crate::types::Type;

/// A signature that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    /// Name, without the target's type.
    pub name: String,
    /// Whether it is a method: the first parameter is then its target.
    pub is_method: bool,
    pub params: Vec<Type>,
    pub result: Type,
}

impl Signature {
    /// Reads a signature of this crate's tables.
    pub(crate) fn parse(text: &str) -> Option<Signature> {
        let (head, result) = text.split_once(" -> ")?;
        let (name_part, arguments) = split_call(head)?;
        let (target, name) = split_name(name_part);
        let mut params: Vec<Type> = target.map(parse_type).into_iter().collect();
        let is_method = !params.is_empty();
        params.extend(split_top(arguments).into_iter().map(parse_type));
        Some(Signature { name: name.to_owned(), is_method, params, result: parse_type(result) })
    }
}

/// `head(arguments)`, split at the parenthesis that the last one closes.
fn split_call(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(')')?;
    let mut depth = 0;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth == 0 => return Some((&inner[..at], &inner[at + 1..])),
            '(' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Names of functions that look like `type.method`.
const NAMESPACES: [&str; 9] = ["optional", "sets", "lists", "math", "base64", "jsonpatch", "strings", "format", "ip"];

fn split_name(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('.') {
        Some((target, _)) if NAMESPACES.contains(&target) => (None, text),
        Some((target, name)) => (Some(target), name),
        None => (None, text),
    }
}

fn split_top(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// A type as it is written.
pub(crate) fn parse_type(text: &str) -> Type {
    if let Some((head, arguments)) = split_call(text) {
        let of: Vec<Type> = split_top(arguments).into_iter().map(parse_type).collect();
        return match (head, of.as_slice()) {
            ("list", [item]) => Type::list(item.clone()),
            ("optional", [of]) => Type::optional(of.clone()),
            ("map", [key, value]) => Type::map(key.clone(), value.clone()),
            _ => Type::Dyn,
        };
    }
    let mut characters = text.chars();
    if let (Some(name @ 'A'..='Z'), None) = (characters.next(), characters.next()) {
        return Type::Param(name);
    }
    match text {
        "dyn" => Type::Dyn,
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "type" => Type::Type,
        name => Type::named(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, params: &str) {
        let signature = Signature::parse(text).expect("a signature");
        let shown: Vec<String> = signature.params.iter().map(|it| it.to_string()).collect();
        assert_eq!((signature.name.as_str(), shown.join(" ").as_str()), (name, params));
    }

    #[test]
    fn methods_and_functions_are_told_apart() {
        check("list(A).indexOf(A) -> int", "indexOf", "list(A) A");
        check("sets.contains(list(A), list(A)) -> bool", "sets.contains", "list(A) list(A)");
        check("kubernetes.Quantity.add(int) -> kubernetes.Quantity", "add", "kubernetes.Quantity int");
    }
}
