//! Seccomp profiles: the built-in one, and the JSON of Localhost profiles.

use serde::Deserialize;

use super::numbers::Architecture;
use crate::capabilities::Capabilities;

/// Rules and conditions in a profile at most; the kernel's own limit on a filter is 4,096 instructions.
const RULES_MAX: usize = 2_048;

/// What happens to a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is made.
    Allow,
    /// It fails with this error number.
    Errno(u16),
    /// The thread ends.
    KillThread,
    /// The process ends.
    KillProcess,
    /// The thread gets SIGSYS.
    Trap,
    /// A tracer decides.
    Trace(u16),
    /// It is made and logged.
    Log,
}

/// How an argument is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Equal under this mask.
    Masked(u64),
}

/// A condition on an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which argument, 0 to 5.
    pub index: u8,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: u64,
}

/// System calls and what happens to them when all conditions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names.
    pub names: Vec<String>,
    /// What happens.
    pub action: Action,
    /// Conditions, all of which must hold.
    pub conditions: Vec<Condition>,
}

/// A profile, resolved for one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// For calls that no rule covers.
    pub default_action: Action,
    /// Architectures that programs may use.
    pub architectures: Vec<Architecture>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Flags of seccomp(2).
    pub flags: u32,
}

/// A Localhost profile that cannot be used; a retry cannot help.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the JSON of a profile.
    #[error("read the seccomp profile")]
    Json(#[source] serde_json::Error),
    /// Something in it that is not supported.
    #[error("seccomp profile: unsupported {what} {value:?}")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// More rules than the kernel takes.
    #[error("the seccomp profile is too long")]
    TooLong,
}

/// The built-in profile for a container with `capabilities`.
pub fn runtime_default(capabilities: Capabilities) -> Profile {
    let mut rules = Vec::new();
    let mut current: Option<Rule> = None;
    for line in include_str!("runtime_default.profile").lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(' ') {
            let names = line.split_whitespace().map(str::to_owned);
            if let Some(rule) = &mut current {
                rule.names.extend(names);
            }
        } else if !line.is_empty() {
            rules.extend(current.take());
            current = parse_head(line, capabilities);
        }
    }
    rules.extend(current);
    let architectures = match Architecture::NATIVE {
        Architecture::X86_64 => vec![Architecture::X86_64, Architecture::I386],
        other => vec![other],
    };
    Profile { default_action: Action::Errno(1), architectures, rules, flags: super::FLAG_SPEC_ALLOW }
}

