//! From a profile to the kernel's filter: a binary search over system call numbers, conditions behind it.

use std::collections::BTreeMap;

use super::assembler::{Assembler, IF_EQUAL, IF_GREATER, IF_GREATER_OR_EQUAL, Place};
use super::numbers::Architecture;
use super::profile::{Action, Comparison, Condition, Profile, ProfileError, Rule};

/// The kernel's limit on a filter.
const INSTRUCTIONS_MAX: usize = 4_096;
/// Bit in the number of x32 calls.
const X32_BIT: u32 = 0x4000_0000;
/// Offsets in `seccomp_data`.
const NUMBER_OFFSET: u32 = 0;
const ARCHITECTURE_OFFSET: u32 = 4;
const ARGUMENTS_OFFSET: u32 = 16;

/// Compiles a profile to `sock_filter` records.
pub fn compile(profile: &Profile) -> Result<Vec<u8>, ProfileError> {
    let mut compiler = Compiler { out: Assembler::default(), verdicts: Vec::new() };
    let unknown = compiler.verdict(Action::Errno(libc::ENOSYS as u16));
    let mut sections = Vec::new();
    for architecture in &profile.architectures {
        let entry = compiler.section(profile, *architecture)?;
        sections.push((architecture.audit_value(), entry));
    }
    let mut otherwise = unknown;
    for (value, entry) in sections.into_iter().rev() {
        otherwise = compiler.out.branch(IF_EQUAL, value, entry, otherwise);
    }
    compiler.out.jump(otherwise);
    compiler.out.load(ARCHITECTURE_OFFSET);
    match compiler.out.length() {
        0..=INSTRUCTIONS_MAX => Ok(compiler.out.finish()),
        _ => Err(ProfileError::TooLong),
    }
}

struct Compiler {
    out: Assembler,
    verdicts: Vec<(Action, Place)>,
}

impl Compiler {
    fn verdict(&mut self, action: Action) -> Place {
        if let Some((_, place)) = self.verdicts.iter().find(|(known, _)| *known == action) {
            return *place;
        }
        let place = self.out.verdict(value_of(action));
        self.verdicts.push((action, place));
        place
    }

    /// Code for one architecture; begins with the number not yet loaded.
    fn section(&mut self, profile: &Profile, architecture: Architecture) -> Result<Place, ProfileError> {
        let default = self.verdict(profile.default_action);
        let mut ranges: Vec<(u32, Place)> = vec![(0, default)];
        let rules = rules_by_number(profile, architecture);
        let newest = rules.keys().next_back().copied();
        for (number, rules) in rules {
            let place = self.rules(&rules, default);
            if self.out.length() > INSTRUCTIONS_MAX {
                return Err(ProfileError::TooLong);
            }
            if ranges.last().is_some_and(|(start, _)| *start == number) {
                ranges.pop();
            }
            ranges.push((number, place));
            ranges.push((number + 1, default));
        }
        if let Some(newest) = newest
            && is_refusal(profile.default_action)
        {
            // Programs must see that a call is unknown here, so that they fall back to an older one.
            let unknown = self.verdict(Action::Errno(libc::ENOSYS as u16));
            ranges.retain(|(start, _)| *start <= newest);
            ranges.push((newest + 1, unknown));
        }
        if architecture == Architecture::X86_64 {
            let unknown = self.verdict(Action::Errno(libc::ENOSYS as u16));
            ranges.push((X32_BIT, unknown));
        }
        ranges.dedup_by(|later, earlier| later.1 == earlier.1);
        let tree = self.tree(&ranges);
        self.out.jump(tree);
        Ok(self.out.load(NUMBER_OFFSET))
    }

    /// Code that finds the range of the loaded number.
    fn tree(&mut self, ranges: &[(u32, Place)]) -> Place {
        if let [(_, place)] = ranges {
            return *place;
        }
        let (left, right) = ranges.split_at(ranges.len() / 2);
        let start = right[0].0;
        let right = self.tree(right);
        let left = self.tree(left);
        self.out.branch(IF_GREATER_OR_EQUAL, start, right, left)
    }

    /// Code for the rules of one call: the first one whose conditions hold decides.
    fn rules(&mut self, rules: &[&Rule], default: Place) -> Place {
        if let Some(rule) = rules.iter().find(|rule| rule.conditions.is_empty()) {
            return self.verdict(rule.action);
        }
        let mut otherwise = default;
        for rule in rules.iter().rev() {
            let mut holds = self.verdict(rule.action);
            for condition in rule.conditions.iter().rev() {
                holds = self.condition(*condition, holds, otherwise);
            }
            otherwise = holds;
        }
        otherwise
    }

    fn condition(&mut self, condition: Condition, holds: Place, fails: Place) -> Place {
        let (low, high) = (condition.value as u32, (condition.value >> 32) as u32);
        let low_offset = ARGUMENTS_OFFSET + 8 * u32::from(condition.index);
        match condition.comparison {
            Comparison::Equal => self.equal(low_offset, condition.value, u64::MAX, holds, fails),
            Comparison::NotEqual => self.equal(low_offset, condition.value, u64::MAX, fails, holds),
            Comparison::Masked(mask) => self.equal(low_offset, condition.value, mask, holds, fails),
            Comparison::Greater => self.ordered(low_offset, (IF_GREATER, low, high), holds, fails),
            Comparison::LessOrEqual => self.ordered(low_offset, (IF_GREATER, low, high), fails, holds),
            Comparison::GreaterOrEqual => self.ordered(low_offset, (IF_GREATER_OR_EQUAL, low, high), holds, fails),
            Comparison::Less => self.ordered(low_offset, (IF_GREATER_OR_EQUAL, low, high), fails, holds),
        }
    }

    fn equal(&mut self, low_offset: u32, value: u64, mask: u64, holds: Place, fails: Place) -> Place {
        let mut holds = holds;
        for (offset, shift) in [(low_offset, 0), (low_offset + 4, 32)] {
            let (value, mask) = ((value >> shift) as u32, (mask >> shift) as u32);
            self.out.branch(IF_EQUAL, value, holds, fails);
            if mask != u32::MAX {
                self.out.mask(mask);
            }
            holds = self.out.load(offset);
        }
        holds
    }

    fn ordered(&mut self, low_offset: u32, test: (u16, u32, u32), holds: Place, fails: Place) -> Place {
        let (code, low, high) = test;
        self.out.branch(code, low, holds, fails);
        let low_words = self.out.load(low_offset);
        let high_equal = self.out.branch(IF_EQUAL, high, low_words, fails);
        self.out.branch(IF_GREATER, high, holds, high_equal);
        self.out.load(low_offset + 4)
    }
}

fn rules_by_number(profile: &Profile, architecture: Architecture) -> BTreeMap<u32, Vec<&Rule>> {
    let mut table: BTreeMap<u32, Vec<&Rule>> = BTreeMap::new();
    for rule in &profile.rules {
        for number in rule.names.iter().filter_map(|name| architecture.number(name)) {
            table.entry(number).or_default().push(rule);
        }
    }
    table
}

fn is_refusal(action: Action) -> bool {
    matches!(action, Action::Errno(_) | Action::KillThread | Action::KillProcess)
}

fn value_of(action: Action) -> u32 {
    match action {
        Action::KillThread => 0x0000_0000,
        Action::KillProcess => 0x8000_0000,
        Action::Trap => 0x0003_0000,
        Action::Errno(number) => 0x0005_0000 | u32::from(number),
        Action::Trace(number) => 0x7ff0_0000 | u32::from(number),
        Action::Log => 0x7ffc_0000,
        Action::Allow => 0x7fff_0000,
    }
}
