//! An object's canonical bytes, shared by store, history, cache and watchers.

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
}
