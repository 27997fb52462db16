//! Frames and the compression of their headers.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// The words that header compression starts from; part of the specification.
static DICTIONARY: &[u8] = include_bytes!("dictionary.bin");

/// Bytes of a control frame.
pub const CONTROL_BYTES_MAX: usize = 128 * 1024;
/// Bytes of one frame's headers, unpacked.
const HEADER_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the head of every frame.
pub const HEAD_BYTES: usize = 8;

const VERSION: u16 = 3;
const CONTROL_BIT: u16 = 0x8000;
const FLAG_LAST: u8 = 1;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
const HEADERS: u16 = 8;

/// Header fields in order; names are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// From names and values.
    pub fn of<const N: usize>(fields: [(&str, &str); N]) -> Headers {
        Headers(fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).into())
    }

    /// The first value of a field, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.split('\0').next().unwrap_or(""))
    }
}

/// What is said about streams; data goes beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Opens a stream.
    Open { id: u32, headers: Headers, is_last: bool },
    /// Accepts one.
    Accept { id: u32, is_last: bool },
    /// Breaks one off.
    Reset { id: u32, status: u32 },
    /// To be sent back.
    Ping(u32),
    /// No more streams.
    GoAway { last_id: u32 },
    /// Bytes of a stream.
    Data { id: u32, bytes: Bytes, is_last: bool },
    /// Settings, windows and others that change nothing here.
    Ignored,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// A control frame of that type.
    Control { kind: u16, flags: u8, length: usize },
    /// Data of a stream.
    Data { id: u32, is_last: bool, length: usize },
}

impl Head {
    /// Reads a head.
    pub fn read(mut bytes: [u8; HEAD_BYTES]) -> Head {
        let mut head = &mut bytes[..] as &[u8];
        let (first, second) = (head.get_u16(), head.get_u16());
        let flags = head.get_u8();
        let length = head.get_uint(3) as usize;
        match first & CONTROL_BIT {
            0 => Head::Data { id: u32::from(first) << 16 | u32::from(second), is_last: flags & FLAG_LAST != 0, length },
            _ => Head::Control { kind: second, flags, length },
        }
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads control frames; keeps the state of header compression.
pub struct Decoder {
    inflate: Decompress,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { inflate: Decompress::new(true) }
    }
}

impl Decoder {
    /// Reads what follows the head of a control frame.
    pub fn read(&mut self, kind: u16, flags: u8, mut body: Bytes) -> io::Result<Frame> {
        let is_last = flags & FLAG_LAST != 0;
        let number = |body: &mut Bytes| match body.len() {
            4.. => Ok(body.get_u32() & 0x7fff_ffff),
            _ => Err(invalid("a frame is too short")),
        };
        match kind {
            SYN_STREAM => {
                let id = number(&mut body)?;
                number(&mut body)?;
                if body.len() < 2 {
                    return Err(invalid("a frame is too short"));
                }
                body.advance(2);
                Ok(Frame::Open { id, headers: self.headers(&body)?, is_last })
            }
            SYN_REPLY => {
                let id = number(&mut body)?;
                self.headers(&body)?;
                Ok(Frame::Accept { id, is_last })
            }
            HEADERS => {
                number(&mut body)?;
                // Read for the sake of the compression's state.
                self.headers(&body)?;
                Ok(Frame::Ignored)
            }
            RST_STREAM => Ok(Frame::Reset { id: number(&mut body)?, status: number(&mut body)? }),
            PING => match body.len() {
                4.. => Ok(Frame::Ping(body.get_u32())),
                _ => Err(invalid("a frame is too short")),
            },
            GOAWAY => Ok(Frame::GoAway { last_id: number(&mut body)? }),
            _ => Ok(Frame::Ignored),
        }
    }

    fn headers(&mut self, packed: &[u8]) -> io::Result<Headers> {
        let unpacked = self.unpack(packed)?;
        let mut rest = &unpacked[..];
        let count = take_number(&mut rest)?;
        let mut fields = Vec::new();
        for _ in 0..count {
            fields.push((take_text(&mut rest)?.to_ascii_lowercase(), take_text(&mut rest)?));
        }
        Ok(Headers(fields))
    }

