use expect_test::expect;

use crate::harness::check;

#[test]
fn a_created_object_is_read_back_and_cannot_be_created_twice() {
    check(
        "create configmaps default {metadata: {name: a}, data: {k: v}}
         get configmaps default a
         create configmaps default {metadata: {name: a}}
         get configmaps default b",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            409 AlreadyExists: configmaps "a" already exists
            404 NotFound: configmaps "b" not found
        "#]],
    );
}

#[test]
fn the_system_sets_identity_whatever_the_client_says() {
    check(
        "create configmaps default {metadata: {name: a, uid: mine, generation: 3, selfLink: x, deletionTimestamp: '2020-01-01T00:00:00Z'}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","generation":3}}
        "#]],
    );
}

#[test]
fn bodies_of_another_place_name_or_kind_are_refused() {
    check(
        "create configmaps default {metadata: {name: a, namespace: other}}
         create configmaps default {kind: Pod, apiVersion: v1, metadata: {name: a}}
         create configmaps default {kind: Foo, apiVersion: v1, metadata: {name: a}}
         create configmaps default {kind: ConfigMap, apiVersion: v2, metadata: {name: a}}
         create configmaps default {metadata: {name: a, resourceVersion: '7'}}
         create configmaps default {metadata: {name: a}, data: {k: 1}}
         create configmaps default {metadata: {name: a}}
         update configmaps default a {metadata: {name: b}}
         update configmaps default a {metadata: {}}
         update configmaps default a {metadata: {name: a, namespace: other}}",
        expect![[r#"
            400 BadRequest: the namespace of the provided object does not match the namespace sent on the request
            400 BadRequest: Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion
            400 BadRequest: Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"
            400 BadRequest: ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"
            500 : resourceVersion should not be set on objects to be created
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string
            201 {"metadata":{"name":"a","namespace":"default"}}
            400 BadRequest: the name of the object (b) does not match the name on the URL (a)
            400 BadRequest: the name of the object (a based on URL) was undeterminable: name must be provided
            400 BadRequest: the namespace of the provided object does not match the namespace sent on the request
        "#]],
    );
}

#[test]
fn unknown_fields_warn_or_refuse_as_asked() {
    check(
        "create configmaps default {metadata: {name: a}, dat: {k: v}}
         create?strict configmaps default {metadata: {name: b, labell: {}}, dat: {k: v}}
         create?ignore configmaps default {metadata: {name: c}, dat: {k: v}}",
        expect![[r#"
            warning: unknown field "dat"
            201 {"metadata":{"name":"a","namespace":"default"}}
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.labell", unknown field "dat"
            201 {"metadata":{"name":"c","namespace":"default"}}
        "#]],
    );
}

#[test]
fn metadata_is_validated_with_upstreams_texts() {
    check(
        "create configmaps default {metadata: {name: A_b}}
         create configmaps default {metadata: {}}
         create configmaps default {metadata: {name: a, labels: {'a b': 'c d'}}}
         create configmaps default {metadata: {name: a, finalizers: [x]}}
         create configmaps default {metadata: {name: a, finalizers: [orphan, foregroundDeletion]}}
         create configmaps default {metadata: {name: a, ownerReferences: [{apiVersion: '', kind: '', name: x, uid: ''}]}}
         create configmaps default {metadata: {name: a, ownerReferences: [{apiVersion: v1, kind: A, name: x1, uid: u, controller: true}, {apiVersion: v1, kind: B, name: y1, uid: w, controller: true}]}}
         create namespaces - {metadata: {name: a.b}}",
        expect![[r#"
            422 Invalid: ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required
            422 Invalid: ConfigMap "a" is invalid: [metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), metadata.labels: Invalid value: "c d": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]
            422 Invalid: ConfigMap "a" is invalid: metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified
            422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set
            422 Invalid: ConfigMap "a" is invalid: [metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, metadata.ownerReferences.kind: Invalid value: "": must not be empty, metadata.ownerReferences.uid: Invalid value: "": must not be empty]
            422 Invalid: ConfigMap "a" is invalid: metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"A","name":"x1","uid":"u","controller":true},{"apiVersion":"v1","kind":"B","name":"y1","uid":"w","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for A/x1 and B/y1
            422 Invalid: Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots
        "#]],
    );
}

#[test]
fn an_update_is_held_to_the_revision_it_names() {
    check(
        "create configmaps default {metadata: {name: a}}
         update configmaps default a {metadata: {name: a, resourceVersion: '2'}, data: {k: v}}
         update configmaps default a {metadata: {name: a, resourceVersion: '2'}, data: {k: w}}
         update configmaps default a {metadata: {name: a}, data: {k: x}}
         update configmaps default a {metadata: {name: a, uid: other}, data: {k: x}}
         update configmaps default b {metadata: {name: b}}
         update configmaps default a {metadata: {name: a, resourceVersion: x}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"}}
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"x"}}
            409 Conflict: Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: UID 
            404 NotFound: configmaps "b" not found
            500 : strconv.ParseUint: parsing "x": invalid syntax
        "#]],
    );
}

#[test]
fn leases_are_created_by_put_and_never_updated_unconditionally() {
    check(
        "update leases default l {metadata: {name: l}, spec: {holderIdentity: me}}
         update leases default l {metadata: {name: l}, spec: {holderIdentity: you}}
         update leases default l {metadata: {name: l, resourceVersion: '2'}, spec: {leaseDurationSeconds: 0}}",
        expect![[r#"
            201 {"metadata":{"name":"l","namespace":"default"},"spec":{"holderIdentity":"me"}}
            422 Invalid: leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update
            422 Invalid: Lease.coordination.k8s.io "l" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0
        "#]],
    );
}

#[test]
fn a_write_that_changes_nothing_makes_no_revision() {
    check(
        "create configmaps default {metadata: {name: a}, data: {k: v}}
         update configmaps default a {metadata: {name: a}, data: {k: v}}
         patch configmaps default a merge {data: {k: v}}
         list configmaps default",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            a @2
        "#]],
    );
}

#[test]
fn patches_of_all_kinds_change_the_stored_object() {
    check(
        "create configmaps default {metadata: {name: a, labels: {x: v}}, data: {k: v}}
         patch configmaps default a merge {data: {k: null, l: w}}
         patch configmaps default a json [{op: add, path: /data/m, value: x}]
         patch configmaps default a strategic {metadata: {labels: {z: z}}}
         patch configmaps default a merge {metadata: {resourceVersion: '2'}, data: {k: v}}
         patch configmaps default a merge {metadata: {name: b}}
         patch configmaps default a merge {data: {k: 1}}
         patch configmaps default nobody merge {data: {k: v}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"l":"w"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"l":"w","m":"x"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v","z":"z"}},"data":{"l":"w","m":"x"}}
            409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            400 BadRequest: the name of the object (b) does not match the name on the URL (a)
            422 Invalid:  "" is invalid: patch: Invalid value: ...: json: cannot unmarshal number into Go struct field ConfigMap.data of type string
            404 NotFound: configmaps "nobody" not found
        "#]],
    );
}

#[test]
fn a_dry_run_answers_but_writes_nothing() {
    check(
        "create?dry configmaps default {metadata: {name: a}, data: {k: v}}
         get configmaps default a
         create configmaps default {metadata: {name: a}}
         create?dry configmaps default {metadata: {name: a}}
         update?dry configmaps default a {metadata: {name: a}, data: {k: v}}
         delete?dry configmaps default a
         list configmaps default",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            404 NotFound: configmaps "a" not found
            201 {"metadata":{"name":"a","namespace":"default"}}
            409 AlreadyExists: configmaps "a" already exists
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"}}
            gone {"metadata":{"name":"a","namespace":"default"}}
            a @2
        "#]],
    );
}

#[test]
fn a_status_write_changes_the_status_and_nothing_else() {
    check(
        "create namespaces - {metadata: {name: a}, status: {phase: Terminating}}
         update namespaces - a {metadata: {name: a, labels: {x: v}}, spec: {finalizers: []}, status: {phase: Terminating}}
         update namespaces - a/status {metadata: {name: a, labels: {x: z}}, spec: {finalizers: []}, status: {phase: Terminating}}
         patch namespaces - a/status merge {spec: {finalizers: []}, status: {conditions: [{type: X, status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z', reason: r, message: m}]}}
         update namespaces - a/nothing {metadata: {name: a}}",
        expect![[r#"
            201 {"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
            200 {"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a","x":"v"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
            422 Invalid: Namespace "a" is invalid: status.Phase: Invalid value: "Terminating": may only be 'Active' if `deletionTimestamp` is empty
            200 {"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a","x":"v"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active","conditions":[{"type":"X","status":"True","lastTransitionTime":"T","reason":"r","message":"m"}]}}
            404 NotFound: the server could not find the requested resource
        "#]],
    );
}

#[test]
fn immutable_data_stays() {
    check(
        "create configmaps default {metadata: {name: a}, data: {k: v}, immutable: true}
         patch configmaps default a merge {data: {k: w}}
         patch configmaps default a merge {immutable: false}
         patch configmaps default a merge {metadata: {labels: {x: v}}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"immutable":true,"data":{"k":"v"}}
            422 Invalid: ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set
            422 Invalid: ConfigMap "a" is invalid: immutable: Forbidden: field is immutable when `immutable` is set
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"immutable":true,"data":{"k":"v"}}
        "#]],
    );
}

#[test]
fn generated_names_start_as_asked() {
    let out = crate::harness::run(
        "create configmaps default {metadata: {generateName: web-}}
         create configmaps default {metadata: {generateName: web-}}
         create configmaps default {metadata: {generateName: WEB-}}
         list configmaps default",
    );
    let names: Vec<&str> = out.lines().last().expect("a list").split(' ').filter(|it| it.starts_with("web-")).collect();
    assert_eq!(names.len(), 2, "{out}");
    assert!(names.iter().all(|it| it.len() == "web-".len() + 5), "{out}");
    assert!(out.contains("metadata.generateName: Invalid value: \"WEB-\""), "{out}");
}
