//! Which IP families a Service has: inferred from its policy, its addresses and what the cluster has.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::{cluster_ips, ip_families, is_headless, kind, needs_cluster_ip};
use crate::config::Config;
use crate::rules;

/// Fills `ipFamilyPolicy` and `ipFamilies`; leaves an object alone that [`check`] refuses.
pub(super) fn initialise(object: &mut Value, old: &Value, config: &Config) {
    let mut filled = object.clone();
    if fill(&mut filled, old, config).is_ok() {
        *object = filled;
    }
}

/// Adds what is wrong with the families. Accepts what [`initialise`] made.
pub(super) fn check(object: &Value, old: &Value, config: &Config, errors: &mut Vec<FieldError>) {
    if let Err(found) = fill(&mut object.clone(), old, config) {
        errors.extend(found);
    }
}

fn policy(object: &Value) -> &str {
    object.str_at(&["spec", "ipFamilyPolicy"])
}

/// The cluster's families, its first one first.
fn cluster_families(config: &Config) -> Vec<&'static str> {
    let mut families = Vec::new();
    for cidr in &config.service_cidrs {
        let family = if cidr.is_ipv6() { "IPv6" } else { "IPv4" };
        if !families.contains(&family) {
            families.push(family);
        }
    }
    families
}

fn other(family: &str) -> &'static str {
    if family == "IPv4" { "IPv6" } else { "IPv4" }
}

fn fill(object: &mut Value, old: &Value, config: &Config) -> Result<(), Vec<FieldError>> {
    if !needs_cluster_ip(object) || stays_as_preferred(object, old) {
        return Ok(());
    }
    let has_selector = object.at(&["spec", "selector"]).as_object().is_some_and(|it| !it.is_empty());
    let is_bare = object.str_at(&["spec", "clusterIP"]) == "None" && !has_selector;
    if policy(object).is_empty() {
        let chosen = match policy(old) {
            "" if is_bare => "RequireDualStack",
            "" => "SingleStack",
            before => before,
        }
        .to_owned();
        object.set(&["spec", "ipFamilyPolicy"], chosen);
    }
    let mut errors = Vec::new();
    check_fields(object, old, &mut errors);
    fail_on(&mut errors)?;
    follow_policy(object, old, &mut errors);
    infer_from_addresses(object, config, &mut errors);
    fail_on(&mut errors)?;
    if is_bare {
        complete(object, config, true);
        return Ok(());
    }
    check_cluster(object, config, &mut errors);
    fail_on(&mut errors)?;
    complete(object, config, cluster_families(config).len() == 2);
    Ok(())
}

fn fail_on(errors: &mut Vec<FieldError>) -> Result<(), Vec<FieldError>> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(std::mem::take(errors)),
    }
}

/// An update that touches nothing of a `PreferDualStack` Service does not re-decide its families.
fn stays_as_preferred(object: &Value, old: &Value) -> bool {
    !old.is_null()
        && policy(object) == "PreferDualStack"
        && matches!(policy(old), "" | "PreferDualStack")
        && kind(object) == kind(old)
        && cluster_ips(object) == cluster_ips(old)
        && ip_families(object) == ip_families(old)
}

/// The fields by themselves (`ValidateServiceClusterIPsRelatedFields`).
fn check_fields(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec.clusterIPs");
    let (first, ips) = (object.str_at(&["spec", "clusterIP"]), cluster_ips(object));
    let value = || rules::printed_strings(ips.iter().copied());
    match (first, ips.first()) {
        ("", None) => {}
        ("", Some(_)) => {
            let detail = "must be empty when `clusterIP` is not specified";
            errors.push(FieldError::invalid(&path, value(), detail));
        }
        (_, None) => errors.push(FieldError::required(&path, "")),
        (first, Some(ip)) if *ip != first => {
            errors.push(FieldError::invalid(&path, value(), "first value must match `clusterIP`"));
        }
        _ => {}
    }
    check_families(object, errors);
    let known = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if !known.contains(&policy(object)) {
        let path = FieldPath::new("spec.ipFamilyPolicy");
        errors.push(FieldError::not_supported(&path, policy(object), &known));
    }
    let mut has_bad_ip = false;
    for (at, ip) in ips.iter().enumerate() {
        if at == 0 && *ip == "None" {
            if ips.len() > 1 {
                has_bad_ip = true;
                errors.push(FieldError::invalid(&path, value(), "'None' must be the first and only value"));
            }
        } else if !cluster_ips(old).contains(ip) {
            let found = names::legacy_ip(&path.index(at), ip);
            has_bad_ip = has_bad_ip || !found.is_empty();
            errors.extend(found);
        }
    }
    if ips.len() > 2 {
        errors.push(FieldError::invalid(&path, value(), "may only hold up to 2 values"));
    }
    if has_bad_ip {
        return;
    }
    let is_ipv6: Vec<bool> = ips.iter().filter_map(|it| names::parse_ip_sloppy(it)).map(|it| it.is_ipv6()).collect();
    let is_dual = is_ipv6.contains(&true) && is_ipv6.contains(&false);
    if ips.len() > 1 && !is_dual {
        errors.push(FieldError::invalid(&path, value(), "may specify no more than one IP for each IP family"));
    }
    if !is_headless(object) {
        match_families(object, &ips, &path, errors);
    }
}

