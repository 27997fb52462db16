//! What a controller wants done. Pure data; the runner performs it.

use std::fmt;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use crate::client::{ClientError, DeleteOptions, PatchFormat, Resource};
use crate::controller::Key;
use crate::events::{EventType, ObjectReference, Occurrence};
use crate::view::Lookup;

/// What is to be done about one key, in order.
#[derive(Default)]
pub struct Plan {
    /// Performed one after the other; the first that fails ends the plan, and the key is tried again later.
    pub steps: Vec<Step>,
    /// To be read live first; then the controller is asked again, and the rest of this plan is not performed.
    pub lookups: Vec<Lookup>,
    /// Look at the key again after this time.
    pub requeue_after: Option<Duration>,
    /// Why the key must be tried again although every step went well.
    pub failure: Option<String>,
    /// Decides how to go on from how the steps went; also asked when one failed.
    pub then: Option<Then>,
}

/// A decision that needs to know how writes went. Pure.
pub type Then = Box<dyn FnOnce(&Outcome) -> Plan + Send>;

/// How the steps of a plan went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Writes that the server took.
    pub written: usize,
    /// The first failure.
    pub error: Option<ClientError>,
}

/// One thing to do.
#[derive(Debug)]
pub enum Step {
    /// One write.
    Write(Write),
    /// Many writes that do not depend on each other.
    Batch(Vec<Write>, Pace),
    /// An event.
    Event(Occurrence),
    /// Look at another key.
    Enqueue(Key),
}

/// How fast a batch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// All at once.
    Full,
    /// One, then two, then four, ...; after a failure no more. So a quota refuses few of many.
    SlowStart,
}

/// One write request.
#[derive(Clone, Debug)]
pub struct Write {
    /// Kind.
    pub resource: Resource,
    /// Namespace, or empty.
    pub namespace: String,
    /// Name; empty for a creation with `generateName`.
    pub name: String,
    /// Subresource, or empty.
    pub subresource: &'static str,
    /// What to do.
    pub verb: Verb,
    /// Refusals that are as good as success.
    pub accepts: Accepts,
    /// Events once the server took it. `{name}` in their message is the object's name.
    pub on_success: Vec<Occurrence>,
    /// Events once it failed. `{error}` in their message is the error's text.
    pub on_failure: Vec<Occurrence>,
}

/// The verb of a [`Write`] with its body.
#[derive(Clone, Debug)]
pub enum Verb {
    /// POST to the collection.
    Create(Value),
    /// PUT; a resourceVersion in it is the precondition.
    Update(Value),
    /// PATCH; a resourceVersion in it is the precondition.
    Patch(PatchFormat, Value),
    /// DELETE.
    Delete(DeleteOptions),
    /// DELETE of all objects in the namespace.
    DeleteCollection(DeleteOptions),
}

/// Refusals that a write takes as success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// `NotFound`: somebody else deleted it.
    pub not_found: bool,
    /// `AlreadyExists`: somebody else created it.
    pub already_exists: bool,
}

impl Write {
    fn new(resource: Resource, namespace: &str, name: &str, verb: Verb) -> Self {
        Write {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: "",
            verb,
            accepts: Accepts::default(),
            on_success: Vec::new(),
            on_failure: Vec::new(),
        }
    }

    /// Creates `object`.
    pub fn create(resource: Resource, object: Value) -> Self {
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        Write::new(resource, &namespace, &name, Verb::Create(object))
    }

    /// Replaces `object`, if its resourceVersion is still the present one.
    pub fn update(resource: Resource, object: Value) -> Self {
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        Write::new(resource, &namespace, &name, Verb::Update(object))
    }

    /// Patches an object.
    pub fn patch(resource: Resource, namespace: &str, name: &str, format: PatchFormat, patch: Value) -> Self {
        Write::new(resource, namespace, name, Verb::Patch(format, patch))
    }

    /// Deletes an object; one that is not there is fine.
    pub fn delete(resource: Resource, namespace: &str, name: &str, options: DeleteOptions) -> Self {
        Write::new(resource, namespace, name, Verb::Delete(options)).accept_not_found()
    }

    /// Deletes all objects of a kind in a namespace.
    pub fn delete_collection(resource: Resource, namespace: &str, options: DeleteOptions) -> Self {
        Write::new(resource, namespace, "", Verb::DeleteCollection(options))
    }

    /// Goes to a subresource, such as `status`.
    pub fn to_subresource(mut self, subresource: &'static str) -> Self {
        self.subresource = subresource;
        self
    }

    /// An object that is not there is fine.
    pub fn accept_not_found(mut self) -> Self {
        self.accepts.not_found = true;
        self
    }

    /// An object that is already there is fine.
    pub fn accept_already_exists(mut self) -> Self {
        self.accepts.already_exists = true;
        self
    }

    /// Adds an event for success; `{name}` is the object's name.
    pub fn event_on_success(mut self, occurrence: Occurrence) -> Self {
        self.on_success.push(occurrence);
        self
    }

