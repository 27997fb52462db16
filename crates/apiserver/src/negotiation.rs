//! Which encoding and shape a client wants: the `Accept` and `Content-Type` headers, read as upstream does.

use apimachinery::status::Status;
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use registry::request::{BodyFormat, PatchFormat};

use crate::query::Query;

/// Encodings of answers, in upstream's order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
}

const ENCODINGS: [Encoding; 3] = [Encoding::Json, Encoding::Yaml, Encoding::Protobuf];

impl Encoding {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Encoding::Json => "application/json",
            Encoding::Yaml => "application/yaml",
            Encoding::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }
}

/// Shapes that an answer can be asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Shape {
    /// As stored.
    #[default]
    Plain,
    /// `Table` of meta.k8s.io/v1 or v1beta1.
    Table(MetaVersion),
    /// `PartialObjectMetadata`.
    Metadata(MetaVersion),
    /// `PartialObjectMetadataList`.
    MetadataList(MetaVersion),
    /// `APIGroupDiscoveryList` of apidiscovery.k8s.io/v2.
    AggregatedDiscovery,
}

/// Versions of meta.k8s.io.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaVersion {
    /// `v1`
    V1,
    /// `v1beta1`
    V1Beta1,
}

impl MetaVersion {
    /// `apiVersion` of its kinds.
    pub fn api_version(self) -> &'static str {
        match self {
            MetaVersion::V1 => "meta.k8s.io/v1",
            MetaVersion::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// What an endpoint can answer besides its plain shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Plain only.
    Plain,
    /// Objects: tables and metadata too.
    Objects,
    /// Lists and watches of objects: the same, and streams.
    ObjectLists,
    /// Groups: aggregated discovery too.
    Discovery,
}

/// The outcome of a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Encoding.
    pub encoding: Encoding,
    /// Shape.
    pub shape: Shape,
    /// Whether JSON is indented for people.
    pub is_pretty: bool,
}

/// Negotiates the answer's encoding and shape.
pub fn accept(headers: &HeaderMap, query: &Query, offer: Offer) -> Result<Accepted, Status> {
    let is_pretty = wants_pretty(headers, query);
    let header = headers.get(ACCEPT).map_or("", |value| value.to_str().unwrap_or(""));
    if header.is_empty() {
        return Ok(Accepted { encoding: Encoding::Json, shape: Shape::Plain, is_pretty });
    }
    let clauses = clauses(header);
    for clause in &clauses {
        for encoding in ENCODINGS {
            if let Some((shape, pretty_parameter)) = clause.matches(encoding, offer) {
                return Ok(Accepted { encoding, shape, is_pretty: is_pretty || pretty_parameter });
            }
        }
    }
    let is_known_type = clauses.iter().any(|clause| ENCODINGS.into_iter().any(|encoding| clause.is_type(encoding)));
    Err(not_acceptable(is_known_type, offer))
}

/// Upstream refuses in two places: its router knows media types only, its negotiation also their parameters.
fn not_acceptable(is_known_type: bool, offer: Offer) -> Status {
    let names: Vec<&str> = ENCODINGS.iter().map(|it| it.media_type()).collect();
    let mut names = names.join(", ");
    if is_known_type {
        return Status::not_acceptable(format!("only the following media types are accepted: {names}"));
    }
    if offer == Offer::ObjectLists {
        names.push_str(", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
    }
    let message = format!("406: Not Acceptable\n\nAvailable representations: {names}");
    Status { details: Some(Box::default()), ..Status::not_acceptable(message) }
}

/// Index of the media type that the client likes best among those `offered`; one that says nothing takes the first.
pub fn first_accepted(headers: &HeaderMap, offered: &[&str]) -> Option<usize> {
    let header = headers.get(ACCEPT).map_or("", |value| value.to_str().unwrap_or(""));
    let header = if header.is_empty() { "*/*" } else { header };
    clauses(header).iter().find_map(|clause| offered.iter().position(|media_type| clause.is_media_type(media_type)))
}

/// How an error is answered: never refused, JSON when nothing fits.
pub fn accept_for_errors(headers: &HeaderMap, query: &Query) -> Accepted {
    let fallback = Accepted { encoding: Encoding::Json, shape: Shape::Plain, is_pretty: true };
    accept(headers, query, Offer::Plain).unwrap_or(fallback)
}

struct Clause<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f32,
}

