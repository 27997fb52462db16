//! Label and field selectors: parsing with upstream's errors, matching, printing.

use std::fmt;

use crate::field_error::{FieldError, FieldPath, PrintedValue, Verbatim, aggregate, quoted};
use crate::names;
use crate::value::{Map, Value};

mod label_parser;

/// A parsed label selector; the empty one matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LabelSelector {
    /// All must hold.
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// Operator.
    pub operator: Operator,
    /// Values, sorted.
    pub values: Vec<String>,
}

/// Label selector operators. `Equals` and `DoubleEquals` mean `In`, `NotEquals` means `NotIn`; they are
/// apart because they print differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `key in (a,b)`
    In,
    /// `key notin (a,b)`
    NotIn,
    /// `key=a`
    Equals,
    /// `key==a`
    DoubleEquals,
    /// `key!=a`
    NotEquals,
    /// `key`
    Exists,
    /// `!key`
    DoesNotExist,
    /// `key>1` (node affinity)
    GreaterThan,
    /// `key<1` (node affinity)
    LessThan,
}

/// A text or object that is no selector; upstream's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// Upstream's text.
    pub message: String,
}

impl From<String> for SelectorError {
    fn from(message: String) -> Self {
        SelectorError { message }
    }
}

impl Requirement {
    /// Checks key, number of values and values, as upstream's `NewRequirement`.
    pub fn new(key: &str, operator: Operator, mut values: Vec<String>) -> Result<Self, SelectorError> {
        let mut errors = Vec::new();
        errors.extend(invalid_key(key, &FieldPath::new("key")));
        let path = FieldPath::new("values");
        if let Some(detail) = wrong_count(operator, values.len()) {
            errors.push(FieldError::invalid(&path, printed_list(&values), detail));
        }
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
            let broken = values.iter().enumerate().filter(|(_, value)| value.parse::<i64>().is_err());
            let detail = "for 'Gt', 'Lt' operators, the value must be an integer";
            errors.extend(broken.map(|(at, value)| FieldError::invalid(&path.index(at), value, detail)));
        }
        for (at, value) in values.iter().enumerate() {
            let messages = names::label_value(value);
            if !messages.is_empty() {
                errors.push(FieldError::invalid(&path.index(at).key(key), value, messages.join("; ")));
            }
        }
        if let Some(message) = aggregate(&errors) {
            return Err(message.into());
        }
        values.sort();
        Ok(Requirement { key: key.to_owned(), operator, values })
    }

    /// Whether a label with this value (`None`: absent) fulfils it.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let is_listed = || value.is_some_and(|value| self.values.iter().any(|listed| listed == value));
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => is_listed(),
            Operator::NotIn | Operator::NotEquals => !is_listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => self.numbers(value).is_some_and(|(label, bound)| label > bound),
            Operator::LessThan => self.numbers(value).is_some_and(|(label, bound)| label < bound),
        }
    }

    fn numbers(&self, value: Option<&str>) -> Option<(i64, i64)> {
        let [bound] = &self.values[..] else { return None };
        Some((value?.parse().ok()?, bound.parse().ok()?))
    }

    /// The one value that the label must have, if the requirement says so.
    pub fn exact_value(&self) -> Option<&str> {
        match (self.operator, &self.values[..]) {
            (Operator::In | Operator::Equals | Operator::DoubleEquals, [value]) => Some(value),
            _ => None,
        }
    }
}

fn invalid_key(key: &str, path: &FieldPath) -> Option<FieldError> {
    let messages = names::qualified_name(key);
    (!messages.is_empty()).then(|| FieldError::invalid(path, key, messages.join("; ")))
}

fn wrong_count(operator: Operator, count: usize) -> Option<&'static str> {
    match operator {
        Operator::In | Operator::NotIn if count == 0 => Some("for 'in', 'notin' operators, values set can't be empty"),
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if count != 1 => {
            Some("exact-match compatibility requires one single value")
        }
        Operator::Exists | Operator::DoesNotExist if count != 0 => {
            Some("values set must be empty for exists and does not exist")
        }
        Operator::GreaterThan | Operator::LessThan if count != 1 => {
            Some("for 'Gt', 'Lt' operators, exactly one value is required")
        }
        _ => None,
    }
}

