//! Variables that tell a container where the Services of its namespace are. Pure.

use super::Variable;

/// What is needed of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDigest {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `spec.clusterIP`; empty or `None` has no variables.
    pub cluster_ip: String,
    /// Ports: name, number, protocol.
    pub ports: Vec<(String, i32, String)>,
}

/// Reads a Service's JSON.
pub fn project(bytes: &[u8]) -> Option<ServiceDigest> {
    let service = api::typed::service(bytes).ok()?;
    let spec = service.spec.unwrap_or_default();
    let ports = spec.ports.into_iter().flatten().map(|port| {
        let protocol = port.protocol.filter(|text| !text.is_empty()).unwrap_or_else(|| "TCP".into());
        (port.name.unwrap_or_default(), port.port, protocol)
    });
    Some(ServiceDigest {
        namespace: service.metadata.namespace.unwrap_or_default(),
        name: service.metadata.name.unwrap_or_default(),
        cluster_ip: spec.cluster_ip.unwrap_or_default(),
        ports: ports.collect(),
    })
}

/// The variables for a Pod of `namespace`: always those of `default/kubernetes`, the others if links are enabled.
pub fn variables<'a>(
    services: impl Iterator<Item = &'a ServiceDigest>,
    namespace: &str,
    has_links: bool,
) -> Vec<Variable> {
    let mut chosen = std::collections::BTreeMap::<&str, &ServiceDigest>::new();
    for service in services.filter(|service| !matches!(service.cluster_ip.as_str(), "" | "None")) {
        let is_master = service.namespace == "default" && service.name == "kubernetes";
        if service.namespace == namespace && has_links {
            chosen.insert(&service.name, service);
        } else if is_master {
            chosen.entry(&service.name).or_insert(service);
        }
    }
    chosen.values().flat_map(|service| of_service(service)).collect()
}

fn of_service(service: &ServiceDigest) -> Vec<Variable> {
    let prefix = variable_name(&service.name);
    let mut all = Vec::new();
    let mut add = |name: String, value: String| all.push(Variable { name, value });
    let Some((_, first, _)) = service.ports.first() else { return all };
    add(format!("{prefix}_SERVICE_HOST"), service.cluster_ip.clone());
    add(format!("{prefix}_SERVICE_PORT"), first.to_string());
    for (name, port, _) in service.ports.iter().filter(|(name, ..)| !name.is_empty()) {
        add(format!("{prefix}_SERVICE_PORT_{}", variable_name(name)), port.to_string());
    }
    for (index, (_, port, protocol)) in service.ports.iter().enumerate() {
        let address = match service.cluster_ip.contains(':') {
            true => format!("[{}]:{port}", service.cluster_ip),
            false => format!("{}:{port}", service.cluster_ip),
        };
        let url = format!("{}://{address}", protocol.to_lowercase());
        if index == 0 {
            add(format!("{prefix}_PORT"), url.clone());
        }
        let port_prefix = format!("{prefix}_PORT_{port}_{}", protocol.to_uppercase());
        add(port_prefix.clone(), url);
        add(format!("{port_prefix}_PROTO"), protocol.to_lowercase());
        add(format!("{port_prefix}_PORT"), port.to_string());
        add(format!("{port_prefix}_ADDR"), service.cluster_ip.clone());
    }
    all
}

fn variable_name(text: &str) -> String {
    text.replace('-', "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_api_is_always_linked_and_others_only_in_their_namespace() {
        let service = |namespace: &str, name: &str, ip: &str| ServiceDigest {
            namespace: namespace.into(),
            name: name.into(),
            cluster_ip: ip.into(),
            ports: vec![("http".into(), 80, "TCP".into())],
        };
        let all = [
            service("default", "kubernetes", "10.96.0.1"),
            service("ns", "my-web", "10.96.0.2"),
            service("ns", "headless", "None"),
            service("other", "x", "10.96.0.3"),
        ];
        let print = |namespace, has_links| {
            let all = variables(all.iter(), namespace, has_links);
            all.into_iter().map(|v| format!("{}={}\n", v.name, v.value)).collect::<String>()
        };
        expect![[r#"
            KUBERNETES_SERVICE_HOST=10.96.0.1
            KUBERNETES_SERVICE_PORT=80
            KUBERNETES_SERVICE_PORT_HTTP=80
            KUBERNETES_PORT=tcp://10.96.0.1:80
            KUBERNETES_PORT_80_TCP=tcp://10.96.0.1:80
            KUBERNETES_PORT_80_TCP_PROTO=tcp
            KUBERNETES_PORT_80_TCP_PORT=80
            KUBERNETES_PORT_80_TCP_ADDR=10.96.0.1
        "#]]
        .assert_eq(&print("ns", false));
        assert_eq!(print("ns", true).lines().count(), 16);
        assert!(print("ns", true).contains("MY_WEB_SERVICE_PORT_HTTP=80\n"));
    }
}