/// The clauses of an `Accept` header, best first; equal ones keep their order, wildcards go last.
fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut all: Vec<Clause<'_>> = header.split(',').filter_map(clause).collect();
    let rank = |it: &Clause<'_>| (it.kind == "*", it.subtype == "*");
    all.sort_by(|a, b| b.quality.total_cmp(&a.quality).then_with(|| rank(a).cmp(&rank(b))));
    all
}

fn clause(text: &str) -> Option<Clause<'_>> {
    let mut pieces = text.split(';').map(str::trim);
    let media_type = pieces.next()?;
    let (kind, subtype) = match media_type.split_once('/') {
        Some((kind, subtype)) => (kind.trim(), subtype.trim()),
        None if media_type == "*" => ("*", "*"),
        None => return None,
    };
    let mut quality = 1.0;
    let mut parameters = Vec::new();
    for piece in pieces {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        match key.trim() {
            "q" => quality = value.trim().parse().unwrap_or(1.0),
            key => parameters.push((key, value.trim().trim_matches('"'))),
        }
    }
    Some(Clause { kind, subtype, parameters, quality })
}

impl Clause<'_> {
    fn is_type(&self, encoding: Encoding) -> bool {
        self.is_media_type(encoding.media_type())
    }

    fn is_media_type(&self, media_type: &str) -> bool {
        let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
        (self.kind == kind && (self.subtype == subtype || self.subtype == "*"))
            || (self.kind == "*" && self.subtype == "*")
    }

    /// The shape (and whether pretty was asked) if this clause allows `encoding` from an endpoint with `offer`.
    fn matches(&self, encoding: Encoding, offer: Offer) -> Option<(Shape, bool)> {
        if !self.is_type(encoding) {
            return None;
        }
        let parameter = |name: &str| self.parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        if parameter("sv").is_some_and(|it| !it.is_empty()) {
            return None;
        }
        if parameter("stream").is_some_and(|it| !it.is_empty() && it != "watch") {
            return None;
        }
        let is_pretty = parameter("pretty") == Some("1");
        let (group, version, kind) = (parameter("g"), parameter("v"), parameter("as"));
        if group.is_none() && version.is_none() && kind.is_none() {
            return Some((Shape::Plain, is_pretty));
        }
        let wanted = (group.unwrap_or(""), version.unwrap_or(""), kind.unwrap_or(""));
        shape(wanted, encoding, offer).map(|shape| (shape, is_pretty))
    }
}

fn shape((group, version, kind): (&str, &str, &str), encoding: Encoding, offer: Offer) -> Option<Shape> {
    match offer {
        Offer::Plain => None,
        Offer::Discovery => {
            let is_known = (group, version, kind) == ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList");
            (is_known && encoding != Encoding::Protobuf).then_some(Shape::AggregatedDiscovery)
        }
        Offer::Objects | Offer::ObjectLists => {
            let meta = match (group, version) {
                ("meta.k8s.io", "v1") => MetaVersion::V1,
                ("meta.k8s.io", "v1beta1") => MetaVersion::V1Beta1,
                _ => return None,
            };
            match kind {
                "Table" if encoding != Encoding::Protobuf => Some(Shape::Table(meta)),
                "PartialObjectMetadata" => Some(Shape::Metadata(meta)),
                "PartialObjectMetadataList" => Some(Shape::MetadataList(meta)),
                _ => None,
            }
        }
    }
}

fn wants_pretty(headers: &HeaderMap, query: &Query) -> bool {
    if let Some(asked) = query.get("pretty").filter(|text| !text.is_empty()) {
        return matches!(asked, "1" | "t" | "T" | "true" | "TRUE" | "True");
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|start| agent.starts_with(start))
}

/// Whether a gzip answer is welcome.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let header = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    header.split(',').any(|token| token.trim() == "gzip")
}

fn content_type(headers: &HeaderMap) -> &str {
    let header = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    header.split(';').next().unwrap_or("").trim()
}