/// As Go prints a `[]string` in JSON; an empty one is nil there.
fn printed_list(values: &[String]) -> Verbatim {
    match values.is_empty() {
        true => Verbatim("null".to_owned()),
        false => Verbatim((&Value::from_iter(values.iter().map(|value| Value::from(value.as_str())))).printed()),
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
        }
    }
}

impl fmt::Display for LabelSelector {
    /// Upstream's printed form: `a=b,c in (d,e),!f`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl LabelSelector {
    /// From requirements, in any order.
    pub fn new(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        LabelSelector { requirements }
    }

    /// Parses `a=b,c in (d,e),!f`.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        label_parser::parse(text).map(Self::new)
    }

    /// From a `metav1.LabelSelector` tree (`matchLabels`, `matchExpressions`); null matches nothing,
    /// which is `None`.
    pub fn from_value(selector: &Value) -> Result<Option<Self>, SelectorError> {
        if selector.is_null() {
            return Ok(None);
        }
        let mut requirements = Vec::new();
        if let Some(labels) = selector.field("matchLabels").as_object() {
            for (key, value) in labels.iter() {
                let values = vec![value.as_str().unwrap_or("").to_owned()];
                requirements.push(Requirement::new(key, Operator::Equals, values)?);
            }
        }
        for expression in selector.items_at(&["matchExpressions"]) {
            requirements.push(requirement_from_value(expression)?);
        }
        Ok(Some(Self::new(requirements)))
    }

    /// From a plain map (`spec.selector` of a Service).
    pub fn from_map<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let equal = |(key, value): (&str, &str)| Requirement {
            key: key.to_owned(),
            operator: Operator::Equals,
            values: vec![value.to_owned()],
        };
        Self::new(labels.map(equal).collect())
    }

    /// Whether these labels match; `label` looks one up.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(label(&requirement.key)))
    }

    /// Whether the labels of a tree's map match.
    pub fn matches_map(&self, labels: Option<&Map>) -> bool {
        self.matches(|key| labels.and_then(|map| map.get(key)).and_then(Value::as_str))
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The one value that the label `key` must have, if the first requirement about it says so.
    pub fn exact_match(&self, key: &str) -> Option<&str> {
        self.requirements.iter().find(|requirement| requirement.key == key)?.exact_value()
    }
}

fn requirement_from_value(expression: &Value) -> Result<Requirement, SelectorError> {
    let operator = match expression.str_at(&["operator"]) {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        other => return Err(format!("{} is not a valid label selector operator", quoted(other)).into()),
    };
    Requirement::new(expression.str_at(&["key"]), operator, string_items(expression.items_at(&["values"])))
}

