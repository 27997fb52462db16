//! Custom objects in the version that somebody wants: as they are, with another `apiVersion`, or converted by a webhook.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;
use async_trait::async_trait;
use parking_lot::Mutex;

use super::CustomVersion;
use crate::store::Store;

/// Converted objects that a kind keeps for further readers, in bytes.
///
/// A read of one that is no longer there asks the webhook again.
const CONVERTED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Converts custom objects of one kind.
#[async_trait]
pub trait Converter: Send + Sync + 'static {
    /// The objects in another version, in the same order. At least one, none of which is in that version.
    async fn convert(&self, objects: Vec<Value>, api_version: &str) -> Result<Vec<Value>, Status>;
}

/// Makes converters of the `spec.conversion.webhook` of definitions.
pub trait Converters: Send + Sync + 'static {
    /// One for a kind.
    fn converter(&self, webhook: &Value) -> Arc<dyn Converter>;
}

/// Converts through a webhook and remembers what it read last.
pub(crate) struct Conversion {
    converter: Arc<dyn Converter>,
    converted: Mutex<Converted>,
}

/// Stored objects (by the revision that wrote them) in other versions.
#[derive(Default)]
struct Converted {
    objects: HashMap<Key, Arc<EncodedObject>>,
    order: VecDeque<Key>,
    bytes: usize,
}

type Key = (u64, &'static str);

impl Conversion {
    /// With nothing remembered.
    pub fn new(converter: Arc<dyn Converter>) -> Conversion {
        Conversion { converter, converted: Mutex::default() }
    }

    fn known(&self, key: Key) -> Option<Arc<EncodedObject>> {
        self.converted.lock().objects.get(&key).cloned()
    }

    fn remember(&self, key: Key, object: &Arc<EncodedObject>) {
        let mut converted = self.converted.lock();
        if converted.objects.insert(key, Arc::clone(object)).is_some() {
            return;
        }
        converted.bytes += object.bytes.len();
        converted.order.push_back(key);
        while converted.bytes > CONVERTED_BYTES_MAX {
            let Some(oldest) = converted.order.pop_front() else { break };
            if let Some(gone) = converted.objects.remove(&oldest) {
                converted.bytes -= gone.bytes.len();
            }
        }
    }
}

/// What an encoded object of a version has before its metadata.
fn mark(api_version: &str) -> String {
    format!("\"apiVersion\":\"{api_version}\"")
}

fn has_mark(object: &EncodedObject, mark: &str) -> bool {
    let prefix = &object.bytes[..(object.prefix_end as usize).min(object.bytes.len())];
    prefix.windows(mark.len()).any(|part| part == mark.as_bytes())
}

impl Store {
    /// Custom objects in a version: those of others are converted, pruned and defaulted.
    pub(crate) async fn convert(&self, objects: Vec<Value>, version: &CustomVersion) -> Result<Vec<Value>, Status> {
        let api_version = version.resource_type.api_version();
        let mut all = objects;
        let others: Vec<usize> = (0..all.len()).filter(|at| all[*at].str_at(&["apiVersion"]) != api_version).collect();
        if others.is_empty() {
            return Ok(all);
        }
        let mut converted = others.iter().map(|at| std::mem::take(&mut all[*at])).collect::<Vec<_>>();
        match &self.conversion {
            Some(conversion) => converted = conversion.converter.convert(converted, &api_version).await?,
            None => converted.iter_mut().for_each(|object| object.set(&["apiVersion"], api_version.as_str())),
        }
        for (at, mut object) in others.into_iter().zip(converted) {
            version.shape(&mut object);
            schema::normalise(version.resource_type.schema, &mut object).map_err(Status::internal)?;
            all[at] = object;
        }
        Ok(all)
    }

    /// One custom object in a version.
    pub(crate) async fn convert_one(&self, object: Value, version: &CustomVersion) -> Result<Value, Status> {
        let converted = self.convert(vec![object], version).await?;
        converted.into_iter().next().ok_or_else(|| Status::internal("a conversion gave no object"))
    }

    /// Stored custom objects in a version.
    pub(crate) async fn convert_encoded(
        &self,
        objects: &mut [Arc<EncodedObject>],
        version: &'static CustomVersion,
        memory: Memory,
    ) -> Result<(), Status> {
        let mark = mark(&version.resource_type.api_version());
        let memory = self.conversion.as_ref().filter(|_| memory == Memory::Used);
        let key = |object: &EncodedObject| (object.revision, version.resource_type.version);
        let mut others = Vec::new();
        for (at, object) in objects.iter_mut().enumerate().filter(|(_, object)| !has_mark(object, &mark)) {
            match memory.and_then(|memory| memory.known(key(object))) {
                Some(known) => *object = known,
                None => others.push(at),
            }
        }
        let trees = others.iter().map(|at| json::parse(&objects[*at].bytes).map_err(Status::internal));
        let trees = trees.collect::<Result<Vec<_>, _>>()?;
        for (at, tree) in others.into_iter().zip(self.convert(trees, version).await?) {
            let encoded = Arc::new(json::encode_object(&tree, objects[at].revision));
            if let Some(memory) = memory {
                memory.remember(key(&encoded), &encoded);
            }
            objects[at] = encoded;
        }
        Ok(())
    }
}

/// Whether a conversion may take, and leave, what is remembered of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The objects are stored ones.
    Used,
    /// They may never have been stored (dry runs).
    Unused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    struct Nobody;

    #[async_trait]
    impl Converter for Nobody {
        async fn convert(&self, objects: Vec<Value>, _: &str) -> Result<Vec<Value>, Status> {
            Ok(objects)
        }
    }

    fn encoded(revision: u64, bytes: usize) -> Arc<EncodedObject> {
        let object = tree!({"kind": "Thing", "apiVersion": "x/v1", "metadata": {}, "a": ("x".repeat(bytes))});
        Arc::new(json::encode_object(&object, revision))
    }

    #[test]
    fn an_encoded_object_tells_its_version() {
        let object = encoded(1, 0);
        let is_of = |api_version: &str| has_mark(&object, &mark(api_version));
        assert!(is_of("x/v1"));
        assert!(!is_of("x/v") && !is_of("x/v11") && !is_of("v1"));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let conversion = Conversion::new(Arc::new(Nobody));
        for revision in 1..=3 {
            conversion.remember((revision, "v1"), &encoded(revision, CONVERTED_BYTES_MAX / 3));
        }
        assert!(conversion.known((1, "v1")).is_none());
        assert!(conversion.known((2, "v1")).is_some() && conversion.known((3, "v1")).is_some());
        assert!(conversion.known((3, "v2")).is_none());
    }
}
