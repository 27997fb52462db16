//! `x-kubernetes-validations` of a schema that is being accepted: that they compile, and do not cost too much.

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::structural::{Additional, REQUEST_BYTES_MAX, Structural, Validation};
use apimachinery::value::Value;
use cel::budget::{ESTIMATED_RULE_LIMIT, ESTIMATED_TOTAL_LIMIT};
use cel::{Program, Type};

use crate::custom_resources::rules::{OLD, environment};

const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Rules that are named when all together cost too much.
const EXPENSIVE_MAX: usize = 4;

/// What a rule is about.
#[derive(Clone)]
struct Place<'a> {
    schema: &'a Structural,
    path: FieldPath,
    is_root: bool,
    /// How often the place can be in one object; none: as often as fits into a request.
    cardinality: Option<u64>,
    /// The list around whose items cannot be told apart, if there is one.
    uncorrelatable: Option<FieldPath>,
}

/// Checks the texts of all rules below a schema's node.
pub(super) fn validate_texts(schema: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, rule) in schema.items_at(&["x-kubernetes-validations"]).iter().enumerate() {
        validate_text(rule, schema, &path.child("x-kubernetes-validations").index(at), errors);
    }
}

fn validate_text(rule: &Value, schema: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let text = |field: &str| rule.str_at(&[field]);
    let has_breaks = |text: &str| text.contains(['\n', '\r']);
    let message = text("message").trim();
    let message_path = path.child("message");
    if text("rule").trim().is_empty() {
        errors.push(FieldError::required(&path.child("rule"), "rule is not specified"));
    } else if !text("message").is_empty() && message.is_empty() {
        errors.push(FieldError::invalid(&message_path, text("message"), "must be non-empty if specified"));
    } else if has_breaks(message) {
        errors.push(FieldError::invalid(&message_path, text("message"), "must not contain line breaks"));
    } else if has_breaks(text("rule").trim()) && message.is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        errors.push(FieldError::required(&message_path, detail));
    }
    if !text("messageExpression").is_empty() && text("messageExpression").trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        errors.push(FieldError::required(&path.child("messageExpression"), detail));
    }
    if !text("reason").is_empty() && !REASONS.contains(&text("reason")) {
        errors.push(FieldError::not_supported(&path.child("reason"), text("reason"), &REASONS));
    }
    let (field_path, path) = (text("fieldPath"), path.child("fieldPath"));
    if !field_path.is_empty() && field_path.trim().is_empty() {
        errors.push(FieldError::invalid(&path, field_path, "must be non-empty if specified"));
    }
    if has_breaks(field_path) {
        errors.push(FieldError::invalid(&path, field_path, "must not contain line breaks"));
    }
    if !field_path.is_empty() && !leads_somewhere(schema, field_path) {
        errors.push(FieldError::invalid(&path, field_path, "must be a valid path"));
    }
}

/// Whether `.spec.names['x']` names a field or an entry of the schema.
fn leads_somewhere(schema: &Value, text: &str) -> bool {
    let Some(rest) = text.strip_prefix('.') else { return text.starts_with('[') && entry(schema, text) };
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let below = schema.field("properties").field(&rest[..end]);
    !below.is_null() && (end == rest.len() || leads_somewhere(below, &rest[end..]))
}

fn entry(schema: &Value, text: &str) -> bool {
    let Some((name, rest)) = text.strip_prefix("['").and_then(|text| text.split_once("']")) else { return false };
    let named = schema.field("properties").field(name);
    let below = if named.is_null() { schema.field("additionalProperties") } else { named };
    below.as_object().is_some() && (rest.is_empty() || leads_somewhere(below, rest))
}

/// Compiles all rules of a schema without other faults.
pub(super) fn validate(schema: &Structural, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut costs: Vec<(u64, FieldPath)> = Vec::new();
    let root = Place { schema, path: path.clone(), is_root: true, cardinality: Some(1), uncorrelatable: None };
    node(root, &mut costs, errors);
    let total = costs.iter().fold(0u64, |sum, (cost, _)| sum.saturating_add(*cost));
    if total <= ESTIMATED_TOTAL_LIMIT {
        return;
    }
    costs.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    for (_, path) in costs.iter().take(EXPENSIVE_MAX) {
        let detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
        errors.push(FieldError::forbidden(path, detail));
    }
    let name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    errors.push(FieldError::forbidden(path, exceeds(name, total, ESTIMATED_TOTAL_LIMIT)));
}

