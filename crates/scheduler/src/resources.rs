//! Amounts of resources: what Pods ask for and nodes offer.

use std::collections::BTreeMap;

use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

/// Amounts by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// `cpu` in thousandths of a core.
    pub milli_cpu: i64,
    /// `memory` in bytes.
    pub memory: i64,
    /// `ephemeral-storage` in bytes.
    pub ephemeral_storage: i64,
    /// `pods`: how many a node takes.
    pub pods: i64,
    /// Huge pages and extended resources.
    pub scalars: BTreeMap<String, i64>,
}

impl Resources {
    /// From a map of quantities (`requests`, `allocatable`). What is no quantity counts as nothing.
    pub fn of(map: &Value) -> Self {
        let mut resources = Resources::default();
        for (name, quantity) in map.as_object().into_iter().flat_map(|map| map.iter()) {
            let Some(quantity) = quantity.as_str().and_then(|text| Quantity::parse(text).ok()) else {
                continue;
            };
            match name {
                "cpu" => resources.milli_cpu = quantity.milli_value(),
                "memory" => resources.memory = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_storage = quantity.value(),
                "pods" => resources.pods = quantity.value(),
                other => drop(resources.scalars.insert(other.to_owned(), quantity.value())),
            }
        }
        resources
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_add);
    }

    /// Takes `other` away.
    pub fn subtract(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_sub);
    }

    /// Raises every amount to at least that of `other`.
    pub fn raise_to(&mut self, other: &Resources) {
        self.combine(other, i64::max);
    }

    fn combine(&mut self, other: &Resources, combine: fn(i64, i64) -> i64) {
        self.milli_cpu = combine(self.milli_cpu, other.milli_cpu);
        self.memory = combine(self.memory, other.memory);
        self.ephemeral_storage = combine(self.ephemeral_storage, other.ephemeral_storage);
        self.pods = combine(self.pods, other.pods);
        for (name, amount) in &other.scalars {
            let mine = self.scalars.entry(name.clone()).or_insert(0);
            *mine = combine(*mine, *amount);
        }
    }

    /// Every resource but `pods` by name.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, i64)> {
        let fixed = [("cpu", self.milli_cpu), ("memory", self.memory), ("ephemeral-storage", self.ephemeral_storage)];
        fixed.into_iter().chain(self.scalars.iter().map(|(name, amount)| (name.as_str(), *amount)))
    }

    /// The amount of one resource.
    pub fn amount(&self, name: &str) -> i64 {
        self.amounts().find(|(it, _)| *it == name).map_or(0, |(_, amount)| amount)
    }
}
