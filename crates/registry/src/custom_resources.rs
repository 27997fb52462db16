//! Custom resources: the one dynamic kind. A CustomResourceDefinition becomes a [`CustomKind`], which the registry
//! serves beside the built-in ones with the same pipeline.
//!
//! What of a kind the rest of the server holds by reference lives as long as the process: it is made once per
//! distinct definition, and bounded by [`KINDS_BYTES_MAX`].

mod columns;
mod conversion;
mod kind;
mod read;
pub(crate) mod rules;
mod selection;
mod served;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use apimachinery::json;
use apimachinery::value::Value;

pub(crate) use conversion::{Conversion, Memory};
pub use conversion::{Converter, Converters};
pub use kind::{CustomKind, CustomVersion};
pub(crate) use selection::OwnFields;
pub use served::InstallError;
pub(crate) use served::{Installed, InstalledKind};

/// Bytes of all distinct definitions (as JSON, without status and metadata) that one process can serve.
pub const KINDS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Kinds by the definition that they were made of.
#[derive(Default)]
struct Known {
    kinds: HashMap<Vec<u8>, &'static CustomKind>,
    bytes: usize,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The kind that a stored definition describes; refused when there were too many distinct ones.
pub(crate) fn kind_of(definition: &Value) -> Result<&'static CustomKind, String> {
    let facts = json::to_vec(definition.field("spec"));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kind) = known.kinds.get(&facts) {
        return Ok(kind);
    }
    if known.bytes + facts.len() > KINDS_BYTES_MAX {
        return Err(format!(
            "this server has served {KINDS_BYTES_MAX} bytes of distinct definitions and takes no more before it is restarted"
        ));
    }
    known.bytes += facts.len();
    let kind: &'static CustomKind = Box::leak(Box::new(CustomKind::new(definition)));
    known.kinds.insert(facts, kind);
    Ok(kind)
}
