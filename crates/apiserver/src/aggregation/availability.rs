//! Whether the server behind an APIService can be asked: the condition `Available`.

use apimachinery::value::Value;
use apimachinery::{time, tree};

use super::registration::{RemoteService, condition};
use super::resolve::{Behind, is_ready, port_name, port_of_slice};

/// The reason when a server does not answer.
const FAILED_CHECK: &str = "FailedDiscoveryCheck";

/// The condition's status, reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Availability {
    pub(super) is_available: bool,
    reason: &'static str,
    message: String,
}

impl Availability {
    fn missing(reason: &'static str, message: String) -> Availability {
        Availability { is_available: false, reason, message }
    }

    /// Its server answers.
    pub(super) fn passed() -> Availability {
        Availability { is_available: true, reason: "Passed", message: "all checks passed".into() }
    }

    /// Its server does not.
    pub(super) fn failed(message: String) -> Availability {
        Availability::missing(FAILED_CHECK, message)
    }

    /// Whether its server was asked in vain.
    pub(super) fn is_failed_check(&self) -> bool {
        self.reason == FAILED_CHECK
    }
}

/// What keeps a Service from being asked, if anything; upstream's reasons.
pub(super) fn obstacle(behind: &Behind, remote: &RemoteService) -> Option<Availability> {
    let (name, namespace, port) = (&remote.name, &remote.namespace, remote.port);
    if behind.service.is_null() {
        let message = format!("service/{name} in {namespace:?} is not present");
        return Some(Availability::missing("ServiceNotFound", message));
    }
    if behind.service.str_at(&["spec", "type"]) != "ClusterIP" {
        return None;
    }
    let Some(port_name) = port_name(&behind.service, port) else {
        let message = format!("service/{name} in {namespace:?} is not listening on port {port}");
        return Some(Availability::missing("ServicePortError", message));
    };
    if behind.slices.is_empty() {
        let message = format!("cannot find endpointslices for service/{name} in {namespace:?}");
        return Some(Availability::missing("EndpointsNotFound", message));
    }
    let serves = |slice: &Value| {
        slice.items_at(&["endpoints"]).iter().any(is_ready) && port_of_slice(slice, port_name).is_some()
    };
    if !behind.slices.iter().any(serves) {
        let message = format!(
            "endpointslices for service/{name} in {namespace:?} have no addresses with port name {port_name:?}"
        );
        return Some(Availability::missing("MissingEndpoints", message));
    }
    None
}

/// The APIService with its condition as it is now; `None` when it says so already.
pub(super) fn with_condition(object: &Value, found: &Availability, now: jiff::Timestamp) -> Option<Value> {
    let status = if found.is_available { "True" } else { "False" };
    let before = condition(object).cloned().unwrap_or_default();
    let since = match before.str_at(&["status"]) == status {
        true => before.field("lastTransitionTime").clone(),
        false => time::format_seconds(now).into(),
    };
    let after = tree!({
        "type": "Available",
        "status": status,
        "lastTransitionTime": since,
        "reason": (found.reason),
        "message": (found.message.as_str()),
    });
    if after == before {
        return None;
    }
    let mut conditions = object.items_at(&["status", "conditions"]).to_vec();
    match conditions.iter_mut().find(|it| it.str_at(&["type"]) == "Available") {
        Some(place) => *place = after,
        None => conditions.push(after),
    }
    let mut object = object.clone();
    object.set(&["status", "conditions"], conditions);
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(service: Value, slices: Value, expected: &str) {
        let remote =
            RemoteService { namespace: "ns".into(), name: "s".into(), port: 443, ca_pem: vec![], is_unverified: true };
        let behind = Behind { service, slices: slices.as_array().unwrap_or_default().to_vec() };
        let found = obstacle(&behind, &remote);
        assert_eq!(found.map_or("none".into(), |it| format!("{}: {}", it.reason, it.message)), expected);
    }

    fn service(ty: &str, port: i64) -> Value {
        tree!({"spec": {"type": ty, "ports": [{"name": "web", "port": port}]}})
    }

    fn slices(ready: bool, port: &str) -> Value {
        tree!([{"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}],
            "ports": [{"name": port, "port": 8443}]}])
    }

    #[test]
    fn each_obstacle_has_its_reason() {
        check(Value::Null, tree!([]), "ServiceNotFound: service/s in \"ns\" is not present");
        check(
            service("ClusterIP", 80),
            tree!([]),
            "ServicePortError: service/s in \"ns\" is not listening on port 443",
        );
        check(
            service("ClusterIP", 443),
            tree!([]),
            "EndpointsNotFound: cannot find endpointslices for service/s in \"ns\"",
        );
        let missing =
            "MissingEndpoints: endpointslices for service/s in \"ns\" have no addresses with port name \"web\"";
        check(service("ClusterIP", 443), slices(false, "web"), missing);
        check(service("ClusterIP", 443), slices(true, "other"), missing);
        check(service("ClusterIP", 443), slices(true, "web"), "none");
        check(service("NodePort", 80), tree!([]), "none");
    }

    #[test]
    fn the_condition_keeps_its_time_and_its_neighbours() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let object = tree!({"status": {"conditions": [
            {"type": "Available", "status": "True", "lastTransitionTime": "T", "reason": "x", "message": "y"},
            {"type": "Other", "status": "True"},
        ]}});
        let passed = with_condition(&object, &Availability::passed(), now).expect("it said something else");
        let conditions = passed.items_at(&["status", "conditions"]);
        assert_eq!(conditions[0].str_at(&["lastTransitionTime"]), "T");
        assert_eq!(conditions[1].str_at(&["type"]), "Other");
        assert_eq!(with_condition(&passed, &Availability::passed(), now), None);
        let failed = with_condition(&passed, &Availability::failed("gone".into()), now).expect("a change");
        assert_eq!(condition(&failed).expect("there").str_at(&["lastTransitionTime"]), "1970-01-01T00:00:00Z");
    }
}