fn node(place: Place<'_>, costs: &mut Vec<(u64, FieldPath)>, errors: &mut Vec<FieldError>) {
    for (at, validation) in place.schema.validations.iter().enumerate() {
        rule(&place, validation, at, costs, errors);
    }
    for (name, schema) in &place.schema.properties {
        let path = place.path.child("properties").key(name);
        node(Place { schema, path, is_root: schema.is_embedded, ..place.clone() }, costs, errors);
    }
    if let Additional::Of(schema) = &place.schema.additional {
        node(element(&place, schema, "additionalProperties"), costs, errors);
    }
    if let Some(schema) = &place.schema.items {
        let below = element(&place, schema, "items");
        let is_known = place.schema.list_type == "map";
        let uncorrelatable = place.uncorrelatable.clone().or_else(|| (!is_known).then(|| place.path.clone()));
        node(Place { uncorrelatable, ..below }, costs, errors);
    }
}

/// What is in a list or map, as often as it has items.
fn element<'a>(place: &Place<'a>, schema: &'a Structural, field: &str) -> Place<'a> {
    let often = place.cardinality.zip(place.schema.elements_said());
    Place {
        schema,
        path: place.path.child(field),
        is_root: schema.is_embedded,
        cardinality: often.map(|(around, own)| around.saturating_mul(own)),
        uncorrelatable: place.uncorrelatable.clone(),
    }
}

fn rule(
    place: &Place<'_>,
    validation: &Validation,
    at: usize,
    costs: &mut Vec<(u64, FieldPath)>,
    errors: &mut Vec<FieldError>,
) {
    let path = place.path.child("x-kubernetes-validations").index(at);
    let Some(environment) = environment(place.schema, place.is_root, validation.has_optional_old) else {
        let detail = "failed to convert to declType for CEL validation rules";
        return errors.push(FieldError::internal(&path, detail));
    };
    let rule_path = path.child("rule");
    match cel::compile(&validation.rule, &environment) {
        Err(error) => {
            let detail = format!("compilation failed: {}", error.message);
            errors.push(FieldError::invalid(&rule_path, shown(validation), detail));
        }
        Ok(program) if *program.output() != Type::Bool => {
            errors.push(FieldError::invalid(&rule_path, shown(validation), "cel expression must evaluate to a bool"));
        }
        Ok(program) => {
            let often = place.cardinality.unwrap_or(REQUEST_BYTES_MAX / (place.schema.bytes_min() + 1));
            let cost = program.estimate(place.schema).saturating_mul(often);
            charge("estimated rule cost", cost, rule_path.clone(), costs, errors);
            check_old(place, validation, &program, &path, errors);
        }
    }
    if validation.message_expression.trim().is_empty() {
        return;
    }
    let message_path = path.child("messageExpression");
    match cel::compile(&validation.message_expression, &environment) {
        Err(error) => {
            let detail = format!("messageExpression compilation failed: {}", error.message);
            errors.push(FieldError::invalid(&message_path, shown(validation), detail));
        }
        Ok(program) if *program.output() != Type::String => {
            let detail = "messageExpression must evaluate to a string";
            errors.push(FieldError::invalid(&message_path, shown(validation), detail));
        }
        Ok(program) => {
            let cost = program.estimate(place.schema);
            charge("estimated messageExpression cost", cost, message_path, costs, errors);
        }
    }
}

fn charge(name: &str, cost: u64, path: FieldPath, costs: &mut Vec<(u64, FieldPath)>, errors: &mut Vec<FieldError>) {
    if cost > ESTIMATED_RULE_LIMIT {
        errors.push(FieldError::forbidden(&path, exceeds(name, cost, ESTIMATED_RULE_LIMIT)));
    }
    costs.push((cost, path));
}

/// `oldSelf` needs a place that can be found again in the object before.
fn check_old(
    place: &Place<'_>,
    validation: &Validation,
    program: &Program,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    match (program.uses(OLD), &place.uncorrelatable) {
        (true, Some(around)) => {
            let detail = format!(
                "oldSelf cannot be used on the uncorrelatable portion of the schema within {}",
                around.as_str()
            );
            errors.push(FieldError::invalid(&path.child("rule"), &validation.rule, detail));
        }
        (false, _) if validation.has_optional_old => {
            let detail = "may not be set if oldSelf is not used in rule";
            errors.push(FieldError::invalid(&path.child("optionalOldSelf"), true, detail));
        }
        _ => {}
    }
}

