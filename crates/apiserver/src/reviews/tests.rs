use super::*;

#[test]
fn reviews_are_found_by_their_resource() {
    assert_eq!(find(AUTHORIZATION, "v1", "selfsubjectaccessreviews"), Some(Review::SelfSubjectAccess));
    assert_eq!(find(AUTHORIZATION, "v2", "selfsubjectaccessreviews"), None);
    assert_eq!(resource_types().count(), REVIEWS.len() + 2);
}

#[test]
fn a_review_needs_exactly_one_question_and_somebody() {
    let ty = api::resource(AUTHORIZATION, "v1", "subjectaccessreviews").expect("built in");
    let none = check_access(ty, &tree!({"spec": {}}), Subject::Named).expect_err("nothing asked");
    assert!(
        none.message.contains("exactly one of nonResourceAttributes or resourceAttributes must be specified"),
        "{none}"
    );
    assert!(none.message.contains("at least one of user or group must be specified"), "{none}");
    let both =
        tree!({"spec": {"user": "a", "resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"verb": "get"}}});
    assert!(check_access(ty, &both, Subject::Named).is_err());
    let good = tree!({"spec": {"resourceAttributes": {"verb": "get"}}});
    assert_eq!(check_access(ty, &good, Subject::Caller), Ok(()));
}

#[test]
fn a_local_review_stays_in_its_namespace() {
    let ty = api::resource(AUTHORIZATION, "v1", "localsubjectaccessreviews").expect("built in");
    let mut review = tree!({"spec": {"resourceAttributes": {"namespace": "a"}}});
    assert_eq!(match_namespace(&mut review, "a"), Ok(()));
    assert_eq!(check_local(ty, &review), Ok(()));
    assert!(match_namespace(&mut review, "b").is_err());
    review.set(&["spec", "resourceAttributes", "namespace"], "b");
    assert!(check_local(ty, &review).is_err());
}

#[test]
fn field_selectors_of_reviews_are_understood() {
    let of = |operator: &str| {
        field_selector(&tree!({"requirements": [{"key": "spec.nodeName", "operator": operator, "values": ["n"]}]}))
    };
    let expected = FieldTerm { field: "spec.nodeName".into(), is_equal: true, value: "n".into() };
    assert_eq!(of("In"), Some(FieldSelector { terms: vec![expected] }));
    assert_eq!(of("Exists"), None);
}

#[test]
fn a_user_is_shown_without_what_it_lacks() {
    let user = UserInfo { name: "a".into(), extra: vec![("k".into(), vec!["v".into()])], ..UserInfo::default() };
    assert_eq!(user_value(&user), tree!({"username": "a", "extra": {"k": ["v"]}}));
}
