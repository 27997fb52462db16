//! What a Pod asks for as a whole (KEP-753, KEP-2837).

use apimachinery::value::Value;

use crate::resources::Resources;

/// What a container that does not say counts as, for scoring only.
const SMALL_MILLI_CPU: i64 = 100;
const SMALL_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// How cpu and memory count that a container does not ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// As a small container.
    Small,
}

/// An init container that goes on running beside the others.
pub(super) fn is_sidecar(container: &Value) -> bool {
    container.str_at(&["restartPolicy"]) == "Always"
}

/// The sum of all containers that run at once, but at least what any init step takes, plus overhead; amounts for the
/// Pod as a whole replace that.
pub(super) fn of_pod(spec: &Value, missing: Missing) -> Resources {
    let mut total = Resources::default();
    for container in spec.items_at(&["containers"]) {
        total.add(&of_container(container, missing));
    }
    let (mut sidecars, mut peak) = (Resources::default(), Resources::default());
    for container in spec.items_at(&["initContainers"]) {
        let mut step = of_container(container, missing);
        if is_sidecar(container) {
            total.add(&step);
            sidecars.add(&step);
            step = sidecars.clone();
        } else {
            step.add(&sidecars);
        }
        peak.raise_to(&step);
    }
    total.raise_to(&peak);
    let whole = spec.at(&["resources", "requests"]);
    if let Some(map) = whole.as_object() {
        let whole = Resources::of(whole);
        if map.contains_key("cpu") {
            total.milli_cpu = whole.milli_cpu;
        }
        if map.contains_key("memory") {
            total.memory = whole.memory;
        }
        total.scalars.extend(whole.scalars);
    }
    total.add(&Resources::of(spec.at(&["overhead"])));
    total
}

fn of_container(container: &Value, missing: Missing) -> Resources {
    let requests = container.at(&["resources", "requests"]);
    let mut resources = Resources::of(requests);
    if missing == Missing::Small {
        if requests.field("cpu").is_null() {
            resources.milli_cpu = SMALL_MILLI_CPU;
        }
        if requests.field("memory").is_null() {
            resources.memory = SMALL_MEMORY_BYTES;
        }
    }
    resources
}

#[cfg(test)]
mod tests {
    use apimachinery::json;

    use super::*;

    #[test]
    fn init_containers_count_by_their_peak_and_sidecars_always() {
        let spec =
            br#"{"containers":[{"resources":{"requests":{"cpu":"1"}}},{"resources":{"requests":{"cpu":"500m"}}}],
            "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"100m"}}},
                {"resources":{"requests":{"cpu":"2"}}}],
            "overhead":{"cpu":"10m"}}"#;
        let spec = json::parse(spec).expect("good JSON");
        assert_eq!(of_pod(&spec, Missing::Nothing).milli_cpu, 2_110);
        assert_eq!(of_pod(&spec, Missing::Small).memory, 3 * SMALL_MEMORY_BYTES);
    }

    #[test]
    fn amounts_of_the_whole_pod_replace_those_of_containers() {
        let spec = br#"{"resources":{"requests":{"cpu":"3"}},
            "containers":[{"resources":{"requests":{"cpu":"1","memory":"1Ki"}}}]}"#;
        let total = of_pod(&json::parse(spec).expect("good JSON"), Missing::Nothing);
        assert_eq!((total.milli_cpu, total.memory), (3_000, 1_024));
    }
}