fn string_items(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `ValidateLabelSelector`: every broken rule of a `metav1.LabelSelector` tree.
pub fn validate_label_selector(path: &FieldPath, selector: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(labels) = selector.field("matchLabels").as_object() {
        let pairs = labels.iter().map(|(key, value)| (key, value.as_str().unwrap_or("")));
        errors.extend(names::labels(&path.child("matchLabels"), pairs));
    }
    for (at, expression) in selector.items_at(&["matchExpressions"]).iter().enumerate() {
        errors.extend(validate_expression(&path.child("matchExpressions").index(at), expression));
    }
    errors
}

fn validate_expression(path: &FieldPath, expression: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let values = expression.items_at(&["values"]);
    match expression.str_at(&["operator"]) {
        "In" | "NotIn" if values.is_empty() => {
            let detail = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(&path.child("values"), detail));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(&path.child("values"), detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.push(FieldError::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
    let key = expression.str_at(&["key"]);
    let messages = names::qualified_name(key).into_iter();
    errors.extend(messages.map(|message| FieldError::invalid(&path.child("key"), key, message)));
    for (at, value) in values.iter().filter_map(Value::as_str).enumerate() {
        let path = path.child("values").index(at);
        let messages = names::label_value(value).into_iter();
        errors.extend(messages.map(|message| FieldError::invalid(&path, value, message)));
    }
    errors
}

/// A parsed field selector: `metadata.name=x,status.phase!=Running`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FieldSelector {
    /// All must hold.
    pub terms: Vec<FieldTerm>,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTerm {
    /// Dotted field, such as `spec.nodeName`.
    pub field: String,
    /// `=` or `==`, else `!=`.
    pub is_equal: bool,
    /// Value.
    pub value: String,
}

impl FieldSelector {
    /// Parses with upstream's escapes (`\,`, `\=`, `\\`).
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut parts = split_terms(text);
        parts.sort_unstable();
        let terms = parts.into_iter().filter(|part| !part.is_empty()).map(|part| parse_term(text, part));
        Ok(FieldSelector { terms: terms.collect::<Result<_, _>>()? })
    }

    /// Whether it matches; `value` looks a field up (absent reads as empty).
    pub fn matches<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.terms.iter().all(|term| (value(&term.field) == term.value) == term.is_equal)
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that `field` must have, if a term says so.
    pub fn exact_match(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.is_equal && term.field == field).map(|term| term.value.as_str())
    }
}

impl fmt::Display for FieldSelector {
    /// Upstream's printed form, values escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let operator = if term.is_equal { "=" } else { "!=" };
            write!(f, "{comma}{}{operator}{}", term.field, escape_value(&term.value))?;
        }
        Ok(())
    }
}

/// Escapes a value for a field selector.
pub fn escape_value(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}

/// Splits at commas that are not escaped.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn parse_term(selector: &str, term: &str) -> Result<FieldTerm, SelectorError> {
    let operator_at =
        |at: usize| ["!=", "==", "="].into_iter().find(|op| term[at..].starts_with(op)).map(|op| (at, op));
    let Some((at, operator)) = term.char_indices().find_map(|(at, _)| operator_at(at)) else {
        return Err(format!("invalid selector: '{selector}'; can't understand '{term}'").into());
    };
    let value = unescape_value(&term[at + operator.len()..])?;
    Ok(FieldTerm { field: term[..at].to_owned(), is_equal: operator != "!=", value })
}

