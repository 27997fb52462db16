//! The bytes between daemon and shim: length-prefixed frames of tagged fields.
//!
//! Frozen with `docs/decisions/0004-shim-contract.md`: a frame is `u32 length, u16 kind, u16 descriptors, u32 id`,
//! then fields `u16 tag, u32 length, bytes`, all little-endian. Unknown tags are skipped and absent fields have
//! their default, so that either side may be older. Pure: no IO.

/// Bytes of a frame's header.
pub const HEADER_BYTES: usize = 12;

/// Bytes of a whole frame at most: a container's arguments and environment may fill a CRI message (16 MiB).
pub const FRAME_BYTES_MAX: usize = 17 * 1024 * 1024;

/// Descriptors that one frame carries at most.
pub const DESCRIPTORS_MAX: usize = 4;

/// What a peer sent does not follow the contract; the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed shim message")]
pub struct Malformed;

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the fields that follow.
    pub body_bytes: usize,
    /// What the fields mean.
    pub kind: u16,
    /// Descriptors that come with the frame.
    pub descriptors: usize,
    /// Ties an answer to its request; 0 for events.
    pub id: u32,
}

impl Header {
    /// Reads a header; `None` while fewer than [`HEADER_BYTES`] are there.
    pub fn parse(bytes: &[u8]) -> Result<Option<Header>, Malformed> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [l0, l1, l2, l3, k0, k1, d0, d1, i0, i1, i2, i3] = *bytes;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let descriptors = usize::from(u16::from_le_bytes([d0, d1]));
        if !(HEADER_BYTES..=FRAME_BYTES_MAX).contains(&length) || descriptors > DESCRIPTORS_MAX {
            return Err(Malformed);
        }
        Ok(Some(Header {
            body_bytes: length - HEADER_BYTES,
            kind: u16::from_le_bytes([k0, k1]),
            descriptors,
            id: u32::from_le_bytes([i0, i1, i2, i3]),
        }))
    }
}

/// One whole frame of `kind` with `message` as its fields.
pub fn frame(kind: u16, id: u32, descriptors: usize, message: &dyn Message) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    message.encode(&mut bytes);
    let length = bytes.len() as u32;
    bytes[0..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..6].copy_from_slice(&kind.to_le_bytes());
    bytes[6..8].copy_from_slice(&(descriptors as u16).to_le_bytes());
    bytes[8..12].copy_from_slice(&id.to_le_bytes());
    bytes
}

/// A set of tagged fields; declared with [`message!`](crate::wire::message).
pub trait Message {
    /// Appends the fields that are not at their default.
    fn encode(&self, out: &mut Vec<u8>);
    /// Takes one field; unknown tags are ignored.
    fn field(&mut self, tag: u16, value: &[u8]) -> Result<(), Malformed>;
}

/// Reads a message from its fields.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Malformed> {
    let mut message = M::default();
    read_fields(bytes, &mut message)?;
    Ok(message)
}

fn read_fields(mut bytes: &[u8], message: &mut dyn Message) -> Result<(), Malformed> {
    while !bytes.is_empty() {
        let (head, rest) = bytes.split_at_checked(6).ok_or(Malformed)?;
        let tag = u16::from_le_bytes([head[0], head[1]]);
        let length = u32::from_le_bytes([head[2], head[3], head[4], head[5]]) as usize;
        let (value, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        message.field(tag, value)?;
        bytes = rest;
    }
    Ok(())
}

fn put(tag: u16, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
}

/// Bytes that are not text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

/// A field's type. Lists repeat the tag; a default value is not sent.
pub trait Value {
    /// Appends the field unless it is at its default.
    fn put(&self, tag: u16, out: &mut Vec<u8>);
    /// Takes the field's bytes; a list grows.
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed>;
}

/// A type that lists and options may hold: it is sent even when it is at its default.
pub trait Item: Value + Default {
    /// Appends the field.
    fn put_always(&self, tag: u16, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn put(&self, tag: u16, out: &mut Vec<u8>) {
                if *self != 0 {
                    self.put_always(tag, out);
                }
            }
            fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
                *self = <$type>::from_le_bytes(value.try_into().map_err(|_| Malformed)?);
                Ok(())
            }
        }
        impl Item for $type {
            fn put_always(&self, tag: u16, out: &mut Vec<u8>) {
                put(tag, &self.to_le_bytes(), out);
            }
        }
    )*};
}
number!(u32, u64, i32, i64);

impl Value for bool {
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        if *self {
            put(tag, &[1], out);
        }
    }
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
        *self = value != [0];
        Ok(())
    }
}

impl Value for String {
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        if !self.is_empty() {
            self.put_always(tag, out);
        }
    }
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
        *self = std::str::from_utf8(value).map_err(|_| Malformed)?.to_owned();
        Ok(())
    }
}

impl Item for String {
    fn put_always(&self, tag: u16, out: &mut Vec<u8>) {
        put(tag, self.as_bytes(), out);
    }
}