fn check_families(object: &Value, errors: &mut Vec<FieldError>) {
    let (path, families) = (FieldPath::new("spec.ipFamilies"), ip_families(object));
    for (at, family) in families.iter().enumerate() {
        if !matches!(*family, "IPv4" | "IPv6") {
            errors.push(FieldError::not_supported(&path.index(at), *family, &["IPv4", "IPv6"]));
        }
        if families[..at].contains(family) {
            errors.push(FieldError::duplicate(&path.index(at), *family));
        }
    }
}

fn match_families(object: &Value, ips: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, (ip, family)) in ips.iter().zip(ip_families(object)).enumerate() {
        if matches!(family, "IPv4" | "IPv6") && family_of(ip) != family {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{at}]`");
            errors.push(FieldError::invalid(&path.index(at), *ip, detail));
        }
    }
}

fn family_of(ip: &str) -> &'static str {
    match names::parse_ip_sloppy(ip) {
        Some(ip) if ip.is_ipv6() => "IPv6",
        _ => "IPv4",
    }
}

/// `SingleStack` takes the second family away; any other policy keeps both.
fn follow_policy(object: &mut Value, old: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("spec.ipFamilyPolicy");
    let is_single = policy(object) == "SingleStack";
    let value = policy(object).to_owned();
    let mut refuse = |detail: &str| errors.push(FieldError::invalid(&path, &value, detail));
    if !old.is_null() && is_single {
        for (field, is_same) in [
            ("clusterIPs", cluster_ips(object) == cluster_ips(old)),
            ("ipFamilies", ip_families(object) == ip_families(old)),
        ] {
            if let (Some(items), true) = (object.at_mut(&["spec", field]).and_then(Value::as_array_mut), is_same) {
                items.truncate(1);
            }
        }
    } else if !old.is_null() {
        let is_reduced = |new: usize, before: usize| new != 0 && new < before;
        if is_reduced(cluster_ips(object).len(), cluster_ips(old).len()) {
            refuse("must be 'SingleStack' to release the secondary cluster IP");
        }
        if is_reduced(ip_families(object).len(), ip_families(old).len()) {
            refuse("must be 'SingleStack' to release the secondary IP family");
        }
    }
    if is_single && cluster_ips(object).len() == 2 {
        refuse("must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
    }
    if is_single && ip_families(object).len() == 2 {
        refuse("must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
    }
}

/// Addresses that the client chose name their families.
fn infer_from_addresses(object: &mut Value, config: &Config, errors: &mut Vec<FieldError>) {
    let ips: Vec<String> = cluster_ips(object).into_iter().map(str::to_owned).collect();
    let mut families: Vec<String> = ip_families(object).into_iter().map(str::to_owned).collect();
    for (at, ip) in ips.iter().enumerate().skip(families.len()) {
        if ip == "None" {
            break;
        }
        let family = family_of(ip);
        match cluster_families(config).contains(&family) {
            true => families.push(family.to_owned()),
            false => {
                let path = FieldPath::new("spec.clusterIPs").index(at);
                let value = rules::printed_strings(ips.iter().map(String::as_str));
                let detail = format!("{family} is not configured on this cluster");
                errors.push(FieldError::invalid(&path, value, detail));
            }
        }
    }
    set_families(object, families);
}

/// What the cluster cannot do.
fn check_cluster(object: &Value, config: &Config, errors: &mut Vec<FieldError>) {
    let has = cluster_families(config);
    if policy(object) == "RequireDualStack" && has.len() < 2 {
        let detail = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(&FieldPath::new("spec.ipFamilyPolicy"), policy(object), detail));
    }
    for (at, family) in ip_families(object).into_iter().enumerate().filter(|(_, it)| !has.contains(it)) {
        let path = FieldPath::new("spec.ipFamilies").index(at);
        errors.push(FieldError::invalid(&path, family, "not configured on this cluster"));
    }
}

/// Takes the cluster's first family where none is asked for, and the other one where two are wanted.
fn complete(object: &mut Value, config: &Config, may_be_dual: bool) {
    let mut families: Vec<String> = ip_families(object).into_iter().map(str::to_owned).collect();
    if families.is_empty() {
        families.push(cluster_families(config).first().copied().unwrap_or("IPv4").to_owned());
    }
    if may_be_dual && policy(object) != "SingleStack" && families.len() == 1 {
        families.push(other(&families[0]).to_owned());
    }
    set_families(object, families);
}

fn set_families(object: &mut Value, families: Vec<String>) {
    if !families.is_empty() {
        let families: Vec<Value> = families.into_iter().map(Value::from).collect();
        object.set(&["spec", "ipFamilies"], families);
    }
}
