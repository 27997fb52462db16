//! Sums of requests and limits, QoS classes, and their translation into CFS numbers and OOM scores. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{Container, Pod, ResourceRequirements};
use api::k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use apimachinery::quantity::Quantity;

use crate::spec;

/// A map of resource names to amounts, as the API has it.
pub type ResourceList = BTreeMap<String, ApiQuantity>;

/// Quality of service class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// Limits equal requests for CPU and memory everywhere.
    Guaranteed,
    /// Something is requested or limited.
    Burstable,
    /// Nothing is.
    BestEffort,
}

impl Qos {
    /// The API's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Qos::Guaranteed => "Guaranteed",
            Qos::Burstable => "Burstable",
            Qos::BestEffort => "BestEffort",
        }
    }
}

/// An amount in thousandths, and whether it prints with binary suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Amount {
    milli: i128,
    is_binary: bool,
}

impl Amount {
    fn parse(quantity: &ApiQuantity) -> Amount {
        let Ok(parsed) = Quantity::parse(&quantity.0) else { return Amount::default() };
        let whole = i128::from(parsed.value());
        let milli = i128::from(parsed.milli_value());
        // The thousandths saturate long before the whole number does.
        let milli = if milli == i128::from(i64::MAX) { whole * 1_000 } else { milli };
        Amount { milli, is_binary: quantity.0.ends_with('i') }
    }

    fn add(self, other: Amount) -> Amount {
        let is_binary = if self.milli == 0 { other.is_binary } else { self.is_binary };
        Amount { milli: self.milli + other.milli, is_binary }
    }

    fn print(self) -> ApiQuantity {
        const DECIMAL: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
        const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        if self.milli % 1_000 != 0 {
            return ApiQuantity(format!("{}m", self.milli));
        }
        let (base, suffixes) = if self.is_binary { (1_024, BINARY) } else { (1_000, DECIMAL) };
        let (mut number, mut power) = (self.milli / 1_000, 0);
        while number != 0 && number % base == 0 && power + 1 < suffixes.len() {
            number /= base;
            power += 1;
        }
        ApiQuantity(format!("{number}{}", suffixes[power]))
    }
}

type Amounts = BTreeMap<String, Amount>;

fn amounts(list: Option<&ResourceList>) -> Amounts {
    list.into_iter().flatten().map(|(name, quantity)| (name.clone(), Amount::parse(quantity))).collect()
}

fn add_all(into: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let slot = into.entry(name.clone()).or_default();
        *slot = slot.add(*amount);
    }
}

fn max_all(into: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let slot = into.entry(name.clone()).or_insert(*amount);
        if amount.milli > slot.milli {
            *slot = *amount;
        }
    }
}

/// Which half of the requirements.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Requests,
    Limits,
}

impl Half {
    fn of(self, requirements: Option<&ResourceRequirements>) -> Option<&ResourceList> {
        let requirements = requirements?;
        match self {
            Half::Requests => requirements.requests.as_ref(),
            Half::Limits => requirements.limits.as_ref(),
        }
    }
}

/// Sum over containers and sidecars, at least what each init container needs; then Pod-level values and overhead.
fn pod_sum(pod: &Pod, half: Half) -> Amounts {
    let mut sum = Amounts::new();
    for container in spec::containers(pod) {
        add_all(&mut sum, &amounts(half.of(container.resources.as_ref())));
    }
    let (mut sidecars, mut init_max) = (Amounts::new(), Amounts::new());
    for container in spec::init_containers(pod) {
        let own = amounts(half.of(container.resources.as_ref()));
        let mut peak = sidecars.clone();
        add_all(&mut peak, &own);
        if spec::is_sidecar(container) {
            add_all(&mut sum, &own);
            sidecars = peak.clone();
        }
        max_all(&mut init_max, &peak);
    }
    max_all(&mut sum, &init_max);
    for (name, amount) in amounts(half.of(spec::spec(pod).resources.as_ref())) {
        sum.insert(name, amount);
    }
    for (name, amount) in amounts(spec::spec(pod).overhead.as_ref()) {
        let is_unlimited = half == Half::Limits && sum.get(&name).is_none_or(|limit| limit.milli == 0);
        if !is_unlimited {
            let slot = sum.entry(name).or_default();
            *slot = slot.add(amount);
        }
    }
    sum
}

fn printed(amounts: Amounts) -> ResourceList {
    amounts.into_iter().map(|(name, amount)| (name, amount.print())).collect()
}

/// What a Pod asks for in all.
pub fn pod_requests(pod: &Pod) -> ResourceList {
    printed(pod_sum(pod, Half::Requests))
}

/// What a Pod may use in all.
pub fn pod_limits(pod: &Pod) -> ResourceList {
    printed(pod_sum(pod, Half::Limits))
}

