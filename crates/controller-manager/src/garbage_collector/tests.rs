use client::informer::Entry;
use client::resources::{CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, REPLICA_SETS};
use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{WIDGETS, now, objects, parse_key, view};

const BUILT_IN: [Resource; 5] = [CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, REPLICA_SETS];

fn collector(with: &[Resource]) -> GarbageCollector {
    GarbageCollector::new(LiveKinds::fixed(&[&BUILT_IN, with].concat()))
}

/// `live`: what a look-up finds.
#[track_caller]
fn check(objects_text: &str, key: &str, live: &str, expected: Expect) {
    check_of(&collector(&[]), objects_text, key, live, expected);
}

/// Where custom objects are served.
#[track_caller]
fn check_custom(objects_text: &str, key: &str, live: &str, expected: Expect) {
    check_of(&collector(&[WIDGETS]), objects_text, key, live, expected);
}

#[track_caller]
fn check_of(collector: &GarbageCollector, objects_text: &str, key: &str, live: &str, expected: Expect) {
    let mut view = view(collector, objects_text);
    let key = parse_key(key);
    let live = objects(live);
    let plan = collector.reconcile(&view, &key, now());
    for lookup in &plan.lookups {
        let Lookup::Get { key, resource } = lookup else { panic!("owners are read one by one") };
        let found = live.iter().find(|it| it.name() == &*key.name && it.str_at(&["kind"]) == resource.kind);
        let found = found.map_or(Found::Nothing, |it| Found::Object(it.clone()));
        view = view.and_found(lookup.clone(), found);
    }
    expected.assert_eq(&collector.reconcile(&view, &key, now()).to_string());
}

const FOREGROUND_OWNER: &str = r#"ReplicaSet a/web deleted=1s metadata.finalizers=["foregroundDeletion"]"#;

#[test]
fn an_object_whose_owner_is_really_gone_is_deleted() {
    let pod = "Pod a/p owner=ReplicaSet/web";
    check(
        pod,
        "Pod a/p",
        "",
        expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
    "#]],
    );
    check(pod, "Pod a/p", "ReplicaSet a/web", expect![[""]]);
    check(
        pod,
        "Pod a/p",
        "ReplicaSet a/web metadata.uid=another",
        expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
    "#]],
    );
}

#[test]
fn an_owner_of_an_unknown_kind_keeps_the_object() {
    check("Pod a/p owner=Widget/w", "Pod a/p", "", expect![[""]]);
}

#[test]
fn with_another_owner_left_only_the_reference_goes() {
    let owners = r#"metadata.ownerReferences=[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"gone-uid"},{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web-uid"}]"#;
    check(
        &format!("ReplicaSet a/web\nPod a/p {owners}"),
        "Pod a/p",
        "",
        expect![[r#"
        patch Pod a/p {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"gone-uid"}]}}
    "#]],
    );
}

