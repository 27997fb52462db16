//! The protobuf wire format: a reader, and a writer that fills from the end to the front.

use crate::schema::DecodeError;

/// Varints, bools and enums.
pub(super) const VARINT: u8 = 0;
/// Doubles.
pub(super) const FIXED64: u8 = 1;
/// Texts, bytes, messages and packed lists.
pub(super) const BYTES: u8 = 2;

type Result<T> = std::result::Result<T, DecodeError>;

#[cold]
pub(super) fn error<T>(message: &str) -> Result<T> {
    Err(DecodeError { message: message.to_owned() })
}

/// Reads one message from front to end.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Field number and wire type of the next field; `None` at the end.
    pub(super) fn tag(&mut self) -> Result<Option<(u32, u8)>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let tag = self.raw_varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number) if number != 0 => Ok(Some((number, (tag & 7) as u8))),
            _ => error(&format!("proto: illegal tag {} (wire type {})", tag >> 3, tag & 7)),
        }
    }

    pub(super) fn raw_varint(&mut self) -> Result<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let Some((&byte, rest)) = self.bytes.split_first() else { return error("unexpected EOF") };
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        error("proto: integer overflow")
    }

    pub(super) fn varint(&mut self, wire: u8) -> Result<u64> {
        self.check(wire, VARINT)?;
        self.raw_varint()
    }

    pub(super) fn double(&mut self, wire: u8) -> Result<f64> {
        self.check(wire, FIXED64)?;
        let bytes = self.take(8)?;
        Ok(f64::from_le_bytes(bytes.try_into().expect("eight bytes were taken")))
    }

    pub(super) fn bytes(&mut self, wire: u8) -> Result<&'a [u8]> {
        self.check(wire, BYTES)?;
        let length = self.raw_varint()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn check(&self, wire: u8, wanted: u8) -> Result<()> {
        match wire == wanted {
            true => Ok(()),
            false => error(&format!("proto: wrong wireType = {wire}")),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.bytes.split_at_checked(length) {
            Some((taken, rest)) => {
                self.bytes = rest;
                Ok(taken)
            }
            None => error("unexpected EOF"),
        }
    }

    /// Passes over a field that is not known. Groups, which nothing has sent for decades, are refused.
    pub(super) fn skip(&mut self, wire: u8) -> Result<()> {
        match wire {
            VARINT => self.raw_varint().map(drop),
            FIXED64 => self.take(8).map(drop),
            BYTES => self.bytes(wire).map(drop),
            5 => self.take(4).map(drop),
            _ => error(&format!("proto: illegal wireType {wire}")),
        }
    }
}

/// Writes a message from its end, so that lengths are known when they are written. The bytes are held
/// reversed; write the last field first.
pub(super) struct Backward {
    reversed: Vec<u8>,
}

impl Backward {
    pub(super) fn new() -> Self {
        Backward { reversed: Vec::with_capacity(1_024) }
    }

    /// Appends the message to `out`.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.reversed.reverse();
        out.extend_from_slice(&self.reversed);
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.reversed.extend(bytes.iter().rev());
    }

    pub(super) fn raw_varint(&mut self, number: u64) {
        let mut bytes = [0u8; 10];
        let mut length = 0;
        let mut rest = number;
        while rest >= 0x80 {
            bytes[length] = rest as u8 | 0x80;
            rest >>= 7;
            length += 1;
        }
        bytes[length] = rest as u8;
        self.raw(&bytes[..=length]);
    }

    fn tag(&mut self, number: u32, wire: u8) {
        self.raw_varint(u64::from(number) << 3 | u64::from(wire));
    }

    pub(super) fn varint(&mut self, number: u32, value: u64) {
        self.raw_varint(value);
        self.tag(number, VARINT);
    }

    pub(super) fn double(&mut self, number: u32, value: f64) {
        self.raw(&value.to_le_bytes());
        self.tag(number, FIXED64);
    }

    pub(super) fn text(&mut self, number: u32, text: &str) {
        self.field_bytes(number, text.as_bytes());
    }

    pub(super) fn field_bytes(&mut self, number: u32, bytes: &[u8]) {
        self.raw(bytes);
        self.raw_varint(bytes.len() as u64);
        self.tag(number, BYTES);
    }

    /// A message whose fields `write` writes, the last first.
    pub(super) fn message(&mut self, number: u32, write: impl FnOnce(&mut Self)) {
        let end = self.reversed.len();
        write(self);
        let length = self.reversed.len() - end;
        self.raw_varint(length as u64);
        self.tag(number, BYTES);
    }
}
