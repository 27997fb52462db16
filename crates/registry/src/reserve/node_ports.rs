//! Node ports that are taken, in memory.

use std::collections::BTreeSet;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use parking_lot::Mutex;

use crate::environment;
use crate::kinds::service;

const ALREADY_ALLOCATED: &str = "provided port is already allocated";
const FULL: &str = "range is full";

/// Node ports that are taken.
pub(super) struct NodePorts {
    range: (u16, u16),
    taken: Mutex<BTreeSet<u16>>,
}

/// Node ports that a Service has.
pub(super) fn of(object: &Value) -> Vec<u16> {
    if object.is_null() {
        return Vec::new();
    }
    let ports = service::ports(object).iter().map(service::node_port);
    let health = Some(service::health_check_port(object)).filter(|_| service::needs_health_check(object));
    let mut all: Vec<u16> = ports.chain(health).filter_map(|it| u16::try_from(it).ok()).filter(|it| *it != 0).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl NodePorts {
    pub fn new(range: (u16, u16)) -> Self {
        NodePorts { range, taken: Mutex::new(BTreeSet::new()) }
    }

    /// Takes ports that are in use already.
    pub fn take(&self, ports: &[u16]) {
        self.taken.lock().extend(ports);
    }

    /// Gives ports back.
    pub fn free(&self, ports: &[u16]) {
        let mut taken = self.taken.lock();
        for port in ports {
            taken.remove(port);
        }
    }

    /// Fills the ports that `object` needs. `new` receives what was taken (also when it fails), `old` what the object
    /// no longer needs.
    pub fn reserve(
        &self,
        object: &mut Value,
        before: &Value,
        new: &mut Vec<u16>,
        old: &mut Vec<u16>,
    ) -> Result<(), Status> {
        let kept = of(before);
        if service::has_node_ports(object) {
            self.fill_ports(object, before, &kept, new)?;
        }
        if service::needs_health_check(object) && !service::needs_health_check(before) {
            self.fill_health_check_port(object, new)?;
        }
        let needed = of(object);
        *old = kept.into_iter().filter(|it| !needed.contains(it)).collect();
        Ok(())
    }

    fn fill_ports(&self, object: &mut Value, before: &Value, kept: &[u16], new: &mut Vec<u16>) -> Result<(), Status> {
        let allocates = service::allocates_node_ports(object);
        let name = object.name().to_owned();
        let Some(ports) = object.at_mut(&["spec", "ports"]).and_then(Value::as_array_mut) else { return Ok(()) };
        for at in 0..ports.len() {
            let wanted = match service::node_port(&ports[at]) {
                // TCP and UDP of one port share a node port when the Service is made.
                0 if before.is_null() => of_same_number(ports, at),
                asked => asked,
            };
            let port = match u16::try_from(wanted) {
                Ok(0) if !allocates => continue,
                Ok(0) => {
                    self.take_any().ok_or_else(|| Status::internal(format!("failed to allocate a nodePort: {FULL}")))?
                }
                Ok(port) if kept.contains(&port) || new.contains(&port) => {
                    ports[at].set(&["nodePort"], i64::from(port));
                    continue;
                }
                Ok(port) => self.take_one(port).map(|()| port).map_err(|cause| refusal(&name, at, wanted, &cause))?,
                Err(_) => return Err(refusal(&name, at, wanted, &self.out_of_range())),
            };
            new.push(port);
            ports[at].set(&["nodePort"], i64::from(port));
        }
        Ok(())
    }

    fn fill_health_check_port(&self, object: &mut Value, new: &mut Vec<u16>) -> Result<(), Status> {
        let wanted = service::health_check_port(object);
        let port = match u16::try_from(wanted) {
            Ok(0) => self
                .take_any()
                .ok_or_else(|| Status::internal(format!("failed to allocate a HealthCheck NodePort 0: {FULL}")))?,
            Ok(port) => self.take_one(port).map(|()| port).map_err(|cause| {
                Status::internal(format!("failed to allocate requested HealthCheck NodePort {port}: {cause}"))
            })?,
            Err(_) => {
                let cause = self.out_of_range();
                let text = format!("failed to allocate requested HealthCheck NodePort {wanted}: {cause}");
                return Err(Status::internal(text));
            }
        };
        new.push(port);
        object.set(&["spec", "healthCheckNodePort"], i64::from(port));
        Ok(())
    }

    fn take_one(&self, port: u16) -> Result<(), String> {
        if port < self.range.0 || port > self.range.1 {
            return Err(self.out_of_range());
        }
        match self.taken.lock().insert(port) {
            true => Ok(()),
            false => Err(ALREADY_ALLOCATED.to_owned()),
        }
    }

    /// A free port: from a random one on in the upper part, then in the lower one.
    fn take_any(&self) -> Option<u16> {
        let (first, last) = (u32::from(self.range.0), u32::from(self.range.1));
        let size = last + 1 - first;
        let reserved = if size <= 16 { 0 } else { (size / 32).clamp(16, 128) };
        let random = environment::random_below(u128::from(size)) as u32;
        let upper = (0..size - reserved).map(|step| first + reserved + (random + step) % (size - reserved));
        let lower = (0..reserved).map(|step| first + (random + step) % reserved);
        let mut taken = self.taken.lock();
        upper.chain(lower).filter_map(|it| u16::try_from(it).ok()).find(|port| taken.insert(*port))
    }

    fn out_of_range(&self) -> String {
        let (first, last) = self.range;
        format!("provided port is not in the valid range. The range of valid ports is {first}-{last}")
    }
}

/// The node port that another port of the same number asks for or has got.
fn of_same_number(ports: &[Value], at: usize) -> i64 {
    let number = ports[at].i64_at(&["port"]);
    let same = ports.iter().filter(|it| it.i64_at(&["port"]) == number);
    same.map(service::node_port).find(|it| *it != 0).unwrap_or(0)
}

fn refusal(name: &str, at: usize, port: i64, cause: &str) -> Status {
    let path = FieldPath::new("spec.ports").index(at).child("nodePort");
    let kind = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "Service".into() };
    Status::invalid(&kind, name, &[FieldError::invalid(&path, port, cause)])
}
