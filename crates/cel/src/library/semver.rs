//! Semantic versions.

use std::any::Any;
use std::cmp::Ordering;

use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("semver(string) -> kubernetes.Semver", Cost::Text, semver),
    costly("semver(string, bool) -> kubernetes.Semver", Cost::Text, semver),
    costly("isSemver(string) -> bool", Cost::Text, is_semver),
    costly("isSemver(string, bool) -> bool", Cost::Text, is_semver),
    function("kubernetes.Semver.major() -> int", |args| of(args, |it| Val::Int(it.numbers[0] as i64))),
    function("kubernetes.Semver.minor() -> int", |args| of(args, |it| Val::Int(it.numbers[1] as i64))),
    function("kubernetes.Semver.patch() -> int", |args| of(args, |it| Val::Int(it.numbers[2] as i64))),
    function("kubernetes.Semver.isGreaterThan(kubernetes.Semver) -> bool", |args| {
        of_two(args, |order| Val::Bool(order.is_gt()))
    }),
    function("kubernetes.Semver.isLessThan(kubernetes.Semver) -> bool", |args| {
        of_two(args, |order| Val::Bool(order.is_lt()))
    }),
    function("kubernetes.Semver.compareTo(kubernetes.Semver) -> int", |args| {
        of_two(args, |order| Val::Int(order as i64))
    }),
];

/// A version; what follows `+` does not count.
#[derive(Debug)]
struct Semver {
    numbers: [u64; 3],
    prerelease: Vec<String>,
}

impl Opaque for Semver {
    fn type_name(&self) -> &'static str {
        "kubernetes.Semver"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<Semver>().is_some_and(|other| self.compare(other).is_eq())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Semver {
    fn parse(text: &str, is_lenient: bool) -> Option<Semver> {
        let text = if is_lenient { text.strip_prefix('v').unwrap_or(text) } else { text };
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (core, prerelease) = text.split_once('-').map_or((text, None), |(core, it)| (core, Some(it)));
        let mut parts: Vec<&str> = core.split('.').collect();
        while is_lenient && parts.len() < 3 {
            parts.push("0");
        }
        let [major, minor, patch] = parts.as_slice() else { return None };
        let number = |part: &str| -> Option<u64> {
            let part = if is_lenient { part.trim_start_matches('0') } else { part };
            let part = if part.is_empty() && is_lenient { "0" } else { part };
            let is_plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if is_plain { part.parse().ok() } else { None }
        };
        let numbers = [number(major)?, number(minor)?, number(patch)?];
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let prerelease: Vec<String> = prerelease.into_iter().flat_map(|it| it.split('.')).map(str::to_owned).collect();
        let has_zeros =
            prerelease.iter().any(|it| it.len() > 1 && it.starts_with('0') && it.bytes().all(|b| b.is_ascii_digit()));
        let is_valid = prerelease.iter().all(|it| is_word(it)) && build.is_none_or(|it| it.split('.').all(is_word));
        (is_valid && !has_zeros).then_some(Semver { numbers, prerelease })
    }

    fn compare(&self, other: &Semver) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => {
                let pairs =
                    self.prerelease.iter().zip(&other.prerelease).map(|(left, right)| compare_words(left, right));
                let lengths = self.prerelease.len().cmp(&other.prerelease.len());
                pairs.into_iter().find(|order| order.is_ne()).unwrap_or(lengths)
            }
        })
    }
}

/// Numbers come before words.
fn compare_words(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        _ => left.cmp(right),
    }
}

fn parsed(args: &[Val]) -> Option<Option<Semver>> {
    match args {
        [Val::String(text)] => Some(Semver::parse(text, false)),
        [Val::String(text), Val::Bool(is_lenient)] => Some(Semver::parse(text, *is_lenient)),
        _ => None,
    }
}

fn semver(args: &[Val]) -> Outcome {
    match parsed(args) {
        Some(version) => version.map(Val::opaque).ok_or_else(|| "Invalid Semver string".into()),
        None => no_overload(),
    }
}

fn is_semver(args: &[Val]) -> Outcome {
    parsed(args).map(|version| Val::Bool(version.is_some())).ok_or_else(|| "no such overload".into())
}

fn of(args: &[Val], part: impl Fn(&Semver) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(version) => Ok(part(version)),
        None => no_overload(),
    }
}

fn of_two(args: &[Val], answer: impl Fn(Ordering) -> Val) -> Outcome {
    let left = args.first().and_then(Val::downcast::<Semver>);
    match left.zip(args.get(1).and_then(Val::downcast::<Semver>)) {
        Some((left, right)) => Ok(answer(left.compare(right))),
        None => no_overload(),
    }
}
