//! The facts of a fresh server, from `schema/bootstrap.json`.

use std::collections::HashMap;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use crate::authorization::rules::Rule;
use crate::discovery::{GroupVersionKey, Priority};

static BOOTSTRAP: &[u8] = include_bytes!("../../data/bootstrap.json.gz");

/// The whole document. Made anew at each call: it is needed at start only.
pub fn bootstrap() -> Value {
    json::parse(&crate::gzip::unpack_embedded(BOOTSTRAP)).expect("embedded documents are tested")
}

/// The objects of one list of the document.
pub fn objects(document: &Value, list: &'static str) -> Vec<Value> {
    document.items_at(&[list]).to_vec()
}

/// What every node may do (the ClusterRole `system:node`).
pub fn node_rules() -> Vec<Rule> {
    let document = bootstrap();
    let role = document.items_at(&["clusterroles"]).iter().find(|role| role.name() == "system:node");
    role.map(Rule::all_of).unwrap_or_default()
}

/// Priorities of each group and version.
pub fn group_priorities() -> HashMap<GroupVersionKey, Priority> {
    let document = bootstrap();
    let services = document.items_at(&["apiservices"]).iter().map(|service| {
        let spec = service.field("spec");
        let key = (spec.str_at(&["group"]).to_owned(), spec.str_at(&["version"]).to_owned());
        let number = |field: &str| spec.i64_at(&[field]).unwrap_or(0);
        (key, Priority { group: number("groupPriorityMinimum"), version: number("versionPriority") })
    });
    services.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_there() {
        let document = bootstrap();
        assert!(objects(&document, "clusterroles").len() > 60);
        assert!(!node_rules().is_empty());
        assert_eq!(group_priorities()[&("apps".to_owned(), "v1".to_owned())], Priority { group: 17800, version: 15 });
    }
}
