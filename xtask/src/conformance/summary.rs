//! Outcomes as tables, as JUnit, and by cause.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::results::{Outcome, Results};

/// The special interest group that owns a spec: `apps` of `[sig-apps] …`.
pub fn sig(spec: &str) -> &str {
    spec.strip_prefix("[sig-").and_then(|rest| rest.split(']').next()).unwrap_or("none")
}

/// Counts and seconds by SIG.
pub fn table(results: &Results) -> String {
    let mut rows: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for (spec, outcome) in &results.0 {
        let column = match outcome.state.as_str() {
            "passed" => 0,
            "notrun" => 2,
            _ => 1,
        };
        for name in [sig(spec), "~all"] {
            let row = rows.entry(name).or_default();
            row[column] += 1.0;
            row[3] += outcome.seconds;
        }
    }
    let mut text = format!("{:<20}{:>8}{:>8}{:>9}{:>9}\n", "SIG", "passed", "failed", "not run", "seconds");
    for (name, [passed, failed, not_run, seconds]) in rows {
        let name = name.trim_start_matches('~');
        let _ = writeln!(text, "{name:<20}{passed:>8}{failed:>8}{not_run:>9}{seconds:>9.0}");
    }
    text
}

/// The table and each spec with its time.
pub fn text(results: &Results) -> String {
    let mut text = table(results);
    text.push('\n');
    for (spec, outcome) in &results.0 {
        let _ = writeln!(text, "{:<12}{:>7.1} s  {spec}", outcome.state, outcome.seconds);
    }
    text
}

/// Failed specs, grouped by the place in upstream's source where they failed and the first words of why.
pub fn causes(results: &Results) -> String {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (spec, outcome) in results.not_passed() {
        groups.entry(format!("{}\n  {}", outcome.place, outcome.first_line())).or_default().push(spec);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, specs)| std::cmp::Reverse(specs.len()));
    let mut text = String::new();
    for (cause, specs) in groups {
        let _ = writeln!(text, "{} × {cause}", specs.len());
        specs.iter().for_each(|spec| {
            let _ = writeln!(text, "    {spec}");
        });
    }
    text
}

/// One test suite per SIG.
pub fn junit(results: &Results) -> String {
    let mut suites: BTreeMap<&str, Vec<(&str, &Outcome)>> = BTreeMap::new();
    for (spec, outcome) in &results.0 {
        suites.entry(sig(spec)).or_default().push((spec, outcome));
    }
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (name, specs) in suites {
        let skipped = specs.iter().filter(|(_, outcome)| outcome.state == "notrun").count();
        let failures = specs.iter().filter(|(_, outcome)| !outcome.is_passed()).count() - skipped;
        let seconds: f64 = specs.iter().map(|(_, outcome)| outcome.seconds).sum();
        let tests = specs.len();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" time=\"{seconds:.3}\">"
        );
        specs.iter().for_each(|(spec, outcome)| test_case(&mut text, spec, outcome));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn test_case(text: &mut String, spec: &str, outcome: &Outcome) {
    let (name, sig, seconds) = (escape(spec), sig(spec), outcome.seconds);
    let _ = write!(text, "    <testcase classname=\"{sig}\" name=\"{name}\" time=\"{seconds:.3}\"");
    let _ = match outcome.state.as_str() {
        "passed" => writeln!(text, "/>"),
        "notrun" => writeln!(text, "><skipped message=\"{}\"/></testcase>", escape(&outcome.failure)),
        state => writeln!(
            text,
            "><failure type=\"{state}\" message=\"{}\">{}\n{}</failure></testcase>",
            escape(&outcome.first_line()),
            escape(&outcome.failure),
            escape(&outcome.place)
        ),
    };
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let outcome = |state: &str, seconds, failure: &str| Outcome {
            state: state.into(),
            seconds,
            failure: failure.into(),
            place: "pods.go:1".into(),
        };
        Results(BTreeMap::from([
            ("[sig-apps] a".to_owned(), outcome("passed", 1.0, "")),
            ("[sig-apps] b".to_owned(), outcome("failed", 2.0, "want <1>\x1b & got 2")),
            ("[sig-node] c".to_owned(), outcome("notrun", 0.0, "not reached")),
        ]))
    }

    #[test]
    fn specs_are_counted_by_sig() {
        let rows: Vec<String> =
            table(&results()).lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows, ["SIG passed failed not run seconds", "apps 1 1 0 3", "node 0 0 1 0", "all 1 1 1 3"]);
    }

    #[test]
    fn failures_are_escaped() {
        let junit = junit(&results());
        assert!(junit.contains("want &lt;1&gt;\u{fffd} &amp; got 2\npods.go:1</failure>"), "{junit}");
        assert!(junit.contains("<testsuite name=\"apps\" tests=\"2\" failures=\"1\" skipped=\"0\" time=\"3.000\">"));
    }
}
