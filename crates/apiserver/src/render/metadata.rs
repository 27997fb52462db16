//! `PartialObjectMetadata`: the metadata span of stored bytes.

use apimachinery::encoded::EncodedObject;

use crate::negotiation::MetaVersion;

/// Appends `metadata` (the object from `{` to `}`) with its resourceVersion.
pub fn write_metadata(object: &EncodedObject, out: &mut Vec<u8>) {
    let (start, end) = (object.metadata.0 as usize, object.metadata.1 as usize);
    let splice = (object.splice as usize).clamp(start, end);
    let bytes = &object.bytes;
    out.extend_from_slice(&bytes[start..splice]);
    if object.revision != 0 {
        let is_at_end = bytes.get(splice) == Some(&b'}');
        let follows_brace = splice > start && bytes[splice - 1] == b'{';
        let follows_comma = splice > start && bytes[splice - 1] == b',';
        if !follows_brace && !follows_comma {
            out.push(b',');
        }
        out.extend_from_slice(format!("\"resourceVersion\":\"{}\"", object.revision).as_bytes());
        if !is_at_end && bytes.get(splice) != Some(&b',') {
            out.push(b',');
        }
    }
    out.extend_from_slice(&bytes[splice..end]);
}

/// Appends the `PartialObjectMetadata` document of an object.
pub fn write_partial(version: MetaVersion, object: &EncodedObject, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"");
    out.extend_from_slice(version.api_version().as_bytes());
    out.extend_from_slice(b"\",\"metadata\":");
    write_metadata(object, out);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::{json, tree};

    #[test]
    fn metadata_is_cut_out_with_its_resource_version() {
        let value = tree!({"kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {"name": "a", "namespace": "b", "uid": "u", "labels": {"x": "y"}}, "data": {"k": "v"}});
        let object = json::encode_object(&value, 7);
        let mut out = Vec::new();
        write_partial(MetaVersion::V1, &object, &mut out);
        let parsed = json::parse(&out).expect("valid JSON");
        assert_eq!(parsed.str_at(&["metadata", "resourceVersion"]), "7");
        assert_eq!(parsed.str_at(&["metadata", "labels", "x"]), "y");
        assert_eq!(parsed.str_at(&["apiVersion"]), "meta.k8s.io/v1");
        assert!(parsed.at(&["data"]).is_null());
    }
}
