//! `x-kubernetes-validations`: CEL rules of a schema, compiled with the kind and evaluated with each write.

use std::sync::Arc;

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::structural::{Additional, Structural, Validation};
use apimachinery::value::Value;
use cel::budget::TOTAL_LIMIT;
use cel::value::Fault;
use cel::{Budget, Environment, Program, Type, Val, Variables, schemas, typed};

/// A message that an expression makes is not used beyond this, in bytes.
const MESSAGE_BYTES_MAX: usize = 5 << 10;

/// Name of the variable with the value before.
pub(crate) const OLD: &str = "oldSelf";

/// What a rule's expressions may name.
pub(crate) fn environment(schema: &Structural, is_root: bool, has_optional_old: bool) -> Option<Environment> {
    let own = match is_root {
        true => schemas::of_custom_resource(schema, "self", schemas::rule_metadata()),
        false => schemas::of_structural(schema, "self")?,
    };
    let old = if has_optional_old { Type::optional(own.clone()) } else { own.clone() };
    Some(Environment::new().with("self", own).with(OLD, old))
}

/// The rules of a schema and of what is in it; no tree where there is no rule.
#[derive(Debug)]
pub(crate) struct RuleTree {
    rules: Vec<Rule>,
    properties: Vec<(String, RuleTree)>,
    elements: Option<Box<RuleTree>>,
}

#[derive(Debug)]
struct Rule {
    validation: Validation,
    program: Result<Arc<Program>, String>,
    message: Option<Program>,
}

impl RuleTree {
    /// Compiles the rules of an accepted schema.
    pub(crate) fn new(schema: &Structural, is_root: bool) -> Option<RuleTree> {
        let rules: Vec<Rule> = schema.validations.iter().filter_map(|it| Rule::new(it, schema, is_root)).collect();
        let properties: Vec<(String, RuleTree)> = schema
            .properties
            .iter()
            .filter_map(|(name, of)| Some((name.clone(), RuleTree::new(of, of.is_embedded)?)))
            .collect();
        let element = element_of(schema).and_then(|of| RuleTree::new(of, of.is_embedded));
        let is_empty = rules.is_empty() && properties.is_empty() && element.is_none();
        (!is_empty).then(|| RuleTree { rules, properties, elements: element.map(Box::new) })
    }
}

fn element_of(schema: &Structural) -> Option<&Structural> {
    match (&schema.items, &schema.additional) {
        (Some(of), _) => Some(of),
        (None, Additional::Of(of)) => Some(of),
        _ => None,
    }
}

impl Rule {
    fn new(validation: &Validation, schema: &Structural, is_root: bool) -> Option<Rule> {
        let environment = environment(schema, is_root, validation.has_optional_old)?;
        let program = cel::compile(&validation.rule, &environment).map(Arc::new).map_err(|error| error.message);
        let message = match validation.message_expression.trim() {
            "" => None,
            _ => cel::compile(&validation.message_expression, &environment).ok(),
        };
        Some(Rule { validation: validation.clone(), program, message })
    }

    fn uses_old(&self) -> bool {
        self.program.as_ref().is_ok_and(|program| program.uses(OLD))
    }

    /// The rule as messages about it show it.
    fn shown(&self) -> &str {
        match self.validation.message.trim() {
            "" => self.validation.rule.trim(),
            message => message,
        }
    }
}

/// Evaluates the rules of a resource; `old` is null at creation. Faults of what has not changed are only warned of.
pub(crate) fn evaluate(
    tree: &RuleTree,
    schema: &Structural,
    (object, old): (&Value, &Value),
    errors: &mut Vec<FieldError>,
) -> Vec<String> {
    let mut evaluation = Evaluation { budget: Budget::new(TOTAL_LIMIT), errors, warnings: Vec::new(), is_over: false };
    let old = (!old.is_null()).then_some(old);
    evaluation.node(tree, Node { schema, value: object, old, is_root: true }, &FieldPath::new(""));
    evaluation.warnings
}

/// A value where its rules hold.
#[derive(Clone, Copy)]
struct Node<'a> {
    schema: &'a Structural,
    value: &'a Value,
    /// The value before, where it can be told which one that is.
    old: Option<&'a Value>,
    is_root: bool,
}

struct Evaluation<'a> {
    budget: Budget,
    errors: &'a mut Vec<FieldError>,
    warnings: Vec<String>,
    /// Nothing more is evaluated.
    is_over: bool,
}

struct RuleVariables {
    own: Val,
    old: Option<Val>,
    has_optional_old: bool,
}

