//! Long scripts whose answers were compared, line by line, with those of kube-apiserver v1.36.3 (admission plugins
//! off). What it decides by chance is left out.

use expect_test::expect;

use crate::harness::check;

#[test]
fn patches_are_applied_or_refused() {
    check(
        "create configmaps default {metadata: {name: a, labels: {x: v}}, data: {k: v}}
         patch configmaps default a json [{op: test, path: /data/k, value: w}]
         patch configmaps default a json [{op: replace, path: /data/zz, value: w}]
         patch configmaps default a json [{op: remove, path: /data/zz}]
         patch configmaps default a json [{op: add, path: /nope/zz, value: w}]
         patch configmaps default a json [{op: odd, path: /data, value: w}]
         patch configmaps default a json [{op: add, path: /data/n, value: '1'}, {op: move, from: /data/n, path: /data/m}, {op: copy, from: /data/m, path: /data/o}]
         patch configmaps default a json {op: add}
         patch configmaps default a merge [1]
         patch configmaps default a merge {data: {k: 1}}
         patch configmaps default a merge {data: x}
         patch configmaps default a merge {metadata: {name: b}}
         patch configmaps default a merge {metadata: {namespace: other}}
         patch configmaps default a merge {metadata: {uid: other}}
         patch configmaps default a merge {metadata: {resourceVersion: '1'}}
         patch configmaps default a merge {apiVersion: v2}
         patch configmaps default a merge {unknown: 1}
         patch?strict configmaps default a merge {unknown: 1, metadata: {foo: x}}
         patch?ignore configmaps default a merge {unknown: 1}
         patch configmaps default a merge {metadata: {labels: {'a b': c}}}
         patch configmaps default a merge {metadata: {creationTimestamp: null, generation: 7, generateName: x-, selfLink: so, deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 5}}
         patch configmaps default a merge {metadata: {creationTimestamp: '2020-01-01T00:00:00Z'}}
         patch configmaps default a strategic {data: {$patch: replace, z: '1'}}
         patch configmaps default a strategic {data: {$patch: odd, z: '1'}}
         patch configmaps default a strategic {metadata: {finalizers: [a/b]}}
         patch configmaps default a strategic {metadata: {finalizers: [a/c]}}
         patch configmaps default a strategic {metadata: {$deleteFromPrimitiveList/finalizers: [a/b]}}
         patch configmaps default a merge {}
         patch configmaps default zz merge {}
         patch?dry configmaps default a merge {data: {k: dry}}
         get configmaps default a",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v"}}
            422 Invalid: the server rejected our request due to an error in our request
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v","zz":"w"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v"}}
            422 Invalid: the server rejected our request due to an error in our request
            422 Invalid: the server rejected our request due to an error in our request
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v","m":"1","o":"1"}}
            400 BadRequest: error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp
            400 BadRequest: error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}
            422 Invalid:  "" is invalid: patch: Invalid value: ...: json: cannot unmarshal number into Go struct field ConfigMap.data of type string
            422 Invalid:  "" is invalid: patch: Invalid value: ...: json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string
            400 BadRequest: the name of the object (b) does not match the name on the URL (a)
            400 BadRequest: the namespace of the provided object does not match the namespace sent on the request
            422 Invalid: ConfigMap "a" is invalid: metadata.uid: Invalid value: "other": field is immutable
            409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            422 Invalid:  "" is invalid: patch: Invalid value: ...: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"
            warning: unknown field "unknown"
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v","m":"1","o":"1"}}
            422 Invalid:  "" is invalid: patch: Invalid value: ...: strict decoding error: unknown field "metadata.foo", unknown field "unknown"
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v","m":"1","o":"1"}}
            422 Invalid: ConfigMap "a" is invalid: metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            422 Invalid: ConfigMap "a" is invalid: [metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable, metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable]
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"k":"v","m":"1","o":"1"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}},"data":{"z":"1"}}
            500 : unknown patch type: odd in map: map[$patch:odd z:1]
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/b"]},"data":{"z":"1"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/c","a/b"]},"data":{"z":"1"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/c"]},"data":{"z":"1"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/c"]},"data":{"z":"1"}}
            404 NotFound: configmaps "zz" not found
            200 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/c"]},"data":{"k":"dry","z":"1"}}
            {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"},"finalizers":["a/c"]},"data":{"z":"1"}}
        "#]],
    );
}

#[test]
fn bodies_are_decoded_defaulted_and_validated() {
    check(
        "create configmaps default {metadata: {name: a, generateName: q-, finalizers: [a/b], ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: o, uid: u1}]}}
         update configmaps default a {metadata: {name: a, generateName: z-, generation: 3, creationTimestamp: '2020-01-01T00:00:00Z', deletionTimestamp: '2020-01-01T00:00:00Z', selfLink: s}, data: {k: v}}
         update configmaps default a {metadata: {name: a, uid: wrong}}
         update configmaps default a {metadata: {name: a, ownerReferences: [{apiVersion: v1, kind: Event, name: o, uid: u1}]}}
         update configmaps default a {metadata: {name: a, ownerReferences: [{apiVersion: a/b/c, kind: X, name: o, uid: u1}]}}
         update configmaps default a {metadata: {name: a, ownerReferences: [{apiVersion: v1, kind: X, name: '', uid: u1}]}}
         update configmaps default a {metadata: {name: a, ownerReferences: [{apiVersion: v1, kind: X, name: o, uid: u1}, {apiVersion: v1, kind: X, name: o, uid: u1}]}}
         update configmaps default a {metadata: {name: a, annotations: {'a b': c}}}
         update configmaps default a {metadata: {name: a, finalizers: ['', a b/c]}}
         update configmaps default a {metadata: {name: a, managedFields: [{operation: Odd}]}}
         update configmaps default a {metadata: {name: a, managedFields: [{operation: Update, fieldsType: F}]}}
         update configmaps default a {metadata: {name: a, labels: {a: null}}, data: null}
         update configmaps default a {metadata: null}
         update configmaps default a {}
         update configmaps default a []
         update configmaps default a {metadata: {name: a, labels: []}}
         update configmaps default a {metadata: {name: a, generation: x}}
         update configmaps default a {metadata: {name: a, creationTimestamp: x}}
         update configmaps default a {metadata: {name: 7}}
         update configmaps default a {immutable: maybe, metadata: {name: a}}
         update configmaps default a {binaryData: {k: '###'}, metadata: {name: a}}
         update configmaps default a {metadata: {name: a, generateName: q-}, binaryData: {k: aGk=}}
         create configmaps default {metadata: {generateName: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-, name: b}}
         create configmaps default {}
         create configmaps default []
         create configmaps default {metadata: {name: a/b}}
         create configmaps default {metadata: {name: ..}}
         create configmaps default {metadata: {name: c, annotations: {a: 1}}}
         create configmaps default {metadata: {name: c, namespace: default, generation: 4, resourceVersion: '0'}}
         create configmaps default {metadata: {name: d, deletionGracePeriodSeconds: 5, deletionTimestamp: '2020-01-01T00:00:00Z'}}",
        expect![[r#"
            201 {"metadata":{"name":"a","generateName":"q-","namespace":"default","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":"u1"}],"finalizers":["a/b"]}}
            422 Invalid: ConfigMap "a" is invalid: metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable
            409 Conflict: Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: wrong, UID in object meta: UID 
            422 Invalid: ConfigMap "a" is invalid: metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"o","uid":"u1"}: /v1, Kind=Event is disallowed from being an owner
            422 Invalid: ConfigMap "a" is invalid: metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty
            422 Invalid: ConfigMap "a" is invalid: metadata.ownerReferences.name: Invalid value: "": must not be empty
            warning: .metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u1
            200 {"metadata":{"name":"a","namespace":"default","ownerReferences":[{"apiVersion":"v1","kind":"X","name":"o","uid":"u1"}]}}
            422 Invalid: ConfigMap "a" is invalid: metadata.annotations: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            422 Invalid: ConfigMap "a" is invalid: [metadata.finalizers: Invalid value: "": name part must be non-empty, metadata.finalizers: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), metadata.finalizers: Invalid value: "a b/c": prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), metadata.finalizers[0]: Invalid value: "": name is neither a standard finalizer name nor is it fully qualified]
            200 {"metadata":{"name":"a","namespace":"default"}}
            200 {"metadata":{"name":"a","namespace":"default"}}
            200 {"metadata":{"name":"a","namespace":"default","labels":{"a":""}}}
            400 BadRequest: the name of the object (a based on URL) was undeterminable: name must be provided
            400 BadRequest: the name of the object (a based on URL) was undeterminable: name must be provided
            400 BadRequest: the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ObjectMeta.metadata.generation of type int64
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0
            200 {"metadata":{"name":"a","generateName":"q-","namespace":"default"},"binaryData":{"k":"aGk="}}
            201 {"metadata":{"name":"b","generateName":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-","namespace":"default"}}
            422 Invalid: ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required
            400 BadRequest: the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)
            422 Invalid: ConfigMap "a/b" is invalid: metadata.name: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            422 Invalid: ConfigMap ".." is invalid: metadata.name: Invalid value: "..": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.annotations of type string
            201 {"metadata":{"name":"c","namespace":"default","generation":4}}
            201 {"metadata":{"name":"d","namespace":"default"}}
        "#]],
    );
}

