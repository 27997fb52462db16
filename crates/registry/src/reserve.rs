//! What writes of Services reserve elsewhere: cluster addresses and node ports.

use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use datastore::Storage;

use crate::config::Config;
use crate::open::OpenedKind;

/// Addresses and ports of Services.
pub(crate) struct ServiceAddresses {}

/// What one write reserved, and what its object no longer needs.
#[derive(Default)]
pub(crate) struct Reserved {}

impl ServiceAddresses {
    /// Over the kinds that are opened.
    pub fn of(_: &[OpenedKind], _: Arc<dyn Storage>, _: Arc<Config>) -> Option<Arc<ServiceAddresses>> {
        None
    }
    pub async fn reserve(&self, _: &mut Value, _: &Value, _: bool) -> Result<Reserved, Status> {
        Ok(Reserved::default())
    }
    pub async fn settle(&self, _: Reserved, _: bool) {}
    pub async fn release(&self, _: &Value) {}
}
