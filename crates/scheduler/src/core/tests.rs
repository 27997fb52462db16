use apimachinery::json;
use apimachinery::tree;
use apimachinery::value::Value;

use super::*;

fn parse(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("test objects are JSON")
}

fn pod(name: &str, spec: &str) -> Arc<PodInfo> {
    let mut spec = parse(spec);
    spec.set(&["schedulerName"], "default-scheduler");
    let metadata = tree!({"name": name, "namespace": "a", "uid": name});
    Arc::new(PodInfo::of(&tree!({"metadata": metadata, "spec": spec})))
}

fn node(name: &str, cpu: &str) -> Arc<NodeInfo> {
    let allocatable = tree!({"cpu": cpu, "memory": "4Gi", "pods": "110"});
    Arc::new(NodeInfo::of(&tree!({"metadata": {"name": name}, "status": {"allocatable": allocatable}})))
}

const HALF: &str = r#"{"containers":[{"resources":{"requests":{"cpu":"500m"}}}]}"#;

/// A core, its clock, and short words for what it does.
struct Bench {
    core: Core,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        Bench { core: Core::new("default-scheduler"), now: Duration::from_secs(1_000) }
    }
    fn pod(&mut self, pod: &Arc<PodInfo>) {
        self.core.set_pod(&pod.key, Some(Arc::clone(pod)), self.now);
    }
    fn gone(&mut self, pod: &PodInfo) {
        self.core.set_pod(&pod.key, None, self.now);
    }
    fn node(&mut self, node: &Arc<NodeInfo>) {
        self.core.set_node(&node.name, Some(Arc::clone(node)), self.now);
    }
    fn after(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }
    fn decisions(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(decision) = self.core.decide(self.now) {
            texts.push(match decision {
                Decision::Bind(pod, node) => format!("{} to {node}", pod.key.name),
                Decision::Unschedulable(pod, _) => format!("{} nowhere", pod.key.name),
                Decision::Preempt(pod, _, candidate) => {
                    let victims: Vec<&str> = candidate.victims.iter().map(|it| &*it.key.name).collect();
                    format!("{} waits for {} without {}", pod.key.name, candidate.node, victims.join(" "))
                }
            });
        }
        texts
    }
}

#[test]
fn higher_priority_goes_first_then_who_came_first() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "9"));
    for (name, spec) in [("x", "{}"), ("y", "{}"), ("vip", r#"{"priority":10}"#)] {
        bench.pod(&pod(name, spec));
    }
    assert_eq!(bench.decisions(), ["vip to n1", "x to n1", "y to n1"]);
    assert_eq!(bench.decisions(), [""; 0]);
}

#[test]
fn a_pod_counts_on_its_node_from_the_decision_on() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "1"));
    for name in ["x", "y", "z"] {
        bench.pod(&pod(name, HALF));
    }
    assert_eq!(bench.decisions(), ["x to n1", "y to n1", "z nowhere"]);
}

#[test]
fn an_unschedulable_pod_waits_for_something_that_may_help_it() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "500m"));
    let (first, second) = (pod("first", HALF), pod("second", HALF));
    bench.pod(&first);
    bench.pod(&second);
    assert_eq!(bench.decisions(), ["first to n1", "second nowhere"]);
    bench.after(20_000);
    bench.node(&node("small", "100m"));
    assert_eq!(bench.decisions(), [""; 0], "a node that is too small does not help");
    bench.gone(&first);
    assert_eq!(bench.decisions(), ["second to n1"]);
}

#[test]
fn help_cuts_the_back_off_short_when_nobody_else_waits() {
    let mut bench = Bench::new();
    bench.pod(&pod("x", "{}"));
    assert_eq!(bench.decisions(), ["x nowhere"]);
    bench.node(&node("n1", "1"));
    bench.pod(&pod("fresh", "{}"));
    assert_eq!(bench.decisions(), ["fresh to n1", "x to n1"]);
}

#[test]
fn a_failed_binding_is_taken_back_and_tried_again_later_and_later() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "500m"));
    let x = pod("x", HALF);
    bench.pod(&x);
    for pause in [1_000, 2_000, 4_000, 8_000, 10_000, 10_000] {
        assert_eq!(bench.decisions(), ["x to n1"]);
        bench.core.unbind(&x, bench.now);
        bench.after(pause - 1);
        assert_eq!(bench.decisions(), [""; 0]);
        bench.after(1);
    }
    assert_eq!(bench.decisions(), ["x to n1"]);
}

#[test]
fn a_bound_pod_is_not_decided_on_again() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "1"));
    let x = pod("x", HALF);
    bench.pod(&x);
    assert_eq!(bench.decisions(), ["x to n1"]);
    bench.pod(&x);
    assert_eq!(bench.decisions(), [""; 0], "an old view of it comes in while it is being bound");
    bench.pod(&pod("x", r#"{"nodeName":"n1"}"#));
    bench.core.unbind(&x, bench.now);
    bench.after(60_000);
    assert_eq!(bench.decisions(), [""; 0]);
}

#[test]
fn gates_hold_a_pod_back_until_they_are_gone() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "1"));
    bench.pod(&pod("x", r#"{"schedulingGates":[{"name":"g"}]}"#));
    assert_eq!(bench.decisions(), [""; 0]);
    bench.pod(&pod("x", "{}"));
    assert_eq!(bench.decisions(), ["x to n1"]);
}

#[test]
fn pods_of_other_schedulers_and_deleted_ones_are_left_alone() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "1"));
    let mut other = PodInfo::clone(&pod("other", "{}"));
    other.scheduler_name = "mine".into();
    bench.pod(&Arc::new(other));
    let mut leaving = PodInfo::clone(&pod("leaving", "{}"));
    leaving.is_terminating = true;
    bench.pod(&Arc::new(leaving));
    assert_eq!(bench.decisions(), [""; 0]);
}

#[test]
fn a_new_pod_of_the_same_name_is_another_pod() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "500m"));
    bench.pod(&pod("x", HALF));
    assert_eq!(bench.decisions(), ["x to n1"]);
    let mut again = PodInfo::clone(&pod("x", HALF));
    again.uid = "another".into();
    bench.pod(&Arc::new(again));
    assert_eq!(bench.decisions(), ["x to n1"]);
}

const ALL: &str = r#"{"containers":[{"resources":{"requests":{"cpu":"1"}}}],"priority":10}"#;

#[test]
fn pods_of_lower_priority_leave_and_the_room_is_kept() {
    let mut bench = Bench::new();
    bench.node(&node("n1", "1"));
    for name in ["low", "mid"] {
        bench.pod(&pod(name, HALF));
    }
    assert_eq!(bench.decisions(), ["low to n1", "mid to n1"]);
    let high = pod("high", ALL);
    bench.pod(&high);
    assert_eq!(bench.decisions(), ["high waits for n1 without low mid"]);
    let low = pod("low", HALF);
    bench.gone(&low);
    bench.gone(&pod("mid", HALF));
    bench.pod(&pod("other", HALF));
    bench.after(1_000);
    assert_eq!(bench.decisions(), ["high to n1", "other nowhere"]);
}
