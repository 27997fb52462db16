//! Name rules: DNS-1123 and DNS-1035 labels and subdomains, qualified names, label values, ports,
//! environment variables, addresses, and the metadata rules that hold for every kind.
//! Each returns upstream's messages, empty when the text is good.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::field_error::{FieldError, FieldPath, quoted};

/// Bytes of a DNS label.
pub const DNS1123_LABEL_BYTES_MAX: usize = 63;
/// Bytes of a DNS subdomain.
pub const DNS1123_SUBDOMAIN_BYTES_MAX: usize = 253;
/// Bytes of a label's value, and of the name part of its key.
pub const LABEL_VALUE_BYTES_MAX: usize = 63;
/// Bytes of all annotations of an object, keys and values.
pub const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a `fieldManager`.
pub const FIELD_MANAGER_BYTES_MAX: usize = 128;

/// Upstream's text for a change of a field that may not change.
pub const FIELD_IMMUTABLE: &str = "field is immutable";
/// Upstream's text for a negative number.
pub const NOT_NEGATIVE: &str = "must be greater than or equal to 0";

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const DNS1123_SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const DNS1123_SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const UNDERSCORE_SUBDOMAIN: &str = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
const UNDERSCORE_SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
const WILDCARD_SUBDOMAIN: &str = r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const WILDCARD_SUBDOMAIN_RULE: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const DNS1035_LABEL: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const DNS1035_LABEL_RULE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_KEY_RULE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
const LABEL_VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

// ---- character shapes ---------------------------------------------------------------------------

/// `[first]([inner]*[last])?`
fn is_shaped(text: &str, first: fn(u8) -> bool, inner: fn(u8) -> bool, last: fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [only] => first(*only),
        [start, middle @ .., end] => first(*start) && middle.iter().all(|b| inner(*b)) && last(*end),
    }
}

fn is_lower_alphanumeric(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_label_inner(b: u8) -> bool {
    is_lower_alphanumeric(b) || b == b'-'
}

fn is_dns1123_label(text: &str) -> bool {
    is_shaped(text, is_lower_alphanumeric, is_label_inner, is_lower_alphanumeric)
}

fn is_dns1123_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns1123_label)
}

fn is_underscore_label(text: &str) -> bool {
    let text = text.strip_prefix('_').unwrap_or(text);
    is_shaped(text, is_lower_alphanumeric, |b| is_label_inner(b) || b == b'_', is_lower_alphanumeric)
}

fn is_label_key_name(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_alphanumeric();
    is_shaped(text, alphanumeric, |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b), alphanumeric)
}

// ---- message texts ------------------------------------------------------------------------------

/// `must be no more than N characters`
pub fn too_many_characters(max: usize) -> String {
    format!("must be no more than {max} characters")
}

fn too_many_bytes(max: usize) -> String {
    format!("must be no more than {max} bytes")
}

/// `{rule} (e.g. 'a',  or 'b', regex used for validation is '{pattern}')`
pub fn regex_message(rule: &str, pattern: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{rule} (regex used for validation is '{pattern}')");
    }
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{rule} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

/// `must be between LOW and HIGH, inclusive`
pub fn range_message(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

fn one(condition: bool, message: impl FnOnce() -> String) -> Vec<String> {
    if condition { Vec::new() } else { vec![message()] }
}

/// Length first, then shape: the order of upstream's messages.
fn bounded(text: &str, max: usize, is_good: bool, message: impl FnOnce() -> String) -> Vec<String> {
    let mut messages = one(text.len() <= max, || too_many_characters(max));
    messages.extend(one(is_good, message));
    messages
}

// ---- DNS ----------------------------------------------------------------------------------------

/// `IsDNS1123Label`
pub fn dns1123_label(text: &str) -> Vec<String> {
    bounded(text, DNS1123_LABEL_BYTES_MAX, is_dns1123_label(text), || match is_dns1123_subdomain(text) {
        true => "must not contain dots".to_owned(),
        false => regex_message(DNS1123_LABEL_RULE, DNS1123_LABEL, &["my-name", "123-abc"]),
    })
}

/// `IsDNS1123Subdomain`
pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    bounded(text, DNS1123_SUBDOMAIN_BYTES_MAX, is_dns1123_subdomain(text), || {
        regex_message(DNS1123_SUBDOMAIN_RULE, DNS1123_SUBDOMAIN, &["example.com"])
    })
}

