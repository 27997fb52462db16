//! Field selectors on fields that only one version of a custom kind has: what meets them is known after conversion.

use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::{FieldSelector, FieldTerm};
use apimachinery::status::Status;
use apimachinery::watch::{WatchEventType, WatchFrame};

use tokio::sync::mpsc;

use super::{CustomVersion, Memory};
use crate::request::{ListOptions, ResourceVersionMatch};
use crate::resource::{ObjectList, Resource};
use crate::strategy::SelectableField;
use crate::watch_cache::Projection;

/// The terms of a selector that are about one version's own fields.
pub(crate) struct OwnFields {
    fields: &'static [SelectableField],
    /// Each with the place of its field.
    terms: Vec<(usize, FieldTerm)>,
    /// For a watch: what meets the terms, as it was last seen, by namespace and name.
    seen: HashMap<(String, String), Arc<EncodedObject>>,
}

impl OwnFields {
    /// No terms.
    fn none() -> OwnFields {
        OwnFields { fields: &[], terms: Vec::new(), seen: HashMap::new() }
    }

    /// Takes the terms that the stored version cannot answer out of a selector.
    fn take(version: &'static CustomVersion, selector: &mut FieldSelector) -> Result<OwnFields, Status> {
        let (of_metadata, own) = selector.terms.drain(..).partition(|it| it.field.starts_with("metadata."));
        selector.terms = of_metadata;
        let own: Vec<FieldTerm> = own;
        let fields = version.selectable_fields;
        let place = |term: FieldTerm| match fields.iter().position(|it| it.name == term.field) {
            Some(at) => Ok((at, term)),
            None => Err(Status::bad_request(format!("field label not supported: {}", term.field))),
        };
        let terms = own.into_iter().map(place).collect::<Result<Vec<_>, Status>>()?;
        Ok(OwnFields { fields, terms, seen: HashMap::new() })
    }

    /// Whether everything meets them.
    fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether an object of the version meets all terms.
    fn matches(&self, object: &EncodedObject) -> bool {
        if self.is_empty() {
            return true;
        }
        let values = Projection::of(object, self.fields);
        self.terms.iter().all(|(at, term)| (values.field(*at) == term.value) == term.is_equal)
    }

    /// Notes what meets the terms when a watch begins.
    fn begin_with(&mut self, objects: impl IntoIterator<Item = Arc<EncodedObject>>) {
        self.seen.extend(objects.into_iter().map(|object| (key(&object), object)));
    }

    /// What a watcher sees of a change of an object of the version. One that stops matching is deleted for it.
    pub fn frame(&mut self, frame: WatchFrame) -> Option<WatchFrame> {
        let is_change = !matches!(frame.event_type, WatchEventType::Bookmark | WatchEventType::Error);
        if self.is_empty() || !is_change {
            return Some(frame);
        }
        let is_there = frame.event_type != WatchEventType::Deleted && self.matches(&frame.object);
        let key = key(&frame.object);
        let before = match is_there {
            true => self.seen.insert(key, frame.object.clone()),
            false => self.seen.remove(&key),
        };
        match (before, is_there) {
            (None, false) => None,
            (None, true) => Some(WatchFrame { event_type: WatchEventType::Added, ..frame }),
            (Some(_), true) => Some(WatchFrame { event_type: WatchEventType::Modified, ..frame }),
            (Some(before), false) => {
                let object = Arc::new(EncodedObject { revision: frame.revision, ..(*before).clone() });
                Some(WatchFrame { event_type: WatchEventType::Deleted, object, ..frame })
            }
        }
    }
}

impl Resource {
    /// LIST of custom objects. Those that are selected after conversion come in one piece, whatever the limit.
    pub(crate) async fn list_custom(
        &self,
        version: &'static CustomVersion,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<ObjectList, Status> {
        let (stored, own) = self.split(version, options)?;
        let mut list = self.store().list(namespace, &stored).await?;
        self.store().convert_encoded(&mut list.items, version, Memory::Used).await?;
        list.items.retain(|object| own.matches(object));
        Ok(list)
    }

