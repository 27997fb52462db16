use std::time::{Duration, Instant};

use datastore::{Revision, Storage};
use expect_test::expect;

use crate::harness::{Cluster, block_on, check};
use crate::request::ListOptions;

#[test]
fn a_watch_sees_what_its_selector_sees() {
    check(
        "create configmaps a {metadata: {name: x, labels: {app: web}}}
         watch configmaps -
         watch configmaps a {labels: app=web, rv: '2'}
         watch configmaps a {fields: metadata.name=x}
         watch configmaps b
         patch configmaps a x merge {data: {k: v}}
         patch configmaps a x merge {metadata: {labels: {app: db}}}
         patch configmaps a x merge {metadata: {labels: {app: web}}}
         create configmaps b {metadata: {name: x}}
         delete configmaps a x
         events 0
         events 1
         events 2
         events 3",
        expect![[r#"
            201 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}}}
            watch 0
            watch 1
            watch 2
            watch 3
            200 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}},"data":{"k":"v"}}
            200 {"metadata":{"name":"x","namespace":"a","labels":{"app":"db"}},"data":{"k":"v"}}
            200 {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}},"data":{"k":"v"}}
            201 {"metadata":{"name":"x","namespace":"b"}}
            gone {"metadata":{"name":"x","namespace":"a","labels":{"app":"web"}},"data":{"k":"v"}}
            ADDED x@2, MODIFIED x@3, MODIFIED x@4, MODIFIED x@5, ADDED x@6, DELETED x@7
            MODIFIED x@3, DELETED x@4, ADDED x@5, DELETED x@7
            ADDED x@2, MODIFIED x@3, MODIFIED x@4, MODIFIED x@5, DELETED x@7
            ADDED x@6
        "#]],
    );
}

#[test]
fn a_watch_resumes_after_a_revision_and_learns_when_it_is_too_old() {
    let out = block_on(async {
        let mut cluster = Cluster::new().await;
        let script = "create configmaps a {metadata: {name: x}}
            create configmaps a {metadata: {name: w}}
            delete configmaps a x
            watch configmaps - {rv: '2'}
            events 0
            watch configmaps - {rv: '0'}
            events 1
            watch configmaps - {rv: '4'}
            events 2";
        let before = cluster.run(script).await;
        let mut later = Cluster::over(cluster.storage.clone()).await;
        let after = later.run("watch configmaps - {rv: '3'}\nwatch configmaps - {rv: '4'}\nevents 0").await;
        format!("{before}{after}")
    });
    expect![[r#"
        201 {"metadata":{"name":"x","namespace":"a"}}
        201 {"metadata":{"name":"w","namespace":"a"}}
        gone {"metadata":{"name":"x","namespace":"a"}}
        watch 0
        ADDED w@3, DELETED x@4
        watch 1
        ADDED w@3
        watch 2

        410 Expired: too old resource version: 3 (4)
        watch 0

    "#]]
    .assert_eq(&out);
}

#[test]
fn initial_events_end_with_a_bookmark() {
    check(
        "create configmaps a {metadata: {name: x}}
         watch configmaps - {initial: true, bookmarks: true, match: NotOlderThan}
         create configmaps a {metadata: {name: w}}
         events 0
         watch configmaps - {initial: false, match: NotOlderThan}
         events 1
         watch configmaps - {initial: true}
         watch configmaps - {match: NotOlderThan, rv: '1'}",
        expect![[r#"
            201 {"metadata":{"name":"x","namespace":"a"}}
            watch 0
            201 {"metadata":{"name":"w","namespace":"a"}}
            ADDED x@2, BOOKMARK(end) @2, ADDED w@3
            watch 1

            422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan
            422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided
        "#]],
    );
}

#[test]
fn a_watcher_that_does_not_read_is_cut_off_and_others_go_on() {
    block_on(async {
        let mut cluster = Cluster::new().await;
        let resource = cluster.resource("configmaps");
        let mut slow = resource.watch("", &ListOptions::default()).await.expect("a watch");
        cluster.run("create configmaps a {metadata: {name: x}}").await;
        for count in 0..1_030 {
            cluster.run(&format!("patch configmaps a x merge {{data: {{k: '{count}'}}}}")).await;
        }
        resource.take_pending();
        let mut seen = 0;
        while slow.recv().await.is_some() {
            seen += 1;
        }
        assert_eq!(seen, 1_024, "it gets what was queued, then the end");
    });
}

#[test]
fn a_commit_reaches_a_watcher_through_the_feeding_task() {
    block_on(async {
        let mut cluster = Cluster::new().await;
        let resource = cluster.resource("configmaps");
        let mut watch = resource.watch("", &ListOptions::default()).await.expect("a watch");
        let started = Instant::now();
        cluster.run("create configmaps a {metadata: {name: x}}").await;
        let frame =
            tokio::time::timeout(Duration::from_secs(5), watch.recv()).await.expect("in time").expect("a frame");
        assert_eq!(frame.revision, 2);
        eprintln!("create to event: {:?}", started.elapsed());
        let progress = cluster.storage.progress().await.expect("memory");
        assert_eq!(progress, Revision(2));
    });
}

#[test]
fn a_node_watches_its_own_pods() {
    check(
        "watch pods - {fields: spec.nodeName=n1}
         watch pods - {fields: spec.nodeName=}
         watch pods default {fields: 'spec.nodeName=n1,status.phase!=Failed'}
         create pods default {metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}
         create pods default {metadata: {name: b}, spec: {nodeName: n1, containers: [{name: c, image: i}]}}
         create pods default a/binding {metadata: {name: a}, target: {kind: Node, name: n1}}
         create pods default a/binding {metadata: {name: a}, target: {kind: Node, name: n2}}
         patch pods default a/status merge {status: {phase: Failed}}
         delete pods default b
         delete pods default b {grace: 0}
         delete pods default a
         list pods - {fields: spec.nodeName=n1}
         events 0
         events 1
         events 2",
        expect![[r#"
            watch 0
            watch 1
            watch 2
            201 {"metadata":{"name":"a","namespace":"default","generation":1},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}}
            201 {"metadata":{"name":"b","namespace":"default","generation":1},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}}
            201 {"metadata":{"name":"a","namespace":"default","generation":1},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"T"}],"qosClass":"BestEffort"}}
            409 Conflict: Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"
            200 {"metadata":{"name":"a","namespace":"default","generation":1},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Failed","conditions":[{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"T"}],"qosClass":"BestEffort"}}
            held {"metadata":{"name":"b","namespace":"default","generation":2,"deletionTimestamp":"T","deletionGracePeriodSeconds":30},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}}
            gone {"metadata":{"name":"b","namespace":"default","generation":2,"deletionTimestamp":"T","deletionGracePeriodSeconds":0},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}}
            gone {"metadata":{"name":"a","namespace":"default","generation":2,"deletionTimestamp":"T","deletionGracePeriodSeconds":0},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeName":"n1","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Failed","conditions":[{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"T"}],"qosClass":"BestEffort"}}
             @10
            ADDED b@3, ADDED a@4, MODIFIED a@5, MODIFIED b@6, MODIFIED b@7, DELETED b@8, MODIFIED a@9, DELETED a@10
            ADDED a@2, DELETED a@4
            ADDED b@3, ADDED a@4, DELETED a@5, MODIFIED b@6, MODIFIED b@7, DELETED b@8
        "#]],
    );
}