impl Variables for RuleVariables {
    fn value(&self, name: &str, _: &mut Budget) -> Result<Val, Fault> {
        match (name, self.has_optional_old) {
            ("self", _) => Ok(self.own.clone()),
            (OLD, true) => Ok(Val::optional(self.old.clone())),
            (OLD, false) => self.old.clone().ok_or_else(|| "no such attribute(s): oldSelf".into()),
            _ => Err(format!("no such attribute(s): {name}").into()),
        }
    }
}

impl Evaluation<'_> {
    fn node(&mut self, tree: &RuleTree, node: Node<'_>, path: &FieldPath) {
        if node.value.is_null() || self.is_over {
            return;
        }
        self.rules(tree, node, path);
        for (name, below) in &tree.properties {
            let Some(schema) = node.schema.properties.get(name) else { continue };
            let value = node.value.field(name);
            let old = node.old.map(|old| old.field(name)).filter(|old| !old.is_null());
            self.node(below, Node { schema, value, old, is_root: schema.is_embedded }, &child(path, name));
        }
        if let (Some(below), Some(schema)) = (&tree.elements, element_of(node.schema)) {
            self.elements(below, schema, node, path);
        }
    }

    fn elements(&mut self, tree: &RuleTree, schema: &Structural, node: Node<'_>, path: &FieldPath) {
        let is_root = schema.is_embedded;
        match node.value {
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    let old = node.old.and_then(|old| counterpart(node.schema, value, old));
                    self.node(tree, Node { schema, value, old, is_root }, &path.index(at));
                }
            }
            Value::Object(map) if node.schema.items.is_none() => {
                for (key, value) in map.iter() {
                    let old = node.old.map(|old| old.field(key)).filter(|old| !old.is_null());
                    self.node(tree, Node { schema, value, old, is_root }, &path.key(key));
                }
            }
            _ => {}
        }
    }

    fn rules(&mut self, tree: &RuleTree, node: Node<'_>, path: &FieldPath) {
        if tree.rules.is_empty() {
            return;
        }
        let convert = |value: &Value| match node.is_root {
            true => typed::from_root(value, node.schema),
            false => typed::from_tree(value, node.schema),
        };
        let mut variables =
            RuleVariables { own: convert(node.value), old: node.old.map(convert), has_optional_old: false };
        for rule in &tree.rules {
            variables.has_optional_old = rule.validation.has_optional_old;
            let is_transition = rule.uses_old();
            if self.is_over || (is_transition && node.old.is_none() && !rule.validation.has_optional_old) {
                continue;
            }
            let Some(error) = self.rule(rule, &variables, node, path) else { continue };
            match !is_transition && node.old == Some(node.value) {
                true => self.warnings.push(error.to_string()),
                false => self.errors.push(error),
            }
        }
    }

    /// What is wrong by one rule.
    fn rule(&mut self, rule: &Rule, variables: &RuleVariables, node: Node<'_>, path: &FieldPath) -> Option<FieldError> {
        let refused = |detail: String| Some(FieldError::invalid(path, node.schema.ty.as_str(), detail));
        let program = match &rule.program {
            Ok(program) => program,
            Err(error) => return refused(format!("rule compile error: {error}")),
        };
        match program.evaluate(variables, &mut self.budget) {
            Ok(Val::Bool(true)) => None,
            Ok(_) => Some(self.failed(rule, variables, node, path)),
            Err(Fault::Error(fault)) if fault.starts_with("no such overload") => refused(format!(
                "'{fault}': call arguments did not match a supported operator, function or macro signature for rule: {}",
                rule.shown()
            )),
            Err(Fault::Error(fault)) => refused(format!("{fault} evaluating rule: {}", rule.shown())),
            Err(fault @ Fault::CostLimit) => {
                self.is_over = true;
                refused(format!(
                    "'{fault}': no further validation rules will be run due to call cost exceeds limit for rule: {}",
                    rule.shown()
                ))
            }
            Err(fault @ Fault::OutOfBudget) => {
                self.is_over = true;
                refused(fault.to_string())
            }
        }
    }

    fn failed(&mut self, rule: &Rule, variables: &RuleVariables, node: Node<'_>, path: &FieldPath) -> FieldError {
        let detail = self.message(rule, variables).unwrap_or_else(|| match rule.validation.message.trim() {
            "" => format!("failed rule: {}", rule.shown()),
            message => message.to_owned(),
        });
        let path = match rule.validation.field_path.trim().trim_start_matches('.') {
            "" => path.clone(),
            below => child(path, below),
        };
        let is_large = matches!(node.schema.ty.as_str(), "object" | "array");
        match (rule.validation.reason.as_str(), is_large) {
            ("FieldValueForbidden", _) => FieldError::forbidden(&path, detail),
            ("FieldValueRequired", _) => FieldError::required(&path, &detail),
            ("FieldValueDuplicate", true) => FieldError::duplicate(&path, Verbatim(String::new())),
            ("FieldValueDuplicate", false) => FieldError::duplicate(&path, node.value),
            (_, true) => FieldError::invalid(&path, Verbatim(String::new()), detail),
            (_, false) => FieldError::invalid(&path, node.value, detail),
        }
    }

    /// What the rule's own expression says, where that can be used.
    fn message(&mut self, rule: &Rule, variables: &RuleVariables) -> Option<String> {
        let evaluated = rule.message.as_ref()?.evaluate(variables, &mut self.budget).ok()?;
        let text = evaluated.as_text()?.trim().to_owned();
        (!text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains(['\n', '\r'])).then_some(text)
    }
}

