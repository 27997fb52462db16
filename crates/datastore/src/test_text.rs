//! Short forms of writes, and texts of answers, for tests.

use crate::storage::{Event, KeyValue, ListPage, Precondition, Revision, Write, WriteKind};

pub(crate) fn put(key: &str, value: &str, precondition: Precondition) -> Write {
    let kind = WriteKind::Put { value: value.to_owned().into(), ttl_seconds: None };
    Write { key: key.into(), kind, precondition }
}

pub(crate) fn put_for_seconds(key: &str, value: &str, seconds: u32) -> Write {
    let kind = WriteKind::Put { value: value.to_owned().into(), ttl_seconds: Some(seconds) };
    Write { key: key.into(), kind, precondition: Precondition::Absent }
}

pub(crate) fn delete(key: &str, revision: u64) -> Write {
    Write { key: key.into(), kind: WriteKind::Delete, precondition: Precondition::At(Revision(revision)) }
}

/// `key=value@created/changed`
pub(crate) fn text(item: &KeyValue) -> String {
    let value = String::from_utf8_lossy(&item.value);
    format!("{}={value}@{}/{}", item.key, item.create_revision.0, item.revision.0)
}

/// `items +remaining at revision`
pub(crate) fn page_text(page: &ListPage) -> String {
    let items: Vec<_> = page.items.iter().map(text).collect();
    format!("{} +{} at {}", items.join(" "), page.remaining, page.revision.0)
}

/// `revision: before -> after`
pub(crate) fn event_text(event: &Event) -> String {
    let side = |item: &Option<KeyValue>| item.as_ref().map_or("-".to_owned(), text);
    format!("{}: {} -> {}", event.revision.0, side(&event.previous), side(&event.current))
}
