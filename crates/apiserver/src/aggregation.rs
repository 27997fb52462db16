//! The aggregation layer: group versions whose APIService names a Service are served by the server behind it.
//!
//! [`follow`] keeps [`Aggregator`] equal to the stored APIServices; one [`worker`] per remote APIService asks its
//! server how it is and what it serves; [`auto_register`] keeps an APIService for every group version of this server;
//! [`proxy`] sends requests on.

pub mod auto_register;
mod availability;
mod documents;
mod follow;
pub mod front_proxy;
mod proxy;
mod registration;
mod remote_user;
mod resolve;
mod transport;
mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use apimachinery::value::Value;
use arc_swap::ArcSwapOption;
use parking_lot::{Mutex, RwLock};

use self::documents::RemoteDocument;
use self::registration::{Registration, RemoteService};
use self::transport::RemoteTls;
use self::worker::Worker;
use crate::config::FrontProxyConfig;
use crate::discovery::{CUSTOM_PRIORITY, Registered, RemoteVersion, built_in_priorities};
use crate::openapi::additions::Source;

pub(crate) use self::follow::{read_stored, start};

/// Group of APIServices.
const GROUP: &str = crate::discovery::REGISTRATION_GROUP;
/// Their plural.
const PLURAL: &str = "apiservices";

/// A remote APIService, ready to be asked.
pub(crate) struct Remote {
    /// What its APIService says.
    registration: Registration,
    /// Where it is.
    service: RemoteService,
    /// How connections to it are secured, or why they cannot be.
    tls: RemoteTls,
}

/// A kind of another API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregatedKind {
    /// API group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Plural.
    pub plural: String,
    /// Kind.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub is_namespaced: bool,
}

/// What other API servers serve at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AggregatedKinds {
    /// Kinds whose objects can be listed and deleted as a collection.
    pub kinds: Vec<AggregatedKind>,
    /// Kinds whose objects can be listed, watched and deleted; those of `unknown` as they were last known.
    pub watchable: Vec<AggregatedKind>,
    /// Group versions (`GROUP/VERSION`) whose server does not answer.
    pub unknown: Vec<String>,
}

/// All APIServices, as they are stored, and what is known of the servers behind them.
#[derive(Default)]
pub(crate) struct Aggregator {
    front_proxy: ArcSwapOption<FrontProxyConfig>,
    known: RwLock<Known>,
    workers: Mutex<HashMap<String, Worker>>,
    /// One reconciliation at a time.
    registering: tokio::sync::Mutex<()>,
}

/// By the name of the APIService.
#[derive(Default)]
struct Known {
    registrations: BTreeMap<String, Registration>,
    remotes: BTreeMap<String, Arc<Remote>>,
    discovered: HashMap<String, Discovered>,
    documents: HashMap<String, Arc<RemoteDocument>>,
}

/// What a server said that it serves.
#[derive(Clone, Debug, Default, PartialEq)]
struct Discovered {
    resources: Vec<Value>,
    is_current: bool,
}

impl Aggregator {
    /// With what this server proves itself to others, if it can.
    pub fn new(front_proxy: Option<FrontProxyConfig>) -> Aggregator {
        Aggregator { front_proxy: ArcSwapOption::new(front_proxy.map(Arc::new)), ..Aggregator::default() }
    }

    /// The remote APIService that a path belongs to.
    pub fn remote_at(&self, path: &str) -> Option<Arc<Remote>> {
        let known = self.known.read();
        if known.remotes.is_empty() {
            return None;
        }
        known.remotes.get(&registration_of_path(path)?).cloned()
    }

    fn remote(&self, name: &str) -> Option<Arc<Remote>> {
        self.known.read().remotes.get(name).cloned()
    }

    /// What discovery shows of all this.
    pub fn registered(&self) -> Registered {
        let known = self.known.read();
        let mut out = Registered::default();
        for registration in known.registrations.values() {
            let key = (registration.group.clone(), registration.version.clone());
            if registration.priority != built_in_priorities().get(&key).copied().unwrap_or(CUSTOM_PRIORITY) {
                out.priorities.insert(key, registration.priority);
            }
        }
        for (name, remote) in &known.remotes {
            let Discovered { resources, is_current } = known.discovered.get(name).cloned().unwrap_or_default();
            let (group, version) = (remote.registration.group.clone(), remote.registration.version.clone());
            out.remote.push(RemoteVersion { group, version, resources, is_current });
        }
        out
    }

