//! What is particular to the simple kinds.

use expect_test::expect;

use crate::harness::check;

#[test]
fn secrets_take_plain_text_and_check_their_type() {
    check(
        "create secrets default {metadata: {name: a}, data: {k: aGk=}, stringData: {l: hello}}
         row secrets default a
         create secrets default {metadata: {name: b}, type: kubernetes.io/tls, data: {tls.crt: aGk=}}
         create secrets default {metadata: {name: b}, type: kubernetes.io/basic-auth}
         create secrets default {metadata: {name: b}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: 'x'}}
         create secrets default {metadata: {name: b}, type: kubernetes.io/service-account-token}
         create secrets default {metadata: {name: b}, data: {'a/b': aGk=, ..: aGk=}}
         patch secrets default a merge {type: kubernetes.io/tls}
         list secrets default {fields: type=Opaque}
         list secrets default {fields: type=x}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"aGk=","l":"aGVsbG8="},"type":"Opaque"}
            ["a","Opaque",2,"0s"]
            422 Invalid: Secret "b" is invalid: data[tls.key]: Required value
            422 Invalid: Secret "b" is invalid: [data[username]: Required value, data[password]: Required value]
            422 Invalid: Secret "b" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value
            422 Invalid: Secret "b" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value
            422 Invalid: Secret "b" is invalid: [data[..]: Invalid value: "..": must not be '..', data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')]
            422 Invalid: Secret "a" is invalid: [type: Invalid value: "kubernetes.io/tls": field is immutable, data[tls.crt]: Required value, data[tls.key]: Required value]
            a @2
             @2
        "#]],
    );
}