fn child(path: &FieldPath, name: &str) -> FieldPath {
    if path.as_str().is_empty() { FieldPath::new(name) } else { path.child(name) }
}

/// The item before that is the same one by the keys of the list; only lists of type `map` know.
fn counterpart<'a>(schema: &Structural, item: &Value, old: &'a Value) -> Option<&'a Value> {
    if schema.list_type != "map" {
        return None;
    }
    let is_same = |other: &&Value| schema.list_keys.iter().all(|key| other.field(key) == item.field(key));
    old.as_array()?.iter().find(is_same)
}

#[cfg(test)]
mod tests {
    use apimachinery::yaml;

    use super::*;

    fn parse(text: &str) -> Value {
        yaml::parse(text.as_bytes()).expect("YAML").0
    }

    #[track_caller]
    fn check(schema: &str, object: &str, old: &str, wanted: &[&str]) {
        let schema = Structural::parse(&parse(&format!("{{type: object, properties: {{spec: {schema}}}}}")));
        let tree = RuleTree::new(&schema, true).expect("rules");
        let mut errors = Vec::new();
        let old = if old.is_empty() { Value::Null } else { parse(old) };
        let warnings = evaluate(&tree, &schema, (&parse(object), &old), &mut errors);
        let mut got: Vec<String> = errors.iter().map(ToString::to_string).collect();
        got.extend(warnings.into_iter().map(|text| format!("warning: {text}")));
        assert_eq!(got, wanted);
    }

    const SUM: &str = "{type: object, x-kubernetes-validations: [{rule: 'self.x + self.a__dash__b > 0'}], properties: \
                       {x: {type: integer}, a-b: {type: integer}}}";

    #[test]
    fn a_rule_that_fails_is_told() {
        check(SUM, "{spec: {x: 1, a-b: 0}}", "", &[]);
        let failed = "spec: Invalid value: failed rule: self.x + self.a__dash__b > 0";
        check(SUM, "{spec: {x: 0, a-b: 0}}", "", &[failed]);
        let missing = "spec: Invalid value: \"object\": no such key: x evaluating rule: self.x + self.a__dash__b > 0";
        check(SUM, "{spec: {a-b: 1}}", "", &[missing]);
        check(SUM, "{}", "", &[]);
    }

    #[test]
    fn what_has_not_changed_is_only_warned_of() {
        let warning = "warning: spec: Invalid value: failed rule: self.x + self.a__dash__b > 0";
        check(SUM, "{spec: {x: 0, a-b: 0}}", "{spec: {x: 0, a-b: 0}}", &[warning]);
    }

    #[test]
    fn transition_rules_need_a_value_before() {
        let rule = "{type: object, properties: {num: {type: integer, x-kubernetes-validations: [{rule: self > oldSelf, \
                    messageExpression: '\"not below \" + string(oldSelf)'}]}}}";
        check(rule, "{spec: {num: 1}}", "", &[]);
        check(rule, "{spec: {num: 9}}", "{spec: {num: 10}}", &["spec.num: Invalid value: 9: not below 10"]);
        let optional = "{type: integer, x-kubernetes-validations: [{rule: 'oldSelf.hasValue() || self > 1', \
                        optionalOldSelf: true, reason: FieldValueForbidden, message: too small}]}";
        check(optional, "{spec: 1}", "", &["spec: Forbidden: too small"]);
        check(optional, "{spec: 1}", "{spec: 1}", &[]);
    }

    #[test]
    fn items_are_known_by_their_keys() {
        let list = "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, \
                    properties: {k: {type: string}, v: {type: integer}}, x-kubernetes-validations: [{rule: \
                    'self.v >= oldSelf.v', fieldPath: .v}]}}";
        let old = "{spec: [{k: a, v: 1}, {k: b, v: 5}]}";
        check(
            list,
            "{spec: [{k: b, v: 4}, {k: c, v: 0}]}",
            old,
            &["spec[0].v: Invalid value: failed rule: self.v >= oldSelf.v"],
        );
    }
}
