//! Image names: the default tag, and upstream's refusal of what is no reference. Pure.

/// Text that is no image reference; upstream's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("couldn't parse image name {name:?}: {cause}")]
pub struct ImageNameError {
    /// The text.
    pub name: String,
    /// What is wrong.
    pub cause: &'static str,
}

const NAME_CHARS_MAX: usize = 255;
const TAG_CHARS_MAX: usize = 128;

/// The parts of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// Registry (when it looks like one) and repository.
    pub repository: &'a str,
    /// Tag, or empty.
    pub tag: &'a str,
    /// Digest, or empty.
    pub digest: &'a str,
}

/// Splits a reference and checks its grammar (the distribution project's).
pub fn parse(name: &str) -> Result<ImageName<'_>, ImageNameError> {
    let fail = |cause| ImageNameError { name: name.to_owned(), cause };
    let (rest, digest) = name.split_once('@').unwrap_or((name, ""));
    if name.contains('@') && !is_digest(digest) {
        return Err(fail("invalid reference format"));
    }
    let tag_at = rest.rfind(':').filter(|at| !rest[*at..].contains('/'));
    let (repository, tag) = match tag_at {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    if tag_at.is_some() && !is_tag(tag) {
        return Err(fail("invalid reference format"));
    }
    let (host, path) = split_host(repository);
    if !host.is_none_or(is_host) || path.is_empty() {
        return Err(fail("invalid reference format"));
    }
    if path.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(fail("repository name must be lowercase"));
    }
    if !path.split('/').all(is_path_component) {
        return Err(fail("invalid reference format"));
    }
    if repository.len() > NAME_CHARS_MAX {
        return Err(fail("repository name must not be more than 255 characters"));
    }
    Ok(ImageName { repository, tag, digest })
}

/// The reference with the tag `latest` if it has neither tag nor digest.
pub fn with_default_tag(name: &str) -> Result<String, ImageNameError> {
    let parts = parse(name)?;
    match parts.tag.is_empty() && parts.digest.is_empty() {
        true => Ok(format!("{name}:latest")),
        false => Ok(name.to_owned()),
    }
}

/// Host and path of a repository; the first part is a host if it looks like one.
pub fn split_host(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, repository),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.contains(']');
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_label = |label: &str| {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split('.').all(is_label) && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or any number of `-`.
fn is_path_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_ends = part.starts_with(is_word) && part.ends_with(is_word);
    let joints = part.split(is_word).filter(|joint| !joint.is_empty());
    let is_joint = |joint: &str| matches!(joint, "." | "_" | "__") || joint.chars().all(|c| c == '-');
    is_ends && joints.into_iter().all(is_joint)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(is_word) && tag.len() <= TAG_CHARS_MAX && tag.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_algorithm = algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
        && algorithm.chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c));
    is_algorithm && hex.len() >= 32 && hex.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_tag_is_added_only_where_nothing_is_chosen() {
        let digest = format!("a/b@sha256:{}", "0".repeat(64));
        for (name, wanted) in [
            ("busybox", "busybox:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("registry.example/a/b:1.0", "registry.example/a/b:1.0"),
            (digest.as_str(), digest.as_str()),
        ] {
            assert_eq!(with_default_tag(name).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn what_is_no_reference_is_refused_with_upstreams_words() {
        let texts =
            ["", "Bad", "a//b", "a:b:c", "a:!", "-a"].map(|name| with_default_tag(name).expect_err(name).to_string());
        assert_eq!(
            texts,
            [
                "couldn't parse image name \"\": invalid reference format",
                "couldn't parse image name \"Bad\": repository name must be lowercase",
                "couldn't parse image name \"a//b\": invalid reference format",
                "couldn't parse image name \"a:b:c\": invalid reference format",
                "couldn't parse image name \"a:!\": invalid reference format",
                "couldn't parse image name \"-a\": invalid reference format",
            ]
        );
    }
}