    /// Every APIService by name, and whether it is available.
    pub fn availability(&self) -> Vec<(String, bool)> {
        self.known.read().registrations.values().map(|it| (it.name.clone(), it.is_available)).collect()
    }

    /// The kinds of other servers.
    pub fn kinds(&self) -> AggregatedKinds {
        let mut out = AggregatedKinds::default();
        for remote in self.registered().remote {
            let with = |verbs: &'static [&'static str]| {
                remote.resources.iter().filter(|it| has_verbs(it, verbs)).map(|it| kind_of(&remote, it))
            };
            out.watchable.extend(with(&["delete", "list", "watch"]));
            match remote.is_current {
                true => out.kinds.extend(with(&["deletecollection", "list"])),
                false => out.unknown.push(format!("{}/{}", remote.group, remote.version)),
            }
        }
        out
    }

    /// OpenAPI documents of other servers.
    pub fn openapi_sources(&self) -> impl Iterator<Item = Arc<dyn Source>> {
        let all: Vec<Arc<RemoteDocument>> = self.known.read().documents.values().cloned().collect();
        all.into_iter().map(|it| it as Arc<dyn Source>)
    }

    /// Takes an APIService as it is now; whether discovery must be told.
    fn set(&self, registration: Registration) -> bool {
        let mut known = self.known.write();
        let name = registration.name.clone();
        match &registration.service {
            Some(service) => {
                let tls = match known.remotes.get(&name).filter(|it| it.service == *service) {
                    Some(before) => before.tls.clone(),
                    None => RemoteTls::new(service, self.front_proxy.load().as_deref()),
                };
                let remote = Remote { service: service.clone(), registration: registration.clone(), tls };
                known.remotes.insert(name.clone(), Arc::new(remote));
            }
            None => known.forget_remote(&name),
        }
        let before = known.registrations.insert(name, registration.clone());
        before.is_none_or(|before| !before.is_shown_like(&registration))
    }

    /// Forgets an APIService; whether it was there.
    fn remove(&self, name: &str) -> bool {
        let mut known = self.known.write();
        known.forget_remote(name);
        known.registrations.remove(name).is_some()
    }

    fn names(&self) -> Vec<String> {
        self.known.read().registrations.keys().cloned().collect()
    }

    /// Notes what a server serves; whether that is new.
    fn set_discovered(&self, name: &str, resources: Option<Vec<Value>>) -> bool {
        let mut known = self.known.write();
        if !known.remotes.contains_key(name) {
            return false;
        }
        let entry = known.discovered.entry(name.to_owned()).or_default();
        let now = match resources {
            Some(resources) => Discovered { resources, is_current: true },
            None => Discovered { resources: entry.resources.clone(), is_current: false },
        };
        let is_new = *entry != now;
        *entry = now;
        is_new
    }

    /// Notes the OpenAPI document of a server; whether that is new.
    fn set_document(&self, name: &str, document: RemoteDocument) -> bool {
        let mut known = self.known.write();
        let is_new = known.documents.get(name).is_none_or(|before| before.hash() != document.hash());
        if is_new && known.remotes.contains_key(name) {
            known.documents.insert(name.to_owned(), Arc::new(document));
        }
        is_new
    }

    /// Proves itself with another certificate from now on.
    pub fn renew(&self, front_proxy: FrontProxyConfig) {
        self.front_proxy.store(Some(Arc::new(front_proxy)));
        let config = self.front_proxy.load();
        for remote in self.known.write().remotes.values_mut() {
            let tls = RemoteTls::new(&remote.service, config.as_deref());
            *remote =
                Arc::new(Remote { registration: remote.registration.clone(), service: remote.service.clone(), tls });
        }
    }
}

impl Known {
    fn forget_remote(&mut self, name: &str) {
        self.remotes.remove(name);
        self.discovered.remove(name);
        self.documents.remove(name);
    }
}

fn has_verbs(resource: &Value, verbs: &[&str]) -> bool {
    let present = resource.items_at(&["verbs"]);
    verbs.iter().all(|verb| present.iter().any(|it| it.as_str() == Some(verb)))
}

