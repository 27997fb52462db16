use super::*;
use apimachinery::json;
use client::resources;

/// Two namespaces; `web` has an address and two ports, `db` is headless with a named and an unnamed host,
/// `ext` is elsewhere, `idle` is headless without endpoints.
fn cluster() -> Cluster {
    let cluster = Cluster::idle();
    let objects = |texts: &[&str]| -> Vec<_> {
        texts.iter().map(|text| json::encode_object(&json::parse(text.as_bytes()).expect("test JSON"), 1)).collect()
    };
    let namespace = r#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}"#;
    cluster.fill(resources::NAMESPACES, &objects(&[namespace]));
    cluster.fill(
        resources::SERVICES,
        &objects(&[
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7","fd00::7"],"type":"ClusterIP","ports":[{"name":"http","port":80,"protocol":"TCP"},{"name":"metrics","port":9090,"protocol":"UDP"}]}}"#,
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"db","namespace":"shop"},"spec":{"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP"}}"#,
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"idle","namespace":"shop"},"spec":{"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP"}}"#,
            r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"ext","namespace":"shop"},"spec":{"type":"ExternalName","externalName":"Example.COM."}}"#,
        ]),
    );
    cluster.fill(
        resources::ENDPOINT_SLICES,
        &objects(&[
            r#"{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"db-1","namespace":"shop","labels":{"kubernetes.io/service-name":"db"}},"addressType":"IPv4","endpoints":[{"addresses":["10.244.0.5"],"hostname":"db-0","conditions":{"ready":true}},{"addresses":["10.244.0.6"],"conditions":{}},{"addresses":["10.244.0.9"],"conditions":{"ready":false}}],"ports":[{"name":"sql","port":5432,"protocol":"TCP"}]}"#,
        ]),
    );
    cluster
}

#[track_caller]
fn check(name: &str, expected: &str) {
    let got = match look_up(&cluster(), "cluster.local", name) {
        Found::Elsewhere => "elsewhere".into(),
        Found::Nothing => "nothing".into(),
        Found::Records(records) => records.iter().map(show).collect::<Vec<_>>().join(", "),
    };
    assert_eq!(got, expected);
}

fn show(data: &Data) -> String {
    match data {
        Data::Address(address) => address.to_string(),
        Data::Alias(name) => format!("CNAME {name}"),
        Data::Pointer(name) => format!("PTR {name}"),
        Data::Server { weight, port, target } => format!("SRV {weight} {port} {target}"),
        Data::Text(text) => format!("TXT {text}"),
    }
}

#[test]
fn a_service_has_its_addresses_and_ports() {
    check(
        "web.shop.svc.cluster.local",
        "10.96.0.7, fd00::7, SRV 100 80 web.shop.svc.cluster.local, SRV 100 9090 web.shop.svc.cluster.local",
    );
    check("_http._tcp.web.shop.svc.cluster.local", "SRV 100 80 web.shop.svc.cluster.local");
    check("_http._udp.web.shop.svc.cluster.local", "nothing");
    check("_tcp.web.shop.svc.cluster.local", "");
}

#[test]
fn a_headless_service_has_its_ready_endpoints() {
    check(
        "db.shop.svc.cluster.local",
        "10.244.0.5, 10.244.0.6, SRV 50 5432 10-244-0-6.db.shop.svc.cluster.local, \
         SRV 50 5432 db-0.db.shop.svc.cluster.local",
    );
    check("db-0.db.shop.svc.cluster.local", "10.244.0.5");
    check("10-244-0-6.db.shop.svc.cluster.local", "10.244.0.6");
    check("db-1.db.shop.svc.cluster.local", "nothing");
    check("idle.shop.svc.cluster.local", "nothing");
}

#[test]
fn other_names_are_told_apart() {
    check("ext.shop.svc.cluster.local", "CNAME example.com");
    check("10-244-0-5.shop.pod.cluster.local", "10.244.0.5");
    check("dns-version.cluster.local", "TXT 1.1.0");
    check("cluster.local", "");
    check("shop.svc.cluster.local", "");
    check("mall.svc.cluster.local", "nothing");
    check("web.shop.cluster.local", "nothing");
    check("kubernetes.io", "elsewhere");
    check("xcluster.local", "elsewhere");
}

#[test]
fn addresses_point_back() {
    check("7.0.96.10.in-addr.arpa", "PTR web.shop.svc.cluster.local");
    check("5.0.244.10.in-addr.arpa", "PTR db-0.db.shop.svc.cluster.local");
    check("8.8.8.8.in-addr.arpa", "elsewhere");
    check("x.in-addr.arpa", "elsewhere");
    let six = "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa";
    check(six, "PTR web.shop.svc.cluster.local");
}