/// `IsDNS1123SubdomainWithUnderscore`
pub fn dns1123_subdomain_with_underscore(text: &str) -> Vec<String> {
    let is_good = text.split('.').all(is_underscore_label);
    bounded(text, DNS1123_SUBDOMAIN_BYTES_MAX, is_good, || {
        regex_message(UNDERSCORE_SUBDOMAIN_RULE, UNDERSCORE_SUBDOMAIN, &["example.com"])
    })
}

/// `IsWildcardDNS1123Subdomain`
pub fn wildcard_dns1123_subdomain(text: &str) -> Vec<String> {
    let is_good = text.strip_prefix("*.").is_some_and(is_dns1123_subdomain);
    bounded(text, DNS1123_SUBDOMAIN_BYTES_MAX, is_good, || {
        regex_message(WILDCARD_SUBDOMAIN_RULE, WILDCARD_SUBDOMAIN, &["*.example.com"])
    })
}

/// `IsDNS1035Label`
pub fn dns1035_label(text: &str) -> Vec<String> {
    let is_good = is_shaped(text, |b| b.is_ascii_lowercase(), is_label_inner, is_lower_alphanumeric);
    bounded(text, DNS1123_LABEL_BYTES_MAX, is_good, || {
        regex_message(DNS1035_LABEL_RULE, DNS1035_LABEL, &["my-name", "abc-123"])
    })
}

/// `IsFullyQualifiedDomainName`: two labels at least, a trailing dot allowed.
pub fn fully_qualified_domain_name(path: &FieldPath, name: &str) -> Vec<FieldError> {
    if name.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let messages = dns1123_subdomain(name);
    if !messages.is_empty() {
        return vec![FieldError::invalid(path, name, messages.join(","))];
    }
    if !name.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        return vec![FieldError::invalid(path, name, detail)];
    }
    let broken = name.split('.').map(|label| (label, dns1123_label(label))).find(|(_, messages)| !messages.is_empty());
    broken.map(|(label, messages)| FieldError::invalid(path, label, messages.join(","))).into_iter().collect()
}

// ---- object names -------------------------------------------------------------------------------

/// How a kind's names are checked.
pub type NameRule = fn(&str) -> Vec<String>;

/// `rule` for a `generateName`: a trailing dash is no fault there.
pub fn prefix_of(rule: NameRule, prefix: &str) -> Vec<String> {
    match prefix.len() > 1 && prefix.ends_with('-') {
        // Upstream puts "a" in place of the last two bytes, not of the dash alone.
        true => rule(&format!("{}a", prefix.get(..prefix.len() - 2).unwrap_or(prefix))),
        false => rule(prefix),
    }
}

/// `IsPathSegmentName`: what RBAC names and the like must hold.
pub fn path_segment(text: &str) -> Vec<String> {
    match text {
        "." | ".." => vec![format!("may not be '{text}'")],
        _ => path_segment_prefix(text),
    }
}

/// `IsPathSegmentPrefix`
pub fn path_segment_prefix(text: &str) -> Vec<String> {
    ["/", "%"].iter().filter(|bad| text.contains(**bad)).map(|bad| format!("may not contain '{bad}'")).collect()
}

/// Letters of generated names: no vowels, nothing that looks alike.
const NAME_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
/// Random characters of a generated name.
pub const NAME_SUFFIX_CHARACTERS: usize = 5;
/// Bytes of a `generateName` that are kept.
pub const GENERATE_NAME_BYTES_MAX: usize = DNS1123_LABEL_BYTES_MAX - NAME_SUFFIX_CHARACTERS;

/// Makes a name from `generateName` and five random numbers.
pub fn generate_name(base: &str, random: [u32; NAME_SUFFIX_CHARACTERS]) -> String {
    let mut end = base.len().min(GENERATE_NAME_BYTES_MAX);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = base[..end].to_owned();
    for number in random {
        name.push(char::from(NAME_ALPHABET[number as usize % NAME_ALPHABET.len()]));
    }
    name
}