#[test]
fn objects_are_held_and_go() {
    check(
        "create configmaps default {metadata: {name: a, finalizers: [a/b]}}
         delete configmaps default a {policy: Odd}
         delete configmaps default a {grace: -1}
         delete configmaps default a {policy: Foreground}
         delete configmaps default a
         delete configmaps default a {policy: Orphan}
         delete configmaps default a {policy: Background}
         patch configmaps default a merge {metadata: {finalizers: [c/d]}}
         patch configmaps default a merge {metadata: {finalizers: [a/b, c/d]}}
         patch configmaps default a merge {data: {k: v}}
         update configmaps default a {metadata: {name: a}}
         get configmaps default a
         create configmaps default {metadata: {name: b}}
         delete configmaps default b {policy: Orphan}
         patch configmaps default b merge {metadata: {finalizers: null}}
         get configmaps default b
         delete configmaps default b
         create secrets default {metadata: {name: s}}
         delete secrets default s {grace: 10}
         create namespaces - {metadata: {name: n1}}
         delete namespaces - n1 {policy: Foreground}
         delete namespaces - n1
         update namespaces - n1/finalize {metadata: {name: n1}, spec: {finalizers: [a/b]}}
         update namespaces - n1/finalize {metadata: {name: n1}, spec: {finalizers: [kubernetes]}}
         update namespaces - n1/finalize {metadata: {name: n1}, spec: {}}
         get namespaces - n1
         create configmaps default {metadata: {name: c, finalizers: [orphan]}}
         delete configmaps default c {policy: Foreground}
         patch configmaps default c merge {metadata: {finalizers: []}}
         create serviceaccounts default {metadata: {name: sa}}
         delete serviceaccounts default sa
         create leases default {metadata: {name: l}, spec: {}}
         delete leases default l {policy: Foreground}
         get leases default l
         patch leases default l merge {metadata: {finalizers: []}}
         create events default {metadata: {name: e}, involvedObject: {namespace: default}}
         delete events default e {policy: Foreground}
         delete events default e",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","finalizers":["a/b"]}}
            422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Odd": supported values: "Foreground", "Background", "Orphan", "nil"
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b","foregroundDeletion"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b","foregroundDeletion"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b","orphan"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b"]}}
            422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}
            422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}
            200 {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["a/b"]},"data":{"k":"v"}}
            200 {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0}}
            404 NotFound: configmaps "a" not found
            201 {"metadata":{"name":"b","namespace":"default"}}
            held {"metadata":{"name":"b","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["orphan"]}}
            200 {"metadata":{"name":"b","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0}}
            404 NotFound: configmaps "b" not found
            404 NotFound: configmaps "b" not found
            201 {"metadata":{"name":"s","namespace":"default"},"type":"Opaque"}
            gone {"metadata":{"name":"s","namespace":"default"},"type":"Opaque"}
            201 {"metadata":{"name":"n1","labels":{"kubernetes.io/metadata.name":"n1"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
            held {"metadata":{"name":"n1","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"n1"},"finalizers":["foregroundDeletion"]},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}}
            held {"metadata":{"name":"n1","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"n1"},"finalizers":["foregroundDeletion"]},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}}
            200 {"metadata":{"name":"n1","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"n1"}},"spec":{"finalizers":["a/b"]},"status":{"phase":"Terminating"}}
            200 {"metadata":{"name":"n1","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"n1"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}}
            200 {"metadata":{"name":"n1","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"n1"}},"spec":{},"status":{"phase":"Terminating"}}
            404 NotFound: namespaces "n1" not found
            201 {"metadata":{"name":"c","namespace":"default","finalizers":["orphan"]}}
            held {"metadata":{"name":"c","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["foregroundDeletion"]}}
            200 {"metadata":{"name":"c","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0}}
            201 {"metadata":{"name":"sa","namespace":"default"}}
            gone {"metadata":{"name":"sa","namespace":"default"}}
            201 {"metadata":{"name":"l","namespace":"default"},"spec":{}}
            held {"metadata":{"name":"l","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["foregroundDeletion"]},"spec":{}}
            {"metadata":{"name":"l","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["foregroundDeletion"]},"spec":{}}
            200 {"metadata":{"name":"l","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0},"spec":{}}
            201 {"metadata":{"name":"e","namespace":"default"},"involvedObject":{"namespace":"default"},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}
            gone {"metadata":{"name":"e","namespace":"default"},"involvedObject":{"namespace":"default"},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}
            404 NotFound: events "e" not found
        "#]],
    );
}

#[test]
fn namespaces_have_phases_and_finalizers() {
    check(
        "create namespaces - {metadata: {name: q1, labels: {kubernetes.io/metadata.name: other}}, spec: {finalizers: [a/b, kubernetes]}, status: {phase: Odd}}
         update namespaces - q1 {metadata: {name: q1}, spec: {finalizers: []}, status: {phase: Terminating}}
         update namespaces - q1/status {metadata: {name: q1, labels: {p: q}}, spec: {finalizers: []}, status: {phase: Terminating}}
         update namespaces - q1/status {metadata: {name: q1}, status: {conditions: [{type: X, status: 'True'}]}}
         update namespaces - q1/finalize {metadata: {name: q1, labels: {p: q}}, spec: {finalizers: [x]}}
         update namespaces - q1/finalize {metadata: {name: q1}, spec: {finalizers: [x/Y_z]}}
         update namespaces - q2/finalize {metadata: {name: q2}}
         row namespaces - q1
         create namespaces - {metadata: {name: Q}}
         create namespaces - {metadata: {name: q3}, spec: {finalizers: [x]}}
         create namespaces - {metadata: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}
         delete namespaces - default
         list namespaces - {fields: status.phase=Active}
         list namespaces - {fields: name=q1}
         list namespaces - {fields: metadata.name=q1}",
        expect![[r#"
            201 {"metadata":{"name":"q1","labels":{"kubernetes.io/metadata.name":"q1"}},"spec":{"finalizers":["a/b","kubernetes"]},"status":{"phase":"Active"}}
            200 {"metadata":{"name":"q1","labels":{"kubernetes.io/metadata.name":"q1"}},"spec":{"finalizers":["a/b","kubernetes"]},"status":{"phase":"Active"}}
            422 Invalid: Namespace "q1" is invalid: status.Phase: Invalid value: "Terminating": may only be 'Active' if `deletionTimestamp` is empty
            200 {"metadata":{"name":"q1","labels":{"kubernetes.io/metadata.name":"q1"}},"spec":{"finalizers":["a/b","kubernetes"]},"status":{"phase":"Active","conditions":[{"type":"X","status":"True","lastTransitionTime":null}]}}
            422 Invalid: Namespace "q1" is invalid: spec.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified
            200 {"metadata":{"name":"q1","labels":{"kubernetes.io/metadata.name":"q1"}},"spec":{"finalizers":["x/Y_z"]},"status":{"phase":"Active","conditions":[{"type":"X","status":"True","lastTransitionTime":null}]}}
            404 NotFound: namespaces "q2" not found
            ["q1","Active","0s"]
            422 Invalid: Namespace "Q" is invalid: metadata.name: Invalid value: "Q": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            422 Invalid: Namespace "q3" is invalid: spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified
            422 Invalid: Namespace "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is invalid: [metadata.name: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 63 characters, metadata.labels: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 63 bytes]
            404 NotFound: namespaces "default" not found
            q1 @4
            400 BadRequest: field label not supported: name
            q1 @4
        "#]],
    );
}

#[test]
fn scales_show_and_change_workloads() {
    check(
        "create deployments default {metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}
         patch deployments default d/scale merge {kind: Deployment, apiVersion: apps/v1}
         patch deployments default d/scale merge {spec: {replicas: -1}}
         patch deployments default d/scale merge {spec: {replicas: x}}
         patch deployments default d/scale merge {spec: null}
         patch deployments default d/scale merge {metadata: {name: x}}
         patch deployments default d/scale merge {metadata: {resourceVersion: '1'}}
         patch deployments default d/scale merge {metadata: {uid: x}}
         update deployments default d/scale {metadata: {name: d, namespace: default}, spec: {replicas: 3}}
         update deployments default d/scale {metadata: {name: d, namespace: default}}
         update deployments default d/scale {metadata: {name: x, namespace: default}}
         update deployments default d/scale {metadata: {name: d, namespace: x}}
         update deployments default d/scale {metadata: {name: d, uid: x}}
         update deployments default d/scale {metadata: {name: d, resourceVersion: '1'}}
         update deployments default d/scale {metadata: {}}
         update deployments default e/scale {metadata: {name: e}}
         get deployments default d/scale
         get deployments default e/scale
         patch deployments default d/scale strategic {spec: {replicas: 2}}
         patch deployments default d/scale json [{op: replace, path: /spec/replicas, value: 5}]
         patch?dry deployments default d/scale merge {spec: {replicas: 9}}
         patch deployments default d/scale merge {status: {replicas: 9}}
         patch deployments default d/scale merge {metadata: {labels: {l: m}}}
         get deployments default d",
        expect![[r#"
            201 {"metadata":{"name":"d","namespace":"default","generation":1},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{}}
            422 Invalid:  "" is invalid: patch: Invalid value: ...: converting (v1.Deployment) to (autoscaling.Scale): unknown conversion
            422 Invalid: Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
            422 Invalid:  "" is invalid: patch: Invalid value: ...: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{},"status":{"replicas":0,"selector":"a=b"}}
            400 BadRequest: the name of the object (x) does not match the name on the URL (d)
            409 Conflict: Operation cannot be fulfilled on deployments.apps "d": the object has been modified; please apply your changes to the latest version and try again
            409 Conflict: Operation cannot be fulfilled on deployments/scale.apps "d": Precondition failed: UID in precondition: x, UID in object meta: UID 
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":3},"status":{"replicas":0,"selector":"a=b"}}
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{},"status":{"replicas":0,"selector":"a=b"}}
            400 BadRequest: the name of the object (x) does not match the name on the URL (d)
            400 BadRequest: the namespace of the provided object does not match the namespace sent on the request
            409 Conflict: Operation cannot be fulfilled on deployments.apps "d": StorageError: invalid object, Code: 4, Key: /registry/deployments/default/d, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: UID 
            409 Conflict: Operation cannot be fulfilled on deployments.apps "d": the object has been modified; please apply your changes to the latest version and try again
            400 BadRequest: the name of the object (d based on URL) was undeterminable: name must be provided
            404 NotFound: deployments.apps "e" not found
            {"metadata":{"name":"d","namespace":"default"},"spec":{},"status":{"replicas":0,"selector":"a=b"}}
            404 NotFound: deployments.apps "e" not found
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":2},"status":{"replicas":0,"selector":"a=b"}}
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":5},"status":{"replicas":0,"selector":"a=b"}}
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":9},"status":{"replicas":0,"selector":"a=b"}}
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":5},"status":{"replicas":0,"selector":"a=b"}}
            200 {"metadata":{"name":"d","namespace":"default"},"spec":{"replicas":5},"status":{"replicas":0,"selector":"a=b"}}
            {"metadata":{"name":"d","namespace":"default","generation":6},"spec":{"replicas":5,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{}}
        "#]],
    );
}

#[test]
fn roles_bindings_accounts_and_priorities() {
    check(
        "create roles default {metadata: {name: r}, rules: [{verbs: [get], apiGroups: [''], resources: [pods]}]}
         create roles default {metadata: {name: 'a:b'}, rules: []}
         create roles default {metadata: {name: 'a/b'}, rules: []}
         create roles default {metadata: {name: a%b}, rules: []}
         create roles default {metadata: {name: A_b}, rules: []}
         create roles default {metadata: {name: q}, rules: [{verbs: [], apiGroups: [''], resources: [pods]}]}
         create roles default {metadata: {name: q}, rules: [{verbs: [get], resources: [pods]}, {verbs: [get], apiGroups: ['']}, {verbs: [get], nonResourceURLs: [/x]}]}
         create clusterroles - {metadata: {name: q}, rules: [{verbs: [get], nonResourceURLs: [/x], apiGroups: ['']}]}
         create clusterroles - {metadata: {name: q}, aggregationRule: {}}
         create clusterroles - {metadata: {name: q}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {'a b': c}}]}}
         create clusterroles - {metadata: {name: q}}
         create rolebindings default {metadata: {name: b}, roleRef: {kind: Role, name: r}}
         create rolebindings default {metadata: {name: b2}, roleRef: {apiGroup: x, kind: Odd, name: ''}, subjects: [{kind: User, name: ''}, {kind: Group, name: g, apiGroup: x}, {kind: ServiceAccount, name: s}, {kind: ServiceAccount, name: s_b, namespace: ns, apiGroup: z}, {kind: Odd, name: x}]}
         create clusterrolebindings - {metadata: {name: b2}, roleRef: {apiGroup: x, kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]}
         create clusterrolebindings - {metadata: {name: b3}, roleRef: {kind: ClusterRole, name: r}, subjects: [{kind: User, name: u}, {kind: Group, name: g}, {kind: ServiceAccount, name: s, namespace: ns}]}
         row clusterrolebindings - b3
         row rolebindings default b
         update roles default r2 {metadata: {name: r2}, rules: []}
         update clusterroles - r3 {metadata: {name: r3}}
                  create serviceaccounts default {metadata: {name: sa}, secrets: [{name: x}], imagePullSecrets: [{name: z}], automountServiceAccountToken: false}
         create serviceaccounts default {metadata: {name: 's:a'}}
         row serviceaccounts default sa
         create priorityclasses - {metadata: {name: p}, value: 1000, globalDefault: true, description: d}
         row priorityclasses - p
         patch priorityclasses - p merge {value: 5}
         patch priorityclasses - p merge {preemptionPolicy: Never}
         patch priorityclasses - p merge {description: e}
         create priorityclasses - {metadata: {name: system-x}, value: 1}
         create priorityclasses - {metadata: {name: p2}, value: 2000000000}
         create priorityclasses - {metadata: {name: p2}, value: 1, preemptionPolicy: Odd}
         create priorityclasses - {metadata: {name: p2}}",
        expect![[r#"
            201 {"metadata":{"name":"r","namespace":"default"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}
            201 {"metadata":{"name":"a:b","namespace":"default"},"rules":null}
            422 Invalid: Role.rbac.authorization.k8s.io "a/b" is invalid: metadata.name: Invalid value: "a/b": may not contain '/'
            422 Invalid: Role.rbac.authorization.k8s.io "a%b" is invalid: metadata.name: Invalid value: "a%b": may not contain '%'
            201 {"metadata":{"name":"A_b","namespace":"default"},"rules":null}
            422 Invalid: Role.rbac.authorization.k8s.io "q" is invalid: rules[0].verbs: Required value: verbs must contain at least one value
            422 Invalid: Role.rbac.authorization.k8s.io "q" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[1].resources: Required value: resource rules must supply at least one resource, rules[2].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs]
            422 Invalid: ClusterRole.rbac.authorization.k8s.io "q" is invalid: rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs
            422 Invalid: ClusterRole.rbac.authorization.k8s.io "q" is invalid: aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil
            422 Invalid: ClusterRole.rbac.authorization.k8s.io "q" is invalid: [aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.]
            201 {"metadata":{"name":"q"},"rules":null}
            201 {"metadata":{"name":"b","namespace":"default"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"}}
            422 Invalid: RoleBinding.rbac.authorization.k8s.io "b2" is invalid: [roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io", roleRef.kind: Unsupported value: "Odd": supported values: "Role", "ClusterRole", roleRef.name: Required value, subjects[0].name: Required value, subjects[1].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io", subjects[3].name: Invalid value: "s_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), subjects[3].apiGroup: Unsupported value: "z": supported values: "", subjects[4].kind: Unsupported value: "Odd": supported values: "ServiceAccount", "User", "Group"]
            422 Invalid: ClusterRoleBinding.rbac.authorization.k8s.io "b2" is invalid: [roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io", roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", subjects[1].namespace: Required value]
            201 {"metadata":{"name":"b3"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"u"},{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"g"},{"kind":"ServiceAccount","name":"s","namespace":"ns"}],"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"r"}}
            ["b3","ClusterRole/r","0s","u","g","ns/s"]
            ["b","Role/r","0s","","",""]
            201 {"metadata":{"name":"r2","namespace":"default"},"rules":null}
            201 {"metadata":{"name":"r3"},"rules":null}
            201 {"metadata":{"name":"sa","namespace":"default"},"secrets":[{"name":"x"}],"imagePullSecrets":[{"name":"z"}],"automountServiceAccountToken":false}
            422 Invalid: ServiceAccount "s:a" is invalid: metadata.name: Invalid value: "s:a": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            ["sa","0s"]
            201 {"metadata":{"name":"p","generation":1},"value":1000,"globalDefault":true,"description":"d","preemptionPolicy":"PreemptLowerPriority"}
            ["p",1000,true,"0s","PreemptLowerPriority"]
            422 Invalid: PriorityClass.scheduling.k8s.io "p" is invalid: value: Forbidden: may not be changed in an update.
            422 Invalid: PriorityClass.scheduling.k8s.io "p" is invalid: preemptionPolicy: Invalid value: "Never": field is immutable
            200 {"metadata":{"name":"p","generation":1},"value":1000,"globalDefault":true,"description":"e","preemptionPolicy":"PreemptLowerPriority"}
            422 Invalid: PriorityClass.scheduling.k8s.io "system-x" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class
            422 Invalid: PriorityClass.scheduling.k8s.io "p2" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000
            422 Invalid: PriorityClass.scheduling.k8s.io "p2" is invalid: preemptionPolicy: Unsupported value: "Odd": supported values: "PreemptLowerPriority", "Never"
            201 {"metadata":{"name":"p2","generation":1},"value":0,"preemptionPolicy":"PreemptLowerPriority"}
        "#]],
    );
}

#[test]
fn secrets_and_leases() {
    check(
        "create secrets default {metadata: {name: a}, stringData: {a: b}, data: {a: eA==, c: eA==}}
         patch secrets default a merge {type: x}
         patch secrets default a merge {stringData: {q: r}}
         patch secrets default a merge {immutable: true}
         patch secrets default a merge {data: {z: eA==}}
         patch secrets default a merge {immutable: false}
         patch secrets default a merge {metadata: {labels: {a: b}}}
         row secrets default a
         create secrets default {metadata: {name: t}, type: kubernetes.io/tls}
         create secrets default {metadata: {name: d}, type: kubernetes.io/dockercfg}
         create secrets default {metadata: {name: d}, type: kubernetes.io/dockercfg, stringData: {.dockercfg: x}}
         create secrets default {metadata: {name: d}, type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: '{}'}}
         create secrets default {metadata: {name: ba}, type: kubernetes.io/basic-auth}
         create secrets default {metadata: {name: ba}, type: kubernetes.io/basic-auth, stringData: {username: u}}
         create secrets default {metadata: {name: ssh}, type: kubernetes.io/ssh-auth}
         create secrets default {metadata: {name: sat}, type: kubernetes.io/service-account-token}
         create secrets default {metadata: {name: sat, annotations: {kubernetes.io/service-account.name: default}}, type: kubernetes.io/service-account-token}
         create secrets default {metadata: {name: b64}, data: {k: '*'}}
         list secrets default {fields: type=Opaque}
         list secrets default {fields: type=kubernetes.io/basic-auth}
         create leases default {metadata: {name: l}, spec: {holderIdentity: h, leaseDurationSeconds: 15, acquireTime: '2020-01-01T00:00:00.123456Z', renewTime: '2020-01-01T00:00:00.000000Z', leaseTransitions: 2}}
         row leases default l
         create leases default {metadata: {name: l2}, spec: {leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: x, strategy: y_}}
         create leases default {metadata: {name: l2}, spec: {preferredHolder: x, strategy: OldestEmulationVersion}}
         create leases default {metadata: {name: l2}, spec: {renewTime: x}}
         update leases default l {metadata: {name: l}, spec: {holderIdentity: i}}
         update leases default m {metadata: {name: m, resourceVersion: '5'}, spec: {}}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"a":"Yg==","c":"eA=="},"type":"Opaque"}
            422 Invalid: Secret "a" is invalid: type: Invalid value: "x": field is immutable
            200 {"metadata":{"name":"a","namespace":"default"},"data":{"a":"Yg==","c":"eA==","q":"cg=="},"type":"Opaque"}
            200 {"metadata":{"name":"a","namespace":"default"},"immutable":true,"data":{"a":"Yg==","c":"eA==","q":"cg=="},"type":"Opaque"}
            422 Invalid: Secret "a" is invalid: data: Forbidden: field is immutable when `immutable` is set
            422 Invalid: Secret "a" is invalid: immutable: Forbidden: field is immutable when `immutable` is set
            200 {"metadata":{"name":"a","namespace":"default","labels":{"a":"b"}},"immutable":true,"data":{"a":"Yg==","c":"eA==","q":"cg=="},"type":"Opaque"}
            ["a","Opaque",3,"0s"]
            422 Invalid: Secret "t" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]
            422 Invalid: Secret "d" is invalid: data[.dockercfg]: Required value
            422 Invalid: Secret "d" is invalid: data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value
            201 {"metadata":{"name":"d","namespace":"default"},"data":{".dockerconfigjson":"e30="},"type":"kubernetes.io/dockerconfigjson"}
            422 Invalid: Secret "ba" is invalid: [data[username]: Required value, data[password]: Required value]
            201 {"metadata":{"name":"ba","namespace":"default"},"data":{"username":"dQ=="},"type":"kubernetes.io/basic-auth"}
            422 Invalid: Secret "ssh" is invalid: data[ssh-privatekey]: Required value
            422 Invalid: Secret "sat" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value
            201 {"metadata":{"name":"sat","namespace":"default","annotations":{"kubernetes.io/service-account.name":"default"}},"type":"kubernetes.io/service-account-token"}
            400 BadRequest: Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0
            a @8
            ba @8
            201 {"metadata":{"name":"l","namespace":"default"},"spec":{"holderIdentity":"h","leaseDurationSeconds":15,"acquireTime":"2020-01-01T00:00:00.123456Z","renewTime":"2020-01-01T00:00:00.000000Z","leaseTransitions":2}}
            ["l","h","0s"]
            422 Invalid: Lease.coordination.k8s.io "l2" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]
            201 {"metadata":{"name":"l2","namespace":"default"},"spec":{}}
            400 BadRequest: Lease in version "v1" cannot be handled as a Lease: parsing time "x" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "x" as "2006"
            422 Invalid: leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update
            201 {"metadata":{"name":"m","namespace":"default"},"spec":{}}
        "#]],
    );
}

#[test]
fn nodes_addresses_ranges_and_events() {
    check(
        "create nodes - {metadata: {name: n1}, spec: {podCIDR: 10.1.0.0/24, taints: [{key: a, effect: NoSchedule}]}, status: {capacity: {cpu: 4}}}
         patch nodes - n1/status strategic {status: {capacity: {cpu: 4, memory: 1Gi}, allocatable: {cpu: 3500m}, addresses: [{type: InternalIP, address: 1.2.3.4}, {type: Hostname, address: h}], conditions: [{type: Ready, status: 'True', reason: r, message: m}], nodeInfo: {kubeletVersion: v1.36.3, osImage: o, kernelVersion: k, containerRuntimeVersion: c}}}
         row nodes - n1
         patch nodes - n1 merge {spec: {unschedulable: true}}
         patch nodes - n1 merge {metadata: {labels: {node-role.kubernetes.io/control-plane: '', kubernetes.io/role: x}}}
         row nodes - n1
         patch nodes - n1 merge {spec: {podCIDR: 10.2.0.0/24}}
         patch nodes - n1 merge {spec: {podCIDRs: [10.1.0.0/24, 10.2.0.0/24]}}
         patch nodes - n1 merge {spec: {providerID: x}}
         patch nodes - n1 merge {spec: {providerID: z}}
         patch nodes - n1 merge {spec: {taints: [{key: b, effect: NoExecute, value: 'x y'}]}}
         patch nodes - n1/status merge {status: {capacity: {cpu: -1}}}
         patch nodes - n1/status merge {status: {capacity: {cpu: x}}}
         patch nodes - n1/status merge {status: {addresses: [{type: InternalIP, address: a}, {type: InternalIP, address: a}]}}
         create nodes - {metadata: {name: n2}, spec: {podCIDRs: [10.1.0.0/24, 10.2.0.0/24]}}
         create nodes - {metadata: {name: n2}, spec: {podCIDR: x}}
         create nodes - {metadata: {name: 'N'}}
         create nodes - {metadata: {name: n2}, spec: {configSource: {configMap: {name: a}}, externalID: e}}
         list nodes - {fields: spec.unschedulable=true}
         create ipaddresses - {metadata: {name: 10.5.0.1}, spec: {parentRef: {group: '', resource: services, namespace: a, name: b}}}
         create ipaddresses - {metadata: {name: x}, spec: {}}
         create ipaddresses - {metadata: {name: '2001:db8::01'}, spec: {parentRef: {resource: r, name: nn}}}
         create ipaddresses - {metadata: {name: 10.5.0.2}, spec: {parentRef: {resource: r_, name: n/m, namespace: 'N', group: g_}}}
         patch ipaddresses - 10.5.0.1 merge {spec: {parentRef: {name: c}}}
         list ipaddresses - {fields: metadata.name=10.5.0.1}
         create servicecidrs - {metadata: {name: s1}, spec: {cidrs: [10.7.0.0/16]}}
         create servicecidrs - {metadata: {name: s2}, spec: {cidrs: [10.7.0.1/16, x]}}
         create servicecidrs - {metadata: {name: s2}, spec: {cidrs: [10.7.0.0/16, 10.8.0.0/16]}}
         create servicecidrs - {metadata: {name: s2}, spec: {cidrs: [10.7.0.0/16, 'fd00::/64', 10.8.0.0/16]}}
         create servicecidrs - {metadata: {name: s2}, spec: {}}
         patch servicecidrs - s1 merge {spec: {cidrs: [10.9.0.0/16]}}
         row servicecidrs - s1
         patch servicecidrs - s1/status merge {status: {conditions: [{type: Ready, status: 'True', reason: r, message: '', lastTransitionTime: '2020-01-01T00:00:00Z'}]}}
         create events default {metadata: {name: e1}, involvedObject: {kind: Pod, name: p, namespace: default}, reason: R, message: 'm', type: Normal, count: 2, firstTimestamp: '2020-01-01T00:00:00Z', lastTimestamp: '2020-01-01T00:00:10Z', source: {component: c, host: h}}
         create events default {metadata: {name: e2}, involvedObject: {kind: Pod, name: p, namespace: other}}
         create events default {metadata: {name: e3}}
         create events default {metadata: {name: e4}, involvedObject: {kind: Node, name: p}, eventTime: '2020-01-01T00:00:00.000000Z'}
         create events.events.k8s.io default {metadata: {name: e5}, regarding: {namespace: default}}
         create events.events.k8s.io default {metadata: {name: e5}, regarding: {namespace: default}, eventTime: '2020-01-01T00:00:00.000000Z', reportingController: a/b, reportingInstance: i, action: A, reason: R, type: Normal, note: 'n'}
         get events default e5
         patch events.events.k8s.io default e5 merge {note: other}
         patch events.events.k8s.io default e5 merge {series: {count: 3, lastObservedTime: '2020-01-01T00:01:00.000000Z'}}
         patch events.events.k8s.io default e5 merge {reason: other, regarding: {name: x}, action: B}
         patch events default e1 merge {message: changed, count: 3}
         get events.events.k8s.io default e1
         list events default {fields: involvedObject.kind=Pod}
         list events default {fields: reason=R}
         list events.events.k8s.io default {fields: regarding.kind=Pod}
         list events.events.k8s.io default {fields: involvedObject.kind=Pod}
         list events default {fields: source=c}
         list events default {fields: reportingComponent=c}",
        expect![[r#"
            201 {"metadata":{"name":"n1"},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4"},"allocatable":{"cpu":"4"},"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            200 {"metadata":{"name":"n1"},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"1Gi"},"allocatable":{"cpu":"3500m"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null,"reason":"r","message":"m"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"},{"type":"Hostname","address":"h"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"k","osImage":"o","containerRuntimeVersion":"c","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            ["n1","Ready","\u003cnone\u003e","0s","v1.36.3","1.2.3.4","\u003cnone\u003e","o","k","c"]
            200 {"metadata":{"name":"n1"},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"unschedulable":true,"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"1Gi"},"allocatable":{"cpu":"3500m"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null,"reason":"r","message":"m"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"},{"type":"Hostname","address":"h"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"k","osImage":"o","containerRuntimeVersion":"c","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            200 {"metadata":{"name":"n1","labels":{"kubernetes.io/role":"x","node-role.kubernetes.io/control-plane":""}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"unschedulable":true,"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"1Gi"},"allocatable":{"cpu":"3500m"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null,"reason":"r","message":"m"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"},{"type":"Hostname","address":"h"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"k","osImage":"o","containerRuntimeVersion":"c","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            ["n1","Ready,SchedulingDisabled","control-plane,x","0s","v1.36.3","1.2.3.4","\u003cnone\u003e","o","k","c"]
            422 Invalid: Node "n1" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid
            422 Invalid: Node "n1" is invalid: [spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family, spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid]
            200 {"metadata":{"name":"n1","labels":{"kubernetes.io/role":"x","node-role.kubernetes.io/control-plane":""}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"],"providerID":"x","unschedulable":true,"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"1Gi"},"allocatable":{"cpu":"3500m"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null,"reason":"r","message":"m"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"},{"type":"Hostname","address":"h"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"k","osImage":"o","containerRuntimeVersion":"c","kubeletVersion":"v1.36.3","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            422 Invalid: Node "n1" is invalid: spec.providerID: Forbidden: node updates may not change providerID except from "" to valid
            422 Invalid: Node "n1" is invalid: metadata.taints[0].value: Invalid value: "x y": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            422 Invalid: Node "n1" is invalid: status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0
            422 Invalid:  "" is invalid: patch: Invalid value: ...: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
            422 Invalid: Node "n1" is invalid: status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"a"}
            422 Invalid: Node "n2" is invalid: spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family
            422 Invalid: Node "n2" is invalid: spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
            422 Invalid: Node "N" is invalid: metadata.name: Invalid value: "N": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            warning: spec.externalID: this field is deprecated, and is unused by Kubernetes
            201 {"metadata":{"name":"n2"},"spec":{"externalID":"e"},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}
            n1 @7
            201 {"metadata":{"name":"10.5.0.1"},"spec":{"parentRef":{"resource":"services","namespace":"a","name":"b"}}}
            422 Invalid: IPAddress.networking.k8s.io "x" is invalid: [metadata.name: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.parentRef: Required value]
            422 Invalid: IPAddress.networking.k8s.io "2001:db8::01" is invalid: metadata.name: Invalid value: "2001:db8::01": must be in canonical form ("2001:db8::1")
            422 Invalid: IPAddress.networking.k8s.io "10.5.0.2" is invalid: [spec.parentRef.group: Invalid value: "g_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.parentRef.name: Invalid value: "n/m": may not contain '/']
            422 Invalid: IPAddress.networking.k8s.io "10.5.0.1" is invalid: spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"a","Name":"c"}: field is immutable
            10.5.0.1 @8
            201 {"metadata":{"name":"s1"},"spec":{"cidrs":["10.7.0.0/16"]},"status":{}}
            422 Invalid: ServiceCIDR.networking.k8s.io "s2" is invalid: [spec.cidrs[0]: Invalid value: "10.7.0.1/16": must not have bits set beyond the prefix length, spec.cidrs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)]
            422 Invalid: ServiceCIDR.networking.k8s.io "s2" is invalid: spec.cidrs: Invalid value: ["10.7.0.0/16","10.8.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64
            422 Invalid: ServiceCIDR.networking.k8s.io "s2" is invalid: spec.cidrs: Invalid value: {"CIDRs":["10.7.0.0/16","fd00::/64","10.8.0.0/16"]}: may only hold up to 2 values
            422 Invalid: ServiceCIDR.networking.k8s.io "s2" is invalid: spec.cidrs: Required value: at least one CIDR required
            422 Invalid: ServiceCIDR.networking.k8s.io "s1" is invalid: spec.cidrs[0]: Invalid value: "10.9.0.0/16": field is immutable
            ["s1","10.7.0.0/16","0s"]
            200 {"metadata":{"name":"s1"},"spec":{"cidrs":["10.7.0.0/16"]},"status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"T","reason":"r","message":""}]}}
            201 {"metadata":{"name":"e1","namespace":"default"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"R","message":"m","source":{"component":"c","host":"h"},"firstTimestamp":"2020-01-01T00:00:00Z","lastTimestamp":"2020-01-01T00:00:10Z","count":2,"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}
            422 Invalid: Event "e2" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace
            201 {"metadata":{"name":"e3","namespace":"default"},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}
            422 Invalid: Event "e4" is invalid: [reportingComponent: Required value, reportingComponent: Invalid value: "": name part must be non-empty, reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), reportingInstance: Required value, action: Required value, reason: Required value]
            422 Invalid: Event "e5" is invalid: [eventTime: Required value, type: Invalid value: "": has invalid value: ]
            201 {"metadata":{"name":"e5","namespace":"default"},"eventTime":"2020-01-01T00:00:00.000000Z","reportingController":"a/b","reportingInstance":"i","action":"A","reason":"R","regarding":{"namespace":"default"},"note":"n","type":"Normal","deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}
            {"metadata":{"name":"e5","namespace":"default"},"involvedObject":{"namespace":"default"},"reason":"R","message":"n","source":{},"firstTimestamp":null,"lastTimestamp":null,"type":"Normal","eventTime":"2020-01-01T00:00:00.000000Z","action":"A","reportingComponent":"a/b","reportingInstance":"i"}
            422 Invalid: Event "e5" is invalid: message: Invalid value: "other": field is immutable
            200 {"metadata":{"name":"e5","namespace":"default"},"eventTime":"2020-01-01T00:00:00.000000Z","series":{"count":3,"lastObservedTime":"2020-01-01T00:01:00.000000Z"},"reportingController":"a/b","reportingInstance":"i","action":"A","reason":"R","regarding":{"namespace":"default"},"note":"n","type":"Normal","deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}
            422 Invalid: Event "e5" is invalid: [involvedObject: Invalid value: {"Kind":"","Namespace":"default","Name":"x","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable, reason: Invalid value: "other": field is immutable, action: Invalid value: "B": field is immutable]
            200 {"metadata":{"name":"e1","namespace":"default"},"involvedObject":{"kind":"Pod","namespace":"default","name":"p"},"reason":"R","message":"changed","source":{"component":"c","host":"h"},"firstTimestamp":"2020-01-01T00:00:00Z","lastTimestamp":"2020-01-01T00:00:10Z","count":3,"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}
            {"metadata":{"name":"e1","namespace":"default"},"eventTime":null,"reason":"R","regarding":{"kind":"Pod","namespace":"default","name":"p"},"note":"changed","type":"Normal","deprecatedSource":{"component":"c","host":"h"},"deprecatedFirstTimestamp":"2020-01-01T00:00:00Z","deprecatedLastTimestamp":"2020-01-01T00:00:10Z","deprecatedCount":3}
            e1 @15
            e1 e5 @15
            e1 @15
            400 BadRequest: field label not supported: involvedObject.kind
            e1 @15
             @15
        "#]],
    );
}

#[test]
fn services_and_their_addresses() {
    check(
        "create services default {metadata: {name: a}, spec: {clusterIP: 10.96.1.1, ports: [{port: 80}], selector: {a: b}, externalIPs: [1.2.3.4], externalName: x.y}}
         row services default a
         patch services default a merge {spec: {type: NodePort, ports: [{port: 80, nodePort: 31000}]}}
         patch services default a merge {spec: {type: LoadBalancer, loadBalancerIP: 1.2.3.4, loadBalancerSourceRanges: [10.0.0.0/8]}}
         patch services default a/status merge {status: {loadBalancer: {ingress: [{ip: 1.2.3.4}, {hostname: h.x}]}}}
         row services default a
         patch services default a merge {spec: {loadBalancerClass: a/b}}
         patch services default a merge {spec: {allocateLoadBalancerNodePorts: false}}
         patch services default a merge {spec: {externalTrafficPolicy: Local, healthCheckNodePort: 31001}}
         patch services default a merge {spec: {healthCheckNodePort: 31002}}
         patch services default a merge {spec: {type: ClusterIP}}
         patch services default a merge {spec: {type: ClusterIP, loadBalancerSourceRanges: null, loadBalancerIP: null, externalTrafficPolicy: null, healthCheckNodePort: null}}
         patch services default a merge {spec: {clusterIP: None, clusterIPs: null}}
         patch services default a merge {spec: {clusterIPs: [10.96.1.1, 10.96.1.2]}}
         patch services default a merge {spec: {clusterIPs: []}}
         patch services default a merge {spec: {ipFamilies: [IPv4, IPv6]}}
         patch services default a merge {spec: {ipFamilyPolicy: PreferDualStack}}
         patch services default a merge {spec: {ipFamilyPolicy: Odd}}
         patch services default a merge {spec: {ipFamilies: [IPv5]}}
         patch services default a merge {spec: {sessionAffinity: Odd}}
         patch services default a merge {spec: {sessionAffinity: ClientIP}}
         patch services default a merge {spec: {sessionAffinity: None}}
         patch services default a merge {spec: {internalTrafficPolicy: Local}}
         patch services default a merge {spec: {internalTrafficPolicy: Odd}}
         patch services default a merge {spec: {internalTrafficPolicy: null}}
         patch services default a merge {spec: {externalTrafficPolicy: Odd}}
         patch services default a merge {spec: {trafficDistribution: PreferClose}}
         patch services default a merge {spec: {trafficDistribution: Odd}}
         patch services default a merge {spec: {externalIPs: [127.0.0.1, x, '::1', 169.254.0.1, 0.0.0.0]}}
         patch services default a merge {spec: {ports: [{port: 80, appProtocol: a/b/c, name: A_b}]}}
         patch services default a merge {spec: {ports: [{port: 80, targetPort: 0}]}}
         patch services default a merge {spec: {ports: [{port: 80, targetPort: 70000}, {port: 81, name: x, protocol: SCTP}]}}
         patch services default a merge {spec: {selector: {'a b': c}}}
         patch services default a merge {spec: {publishNotReadyAddresses: true}}
         patch services default a merge {metadata: {annotations: {service.kubernetes.io/topology-mode: Auto, service.kubernetes.io/topology-aware-hints: Auto}}}
         update services default b {metadata: {name: b}, spec: {clusterIP: 10.96.1.9, ports: [{port: 80}]}}
         update services default b {metadata: {name: b}, spec: {ports: [{port: 81}]}}
         update services default b {metadata: {name: b}, spec: {type: ExternalName, externalName: x.y}}
         update services default b {metadata: {name: b}, spec: {type: ExternalName, externalName: x_y}}
         row services default b
         update services default b {metadata: {name: b}, spec: {clusterIP: None}}
         update services default b {metadata: {name: b}, spec: {clusterIP: 10.96.1.9, ports: [{port: 80}]}}
         row services default b
         create services default {metadata: {name: h}, spec: {clusterIP: None, ports: [{port: 80, targetPort: 90}], loadBalancerIP: x, sessionAffinity: ClientIP}}
         create services default {metadata: {name: np}, spec: {type: NodePort, clusterIP: 10.96.1.10, ports: [{name: a, port: 80, nodePort: 31010}, {name: b, port: 80, protocol: UDP, nodePort: 31010}, {name: c, port: 82, nodePort: 31010}]}}
         create services default {metadata: {name: np}, spec: {type: NodePort, clusterIP: 10.96.1.10, ports: [{name: a, port: 80, nodePort: 31010}, {name: b, port: 80, protocol: UDP, nodePort: 31010}]}}
         create services default {metadata: {name: np2}, spec: {type: NodePort, clusterIP: 10.96.1.11, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 31011}]}}
         create services default {metadata: {name: lb}, spec: {type: LoadBalancer, clusterIP: 10.96.1.12, allocateLoadBalancerNodePorts: false, loadBalancerClass: x, ports: [{port: 80}]}}
         create services default {metadata: {name: lb}, spec: {type: LoadBalancer, clusterIP: 10.96.1.12, allocateLoadBalancerNodePorts: false, loadBalancerClass: x/y, ports: [{port: 80}]}}
         row services default lb
         create services default {metadata: {name: c4}, spec: {clusterIP: 010.96.1.13, ports: [{port: 80}]}}
         create services default {metadata: {name: c5}, spec: {clusterIP: '', clusterIPs: [10.96.1.14], ports: [{port: 80}]}}
         create services default {metadata: {name: c6}, spec: {clusterIP: 10.96.1.15, clusterIPs: [10.96.1.16], ports: [{port: 80}]}}
         create services default {metadata: {name: c7}, spec: {clusterIPs: [10.96.1.15, 10.96.1.16], ports: [{port: 80}]}}
         create services default {metadata: {name: c8}, spec: {clusterIP: 'fd00::1', ports: [{port: 80}]}}
         create services default {metadata: {name: c9}, spec: {clusterIP: 10.96.0.0, ports: [{port: 80}]}}
         create services default {metadata: {name: d0}, spec: {clusterIP: 10.111.255.255, ports: [{port: 80}]}}
         create services default {metadata: {name: d1}, spec: {type: ExternalName, externalName: a.b., clusterIP: 10.96.1.17, ipFamilies: [IPv4]}}
         list services default {fields: spec.clusterIP=None}
         list services default {fields: spec.type=NodePort}
         delete services default a
         get services default a",
        expect![[r#"
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            201 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            ["a","ClusterIP","10.96.1.1","1.2.3.4","80/TCP","0s","a=b"]
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31000}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"NodePort","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31000}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"LoadBalancer","externalIPs":["1.2.3.4"],"sessionAffinity":"None","loadBalancerIP":"1.2.3.4","loadBalancerSourceRanges":["10.0.0.0/8"],"externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":true,"internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31000}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"LoadBalancer","externalIPs":["1.2.3.4"],"sessionAffinity":"None","loadBalancerIP":"1.2.3.4","loadBalancerSourceRanges":["10.0.0.0/8"],"externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":true,"internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4","ipMode":"VIP"},{"hostname":"h.x"}]}}}
            ["a","LoadBalancer","10.96.1.1","1.2.3.4,h.x,1.2.3.4","80:31000/TCP","0s","a=b"]
            422 Invalid: Service "a" is invalid: spec.loadBalancerClass: Invalid value: "a/b": may not change once set
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31000}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"LoadBalancer","externalIPs":["1.2.3.4"],"sessionAffinity":"None","loadBalancerIP":"1.2.3.4","loadBalancerSourceRanges":["10.0.0.0/8"],"externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":false,"internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4","ipMode":"VIP"},{"hostname":"h.x"}]}}}
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31000}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"LoadBalancer","externalIPs":["1.2.3.4"],"sessionAffinity":"None","loadBalancerIP":"1.2.3.4","loadBalancerSourceRanges":["10.0.0.0/8"],"externalName":"x.y","externalTrafficPolicy":"Local","healthCheckNodePort":31001,"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":false,"internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4","ipMode":"VIP"},{"hostname":"h.x"}]}}}
            422 Invalid: Service "a" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable
            422 Invalid: Service "a" is invalid: spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set
            422 Invalid: Service "a" is invalid: spec.clusterIPs: Invalid value: ["10.96.1.1","10.96.1.2"]: may specify no more than one IP for each IP family
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.ipFamilyPolicy: Unsupported value: "Odd": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"
            422 Invalid: Service "a" is invalid: spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"
            422 Invalid: Service "a" is invalid: spec.sessionAffinity: Unsupported value: "Odd": supported values: "ClientIP", "None"
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"ClientIP","externalName":"x.y","externalTrafficPolicy":"Cluster","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Local"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.internalTrafficPolicy: Unsupported value: "Odd": supported values: "Cluster", "Local"
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.externalTrafficPolicy: Unsupported value: "Odd": supported values: "Cluster", "Local"
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster","trafficDistribution":"PreferClose"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: spec.trafficDistribution: Unsupported value: "Odd": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"
            422 Invalid: Service "a" is invalid: [spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), spec.externalIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.externalIPs[2]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128), spec.externalIPs[3]: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10), spec.externalIPs[4]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)]
            422 Invalid: Service "a" is invalid: [spec.ports[0].name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), spec.ports[0].appProtocol: Invalid value: "a/b/c": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')]
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster","trafficDistribution":"PreferClose"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "a" is invalid: [spec.ports[0].name: Required value, spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]
            422 Invalid: Service "a" is invalid: spec.selector: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"
            200 {"metadata":{"name":"a","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","publishNotReadyAddresses":true,"ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster","trafficDistribution":"PreferClose"},"status":{"loadBalancer":{}}}
            warning: annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead
            warning: spec.externalIPs is deprecated and may no longer be implemented in some clusters
            warning: spec.externalName is ignored when spec.type is not "ExternalName"
            warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"
            200 {"metadata":{"name":"a","namespace":"default","annotations":{"service.kubernetes.io/topology-aware-hints":"Auto","service.kubernetes.io/topology-mode":"Auto"}},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","publishNotReadyAddresses":true,"ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster","trafficDistribution":"PreferClose"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"b","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.1.9","clusterIPs":["10.96.1.9"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            200 {"metadata":{"name":"b","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":81,"targetPort":81}],"clusterIP":"10.96.1.9","clusterIPs":["10.96.1.9"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            200 {"metadata":{"name":"b","namespace":"default"},"spec":{"type":"ExternalName","sessionAffinity":"None","externalName":"x.y"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "b" is invalid: spec.externalName: Invalid value: "x_y": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            ["b","ExternalName","\u003cnone\u003e","x.y","\u003cnone\u003e","0s","\u003cnone\u003e"]
            200 {"metadata":{"name":"b","namespace":"default"},"spec":{"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"RequireDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "b" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services
            ["b","ClusterIP","None","\u003cnone\u003e","\u003cnone\u003e","0s","\u003cnone\u003e"]
            warning: spec.loadBalancerIP is ignored for headless services
            warning: spec.SessionAffinity is ignored for headless services
            201 {"metadata":{"name":"h","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":90}],"clusterIP":"None","clusterIPs":["None"],"type":"ClusterIP","sessionAffinity":"ClientIP","loadBalancerIP":"x","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"RequireDualStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "np" is invalid: spec.ports[2].nodePort: Invalid value: 31010: provided port is already allocated
            201 {"metadata":{"name":"np","namespace":"default"},"spec":{"ports":[{"name":"a","protocol":"TCP","port":80,"targetPort":80,"nodePort":31010},{"name":"b","protocol":"UDP","port":80,"targetPort":80,"nodePort":31010}],"clusterIP":"10.96.1.10","clusterIPs":["10.96.1.10"],"type":"NodePort","sessionAffinity":"None","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"np2","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80,"nodePort":31011}],"clusterIP":"10.96.1.11","clusterIPs":["10.96.1.11"],"type":"NodePort","sessionAffinity":"None","externalTrafficPolicy":"Local","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            201 {"metadata":{"name":"lb","namespace":"default"},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"clusterIP":"10.96.1.12","clusterIPs":["10.96.1.12"],"type":"LoadBalancer","sessionAffinity":"None","externalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":false,"loadBalancerClass":"x","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}
            422 Invalid: Service "lb" is invalid: spec.clusterIPs: Invalid value: ["10.96.1.12"]: failed to allocate IP 10.96.1.12: provided IP is already allocated
            ["lb","LoadBalancer","10.96.1.12","\u003cpending\u003e","80/TCP","0s","\u003cnone\u003e"]
            422 Invalid: Service "c4" is invalid: spec.clusterIPs[0]: Invalid value: "010.96.1.13": must not have leading 0s
            422 Invalid: Service "c5" is invalid: spec.clusterIPs: Invalid value: ["10.96.1.14"]: must be empty when `clusterIP` is not specified
            422 Invalid: Service "c6" is invalid: spec.clusterIPs: Invalid value: ["10.96.1.16"]: first value must match `clusterIP`
            422 Invalid: Service "c7" is invalid: [spec.clusterIPs: Invalid value: ["10.96.1.15","10.96.1.16"]: must be empty when `clusterIP` is not specified, spec.clusterIPs: Invalid value: ["10.96.1.15","10.96.1.16"]: may specify no more than one IP for each IP family]
            422 Invalid: Service "c8" is invalid: spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster
            422 Invalid: Service "c9" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.0"]: failed to allocate IP 10.96.0.0: the provided network does not match the current range
            422 Invalid: Service "d0" is invalid: spec.clusterIPs: Invalid value: ["10.111.255.255"]: failed to allocate IP 10.111.255.255: the provided network does not match the current range
            422 Invalid: Service "d1" is invalid: [spec.clusterIPs: Forbidden: may not be set for ExternalName services, spec.ipFamilies: Forbidden: may not be set for ExternalName services]
            b h @34
            np np2 @34
            gone {"metadata":{"name":"a","namespace":"default","annotations":{"service.kubernetes.io/topology-aware-hints":"Auto","service.kubernetes.io/topology-mode":"Auto"}},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":80}],"selector":{"a":"b"},"clusterIP":"10.96.1.1","clusterIPs":["10.96.1.1"],"type":"ClusterIP","externalIPs":["1.2.3.4"],"sessionAffinity":"None","externalName":"x.y","externalTrafficPolicy":"Cluster","publishNotReadyAddresses":true,"ipFamilies":["IPv4"],"ipFamilyPolicy":"PreferDualStack","internalTrafficPolicy":"Cluster","trafficDistribution":"PreferClose"},"status":{"loadBalancer":{}}}
            404 NotFound: services "a" not found
        "#]],
    );
}