/// The encoding of a request body; JSON when not said.
pub fn body_format(headers: &HeaderMap) -> Result<BodyFormat, Status> {
    match content_type(headers).to_ascii_lowercase().as_str() {
        "" | "application/json" => Ok(BodyFormat::Json),
        "application/yaml" => Ok(BodyFormat::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(BodyFormat::Protobuf),
        _ => Err(unsupported(&["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"])),
    }
}

/// The format of a patch.
pub fn patch_format(headers: &HeaderMap) -> Result<PatchFormat, Status> {
    match content_type(headers) {
        "application/json-patch+json" => Ok(PatchFormat::Json),
        "application/merge-patch+json" => Ok(PatchFormat::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchFormat::Strategic),
        "application/apply-patch+yaml" => Ok(PatchFormat::Apply),
        // The router's words, not those of the patch handler.
        _ => Err(Status {
            details: Some(Box::default()),
            ..Status::unsupported_media_type("415: Unsupported Media Type")
        }),
    }
}

fn unsupported(accepted: &[&str]) -> Status {
    Status::unsupported_media_type(format!(
        "the body of the request was in an unknown format - accepted media types include: {}",
        accepted.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).expect("a header value"));
        headers
    }

    #[track_caller]
    fn check(header: &str, offer: Offer, expected: Option<(Encoding, Shape)>) {
        let got = accept(&headers(header), &Query::default(), offer).ok();
        assert_eq!(got.map(|it| (it.encoding, it.shape)), expected, "{header}");
    }

    #[test]
    fn lists_are_taken_in_order_and_by_quality() {
        let plain = |encoding| Some((encoding, Shape::Plain));
        check("application/vnd.kubernetes.protobuf, application/json", Offer::Objects, plain(Encoding::Protobuf));
        check("application/json;q=0.5,application/yaml", Offer::Objects, plain(Encoding::Yaml));
        check("*/*", Offer::Objects, plain(Encoding::Json));
        check("*/*, application/yaml", Offer::Objects, plain(Encoding::Yaml));
        check("application/*", Offer::Plain, plain(Encoding::Json));
        check("text/html", Offer::Plain, None);
        check("text/html, */*;q=0.1", Offer::Plain, plain(Encoding::Json));
    }

    #[test]
    fn kubectl_gets_its_table_and_errors_stay_plain() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        check(kubectl, Offer::Objects, Some((Encoding::Json, Shape::Table(MetaVersion::V1))));
        check(kubectl, Offer::Plain, Some((Encoding::Json, Shape::Plain)));
        let protobuf = "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io";
        check(protobuf, Offer::Objects, None);
        assert_eq!(accept_for_errors(&headers(protobuf), &Query::default()).encoding, Encoding::Json);
    }

    #[test]
    fn metadata_comes_in_protobuf_too() {
        let header =
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        check(header, Offer::Objects, Some((Encoding::Protobuf, Shape::MetadataList(MetaVersion::V1))));
        check("application/json;as=Foo;g=meta.k8s.io;v=v1", Offer::Objects, None);
    }

    #[test]
    fn aggregated_discovery_falls_back_to_the_old_one() {
        let header = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        check(header, Offer::Discovery, Some((Encoding::Json, Shape::AggregatedDiscovery)));
        let beta = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        check(beta, Offer::Discovery, Some((Encoding::Json, Shape::Plain)));
    }

    #[test]
    fn people_get_pretty_answers_unless_they_say_no() {
        let mut curl = HeaderMap::new();
        curl.insert(USER_AGENT, HeaderValue::from_static("curl/8.0"));
        assert!(wants_pretty(&curl, &Query::default()));
        assert!(!wants_pretty(&curl, &Query::parse("pretty=false")));
        assert!(wants_pretty(&HeaderMap::new(), &Query::parse("pretty=true")));
    }

    #[test]
    fn unknown_bodies_and_patches_are_refused_with_what_is_known() {
        let mut headers = HeaderMap::new();
        assert_eq!(body_format(&headers), Ok(BodyFormat::Json));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        assert_eq!(body_format(&headers), Ok(BodyFormat::Json));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/apply-patch+cbor"));
        assert_eq!(patch_format(&headers).expect_err("not served").code, 415);
        let refused = body_format(&headers).expect_err("not a body");
        assert_eq!(
            refused.message,
            "the body of the request was in an unknown format - accepted media types include: \
             application/json, application/yaml, application/vnd.kubernetes.protobuf"
        );
    }
}
