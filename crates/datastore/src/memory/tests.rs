use super::*;
use crate::storage::Precondition;
use crate::test_text::{delete, event_text, page_text, put, text};

/// a created at 2, b at 3, a changed at 4, b deleted at 5, c created at 6, b created again at 7.
async fn filled() -> MemoryStorage {
    let store = MemoryStorage::new();
    let writes = [
        put("/x/a", "1", Precondition::Absent),
        put("/x/b", "1", Precondition::Absent),
        put("/x/a", "2", Precondition::At(Revision(2))),
        delete("/x/b", 3),
        put("/x/c", "1", Precondition::Absent),
        put("/x/b", "2", Precondition::Absent),
    ];
    for (index, write) in writes.into_iter().enumerate() {
        let outcome = store.commit(write).await.expect("precondition holds");
        assert_eq!(outcome.revision.0, index as u64 + 2);
    }
    store
}

#[tokio::test]
async fn an_empty_store_is_at_one_and_lists_nothing() {
    let store = MemoryStorage::new();
    assert_eq!(page_text(&store.list("").await.expect("list")), " +0 at 1");
    assert_eq!(store.current_revision().await.expect("revision"), Revision(1));
}

#[tokio::test]
async fn every_revision_can_be_listed_as_it_was() {
    let store = filled().await;
    let expected = [
        (1, " +0 at 1"),
        (2, "/x/a=1@2/2 +0 at 2"),
        (3, "/x/a=1@2/2 /x/b=1@3/3 +0 at 3"),
        (4, "/x/a=2@2/4 /x/b=1@3/3 +0 at 4"),
        (5, "/x/a=2@2/4 +0 at 5"),
        (6, "/x/a=2@2/4 /x/c=1@6/6 +0 at 6"),
        (7, "/x/a=2@2/4 /x/b=2@7/7 /x/c=1@6/6 +0 at 7"),
    ];
    for (revision, text) in expected {
        let page = store.list_at("/x/", Revision(revision), None, 0).await.expect("readable");
        assert_eq!(page_text(&page), text);
    }
    let newer = store.list_at("/x/", Revision(8), None, 0).await;
    assert!(matches!(newer, Err(StorageError::Future { asked: 8, newest: 7 })));
}

#[tokio::test]
async fn pages_continue_after_a_key_and_count_what_is_left() {
    let store = filled().await;
    let first = store.list_at("/x/", Revision(7), None, 1).await.expect("page");
    assert_eq!(page_text(&first), "/x/a=2@2/4 +2 at 7");
    let second = store.list_at("/x/", Revision(7), Some("/x/a"), 1).await.expect("page");
    assert_eq!(page_text(&second), "/x/b=2@7/7 +1 at 7");
    let last = store.list_at("/x/", Revision(7), Some("/x/b"), 5).await.expect("page");
    assert_eq!(page_text(&last), "/x/c=1@6/6 +0 at 7");
    let other = store.list_at("/y/", Revision(7), Some("/x/b"), 5).await.expect("page");
    assert_eq!(page_text(&other), " +0 at 7");
}

#[tokio::test]
async fn a_failed_precondition_returns_what_is_there() {
    let store = filled().await;
    for write in
        [put("/x/a", "3", Precondition::Absent), put("/x/a", "3", Precondition::At(Revision(2))), delete("/x/a", 2)]
    {
        let Err(CommitError::Precondition { current: Some(current) }) = store.commit(write).await else {
            panic!("must fail with the current state");
        };
        assert_eq!(text(&current), "/x/a=2@2/4");
    }
    let gone = store.commit(delete("/x/none", 2)).await;
    assert!(matches!(gone, Err(CommitError::Precondition { current: None })));
    assert_eq!(store.current_revision().await.expect("revision"), Revision(7));
}

#[tokio::test]
async fn a_watch_replays_history_and_goes_on_live_with_previous_values() {
    let store = filled().await;
    let mut watch = store.watch("/x/b", Revision(2)).await.expect("watch");
    store.commit(delete("/x/b", 7)).await.expect("commit");
    store.commit(put("/x/d", "1", Precondition::Absent)).await.expect("commit");
    store.commit(put("/x/b", "3", Precondition::Absent)).await.expect("commit");
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.extend(watch.events.recv().await.expect("open").iter().map(event_text));
    }
    let expected = [
        "3: - -> /x/b=1@3/3",
        "5: /x/b=1@3/3 -> -",
        "7: - -> /x/b=2@7/7",
        "8: /x/b=2@7/7 -> -",
        "10: - -> /x/b=3@10/10",
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn compaction_keeps_the_state_as_of_its_revision() {
    let store = filled().await;
    store.compact(Revision(5)).await.expect("compact");
    let old = store.list_at("/x/", Revision(4), None, 0).await;
    assert!(matches!(old, Err(StorageError::Compacted { asked: 4, oldest: 5 })));
    assert!(matches!(store.watch("", Revision(4)).await, Err(StorageError::Compacted { .. })));
    assert!(matches!(store.compact(Revision(4)).await, Err(StorageError::Compacted { .. })));
    assert!(matches!(store.compact(Revision(8)).await, Err(StorageError::Future { .. })));
    let page = store.list_at("/x/", Revision(5), None, 0).await.expect("readable");
    assert_eq!(page_text(&page), "/x/a=2@2/4 +0 at 5");
    let mut watch = store.watch("", Revision(5)).await.expect("watch");
    let replay = watch.events.recv().await.expect("open");
    assert_eq!(event_text(&replay[0]), "6: - -> /x/c=1@6/6");
}

#[tokio::test]
async fn a_key_with_a_time_to_live_is_deleted_by_an_ordinary_commit() {
    let store = MemoryStorage::new();
    let mut watch = store.watch("/e/", Revision(1)).await.expect("watch");
    let kind = WriteKind::Put { value: "v".into(), ttl_seconds: Some(0) };
    let write = Write { key: "/e/1".into(), kind, precondition: Precondition::Absent };
    store.commit(write).await.expect("commit");
    let created = watch.events.recv().await.expect("open");
    assert_eq!(event_text(&created[0]), "2: - -> /e/1=v@2/2");
    let deleted = watch.events.recv().await.expect("open");
    assert_eq!(event_text(&deleted[0]), "3: /e/1=v@2/2 -> -");
}

#[tokio::test]
async fn a_watcher_that_lags_too_far_is_cut_off_after_what_it_has() {
    let store = MemoryStorage::new();
    let mut watch = store.watch("/x/", Revision(1)).await.expect("watch");
    let mut revision = Precondition::Absent;
    for _ in 0..crate::WATCH_LAG_EVENTS_MAX + 5 {
        let outcome = store.commit(put("/x/a", "1", revision)).await.expect("commit");
        revision = Precondition::At(outcome.revision);
    }
    let mut newest = 1;
    while let Some(batch) = watch.events.recv().await {
        for event in batch {
            newest += 1;
            assert_eq!(event.revision.0, newest, "no gap before the end");
        }
    }
    assert_eq!(newest as usize, crate::WATCH_LAG_EVENTS_MAX + 1);
}

#[tokio::test]
async fn a_value_over_the_limit_is_refused() {
    let store = MemoryStorage::new();
    let value = bytes::Bytes::from(vec![0; crate::VALUE_BYTES_MAX + 1]);
    let kind = WriteKind::Put { value, ttl_seconds: None };
    let write = Write { key: "/x".into(), kind, precondition: Precondition::Absent };
    let refused = store.commit(write).await;
    assert!(matches!(refused, Err(CommitError::Storage(StorageError::TooLarge { .. }))));
}
