//! Which kinds are served: those of the start, and those of definitions and other API servers while the server runs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use apiserver::{AggregatedKind, ApiServer};
use client::client::Resource;
use controller_manager::{LiveKinds, Served};

/// Distinct names of other API servers' kinds that are remembered for good; kinds beyond that are not looked after.
const NAMES_MAX: usize = 4_096;

/// The kinds of now, whenever asked.
pub fn live(api: &Arc<ApiServer>) -> LiveKinds {
    let (changes, api, names) = (api.served_changes(), Arc::clone(api), Names::default());
    LiveKinds::new(changes, move || {
        let mut served = own(&api);
        let others = api.aggregated_kinds();
        served.kinds.extend(others.kinds.iter().filter_map(|kind| names.resource(kind)));
        for kind in others.watchable.iter().filter_map(|kind| names.resource(kind)) {
            let is_known = served.watchable.iter().any(|it| (it.group, it.plural) == (kind.group, kind.plural));
            match is_known {
                true => served.other_versions.push(kind),
                false => served.watchable.push(kind),
            }
        }
        served.unknown = others.unknown;
        served
    })
}

/// The kinds that are stored here, each in one version: the stored one, if that is served.
fn own(api: &ApiServer) -> Served {
    let mut resources = api.registry().resources();
    resources.sort_by_key(|resource| !resource.is_stored_version());
    let mut served = Served::default();
    for (at, resource) in resources.iter().enumerate() {
        let kind = resource.resource_type();
        let (group, version, plural, is_namespaced) = (kind.group, kind.version, kind.plural, kind.is_namespaced);
        let kind = Resource { group, version, plural, kind: kind.kind, is_namespaced };
        match resources[..at].iter().any(|it| it.is_equivalent(resource)) {
            true => served.other_versions.push(kind),
            false => served.kinds.push(kind),
        }
    }
    served.watchable.clone_from(&served.kinds);
    served
}

/// Names that live as long as the process: a [`Resource`] holds nothing else.
#[derive(Default)]
struct Names(Mutex<HashSet<&'static str>>);

impl Names {
    fn resource(&self, kind: &AggregatedKind) -> Option<Resource> {
        Some(Resource {
            group: self.keep(&kind.group)?,
            version: self.keep(&kind.version)?,
            plural: self.keep(&kind.plural)?,
            kind: self.keep(&kind.kind)?,
            is_namespaced: kind.is_namespaced,
        })
    }

    fn keep(&self, name: &str) -> Option<&'static str> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = names.get(name) {
            return Some(kept);
        }
        if names.len() >= NAMES_MAX {
            return None;
        }
        let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
        names.insert(kept);
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_kept_once() {
        let names = Names::default();
        let (one, other) = (names.keep("flunders"), names.keep("flunders"));
        assert_eq!(one.map(str::as_ptr), other.map(str::as_ptr));
        for at in 0..2 * NAMES_MAX {
            let _ = names.keep(&at.to_string());
        }
        assert!(names.keep("one too many").is_none() && names.keep("flunders").is_some());
    }
}
