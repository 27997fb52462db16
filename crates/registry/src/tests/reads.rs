use expect_test::expect;

use crate::harness::check;

const THREE: &str = "create configmaps a {metadata: {name: x, labels: {app: web}}}
    create configmaps a {metadata: {name: w}}
    create configmaps b {metadata: {name: x, labels: {app: db}}}
    ";

#[test]
fn lists_select_by_namespace_labels_and_fields() {
    let script = "list configmaps -
        list configmaps a
        list configmaps - {labels: 'app in (web,db)'}
        list configmaps - {labels: '!app'}
        list configmaps - {fields: metadata.name=x}
        list configmaps a {fields: metadata.name=x}
        list configmaps - {fields: metadata.namespace!=a}
        list configmaps - {fields: data.k=v}
        list namespaces - {fields: spec.x=v}";
    check(
        &format!("{THREE}{script}"),
        expect![[r#"
            201 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}}}
            201 {"metadata":{"name":"w","namespace":"a"}}
            201 {"metadata":{"name":"x","namespace":"b","labels":{"app":"db"}}}
            w x x @4
            w x @4
            x x @4
            w @4
            x x @4
            x @4
            x @4
            400 BadRequest: "data.k" is not a known field selector: only "metadata.name", "metadata.namespace"
            400 BadRequest: field label not supported: spec.x
        "#]],
    );
}

#[test]
fn pages_go_on_where_they_stopped_as_of_their_revision() {
    let script = "list configmaps - {limit: 2}
        delete configmaps b x
        create configmaps c {metadata: {name: z}}
        list configmaps - {limit: 2, continue: last}
        list configmaps - {limit: 1}
        list configmaps - {limit: 1, continue: last}
        list configmaps - {limit: 1, labels: app=web}
        list configmaps a {limit: 1}
        list configmaps a {limit: 1, continue: last}";
    check(
        &format!("{THREE}{script}"),
        expect![[r#"
            201 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}}}
            201 {"metadata":{"name":"w","namespace":"a"}}
            201 {"metadata":{"name":"x","namespace":"b","labels":{"app":"db"}}}
            w x ... remaining=1 @4
            gone {"metadata":{"name":"x","namespace":"b","labels":{"app":"db"}}}
            201 {"metadata":{"name":"z","namespace":"c"}}
            x @4
            w ... remaining=2 @6
            x ... remaining=1 @6
            x @6
            w ... remaining=1 @6
            x @6
        "#]],
    );
}

#[test]
fn a_list_shows_the_revision_it_is_asked_for() {
    let script = "list configmaps - {rv: '3', match: Exact}
        list configmaps - {rv: '3', match: NotOlderThan}
        list configmaps - {rv: '2', limit: 5}
        list configmaps - {rv: '0', limit: 1}
        list configmaps - {rv: '9999999'}
        list configmaps - {match: Exact}
        list configmaps - {rv: '0', match: Exact}
        list configmaps - {initial: true}
        list configmaps - {rv: x}
        list configmaps - {continue: '!'}
        get configmaps a x 3
        get configmaps a x 9999999
        get configmaps a x z";
    check(
        &format!("{THREE}{script}"),
        expect![[r#"
            201 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}}}
            201 {"metadata":{"name":"w","namespace":"a"}}
            201 {"metadata":{"name":"x","namespace":"b","labels":{"app":"db"}}}
            w x @3
            w x x @4
            x @2
            w x x @4
            504 Timeout: Timeout: Too large resource version: 9999999, current: 4
            422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided
            422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"
            422 Invalid: ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list
            400 BadRequest: invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax
            400 BadRequest: invalid continue token: continue key is not valid: illegal base64 data at input byte 0
            {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}}}
            504 Timeout: Timeout: Too large resource version: 9999999, current: 4
            500 : resourceVersion: Invalid value: "z": strconv.ParseUint: parsing "z": invalid syntax
        "#]],
    );
}

#[test]
fn an_expired_continue_token_comes_with_a_new_one() {
    use crate::harness::{Cluster, block_on};
    use datastore::{Revision, Storage};
    let out = block_on(async {
        let mut cluster = Cluster::new().await;
        cluster.run(THREE).await;
        let first = cluster.run("list configmaps - {limit: 2}").await;
        cluster.run("delete configmaps a w").await;
        cluster.storage.compact(Revision(5)).await.expect("compacts");
        let expired = cluster.run("list configmaps - {limit: 2, continue: last}").await;
        let rest = cluster.run("list configmaps - {limit: 2, continue: last}").await;
        format!("{first}{expired}{rest}")
    });
    expect![[r#"
        w x ... remaining=1 @4
        410 Expired: The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.
        x @5
    "#]].assert_eq(&out);
}

#[test]
fn a_table_row_has_a_cell_per_column() {
    check(
        "create configmaps default {metadata: {name: a}, data: {k: v}, binaryData: {l: AAAA}}
         row configmaps default a
         create namespaces - {metadata: {name: a}}
         row namespaces - a",
        expect![[r#"
            201 {"metadata":{"name":"a","namespace":"default"},"data":{"k":"v"},"binaryData":{"l":"AAAA"}}
            ["a",2,"0s"]
            201 {"metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
            ["a","Active","0s"]
        "#]],
    );
}
