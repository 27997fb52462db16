//! ResourceQuota: what is created or grows is charged to the quotas of its namespace, or refused.
//!
//! The last of all checks. The charge is a change of the quota's status at the revision that was looked at; when
//! somebody else was quicker, everything is looked at anew. What was charged and then not created after all, the quota
//! controller gives back.

use api::pod_resources::{self, Amounts};
use api::quota::{self, Counter};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};
use registry::request::{Body, BodyFormat, RequestInfo, UserInfo};
use tokio::sync::Mutex;

use super::{Dependencies, forbidden};

/// Attempts of one charge while others charge the same quota.
const CHARGES_MAX: usize = 16;

/// Namespaces share this many locks; the charges of one namespace come one after the other.
const LOCKS: usize = 64;

/// The locks of namespaces whose quotas are being charged.
pub(super) struct Charges {
    locks: [Mutex<()>; LOCKS],
}

impl Default for Charges {
    fn default() -> Self {
        Charges { locks: std::array::from_fn(|_| Mutex::new(())) }
    }
}

impl Charges {
    fn lock_of(&self, namespace: &str) -> &Mutex<()> {
        let sum = namespace.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        &self.locks[sum % LOCKS]
    }
}

/// A quota of the namespace with what it allows and what is used of it.
struct Quota {
    object: Value,
    hard: Amounts,
    used: Amounts,
}

impl Quota {
    fn new(object: Value) -> Quota {
        let amounts = |field: &str| pod_resources::amounts(object.at(&["status", field]));
        let (hard, used) = (amounts("hard"), amounts("used"));
        Quota { object, hard, used }
    }
}

pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    let info = attributes.info;
    let counter = Counter { group: &info.group, plural: &info.resource };
    if info.namespace.is_empty() || !is_charged(counter, attributes, object) {
        return Ok(());
    }
    if all.objects("", "resourcequotas", &info.namespace).await?.is_empty() {
        return Ok(());
    }
    let _charging = all.charges.lock_of(&info.namespace).lock().await;
    for _ in 0..CHARGES_MAX {
        let quotas = all.live_objects("", "resourcequotas", &info.namespace).await?;
        let mut quotas: Vec<Quota> = quotas.into_iter().map(Quota::new).collect();
        let changed =
            charge(&mut quotas, counter, attributes, object).map_err(|cause| forbidden(attributes, object, cause))?;
        if info.is_dry_run || write(all, &quotas, &changed).await? {
            return Ok(());
        }
    }
    Err(Status::internal("resource quota evaluation timed out"))
}

/// Whether the write can change what is used.
fn is_charged(counter: Counter<'_>, attributes: &Attributes<'_>, object: &Value) -> bool {
    let (operation, subresource) = (attributes.operation, attributes.info.subresource.as_str());
    // Events are many and short-lived; nobody counts them.
    if counter.plural == "events" {
        return false;
    }
    match (operation, subresource) {
        (Operation::Create, "") => true,
        (Operation::Update, "") if counter.is_core("pods") => {
            quota::is_terminating(attributes.old) != quota::is_terminating(object)
        }
        (Operation::Update, "resize") => counter.is_core("pods"),
        (Operation::Update, "") => counter.is_measured(),
        (Operation::Update, "status") => counter.is_core("persistentvolumeclaims"),
        _ => false,
    }
}

/// Adds what the write uses to the quotas that it belongs to; gives the places of those that changed.
fn charge(
    quotas: &mut [Quota],
    counter: Counter<'_>,
    attributes: &Attributes<'_>,
    object: &Value,
) -> Result<Vec<usize>, String> {
    let now = jiff::Timestamp::now().as_second();
    let usage = counter.usage(object, now);
    let negative: Vec<&str> = usage.iter().filter(|(_, it)| it.sign() < 0).map(|(name, _)| name.as_str()).collect();
    let growth = match attributes.old.is_null() {
        true => usage.clone(),
        false => growth(&usage, &counter.usage(attributes.old, now)),
    };
    let mut concerned = Vec::new();
    for (at, quota) in quotas.iter().enumerate() {
        let spec = quota.object.field("spec");
        let restricted: Vec<String> = quota.hard.keys().filter(|name| counter.uses(name)).cloned().collect();
        if restricted.is_empty() || !counter.is_in_scope(spec, object) {
            continue;
        }
        if counter.is_core("pods") {
            quota::missing_of_pod(&restricted, object)
                .map_err(|missing| format!("failed quota: {}: {missing}", quota.object.name()))?;
        }
        if restricted.iter().any(|name| !quota.used.contains_key(name)) {
            let names = restricted.join(",");
            return Err(format!("status unknown for quota: {}, resources: {names}", quota.object.name()));
        }
        let was_in = !attributes.old.is_null() && counter.is_in_scope(spec, attributes.old);
        concerned.push((at, if was_in { &growth } else { &usage }));
    }
    if !negative.is_empty() {
        return Err(format!("quota usage is negative for resource(s): {}", negative.join(",")));
    }
    let is_of_status = attributes.info.subresource == "status";
    let mut changed = Vec::new();
    for (at, delta) in concerned {
        if add(&mut quotas[at], delta, is_of_status)? {
            changed.push(at);
        }
    }
    Ok(changed)
}