    fn unpack(&mut self, packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(1024);
        let start = self.inflate.total_in();
        loop {
            let used = (self.inflate.total_in() - start) as usize;
            let before = (used, out.len());
            match self.inflate.decompress_vec(&packed[used..], &mut out, FlushDecompress::Sync) {
                Ok(Status::StreamEnd) => return Ok(out),
                Ok(_) => {}
                Err(error) if error.needs_dictionary().is_some() => {
                    self.inflate.set_dictionary(DICTIONARY).map_err(io::Error::other)?;
                    continue;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
            let used = (self.inflate.total_in() - start) as usize;
            if out.len() > HEADER_BYTES_MAX {
                return Err(invalid("the headers are too long"));
            }
            if out.len() == out.capacity() {
                out.reserve(out.len());
            } else if used == packed.len() || before == (used, out.len()) {
                return Ok(out);
            }
        }
    }
}

fn take_number(rest: &mut &[u8]) -> io::Result<usize> {
    match rest.len() {
        4.. => Ok(rest.get_u32() as usize),
        _ => Err(invalid("the headers are cut off")),
    }
}

fn take_text(rest: &mut &[u8]) -> io::Result<String> {
    let length = take_number(rest)?;
    let (text, after) = rest.split_at_checked(length).ok_or_else(|| invalid("the headers are cut off"))?;
    *rest = after;
    String::from_utf8(text.to_vec()).map_err(|_| invalid("a header is no text"))
}

/// Writes frames; keeps the state of header compression.
pub struct Encoder {
    deflate: Compress,
}

impl Default for Encoder {
    fn default() -> Self {
        let mut deflate = Compress::new(Compression::fast(), true);
        deflate.set_dictionary(DICTIONARY).expect("a new compressor takes a dictionary");
        Encoder { deflate }
    }
}

impl Encoder {
    /// Appends a frame.
    pub fn write(&mut self, frame: &Frame, out: &mut BytesMut) {
        match frame {
            Frame::Open { id, headers, is_last } => {
                let packed = self.pack(headers);
                control(SYN_STREAM, flags(*is_last), 10 + packed.len(), out);
                out.put_u32(*id);
                out.put_u32(0);
                out.put_u16(0);
                out.put_slice(&packed);
            }
            Frame::Accept { id, is_last } => {
                let packed = self.pack(&Headers::default());
                control(SYN_REPLY, flags(*is_last), 4 + packed.len(), out);
                out.put_u32(*id);
                out.put_slice(&packed);
            }
            Frame::Reset { id, status } => {
                control(RST_STREAM, 0, 8, out);
                out.put_u32(*id);
                out.put_u32(*status);
            }
            Frame::Ping(id) => {
                control(PING, 0, 4, out);
                out.put_u32(*id);
            }
            Frame::GoAway { last_id } => {
                control(GOAWAY, 0, 8, out);
                out.put_u32(*last_id);
                out.put_u32(0);
            }
            Frame::Data { id, bytes, is_last } => {
                out.put_u32(*id);
                out.put_u8(flags(*is_last));
                out.put_uint(bytes.len() as u64, 3);
                out.put_slice(bytes);
            }
            Frame::Ignored => {}
        }
    }

    fn pack(&mut self, headers: &Headers) -> Vec<u8> {
        let mut plain = Vec::new();
        plain.put_u32(headers.0.len() as u32);
        for (name, value) in &headers.0 {
            for text in [name, value] {
                plain.put_u32(text.len() as u32);
                plain.put_slice(text.as_bytes());
            }
        }
        let mut packed = Vec::with_capacity(plain.len() + 64);
        let start = self.deflate.total_in();
        loop {
            let used = (self.deflate.total_in() - start) as usize;
            let outcome = self.deflate.compress_vec(&plain[used..], &mut packed, FlushCompress::Sync);
            outcome.expect("compression into memory does not fail");
            if packed.len() < packed.capacity() {
                return packed;
            }
            packed.reserve(packed.len() + 64);
        }
    }
}

fn flags(is_last: bool) -> u8 {
    if is_last { FLAG_LAST } else { 0 }
}

fn control(kind: u16, flags: u8, length: usize, out: &mut BytesMut) {
    out.put_u16(CONTROL_BIT | VERSION);
    out.put_u16(kind);
    out.put_u8(flags);
    out.put_uint(length as u64, 3);
}
