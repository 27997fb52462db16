use super::numbers::Architecture;
use super::profile::{self, Action, Profile};
use super::*;

const ALLOW: u32 = 0x7fff_0000;
const EPERM: u32 = 0x0005_0001;
const ENOSYS: u32 = 0x0005_0026;

/// Runs a filter as the kernel does.
fn run(filter: &[u8], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend_from_slice(&number.to_le_bytes());
    data.extend_from_slice(&architecture.to_le_bytes());
    data.extend_from_slice(&0u64.to_le_bytes());
    for argument in arguments {
        data.extend_from_slice(&argument.to_le_bytes());
    }
    let (mut next, mut loaded) = (0usize, 0u32);
    loop {
        let record = &filter[next * 8..next * 8 + 8];
        let code = u16::from_ne_bytes([record[0], record[1]]);
        let value = u32::from_ne_bytes([record[4], record[5], record[6], record[7]]);
        next += 1;
        let holds = match code {
            0x20 => {
                let offset = value as usize;
                loaded = u32::from_le_bytes(data[offset..offset + 4].try_into().expect("four bytes"));
                continue;
            }
            0x54 => {
                loaded &= value;
                continue;
            }
            0x05 => {
                next += value as usize;
                continue;
            }
            0x06 => return value,
            0x15 => loaded == value,
            0x25 => loaded > value,
            0x35 => loaded >= value,
            other => panic!("unknown code {other:#x}"),
        };
        next += usize::from(if holds { record[2] } else { record[3] });
    }
}

fn call(filter: &[u8], name: &str, first: u64) -> u32 {
    let number = Architecture::X86_64.number(name).expect("a known call");
    run(filter, Architecture::X86_64.audit_value(), number, [first, 0, 0, 0, 0, 0])
}

fn json(document: &str) -> Vec<u8> {
    compile(&profile::from_json(document.as_bytes(), Capabilities(0)).expect("a good profile")).expect("it is short")
}

#[test]
fn the_default_profile_permits_ordinary_calls_and_refuses_dangerous_ones() {
    let filter = runtime_default(Capabilities(0));
    for name in ["read", "execve", "clone", "socketpair", "mseal", "ptrace"] {
        assert_eq!(call(&filter, name, 0), ALLOW, "{name}");
    }
    for name in ["keyctl", "unshare", "mount", "bpf", "io_uring_setup", "reboot", "init_module"] {
        assert_eq!(call(&filter, name, 0), EPERM, "{name}");
    }
    assert_eq!(call(&filter, "clone3", 0), ENOSYS);
    assert_eq!(call(&filter, "clone", libc::CLONE_NEWUSER as u64), EPERM);
    let (inet, alg, vsock) = (2, 38, 40);
    assert_eq!([inet, alg, vsock].map(|domain| call(&filter, "socket", domain)), [ALLOW, EPERM, EPERM]);
    assert_eq!(call(&filter, "socket", 1 << 32 | 2), EPERM);
    assert_eq!([0, 0xffff_ffff, 1].map(|persona| call(&filter, "personality", persona)), [ALLOW, ALLOW, EPERM]);
}

#[test]
fn capabilities_open_what_belongs_to_them() {
    let filter = runtime_default(Capabilities::named("SYS_ADMIN").expect("known"));
    for name in ["mount", "unshare", "clone3", "bpf"] {
        assert_eq!(call(&filter, name, 0), ALLOW, "{name}");
    }
    assert_eq!(call(&filter, "clone", libc::CLONE_NEWUSER as u64), ALLOW);
    assert_eq!(call(&filter, "reboot", 0), EPERM);
}

#[test]
fn calls_that_are_newer_than_the_profile_and_foreign_abis_are_unknown() {
    let filter = runtime_default(Capabilities(0));
    let native = Architecture::X86_64.audit_value();
    assert_eq!(run(&filter, native, 999, [0; 6]), ENOSYS);
    assert_eq!(run(&filter, native, 0x4000_0000, [0; 6]), ENOSYS);
    assert_eq!(run(&filter, 0x1234, 0, [0; 6]), ENOSYS);
    let i386 = Architecture::I386;
    let number = |name| i386.number(name).expect("a known call");
    assert_eq!(run(&filter, i386.audit_value(), number("read"), [0; 6]), ALLOW);
    assert_eq!(run(&filter, i386.audit_value(), number("keyctl"), [0; 6]), EPERM);
    assert_eq!(run(&filter, i386.audit_value(), number("mount"), [0; 6]), EPERM);
}