/// A resource of discovery as a kind.
fn kind_of(remote: &RemoteVersion, resource: &Value) -> AggregatedKind {
    AggregatedKind {
        group: remote.group.clone(),
        version: remote.version.clone(),
        plural: resource.str_at(&["resource"]).to_owned(),
        kind: resource.str_at(&["responseKind", "kind"]).to_owned(),
        is_namespaced: resource.str_at(&["scope"]) == "Namespaced",
    }
}

/// The name of the APIService that a path belongs to: `v1.apps` of `/apis/apps/v1/deployments`.
fn registration_of_path(path: &str) -> Option<String> {
    let mut segments = path.trim_matches('/').split('/');
    let (group, version) = match (segments.next()?, segments.next()?) {
        ("api", version) => ("", version),
        ("apis", group) => (group, segments.next()?),
        _ => return None,
    };
    Some(format!("{version}.{group}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    #[test]
    fn paths_belong_to_the_registration_of_their_group_version() {
        let of = |path| registration_of_path(path).unwrap_or_default();
        assert_eq!(of("/apis/apps/v1/namespaces/a/deployments"), "v1.apps");
        assert_eq!(of("/apis/w.example.com/v1alpha1/"), "v1alpha1.w.example.com");
        assert_eq!(of("/api/v1/pods"), "v1.");
        for none in ["/", "/api", "/apis", "/apis/apps", "/healthz", "/openapi/v2"] {
            assert_eq!(of(none), "", "{none}");
        }
    }

    fn registration(version: &str, service: bool, priority: i64) -> Registration {
        let mut object = tree!({"metadata": {"name": (format!("{version}.a.b"))}, "spec": {"group": "a.b",
            "version": version, "groupPriorityMinimum": priority, "versionPriority": 100}});
        if service {
            object.set(&["spec", "service"], tree!({"namespace": "n", "name": "s", "port": 443}));
            object.set(&["spec", "insecureSkipTLSVerify"], true);
        }
        Registration::of(&object)
    }

    #[test]
    fn only_what_differs_from_the_usual_is_told_to_discovery() {
        let aggregator = Aggregator::default();
        assert!(aggregator.set(registration("v1", false, 1000)) && aggregator.set(registration("v2", true, 2000)));
        assert!(!aggregator.set(registration("v2", true, 2000)), "nothing has changed");
        let registered = aggregator.registered();
        assert_eq!(registered.priorities.len(), 1);
        assert_eq!(registered.remote.len(), 1);
        assert!(aggregator.remote_at("/apis/a.b/v1/x").is_none() && aggregator.remote_at("/apis/a.b/v2/x").is_some());
        assert!(aggregator.set(registration("v2", false, 2000)), "it is served here now");
        assert!(aggregator.registered().remote.is_empty());
        assert!(aggregator.remove("v2.a.b") && !aggregator.remove("v2.a.b"));
    }

    #[test]
    fn what_was_served_last_is_shown_as_stale() {
        let aggregator = Aggregator::default();
        aggregator.set(registration("v2", true, 2000));
        assert_eq!(aggregator.kinds().unknown, ["a.b/v2"]);
        let xs = tree!({"resource": "xs", "scope": "Namespaced", "responseKind": {"kind": "X"},
            "verbs": ["deletecollection", "list"]});
        let ys = tree!({"resource": "ys", "verbs": ["delete", "list", "watch"]});
        assert!(aggregator.set_discovered("v2.a.b", Some(vec![xs.clone(), ys.clone()])));
        let kinds: Vec<String> = aggregator.kinds().kinds.into_iter().map(|it| it.plural).collect();
        assert_eq!(kinds, ["xs"]);
        assert!(aggregator.set_discovered("v2.a.b", None));
        assert_eq!(aggregator.kinds().watchable[0].plural, "ys", "it may answer again");
        assert!(aggregator.kinds().kinds.is_empty());
        assert!(aggregator.set_discovered("v2.a.b", Some(vec![xs, ys])));
        assert!(aggregator.set_discovered("v2.a.b", Some(vec![tree!({"resource": "xs"})])));
        assert!(!aggregator.set_discovered("v2.a.b", Some(vec![tree!({"resource": "xs"})])));
        assert!(aggregator.set_discovered("v2.a.b", None));
        let remote = aggregator.registered().remote.remove(0);
        assert!(!remote.is_current && remote.resources.len() == 1);
        assert!(!aggregator.set_discovered("v3.a.b", None), "nobody registered it");
    }
}
