use expect_test::expect;

use crate::harness::{check, run};

#[test]
fn a_service_gets_an_address_that_is_its_own() {
    let out = run("create services default {metadata: {name: a}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
        create services default {metadata: {name: b}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
        create services default {metadata: {name: b}, spec: {ports: [{port: 80}]}}
        row ipaddresses - 10.96.0.10
        delete services default a
        get ipaddresses - 10.96.0.10
        create services default {metadata: {name: c}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("201"), "{out}");
    let taken = "422 Invalid: Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to \
                 allocate IP 10.96.0.10: provided IP is already allocated";
    assert_eq!(lines[1], taken);
    assert!(lines[2].contains(r#""clusterIP":"10.96."#), "{out}");
    assert_eq!(lines[3], r#"["10.96.0.10","services/default/a"]"#);
    assert!(lines[4].starts_with("gone"), "{out}");
    assert!(lines[5].starts_with("404"), "{out}");
    assert!(lines[6].starts_with("201"), "{out}");
}

#[test]
fn defaults_fill_what_a_client_leaves_out() {
    check(
        "create services default {metadata: {name: a}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}, {name: x, port: 81, targetPort: http, protocol: UDP}]}}
         create services default {metadata: {name: a}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
         create services default {metadata: {name: h}, spec: {clusterIP: None, selector: {a: b}}}
         create services default {metadata: {name: i}, spec: {clusterIP: None}}
         create services default {metadata: {name: e}, spec: {type: ExternalName, externalName: example.com}}
         create services default {metadata: {name: s}, spec: {clusterIP: 10.96.0.11, sessionAffinity: ClientIP, ports: [{port: 80}]}}",
        expect![[r#"
            422 Invalid: Service "a" is invalid: spec.ports[0].name: Required value
            201 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"h","namespace":"default"},"spec":{"selector":{"a":"b"},"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"i","namespace":"default"},"spec":{"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"RequireDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"e","namespace":"default"},"spec":{"type":"ExternalName","sessionAffinity":"None","externalName":"example.com"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"s","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.0.11","clusterIPs":["10.96.0.11"],"type":"ClusterIP","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
        "#]],
    );
}

#[test]
fn node_ports_are_taken_once_and_kept_by_name() {
    check(
        "create services default {metadata: {name: a}, spec: {type: NodePort, clusterIP: 10.96.0.10, ports: [{name: x, port: 80, nodePort: 30080}]}}
         create services default {metadata: {name: b}, spec: {type: NodePort, clusterIP: 10.96.0.11, ports: [{port: 80, nodePort: 30080}]}}
         get ipaddresses - 10.96.0.11
         create services default {metadata: {name: b}, spec: {type: NodePort, clusterIP: 10.96.0.11, ports: [{port: 80, nodePort: 80}]}}
         update services default a {metadata: {name: a}, spec: {type: NodePort, ports: [{name: x, port: 81}]}}
         update services default a {metadata: {name: a}, spec: {type: ClusterIP, ports: [{name: x, port: 81}]}}
         create services default {metadata: {name: b}, spec: {type: NodePort, clusterIP: 10.96.0.11, ports: [{port: 80, nodePort: 30080}]}}
         row services default b",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"name":"x","protocol":"TCP","port":80,"targetPort":80,"nodePort":30080}],"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],"type":"NodePort","sessionAffinity":"None","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated
            404 NotFound: ipaddresses.networking.k8s.io "10.96.0.11" not found
            422 Invalid: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"name":"x","protocol":"TCP","port":81,"targetPort":81,"nodePort":30080}],"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],"type":"NodePort","sessionAffinity":"None","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"name":"x","protocol":"TCP","port":81,"targetPort":81}],"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"b","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":30080}],"clusterIP":"10.96.0.11","clusterIPs":["10.96.0.11"],"type":"NodePort","sessionAffinity":"None","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            ["b","NodePort","10.96.0.11","\u003cnone\u003e","80:30080/TCP","0s","\u003cnone\u003e"]
        "#]],
    );
}

#[test]
fn a_change_of_type_gives_back_what_it_no_longer_needs() {
    check(
        "create services default {metadata: {name: a}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
         patch services default a merge {spec: {type: ExternalName, externalName: example.com}}
         get ipaddresses - 10.96.0.10
         patch services default a merge {spec: {type: ClusterIP, clusterIP: 10.96.0.12}}
         patch services default a merge {spec: {clusterIP: 10.96.0.13}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"type":"ExternalName","sessionAffinity":"None","externalName":"example.com"},"status":{"loadBalancer":{}}}
            404 NotFound: ipaddresses.networking.k8s.io "10.96.0.10" not found
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.0.12","clusterIPs":["10.96.0.12"],"type":"ClusterIP","sessionAffinity":"None","externalName":"example.com","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.13"]: may not change once set
        "#]],
    );
}

#[test]
fn upstreams_words_refuse_what_makes_no_service() {
    check(
        "create services default {metadata: {name: a.b}, spec: {ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {}}
         create services default {metadata: {name: a}, spec: {ports: [{port: 0}]}}
         create services default {metadata: {name: a}, spec: {ports: [{port: 80}, {port: 80}]}}
         create services default {metadata: {name: a}, spec: {type: Foo, ports: [{port: 80, protocol: TPC, targetPort: a_b}]}}
         create services default {metadata: {name: a}, spec: {clusterIP: 1.2.3.4, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {clusterIP: x, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {ipFamilies: [IPv6], ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {externalTrafficPolicy: Local, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {type: ExternalName, ports: [{port: 80}]}}
         create services default {metadata: {name: a}, spec: {ports: [{port: 80, nodePort: 30000}]}}
         create services default {metadata: {name: a}, spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}}
         list ipaddresses -",
        expect![[r#"
            422 Invalid: Service "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots
            422 Invalid: Service "a" is invalid: spec.ports: Required value
            422 Invalid: Service "a" is invalid: [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]
            422 Invalid: Service "a" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value, spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}]
            422 Invalid: Service "a" is invalid: [spec.ports[0].protocol: Unsupported value: "TPC": supported values: "SCTP", "TCP", "UDP", spec.ports[0].targetPort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
            422 Invalid: Service "a" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range
            422 Invalid: Service "a" is invalid: spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
            422 Invalid: Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
            422 Invalid: Service "a" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster
            422 Invalid: Service "a" is invalid: spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400
            422 Invalid: Service "a" is invalid: spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services
            422 Invalid: Service "a" is invalid: spec.externalName: Required value
            422 Invalid: Service "a" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'
            422 Invalid: Service "a" is invalid: spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services
             @1
        "#]],
    );
}

#[test]
fn a_dry_run_takes_no_address() {
    let out = run("create?dry services default {metadata: {name: a}, spec: {type: NodePort, ports: [{port: 80}]}}
        list ipaddresses -");
    assert!(out.starts_with("201"), "{out}");
    assert!(out.ends_with("\n @1\n"), "{out}");
}

#[test]
fn addresses_without_a_service_are_removed_at_the_next_start() {
    use crate::harness::{Cluster, block_on};
    let out = block_on(async {
        let mut cluster = Cluster::new().await;
        let label = "{ipaddress.kubernetes.io/managed-by: ipallocator.k8s.io}";
        let script = format!(
            "create services default {{metadata: {{name: a}}, spec: {{type: NodePort, clusterIP: 10.96.0.10, ports: [{{port: 80, nodePort: 30080}}]}}}}
             create ipaddresses - {{metadata: {{name: 10.96.0.20, labels: {label}}}, spec: {{parentRef: {{resource: services, namespace: default, name: b}}}}}}
             create ipaddresses - {{metadata: {{name: 10.96.0.21}}, spec: {{parentRef: {{resource: services, namespace: default, name: b}}}}}}"
        );
        cluster.run(&script).await;
        let mut later = Cluster::over(cluster.storage.clone()).await;
        let script = "list ipaddresses -
            create services default {metadata: {name: b}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}";
        later.run(script).await
    });
    expect![[r#"
        10.96.0.10 10.96.0.21 @6
        422 Invalid: Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated
    "#]].assert_eq(&out);
}
