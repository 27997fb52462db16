//! The eBPF program that judges device access in cgroup v2. Pure.

use super::DeviceRule;

/// One eBPF instruction.
#[derive(Clone, Copy)]
struct Instruction {
    code: u8,
    destination: u8,
    source: u8,
    offset: i16,
    immediate: i32,
}

impl Instruction {
    fn encoded(self) -> u64 {
        let registers = u64::from(self.destination | self.source << 4);
        u64::from(self.code)
            | registers << 8
            | u64::from(self.offset as u16) << 16
            | u64::from(self.immediate as u32) << 32
    }
}

const LOAD_WORD: u8 = 0x61;
const MOVE_REGISTER: u8 = 0xbc;
const MOVE_IMMEDIATE: u8 = 0xb7;
const AND_IMMEDIATE: u8 = 0x54;
const SHIFT_RIGHT: u8 = 0x74;
const JUMP_UNEQUAL_IMMEDIATE: u8 = 0x55;
const JUMP_UNEQUAL_REGISTER: u8 = 0x5d;
const EXIT: u8 = 0x95;

/// Registers: 1 the context, 2 type, 3 access, 4 major, 5 minor, 6 scratch.
fn instruction(code: u8, destination: u8, source: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, destination, source, offset, immediate }
}

/// Compiles: access is allowed when a rule covers the device and every wanted kind of access.
pub fn compile(rules: &[DeviceRule]) -> Vec<u64> {
    let mut program = vec![
        instruction(LOAD_WORD, 2, 1, 0, 0),
        instruction(AND_IMMEDIATE, 2, 0, 0, 0xffff),
        instruction(LOAD_WORD, 3, 1, 0, 0),
        instruction(SHIFT_RIGHT, 3, 0, 0, 16),
        instruction(LOAD_WORD, 4, 1, 4, 0),
        instruction(LOAD_WORD, 5, 1, 8, 0),
    ];
    for rule in rules {
        let mut checks = vec![instruction(JUMP_UNEQUAL_IMMEDIATE, 2, 0, 0, if rule.is_block { 1 } else { 2 })];
        let allowed = access_bits(&rule.access);
        if allowed != 7 {
            checks.push(instruction(MOVE_REGISTER, 6, 3, 0, 0));
            checks.push(instruction(AND_IMMEDIATE, 6, 0, 0, allowed));
            checks.push(instruction(JUMP_UNEQUAL_REGISTER, 6, 3, 0, 0));
        }
        if let Some(major) = rule.major {
            checks.push(instruction(JUMP_UNEQUAL_IMMEDIATE, 4, 0, 0, major as i32));
        }
        if let Some(minor) = rule.minor {
            checks.push(instruction(JUMP_UNEQUAL_IMMEDIATE, 5, 0, 0, minor as i32));
        }
        let verdict = [instruction(MOVE_IMMEDIATE, 0, 0, 0, 1), instruction(EXIT, 0, 0, 0, 0)];
        let length = checks.len() + verdict.len();
        for (index, check) in checks.iter_mut().enumerate() {
            if matches!(check.code, JUMP_UNEQUAL_IMMEDIATE | JUMP_UNEQUAL_REGISTER) {
                check.offset = (length - index - 1) as i16;
            }
        }
        program.extend(checks);
        program.extend(verdict);
    }
    program.push(instruction(MOVE_IMMEDIATE, 0, 0, 0, 0));
    program.push(instruction(EXIT, 0, 0, 0, 0));
    program.into_iter().map(Instruction::encoded).collect()
}

fn access_bits(access: &str) -> i32 {
    let bits = [('m', 1), ('r', 2), ('w', 4)];
    bits.iter().filter(|(letter, _)| access.contains(*letter)).map(|(_, bit)| bit).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program on a request.
    fn run(program: &[u64], kind: u64, access: u64, major: u64, minor: u64) -> u64 {
        let context = [kind | access << 16, major, minor];
        let mut registers = [0u64; 7];
        let mut next = 0usize;
        loop {
            let word = program[next];
            let (code, destination, source) = (word as u8, (word >> 8) as usize & 15, (word >> 12) as usize & 15);
            let (offset, immediate) = ((word >> 16) as i16, (word >> 32) as i32 as u64);
            next += 1;
            match code {
                LOAD_WORD => registers[destination] = context[offset as usize / 4],
                MOVE_REGISTER => registers[destination] = registers[source],
                MOVE_IMMEDIATE => registers[destination] = immediate,
                AND_IMMEDIATE => registers[destination] &= immediate,
                SHIFT_RIGHT => registers[destination] >>= immediate,
                JUMP_UNEQUAL_IMMEDIATE if registers[destination] != immediate => next += offset as usize,
                JUMP_UNEQUAL_REGISTER if registers[destination] != registers[source] => next += offset as usize,
                JUMP_UNEQUAL_IMMEDIATE | JUMP_UNEQUAL_REGISTER => {}
                EXIT => return registers[0],
                other => panic!("unknown code {other:#x}"),
            }
        }
    }

    #[test]
    fn only_what_a_rule_covers_is_allowed() {
        let rule = |is_block, major, minor, access: &str| DeviceRule { is_block, major, minor, access: access.into() };
        let program = compile(&[
            rule(false, None, None, "m"),
            rule(false, Some(1), Some(3), "rwm"),
            rule(true, Some(8), None, "r"),
        ]);
        let (block, character, make, read, write) = (1, 2, 1, 2, 4);
        assert_eq!(run(&program, character, make, 99, 1), 1);
        assert_eq!(run(&program, character, read | write, 1, 3), 1);
        assert_eq!(run(&program, character, read, 1, 1), 0);
        assert_eq!(run(&program, block, read, 8, 5), 1);
        assert_eq!(run(&program, block, read | write, 8, 5), 0);
        assert_eq!(run(&program, block, make, 8, 5), 0);
    }
}
