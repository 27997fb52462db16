//! The language as a table: an expression, and what it is or what is wrong with it.

use apimachinery::json;

use crate::budget::{Budget, TOTAL_LIMIT};
use crate::environment::Environment;
use crate::program::compile;
use crate::types::Type;
use crate::value::Val;
use crate::{convert, text_format};

const OBJECT: &str = r#"{"metadata": {"name": "web", "labels": {"app": "web", "a/b": "c"}},
    "spec": {"replicas": 3, "ratio": 0.5, "paused": false, "ports": [80, 443],
    "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}], "nothing": null}}"#;

fn environment() -> Environment {
    let spec = Type::object("Spec", [("replicas", Type::Int), ("names", Type::list(Type::String))]);
    Environment::new()
        .with_objects()
        .with("object", Type::Dyn)
        .with("typed", Type::object("Typed", [("spec", spec)]))
        .with("variables.one", Type::Int)
}

fn shown(value: &Val) -> String {
    match value {
        Val::Uint(number) => format!("{number}u"),
        Val::Double(number) => format!("double {}", text_format::double(*number)),
        Val::Duration(nanoseconds) => format!("duration {}", text_format::duration(*nanoseconds)),
        Val::Timestamp(time) => format!("timestamp {time}"),
        Val::Optional(None) => "none".to_owned(),
        Val::Optional(Some(of)) => format!("some {}", shown(of)),
        Val::Type(ty) => format!("type {ty}"),
        Val::Struct(object) => format!("{} {}", object.name, plain(value)),
        other => plain(other),
    }
}

fn plain(value: &Val) -> String {
    match convert::to_tree(value) {
        Ok(tree) => String::from_utf8_lossy(&json::to_vec(&tree)).into_owned(),
        Err(_) => value.type_of().to_string(),
    }
}

fn answer(expression: &str) -> String {
    let program = match compile(expression, &environment()) {
        Ok(program) => program,
        Err(error) => return format!("refused: {}", error.message),
    };
    let object = convert::from_tree(&json::parse(OBJECT.as_bytes()).expect("an object"));
    let variables: &[(&str, Val)] = &[("object", object.clone()), ("typed", object), ("variables.one", Val::Int(1))];
    match program.evaluate(&variables, &mut Budget::new(TOTAL_LIMIT)) {
        Ok(value) => shown(&value),
        Err(fault) => format!("fault: {fault}"),
    }
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(expression, wanted)| (expression, wanted, answer(expression)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(expression, wanted, got)| format!("{expression}\n  wanted {wanted}\n  got    {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arithmetic() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("1u + 2u", "3u"),
        ("1.5 + 2.0", "double 3.5"),
        ("'a' + \"b\" + r'\\n' + '''c'd'''", r#""ab\\nc'd""#),
        ("b'ab'", r#""YWI=""#),
        ("[1] + [2, 3]", "[1,2,3]"),
        ("9223372036854775807 + 1", "fault: integer overflow"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1 / 0", "fault: division by zero"),
        ("5 % 0", "fault: modulus by zero"),
        ("0x1F", "31"),
        ("1e3", "double 1000"),
        ("2 - -1", "3"),
        ("--1", "1"),
    ]);
}

#[test]
fn logic_absorbs_faults_that_do_not_matter() {
    check(&[
        ("true || 1 / 0 > 1", "true"),
        ("1 / 0 > 1 || true", "true"),
        ("1 / 0 > 1 && false", "false"),
        ("1 / 0 > 1 && true", "fault: division by zero"),
        ("!true", "false"),
        ("false ? 1 / 0 : 2", "2"),
        ("object.missing && false", "false"),
        ("object.spec.replicas || true", "true"),
        ("object.spec.replicas || false", "fault: no such overload"),
        ("[1, 2, 3].all(x, 6 / (x - 1) > 0)", "fault: division by zero"),
        ("[1, 2, 3].exists(x, 6 / (x - 1) == 3)", "true"),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        ("1 < 1.5", "true"),
        ("1 == 1", "true"),
        ("dyn(1) == 1.0", "true"),
        ("dyn(1) == 'a'", "false"),
        ("dyn(1u) == 1", "true"),
        ("'a' < 'b'", "true"),
        ("[1, 2] == [1, 2]", "true"),
        ("{'a': 1} == {'a': 1}", "true"),
        ("object.spec.nothing == null", "true"),
        ("object.spec.replicas != null", "true"),
        ("1 in [1, 2]", "true"),
        ("'app' in object.metadata.labels", "true"),
        ("'x' in object.metadata.labels", "false"),
        ("type(1) == int", "true"),
        ("type(object.spec.ports) == list", "true"),
        ("true > false", "true"),
    ]);
}

#[test]
fn fields_and_indexes() {
    check(&[
        ("object.spec.replicas", "3"),
        ("object.spec['replicas']", "3"),
        ("object.metadata.labels['a/b']", r#""c""#),
        ("object.spec.ports[1]", "443"),
        ("object.spec.ports[2]", "fault: index out of bounds: 2"),
        ("object.spec.absent", "fault: no such key: absent"),
        ("has(object.spec.absent)", "false"),
        ("has(object.spec.replicas)", "true"),
        ("has(object.spec.nothing.deeper)", "false"),
        ("object.?spec.?absent", "none"),
        ("object.?spec.?replicas", "some 3"),
        ("object.?absent.deeper.orValue(7)", "7"),
        ("object.spec.ports[?0]", "some 80"),
        ("object.spec.ports[?9].orValue(1)", "1"),
        ("object.metadata.labels[?'x'].hasValue()", "false"),
        ("{'a': 1}.a", "1"),
        ("{'a': 1, 'a': 2}", "fault: Failed with repeated key: a"),
        ("typed.spec.replicas", "3"),
        ("variables.one + 1", "2"),
        ("has(variables.one)", "true"),
        ("[?optional.of(1), ?optional.none()]", "[1]"),
        ("{?'a': optional.of(1), ?'b': optional.none()}", r#"{"a":1}"#),
        ("optional.ofNonZeroValue(0)", "none"),
        ("optional.of(2).optMap(x, x * 2)", "some 4"),
        ("optional.none().value()", "fault: optional.none() dereference"),
    ]);
}

#[test]
fn macros() {
    check(&[
        ("object.spec.containers.all(c, c.image.contains(':'))", "false"),
        ("object.spec.containers.exists(c, c.image.contains(':'))", "true"),
        ("object.spec.containers.exists_one(c, c.name == 'a')", "true"),
        ("object.spec.containers.map(c, c.name)", r#"["a","b"]"#),
        ("[1, 2, 3].map(x, x > 1, x * 10)", "[20,30]"),
        ("[1, 2, 3].filter(x, x % 2 == 1)", "[1,3]"),
        ("object.metadata.labels.all(k, k.size() > 0)", "true"),
        ("[5, 6].all(i, v, v == i + 5)", "true"),
        ("{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"),
        ("[5, 6].transformList(i, v, i + v)", "[5,7]"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2)", r#"{"b":4}"#),
        ("{'a': 'b'}.transformMapEntry(k, v, {v: k})", r#"{"b":"a"}"#),
        ("[[1, 2], [3]].all(x, x.all(y, y > 0))", "true"),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", "[[3,4],[6,8]]"),
        ("['bb', 'a'].sortBy(x, x.size())", r#"["a","bb"]"#),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("'héllo'.size()", "5"),
        ("'hello'.charAt(1)", r#""e""#),
        ("'hello'.indexOf('l')", "2"),
        ("'hello'.indexOf('l', 3)", "3"),
        ("'hello'.lastIndexOf('l')", "3"),
        ("'a,b,c'.split(',')", r#"["a","b","c"]"#),
        ("'a,b,c'.split(',', 2)", r#"["a","b,c"]"#),
        ("'abc'.split('')", r#"["a","b","c"]"#),
        ("['a', 'b'].join('-')", r#""a-b""#),
        ("'hello'.substring(1, 3)", r#""el""#),
        ("'hello'.substring(6)", "fault: invalid substring range. start: 6, end: 5"),
        ("'aXb'.lowerAscii() + 'a'.upperAscii()", r#""axbA""#),
        ("' a '.trim()", r#""a""#),
        ("'aaa'.replace('a', 'b', 2)", r#""bba""#),
        ("'abc123'.matches('^[a-z]+[0-9]+$')", "true"),
        ("'abc 123'.find('[0-9]+')", r#""123""#),
        ("'1 2 3'.findAll('[0-9]', 2)", r#"["1","2"]"#),
        ("'1 2 3'.findAll('[0' + '-9]')", r#"["1","2","3"]"#),
        ("matches('abc', 'b' + object.metadata.name)", "false"),
        (
            "'abc'.matches('[' + object.metadata.name)",
            "fault: error parsing regexp: regex parse error:\n    [web\n    ^\nerror: unclosed character class",
        ),
        ("object.spec.replicas.matches('3')", "fault: no such overload"),
        ("'%s has %d, %.2f, %x'.format([dyn('a'), 1, 2.5, 255])", r#""a has 1, 2.50, ff""#),
        (
            "'%s'.format([[1, 'a']])",
            "refused: ERROR: <input>:1:18: expected type 'int' but found 'string'\n | '%s'.format([[1, 'a']])\n | .................^",
        ),
        ("strings.quote('a\\n')", r#""\"a\\n\"""#),
        ("string(1) + string(true) + string(1.5)", r#""1true1.5""#),
        ("int('42') + int(3.9)", "45"),
        ("bool('true')", "true"),
    ]);
}

#[test]
fn times() {
    check(&[
        ("timestamp('2024-01-02T03:04:05Z').getHours()", "3"),
        ("timestamp('2024-01-02T03:04:05Z').getDayOfWeek()", "2"),
        ("timestamp('2024-01-02T03:04:05Z').getHours('-01:00')", "2"),
        ("timestamp('2024-01-02T03:04:05Z') + duration('1h')", "timestamp 2024-01-02T04:04:05Z"),
        ("timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z')", "duration 86400s"),
        ("duration('1h30m').getMinutes()", "90"),
        ("duration('1h') > duration('59m')", "true"),
        ("duration('1x')", "refused: ERROR: <input>:1:9: invalid duration argument\n | duration('1x')\n | ........^"),
    ]);
}

#[test]
fn lists_and_sets() {
    check(&[
        ("[1, 2, 2].isSorted()", "true"),
        ("[2, 1].isSorted()", "false"),
        ("[1, 2].sum()", "3"),
        ("object.spec.ports.sum()", "523"),
        ("[1, 2].max() + [1, 2].min()", "3"),
        ("[].max()", "fault: max called on empty list"),
        ("[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1)", "2"),
        ("[3, 1, 2].sort()", "[1,2,3]"),
        ("[1, 2, 3].slice(1, 2)", "[2]"),
        ("[[1], [2, 3]].flatten()", "[1,2,3]"),
        ("[1, 1, 2].distinct()", "[1,2]"),
        ("[1, 2].reverse()", "[2,1]"),
        ("lists.range(3)", "[0,1,2]"),
        ("sets.contains([1, 2], [2])", "true"),
        ("sets.intersects([1], [2])", "false"),
        ("sets.equivalent([1, 1], [1])", "true"),
    ]);
}

#[test]
fn libraries_of_kubernetes() {
    check(&[
        ("quantity('1Gi').isGreaterThan(quantity('1000Mi'))", "true"),
        ("quantity('50k').add(20).asInteger()", "50020"),
        ("quantity('1.5').isInteger()", "false"),
        ("quantity('1k') == quantity('1000')", "true"),
        ("isQuantity('1x')", "false"),
        ("ip('127.0.0.1').isLoopback()", "true"),
        ("ip('::1').family()", "6"),
        ("isIP('1.2.3')", "false"),
        ("ip.isCanonical('2001:DB8::1')", "false"),
        ("string(ip('10.0.0.1'))", r#""10.0.0.1""#),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("cidr('10.0.0.0/8').containsCIDR(cidr('11.0.0.0/16'))", "false"),
        ("cidr('10.1.2.3/8').masked().ip() == ip('10.0.0.0')", "true"),
        ("isCIDR('10.0.0.0/33')", "false"),
        ("url('https://a.b:80/p q?x=1&x=2').getPort()", r#""80""#),
        ("url('https://a.b:80/p q').getEscapedPath()", r#""/p%20q""#),
        ("url('https://a.b/?x=1&x=2').getQuery()", r#"{"x":["1","2"]}"#),
        ("isURL('a/b')", "false"),
        ("semver('1.2.3').isLessThan(semver('1.10.0-alpha'))", "true"),
        ("isSemver('v1.2')", "false"),
        ("semver('v1.2', true).minor()", "2"),
        ("format.dns1123Label().validate('a-b').hasValue()", "false"),
        ("format.named('uuid').value().validate('x').value()", r#"["does not match the UUID format"]"#),
        ("jsonpatch.escapeKey('a/b~c')", r#""a~1b~0c""#),
    ]);
}

#[test]
fn objects() {
    check(&[
        ("Object{spec: Object.spec{replicas: 3}}", r#"Object {"spec":{"replicas":3}}"#),
        ("Object{metadata: Object.metadata{labels: {'a': 'b'}}}", r#"Object {"metadata":{"labels":{"a":"b"}}}"#),
        ("[JSONPatch{op: 'add', path: '/a', value: 1}]", r#"[{"op":"add","path":"/a","value":1}]"#),
        (
            "JSONPatch{op: 1}",
            "refused: ERROR: <input>:1:13: expected type of field 'op' is 'string' but provided type is 'int'\n | JSONPatch{op: 1}\n | ............^",
        ),
        (
            "Thing{a: 1}",
            "refused: ERROR: <input>:1:6: undeclared reference to 'Thing' (in container '')\n | Thing{a: 1}\n | .....^",
        ),
    ]);
}

#[test]
fn faults_are_worded_as_clients_know_them() {
    let cases: &[(&str, &str)] = &[
        ("x + 1", "undeclared reference to 'x' (in container '')"),
        ("foo(1)", "undeclared reference to 'foo' (in container '')"),
        ("1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"),
        ("typed.spec.replicas > '1'", "found no matching overload for '_>_' applied to '(int, string)'"),
        ("'got ' + typed.spec.replicas", "found no matching overload for '_+_' applied to '(string, int)'"),
        ("typed.spec.maxRetries < 10", "undefined field 'maxRetries'"),
        ("variables.two", "undefined field 'two'"),
        ("1.startsWith('a')", "found no matching overload for 'startsWith' applied to 'int.(string)'"),
        ("dyn(1).startsWith(2)", "found no matching overload for 'startsWith' applied to 'dyn.(int)'"),
        ("1 == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("'a'.b", "type 'string' does not support field selection"),
        ("[1, 'a']", "expected type 'int' but found 'string'"),
        ("(1).all(x, true)", "expression of type 'int' cannot be range of a comprehension"),
        ("has(object)", "invalid argument to has() macro"),
        ("self = 42", "Syntax error: token recognition error at: '= '"),
        ("... [] bad expression", "Syntax error: mismatched input '.' expecting IDENTIFIER"),
        ("1 +", "Syntax error: mismatched input '<EOF>' expecting"),
        ("'a'.matches('[')", "invalid matches argument"),
    ];
    for (expression, wanted) in cases {
        let got = answer(expression);
        assert!(got.starts_with("refused: ERROR: <input>:1:") && got.contains(wanted), "{expression}: {got}");
    }
}

#[test]
fn output_types_are_known() {
    for (expression, wanted) in [
        ("object.spec.replicas > 1", "bool"),
        ("typed.spec.names.map(x, x.size())", "list(int)"),
        ("object.spec", "dyn"),
        ("{'a': [1u]}", "map(string, list(uint))"),
        ("Object{}", "Object"),
        ("[JSONPatch{}]", "list(JSONPatch)"),
        ("optional.of(1)", "optional_type(int)"),
        ("object.x == null ? 'a' : null", "refused"),
    ] {
        let got =
            compile(expression, &environment()).map_or("refused".to_owned(), |program| program.output().to_string());
        assert_eq!(got, wanted, "{expression}");
    }
}

#[test]
fn costly_expressions_are_cut_off() {
    let nested = "lists.range(725).all(x, lists.range(725).all(y, x == x))";
    assert_eq!(answer(nested), "fault: operation cancelled: actual cost limit exceeded");
    let program = compile("lists.range(100).all(x, x >= 0)", &environment()).expect("a program");
    let none: &[(&str, Val)] = &[];
    let little = program.evaluate(&none, &mut Budget::new(50)).expect_err("too little");
    assert!(little.to_string().starts_with("validation failed due to running out of cost budget"));
}

#[test]
fn deep_nesting_is_refused_rather_than_overflowing() {
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(answer(&deep).contains("expression recursion limit exceeded: 250"));
    let minus = format!("{}1", "!-".repeat(5_000));
    assert!(answer(&minus).contains("refused"));
    let long = vec!["1"; 5_000].join(" + ");
    assert!(answer(&long).contains("recursion"), "{}", answer(&long));
    let many = vec!["true"; 5_000].join(" && ");
    assert_eq!(answer(&many), "true");
}
