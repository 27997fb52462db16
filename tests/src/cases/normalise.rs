//! Replaces what differs from run to run: times, ages, uids, generated names, addresses, digests.

use crate::kubectl::Output;

/// Letters and digits of generated names.
const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";

/// A matcher looks at a rest that begins a word; it answers how many bytes it replaces, and by what.
type Matcher = fn(&str) -> Option<(usize, &'static str)>;

const MATCHERS: &[Matcher] = &[
    rfc3339,
    rfc1123,
    uuid,
    digest,
    jwt,
    address,
    node_port,
    resource_version,
    own_version,
    template_hash,
    source_path,
    revision_in_text,
];

/// Both outputs of a command.
pub fn answer(answer: &Output) -> Output {
    Output { stdout: text(&answer.stdout), stderr: text(&answer.stderr), code: answer.code }
}

/// Every line of a text; blank lines at its end are dropped.
pub fn text(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    let used = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..used].iter().map(|line| format!("{line}\n")).collect()
}

fn line(line: &str) -> String {
    let line = replace_all(line.trim_end());
    let indent = line.len() - line.trim_start().len();
    // Column widths depend on what was just replaced: two blanks stand for any more.
    let mut cells: Vec<String> = Vec::new();
    for text in line[indent..].split("  ").map(str::trim).filter(|text| !text.is_empty()) {
        // `10m` of a processor is no age.
        let is_processor = cells.last().is_some_and(|before| before.trim_end_matches(':').ends_with("cpu"));
        cells.push(if is_processor { text.to_owned() } else { cell(text) });
    }
    format!("{}{}", &line[..indent], cells.join("  "))
}

fn replace_all(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut is_word_start = true;
    while let Some(character) = rest.chars().next() {
        let matched = match is_word_start {
            true => MATCHERS.iter().find_map(|matcher| matcher(rest)),
            false => generated_suffix(rest),
        };
        let (length, replacement) = matched.unwrap_or((character.len_utf8(), ""));
        out.push_str(if matched.is_some() { replacement } else { &rest[..length] });
        is_word_start = !rest[..length].ends_with(|last: char| last.is_ascii_alphanumeric());
        rest = &rest[length..];
    }
    out
}

/// A whole table cell: an age, an age with a count, restarts with an age.
fn cell(cell: &str) -> String {
    let first = cell.split(' ').next().unwrap_or("");
    // An item of a list.
    if cell.strip_prefix("- ").is_some_and(|item| is_age(item.trim_matches('"'))) {
        return "- AGE".into();
    }
    if is_age(cell) || (is_age(first) && cell[first.len()..].starts_with(" (x")) {
        return "AGE".into();
    }
    if let Some((count, ago)) = cell.split_once(" (")
        && let Some(age) = ago.strip_suffix(" ago)")
        && is_age(age)
    {
        return format!("{count} (AGE ago)");
    }
    match cell.split_once(" in ") {
        Some((what, took)) if took.contains("including waiting") => format!("{what} in AGE{}", image_size(took)),
        _ => cell.to_owned(),
    }
}

fn image_size(took: &str) -> &str {
    if took.contains("Image size:") { " (AGE including waiting). Image size: BYTES bytes." } else { "" }
}

/// Whether a text is an age: `5s`, `3m12s`, `2d`, `150ms`.
pub fn is_age(word: &str) -> bool {
    let mut rest = word;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let unit = ["ms", "s", "m", "h", "d", "y"].into_iter().find(|unit| rest[digits..].starts_with(unit));
        let (1.., Some(unit)) = (digits, unit) else { return false };
        rest = &rest[digits + unit.len()..];
        parts += 1;
    }
    (1..=3).contains(&parts)
}

/// Length of `shape` at the start of a text: `d` a digit, `h` a hexadecimal digit, `a` a letter, others themselves.
fn shape(text: &str, shape: &str) -> Option<usize> {
    let fits = |wanted: u8, got: u8| match wanted {
        b'd' => got.is_ascii_digit(),
        b'h' => got.is_ascii_digit() || (b'a'..=b'f').contains(&got),
        b'a' => got.is_ascii_alphabetic(),
        other => got == other,
    };
    let bytes = text.as_bytes().get(..shape.len())?;
    bytes.iter().zip(shape.bytes()).all(|(got, wanted)| fits(wanted, *got)).then_some(shape.len())
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_alphanumeric())
}

