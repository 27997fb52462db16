//! Capability names and the sets that a container gets.

/// Names without `CAP_`, by number.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What a container gets that asks for nothing (the runtimes' common default).
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// A set of capabilities, a bit per number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(pub u64);

impl Capabilities {
    /// The capability of that name, with or without `CAP_`, in any case; `None` for an unknown one.
    pub fn named(name: &str) -> Option<Capabilities> {
        let upper = name.to_ascii_uppercase();
        let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let number = NAMES.iter().position(|known| *known == bare)?;
        Some(Capabilities(1 << number))
    }

    /// Whether all of `other` is in it.
    pub fn contains(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }

    /// What a process may have at most: this process's bounding set.
    pub fn of_host() -> Capabilities {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
        let bits = line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        Capabilities(bits.unwrap_or(0))
    }
}

/// What a container asks for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// All of them.
    pub is_privileged: bool,
    /// Names to add; `ALL` for all.
    pub add: &'a [String],
    /// Names to drop; `ALL` for all, before single ones are added.
    pub drop: &'a [String],
}

/// The capabilities of a container: never more than `host` has.
pub fn resolve(request: Request<'_>, host: Capabilities) -> Capabilities {
    if request.is_privileged {
        return host;
    }
    let mut bits = union(DEFAULT.iter().copied());
    if has_all(request.add) {
        bits = host.0;
    }
    if has_all(request.drop) {
        bits = 0;
    }
    bits |= union(request.add.iter().map(String::as_str));
    bits &= !union(request.drop.iter().map(String::as_str));
    Capabilities(bits & host.0)
}

fn has_all(names: &[String]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case("ALL"))
}

fn union<'a>(names: impl Iterator<Item = &'a str>) -> u64 {
    names.filter_map(Capabilities::named).fold(0, |bits, capability| bits | capability.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Capabilities = Capabilities((1 << 41) - 1);

    #[track_caller]
    fn check(add: &[&str], drop: &[&str], expected: u64) {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (add, drop) = (own(add), own(drop));
        let request = Request { is_privileged: false, add: &add, drop: &drop };
        assert_eq!(resolve(request, HOST).0, expected, "add {add:?} drop {drop:?}");
    }

    #[test]
    fn add_and_drop_change_the_default_set() {
        check(&[], &[], 0xa804_25fb);
        check(&["NET_ADMIN"], &[], 0xa804_25fb | 1 << 12);
        check(&["cap_net_admin", "NOT_A_CAPABILITY"], &["MKNOD"], (0xa804_25fb | 1 << 12) & !(1 << 27));
        check(&["NET_BIND_SERVICE"], &["ALL"], 1 << 10);
        check(&["ALL"], &["SYS_ADMIN"], HOST.0 & !(1 << 21));
    }

    #[test]
    fn nobody_gets_what_the_host_does_not_have() {
        let host = Capabilities(HOST.0 & !(1 << 24));
        let request = Request { is_privileged: true, add: &[], drop: &[] };
        assert_eq!(resolve(request, host), host);
        let all = ["ALL".to_owned()];
        assert_eq!(resolve(Request { is_privileged: false, add: &all, drop: &[] }, host), host);
    }
}
