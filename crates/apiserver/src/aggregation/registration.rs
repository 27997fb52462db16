//! An APIService, read.

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::discovery::Priority;

/// Port of a Service when none is named.
const DEFAULT_PORT: u16 = 443;

/// What an APIService says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registration {
    /// Its name: `VERSION.GROUP`.
    pub(super) name: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) priority: Priority,
    /// The Service behind which the group version is served; `None` says that this server does it.
    pub(super) service: Option<RemoteService>,
    /// What its condition says.
    pub(super) is_available: bool,
}

/// A server behind a Service, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteService {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) port: u16,
    /// Who signed its certificate, PEM.
    pub(super) ca_pem: Vec<u8>,
    /// Whether its certificate is not looked at.
    pub(super) is_unverified: bool,
}

impl Registration {
    /// Of an APIService.
    pub(super) fn of(object: &Value) -> Registration {
        let spec = object.field("spec");
        let number = |field: &str| spec.i64_at(&[field]).unwrap_or(0);
        Registration {
            name: object.name().to_owned(),
            group: spec.str_at(&["group"]).to_owned(),
            version: spec.str_at(&["version"]).to_owned(),
            priority: Priority { group: number("groupPriorityMinimum"), version: number("versionPriority") },
            service: (!spec.field("service").is_null()).then(|| RemoteService::of(spec)),
            is_available: condition(object).is_some_and(|it| it.str_at(&["status"]) == "True"),
        }
    }

    /// Whether discovery shows the same of both.
    pub(super) fn is_shown_like(&self, other: &Registration) -> bool {
        self.priority == other.priority && self.service == other.service
    }
}

impl RemoteService {
    fn of(spec: &Value) -> RemoteService {
        let service = spec.field("service");
        RemoteService {
            namespace: service.str_at(&["namespace"]).to_owned(),
            name: service.str_at(&["name"]).to_owned(),
            port: service.i64_at(&["port"]).and_then(|it| u16::try_from(it).ok()).unwrap_or(DEFAULT_PORT),
            ca_pem: STANDARD.decode(spec.str_at(&["caBundle"])).unwrap_or_default(),
            is_unverified: spec.bool_at(&["insecureSkipTLSVerify"]),
        }
    }

    /// The name that its certificate must have.
    pub(super) fn host(&self) -> String {
        format!("{}.{}.svc", self.name, self.namespace)
    }
}

/// The condition `Available`.
pub(super) fn condition(object: &Value) -> Option<&Value> {
    object.items_at(&["status", "conditions"]).iter().find(|it| it.str_at(&["type"]) == "Available")
}
