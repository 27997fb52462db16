//! A container's environment: envFrom, env with its sources, `$(VAR)` expansion, Service variables. Pure, given the
//! objects that it refers to.

pub mod expansion;
pub mod field;
pub mod service_links;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, EnvVarSource, Pod, Secret};

use self::expansion::expand;
use self::field::FieldContext;
use crate::spec;

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Why an object that a Pod refers to is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpError {
    /// The API has none (else it could not be asked).
    pub is_not_found: bool,
    /// Text for people, as the API server gave it.
    pub message: String,
}

/// The ConfigMaps and Secrets that a Pod refers to, by name, as far as they were looked up.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// ConfigMaps.
    pub config_maps: BTreeMap<String, Result<Arc<ConfigMap>, LookUpError>>,
    /// Secrets.
    pub secrets: BTreeMap<String, Result<Arc<Secret>, LookUpError>>,
}

impl Objects {
    /// The ConfigMap; `None` if it is optional and absent.
    pub fn config_map(&self, name: &str, is_optional: bool) -> Result<Option<&ConfigMap>, String> {
        found(self.config_maps.get(name), "configmap", name, is_optional)
    }

    /// The Secret; `None` if it is optional and absent.
    pub fn secret(&self, name: &str, is_optional: bool) -> Result<Option<&Secret>, String> {
        found(self.secrets.get(name), "secret", name, is_optional)
    }
}

fn found<'a, T>(
    entry: Option<&'a Result<Arc<T>, LookUpError>>,
    kind: &str,
    name: &str,
    is_optional: bool,
) -> Result<Option<&'a T>, String> {
    match entry {
        Some(Ok(object)) => Ok(Some(object)),
        Some(Err(error)) if error.is_not_found && is_optional => Ok(None),
        Some(Err(error)) => Err(error.message.clone()),
        None => Err(format!("{kind} \"{name}\" not found")),
    }
}

/// Names of the ConfigMaps and Secrets that something refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// ConfigMaps.
    pub config_maps: Vec<String>,
    /// Secrets.
    pub secrets: Vec<String>,
}

impl References {
    /// Adds a ConfigMap once.
    pub fn add_config_map(&mut self, name: &str) {
        add_once(&mut self.config_maps, name);
    }

    /// Adds a Secret once.
    pub fn add_secret(&mut self, name: &str) {
        add_once(&mut self.secrets, name);
    }
}

fn add_once(names: &mut Vec<String>, name: &str) {
    if !name.is_empty() && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// What a container's environment refers to.
pub fn references(container: &Container, into: &mut References) {
    for from in container.env_from.iter().flatten() {
        if let Some(config_map) = &from.config_map_ref {
            into.add_config_map(&config_map.name);
        }
        if let Some(secret) = &from.secret_ref {
            into.add_secret(&secret.name);
        }
    }
    for source in container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref()) {
        if let Some(config_map) = &source.config_map_key_ref {
            into.add_config_map(&config_map.name);
        }
        if let Some(secret) = &source.secret_key_ref {
            into.add_secret(&secret.name);
        }
    }
}

/// What an environment is worked out from.
pub struct EnvironmentInput<'a> {
    /// The container.
    pub container: &'a Container,
    /// Pod, addresses, allocatable resources.
    pub fields: FieldContext<'a>,
    /// What it refers to.
    pub objects: &'a Objects,
    /// Service variables.
    pub services: &'a [Variable],
    /// Host name inside the Pod.
    pub hostname: &'a str,
}

/// The variables, in the order of their declaration, Service variables last. The error is upstream's text.
pub fn environment(input: &EnvironmentInput<'_>) -> Result<Vec<Variable>, String> {
    let mut variables = Variables { input, declared: Vec::new() };
    for from in input.container.env_from.iter().flatten() {
        variables.add_from(from)?;
    }
    for variable in input.container.env.iter().flatten() {
        if let Some(value) = variables.value(variable)? {
            variables.set(&variable.name, value);
        }
    }
    let mut all = variables.declared;
    if !all.iter().any(|variable| variable.name == "HOSTNAME") {
        all.insert(0, Variable { name: "HOSTNAME".into(), value: input.hostname.to_owned() });
    }
    for service in input.services {
        if !all.iter().any(|variable| variable.name == service.name) {
            all.push(service.clone());
        }
    }
    Ok(all)
}

struct Variables<'a> {
    input: &'a EnvironmentInput<'a>,
    declared: Vec<Variable>,
}