/// A Pod's requests as numbers: CPU in thousandths, all else in whole units.
pub fn request_numbers(pod: &Pod) -> BTreeMap<String, i64> {
    let number = |name: &str, amount: Amount| match name {
        "cpu" => amount.milli,
        _ => div_ceil(amount.milli, 1_000),
    };
    let numbers = pod_sum(pod, Half::Requests).into_iter();
    numbers.map(|(name, amount)| (name.clone(), clamp(number(&name, amount)))).collect()
}

fn div_ceil(a: i128, b: i128) -> i128 {
    a.div_euclid(b) + i128::from(a.rem_euclid(b) != 0)
}

fn clamp(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The value of one resource in a list, in thousandths.
pub fn milli(list: Option<&ResourceList>, name: &str) -> i64 {
    list.and_then(|list| list.get(name)).map_or(0, |quantity| clamp(Amount::parse(quantity).milli))
}

/// The value of one resource in a list, rounded up.
pub fn whole(list: Option<&ResourceList>, name: &str) -> i64 {
    list.and_then(|list| list.get(name)).map_or(0, |quantity| clamp(div_ceil(Amount::parse(quantity).milli, 1_000)))
}

/// A number of bytes as quantities with binary suffixes are written.
pub fn binary(bytes: u64) -> String {
    Amount { milli: i128::from(bytes) * 1_000, is_binary: true }.print().0
}

/// Whether two lists name the same resources with the same amounts, however they are written.
pub fn is_same(a: Option<&ResourceList>, b: Option<&ResourceList>) -> bool {
    let plain = |list| amounts(list).into_iter().map(|(name, amount)| (name, amount.milli)).collect::<Vec<_>>();
    plain(a) == plain(b)
}

/// Whether a list names a resource.
pub fn names(list: Option<&ResourceList>, name: &str) -> bool {
    list.is_some_and(|list| list.contains_key(name))
}

/// A Pod's class: the API's if set, else worked out.
pub fn qos(pod: &Pod) -> Qos {
    match spec::status(pod).qos_class.as_deref() {
        Some("Guaranteed") => Qos::Guaranteed,
        Some("Burstable") => Qos::Burstable,
        Some("BestEffort") => Qos::BestEffort,
        _ => compute_qos(pod),
    }
}

fn compute_qos(pod: &Pod) -> Qos {
    const COUNTED: [&str; 2] = ["cpu", "memory"];
    let counted = |list: Option<&ResourceList>| -> Amounts {
        let mut all = amounts(list);
        all.retain(|name, amount| COUNTED.contains(&name.as_str()) && amount.milli > 0);
        all
    };
    let (mut requests, mut limits, mut is_guaranteed) = (Amounts::new(), Amounts::new(), true);
    let mut count = |requirements: Option<&ResourceRequirements>| {
        add_all(&mut requests, &counted(Half::Requests.of(requirements)));
        let own = counted(Half::Limits.of(requirements));
        is_guaranteed &= own.len() == COUNTED.len();
        add_all(&mut limits, &own);
    };
    match spec::spec(pod).resources.as_ref() {
        Some(resources) => count(Some(resources)),
        None => spec::all_containers(pod).for_each(|container| count(container.resources.as_ref())),
    }
    if requests.is_empty() && limits.is_empty() {
        return Qos::BestEffort;
    }
    let is_equal = requests.len() == limits.len()
        && requests.iter().all(|(name, amount)| limits.get(name).is_some_and(|limit| limit.milli == amount.milli));
    if is_guaranteed && is_equal { Qos::Guaranteed } else { Qos::Burstable }
}

/// Whether every container limits a resource (`cpu` or `memory`), so that the Pod as a whole is limited.
pub fn is_limited(pod: &Pod, resource: &str) -> bool {
    let pod_level = spec::spec(pod).resources.as_ref().and_then(|resources| resources.limits.as_ref());
    if milli(pod_level, resource) > 0 {
        return true;
    }
    let limit = |container: &Container| milli(container.resources.as_ref().and_then(|r| r.limits.as_ref()), resource);
    spec::all_containers(pod).all(|container| limit(container) > 0)
}

/// CFS period in microseconds.
pub const CPU_PERIOD_MICROS: i64 = 100_000;
const CPU_QUOTA_MICROS_MIN: i64 = 1_000;
/// Fewest CPU shares.
pub const CPU_SHARES_MIN: i64 = 2;
const CPU_SHARES_MAX: i64 = 262_144;

/// CPU shares of a request in thousandths of a CPU.
pub fn cpu_shares(milli_cpu: i64) -> i64 {
    match milli_cpu {
        0 => CPU_SHARES_MIN,
        _ => (milli_cpu.saturating_mul(1_024) / 1_000).clamp(CPU_SHARES_MIN, CPU_SHARES_MAX),
    }
}

/// CFS quota of a limit in thousandths of a CPU; 0 is none.
pub fn cpu_quota(milli_cpu: i64) -> i64 {
    match milli_cpu {
        0 => 0,
        _ => (milli_cpu.saturating_mul(CPU_PERIOD_MICROS) / 1_000).max(CPU_QUOTA_MICROS_MIN),
    }
}

const OOM_SCORE_GUARANTEED: i64 = -997;
const OOM_SCORE_BEST_EFFORT: i64 = 1_000;
/// Priority from which a Pod is critical for its node.
const NODE_CRITICAL_PRIORITY: i32 = 2_000_001_000;

/// OOM score adjustment of a container, as upstream's heuristic has it.
pub fn oom_score_adj(pod: &Pod, container: &Container, memory_capacity: i64) -> i64 {
    if spec::spec(pod).priority.is_some_and(|priority| priority >= NODE_CRITICAL_PRIORITY) {
        return OOM_SCORE_GUARANTEED;
    }
    match qos(pod) {
        Qos::Guaranteed => return OOM_SCORE_GUARANTEED,
        Qos::BestEffort => return OOM_SCORE_BEST_EFFORT,
        Qos::Burstable => {}
    }
    let capacity = i128::from(memory_capacity.max(1));
    let request = |container: &Container| {
        i128::from(whole(container.resources.as_ref().and_then(|r| r.requests.as_ref()), "memory"))
    };
    let pod_level = spec::spec(pod).resources.as_ref().and_then(|resources| resources.requests.as_ref());
    let shared = match names(pod_level, "memory") {
        true => {
            let counted: Vec<_> = spec::all_containers(pod).collect();
            let own: i128 = counted.iter().map(|container| request(container)).sum();
            let rest = i128::from(whole(pod_level, "memory")) - own;
            rest.max(0) / i128::try_from(counted.len().max(1)).unwrap_or(1)
        }
        false => 0,
    };
    let score = |bytes: i128| 1_000 - 1_000 * (bytes + shared) / capacity;
    let mut adjust = score(request(container));
    if spec::is_sidecar(container) && spec::is_init(pod, &container.name) {
        let least = spec::containers(pod).iter().map(request).min().unwrap_or(0);
        adjust = adjust.min(score(least));
    }
    let floor = i128::from(1_000 + OOM_SCORE_GUARANTEED);
    match adjust {
        adjust if adjust < floor => 1_000 + OOM_SCORE_GUARANTEED,
        adjust if adjust == i128::from(OOM_SCORE_BEST_EFFORT) => OOM_SCORE_BEST_EFFORT - 1,
        adjust => clamp(adjust),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> ResourceList {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), ApiQuantity((*text).to_owned()))).collect()
    }

    fn pod(init: &[(&str, bool)], main: &[&str]) -> Pod {
        let container = |cpu: &str| Container {
            resources: Some(ResourceRequirements {
                requests: Some(list(&[("cpu", cpu), ("memory", "64Mi")])),
                ..ResourceRequirements::default()
            }),
            ..Container::default()
        };
        let mut pod = Pod::default();
        let spec = pod.spec.get_or_insert_default();
        spec.containers = main.iter().map(|cpu| container(cpu)).collect();
        let init = init.iter().map(|(cpu, is_sidecar)| Container {
            restart_policy: is_sidecar.then(|| "Always".to_owned()),
            ..container(cpu)
        });
        spec.init_containers = Some(init.collect());
        pod
    }

    #[test]
    fn an_init_container_counts_only_above_the_sum() {
        let small = pod_requests(&pod(&[("100m", false)], &["100m", "200m"]));
        assert_eq!(small, list(&[("cpu", "300m"), ("memory", "128Mi")]));
        let big = pod_requests(&pod(&[("200m", true), ("2", false)], &["100m"]));
        assert_eq!(big["cpu"].0, "2200m");
        assert_eq!(
            request_numbers(&pod(&[], &["1"])),
            BTreeMap::from([("cpu".into(), 1_000), ("memory".into(), 64 << 20)])
        );
    }

    #[test]
    fn quota_and_shares_have_upstreams_floors() {
        assert_eq!([cpu_shares(0), cpu_shares(1), cpu_shares(100), cpu_shares(2_000)], [2, 2, 102, 2_048]);
        assert_eq!([cpu_quota(0), cpu_quota(1), cpu_quota(250)], [0, 1_000, 25_000]);
    }

    #[test]
    fn a_burstable_container_is_scored_by_its_share_of_memory() {
        let pod = pod(&[], &["100m"]);
        assert_eq!(qos(&pod), Qos::Burstable);
        assert_eq!(oom_score_adj(&pod, &spec::containers(&pod)[0], 640 << 20), 900);
        assert_eq!(oom_score_adj(&pod, &spec::containers(&pod)[0], 64 << 40), 999);
    }
}
