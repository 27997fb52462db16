//! Tests speak text: a script of requests in, what a client would see out.
//!
//! ```text
//! create configmaps default {metadata: {name: a}, data: {k: v}}
//! get configmaps default a
//! ```

use std::sync::Arc;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::selector::{FieldSelector, LabelSelector};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::WatchFrame;
use apimachinery::yaml;
use datastore::MemoryStorage;
use expect_test::Expect;
use tokio::sync::mpsc;

use crate::admission::AdmitAll;
use crate::config::Config;
use crate::request::{Body, BodyFormat, DeleteOptions, FieldValidation, ListOptions, PatchFormat, RequestInfo};
use crate::request::{ResourceVersionMatch, UserInfo};
use crate::resource::{Registry, Resource, Written};

/// A registry over memory, and what a script has opened.
pub(crate) struct Cluster {
    pub registry: Arc<Registry>,
    pub storage: Arc<MemoryStorage>,
    watches: Vec<mpsc::Receiver<WatchFrame>>,
    /// The continue token of the last list.
    token: String,
}

/// Runs a script on a new cluster and compares what it prints.
#[track_caller]
pub(crate) fn check(script: &str, expected: Expect) {
    expected.assert_eq(&run(script));
}

/// Runs a script on a new cluster.
pub(crate) fn run(script: &str) -> String {
    block_on(async {
        let mut cluster = Cluster::new().await;
        cluster.run(script).await
    })
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

impl Cluster {
    pub async fn new() -> Cluster {
        Cluster::over(Arc::new(MemoryStorage::new())).await
    }

    /// A cluster that finds what another one has left.
    pub async fn over(storage: Arc<MemoryStorage>) -> Cluster {
        let registry = Registry::open(storage.clone(), Arc::new(AdmitAll), Config::default()).await;
        Cluster { registry: registry.expect("memory opens"), storage, watches: Vec::new(), token: String::new() }
    }

    /// `plural` or `plural.group`.
    pub fn resource(&self, name: &str) -> Arc<Resource> {
        let all = self.registry.resources();
        // `plural`, `plural.group`, and either with `@version`.
        let (name, version) = name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
        let is_it = |it: &&Arc<Resource>| {
            let kind = it.resource_type();
            if version.is_some_and(|version| version != kind.version) {
                return false;
            }
            name == kind.plural
                || name.strip_prefix(kind.plural).is_some_and(|rest| rest.strip_prefix('.') == Some(kind.group))
        };
        all.iter().find(is_it).unwrap_or_else(|| panic!("no resource {name}")).clone()
    }

    pub async fn run(&mut self, script: &str) -> String {
        let mut out = String::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            out.push_str(&self.line(line).await);
            out.push('\n');
        }
        out
    }

    async fn line(&mut self, line: &str) -> String {
        let (line, body) = match line.find(['{', '[']) {
            Some(at) => (&line[..at], &line[at..]),
            None => (line, ""),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let (verb, flags) = words[0].split_once('?').unwrap_or((words[0], ""));
        match verb {
            "list" => return self.list(&words, body).await,
            "watch" => return self.watch(&words, body).await,
            "deletecollection" => return self.delete_collection(&words, body).await,
            "events" => return self.events(words[1].parse().expect("a watch's number")),
            _ => {}
        }
        let resource = self.resource(words[1]);
        let mut info = request(&resource, verb, &words);
        for flag in flags.split('&').filter(|it| !it.is_empty()) {
            match flag {
                "dry" => info.is_dry_run = true,
                "strict" => info.field_validation = FieldValidation::Strict,
                "ignore" => info.field_validation = FieldValidation::Ignore,
                other => panic!("no flag {other}"),
            }
        }
        let answer = self.request(&resource, &info, verb, &words, body).await;
        let warnings: String = info.warnings.lock().iter().map(|it| format!("warning: {it}\n")).collect();
        format!("{warnings}{answer}")
    }

    async fn request(&self, resource: &Resource, info: &RequestInfo, verb: &str, words: &[&str], body: &str) -> String {
        let whole = Body { format: BodyFormat::Yaml, bytes: body.to_owned().into() };
        match verb {
            "create" => written(resource.create(info, &whole).await),
            "update" => written(resource.update(info, &whole).await),
            "patch" => {
                let format = match words[4] {
                    "json" => PatchFormat::Json,
                    "merge" => PatchFormat::Merge,
                    _ => PatchFormat::Strategic,
                };
                let patch = json::to_vec(&tree(body));
                written(resource.patch(info, format, &patch).await)
            }
            "delete" => match resource.delete(info, &delete_options(body)).await {
                Ok(deleted) => format!("{} {}", if deleted.is_gone { "gone" } else { "held" }, show(&deleted.object)),
                Err(status) => refusal(&status),
            },
            "get" if info.subresource.is_empty() => {
                let version = words.get(4).copied().unwrap_or("");
                let found = resource.get(&info.namespace, &info.name, version).await;
                found.map_or_else(|status| refusal(&status), |object| show(&object))
            }
            "get" => {
                let found = resource.get_subresource(&info.namespace, &info.name, &info.subresource).await;
                found.map_or_else(|status| refusal(&status), masked)
            }
            "owners" => {
                let object = resource.get(&info.namespace, &info.name, "").await.expect("an object with owners");
                let tree = json::parse(&object.to_json()).expect("JSON");
                let entries = tree.items_at(&["metadata", "managedFields"]).iter().map(|it| {
                    let fields = String::from_utf8(json::to_vec(it.field("fieldsV1"))).expect("JSON is UTF-8");
                    format!("{} {} {fields}", it.str_at(&["operation"]), it.str_at(&["subresource"]))
                });
                entries.collect::<Vec<_>>().join(" | ")
            }
            "row" => {
                let found = resource.get(&info.namespace, &info.name, "").await;
                found.map_or_else(
                    |status| refusal(&status),
                    |object| {
                        let cells = resource.row(&object, creation_time(&object)).cells;
                        String::from_utf8(json::to_vec(&cells.into())).expect("JSON is UTF-8")
                    },
                )
            }
            other => panic!("no verb {other}"),
        }
    }

    async fn list(&mut self, words: &[&str], options: &str) -> String {
        let resource = self.resource(words[1]);
        let mut options = list_options(options);
        if options.continue_token == "last" {
            options.continue_token = self.token.clone();
        }
        match resource.list(namespace(words), &options).await {
            Err(status) => {
                let causes = status.details.as_ref().map_or(&[][..], |it| &it.causes);
                if let Some(cause) = causes.iter().find(|it| it.reason == crate::list::CONTINUE_TOKEN_CAUSE) {
                    self.token = cause.message.clone();
                }
                refusal(&status)
            }
            Ok(list) => {
                self.token = list.continue_token;
                let names: Vec<String> = list.items.iter().map(|it| name_of(it)).collect();
                let more = if self.token.is_empty() { "" } else { " ..." };
                let remaining = list.remaining_item_count.map_or(String::new(), |it| format!(" remaining={it}"));
                format!("{}{more}{remaining} @{}", names.join(" "), list.revision)
            }
        }
    }

    async fn delete_collection(&self, words: &[&str], options: &str) -> String {
        let resource = self.resource(words[1]);
        let info = request(&resource, "delete", words);
        let deleted = resource.delete_collection(&info, &list_options(options), &DeleteOptions::default()).await;
        match deleted {
            Err(status) => refusal(&status),
            Ok(list) => list.items.iter().map(|it| name_of(it)).collect::<Vec<_>>().join(" "),
        }
    }

    async fn watch(&mut self, words: &[&str], options: &str) -> String {
        let resource = self.resource(words[1]);
        match resource.watch(namespace(words), &list_options(options)).await {
            Err(status) => refusal(&status),
            Ok(receiver) => {
                self.watches.push(receiver);
                format!("watch {}", self.watches.len() - 1)
            }
        }
    }

    /// What a watch has got so far.
    fn events(&mut self, at: usize) -> String {
        // The feeding task runs when this one yields; taking what the store handed over does not need it.
        self.registry.resources().iter().for_each(|it| it.take_pending());
        let mut events = Vec::new();
        while let Ok(frame) = self.watches[at].try_recv() {
            let end = if frame.ends_initial_events { "(end)" } else { "" };
            let name = name_of(&frame.object);
            events.push(format!("{}{end} {name}@{}", frame.event_type.as_str(), frame.revision));
        }
        events.join(", ")
    }
}

fn request(resource: &Resource, verb: &str, words: &[&str]) -> RequestInfo {
    let kind = resource.resource_type();
    let (name, subresource) = words.get(3).map_or(("", ""), |it| it.split_once('/').unwrap_or((it, "")));
    RequestInfo {
        user: Arc::new(UserInfo { name: "test".into(), ..UserInfo::default() }),
        verb: match verb {
            "create" => "create",
            "update" => "update",
            "patch" => "patch",
            "delete" => "delete",
            _ => "get",
        },
        group: kind.group.into(),
        version: kind.version.into(),
        resource: kind.plural.into(),
        subresource: subresource.into(),
        namespace: namespace(words).into(),
        name: name.into(),
        field_manager: "test".into(),
        ..RequestInfo::default()
    }
}

/// `-` stands for no namespace.
fn namespace<'a>(words: &[&'a str]) -> &'a str {
    words.get(2).copied().filter(|it| *it != "-").unwrap_or("")
}