impl Value for Blob {
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        if !self.0.is_empty() {
            put(tag, &self.0, out);
        }
    }
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
        self.0 = value.to_vec();
        Ok(())
    }
}

impl Item for Blob {
    fn put_always(&self, tag: u16, out: &mut Vec<u8>) {
        put(tag, &self.0, out);
    }
}

impl<T: Item> Value for Vec<T> {
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        for item in self {
            item.put_always(tag, out);
        }
    }
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut item = T::default();
        item.take(value)?;
        self.push(item);
        Ok(())
    }
}

impl<T: Item> Value for Option<T> {
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        if let Some(item) = self {
            item.put_always(tag, out);
        }
    }
    fn take(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut item = T::default();
        item.take(value)?;
        *self = Some(item);
        Ok(())
    }
}

/// Appends `message` as one field.
pub(crate) fn put_nested(message: &dyn Message, tag: u16, out: &mut Vec<u8>) {
    let start = out.len();
    put(tag, &[], out);
    message.encode(out);
    let length = (out.len() - start - 6) as u32;
    out[start + 2..start + 6].copy_from_slice(&length.to_le_bytes());
}

/// Fills `message` from the bytes of one field.
pub(crate) fn take_nested(message: &mut dyn Message, value: &[u8]) -> Result<(), Malformed> {
    read_fields(value, message)
}

/// Declares messages: `tag => field: type`. Tags are never used again for something else.
macro_rules! message {
    ($(
        $(#[$doc:meta])*
        pub struct $name:ident { $( $(#[$field_doc:meta])* $tag:literal => $field:ident: $type:ty, )* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name { $( $(#[$field_doc])* pub $field: $type, )* }

        impl $crate::wire::Message for $name {
            fn encode(&self, _out: &mut Vec<u8>) {
                $( $crate::wire::Value::put(&self.$field, $tag, _out); )*
            }
            fn field(&mut self, tag: u16, _value: &[u8]) -> Result<(), $crate::wire::Malformed> {
                match tag {
                    $( $tag => $crate::wire::Value::take(&mut self.$field, _value), )*
                    _ => Ok(()),
                }
            }
        }
        impl $crate::wire::Value for $name {
            fn put(&self, tag: u16, out: &mut Vec<u8>) {
                if *self != Self::default() {
                    $crate::wire::put_nested(self, tag, out);
                }
            }
            fn take(&mut self, value: &[u8]) -> Result<(), $crate::wire::Malformed> {
                $crate::wire::take_nested(self, value)
            }
        }
        impl $crate::wire::Item for $name {
            fn put_always(&self, tag: u16, out: &mut Vec<u8>) {
                $crate::wire::put_nested(self, tag, out);
            }
        }
    )*};
}
pub(crate) use message;

#[cfg(test)]
mod tests {
    use super::*;

    message! {
        /// A message as an older build knows it.
        pub struct Old {
            /// Name.
            1 => name: String,
        }
        /// The same message some versions later.
        pub struct New {
            /// Name.
            1 => name: String,
            /// Added later.
            2 => numbers: Vec<u64>,
            /// Added later.
            3 => inner: Option<Old>,
            /// Added later.
            4 => list: Vec<Old>,
        }
    }

    fn round_trip<M: Message + Default>(message: &dyn Message) -> M {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        decode(&bytes).expect("what was encoded decodes")
    }

    #[test]
    fn a_message_survives_and_an_older_peer_skips_what_it_does_not_know() {
        let old = Old { name: "web".into() };
        let new = New {
            name: "web".into(),
            numbers: vec![0, 7],
            inner: Some(Old::default()),
            list: vec![Old::default(), old.clone()],
        };
        assert_eq!(round_trip::<New>(&new), new);
        assert_eq!(round_trip::<Old>(&new), old);
        assert_eq!(round_trip::<New>(&old), New { name: "web".into(), ..New::default() });
    }

    #[test]
    fn cut_and_oversized_input_is_refused_without_a_panic() {
        let mut bytes = Vec::new();
        New { name: "web".into(), numbers: vec![1], ..New::default() }.encode(&mut bytes);
        for length in 1..bytes.len() {
            let boundary = length == 9;
            assert_eq!(decode::<New>(&bytes[..length]).is_ok(), boundary, "length {length}");
        }
        assert_eq!(Header::parse(&[0xff; 12]), Err(Malformed));
        assert_eq!(Header::parse(&[0; 12]), Err(Malformed));
        assert_eq!(Header::parse(&[0; 11]), Ok(None));
    }

    #[test]
    fn a_frame_begins_with_its_header() {
        let bytes = frame(7, 9, 2, &Old { name: "a".into() });
        let header = Header { body_bytes: 7, kind: 7, descriptors: 2, id: 9 };
        assert_eq!(Header::parse(&bytes), Ok(Some(header)));
    }
}
