//! What a kind is: one table of facts ([`KindRules`]) and a few pure functions ([`Strategy`]).
//!
//! A kind is one file below `kinds/` and one line of [`crate::kinds::KINDS`]. Most behaviour is data: the write
//! pipeline reads the table, so that a kind's file holds only what is its own. Nothing here is async or does IO.

use apimachinery::field_error::FieldError;
use apimachinery::status::Status;
use apimachinery::time::Now;
use apimachinery::value::Value;

use crate::config::Config;
use crate::custom_resources::CustomKind;
use crate::defaults::FieldDefault;
use crate::request::RequestInfo;
use crate::resource::Row;

/// A path of field names below the object.
pub type Path = &'static [&'static str];

/// The `spec` of an object.
pub const SPEC: Path = &["spec"];
/// The `status` of an object.
pub const STATUS: Path = &["status"];
/// The labels of an object.
pub const LABELS: Path = &["metadata", "labels"];

/// The facts of a kind; start from [`KindRules::NEW`].
pub struct KindRules {
    /// API group in which it is stored, `""` for core.
    pub group: &'static str,
    /// Version in which it is stored.
    pub version: &'static str,
    /// Plural name.
    pub plural: &'static str,
    /// Other group versions that serve the same objects.
    pub views: &'static [View],
    /// Key prefix in the store without a slash at its end, as upstream's (`/registry/pods`).
    pub storage_prefix: &'static str,
    /// What a name must look like, see [`crate::name_rules`]; the second argument says that it is a `generateName`.
    pub name_rule: fn(&str, bool) -> Vec<String>,
    /// Values of absent fields.
    pub defaults: &'static [FieldDefault],
    /// Fields that a creation cannot set: dropped before `prepare_create`.
    pub create_resets: &'static [Path],
    /// Fields that an update of the object itself cannot change: taken from the stored object.
    pub update_keeps: &'static [Path],
    /// Subresources that the pipeline serves (`scale` apart).
    pub subresources: &'static [Subresource],
    /// Whether `scale` is served.
    pub has_scale: bool,
    /// What `scale` shows.
    pub scale: ScalePaths,
    /// `metadata.generation` starts at 1 and counts changes of these fields. Empty: the kind has no generation.
    pub generation: &'static [Path],
    /// Fields that a field selector may name, beside `metadata.name` and `metadata.namespace`.
    pub selectable_fields: &'static [SelectableField],
    /// One of `selectable_fields` by which watches and lists are indexed.
    pub indexed_field: Option<&'static str>,
    /// Whether a PUT of a name that does not exist creates it.
    pub allows_create_on_update: bool,
    /// Whether a PUT may leave out `metadata.resourceVersion`.
    pub allows_unconditional_update: bool,
    /// What the garbage collector does with dependents when the client does not say.
    pub dependents: Dependents,
    /// Whether DELETE answers with the deleted object rather than a `Status`.
    pub returns_deleted_object: bool,
    /// Whether objects vanish by themselves ([`Config::event_ttl_seconds`] after their last write).
    pub expires: bool,
    /// What a write must reserve elsewhere before it commits.
    pub reservation: Option<Reservation>,
}

impl KindRules {
    /// The commonest answers: deleted with its dependents, conditional updates optional, nothing special.
    pub const NEW: KindRules = KindRules {
        group: "",
        version: "v1",
        plural: "",
        views: &[],
        storage_prefix: "",
        name_rule: crate::name_rules::dns_subdomain,
        defaults: &[],
        create_resets: &[],
        update_keeps: &[],
        subresources: &[],
        has_scale: false,
        scale: ScalePaths::USUAL,
        generation: &[],
        selectable_fields: &[],
        indexed_field: None,
        allows_create_on_update: false,
        allows_unconditional_update: true,
        dependents: Dependents::Delete,
        returns_deleted_object: false,
        expires: false,
        reservation: None,
    };

    /// The subresource with this name.
    pub fn subresource(&self, name: &str) -> Option<&'static Subresource> {
        self.subresources.iter().find(|it| it.name == name)
    }
}

/// A group version that serves objects which are stored under another one.
pub struct View {
    /// API group.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Plural name.
    pub plural: &'static str,
    /// Turns a stored object into one of this version, `kind` and `apiVersion` included. Not normalised.
    pub from_stored: fn(&mut Value),
    /// Turns an object of this version into the stored one, `kind` and `apiVersion` included. Not normalised.
    pub into_stored: fn(&mut Value),
    /// `apiVersion` of this version and of the stored one, where they are all that differs.
    pub stamps: Option<(&'static str, &'static str)>,
    /// Field selectors of this version, and the stored version's that they stand for.
    pub selectors: &'static [(&'static str, &'static str)],
}

impl View {
    /// Turns a stored object into one of this version. Not normalised.
    pub fn show(&self, object: &mut Value) {
        (self.from_stored)(object);
        if let Some((own, _)) = self.stamps {
            object.set(&["apiVersion"], own);
        }
    }

    /// Turns an object of this version into the stored one. Not normalised.
    pub fn hide(&self, object: &mut Value) {
        (self.into_stored)(object);
        if let Some((_, stored)) = self.stamps {
            object.set(&["apiVersion"], stored);
        }
    }
}

/// Where an object keeps what `scale` shows.
#[derive(Clone, Copy)]
pub struct ScalePaths {
    /// Wanted replicas.
    pub replicas: Path,
    /// Replicas there are.
    pub current: Path,
    /// A label selector, or its text; empty when there is none.
    pub selector: Path,
}

