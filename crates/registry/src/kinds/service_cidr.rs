//! `networking.k8s.io/v1 ServiceCIDR`: a range of Service addresses.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A range of Service addresses.
pub struct ServiceCidr;

static RULES: KindRules = KindRules {
    group: "networking.k8s.io",
    plural: "servicecidrs",
    storage_prefix: "/registry/servicecidrs",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    ..KindRules::NEW
};

impl Strategy for ServiceCidr {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec.cidrs");
        let cidrs = cidrs(object);
        if cidrs.is_empty() {
            errors.push(FieldError::required(&path, "at least one CIDR required"));
            return;
        }
        if cidrs.len() > 2 {
            let value = rules::printed_struct(object.field("spec"), &[("CIDRs", "cidrs", "null")]);
            errors.push(FieldError::invalid(&path, value, "may only hold up to 2 values"));
            return;
        }
        for (at, cidr) in cidrs.iter().enumerate() {
            errors.extend(names::cidr(&path.index(at), cidr));
        }
        let families: Vec<bool> =
            cidrs.iter().filter_map(|it| names::parse_cidr_sloppy(it)).map(|(ip, _)| ip.is_ipv6()).collect();
        if let [first, second] = families[..]
            && first == second
        {
            let detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
            errors.push(FieldError::invalid(&path, rules::printed_strings(cidrs.iter().copied()), detail));
        }
    }

    /// A range cannot change; one of the other family may be added.
    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let path = FieldPath::new("spec.cidrs");
        let (new, before) = (cidrs(object), cidrs(old));
        let is_extension = before.len() == 1 && new.len() == 2;
        if new.len() != before.len() && !is_extension {
            let value = rules::printed_strings(new.iter().copied());
            errors.push(FieldError::invalid(&path, value, rules::FIELD_IMMUTABLE));
            return;
        }
        for (at, (new, _)) in new.iter().zip(&before).enumerate().filter(|(_, (new, before))| new != before) {
            errors.push(FieldError::invalid(&path.index(at), *new, rules::FIELD_IMMUTABLE));
        }
        if is_extension {
            self.validate(object, context, errors);
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![cells::name(object), cidrs(object).join(",").into(), cells::age(object, now)])
    }
}

fn cidrs(object: &Value) -> Vec<&str> {
    object.items_at(&["spec", "cidrs"]).iter().filter_map(Value::as_str).collect()
}
