//! Which kinds are served: those of the start, and those of definitions and other API servers while the server runs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use apiserver::{AggregatedKind, ApiServer};
use client::client::Resource;
use controller_manager::{LiveKinds, Served};

/// Distinct names of other API servers' kinds that are remembered for good; kinds beyond that are not looked after.
const NAMES_MAX: usize = 4_096;

/// The kinds that are stored here: the garbage collector and the namespace controller look after all of them.
pub fn stored(api: &ApiServer) -> Vec<Resource> {
    let resources = api.registry().resources();
    let stored = resources.iter().filter(|resource| resource.is_stored_version());
    let kinds = stored.map(|resource| {
        let kind = resource.resource_type();
        let (group, version, plural, is_namespaced) = (kind.group, kind.version, kind.plural, kind.is_namespaced);
        Resource { group, version, plural, kind: kind.kind, is_namespaced }
    });
    kinds.collect()
}

/// The kinds of now, whenever asked.
pub fn live(api: &Arc<ApiServer>) -> LiveKinds {
    let (api, names) = (Arc::clone(api), Names::default());
    LiveKinds::new(move || {
        let others = api.aggregated_kinds();
        let mut kinds = stored(&api);
        kinds.extend(others.kinds.iter().filter_map(|kind| names.resource(kind)));
        Served { kinds, unknown: others.unknown }
    })
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
