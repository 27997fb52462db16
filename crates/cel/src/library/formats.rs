//! Named formats of texts.

use std::any::Any;

use apimachinery::names;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Cost, Function, costly, function, no_overload};
use crate::text_format;
use crate::value::{Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    function("format.named(string) -> optional(kubernetes.NamedFormat)", named),
    costly("kubernetes.NamedFormat.validate(string) -> optional(list(string))", Cost::Text, validate),
    function("format.byte() -> kubernetes.NamedFormat", |_| by_name("byte")),
    function("format.date() -> kubernetes.NamedFormat", |_| by_name("date")),
    function("format.datetime() -> kubernetes.NamedFormat", |_| by_name("datetime")),
    function("format.dns1035Label() -> kubernetes.NamedFormat", |_| by_name("dns1035Label")),
    function("format.dns1035LabelPrefix() -> kubernetes.NamedFormat", |_| by_name("dns1035LabelPrefix")),
    function("format.dns1123Label() -> kubernetes.NamedFormat", |_| by_name("dns1123Label")),
    function("format.dns1123LabelPrefix() -> kubernetes.NamedFormat", |_| by_name("dns1123LabelPrefix")),
    function("format.dns1123Subdomain() -> kubernetes.NamedFormat", |_| by_name("dns1123Subdomain")),
    function("format.dns1123SubdomainPrefix() -> kubernetes.NamedFormat", |_| by_name("dns1123SubdomainPrefix")),
    function("format.labelValue() -> kubernetes.NamedFormat", |_| by_name("labelValue")),
    function("format.qualifiedName() -> kubernetes.NamedFormat", |_| by_name("qualifiedName")),
    function("format.uri() -> kubernetes.NamedFormat", |_| by_name("uri")),
    function("format.uuid() -> kubernetes.NamedFormat", |_| by_name("uuid")),
];

#[derive(Debug)]
struct NamedFormat {
    name: &'static str,
    faults: fn(&str) -> Vec<String>,
}

impl Opaque for NamedFormat {
    fn type_name(&self) -> &'static str {
        "kubernetes.NamedFormat"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<NamedFormat>().is_some_and(|other| self.name == other.name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn format_of(name: &str) -> Option<NamedFormat> {
    let (name, faults): (&'static str, fn(&str) -> Vec<String>) = match name {
        "byte" => ("byte", |text| unless(STANDARD.decode(text).is_ok(), "invalid base64")),
        "date" => {
            ("date", |text| unless(text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(), "invalid date"))
        }
        "datetime" => ("datetime", |text| unless(text_format::timestamp(text).is_some(), "invalid datetime")),
        "dns1035Label" => ("dns1035Label", names::dns1035_label),
        "dns1035LabelPrefix" => ("dns1035LabelPrefix", |text| names::prefix_of(names::dns1035_label, text)),
        "dns1123Label" => ("dns1123Label", names::dns1123_label),
        "dns1123LabelPrefix" => ("dns1123LabelPrefix", |text| names::prefix_of(names::dns1123_label, text)),
        "dns1123Subdomain" => ("dns1123Subdomain", names::dns1123_subdomain),
        "dns1123SubdomainPrefix" => ("dns1123SubdomainPrefix", |text| names::prefix_of(names::dns1123_subdomain, text)),
        "labelValue" => ("labelValue", names::label_value),
        "qualifiedName" => ("qualifiedName", names::qualified_name),
        "uri" => ("uri", |text| super::urls::fault(text).into_iter().collect()),
        "uuid" => ("uuid", |text| unless(is_uuid(text), "does not match the UUID format")),
        _ => return None,
    };
    Some(NamedFormat { name, faults })
}

fn unless(is_valid: bool, fault: &str) -> Vec<String> {
    if is_valid { Vec::new() } else { vec![fault.to_owned()] }
}

fn is_uuid(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    plain.len() == 32 && plain.bytes().all(|b| b.is_ascii_hexdigit())
}

fn by_name(name: &str) -> Outcome {
    format_of(name).map(Val::opaque).ok_or_else(|| "no such format".into())
}

fn named(args: &[Val]) -> Outcome {
    let [Val::String(name)] = args else { return no_overload() };
    Ok(Val::optional(format_of(name).map(Val::opaque)))
}

fn validate(args: &[Val]) -> Outcome {
    let [format, Val::String(text)] = args else { return no_overload() };
    let Some(format) = format.downcast::<NamedFormat>() else { return no_overload() };
    let faults = (format.faults)(text);
    Ok(Val::optional((!faults.is_empty()).then(|| Val::texts(faults))))
}