impl Variables<'_> {
    fn set(&mut self, name: &str, value: String) {
        match self.declared.iter_mut().find(|variable| variable.name == name) {
            Some(variable) => variable.value = value,
            None => self.declared.push(Variable { name: name.to_owned(), value }),
        }
    }

    fn add_from(&mut self, from: &api::k8s_openapi::api::core::v1::EnvFromSource) -> Result<(), String> {
        let prefix = from.prefix.as_deref().unwrap_or("");
        if let Some(source) = &from.config_map_ref {
            let config_map = self.input.objects.config_map(&source.name, source.optional.unwrap_or(false))?;
            for (key, value) in config_map.into_iter().flat_map(|config_map| config_map.data.iter().flatten()) {
                self.set(&format!("{prefix}{key}"), value.clone());
            }
        } else if let Some(source) = &from.secret_ref {
            let secret = self.input.objects.secret(&source.name, source.optional.unwrap_or(false))?;
            for (key, value) in secret.into_iter().flat_map(|secret| secret.data.iter().flatten()) {
                self.set(&format!("{prefix}{key}"), String::from_utf8_lossy(&value.0).into_owned());
            }
        }
        Ok(())
    }

    /// The value; `None` when an optional source has none.
    fn value(&self, variable: &EnvVar) -> Result<Option<String>, String> {
        match (variable.value.as_deref(), &variable.value_from) {
            (Some(value), _) if !value.is_empty() => Ok(Some(expand(value, |name| self.look_up(name)))),
            (_, Some(source)) => self.source_value(source),
            _ => Ok(Some(String::new())),
        }
    }

    fn look_up(&self, name: &str) -> Option<String> {
        let known = self.declared.iter().chain(self.input.services).find(|variable| variable.name == name);
        known.map(|variable| variable.value.clone())
    }

    fn source_value(&self, source: &EnvVarSource) -> Result<Option<String>, String> {
        let input = self.input;
        let namespace = spec::namespace(input.fields.pod);
        if let Some(field) = &source.field_ref {
            return input.fields.env_field(&field.field_path).map(Some);
        }
        if let Some(resource) = &source.resource_field_ref {
            return input.fields.resource(resource, Some(input.container)).map(Some);
        }
        if let Some(key) = &source.config_map_key_ref {
            let is_optional = key.optional.unwrap_or(false);
            let Some(config_map) = input.objects.config_map(&key.name, is_optional)? else { return Ok(None) };
            let value = config_map.data.as_ref().and_then(|data| data.get(&key.key)).cloned();
            let missing = || format!("couldn't find key {} in ConfigMap {namespace}/{}", key.key, key.name);
            return required(value, is_optional, missing);
        }
        if let Some(key) = &source.secret_key_ref {
            let is_optional = key.optional.unwrap_or(false);
            let Some(secret) = input.objects.secret(&key.name, is_optional)? else { return Ok(None) };
            let value = secret.data.as_ref().and_then(|data| data.get(&key.key));
            let value = value.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned());
            let missing = || format!("couldn't find key {} in Secret {namespace}/{}", key.key, key.name);
            return required(value, is_optional, missing);
        }
        if source.file_key_ref.is_some() {
            return Err("environment variables from files are not supported by this kubelet".to_owned());
        }
        Ok(Some(String::new()))
    }
}

fn required(value: Option<String>, is_optional: bool, missing: impl Fn() -> String) -> Result<Option<String>, String> {
    match value {
        Some(value) => Ok(Some(value)),
        None if is_optional => Ok(None),
        None => Err(missing()),
    }
}

/// Command and arguments with `$(VAR)` expanded.
pub fn expand_all(words: Option<&[String]>, variables: &[Variable]) -> Vec<String> {
    let look_up = |name: &str| variables.iter().find(|v| v.name == name).map(|v| v.value.clone());
    words.unwrap_or(&[]).iter().map(|word| expand(word, look_up)).collect()
}

/// A probe's or hook's command, in which only literal variables of the container are expanded.
pub fn expand_static(words: Option<&[String]>, container: &Container) -> Vec<String> {
    let literal = container
        .env
        .iter()
        .flatten()
        .map(|variable| Variable { name: variable.name.clone(), value: variable.value.clone().unwrap_or_default() });
    expand_all(words, &literal.collect::<Vec<_>>())
}

