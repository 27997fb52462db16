//! An object's canonical bytes, shared by store, history, cache and watchers.

use std::sync::OnceLock;

use bytes::Bytes;

/// Canonical JSON of one stored object, without `resourceVersion`, and where to splice it in.
///
/// The bytes start with `{"kind":…,"apiVersion":…,"metadata":{`. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedObject {
    /// Canonical JSON without `metadata.resourceVersion`.
    pub bytes: Bytes,
    /// Revision of the write that produced it; becomes `metadata.resourceVersion`.
    pub revision: u64,
    /// Byte range of `metadata`'s object (`{`..=`}`) in `bytes`.
    pub metadata: (u32, u32),
    /// Offset in `bytes` at which `"resourceVersion":"N",` (or with a leading comma) is spliced in.
    pub splice: u32,
    /// Offset behind the `"kind":…,"apiVersion":…,` prefix; LIST items start there, as upstream's.
    pub prefix_end: u32,
    /// Its protobuf message, once somebody has asked for it.
    pub protobuf: ProtobufSlot,
}

/// Keeps an object's protobuf message beside its JSON.
///
/// It holds for one revision, which is part of the message: a clone starts empty.
#[derive(Debug, Default)]
pub struct ProtobufSlot(OnceLock<(usize, Bytes)>);

impl ProtobufSlot {
    /// The message of the type that is known as `ty` (its address), made when it is not there. Only one type's is kept.
    ///
    /// # Errors
    /// What `make` returns.
    pub fn get_or_make<E>(&self, ty: usize, make: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<Bytes, E> {
        match self.0.get() {
            Some((kept, message)) if *kept == ty => Ok(message.clone()),
            _ => {
                let message = Bytes::from(make()?);
                // Another one may have been quicker, or keeps another type.
                let _ = self.0.set((ty, message.clone()));
                Ok(message)
            }
        }
    }
}

impl Clone for ProtobufSlot {
    fn clone(&self) -> Self {
        ProtobufSlot::default()
    }
}

impl PartialEq for ProtobufSlot {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ProtobufSlot {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_made_once_for_its_type_and_not_taken_along() {
        let slot = ProtobufSlot::default();
        let ask = |slot: &ProtobufSlot, ty: usize, bytes: &[u8]| slot.get_or_make(ty, || Ok::<_, ()>(bytes.to_vec()));
        assert_eq!(ask(&slot, 1, b"1").as_deref(), Ok(&b"1"[..]));
        assert_eq!(ask(&slot, 1, b"2").as_deref(), Ok(&b"1"[..]));
        assert_eq!(ask(&slot, 2, b"3").as_deref(), Ok(&b"3"[..]));
        assert_eq!(ask(&slot.clone(), 1, b"4").as_deref(), Ok(&b"4"[..]));
    }
}