impl ScalePaths {
    /// Of built-in kinds.
    pub const USUAL: ScalePaths = ScalePaths {
        replicas: &["spec", "replicas"],
        current: &["status", "replicas"],
        selector: &["spec", "selector"],
    };
}

/// A subresource that writes the same object, or changes it through a body of its own.
pub struct Subresource {
    /// `status`, `finalize`, `binding`, ...
    pub name: &'static str,
    /// How its body reaches the object.
    pub body: SubresourceBody,
    /// Fields that it cannot change: taken from the stored object.
    pub keeps: &'static [Path],
}

/// How the body of a subresource reaches the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubresourceBody {
    /// PUT and PATCH of the object itself.
    Object,
    /// POST of another kind (as `api`'s table names it), applied by [`Strategy::apply_subresource`].
    Other,
}

impl Subresource {
    /// The usual `status`: everything may change but `spec` and, of the metadata, the labels.
    pub const STATUS: Subresource = Subresource::status(&[SPEC, LABELS]);

    /// A `status` that keeps these fields.
    pub const fn status(keeps: &'static [Path]) -> Subresource {
        Subresource { name: "status", body: SubresourceBody::Object, keeps }
    }
}

/// A field that selectors may name. Its value is the first that is there of `paths`, as text, else `absent`.
pub struct SelectableField {
    /// As in a field selector: `status.phase`.
    pub name: &'static str,
    /// Where it is found; the first that is present and not empty counts.
    pub paths: &'static [Path],
    /// Its value when it is nowhere.
    pub absent: &'static str,
}

impl SelectableField {
    /// A field at one place.
    pub const fn new(name: &'static str, paths: &'static [Path]) -> Self {
        SelectableField { name, paths, absent: "" }
    }
    /// A number or truth value, with the text of its zero value.
    pub const fn or(name: &'static str, paths: &'static [Path], absent: &'static str) -> Self {
        SelectableField { name, paths, absent }
    }
}

/// What the garbage collector does with dependents by default (`DefaultGarbageCollectionPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependents {
    /// Deletes them in the background.
    Delete,
    /// Orphans them.
    Orphan,
    /// The kind knows no dependents; a policy of the client is ignored.
    Unsupported,
}

/// What a write must reserve elsewhere before it commits; undone when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// A Service's cluster addresses and node ports.
    ServiceAddresses,
}

/// What the pure functions of a kind may know of a write.
pub struct Context<'a> {
    /// Who asks for what (user, verb, subresource, warnings).
    pub info: &'a RequestInfo,
    /// The present; one value per request.
    pub now: Now,
    /// The registry's settings.
    pub config: &'a Config,
}

/// The rules of one kind that are functions.
///
/// Objects are normalised trees; a function may leave its object unnormalised (the pipeline normalises again).
/// The order of a write: `default`, [`KindRules::create_resets`] or `update_keeps`, admission, `prepare_*`,
/// metadata validation, `validate*`, `warnings`.
pub trait Strategy: Send + Sync + 'static {
    /// The kind's table.
    fn rules(&self) -> &'static KindRules;

    /// The kind as a custom one.
    fn custom(&self) -> Option<&CustomKind> {
        None
    }

    /// Sets defaults that [`KindRules::defaults`] cannot express; runs after it. Must be idempotent.
    fn default(&self, object: &mut Value) {
        let _ = object;
    }

    /// Brings a new object into its initial state.
    fn prepare_create(&self, object: &mut Value, context: &Context<'_>) {
        let _ = (object, context);
    }

    /// Carries over what an update of the object itself may not change.
    fn prepare_update(&self, object: &mut Value, old: &Value, context: &Context<'_>) {
        let _ = (object, old, context);
    }

    /// The same for a write of a subresource ([`SubresourceBody::Object`]).
    fn prepare_subresource(&self, subresource: &str, object: &mut Value, old: &Value, context: &Context<'_>) {
        let _ = (subresource, object, old, context);
    }

    /// Checks a new object; `metadata` is checked for every kind by the pipeline.
    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let _ = (object, context, errors);
    }

    /// Checks a changed object (also by `scale`). As a new one, unless the kind says more.
    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let _ = old;
        self.validate(object, context, errors);
    }

    /// Checks an object changed through `context.info.subresource` ([`SubresourceBody::Object`]).
    fn validate_subresource(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        let _ = (object, old, context, errors);
    }

    /// Texts for the client about an accepted write; `old` is null at creation.
    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        let _ = (object, old);
        Vec::new()
    }

    /// Applies the body of a [`SubresourceBody::Other`] to the stored object.
    fn apply_subresource(
        &self,
        subresource: &str,
        body: &Value,
        object: &mut Value,
        context: &Context<'_>,
    ) -> Result<(), Status> {
        let _ = (subresource, body, object, context);
        Err(Status::unknown_resource())
    }

    /// Seconds that a deletion waits for someone to end the object, given what the client asked for; `None` when the
    /// kind knows no graceful deletion.
    fn grace_period_seconds(&self, object: &Value, requested: Option<i64>) -> Option<i64> {
        let _ = (object, requested);
        None
    }

    /// Whether something besides `metadata.finalizers` holds the object back from being deleted.
    fn is_held(&self, object: &Value) -> bool {
        let _ = object;
        false
    }

    /// Notes on the object that its deletion has begun (`deletionTimestamp` is set already).
    fn mark_deleting(&self, object: &mut Value) {
        let _ = object;
    }

    /// The cells of a Table row, as many as the kind has columns.
    fn row(&self, object: &Value, now: jiff::Timestamp) -> Row;
}