fn exceeds(name: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = match factor {
        _ if factor > 100.0 => "more than 100x".to_owned(),
        _ if factor < 1.5 => format!("{factor:.6}x"),
        _ => format!("{factor:.1}x"),
    };
    format!(
        "{name} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and \
         maxLength where arrays, maps, and strings are declared)"
    )
}

/// The rule as Go prints the struct.
fn shown(validation: &Validation) -> Verbatim {
    let reason = match validation.reason.as_str() {
        "" => "(*apiextensions.FieldValueErrorReason)(nil)".to_owned(),
        reason => format!("{reason:?}"),
    };
    let optional = if validation.has_optional_old { "true" } else { "(*bool)(nil)" };
    Verbatim(format!(
        "apiextensions.ValidationRule{{Rule:{:?}, Message:{:?}, MessageExpression:{:?}, Reason:{reason}, FieldPath:{:?}, \
         OptionalOldSelf:{optional}}}",
        validation.rule, validation.message, validation.message_expression, validation.field_path
    ))
}

#[cfg(test)]
mod tests {
    use apimachinery::yaml;

    use super::*;

    #[track_caller]
    fn check(schema: &str, wanted: &[&str]) {
        let (schema, _) = yaml::parse(schema.as_bytes()).expect("YAML");
        let mut errors = Vec::new();
        validate(&Structural::parse(&schema), &FieldPath::new("schema"), &mut errors);
        assert_eq!(errors.len(), wanted.len(), "{errors:?}");
        for (error, wanted) in errors.iter().zip(wanted) {
            assert!(error.to_string().contains(wanted), "{error}\nshould say\n{wanted}");
        }
    }

    fn spec(rule: &str, inner: &str) -> String {
        format!(
            "{{type: object, properties: {{spec: {{type: object, x-kubernetes-validations: [{{rule: '{rule}'}}], \
             properties: {inner}}}}}}}"
        )
    }

    #[test]
    fn rules_are_compiled_against_their_schema() {
        check(&spec("self.x > 0", "{x: {type: integer}}"), &[]);
        let path = "schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: apiextensions.ValidationRule{Rule:";
        check(&spec("self.z == 100", "{x: {type: integer}}"), &[path]);
        check(&spec("self.z == 100", "{x: {type: integer}}"), &["undefined field 'z'"]);
        check(&spec("self = 42", "{}"), &["compilation failed: ERROR: <input>:1:6: Syntax error"]);
        check(&spec("self.x", "{x: {type: integer}}"), &["cel expression must evaluate to a bool"]);
    }

    #[test]
    fn rules_of_unbounded_lists_in_unbounded_lists_cost_too_much() {
        let inner = "{type: array, items: {type: string}, x-kubernetes-validations: [{rule: 'self.all(s, s == \"constant\")'}]}";
        let unbounded = format!("{{type: object, properties: {{x: {{type: array, items: {inner}}}}}}}");
        let total = "estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x";
        check(&unbounded, &["estimated rule cost exceeds budget by factor of more than 100x", "contributed to", total]);
        let bounded = unbounded.replace("type: array,", "type: array, maxItems: 100,");
        check(&bounded, &[]);
        let quadratic = "self.large.all(x, self.large.all(y, y == x))";
        check(&spec(quadratic, "{large: {type: array, maxItems: 725, items: {type: integer}}}"), &[]);
    }

    #[test]
    fn paths_of_faults_must_lead_somewhere() {
        let (schema, _) = yaml::parse(
            b"{properties: {a: {properties: {b: {type: string}}}, m: {additionalProperties: {type: string}}}}",
        )
        .expect("YAML");
        for (path, wanted) in
            [(".a.b", true), (".a", true), (".m['x']", true), (".a.c", false), ("a", false), (".m.x", false)]
        {
            assert_eq!(leads_somewhere(&schema, path), wanted, "{path}");
        }
    }

    #[test]
    fn the_value_before_must_be_known() {
        let rule = "x-kubernetes-validations: [{rule: self > oldSelf}]";
        let list = |more: &str| {
            format!("{{type: object, properties: {{l: {{type: array, {more} items: {{type: integer, {rule}}}}}}}}}")
        };
        check(
            &list("maxItems: 5,"),
            &["oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[l]"],
        );
    }
}
