//! A classic BPF assembler that works backwards: what a jump leads to is already there, so distances are known.

/// `ld [offset]`
const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
/// `jeq`
pub(super) const IF_EQUAL: u16 = 0x15;
/// `jgt`
pub(super) const IF_GREATER: u16 = 0x25;
/// `jge`
pub(super) const IF_GREATER_OR_EQUAL: u16 = 0x35;
const RETURN: u16 = 0x06;

/// A place in the program, counted from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

/// A program under construction, last instruction first.
#[derive(Default)]
pub(super) struct Assembler {
    instructions: Vec<Instruction>,
}

impl Assembler {
    /// Ends with `verdict`.
    pub(super) fn verdict(&mut self, verdict: u32) -> Place {
        self.push(RETURN, 0, 0, verdict)
    }

    /// Loads the word at `offset` of seccomp_data, then goes on with what was put before this.
    pub(super) fn load(&mut self, offset: u32) -> Place {
        self.push(LOAD, 0, 0, offset)
    }

    /// Masks the loaded word, then goes on.
    pub(super) fn mask(&mut self, mask: u32) -> Place {
        self.push(AND, 0, 0, mask)
    }

    /// Compares the loaded word with `value`.
    pub(super) fn branch(&mut self, code: u16, value: u32, if_true: Place, if_false: Place) -> Place {
        let if_true = self.near(if_true);
        let if_false = self.near(if_false);
        // A jump that was added for `if_false` may have moved `if_true` out of reach by one: then it gets one, too.
        let if_true = self.near(if_true);
        let next = self.instructions.len();
        let distance = |place: Place| (next - 1 - place.0) as u8;
        self.push(code, distance(if_true), distance(if_false), value)
    }

    /// Goes on at `place`, whatever was put last.
    pub(super) fn jump(&mut self, place: Place) -> Place {
        let distance = self.instructions.len() - 1 - place.0;
        match distance {
            0 => place,
            _ => self.push(JUMP, 0, 0, distance as u32),
        }
    }

    /// `place`, or a jump to it that a branch put next can reach.
    fn near(&mut self, place: Place) -> Place {
        // Two more jumps may come between.
        match self.instructions.len() - 1 - place.0 {
            0..=252 => place,
            _ => self.jump(place),
        }
    }

    fn push(&mut self, code: u16, if_true: u8, if_false: u8, value: u32) -> Place {
        self.instructions.push(Instruction { code, if_true, if_false, value });
        Place(self.instructions.len() - 1)
    }

    /// Instructions so far.
    pub(super) fn length(&self) -> usize {
        self.instructions.len()
    }

    /// The finished program; it begins with the last instruction that was put.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.instructions.len() * 8);
        for instruction in self.instructions.iter().rev() {
            bytes.extend_from_slice(&instruction.code.to_ne_bytes());
            bytes.extend_from_slice(&[instruction.if_true, instruction.if_false]);
            bytes.extend_from_slice(&instruction.value.to_ne_bytes());
        }
        bytes
    }
}