#[test]
fn a_foreground_deletion_waits_for_the_dependents_that_block_it() {
    let all = format!("{FOREGROUND_OWNER}\nPod a/p owner=ReplicaSet/web");
    check(
        &all,
        "ReplicaSet a/web",
        "",
        expect![[r#"
        enqueue Pod a/p
    "#]],
    );
    check(
        &all,
        "Pod a/p",
        "",
        expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"2"},"propagationPolicy":"Background"}
    "#]],
    );
    check(
        FOREGROUND_OWNER,
        "ReplicaSet a/web",
        "",
        expect![[r#"
        patch ReplicaSet a/web {"metadata":{"resourceVersion":"1","finalizers":[]}}
    "#]],
    );
}

#[test]
fn a_dependent_with_dependents_goes_in_the_foreground_too() {
    let all = r#"Deployment a/web deleted=1s metadata.uid=d metadata.finalizers=["foregroundDeletion"]
        ReplicaSet a/set metadata.ownerReferences=[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"d","blockOwnerDeletion":true}]
        Pod a/p owner=ReplicaSet/set"#;
    check(
        all,
        "ReplicaSet a/set",
        "",
        expect![[r#"
        delete ReplicaSet a/set {"preconditions":{"uid":"set-uid","resourceVersion":"2"},"propagationPolicy":"Foreground"}
    "#]],
    );
}

#[test]
fn an_orphan_deletion_releases_the_dependents() {
    let all = r#"ReplicaSet a/web deleted=1s metadata.finalizers=["orphan","other"]
        Pod a/p owner=ReplicaSet/web"#;
    check(
        all,
        "ReplicaSet a/web",
        "",
        expect![[r#"
        patch Pod a/p {"metadata":{"ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}}
        patch ReplicaSet a/web {"metadata":{"resourceVersion":"1","finalizers":["other"]}}
    "#]],
    );
}

#[test]
fn a_circle_of_waiting_owners_is_broken() {
    check(
        r#"Pod a/1 deleted=1s metadata.finalizers=["foregroundDeletion"] metadata.ownerReferences=[{"apiVersion":"v1","kind":"Pod","name":"2","uid":"2-uid","blockOwnerDeletion":true}]
        Pod a/2 metadata.ownerReferences=[{"apiVersion":"v1","kind":"Pod","name":"1","uid":"1-uid","blockOwnerDeletion":true}]"#,
        "Pod a/2",
        "",
        expect![[r#"
            patch Pod a/2 {"metadata":{"uid":"2-uid","ownerReferences":[{"uid":"1-uid","blockOwnerDeletion":false}]}}
            delete Pod a/2 {"preconditions":{"uid":"2-uid"},"propagationPolicy":"Foreground"}
        "#]],
    );
}

#[test]
fn a_dependent_of_a_custom_owner_goes_when_the_owner_is_gone() {
    let deletion = expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
    "#]];
    check_custom("Pod a/p owner=Widget/w", "Pod a/p", "", deletion);
    check_custom("Pod a/p owner=Widget/w", "Pod a/p", "Widget a/w", expect![[""]]);
    check_custom("Pod a/p owner=Widget/w\nWidget a/w", "Pod a/p", "", expect![[""]]);
}

#[test]
fn nothing_is_deleted_before_the_kind_of_the_owner_is_served() {
    check("Pod a/p owner=Widget/w", "Pod a/p", "", expect![[""]]);
    let gone = r#"{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"gone-uid"}"#;
    let unknown = r#"{"apiVersion":"example.com/v1","kind":"Widget","name":"w","uid":"w-uid"}"#;
    let pod = format!("Pod a/p metadata.ownerReferences=[{gone},{unknown}]");
    check(&pod, "Pod a/p", "", expect![[""]]);
    let deletion = expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
    "#]];
    check_custom(&pod, "Pod a/p", "", deletion);
}

#[test]
fn another_version_of_the_kind_of_the_owner_is_the_same_kind() {
    let versions = [Resource { version: "v2", ..WIDGETS }];
    let watchable = [&BUILT_IN, &versions[..]].concat();
    let served = Served { watchable, other_versions: vec![WIDGETS], ..Served::default() };
    let collector = GarbageCollector::new(LiveKinds::always(served));
    let all = "Pod a/p owner=Widget/w\nWidget a/w";
    check_of(&collector, all, "Pod a/p", "", expect![[""]]);
    let deletion = expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"1"},"propagationPolicy":"Background"}
    "#]];
    check_of(&collector, "Pod a/p owner=Widget/w", "Pod a/p", "", deletion);
}

#[test]
fn an_owner_whose_end_was_seen_is_gone_although_its_kind_is_not_served_any_more() {
    let before = collector(&[WIDGETS]);
    let all = "Widget a/w\nPod a/p owner=Widget/w";
    let view_before = view(&before, all);
    let owner: Entry<Digest> = view_before.get(WIDGETS, "a", "w").expect("it is there");
    let change = Change { key: ObjectKey::new("a", "w"), old: Some(owner), new: None };
    let (departed, mut keys) = (Arc::clone(&before.departed), Vec::new());
    touched(&before.kinds, &departed, (WIDGETS, &view_before, &change), &mut keys);
    assert_eq!(keys, [parse_key("Pod a/p")]);
    let after = GarbageCollector { kinds: LiveKinds::fixed(&BUILT_IN), departed };
    let deletion = expect![[r#"
        delete Pod a/p {"preconditions":{"uid":"p-uid","resourceVersion":"2"},"propagationPolicy":"Background"}
    "#]];
    check_of(&after, all, "Pod a/p", "", deletion);
}

#[test]
fn a_foreground_deletion_waits_for_a_custom_dependent() {
    let all = format!("{FOREGROUND_OWNER}\nWidget a/w owner=ReplicaSet/web");
    let enqueued = expect![[r#"
        enqueue Widget a/w
    "#]];
    check_custom(&all, "ReplicaSet a/web", "", enqueued);
    let deletion = expect![[r#"
        delete Widget a/w {"preconditions":{"uid":"w-uid","resourceVersion":"2"},"propagationPolicy":"Background"}
    "#]];
    check_custom(&all, "Widget a/w", "", deletion);
}

#[test]
fn a_custom_owner_goes_in_the_foreground_too() {
    let owner = r#"Widget a/w deleted=1s metadata.finalizers=["foregroundDeletion"]"#;
    let enqueued = expect![[r#"
        enqueue Pod a/p
    "#]];
    check_custom(&format!("{owner}\nPod a/p owner=Widget/w"), "Widget a/w", "", enqueued);
    let patch = expect![[r#"
        patch Widget a/w {"metadata":{"resourceVersion":"1","finalizers":[]}}
    "#]];
    check_custom(owner, "Widget a/w", "", patch);
}

#[test]
fn a_custom_dependent_is_released_without_a_strategic_patch() {
    let owners = r#"metadata.ownerReferences=[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web-uid"},{"apiVersion":"v1","kind":"Node","name":"n","uid":"n-uid"}]"#;
    let all = format!("ReplicaSet a/web deleted=1s metadata.finalizers=[\"orphan\"]\nWidget a/w {owners}");
    let patches = expect![[r#"
        patch Widget a/w {"metadata":{"resourceVersion":"2","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"n-uid"}]}}
        patch ReplicaSet a/web {"metadata":{"resourceVersion":"1","finalizers":[]}}
    "#]];
    check_custom(&all, "ReplicaSet a/web", "", patches);
}

#[test]
fn a_deletion_that_needs_all_dependents_waits_until_they_are_known() {
    let collector = collector(&[WIDGETS]);
    let watches = collector.watches();
    let (known, unknown): (Vec<_>, Vec<_>) = watches.into_iter().partition(|watch| watch.id().resource != WIDGETS);
    let view = View::fixed(&known, &objects(FOREGROUND_OWNER)).and_unfilled(&unknown);
    let plan = collector.reconcile(&view, &parse_key("ReplicaSet a/web"), now());
    expect![[""]].assert_eq(&plan.to_string());
}

#[test]
fn a_kind_that_comes_touches_what_names_it_and_what_waits_for_all_kinds() {
    let collector = collector(&[WIDGETS]);
    let all = format!("{FOREGROUND_OWNER}\nPod a/p owner=Widget/w\nPod a/q owner=ReplicaSet/web\nWidget a/w");
    let mut keys = Vec::new();
    collector.touched_by_kind(&view(&collector, &all), WIDGETS, &mut keys);
    keys.sort_by_key(ToString::to_string);
    assert_eq!(keys, [parse_key("Pod a/p"), parse_key("ReplicaSet a/web")]);
}
