//! Stored custom objects as they are read: pruned and defaulted by the schema of now, which may be younger.

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::schema;

use super::CustomKind;

impl CustomKind {
    /// The object as the schema of the stored version wants it; the same when it is so already.
    ///
    /// One that was written while another version was the stored one is left to the webhook that converts, if there
    /// is one.
    pub(crate) fn read(&self, stored: Arc<EncodedObject>) -> Arc<EncodedObject> {
        let Ok(before) = json::parse(&stored.bytes) else { return stored };
        let version = self.stored();
        let api_version = version.resource_type.api_version();
        let is_older = before.str_at(&["apiVersion"]) != api_version;
        if is_older && self.conversion().is_some() {
            return stored;
        }
        let mut object = before.clone();
        if is_older {
            object.set(&["apiVersion"], api_version);
        }
        version.shape(&mut object);
        if object == before || schema::normalise(version.resource_type.schema, &mut object).is_err() {
            return stored;
        }
        Arc::new(json::encode_object(&object, stored.revision))
    }
}