#[test]
fn every_call_of_the_default_profile_gets_the_verdict_of_its_rules() {
    // The binary search must agree with a plain look through the rules, for every number.
    let profile = profile::runtime_default(Capabilities(0));
    let filter = compile(&profile).expect("it fits");
    for architecture in [Architecture::X86_64, Architecture::I386] {
        let mut plain = std::collections::HashMap::new();
        for rule in profile.rules.iter().filter(|rule| rule.conditions.is_empty()) {
            for number in rule.names.iter().filter_map(|name| architecture.number(name)) {
                let verdict = if rule.action == Action::Allow { ALLOW } else { ENOSYS };
                plain.insert(number, verdict);
            }
        }
        let newest = *plain.keys().max().expect("there are rules");
        for (number, verdict) in &plain {
            assert_eq!(
                run(&filter, architecture.audit_value(), *number, [0; 6]),
                *verdict,
                "{architecture:?} {number}"
            );
        }
        assert_eq!(run(&filter, architecture.audit_value(), newest + 1, [0; 6]), ENOSYS);
    }
}

#[test]
fn every_comparison_looks_at_all_64_bits() {
    let value = 0x1_0000_0005u64;
    let around = [5, value - 1, value, value + 1, 0x2_0000_0000];
    let cases = [
        ("EQ", [false, false, true, false, false]),
        ("NE", [true, true, false, true, true]),
        ("LT", [true, true, false, false, false]),
        ("LE", [true, true, true, false, false]),
        ("GT", [false, false, false, true, true]),
        ("GE", [false, false, true, true, true]),
    ];
    for (operator, expected) in cases {
        let filter = json(&format!(
            r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"names":["close"],"action":"SCMP_ACT_ERRNO","errnoRet":7,
            "args":[{{"index":0,"value":{value},"op":"SCMP_CMP_{operator}"}}]}}]}}"#
        ));
        let found = around.map(|argument| call(&filter, "close", argument) == 0x0005_0007);
        assert_eq!(found, expected, "{operator}");
    }
}

#[test]
fn several_rules_for_one_call_are_tried_in_order_and_conditions_must_all_hold() {
    let filter = json(
        r#"{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[
        {"name":"socket","action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":1,"value":15,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]},
        {"names":["socket"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#,
    );
    let socket = |domain, kind| run(&filter, 0xC000_003E, 41, [domain, kind, 0, 0, 0, 0]);
    assert_eq!(socket(2, 0x801), ALLOW);
    assert_eq!(socket(2, 2), 0x8000_0000);
    assert_eq!(socket(1, 9), 0x7ffc_0000);
    assert_eq!(socket(3, 1), 0x8000_0000);
}

#[test]
fn a_profile_with_something_unknown_is_refused_and_names_it() {
    let refuse =
        |document: &str| profile::from_json(document.as_bytes(), Capabilities(0)).expect_err("refused").to_string();
    let text = refuse(r#"{"defaultAction":"SCMP_ACT_NOTIFY"}"#);
    assert_eq!(text, r#"seccomp profile: unsupported action "SCMP_ACT_NOTIFY""#);
    assert_eq!(refuse("[]"), "read the seccomp profile");
}

#[test]
fn a_profile_too_long_for_the_kernel_is_refused() {
    let rule = profile::Rule {
        names: vec!["socket".into()],
        action: Action::Allow,
        conditions: (0..5000)
            .map(|value| profile::Condition { index: 0, comparison: profile::Comparison::Equal, value })
            .collect(),
    };
    let profile = Profile {
        default_action: Action::Errno(1),
        architectures: vec![Architecture::X86_64],
        rules: vec![rule],
        flags: 0,
    };
    assert!(matches!(compile(&profile), Err(ProfileError::TooLong)));
}
