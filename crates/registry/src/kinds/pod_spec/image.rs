//! Image references, as far as the choice of a pull policy needs them (grammar of `distribution/reference`).

/// Bytes of a repository name with its domain.
const NAME_BYTES_MAX: usize = 255;

/// Characters of a tag.
const TAG_CHARACTERS_MAX: usize = 128;

/// Whether the reference is pulled by the tag `latest`: named so, or neither tag nor digest is given.
///
/// A text that is no reference is not.
pub fn is_latest(reference: &str) -> bool {
    matches!(parse(reference), Some((tag, has_digest)) if tag == "latest" || tag.is_empty() && !has_digest)
}

/// Tag and whether there is a digest; `None` for text that is no reference.
fn parse(reference: &str) -> Option<(&str, bool)> {
    if reference.len() == 64 && reference.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let (domain, remainder) = split_domain(reference);
    let (rest, digest) = match remainder.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (remainder, None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    let is_good = is_domain(domain)
        && path.split('/').all(is_path_component)
        && domain.len() + 1 + path.len() <= NAME_BYTES_MAX
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    is_good.then_some((tag.unwrap_or(""), digest.is_some()))
}

/// The first part is a domain when it looks like one; else the default domain stands for it.
fn split_domain(reference: &str) -> (&str, &str) {
    match reference.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => ("docker.io", reference),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => return is_address(address),
        Some((address, port)) => return is_address(address) && port.strip_prefix(':').is_some_and(is_number),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    host.split('.').all(is_part) && port.is_none_or(is_number)
}

fn is_address(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Letters and digits, with single `.`, one or two `_`, or any number of `-` between them.
fn is_path_component(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separator = String::new();
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else { return false };
    if !is_word(first) || !is_word(last) {
        return false;
    }
    for b in text.bytes() {
        if !is_word(b) {
            separator.push(char::from(b));
            continue;
        }
        let is_good = matches!(separator.as_str(), "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
        if !is_good {
            return false;
        }
        separator.clear();
    }
    true
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= TAG_CHARACTERS_MAX
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_good_references_without_another_tag_or_digest_are_latest() {
        let digest = format!("@sha256:{}", "a".repeat(64));
        let cases = [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1.27", false),
            ("localhost:5000/web", true),
            ("localhost:5000/web:v1", false),
            ("registry.k8s.io/pause:3.10", false),
            ("[::1]:5000/a/b", true),
            (&format!("nginx{digest}"), false),
            (&format!("nginx:latest{digest}"), true),
            ("nginx:latest@sha256:short", false),
            ("Nginx", false),
            ("Upper/nginx", true),
            ("a__b/c.d-e--f", true),
            ("a..b", false),
            ("nginx:", false),
            ("", false),
            (&"a".repeat(64), false),
        ];
        for (reference, wanted) in cases {
            assert_eq!(is_latest(reference), wanted, "{reference}");
        }
    }
}