pub(crate) fn tree(text: &str) -> Value {
    yaml::parse(text.as_bytes()).expect("the test's YAML").0
}

fn delete_options(text: &str) -> DeleteOptions {
    let options = if text.is_empty() { Value::object() } else { tree(text) };
    let text = |field: &str| options.at(&[field]).as_str().map(str::to_owned);
    DeleteOptions {
        grace_period_seconds: options.i64_at(&["grace"]),
        uid: text("uid"),
        resource_version: text("rv"),
        propagation_policy: text("policy"),
    }
}

fn list_options(text: &str) -> ListOptions {
    let options = if text.is_empty() { Value::object() } else { tree(text) };
    let text = |field: &str| options.str_at(&[field]).to_owned();
    ListOptions {
        label_selector: LabelSelector::parse(&text("labels")).expect("a label selector"),
        field_selector: FieldSelector::parse(&text("fields")).expect("a field selector"),
        resource_version: text("rv"),
        resource_version_match: match options.str_at(&["match"]) {
            "Exact" => ResourceVersionMatch::Exact,
            "NotOlderThan" => ResourceVersionMatch::NotOlderThan,
            _ => ResourceVersionMatch::Unset,
        },
        limit: usize::try_from(options.i64_at(&["limit"]).unwrap_or(0)).expect("a limit"),
        continue_token: text("continue"),
        allow_watch_bookmarks: options.bool_at(&["bookmarks"]),
        send_initial_events: options.at(&["initial"]).as_bool(),
        timeout_seconds: None,
    }
}

