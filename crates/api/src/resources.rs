//! The table of built-in resources, as discovery lists them.

use apimachinery::schema::Struct;

use crate::generated;

/// One built-in resource: a plural name under a group and version.
#[derive(Debug)]
pub struct ResourceType {
    /// API group, `""` for core.
    pub group: &'static str,
    /// Version, such as `v1`.
    pub version: &'static str,
    /// Kind, such as `Pod`.
    pub kind: &'static str,
    /// Kind of its list, such as `PodList`; empty when it cannot be listed.
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
    &generated::resources::RESOURCES
}

/// The resource with this plural name.
pub fn resource(group: &str, version: &str, plural: &str) -> Option<&'static ResourceType> {
    resources().iter().find(|it| it.plural == plural && it.group == group && it.version == version)
}

/// The resource of this kind.
pub fn kind(group: &str, version: &str, kind: &str) -> Option<&'static ResourceType> {
    resources().iter().find(|it| it.kind == kind && it.group == group && it.version == version)
}

/// The type of a kind, also of kinds that are no resource (lists, `DeleteOptions`, `Scale`, `Status`, ...).
pub fn type_by_gvk(group: &str, version: &str, kind: &str) -> Option<&'static Struct> {
    let kinds = &generated::kinds::KINDS;
    let found = kinds.binary_search_by(|row| (row.0, row.1, row.2).cmp(&(group, version, kind)));
    found.ok().map(|at| kinds[at].3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_by_plural_and_by_kind() {
        let pods = resource("", "v1", "pods").expect("pods are built in");
        assert_eq!((pods.kind, pods.list_kind, pods.singular, pods.is_namespaced), ("Pod", "PodList", "pod", true));
        assert_eq!(pods.short_names, ["po"]);
        let eviction = pods.subresource("eviction").expect("pods can be evicted");
        assert_eq!((eviction.group, eviction.version, eviction.kind), ("policy", "v1", "Eviction"));
        assert_eq!(kind("apps", "v1", "Deployment").map(|it| it.plural), Some("deployments"));
        assert_eq!(kind("apps", "v1", "Deployment").map(ResourceType::api_version).as_deref(), Some("apps/v1"));
        assert!(resource("", "v1", "pod").is_none());
    }

    #[test]
    fn options_are_registered_in_every_group() {
        for resource in resources() {
            let options = type_by_gvk(resource.group, resource.version, "DeleteOptions");
            assert_eq!(options.map(|ty| ty.go_name.as_ref()), Some("v1.DeleteOptions"), "{}", resource.plural);
        }
        assert!(type_by_gvk("meta.k8s.io", "v1", "Table").is_some());
        assert!(type_by_gvk("", "v1", "Deployment").is_none());
    }

    #[test]
    fn inlined_messages_and_type_meta_are_told_apart() {
        let volume = type_by_gvk("", "v1", "Pod").and_then(|pod| pod.field("spec")).expect("pods have a spec");
        let apimachinery::schema::Type::Struct(spec) = &volume.ty else { panic!("the spec is a struct") };
        let apimachinery::schema::Type::List(volumes) = &spec.field("volumes").expect("pods have volumes").ty else {
            panic!("volumes are a list")
        };
        let apimachinery::schema::Type::Struct(volume) = &**volumes else { panic!("a volume is a struct") };
        let secret = volume.field("secret").expect("volumes can be secrets");
        assert_eq!((secret.number, secret.inline_path(), secret.go_inline.as_ref()), (6, (2, 0), "VolumeSource"));
        let kind = type_by_gvk("", "v1", "Pod").and_then(|pod| pod.field("kind")).expect("pods have a kind");
        assert_eq!((kind.number, kind.inline_number), (0, 0));
    }
}
