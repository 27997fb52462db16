//! Stored custom objects as they are read: pruned and defaulted by the schema of now, which may be younger.

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::schema;

use super::CustomVersion;

impl CustomVersion {
    /// The object as the schema of this version, the stored one, wants it; the same when it is so already.
    pub(crate) fn read(&self, stored: Arc<EncodedObject>) -> Arc<EncodedObject> {
        let Ok(before) = json::parse(&stored.bytes) else { return stored };
        let mut object = before.clone();
        self.shape(&mut object);
        if object == before || schema::normalise(self.resource_type.schema, &mut object).is_err() {
            return stored;
        }
        Arc::new(json::encode_object(&object, stored.revision))
    }
}