fn written(result: Result<Written, Status>) -> String {
    match result {
        Ok(written) => format!("{} {}", if written.is_created { 201 } else { 200 }, show(&written.object)),
        Err(status) => refusal(&status),
    }
}

fn refusal(status: &Status) -> String {
    let text = format!("{} {}: {}", status.code, status.reason, status.message);
    // Nothing in a text may differ from run to run: UIDs and what a patch makes of a whole object are cut.
    let words = text.split_inclusive(' ').map(|word| match is_uid(word.trim_end()) {
        true => "UID ",
        false => word,
    });
    let text: String = words.collect();
    match text.split_once("patch: Invalid value: ") {
        Some((start, end)) => {
            let cause = end.rsplit_once("}\": ").map_or(end, |(_, cause)| cause);
            format!("{start}patch: Invalid value: ...: {cause}")
        }
        None => text,
    }
}

fn is_uid(word: &str) -> bool {
    word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// The time to show a row at: every age is 0 s, however slow the machine is.
fn creation_time(object: &EncodedObject) -> jiff::Timestamp {
    let object = json::parse(&object.bytes).expect("JSON");
    object.str_at(&["metadata", "creationTimestamp"]).parse().expect("the server set it")
}

fn name_of(object: &EncodedObject) -> String {
    json::parse(&object.bytes).expect("JSON").str_at(&["metadata", "name"]).to_owned()
}

/// The object without what differs from run to run.
pub(crate) fn show(object: &EncodedObject) -> String {
    let tree = json::parse(&object.to_json()).expect("JSON");
    masked(tree)
}

fn masked(mut tree: Value) -> String {
    for field in ["uid", "creationTimestamp", "managedFields", "resourceVersion"] {
        tree.remove_at(&["metadata", field]);
    }
    if let Some(deleted) = tree.at_mut(&["metadata", "deletionTimestamp"]) {
        *deleted = Value::from("T");
    }
    for condition in tree.at_mut(&["status", "conditions"]).and_then(Value::as_array_mut).into_iter().flatten() {
        if condition.at(&["lastTransitionTime"]).as_str().is_some() {
            condition.set(&["lastTransitionTime"], "T");
        }
    }
    tree.remove_at(&["kind"]);
    tree.remove_at(&["apiVersion"]);
    String::from_utf8(json::to_vec(&tree)).expect("JSON is UTF-8")
}
