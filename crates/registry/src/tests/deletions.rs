use expect_test::expect;

use crate::harness::check;

#[test]
fn an_object_without_finalizers_goes_at_once() {
    check(
        "create configmaps default {metadata: {name: a}}
         delete configmaps default a
         delete configmaps default a
         list configmaps default",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"}}
            gone {"metadata":{"name":"a","namespace":"default"}}
            404 NotFound: configmaps "a" not found
             @3
        "#]],
    );
}

#[test]
fn finalizers_hold_an_object_until_the_last_one_goes() {
    check(
        "create configmaps default {metadata: {name: a, finalizers: [x/y]}}
         delete configmaps default a
         delete configmaps default a
         patch configmaps default a merge {metadata: {finalizers: [x/y, x/z]}}
         create configmaps default {metadata: {name: a}}
         patch configmaps default a merge {metadata: {finalizers: null}}
         get configmaps default a",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","finalizers":["x/y"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["x/y"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["x/y"]}}
            422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/z"}
            409 AlreadyExists: object is being deleted: configmaps "a" already exists
            200 {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0}}
            404 NotFound: configmaps "a" not found
        "#]],
    );
}

#[test]
fn propagation_policies_become_finalizers() {
    check(
        "create configmaps default {metadata: {name: a}}
         delete configmaps default a {policy: Foreground}
         delete configmaps default a {policy: Orphan}
         delete configmaps default a {policy: Background}
         create configmaps default {metadata: {name: b}}
         delete configmaps default b {policy: Sideways}
         delete configmaps default b {policy: Background}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["foregroundDeletion"]}}
            held {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["orphan"]}}
            gone {"metadata":{"name":"a","namespace":"default","deletionTimestamp":"T","deletionGracePeriodSeconds":0,"finalizers":["orphan"]}}
            201 {"metadata":{"name":"b","namespace":"default"}}
            422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"
            gone {"metadata":{"name":"b","namespace":"default"}}
        "#]],
    );
}

#[test]
fn preconditions_are_checked() {
    check(
        "create configmaps default {metadata: {name: a}}
         delete configmaps default a {rv: '9'}
         delete configmaps default a {rv: '2'}",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"}}
            409 Conflict: Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (9) does not match the ResourceVersion in record (2). The object might have been modified
            gone {"metadata":{"name":"a","namespace":"default"}}
        "#]],
    );
}

#[test]
fn a_namespace_is_held_until_it_is_finalized() {
    check(
        "create namespaces - {metadata: {name: a}}
         delete namespaces - a
         delete namespaces - a
         update namespaces - a/finalize {metadata: {name: a}, spec: {finalizers: []}}
         get namespaces - a",
        expect![[r#"
            201 {"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
            held {"metadata":{"name":"a","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}}
            held {"metadata":{"name":"a","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Terminating"}}
            200 {"metadata":{"name":"a","deletionTimestamp":"T","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{},"status":{"phase":"Terminating"}}
            404 NotFound: namespaces "a" not found
        "#]],
    );
}

#[test]
fn a_collection_goes_as_far_as_it_matches() {
    check(
        "create configmaps default {metadata: {name: a, labels: {x: v}}}
         create configmaps default {metadata: {name: b}}
         create configmaps other {metadata: {name: c, labels: {x: v}}}
         deletecollection configmaps default {labels: x=v}
         list configmaps -",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default","labels":{"x":"v"}}}
            201 {"metadata":{"name":"b","namespace":"default"}}
            201 {"metadata":{"name":"c","namespace":"other","labels":{"x":"v"}}}
            a
            b c @5
        "#]],
    );
}
