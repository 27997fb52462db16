//! `status.typeChecking` of validating policies: what is wrong with their expressions for the types that they match.
//! It refuses nothing. Pure.

use apimachinery::tree;
use apimachinery::value::Value;
use cel::{Environment, Type};
use registry::expressions::{self, Scope, Wanted};

/// Types that one rule of a policy is checked against.
pub const TYPES_MAX: usize = 10;

/// A type that a policy matches.
pub struct Matched {
    /// `apps/v1, Kind=Deployment`
    pub shown: String,
    /// Of its objects.
    pub ty: Type,
}

/// Groups, versions and resources that rules name without wildcards.
pub fn named_resources(policy: &Value) -> Vec<Vec<(String, String, String)>> {
    let rules = policy.items_at(&["spec", "matchConstraints", "resourceRules"]);
    rules.iter().map(resources_of_rule).collect()
}

fn resources_of_rule(rule: &Value) -> Vec<(String, String, String)> {
    let texts = |field: &str| {
        let mut all: Vec<&str> = rule.items_at(&[field]).iter().filter_map(Value::as_str).collect();
        all.sort_unstable();
        all
    };
    let (groups, versions) = (texts("apiGroups"), texts("apiVersions"));
    if groups.iter().chain(&versions).any(|word| word.contains('*')) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for group in &groups {
        for version in &versions {
            for resource in texts("resources").into_iter().filter(|word| !word.contains(['*', '/'])) {
                all.push(((*group).to_owned(), (*version).to_owned(), resource.to_owned()));
            }
        }
    }
    all
}

/// The warnings about a policy's validations, as in its status.
pub fn warnings(policy: &Value, types: &[Matched], params: Option<&Type>) -> Vec<Value> {
    let mut warnings = Vec::new();
    for (at, validation) in policy.items_at(&["spec", "validations"]).iter().enumerate() {
        for field in ["expression", "messageExpression"] {
            let text = validation.str_at(&[field]);
            let faults: Vec<String> = match text {
                "" => Vec::new(),
                text => types.iter().filter_map(|ty| fault(policy, text, ty, params)).collect(),
            };
            if !faults.is_empty() {
                warnings.push(tree!({
                    "fieldRef": (format!("spec.validations[{at}].{field}")),
                    "warning": (faults.join("\n"))
                }));
            }
        }
    }
    warnings
}

fn fault(policy: &Value, text: &str, matched: &Matched, params: Option<&Type>) -> Option<String> {
    let environment = environment(policy, matched, params);
    let error = cel::compile(text, &environment).err()?;
    Some(format!("{}: {}\n", matched.shown, error.message))
}

fn environment(policy: &Value, matched: &Matched, params: Option<&Type>) -> Environment {
    let scope =
        Scope { has_params: !policy.at(&["spec", "paramKind"]).is_null(), has_authorizer: true, makes_objects: false };
    let mut environment = expressions::environment_of(scope, matched.ty.clone(), params.cloned().unwrap_or(Type::Dyn));
    for variable in policy.items_at(&["spec", "variables"]) {
        let program = expressions::compile(variable.str_at(&["expression"]), &environment, Wanted::Anything);
        let output = program.map_or(Type::Dyn, |program| program.output().clone());
        environment.declare(&format!("variables.{}", variable.str_at(&["name"])), output);
    }
    environment
}

#[cfg(test)]
mod tests {
    use apimachinery::yaml;
    use cel::schemas;

    use super::*;

    #[track_caller]
    fn check(spec: &str, wanted: &[(&str, &str)]) {
        let (policy, _) = yaml::parse(format!("spec: {spec}").as_bytes()).expect("YAML");
        let deployment = api::resources::kind("apps", "v1", "Deployment").expect("built in");
        let matched = Matched { shown: "apps/v1, Kind=Deployment".into(), ty: schemas::of_struct(deployment.schema) };
        let got = warnings(&policy, &[matched], None);
        assert_eq!(got.len(), wanted.len(), "{got:?}");
        for (got, (field, warning)) in got.iter().zip(wanted) {
            assert_eq!(got.str_at(&["fieldRef"]), *field);
            assert!(got.str_at(&["warning"]).starts_with("apps/v1, Kind=Deployment: "));
            assert!(got.str_at(&["warning"]).contains(warning), "{got:?}");
        }
    }

    #[test]
    fn correct_expressions_have_no_warnings() {
        check("{validations: [{expression: 'object.spec.replicas > 1'}]}", &[]);
        check(
            "{variables: [{name: all, expression: object.spec.template.spec.containers}], validations: [{expression: \
             'variables.all.all(c, c.image.startsWith(\"x\") && object.metadata.labels[\"a\"] == \"b\")'}]}",
            &[],
        );
    }

    #[test]
    fn confused_types_and_unknown_fields_are_told() {
        check(
            "{validations: [{expression: \"object.spec.replicas > '1'\", messageExpression: \"'got ' + \
             object.spec.replicas\"}, {expression: 'object.spec.maxRetries < 10'}]}",
            &[
                ("spec.validations[0].expression", "found no matching overload for '_>_' applied to '(int, string)'"),
                (
                    "spec.validations[0].messageExpression",
                    "found no matching overload for '_+_' applied to '(string, int)'",
                ),
                ("spec.validations[1].expression", "undefined field 'maxRetries'"),
            ],
        );
    }
}
