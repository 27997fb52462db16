//! System call numbers per architecture.

use std::collections::HashMap;
use std::sync::LazyLock;

/// An architecture that filters are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86 programs on a 64-bit kernel.
    I386,
    /// 64-bit ARM.
    Aarch64,
}

impl Architecture {
    /// That of this program.
    pub const NATIVE: Architecture =
        if cfg!(target_arch = "aarch64") { Architecture::Aarch64 } else { Architecture::X86_64 };

    /// `AUDIT_ARCH_` value in `seccomp_data`.
    pub fn audit_value(self) -> u32 {
        match self {
            Architecture::X86_64 => 0xC000_003E,
            Architecture::I386 => 0x4000_0003,
            Architecture::Aarch64 => 0xC000_00B7,
        }
    }

    /// From the name in profiles (`SCMP_ARCH_X86_64`).
    pub fn from_profile_name(name: &str) -> Option<Architecture> {
        match name {
            "SCMP_ARCH_X86_64" => Some(Architecture::X86_64),
            "SCMP_ARCH_X86" => Some(Architecture::I386),
            "SCMP_ARCH_AARCH64" => Some(Architecture::Aarch64),
            _ => None,
        }
    }

    /// The number of a system call; `None` where this architecture does not have it.
    pub fn number(self, name: &str) -> Option<u32> {
        static X86_64: LazyLock<Table> = LazyLock::new(|| parse(include_str!("x86_64.numbers")));
        static I386: LazyLock<Table> = LazyLock::new(|| parse(include_str!("i386.numbers")));
        static AARCH64: LazyLock<Table> = LazyLock::new(|| parse(include_str!("aarch64.numbers")));
        let table = match self {
            Architecture::X86_64 => &X86_64,
            Architecture::I386 => &I386,
            Architecture::Aarch64 => &AARCH64,
        };
        table.get(name).copied()
    }
}

type Table = HashMap<&'static str, u32>;

fn parse(text: &'static str) -> Table {
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    words
        .filter_map(|word| word.split_once('='))
        .filter_map(|(name, number)| Some((name, number.parse().ok()?)))
        .collect()
}