/// A rule's head line; `None` when it does not hold for this container.
fn parse_head(line: &str, capabilities: Capabilities) -> Option<Rule> {
    let mut rule = Rule { names: Vec::new(), action: Action::Allow, conditions: Vec::new() };
    let has = |name: &str| capabilities.contains(Capabilities::named(name).expect("the data file names known ones"));
    for word in line.split_whitespace() {
        if let Some(number) = word.strip_prefix("errno=") {
            rule.action = Action::Errno(number.parse().expect("a number"));
        } else if let Some(name) = word.strip_prefix("cap=") {
            has(name).then_some(())?;
        } else if let Some(name) = word.strip_prefix("nocap=") {
            (!has(name)).then_some(())?;
        } else if let Some(name) = word.strip_prefix("arch=") {
            (name == if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" }).then_some(())?;
        } else if let Some(condition) = word.strip_prefix("arg") {
            rule.conditions.push(parse_condition(condition).expect("the data file is well formed"));
        }
    }
    Some(rule)
}

/// `0<12`, `0==13`, `0&0x7e020000==0`
fn parse_condition(text: &str) -> Option<Condition> {
    let (index, rest) = text.split_at_checked(1)?;
    let index = index.parse().ok()?;
    if let Some(value) = rest.strip_prefix('<') {
        return Some(Condition { index, comparison: Comparison::Less, value: number(value)? });
    }
    let (mask, value) = rest.split_once("==")?;
    let comparison = match mask.strip_prefix('&') {
        Some(mask) => Comparison::Masked(number(mask)?),
        None => Comparison::Equal,
    };
    Some(Condition { index, comparison, value: number(value)? })
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    default_action: String,
    #[serde(default)]
    default_errno_ret: Option<u16>,
    #[serde(default)]
    architectures: Option<Vec<String>>,
    #[serde(default)]
    arch_map: Option<Vec<DocumentArchitecture>>,
    #[serde(default)]
    flags: Option<Vec<String>>,
    #[serde(default)]
    syscalls: Option<Vec<DocumentRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentArchitecture {
    architecture: String,
    #[serde(default)]
    sub_architectures: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentRule {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    names: Option<Vec<String>>,
    action: String,
    #[serde(default)]
    errno_ret: Option<u16>,
    #[serde(default)]
    args: Option<Vec<DocumentCondition>>,
    #[serde(default)]
    includes: Option<DocumentFilter>,
    #[serde(default)]
    excludes: Option<DocumentFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentCondition {
    index: u8,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DocumentFilter {
    #[serde(default)]
    caps: Option<Vec<String>>,
    #[serde(default)]
    arches: Option<Vec<String>>,
}

/// Reads a Localhost profile, resolved for a container with `capabilities`.
pub fn from_json(bytes: &[u8], capabilities: Capabilities) -> Result<Profile, ProfileError> {
    let document: Document = serde_json::from_slice(bytes).map_err(ProfileError::Json)?;
    let mut rules = Vec::new();
    for rule in document.syscalls.unwrap_or_default() {
        if applies(&rule, capabilities) {
            rules.push(convert(rule)?);
        }
    }
    if rules.len() > RULES_MAX {
        return Err(ProfileError::TooLong);
    }
    let mut flags = 0;
    for flag in document.flags.iter().flatten() {
        flags |= flag_bits(flag)?;
    }
    if document.flags.is_none() {
        flags = super::FLAG_SPEC_ALLOW;
    }
    let mut names = document.architectures.unwrap_or_default();
    let native = document.arch_map.unwrap_or_default().into_iter();
    let native = native.filter(|map| Architecture::from_profile_name(&map.architecture) == Some(Architecture::NATIVE));
    names.extend(native.flat_map(|map| map.sub_architectures.unwrap_or_default()));
    let mut architectures = vec![Architecture::NATIVE];
    if Architecture::NATIVE == Architecture::X86_64 && names.iter().any(|name| name == "SCMP_ARCH_X86") {
        architectures.push(Architecture::I386);
    }
    let default_action = action(&document.default_action, document.default_errno_ret)?;
    Ok(Profile { default_action, architectures, rules, flags })
}

fn applies(rule: &DocumentRule, capabilities: Capabilities) -> bool {
    let has = |name: &String| Capabilities::named(name).is_some_and(|wanted| capabilities.contains(wanted));
    let own = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let all_included = rule.includes.as_ref().is_none_or(|filter| {
        filter.caps.iter().flatten().all(&has)
            && filter.arches.as_ref().is_none_or(|list| list.iter().any(|name| name == own))
    });
    let none_excluded = rule.excludes.as_ref().is_none_or(|filter| {
        !filter.caps.iter().flatten().any(&has) && !filter.arches.iter().flatten().any(|name| name == own)
    });
    all_included && none_excluded
}

fn convert(rule: DocumentRule) -> Result<Rule, ProfileError> {
    let mut conditions = Vec::new();
    for condition in rule.args.unwrap_or_default() {
        conditions.push(convert_condition(&condition)?);
    }
    let mut names = rule.names.unwrap_or_default();
    names.extend(rule.name);
    Ok(Rule { names, action: action(&rule.action, rule.errno_ret)?, conditions })
}

fn convert_condition(condition: &DocumentCondition) -> Result<Condition, ProfileError> {
    let unsupported = |what, value: String| ProfileError::Unsupported { what, value };
    if condition.index > 5 {
        return Err(unsupported("argument", condition.index.to_string()));
    }
    let plain = |comparison| (comparison, condition.value);
    let (comparison, value) = match condition.op.as_str() {
        "SCMP_CMP_EQ" => plain(Comparison::Equal),
        "SCMP_CMP_NE" => plain(Comparison::NotEqual),
        "SCMP_CMP_LT" => plain(Comparison::Less),
        "SCMP_CMP_LE" => plain(Comparison::LessOrEqual),
        "SCMP_CMP_GT" => plain(Comparison::Greater),
        "SCMP_CMP_GE" => plain(Comparison::GreaterOrEqual),
        "SCMP_CMP_MASKED_EQ" => (Comparison::Masked(condition.value), condition.value_two),
        other => return Err(unsupported("operator", other.to_owned())),
    };
    Ok(Condition { index: condition.index, comparison, value })
}

fn action(name: &str, errno: Option<u16>) -> Result<Action, ProfileError> {
    Ok(match name {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_ERRNO" => Action::Errno(errno.unwrap_or(1)),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        "SCMP_ACT_TRAP" => Action::Trap,
        "SCMP_ACT_TRACE" => Action::Trace(errno.unwrap_or(1)),
        "SCMP_ACT_LOG" => Action::Log,
        other => return Err(ProfileError::Unsupported { what: "action", value: other.to_owned() }),
    })
}

fn flag_bits(name: &str) -> Result<u32, ProfileError> {
    match name {
        "SECCOMP_FILTER_FLAG_LOG" => Ok(2),
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => Ok(super::FLAG_SPEC_ALLOW),
        // One thread installs it and execs: there is nothing to synchronise.
        "SECCOMP_FILTER_FLAG_TSYNC" => Ok(0),
        other => Err(ProfileError::Unsupported { what: "flag", value: other.to_owned() }),
    }
}