/// `rand.SafeEncodeString`: a hash's text in the alphabet of generated names.
pub fn safe_encode(text: &str) -> String {
    text.chars().map(|c| char::from(NAME_ALPHABET[c as usize % NAME_ALPHABET.len()])).collect()
}

// ---- labels and annotations ---------------------------------------------------------------------

/// `IsQualifiedName`: a label key, annotation key or finalizer.
pub fn qualified_name(text: &str) -> Vec<String> {
    let shape = || regex_message(LABEL_KEY_RULE, LABEL_KEY, &["MyName", "my.name", "123-abc"]);
    let mut messages = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            messages.extend(key_prefix(prefix));
            name
        }
        _ => {
            let optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {}{optional}", shape())];
        }
    };
    if name.is_empty() {
        messages.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_VALUE_BYTES_MAX {
        messages.push(format!("name part {}", too_many_bytes(LABEL_VALUE_BYTES_MAX)));
    }
    messages.extend(one(is_label_key_name(name), || format!("name part {}", shape())));
    messages
}

fn key_prefix(prefix: &str) -> Vec<String> {
    if prefix.is_empty() {
        return vec!["prefix part must be non-empty".to_owned()];
    }
    let mut messages = one(prefix.len() <= DNS1123_SUBDOMAIN_BYTES_MAX, || {
        format!("prefix part {}", too_many_bytes(DNS1123_SUBDOMAIN_BYTES_MAX))
    });
    messages.extend(one(is_dns1123_subdomain(prefix), || {
        format!("prefix part {}", regex_message(DNS1123_SUBDOMAIN_RULE, DNS1123_SUBDOMAIN, &["example.com"]))
    }));
    messages
}

/// `IsValidLabelValue`
pub fn label_value(text: &str) -> Vec<String> {
    let mut messages = one(text.len() <= LABEL_VALUE_BYTES_MAX, || too_many_bytes(LABEL_VALUE_BYTES_MAX));
    messages.extend(one(text.is_empty() || is_label_key_name(text), || {
        regex_message(LABEL_VALUE_RULE, LABEL_VALUE, &["MyValue", "my_value", "12345"])
    }));
    messages
}

/// `ValidateLabels`: keys and values of a label map.
pub fn labels<'a>(path: &FieldPath, labels: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in labels {
        errors.extend(qualified_name(key).into_iter().map(|message| FieldError::invalid(path, key, message)));
        errors.extend(label_value(value).into_iter().map(|message| FieldError::invalid(path, value, message)));
    }
    errors
}

/// `ValidateAnnotations`: keys (any case) and total size.
pub fn annotations<'a>(path: &FieldPath, annotations: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut bytes = 0;
    for (key, value) in annotations {
        bytes += key.len() + value.len();
        let messages = qualified_name(&key.to_lowercase());
        errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, key, message)));
    }
    if bytes > ANNOTATIONS_BYTES_MAX {
        errors.push(FieldError::too_long(path, ANNOTATIONS_BYTES_MAX));
    }
    errors
}

/// `ValidateFieldManager`: length and printable characters.
pub fn field_manager(path: &FieldPath, manager: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if manager.len() > FIELD_MANAGER_BYTES_MAX {
        errors.push(FieldError::too_long(path, FIELD_MANAGER_BYTES_MAX));
    }
    for (at, c) in manager.char_indices().filter(|(_, c)| !crate::field_error::is_printable(*c)) {
        let detail = format!("invalid character U+{:04X} (at position {at})", u32::from(c));
        errors.push(FieldError::invalid(path, manager, detail));
    }
    errors
}

// ---- ports, users, environment ------------------------------------------------------------------

/// `IsValidPortNum`
pub fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65535)
}

/// `IsInRange`
pub fn in_range(value: i64, low: i64, high: i64) -> Vec<String> {
    one((low..=high).contains(&value), || range_message(low, high))
}

/// `IsValidUserID` and `IsValidGroupID`
pub fn user_id(id: i64) -> Vec<String> {
    in_range(id, 0, i64::from(i32::MAX))
}

