//! The facts of a fresh server, from `schema/bootstrap.json`.

use std::collections::HashMap;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use crate::authorization::rules::Rule;

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

/// Priority of each group and version: (group, version) → (of the group, of the version).
pub fn group_priorities() -> HashMap<(String, String), (i64, i64)> {
    let document = bootstrap();
    let services = document.items_at(&["apiservices"]).iter().map(|service| {
        let spec = service.field("spec");
        let key = (spec.str_at(&["group"]).to_owned(), spec.str_at(&["version"]).to_owned());
        let number = |field: &str| spec.i64_at(&[field]).unwrap_or(0);
        (key, (number("groupPriorityMinimum"), number("versionPriority")))
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
        assert_eq!(group_priorities()[&("apps".to_owned(), "v1".to_owned())], (17800, 15));
    }
}
