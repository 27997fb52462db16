use super::*;
use crate::json;

/// Cases behind `=====`: question, and behind `-----` upstream's answer.
fn cases(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let text = text.trim_start_matches("=====\n");
    text.split("\n=====\n").map(|case| case.split_once("\n-----\n").expect("a case has an answer")).collect()
}

fn read(text: &str) -> String {
    match parse(text.as_bytes()) {
        Err(error) => format!("error: {}", error.message),
        Ok((mut value, duplicates)) => {
            sort(&mut value);
            let mut answer = String::from_utf8(json::to_vec(&value)).expect("JSON is UTF-8");
            if let Some(issue) = duplicate_issue(&duplicates) {
                answer.push_str(&format!("\nstrict: {issue}"));
            }
            answer
        }
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.iter_mut().for_each(|(_, value)| sort(value));
            map.sort();
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

#[test]
fn documents_read_as_upstream_reads_them() {
    let mut wrong = Vec::new();
    for (text, answer) in cases(include_str!("reading.txt")) {
        let found = read(&format!("{text}\n"));
        if found != answer.trim_end() {
            wrong.push(format!("{text}\n  wanted {answer}\n  found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trees_are_written_as_upstream_writes_them() {
    for (text, answer) in cases(include_str!("writing.txt")) {
        let value = json::parse(text.as_bytes()).expect("the question is JSON");
        let found = encode(&value);
        assert_eq!(found.trim_end(), answer.trim_end());
        let (mut again, _) = parse(found.as_bytes()).expect("what was written can be read");
        let mut value = value;
        sort(&mut again);
        sort(&mut value);
        assert_eq!(again, value);
    }
}

#[test]
fn aliases_cannot_blow_up_a_document() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(read(&bomb), "error: yaml: document contains excessive aliasing");
}

#[test]
fn nesting_is_bounded() {
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        assert!(parse(text.as_bytes()).is_err());
    }
    let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
    assert!(parse(deep.as_bytes()).is_ok());
}

#[test]
fn keys_that_json_cannot_have_are_refused() {
    for text in ["null: x\n", "? [a]\n: x\n", "? {a: b}\n: x\n"] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}
