//! The text form of cases.

use std::fmt;

use crate::kubectl::Output;

/// How a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Again and again until the answer is the expected one, at most for a while.
    Eventually,
    /// The order of the lines does not count.
    Sorted,
    /// On a terminal of its own.
    Terminal,
}

const MODIFIERS: &[(&str, Modifier)] =
    &[("[eventually]", Modifier::Eventually), ("[sorted]", Modifier::Sorted), ("[terminal]", Modifier::Terminal)];

/// One command with its answer.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Line of the command, from 1.
    pub line: usize,
    /// Comment lines before it, with their `#`, and empty lines.
    pub before: Vec<String>,
    /// How it is run.
    pub modifiers: Vec<Modifier>,
    /// The command without modifiers.
    pub command: String,
    /// Standard input, or the body of a request.
    pub input: Vec<String>,
    /// What is expected.
    pub expected: Output,
}

/// A file of steps that run one after the other.
#[derive(Clone, Debug, Default)]
pub struct CaseFile {
    /// Steps.
    pub steps: Vec<Step>,
    /// Comment lines behind the last step.
    pub behind: Vec<String>,
}

/// Steps that show one rule: from a comment `## RULE` to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The rule in words; steps before the first one are the file's `preparation`.
    pub name: String,
    /// Which of the file's steps.
    pub steps: std::ops::Range<usize>,
    /// Why Corten's answer is known to differ.
    pub differs: Option<String>,
}

impl CaseFile {
    /// Reads the text form.
    ///
    /// # Errors
    /// A line of no known form, or an answer without a command.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut file = CaseFile::default();
        for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
            let (mark, rest) = line.split_at(line.len().min(1));
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            if matches!(mark, "" | "#") {
                file.behind.push(line.to_owned());
                continue;
            }
            if mark == "$" {
                let before = std::mem::take(&mut file.behind);
                file.steps.push(Step { line: number, before, ..Step::parse_command(rest) });
                continue;
            }
            let Some(step) = file.steps.last_mut() else { anyhow::bail!("line {number}: nothing is run yet") };
            match mark {
                "<" => step.input.push(rest.to_owned()),
                "|" => push_line(&mut step.expected.stdout, rest),
                "!" => push_line(&mut step.expected.stderr, rest),
                "?" => step.expected.code = rest.trim().parse()?,
                _ => anyhow::bail!("line {number}: begins with none of # $ < | ! ?"),
            }
        }
        Ok(file)
    }

    /// The rules that the file shows, in order.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let name = step.before.iter().find_map(|line| line.strip_prefix("## "));
            match (name, cases.last_mut()) {
                (None, Some(case)) => case.steps.end = at + 1,
                (name, _) => {
                    let name = name.unwrap_or("preparation").trim().to_owned();
                    cases.push(Case { name, steps: at..at + 1, differs: None });
                }
            }
            let case = cases.last_mut().expect("one was pushed");
            case.differs = case.differs.take().or(step.difference());
        }
        cases
    }

    /// Whether the file says `# needs: WORD`.
    pub fn needs(&self, word: &str) -> bool {
        let comments = self.steps.iter().flat_map(|step| &step.before);
        comments.filter_map(|line| line.strip_prefix("# needs:")).any(|words| words.split(' ').any(|it| it == word))
    }
}

impl Step {
    fn parse_command(text: &str) -> Step {
        let mut step = Step::default();
        let mut rest = text.trim();
        while let Some((word, modifier)) = MODIFIERS.iter().find(|(word, _)| rest.starts_with(word)) {
            step.modifiers.push(*modifier);
            rest = rest[word.len()..].trim_start();
        }
        step.command = rest.to_owned();
        step
    }

    /// Whether it is run in this way.
    pub fn is(&self, modifier: Modifier) -> bool {
        self.modifiers.contains(&modifier)
    }

    /// Whether the answer is known to differ from the expected one.
    pub fn differs(&self) -> bool {
        self.difference().is_some()
    }

    /// Why it is known to differ.
    pub fn difference(&self) -> Option<String> {
        self.before.iter().find_map(|line| Some(line.strip_prefix("# differs:")?.trim().to_owned()))
    }

    /// An answer in text form.
    pub fn answer_lines(answer: &Output) -> Vec<String> {
        let marked = |mark: char, text: &str| -> Vec<String> {
            text.lines().map(|line| format!("{mark} {line}").trim_end().to_owned()).collect()
        };
        let mut lines = marked('|', &answer.stdout);
        lines.extend(marked('!', &answer.stderr));
        if answer.code != 0 {
            lines.push(format!("? {}", answer.code));
        }
        lines
    }
}

impl fmt::Display for CaseFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            step.before.iter().try_for_each(|line| writeln!(formatter, "{line}"))?;
            let modifiers = step.modifiers.iter().filter_map(|it| MODIFIERS.iter().find(|(_, known)| known == it));
            let modifiers: String = modifiers.map(|(word, _)| format!("{word} ")).collect();
            writeln!(formatter, "$ {modifiers}{}", step.command)?;
            step.input.iter().try_for_each(|line| writeln!(formatter, "{}", format!("< {line}").trim_end()))?;
            Step::answer_lines(&step.expected).iter().try_for_each(|line| writeln!(formatter, "{line}"))?;
        }
        self.behind.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Splits a command into words: blanks separate, single and double quotes keep together, a backslash keeps a quote.
pub fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# About.\n\n$ [eventually] [sorted] kubectl get x -o 'a b'\n< in\n| out\n|\n! bad\n? 3\n\n$ true\n# end\n";

    #[test]
    fn what_is_read_is_written_back() {
        let file = CaseFile::parse(TEXT).expect("well formed");
        assert_eq!(file.to_string(), TEXT);
        assert_eq!(file.steps[0].expected, Output { stdout: "out\n\n".into(), stderr: "bad\n".into(), code: 3 });
        assert!(file.steps[0].is(Modifier::Sorted) && file.steps[1].modifiers.is_empty());
    }

    #[test]
    fn a_case_is_what_follows_its_rule() {
        let text = "$ a\n\n## One.\n$ b\n$ c\n\n# differs: later\n## Two.\n$ d\n";
        let cases = CaseFile::parse(text).expect("well formed").cases();
        let shown: Vec<_> =
            cases.iter().map(|it| (it.name.as_str(), it.steps.clone(), it.differs.as_deref())).collect();
        assert_eq!(shown, [("preparation", 0..1, None), ("One.", 1..3, None), ("Two.", 3..4, Some("later"))]);
    }

    #[test]
    fn a_line_of_no_known_form_is_an_error() {
        assert!(CaseFile::parse("$ x\nout\n").is_err());
        assert!(CaseFile::parse("| out\n").is_err());
    }

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words(r#"a 'b "c' "d e"  f\ g '' h=\"i"#), ["a", "b \"c", "d e", "f g", "", "h=\"i"]);
    }
}