fn rfc3339(rest: &str) -> Option<(usize, &'static str)> {
    let mut length = shape(rest, "dddd-dd-ddTdd:dd:dd")?;
    if let Some(fraction) = rest[length..].strip_prefix('.') {
        length += 1 + fraction.len() - fraction.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    }
    let zone = if rest[length..].starts_with('Z') { 1 } else { shape(&rest[length..], "+dd:dd")? };
    Some((length + zone, "TIME"))
}

fn rfc1123(rest: &str) -> Option<(usize, &'static str)> {
    Some((shape(rest, "aaa, dd aaa dddd dd:dd:dd +dddd")?, "TIME"))
}

fn uuid(rest: &str) -> Option<(usize, &'static str)> {
    let length = shape(rest, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")?;
    ends_word(&rest[length..]).then_some((length, "UID"))
}

fn digest(rest: &str) -> Option<(usize, &'static str)> {
    let length = rest.len() - rest.trim_start_matches(|c: char| matches!(c, '0'..='9' | 'a'..='f')).len();
    (length == 64 && ends_word(&rest[64..])).then_some((64, "DIGEST"))
}

fn jwt(rest: &str) -> Option<(usize, &'static str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let length = rest.len() - rest.trim_start_matches(is_part).len();
    (rest.starts_with("eyJ") && rest[..length].matches('.').count() == 2).then_some((length, "TOKEN"))
}

fn address(rest: &str) -> Option<(usize, &'static str)> {
    let length = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let text = rest[..length].trim_end_matches('.');
    let address: std::net::Ipv4Addr = text.parse().ok()?;
    let name = match address.octets() {
        [10, 96, 0, 1 | 10] => return None,
        [10, 244, ..] => "POD-IP",
        [10, 96..=111, ..] => "CLUSTER-IP",
        octets if octets == crate::outer::NODE_ADDRESS.octets() => "NODE-IP",
        _ => return None,
    };
    Some((text.len(), name))
}

/// `31234/TCP` in tables and descriptions, `nodePort: 31234` in objects.
fn node_port(rest: &str) -> Option<(usize, &'static str)> {
    if let Some(length) = shape(rest, "3dddd/") {
        return ["TCP", "UDP"].iter().any(|it| rest[length..].starts_with(it)).then_some((length, "NODE-PORT/"));
    }
    for (field, replaced) in [("nodePort: ", "nodePort: NODE-PORT"), ("nodePort\": ", "nodePort\": NODE-PORT")] {
        if let Some(port) = rest.strip_prefix(field) {
            return Some((field.len() + shape(port, "3dddd")?, replaced));
        }
    }
    None
}

fn resource_version(rest: &str) -> Option<(usize, &'static str)> {
    for (field, replaced) in
        [("resourceVersion: \"", "resourceVersion: \"RV\""), ("resourceVersion\": \"", "resourceVersion\": \"RV\"")]
    {
        if let Some(value) = rest.strip_prefix(field) {
            let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            return (digits > 0 && value[digits..].starts_with('"')).then_some((field.len() + digits + 1, replaced));
        }
    }
    None
}

/// Corten adds its own release to upstream's version.
fn own_version(rest: &str) -> Option<(usize, &'static str)> {
    let length = "v1.36.3".len();
    let own = rest[shape(rest, "v1.36.3")?..].strip_prefix("+corten.")?;
    Some((length + "+corten.".len() + shape(own, "d")?, "v1.36.3"))
}

/// Where upstream was built decides how it names its own files.
fn source_path(rest: &str) -> Option<(usize, &'static str)> {
    let path = rest.strip_prefix("scheme \"")?;
    let length = path.find(".go:")? + ".go:".len();
    let digits = path[length..].find('"').filter(|_| !path[..length].contains('"'))?;
    Some(("scheme \"".len() + length + digits, "scheme \"SOURCE"))
}

/// `current: 12` of a version that is not reached yet, `in record (12)` of one that differs,
/// `\"resourceVersion\":\"12\"` of a quoted object.
fn revision_in_text(rest: &str) -> Option<(usize, &'static str)> {
    for (field, replaced) in [
        ("current: ", "current: RV"),
        (r#"resourceVersion\":\""#, r#"resourceVersion\":\"RV"#),
        (r#"resourceVersion\\\":\\\""#, r#"resourceVersion\\\":\\\"RV"#),
    ] {
        if let Some(value) = rest.strip_prefix(field) {
            let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits > 0 {
                return Some((field.len() + digits, replaced));
            }
        }
    }
    let value = rest.strip_prefix("record (")?;
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (digits > 0 && value[digits..].starts_with(')')).then_some(("record (".len() + digits, "record (RV"))
}

/// The label that a Deployment gives its ReplicaSets and Pods.
fn template_hash(rest: &str) -> Option<(usize, &'static str)> {
    for (field, replaced) in
        [("pod-template-hash=", "pod-template-hash=HASH"), ("pod-template-hash: ", "pod-template-hash: HASH")]
    {
        if let Some(value) = rest.strip_prefix(field) {
            let length = value.len() - value.trim_start_matches(|c: char| GENERATED.contains(c)).len();
            return (length >= 5).then_some((field.len() + length, replaced));
        }
    }
    None
}

/// `-HASH-RANDOM` of a Deployment's Pods, `-HASH` of its ReplicaSets, `-RANDOM` of a ReplicaSet's Pods.
fn generated_suffix(rest: &str) -> Option<(usize, &'static str)> {
    let count = |text: &str| text.len() - text.trim_start_matches(|c: char| GENERATED.contains(c)).len();
    let first = count(rest.strip_prefix('-')?);
    let behind = &rest[1 + first..];
    match first {
        8..=10 if behind.starts_with('-') && count(&behind[1..]) == 5 && ends_word(&behind[6..]) => {
            Some((first + 7, "-HASH-RANDOM"))
        }
        8..=10 if ends_word(behind) => Some((first + 1, "-HASH")),
        5 if ends_word(behind) => Some((6, "-RANDOM")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        assert_eq!(text(given), format!("{expected}\n"));
        assert_eq!(text(expected), format!("{expected}\n"), "what is normalised stays");
    }

    #[test]
    fn a_table_of_pods_loses_ages_generated_names_and_widths() {
        check(
            "NAME                   READY   STATUS    RESTARTS      AGE\nweb-7d4b9c5d8f-x2k9z   1/1     Running   1 (5s ago)    3m12s",
            "NAME  READY  STATUS  RESTARTS  AGE\nweb-HASH-RANDOM  1/1  Running  1 (AGE ago)  AGE",
        );
    }

    #[test]
    fn objects_lose_uids_versions_and_times() {
        check(
            "  uid: 0a1b2c3d-0000-4444-8888-0123456789ab\n  resourceVersion: \"42\"\n  creationTimestamp: \"2026-11-21T13:05:00Z\"",
            "  uid: UID\n  resourceVersion: \"RV\"\n  creationTimestamp: \"TIME\"",
        );
    }

    #[test]
    fn addresses_are_named_by_their_range_and_fixed_ones_stay() {
        check(
            "10.244.0.7,10.100.1.2 10.96.0.1 10.96.0.10:53 192.0.2.10.",
            "POD-IP,CLUSTER-IP 10.96.0.1 10.96.0.10:53 NODE-IP.",
        );
    }

    #[test]
    fn node_ports_and_own_versions_are_hidden() {
        check("80:31234/TCP  3000/TCP", "80:NODE-PORT/TCP  3000/TCP");
        check("Server Version: v1.36.3+corten.1", "Server Version: v1.36.3");
    }

    #[test]
    fn versions_in_texts_are_hidden() {
        check("Too large resource version: 99, current: 12", "Too large resource version: 99, current: RV");
        check(r#"{\"resourceVersion\":\"12\"}"#, r#"{\"resourceVersion\":\"RV\"}"#);
        check("in scheme \"k8s.io/x@v1/pkg/runtime/scheme.go:111\"", "in scheme \"SOURCE\"");
    }

    #[test]
    fn durations_that_are_settings_stay() {
        check("Liveness:  delay=0s timeout=1s period=10s", "Liveness:  delay=0s timeout=1s period=10s");
        check("5s (x3 over 10s)  BackOff", "AGE  BackOff");
        check("  - \"63s\"", "  - AGE");
        check("cpu:     10m", "cpu:  10m");
    }
}