    /// WATCH of custom objects that are converted.
    pub(crate) async fn watch_custom(
        &self,
        version: &'static CustomVersion,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<mpsc::Receiver<WatchFrame>, Status> {
        let (mut stored, mut own) = self.split(version, options)?;
        let is_from_start = matches!(options.resource_version.as_str(), "" | "0");
        let has_initial_events = options.send_initial_events.unwrap_or(is_from_start);
        if !own.is_empty() && !has_initial_events {
            let mut before = ListOptions { label_selector: stored.label_selector.clone(), ..ListOptions::default() };
            if !is_from_start {
                before.resource_version.clone_from(&options.resource_version);
                before.resource_version_match = ResourceVersionMatch::Exact;
            }
            let list = self.list_custom(version, namespace, &before).await?;
            stored.resource_version = list.revision.to_string();
            own.begin_with(list.items);
        }
        let frames = self.store().watch(namespace, &stored).await?;
        Ok(self.watch_converted(frames, Some(own)))
    }

    /// What the stored version is asked, and what is asked of the version that is served here.
    fn split(
        &self,
        version: &'static CustomVersion,
        options: &ListOptions,
    ) -> Result<(ListOptions, OwnFields), Status> {
        let mut stored = options.clone();
        if !self.is_converted() {
            return Ok((stored, OwnFields::none()));
        }
        let own = OwnFields::take(version, &mut stored.field_selector)?;
        if !own.is_empty() {
            stored.limit = 0;
        }
        Ok((stored, own))
    }
}

fn key(object: &EncodedObject) -> (String, String) {
    let tree = json::parse(&object.bytes).unwrap_or_default();
    (tree.namespace().to_owned(), tree.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(terms: &str) -> OwnFields {
        const FIELDS: &[SelectableField] = &[SelectableField::new("host", &[&["host"]])];
        let terms = FieldSelector::parse(terms).expect("a selector").terms;
        OwnFields { fields: FIELDS, terms: terms.into_iter().map(|term| (0, term)).collect(), seen: HashMap::new() }
    }

    fn frame(event_type: WatchEventType, host: &str, revision: u64) -> WatchFrame {
        let text = format!(r#"{{"metadata":{{"name":"a","namespace":"n"}},"host":"{host}"}}"#);
        let tree = json::parse(text.as_bytes()).expect("JSON");
        let object = Arc::new(json::encode_object(&tree, revision));
        WatchFrame { event_type, revision, ends_initial_events: false, object }
    }

    /// Type, revision and host of what is seen.
    fn seen(own: &mut OwnFields, frame: WatchFrame) -> String {
        own.frame(frame).map_or_else(String::new, |it| {
            let tree = json::parse(&it.object.bytes).expect("JSON");
            format!("{} {} {}", it.event_type.as_str(), it.object.revision, tree.str_at(&["host"]))
        })
    }

    #[test]
    fn objects_that_begin_and_stop_to_match_are_added_and_deleted() {
        let mut own = own("host=x");
        assert_eq!(seen(&mut own, frame(WatchEventType::Added, "y", 1)), "");
        assert_eq!(seen(&mut own, frame(WatchEventType::Modified, "x", 2)), "ADDED 2 x");
        assert_eq!(seen(&mut own, frame(WatchEventType::Modified, "x", 3)), "MODIFIED 3 x");
        assert_eq!(seen(&mut own, frame(WatchEventType::Modified, "z", 4)), "DELETED 4 x");
        assert_eq!(seen(&mut own, frame(WatchEventType::Deleted, "z", 5)), "");
    }

    #[test]
    fn what_was_there_before_the_watch_is_known() {
        let mut own = own("host!=x");
        own.begin_with([frame(WatchEventType::Added, "y", 1).object]);
        assert_eq!(seen(&mut own, frame(WatchEventType::Modified, "z", 2)), "MODIFIED 2 z");
        assert_eq!(seen(&mut own, frame(WatchEventType::Deleted, "z", 3)), "DELETED 3 z");
    }
}
