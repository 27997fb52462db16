//! The seam through which the API server refuses or changes writes.

use apimachinery::group_version::GroupVersionKind;
use apimachinery::status::Status;
use apimachinery::value::Value;
use async_trait::async_trait;

use crate::request::RequestInfo;

/// What is done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Create.
    Create,
    /// Update or patch.
    Update,
    /// Delete.
    Delete,
    /// Exec, attach, proxy, port-forward.
    Connect,
}

/// One write on its way through admission.
pub struct Attributes<'a> {
    /// Who, what, where.
    pub info: &'a RequestInfo,
    /// Operation.
    pub operation: Operation,
    /// Kind of `object`.
    pub kind: GroupVersionKind,
    /// Stored object before; null at creation.
    pub old: &'a Value,
    /// Its revision; 0 at creation.
    pub old_revision: u64,
}

/// Changes or refuses writes. Implementations are the API server's admission plugins.
#[async_trait]
pub trait Admission: Send + Sync + 'static {
    /// May change `object` (null for deletions); runs before validation.
    async fn mutate(&self, attributes: &Attributes<'_>, object: &mut Value) -> Result<(), Status>;
    /// May refuse; runs after validation.
    async fn validate(&self, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status>;
}

/// Admits everything, for tests and bootstrap.
pub struct AdmitAll;

#[async_trait]
impl Admission for AdmitAll {
    async fn mutate(&self, _: &Attributes<'_>, _: &mut Value) -> Result<(), Status> {
        Ok(())
    }
    async fn validate(&self, _: &Attributes<'_>, _: &Value) -> Result<(), Status> {
        Ok(())
    }
}