fn unescape_value(text: &str) -> Result<String, SelectorError> {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => value.push(c),
                other => {
                    let sequence: String = std::iter::once('\\').chain(other).collect();
                    return Err(format!("invalid field selector: invalid escape sequence: {sequence}").into());
                }
            },
            ',' | '=' => {
                let code = u32::from(c);
                return Err(format!("invalid field selector: unescaped character in value: {code}").into());
            }
            _ => value.push(c),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[track_caller]
    fn check_parse(text: &str, printed: &str) {
        assert_eq!(LabelSelector::parse(text).expect("the test's selector is good").to_string(), printed);
    }

    #[track_caller]
    fn check_error(text: &str, start: &str) {
        let message = LabelSelector::parse(text).expect_err("the test's selector is bad").message;
        assert!(message.starts_with(start), "{message}");
    }

    #[test]
    fn every_form_prints_as_upstream_prints_it() {
        for text in ["", "a=b", "a==b", "a!=b", "a", "!a", "a in (b,c)", "a notin (b)", "a>1", "a<2", "a="] {
            check_parse(text, text);
        }
        check_parse(" x in (foo,,baz) , y,z notin () ", "x in (,baz,foo),y,z notin ()");
        check_parse("in in (in,notin)", "in in (in,notin)");
        check_parse("b=2,a=1", "a=1,b=2");
        check_parse("a=,b", "a=,b");
        check_parse("a in (b,a,b)", "a in (a,b)");
    }

    #[test]
    fn errors_are_upstreams() {
        check_error("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
        check_error("a\0b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
        check_error("a=b,", "found '', expected: identifier after ','");
        check_error(",", "found ',', expected: !, identifier, or 'end of string'");
        check_error("a=b=c", "found '=', expected: ',' or 'end of string'");
        check_error("a in b", "unable to parse requirement: found 'b' expected: '('");
        check_error("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
        check_error("a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier");
        check_error("!", "unable to parse requirement: found '', expected: identifier");
        check_error("a=(", "unable to parse requirement: found '(', expected: identifier");
        check_error("-a=b", r#"unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of"#);
        check_error("a=b-", r#"unable to parse requirement: values[0][a]: Invalid value: "b-": a valid label must be"#);
        check_error(
            "a>b",
            r#"unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer"#,
        );
    }

    #[test]
    fn requirements_match_as_upstream() {
        let labels = |key: &str| match key {
            "app" => Some("web"),
            "rank" => Some("5"),
            _ => None,
        };
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app!=web", false),
            ("gone!=web", true),
            ("app in (a,web)", true),
            ("app notin (a)", true),
            ("gone notin (a)", true),
            ("gone in (a)", false),
            ("app,!gone", true),
            ("gone", false),
            ("rank>4,rank<6", true),
            ("rank>5", false),
            ("app>5", false),
        ] {
            assert_eq!(LabelSelector::parse(text).expect("good").matches(labels), expected, "{text}");
        }
        assert_eq!(LabelSelector::parse("app in (web),x").expect("good").exact_match("app"), Some("web"));
    }

    #[test]
    fn selector_objects_convert() {
        let value = tree!({
            "matchLabels": {"b": "2", "a": "1"},
            "matchExpressions": [{"key": "c", "operator": "In", "values": ["z", "y"]}, {"key": "d", "operator": "Exists"}],
        });
        let selector = LabelSelector::from_value(&value).expect("good").expect("not null");
        assert_eq!(selector.to_string(), "a=1,b=2,c in (y,z),d");
        assert_eq!(LabelSelector::from_value(&Value::Null), Ok(None));
        assert_eq!(LabelSelector::from_value(&Value::object()), Ok(Some(LabelSelector::default())));
        for (expression, message) in [
            (tree!({"key": "a", "operator": "in"}), r#""in" is not a valid label selector operator"#),
            (
                tree!({"key": "a", "operator": "In"}),
                "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
            ),
            (
                tree!({"key": "a", "operator": "Exists", "values": ["b"]}),
                r#"values: Invalid value: ["b"]: values set must be empty for exists and does not exist"#,
            ),
        ] {
            let value = tree!({"matchExpressions": [(expression)]});
            assert_eq!(LabelSelector::from_value(&value).expect_err("bad").message, message);
        }
    }

    #[test]
    fn selector_objects_are_validated_field_by_field() {
        let value = tree!({"matchExpressions": [
            {"key": "a", "operator": "In"},
            {"key": "a", "operator": "Exists", "values": ["x"]},
            {"key": "a", "operator": "Gt"},
        ]});
        let errors = validate_label_selector(&FieldPath::new("spec.selector"), &value);
        assert_eq!(
            errors.iter().map(FieldError::to_string).collect::<Vec<_>>(),
            [
                "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
                "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                r#"spec.selector.matchExpressions[2].operator: Invalid value: "Gt": not a valid selector operator"#,
            ]
        );
    }

    #[test]
    fn field_selectors_parse_escape_and_match() {
        let selector = FieldSelector::parse(r"status.phase!=Running,metadata.name=a\,b\=c,,x==").expect("good");
        assert_eq!(selector.to_string(), r"metadata.name=a\,b\=c,status.phase!=Running,x=");
        assert_eq!(selector.exact_match("metadata.name"), Some("a,b=c"));
        assert_eq!(selector.exact_match("status.phase"), None);
        assert!(selector.matches(|field| if field == "metadata.name" { "a,b=c" } else { "" }));
        assert!(!selector.matches(|_| "Running"));
        assert!(FieldSelector::parse("").expect("good").is_empty());
        for (text, message) in [
            ("abc", "invalid selector: 'abc'; can't understand 'abc'"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
            (r"a=\x", r"invalid field selector: invalid escape sequence: \x"),
            (r"a=b\", r"invalid field selector: invalid escape sequence: \"),
        ] {
            assert_eq!(FieldSelector::parse(text).expect_err("bad").message, message);
        }
    }
}