/// What is used more than before; what shrinks is given back by the quota controller.
fn growth(usage: &Amounts, before: &Amounts) -> Amounts {
    let grown = usage.iter().map(|(name, amount)| {
        let delta = before.get(name).map_or_else(|| amount.clone(), |it| amount.sub(it));
        (name.clone(), delta)
    });
    grown.filter(|(_, delta)| delta.sign() > 0).collect()
}

/// Adds to what is used of a quota; says whether anything changed. What would exceed it is an error.
fn add(quota: &mut Quota, delta: &Amounts, may_exceed: bool) -> Result<bool, String> {
    let requested: Amounts = delta
        .iter()
        .filter(|(name, amount)| quota.hard.contains_key(*name) && !amount.is_zero())
        .map(|(name, amount)| (name.clone(), amount.clone()))
        .collect();
    let mut used = quota.used.clone();
    pod_resources::add(&mut used, &requested);
    let exceeded: Vec<&String> =
        requested.keys().filter(|name| used[*name].compare(&quota.hard[*name]).is_gt()).collect();
    if !exceeded.is_empty() && !may_exceed {
        let shown = |amounts: &Amounts| {
            let parts = exceeded.iter().filter_map(|name| amounts.get_key_value(*name));
            parts.map(|(name, amount)| format!("{name}={}", amount.canonical())).collect::<Vec<_>>().join(",")
        };
        return Err(format!(
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            quota.object.name(),
            shown(&requested),
            shown(&quota.used),
            shown(&quota.hard)
        ));
    }
    quota.used = used;
    Ok(!requested.is_empty())
}

/// Writes the quotas that changed. `false` when one of them was changed by somebody else.
async fn write(all: &Dependencies, quotas: &[Quota], changed: &[usize]) -> Result<bool, Status> {
    let Some(resource) = all.registry.resource("", "v1", "resourcequotas") else { return Ok(true) };
    for at in changed {
        let mut object = quotas[*at].object.clone();
        object.set(&["status", "used"], pod_resources::to_value(&quotas[*at].used));
        let info = RequestInfo {
            user: std::sync::Arc::new(UserInfo {
                name: "system:apiserver".to_owned(),
                groups: vec!["system:masters".to_owned()],
                ..UserInfo::default()
            }),
            verb: "update",
            version: "v1".to_owned(),
            resource: "resourcequotas".to_owned(),
            subresource: "status".to_owned(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            field_manager: "kube-apiserver".to_owned(),
            ..RequestInfo::default()
        };
        let body = Body { format: BodyFormat::Json, bytes: json::to_vec(&object).into() };
        match resource.update(&info, &body).await {
            Ok(_) => {}
            Err(status) if status.is_conflict() || status.is_not_found() => return Ok(false),
            Err(status) => return Err(status),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use apimachinery::group_version::GroupVersionKind;
    use apimachinery::tree;

    use super::*;

    fn quota(spec: Value, hard: Value, used: Value) -> Quota {
        Quota::new(tree!({"metadata": {"name": "q"}, "spec": spec, "status": {"hard": hard, "used": used}}))
    }

    fn charge_pod(quota: &mut Quota, pod: &Value, old: &Value) -> Result<bool, String> {
        let info = RequestInfo { resource: "pods".into(), namespace: "a".into(), ..RequestInfo::default() };
        let operation = if old.is_null() { Operation::Create } else { Operation::Update };
        let attributes = Attributes { info: &info, operation, kind: GroupVersionKind::default(), old, old_revision: 0 };
        let counter = Counter { group: "", plural: "pods" };
        charge(std::slice::from_mut(quota), counter, &attributes, pod).map(|changed| !changed.is_empty())
    }

    fn pod(cpu: &str) -> Value {
        tree!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}})
    }

    #[test]
    fn what_fits_is_charged_and_what_does_not_is_refused() {
        let mut quota = quota(tree!({}), tree!({"pods": "2", "cpu": "2"}), tree!({"pods": "0", "cpu": "0"}));
        assert_eq!(charge_pod(&mut quota, &pod("1500m"), &Value::Null), Ok(true));
        assert_eq!(quota.used["cpu"].canonical(), "1500m");
        let refused = charge_pod(&mut quota, &pod("1"), &Value::Null).expect_err("too much");
        assert_eq!(refused, "exceeded quota: q, requested: cpu=1, used: cpu=1500m, limited: cpu=2");
        assert_eq!(charge_pod(&mut quota, &pod("1600m"), &pod("1500m")), Ok(true));
        assert_eq!(quota.used["cpu"].canonical(), "1600m");
        assert_eq!(quota.used["pods"].canonical(), "1");
    }

    #[test]
    fn a_quota_that_was_not_counted_yet_or_misses_requests_refuses() {
        let mut unknown = quota(tree!({}), tree!({"pods": "2"}), tree!({}));
        assert_eq!(
            charge_pod(&mut unknown, &pod("1"), &Value::Null).expect_err("unknown"),
            "status unknown for quota: q, resources: pods"
        );
        let mut memory = quota(tree!({}), tree!({"memory": "1Gi"}), tree!({"memory": "0"}));
        assert_eq!(
            charge_pod(&mut memory, &pod("1"), &Value::Null).expect_err("no memory asked for"),
            "failed quota: q: must specify memory for: c"
        );
        let mut other = quota(tree!({"scopes": ["Terminating"]}), tree!({"pods": "0"}), tree!({"pods": "0"}));
        assert_eq!(charge_pod(&mut other, &pod("1"), &Value::Null), Ok(false));
    }
}