/// `IsValidPortName`
pub fn port_name(text: &str) -> Vec<String> {
    let mut messages = one(text.len() <= 15, || too_many_characters(15));
    let charset = !text.is_empty() && text.bytes().all(is_label_inner);
    messages.extend(one(charset, || "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into()));
    let letter = text.bytes().any(|b| b.is_ascii_lowercase());
    messages.extend(one(letter, || "must contain at least one letter (a-z)".into()));
    messages.extend(one(!text.contains("--"), || "must not contain consecutive hyphens".into()));
    let ends = !text.starts_with('-') && !text.ends_with('-');
    messages.extend(one(ends, || "must not begin or end with a hyphen".into()));
    messages
}

/// `IsValidPercent`
pub fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or("");
    one(!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()), || {
        let rule = "a valid percent string must be a numeric string followed by an ending '%'";
        regex_message(rule, "[0-9]+%", &["1%", "93%"])
    })
}

/// `IsHTTPHeaderName`
pub fn http_header_name(text: &str) -> Vec<String> {
    let is_good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    one(is_good, || {
        let rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
        regex_message(rule, "[-A-Za-z0-9]+", &["X-Header-Name"])
    })
}

fn is_key_character(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._".contains(&b)
}

fn starts_with_parent(text: &str) -> Option<String> {
    match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    }
}

/// `IsEnvVarName`: the strict rule (`envFrom` prefixes and old servers).
pub fn strict_env_var_name(text: &str) -> Vec<String> {
    let is_good = text.bytes().next().is_some_and(|b| !b.is_ascii_digit()) && text.bytes().all(is_key_character);
    let mut messages = one(is_good, || {
        let rule = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
        regex_message(rule, "[-._a-zA-Z][-._a-zA-Z0-9]*", &["my.env-name", "MY_ENV.NAME", "MyEnvName1"])
    });
    messages.extend(starts_with_parent(text));
    messages
}

/// `IsRelaxedEnvVarName`: printable ASCII without `=`; the rule since v1.34.
pub fn env_var_name(text: &str) -> Vec<String> {
    let mut messages = one(!text.is_empty(), || "environment variable name must be non-empty".into());
    let is_good = text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=');
    messages.extend(one(is_good, || {
        "a valid environment variable name must consist only of printable ASCII characters other than '='".into()
    }));
    messages
}

/// `IsConfigMapKey`
pub fn config_map_key(text: &str) -> Vec<String> {
    let is_good = !text.is_empty() && text.bytes().all(is_key_character);
    let mut messages = bounded(text, DNS1123_SUBDOMAIN_BYTES_MAX, is_good, || {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        regex_message(rule, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"])
    });
    messages.extend(starts_with_parent(text));
    messages
}

/// `IsCIdentifier`
pub fn c_identifier(text: &str) -> Vec<String> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let is_good = text.bytes().next().is_some_and(|b| !b.is_ascii_digit()) && text.bytes().all(is_word);
    one(is_good, || {
        let rule = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
        regex_message(rule, "[A-Za-z_][A-Za-z0-9_]*", &["my_name", "MY_NAME", "MyName"])
    })
}

/// `IsDomainPrefixedPath`: `acme.io/foo`.
pub fn domain_prefixed_path(path: &FieldPath, text: &str) -> Vec<FieldError> {
    if text.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let Some((host, rest)) = text.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty()) else {
        let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        return vec![FieldError::invalid(path, text, detail)];
    };
    let invalid = |message: String| FieldError::invalid(path, host, message);
    let mut errors: Vec<FieldError> = dns1123_subdomain(host).into_iter().map(invalid).collect();
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b)) {
        let detail = regex_message("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", &[]);
        errors.push(FieldError::invalid(path, rest, detail));
    }
    errors
}

// ---- addresses ----------------------------------------------------------------------------------