#[test]
fn events_are_one_storage_under_two_groups() {
    check(
        "create events default {metadata: {name: a}, involvedObject: {kind: Pod, name: p, namespace: default}, reason: Started, message: 'm ', type: Normal, source: {component: kubelet, host: n1}, count: 2}
         get events.events.k8s.io default a
         row events default a
         row events.events.k8s.io default a
         list events.events.k8s.io default {fields: regarding.name=p}
         list events default {fields: involvedObject.name=q}
         list events default {fields: source=kubelet}
         list events.events.k8s.io default {fields: involvedObject.name=p}
         create events.events.k8s.io default {metadata: {name: b}, regarding: {namespace: default}, note: text, type: Odd}
         create events.events.k8s.io default {metadata: {name: b}, eventTime: '2020-01-01T00:00:00.000001Z', regarding: {namespace: default}, note: text, type: Normal, reason: R, action: A, reportingController: c, reportingInstance: i}
         get events default b
         patch events.events.k8s.io default b merge {note: other}
         patch events default b merge {message: other}
         create events default {metadata: {name: c}, involvedObject: {namespace: other}}
         delete events default a {policy: Foreground}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"Started","message":"m ","source":{"component":"kubelet","host":"n1"},"firstTimestamp":null,"lastTimestamp":null,"count":2,"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}
            {"metadata":{"name":"a","namespace":"default"},"eventTime":null,"reason":"Started","regarding":{"kind":"Pod","namespace":"default","name":"p"},"note":"m ","type":"Normal","deprecatedSource":{"component":"kubelet","host":"n1"},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null,"deprecatedCount":2}
            ["\u003cunknown\u003e","Normal","Started","pod/p","","kubelet, n1","m","\u003cunknown\u003e",2,"a"]
            ["\u003cunknown\u003e","Normal","Started","pod/p","","kubelet, n1","m","\u003cunknown\u003e",2,"a"]
            a @2
             @2
            a @2
            400 BadRequest: field label not supported: involvedObject.name
            422 Invalid: Event "b" is invalid: [eventTime: Required value, type: Invalid value: "": has invalid value: Odd]
            201 {"metadata":{"name":"b","namespace":"default"},"eventTime":"2020-01-01T00:00:00.000001Z","reportingController":"c","reportingInstance":"i","action":"A","reason":"R","regarding":{"namespace":"default"},"note":"text","type":"Normal","deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}
            {"metadata":{"name":"b","namespace":"default"},"involvedObject":{"namespace":"default"},"reason":"R","message":"text","source":{},"firstTimestamp":null,"lastTimestamp":null,"type":"Normal","eventTime":"2020-01-01T00:00:00.000001Z","action":"A","reportingComponent":"c","reportingInstance":"i"}
            422 Invalid: Event "b" is invalid: message: Invalid value: "other": field is immutable
            200 {"metadata":{"name":"b","namespace":"default"},"involvedObject":{"namespace":"default"},"reason":"R","message":"other","source":{},"firstTimestamp":null,"lastTimestamp":null,"type":"Normal","eventTime":"2020-01-01T00:00:00.000001Z","action":"A","reportingComponent":"c","reportingInstance":"i"}
            422 Invalid: Event "c" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace
            gone {"metadata":{"name":"a","namespace":"default"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"Started","message":"m ","source":{"component":"kubelet","host":"n1"},"firstTimestamp":null,"lastTimestamp":null,"count":2,"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}
        "#]],
    );
}

#[test]
fn bindings_and_roles_are_checked() {
    check(
        "create roles default {metadata: {name: 'system:a'}, rules: [{verbs: [get], apiGroups: [''], resources: [pods]}]}
         create roles default {metadata: {name: b}, rules: [{nonResourceURLs: [/x]}, {verbs: [get]}]}
         create clusterroles - {metadata: {name: b}, rules: [{verbs: [get], nonResourceURLs: [/x], resources: [pods]}], aggregationRule: {clusterRoleSelectors: []}}
         create rolebindings default {metadata: {name: a}, roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s, namespace: default}]}
         row rolebindings default a
         patch rolebindings default a merge {roleRef: {name: other}}
         create clusterrolebindings - {metadata: {name: a/b}, roleRef: {kind: Role}, subjects: [{kind: Robot, name: u}, {kind: ServiceAccount, name: s}]}
         update rolebindings default put {metadata: {name: put}, roleRef: {kind: ClusterRole, name: r}}",
        expect![[r#"
            201 {"metadata":{"name":"system:a","namespace":"default"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}
            422 Invalid: Role.rbac.authorization.k8s.io "b" is invalid: [rules[0].verbs: Required value: verbs must contain at least one value, rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs, rules[1].apiGroups: Required value: resource rules must supply at least one api group, rules[1].resources: Required value: resource rules must supply at least one resource]
            422 Invalid: ClusterRole.rbac.authorization.k8s.io "b" is invalid: [rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs, aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil]
            201 {"metadata":{"name":"a","namespace":"default"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"u"},{"kind":"ServiceAccount","name":"s","namespace":"default"}],"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"}}
            ["a","Role/r","0s","u","","default/s"]
            422 Invalid: RoleBinding.rbac.authorization.k8s.io "a" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef
            422 Invalid: ClusterRoleBinding.rbac.authorization.k8s.io "a/b" is invalid: [metadata.name: Invalid value: "a/b": may not contain '/', roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", roleRef.name: Required value, subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group", subjects[1].namespace: Required value]
            201 {"metadata":{"name":"put","namespace":"default"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"r"}}
        "#]],
    );
}

#[test]
fn endpoints_and_slices_are_checked() {
    check(
        "create endpoints default {metadata: {name: a}, subsets: [{addresses: [{ip: 10.1.0.1}, {ip: 10.1.0.2}], ports: [{name: x, port: 80}, {name: z, port: 81}]}]}
         row endpoints default a
         create endpoints default {metadata: {name: b}, subsets: [{}, {addresses: [{ip: 127.0.0.1}, {ip: x}], ports: [{port: 0}, {port: 80}]}]}
         create endpointslices default {metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: [10.1.0.1], nodeName: n1}], ports: [{port: 80}]}
         row endpointslices default a
         patch endpointslices default a merge {endpoints: []}
         patch endpointslices default a merge {addressType: IPv6}
         create endpointslices default {metadata: {name: b}, addressType: Odd, endpoints: [{addresses: []}], ports: [{name: x}, {name: x, protocol: Odd}]}
         create endpointslices default {metadata: {name: b}, addressType: IPv6, endpoints: [{addresses: [10.1.0.1]}]}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"subsets":[{"addresses":[{"ip":"10.1.0.1"},{"ip":"10.1.0.2"}],"ports":[{"name":"x","port":80,"protocol":"TCP"},{"name":"z","port":81,"protocol":"TCP"}]}]}
            ["a","10.1.0.1:80,10.1.0.2:80,10.1.0.1:81 + 1 more...","0s"]
            422 Invalid: Endpoints "b" is invalid: [subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`, subsets[1].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), subsets[1].addresses[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), subsets[1].addresses[1].ip: Invalid value: "x": must be a valid IP address, subsets[1].ports[0].name: Required value, subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, subsets[1].ports[1].name: Required value]
            201 {"metadata":{"name":"a","namespace":"default","generation":1},"addressType":"IPv4","endpoints":[{"addresses":["10.1.0.1"],"conditions":{},"nodeName":"n1"}],"ports":[{"name":"","protocol":"TCP","port":80}]}
            ["a","IPv4","80","10.1.0.1","0s"]
            200 {"metadata":{"name":"a","namespace":"default","generation":2},"addressType":"IPv4","endpoints":null,"ports":[{"name":"","protocol":"TCP","port":80}]}
            422 Invalid: EndpointSlice.discovery.k8s.io "a" is invalid: addressType: Invalid value: "IPv6": field is immutable
            422 Invalid: EndpointSlice.discovery.k8s.io "b" is invalid: [addressType: Unsupported value: "Odd": supported values: "FQDN", "IPv4", "IPv6", ports[1].name: Duplicate value: "x", ports[1].protocol: Unsupported value: "Odd": supported values: "SCTP", "TCP", "UDP", endpoints[0].addresses: Required value: must contain at least 1 address]
            422 Invalid: EndpointSlice.discovery.k8s.io "b" is invalid: endpoints[0].addresses: Invalid value: "10.1.0.1": must be an IPv6 address
        "#]],
    );
}

#[test]
fn nodes_show_their_state() {
    check(
        "create nodes - {metadata: {name: n1, labels: {node-role.kubernetes.io/control-plane: ''}}, spec: {podCIDR: 10.1.0.0/24}, status: {capacity: {cpu: '2', pods: '1.5'}}}
         create nodes - {metadata: {name: n1, labels: {node-role.kubernetes.io/control-plane: ''}}, spec: {podCIDR: 10.1.0.0/24}, status: {capacity: {cpu: '2'}, nodeInfo: {kubeletVersion: v1.36.3}}}
         row nodes - n1
         patch nodes - n1/status strategic {status: {conditions: [{type: Ready, status: 'True'}], addresses: [{type: InternalIP, address: 10.0.0.5}]}}
         patch nodes - n1 strategic {spec: {unschedulable: true, taints: [{key: a, effect: NoSchedule}]}}
         row nodes - n1
         patch nodes - n1 merge {spec: {podCIDR: 10.2.0.0/24, podCIDRs: [10.2.0.0/24]}}
         patch nodes - n1 merge {spec: {taints: [{key: a, effect: Odd}, {key: b, effect: NoExecute}, {key: b, effect: NoExecute}]}}
         list nodes - {fields: spec.unschedulable=true}
         list nodes - {fields: spec.unschedulable=false}",
        expect![[r#"
            422 Invalid: Node "n1" is invalid: [status.capacity.pods: Invalid value: "1500m": must be an integer, status.allocatable.pods: Invalid value: "1500m": must be an integer]
            201 {"metadata":{"name":"n1","labels":{"node-role.kubernetes.io/control-plane":""}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]},"status":{"capacity":{"cpu":"2"},"allocatable":{"cpu":"2"},"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            ["n1","Unknown","control-plane","0s","v1.36.3","\u003cnone\u003e","\u003cnone\u003e","\u003cunknown\u003e","\u003cunknown\u003e","\u003cunknown\u003e"]
            200 {"metadata":{"name":"n1","labels":{"node-role.kubernetes.io/control-plane":""}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]},"status":{"capacity":{"cpu":"2"},"allocatable":{"cpu":"2"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null}],"addresses":[{"type":"InternalIP","address":"10.0.0.5"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            200 {"metadata":{"name":"n1","labels":{"node-role.kubernetes.io/control-plane":""}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"unschedulable":true,"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"2"},"allocatable":{"cpu":"2"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null}],"addresses":[{"type":"InternalIP","address":"10.0.0.5"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            ["n1","Ready,SchedulingDisabled","control-plane","0s","v1.36.3","10.0.0.5","\u003cnone\u003e","\u003cunknown\u003e","\u003cunknown\u003e","\u003cunknown\u003e"]
            422 Invalid: Node "n1" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid
            422 Invalid: Node "n1" is invalid: [metadata.taints[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute", metadata.taints[2]: Duplicate value: {"Key":"b","Value":"","Effect":"NoExecute","TimeAdded":null}: taints must be unique by key and effect pair]
            n1 @4
             @4
        "#]],
    );
}

#[test]
fn the_other_cluster_kinds_are_checked() {
    check(
        "create priorityclasses - {metadata: {name: a}, value: 7}
         row priorityclasses - a
         patch priorityclasses - a merge {value: 8}
         create priorityclasses - {metadata: {name: system-x}, value: 7}
         create priorityclasses - {metadata: {name: b}, value: 1000000001}
         create servicecidrs - {metadata: {name: a}, spec: {cidrs: [10.7.0.1/16]}}
         create servicecidrs - {metadata: {name: a}, spec: {cidrs: [10.7.0.0/16]}}
         patch servicecidrs - a merge {spec: {cidrs: [10.7.0.0/16, 10.8.0.0/16]}}
         patch servicecidrs - a merge {spec: {cidrs: [10.8.0.0/16]}}
         row servicecidrs - a
         create ipaddresses - {metadata: {name: 010.0.0.1}, spec: {parentRef: {}}}
         create ipaddresses - {metadata: {name: 10.0.0.1}}
         create serviceaccounts default {metadata: {name: a}, secrets: [{name: s, kind: Secret}]}
         row serviceaccounts default a
         delete serviceaccounts default a",
        expect![[r#"
            201 {"metadata":{"name":"a","generation":1},"value":7,"preemptionPolicy":"PreemptLowerPriority"}
            ["a",7,false,"0s","PreemptLowerPriority"]
            422 Invalid: PriorityClass.scheduling.k8s.io "a" is invalid: value: Forbidden: may not be changed in an update.
            422 Invalid: PriorityClass.scheduling.k8s.io "system-x" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class
            422 Invalid: PriorityClass.scheduling.k8s.io "b" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000
            422 Invalid: ServiceCIDR.networking.k8s.io "a" is invalid: spec.cidrs[0]: Invalid value: "10.7.0.1/16": must not have bits set beyond the prefix length
            201 {"metadata":{"name":"a"},"spec":{"cidrs":["10.7.0.0/16"]},"status":{}}
            422 Invalid: ServiceCIDR.networking.k8s.io "a" is invalid: spec.cidrs: Invalid value: ["10.7.0.0/16","10.8.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64
            422 Invalid: ServiceCIDR.networking.k8s.io "a" is invalid: spec.cidrs[0]: Invalid value: "10.8.0.0/16": field is immutable
            ["a","10.7.0.0/16","0s"]
            422 Invalid: IPAddress.networking.k8s.io "010.0.0.1" is invalid: [metadata.name: Invalid value: "010.0.0.1": must not have leading 0s, spec.parentRef.resource: Required value, spec.parentRef.name: Required value]
            422 Invalid: IPAddress.networking.k8s.io "10.0.0.1" is invalid: spec.parentRef: Required value
            201 {"metadata":{"name":"a","namespace":"default"},"secrets":[{"name":"s"}]}
            ["a","0s"]
            gone {"metadata":{"name":"a","namespace":"default"},"secrets":[{"name":"s"}]}
        "#]],
    );
}

#[test]
fn api_services_are_checked_and_show_who_serves() {
    check(
        "create apiservices - {metadata: {name: v1.a.b}, spec: {group: a.b, version: v1, groupPriorityMinimum: 1000, versionPriority: 15}}
         row apiservices - v1.a.b
         create apiservices - {metadata: {name: v1.c}, spec: {group: c, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {namespace: ns, name: s}, insecureSkipTLSVerify: true}, status: {conditions: [{type: Available, status: 'True'}]}}
         row apiservices - v1.c
         patch apiservices - v1.c/status merge {spec: {versionPriority: 7}, status: {conditions: [{type: Available, status: 'False', reason: ServiceNotFound}]}}
         row apiservices - v1.c
         patch apiservices - v1.c/status merge {status: {conditions: [{type: Available, status: Odd}]}}
         create apiservices - {metadata: {name: v1.d}, spec: {group: 'A', version: '1', groupPriorityMinimum: 20001}}
         create apiservices - {metadata: {name: v2.}, spec: {version: v2, groupPriorityMinimum: 1, versionPriority: 1, caBundle: YWJj, insecureSkipTLSVerify: true}}
         create apiservices - {metadata: {name: v1.e}, spec: {group: e, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {port: 70000}, caBundle: YWJj, insecureSkipTLSVerify: true}}
         create apiservices - {metadata: {name: v1.}, spec: {version: v1, groupPriorityMinimum: 18000, versionPriority: 1}}",
        expect![[r#"
            201 {"metadata":{"name":"v1.a.b"},"spec":{"group":"a.b","version":"v1","groupPriorityMinimum":1000,"versionPriority":15},"status":{"conditions":[{"type":"Available","status":"True","lastTransitionTime":"T","reason":"Local","message":"Local APIServices are always available"}]}}
            ["v1.a.b","Local","True","0s"]
            201 {"metadata":{"name":"v1.c"},"spec":{"service":{"namespace":"ns","name":"s","port":443},"group":"c","version":"v1","insecureSkipTLSVerify":true,"groupPriorityMinimum":1,"versionPriority":1},"status":{}}
            ["v1.c","ns/s","Unknown","0s"]
            200 {"metadata":{"name":"v1.c"},"spec":{"service":{"namespace":"ns","name":"s","port":443},"group":"c","version":"v1","insecureSkipTLSVerify":true,"groupPriorityMinimum":1,"versionPriority":1},"status":{"conditions":[{"type":"Available","status":"False","lastTransitionTime":null,"reason":"ServiceNotFound"}]}}
            ["v1.c","ns/s","False (ServiceNotFound)","0s"]
            422 Invalid: APIService.apiregistration.k8s.io "v1.c" is invalid: status.conditions[0].status: Unsupported value: "Odd": supported values: "True", "False", "Unknown"
            422 Invalid: APIService.apiregistration.k8s.io "v1.d" is invalid: [metadata.name: Invalid value: "v1.d": must be `spec.version+"."+spec.group`: "1.A", spec.group: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.version: Invalid value: "1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'), spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000, spec.versionPriority: Invalid value: 0: must be positive and less than 1000]
            422 Invalid: APIService.apiregistration.k8s.io "v2." is invalid: [spec.group: Required value: only v1 may have an empty group and it better be legacy kube, spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle, spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify]
            422 Invalid: APIService.apiregistration.k8s.io "v1.e" is invalid: [spec.service.namespace: Required value, spec.service.name: Required value, spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive, spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present]
            201 {"metadata":{"name":"v1."},"spec":{"version":"v1","groupPriorityMinimum":18000,"versionPriority":1},"status":{"conditions":[{"type":"Available","status":"True","lastTransitionTime":"T","reason":"Local","message":"Local APIServices are always available"}]}}
        "#]],
    );
}