/// A mount's sub path with `$(VAR)` expanded; variables without a value are an error (upstream's text).
pub fn expand_sub_path(expression: &str, variables: &[Variable]) -> Result<String, String> {
    let missing = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let expanded = expand(expression, |name| {
        let value = variables.iter().find(|v| v.name == name).map(|v| v.value.clone()).unwrap_or_default();
        if value.is_empty() {
            missing.borrow_mut().insert(name.to_owned());
        }
        Some(value)
    });
    let missing = missing.into_inner();
    match missing.is_empty() {
        true => Ok(expanded),
        false => Err(format!("missing value for {}", missing.into_iter().collect::<Vec<_>>().join(", "))),
    }
}

/// Whether a Pod refers to an object of that kind and name in any way (environment or volumes).
pub fn pod_references(pod: &Pod) -> References {
    let mut all = crate::volumes::references(pod);
    spec::all_containers(pod).for_each(|container| references(container, &mut all));
    spec::ephemeral_containers(pod).iter().for_each(|container| references(container, &mut all));
    for secret in spec::spec(pod).image_pull_secrets.iter().flatten() {
        all.add_secret(&secret.name);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(container: serde_json::Value, expected: &[&str]) {
        let pod = json!({
            "metadata": {"name": "p", "namespace": "ns", "labels": {"a": "1"}},
            "spec": {"containers": [container], "nodeName": "n"},
        });
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let config = json!({"data": {"k": "v", "two": "$(k)"}});
        let secret = json!({"data": {"s": "aGVsbG8="}});
        let mut objects = Objects::default();
        let config = api::typed::config_map(config.to_string().as_bytes()).expect("a ConfigMap");
        objects.config_maps.insert("cm".into(), Ok(Arc::new(config)));
        let secret = api::typed::secret(secret.to_string().as_bytes()).expect("a Secret");
        objects.secrets.insert("sec".into(), Ok(Arc::new(secret)));
        let absent = LookUpError { is_not_found: true, message: "configmap \"no\" not found".into() };
        objects.config_maps.insert("no".into(), Err(absent));
        let allocatable = std::collections::BTreeMap::new();
        let ips = ["10.1.0.2".to_owned()];
        let services = [Variable { name: "SVC".into(), value: "10.96.0.1".into() }];
        let fields = FieldContext { pod: &pod, pod_ips: &ips, host_ips: &ips, allocatable: &allocatable };
        let container = &spec::containers(&pod)[0];
        let input = EnvironmentInput { container, fields, objects: &objects, services: &services, hostname: "p" };
        let lines: Vec<String> = match environment(&input) {
            Ok(all) => all.into_iter().map(|variable| format!("{}={}", variable.name, variable.value)).collect(),
            Err(error) => vec![error],
        };
        assert_eq!(lines, expected);
    }

    #[test]
    fn env_overrides_env_from_and_sees_services() {
        check(
            json!({"name": "c", "envFrom": [{"prefix": "P_", "configMapRef": {"name": "cm"}}, {"secretRef": {"name": "sec"}}],
                "env": [{"name": "P_k", "value": "$(s)-$(SVC)-$(none)-$$(s)"}, {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    {"name": "L", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a']"}}}]}),
            &[
                "HOSTNAME=p",
                "P_k=hello-10.96.0.1-$(none)-$(s)",
                "P_two=$(k)",
                "s=hello",
                "IP=10.1.0.2",
                "L=1",
                "SVC=10.96.0.1",
            ],
        );
    }

    #[test]
    fn an_absent_source_is_an_error_unless_it_is_optional() {
        let from = |name: &str, key: &str, optional: bool| json!({"name": "c", "env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": name, "key": key, "optional": optional}}}]});
        check(from("no", "k", false), &["configmap \"no\" not found"]);
        check(from("no", "k", true), &["HOSTNAME=p", "SVC=10.96.0.1"]);
        check(from("cm", "x", false), &["couldn't find key x in ConfigMap ns/cm"]);
        check(from("cm", "k", false), &["HOSTNAME=p", "X=v", "SVC=10.96.0.1"]);
    }

    #[test]
    fn a_sub_path_needs_all_its_variables() {
        let variables = [Variable { name: "A".into(), value: "x".into() }];
        assert_eq!(expand_sub_path("d/$(A)", &variables), Ok("d/x".into()));
        assert_eq!(expand_sub_path("$(B)/$(A)", &variables), Err("missing value for B".into()));
    }
}
