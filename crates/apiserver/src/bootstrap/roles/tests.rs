use super::*;

fn role(name: &str, verbs: &[&str]) -> Value {
    let verbs: Value = verbs.iter().map(|verb| Value::from(*verb)).collect();
    tree!({"metadata": {"name": name, "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}},
        "rules": [{"verbs": verbs, "apiGroups": [""], "resources": ["pods"]}]})
}

#[test]
fn what_is_right_is_left_alone() {
    let wanted = [role("a", &["get"]), role("b", &["list"])];
    assert!(changes(&wanted, &wanted, repaired_role).is_empty());
    assert_eq!(changes(&[], &wanted, repaired_role).len(), 2);
}

#[test]
fn missing_rights_are_added_and_further_ones_stay() {
    let now = role("a", &["delete"]);
    let planned = changes(std::slice::from_ref(&now), &[role("a", &["get"])], repaired_role);
    let [Change::Update(repaired)] = &planned[..] else { panic!("{planned:?}") };
    assert_eq!(repaired.items_at(&["rules"]).len(), 2);
    let mut kept = now;
    kept.set(&["metadata", "annotations"], tree!({"rbac.authorization.kubernetes.io/autoupdate": "false"}));
    assert!(changes(&[kept], &[role("a", &["get"])], repaired_role).is_empty());
}

#[test]
fn a_binding_gets_its_subjects_back_and_another_role_is_replaced() {
    let binding = |role: &str, subjects: Value| tree!({"metadata": {"name": "x"}, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects});
    let jane = || tree!({"kind": "User", "name": "jane"});
    let now = binding("a", tree!([{"kind": "User", "name": "bob"}]));
    let Some(Change::Update(repaired)) = repaired_binding(&now, &binding("a", tree!([(jane())]))) else { panic!() };
    assert_eq!(repaired.items_at(&["subjects"]).len(), 2);
    assert!(matches!(repaired_binding(&now, &binding("b", tree!([]))), Some(Change::Replace(_))));
    assert_eq!(repaired_binding(&now, &binding("a", tree!([]))), None);
}

#[test]
fn aggregated_roles_are_filled_through_all_levels() {
    let all = documents::bootstrap();
    let planned = cluster_role_changes(&[], &documents::objects(&all, "clusterroles"));
    let rules = |name: &str| {
        let change = planned.iter().find(|it| it.object().name() == name).expect("planned");
        assert!(matches!(change, Change::Create(_)));
        Rule::all_of(change.object())
    };
    let (view, edit, admin) = (rules("view"), rules("edit"), rules("admin"));
    assert!(!view.is_empty());
    assert!(uncovered(&edit, &view).is_empty() && !uncovered(&view, &edit).is_empty());
    assert!(uncovered(&admin, &edit).is_empty() && !uncovered(&edit, &admin).is_empty());
    let existing: Vec<Value> = planned.iter().map(|it| it.object().clone()).collect();
    assert!(cluster_role_changes(&existing, &documents::objects(&all, "clusterroles")).is_empty());
}