    /// Adds an event for failure; `{error}` is the error's text.
    pub fn event_on_failure(mut self, occurrence: Occurrence) -> Self {
        self.on_failure.push(occurrence);
        self
    }
}

impl Occurrence {
    /// A `Normal` one.
    pub fn normal(about: &ObjectReference, reason: &str, message: impl Into<String>) -> Self {
        Occurrence::new(about, EventType::Normal, reason, message)
    }

    /// A `Warning`.
    pub fn warning(about: &ObjectReference, reason: &str, message: impl Into<String>) -> Self {
        Occurrence::new(about, EventType::Warning, reason, message)
    }

    fn new(about: &ObjectReference, event_type: EventType, reason: &str, message: impl Into<String>) -> Self {
        let (about, message) = (about.clone(), message.into());
        Occurrence { about, event_type, reason: reason.to_owned(), message }
    }
}

impl Plan {
    /// Nothing to do.
    pub fn none() -> Self {
        Plan::default()
    }

    /// One write.
    pub fn write(write: Write) -> Self {
        Plan::default().and_write(write)
    }

    /// Reads these live, then decides again.
    pub fn look_up(lookups: Vec<Lookup>) -> Self {
        Plan { lookups, ..Plan::default() }
    }

    /// Adds a write.
    pub fn and_write(mut self, write: Write) -> Self {
        self.steps.push(Step::Write(write));
        self
    }

    /// Adds independent writes.
    pub fn and_batch(mut self, writes: Vec<Write>, pace: Pace) -> Self {
        if !writes.is_empty() {
            self.steps.push(Step::Batch(writes, pace));
        }
        self
    }

    /// Adds an event.
    pub fn and_event(mut self, occurrence: Occurrence) -> Self {
        self.steps.push(Step::Event(occurrence));
        self
    }

    /// Adds a look at another key.
    pub fn and_enqueue(mut self, key: Key) -> Self {
        self.steps.push(Step::Enqueue(key));
        self
    }

    /// Looks at the key again after `pause`, or earlier if that was already asked for.
    pub fn and_requeue_after(mut self, pause: Duration) -> Self {
        self.requeue_after = Some(self.requeue_after.map_or(pause, |asked| asked.min(pause)));
        self
    }

    /// Has the key tried again with a growing pause.
    pub fn and_retry(mut self, why: impl Into<String>) -> Self {
        self.failure = Some(why.into());
        self
    }

    /// Decides how to go on once the steps are done or one has failed.
    pub fn and_then(mut self, then: impl FnOnce(&Outcome) -> Plan + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }
}

/// One line per step, for tests: `create Pod a/web-1 {...}`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for lookup in &self.lookups {
            match lookup {
                Lookup::Get { resource, key } => writeln!(f, "get {} {key}", resource.kind)?,
                Lookup::List { resource, namespace } => writeln!(f, "list {} {namespace}", resource.kind)?,
            }
        }
        for step in &self.steps {
            match step {
                Step::Write(write) => write!(f, "{write}")?,
                Step::Batch(writes, _) => writes.iter().try_for_each(|write| write!(f, "{write}"))?,
                Step::Event(occurrence) => writeln!(f, "{}", EventText(occurrence))?,
                Step::Enqueue(key) => writeln!(f, "enqueue {key}")?,
            }
        }
        if let Some(failure) = &self.failure {
            writeln!(f, "retry: {failure}")?;
        }
        if let Some(pause) = self.requeue_after {
            writeln!(f, "requeue after {pause:?}")?;
        }
        Ok(())
    }
}

struct EventText<'a>(&'a Occurrence);

impl fmt::Display for EventText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Occurrence { about, event_type, reason, message } = self.0;
        let (kind, name) = (&about.kind, &about.name);
        write!(f, "event {} {reason} {kind} {name}: {message}", event_type.as_str())
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, body) = match &self.verb {
            Verb::Create(object) => ("create", Some(object.clone())),
            Verb::Update(object) => ("update", Some(object.clone())),
            Verb::Patch(_, patch) => ("patch", Some(patch.clone())),
            Verb::Delete(options) => ("delete", Some(options.to_value())),
            Verb::DeleteCollection(options) => ("delete all", Some(options.to_value())),
        };
        write!(f, "{verb} {} ", self.resource.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}", self.name)?;
        if !self.subresource.is_empty() {
            write!(f, " {}", self.subresource)?;
        }
        if let Some(mut body) = body.filter(|_| !matches!(self.verb, Verb::DeleteCollection(_))) {
            // What the line already says is left out.
            for path in [&["kind"][..], &["apiVersion"], &["metadata", "namespace"]] {
                body.remove_at(path);
            }
            if body.as_object().is_none_or(|map| !map.is_empty()) {
                write!(f, " {}", String::from_utf8_lossy(&json::to_vec(&body)))?;
            }
        }
        writeln!(f)?;
        for occurrence in &self.on_success {
            writeln!(f, "  then {}", EventText(occurrence))?;
        }
        Ok(())
    }
}