/// Parses an address as old fields may hold it: leading zeroes in IPv4 octets are dropped.
pub fn parse_ip_sloppy(text: &str) -> Option<IpAddr> {
    if let Ok(ip) = text.parse::<Ipv6Addr>() {
        return Some(IpAddr::V6(ip));
    }
    match text.rsplit_once(':') {
        Some((front, back)) => {
            // An IPv4 tail of an IPv6 address.
            let tail = parse_ipv4_sloppy(back)?;
            format!("{front}:{tail}").parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        None => parse_ipv4_sloppy(text).map(IpAddr::V4),
    }
}

fn parse_ipv4_sloppy(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next().filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))?;
        *octet = part.trim_start_matches('0').parse::<u32>().map_or(part_zero(part), Some)?.try_into().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

/// Zero when the digits are all zeroes; `None` for a number too large to parse.
fn part_zero(part: &str) -> Option<u32> {
    part.bytes().all(|b| b == b'0').then_some(0)
}

/// Whether `text` holds IPv4 octets with leading zeroes.
fn has_leading_zeroes(text: &str) -> bool {
    let tail = text.rsplit(':').next().unwrap_or(text);
    tail.contains('.') && tail.split('.').any(|part| part.len() > 1 && part.starts_with('0'))
}

/// Canonical text of an address; IPv4-mapped ones print as IPv4, as Go's `net.IP` does.
fn canonical_ip(ip: IpAddr) -> String {
    ip.to_canonical().to_string()
}

fn is_mapped(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// `IsValidIPForLegacyField` with strict validation (fields older than v1.33, all of the core group).
pub fn legacy_ip(path: &FieldPath, text: &str) -> Vec<FieldError> {
    let Some(ip) = parse_ip_sloppy(text) else {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        return vec![FieldError::invalid(path, text, detail)];
    };
    if has_leading_zeroes(text) {
        return vec![FieldError::invalid(path, text, "must not have leading 0s")];
    }
    if is_mapped(ip) {
        return vec![FieldError::invalid(path, text, "must not be an IPv4-mapped IPv6 address")];
    }
    Vec::new()
}

/// `IsValidIP`: canonical form only.
pub fn ip(path: &FieldPath, text: &str) -> Vec<FieldError> {
    let errors = legacy_ip(path, text);
    match parse_ip_sloppy(text).map(canonical_ip) {
        Some(canonical) if errors.is_empty() && canonical != text => {
            vec![FieldError::invalid(path, text, format!("must be in canonical form ({})", quoted(&canonical)))]
        }
        _ => errors,
    }
}

/// Address and prefix length of a CIDR text; leading zeroes are dropped as in [`parse_ip_sloppy`].
pub fn parse_cidr_sloppy(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let ip = parse_ip_sloppy(address)?;
    if length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let length = match length.trim_start_matches('0') {
        "" => 0,
        digits => digits.parse::<u8>().ok()?,
    };
    let bits = if ip.is_ipv4() { 32 } else { 128 };
    (length <= bits).then_some((ip, length))
}

/// The network address: bits behind the prefix cleared.
fn masked(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

/// `IsValidCIDRForLegacyField` with strict validation.
pub fn legacy_cidr(path: &FieldPath, text: &str) -> Vec<FieldError> {
    let Some((ip, length)) = parse_cidr_sloppy(text) else {
        let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        return vec![FieldError::invalid(path, text, detail)];
    };
    let (address, digits) = text.split_once('/').unwrap_or((text, ""));
    let detail = if has_leading_zeroes(address) || (digits.len() > 1 && digits.starts_with('0')) {
        "must not have leading 0s in IP or prefix length"
    } else if is_mapped(ip) {
        "must not have an IPv4-mapped IPv6 address"
    } else if masked(ip, length) != ip {
        "must not have bits set beyond the prefix length"
    } else {
        return Vec::new();
    };
    vec![FieldError::invalid(path, text, detail)]
}

/// `IsValidCIDR`: a network in canonical form.
pub fn cidr(path: &FieldPath, text: &str) -> Vec<FieldError> {
    let errors = legacy_cidr(path, text);
    let canonical = parse_cidr_sloppy(text).map(|(ip, length)| format!("{}/{length}", masked(ip, length)));
    match canonical {
        Some(canonical) if errors.is_empty() && canonical != text => {
            vec![FieldError::invalid(path, text, format!("must be in canonical form ({})", quoted(&canonical)))]
        }
        _ => errors,
    }
}

#[cfg(test)]
mod tests;
