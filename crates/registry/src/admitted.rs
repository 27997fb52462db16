//! Objects on their way through admission as served versions show them: what admission webhooks and policies see
//! and change.

use apimachinery::group_version::GroupVersionKind;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;

use crate::resource::Resource;
use crate::{defaults, scale};

/// A served version of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedName {
    /// API group.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Plural name.
    pub plural: &'static str,
}

impl Resource {
    /// All versions under which the same objects are served, in no particular order.
    pub fn served_names(&self) -> impl Iterator<Item = ServedName> + Clone {
        let (rules, custom) = (self.store().rules, self.store().strategy.custom());
        let stored = ServedName { group: rules.group, version: rules.version, plural: rules.plural };
        let stored = custom.is_none_or(|kind| kind.stored().is_served).then_some(stored);
        stored.into_iter().chain(rules.views.iter().map(|view| ServedName {
            group: view.group,
            version: view.version,
            plural: view.plural,
        }))
    }

    /// The kind of the objects, or of the bodies of a subresource.
    pub fn kind_of(&self, subresource: &str) -> Option<GroupVersionKind> {
        let ty = self.resource_type();
        if subresource.is_empty() {
            return Some(GroupVersionKind::new(ty.group, ty.version, ty.kind));
        }
        let it = ty.subresource(subresource)?;
        Some(GroupVersionKind::new(it.group, it.version, it.kind))
    }

    /// An object in admission as this version shows it; with a revision that is not 0 it has a `resourceVersion`.
    pub async fn show_admitted(&self, subresource: &str, object: &Value, revision: u64) -> Result<Value, Status> {
        if object.is_null() {
            return Ok(Value::Null);
        }
        let mut shown = match subresource {
            "scale" if self.store().rules.has_scale => {
                return Ok(scale::of(object, &self.store().rules.scale, Some(revision)));
            }
            _ => object.clone(),
        };
        if let Some(custom) = self.custom() {
            shown = self.store().convert_one(shown, custom).await?;
        } else if let Some(view) = self.view() {
            view.show(&mut shown);
            schema::normalise(self.resource_type().schema, &mut shown).map_err(Status::internal)?;
        }
        if revision > 0 {
            shown.set(&["metadata", "resourceVersion"], revision.to_string());
        }
        Ok(shown)
    }

    /// Puts what somebody made of [`Resource::show_admitted`] back into `object`: read, pruned and defaulted as a
    /// body of this version.
    pub async fn take_admitted(&self, subresource: &str, object: &mut Value, shown: Value) -> Result<(), Status> {
        let rules = self.store().rules;
        if subresource == "scale" && rules.has_scale {
            object.set(rules.scale.replicas, shown.i64_at(&["spec", "replicas"]).unwrap_or(0));
            return Ok(());
        }
        let mut taken = shown;
        schema::normalise(self.resource_type().schema, &mut taken).map_err(Status::internal)?;
        if let Some(custom) = self.custom() {
            custom.shape(&mut taken);
            *object = self.as_asked(object, taken).await?;
            return Ok(());
        }
        if let Some(view) = self.view() {
            view.hide(&mut taken);
        }
        let stored = self.store().resource_type.schema;
        schema::normalise(stored, &mut taken).map_err(Status::internal)?;
        defaults::apply(rules.defaults, &mut taken);
        self.store().strategy.default(&mut taken);
        schema::normalise(stored, &mut taken).map_err(Status::internal)?;
        *object = taken;
        Ok(())
    }

    /// A custom object in the version of `asked`, on which the write works.
    async fn as_asked(&self, asked: &Value, object: Value) -> Result<Value, Status> {
        let kind = self.store().strategy.custom();
        let version = asked.str_at(&["apiVersion"]).rsplit('/').next().unwrap_or("");
        match kind.and_then(|kind| kind.version(version)) {
            Some(version) => self.store().convert_one(object, version).await,
            None => Ok(object),
        }
    }
}
