//! The table of built-in resources, as discovery lists them.

use apimachinery::schema::Struct;

/// One built-in resource: a plural name under a group and version.
#[derive(Debug)]
pub struct ResourceType {
    /// API group, `""` for core.
    pub group: &'static str,
    /// Version, such as `v1`.
    pub version: &'static str,
    /// Kind, such as `Pod`.
    pub kind: &'static str,
    /// Kind of its list, such as `PodList`.
    pub list_kind: &'static str,
    /// Plural, lower-case name in paths, such as `pods`.
    pub plural: &'static str,
    /// Singular name, such as `pod`.
    pub singular: &'static str,
    /// Whether objects live in a namespace.
    pub is_namespaced: bool,
    /// Verbs in alphabetical order.
    pub verbs: &'static [&'static str],
    /// Short names, such as `po`.
    pub short_names: &'static [&'static str],
    /// Categories, such as `all`.
    pub categories: &'static [&'static str],
    /// The kind's type.
    pub schema: &'static Struct,
    /// Subresources in alphabetical order.
    pub subresources: &'static [Subresource],
}

/// One subresource, such as `status` or `scale`.
#[derive(Debug)]
pub struct Subresource {
    /// Last part of its path.
    pub name: &'static str,
    /// Group of the kind that it takes and answers.
    pub group: &'static str,
    /// Version of that kind.
    pub version: &'static str,
    /// That kind, such as `Scale`.
    pub kind: &'static str,
    /// Verbs in alphabetical order.
    pub verbs: &'static [&'static str],
    /// That kind's type.
    pub schema: &'static Struct,
}

impl ResourceType {
    /// `apiVersion` of its objects: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group.is_empty() {
            true => self.version.to_owned(),
            false => format!("{}/{}", self.group, self.version),
        }
    }

    /// The subresource with this name.
    pub fn subresource(&self, name: &str) -> Option<&'static Subresource> {
        self.subresources.iter().find(|it| it.name == name)
    }

    /// Whether discovery lists this verb.
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }
}

/// All built-in resources, grouped as upstream's discovery does.
pub fn resources() -> &'static [ResourceType] {
    todo!("generated table")
}

/// The resource with this plural name.
pub fn resource(group: &str, version: &str, plural: &str) -> Option<&'static ResourceType> {
    resources()
        .iter()
        .find(|it| it.plural == plural && it.group == group && it.version == version)
}

/// The resource of this kind.
pub fn kind(group: &str, version: &str, kind: &str) -> Option<&'static ResourceType> {
    resources()
        .iter()
        .find(|it| it.kind == kind && it.group == group && it.version == version)
}

/// The type of a kind, also of kinds that are no resource (lists, `DeleteOptions`, `Scale`, `Status`, ...).
pub fn type_by_gvk(group: &str, version: &str, kind: &str) -> Option<&'static Struct> {
    let _ = (group, version, kind);
    todo!("generated table")
}
