//! Where an authorized request goes.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;

use crate::call::{Call, CallBody};
use crate::options::WriteKind;
use crate::reply::Reply;
use crate::reviews::body::{self, Expected};
use crate::server::Server;
use crate::{component_statuses, connect, deprecation, eviction, reviews, token_request};

impl Server {
    /// Routes one authorized request.
    pub(crate) async fn route(&self, call: &mut Call) -> Result<Reply, Status> {
        if let Some(remote) = self.aggregator.remote_at(&call.target.path) {
            return Ok(self.aggregate(call, &remote).await);
        }
        if !call.target.is_resource {
            return self.system(call).await;
        }
        let target = &call.target;
        let (group, version, plural) = (target.group.as_str(), target.version.as_str(), target.resource.as_str());
        if let Some(review) = reviews::find(group, version, plural) {
            return self.review(review, call).await;
        }
        if (group, version, plural) == ("", "v1", "bindings") {
            return self.legacy_binding(call).await;
        }
        if (group, version, plural) == ("", "v1", component_statuses::PLURAL) {
            return self.component_statuses(call).await;
        }
        let Some(resource) = self.registry.resource(group, version, plural) else {
            return match group.is_empty() || self.discovery.read().serves_group(group) {
                true => Err(Status::unknown_resource()),
                false => Ok(Reply::not_found_text()),
            };
        };
        if group.is_empty() && connect::serves(plural, &target.subresource) {
            return match target.subresource.as_str() {
                "eviction" => eviction::create(self, call).await,
                "token" => token_request::create(self, call).await,
                _ => self.connect(call).await,
            };
        }
        let ty = resource.resource_type();
        call.warnings.extend(deprecation::warning(ty.group, ty.version, ty.kind));
        self.stored(resource, call).await
    }

    /// POST of `bindings`: the old path of a Pod's `binding`.
    async fn legacy_binding(&self, call: &mut Call) -> Result<Reply, Status> {
        let pods = self.registry.resource("", "v1", "pods").ok_or_else(Status::unknown_resource)?;
        if call.target.is_name_in_path {
            return Err(Status::unknown_resource());
        }
        let body = call.read_object().await?;
        let info = call.info("create", WriteKind::Create)?;
        let binding = body::decode(Expected::built_in("", "v1", "Binding")?, &body, &info)?;
        call.target.name = binding.name().to_owned();
        call.target.is_name_in_path = true;
        call.target.resource = "pods".into();
        call.target.subresource = "binding".into();
        call.body = Some(CallBody::Bytes(body.bytes));
        self.stored(pods, call).await
    }
}
