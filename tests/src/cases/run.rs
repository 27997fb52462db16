//! Runs the commands of cases.
//!
//! | command | what it does |
//! |---|---|
//! | `[NAME=VALUE…] kubectl ARGS…` | runs kubectl in the case's directory and namespace |
//! | `http METHOD PATH …` | sends a request (see [`super::http`]) |
//! | `file NAME` | writes its input to a file in the case's directory |
//! | `let NAME kubectl ARGS…` | keeps the output; `${NAME}` stands for it in later commands |
//! | `keep NAME http METHOD PATH …` | the same for what a request shows |
//! | `start NAME kubectl ARGS…` | starts a command that goes on |
//! | `start NAME http GET PATH …` | starts a watch; each event counts as a line |
//! | `await NAME COUNT` | waits until it has printed that many lines |
//! | `collect NAME COUNT` | shows its first lines and ends it; `all` waits for its own end |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use apimachinery::value::Value;
use apimachinery::yaml;

use super::format::{Modifier, Step, words};
use super::{http, normalise};
use crate::api::Api;
use crate::kubectl::{self, Background, Output};

/// Longest run of one command.
const COMMAND_PATIENCE: Duration = Duration::from_secs(120);

/// How long the expected answer is waited for where it comes eventually.
const EVENTUAL_PATIENCE: Duration = Duration::from_secs(30);

/// Pause between two tries of such a command.
const EVENTUAL_PAUSE: Duration = Duration::from_millis(100);

/// Patience with the lines of a command that goes on.
const COLLECT_PATIENCE: Duration = Duration::from_secs(30);

/// A cluster that cases run against.
pub trait Target {
    /// A command that reaches the cluster.
    fn command(&self, program: &str) -> Command;
    /// The administrator's client.
    fn api(&self) -> &Api;
    /// The administrator's kubeconfig.
    fn kubeconfig(&self) -> anyhow::Result<String>;
    /// A new directory for a case: as this process sees it, and as commands see it.
    fn directory(&self, case: &str) -> anyhow::Result<(PathBuf, String)>;
    /// Whether controllers run, which make what a new namespace has.
    fn has_controllers(&self) -> bool {
        true
    }
}

/// Runs the steps of one file.
pub struct Runner<'a> {
    target: &'a dyn Target,
    directory: (PathBuf, String),
    variables: BTreeMap<String, String>,
    running: BTreeMap<String, Background>,
}

/// Makes the file's namespace, runs `work`, and deletes the namespace.
///
/// # Errors
/// Those of `work`, or a namespace that cannot be made.
pub fn with_namespace(
    path: &Path,
    target: &dyn Target,
    work: impl FnOnce(&mut Runner<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
    let namespace = format!("case-{stem}");
    let directory = target.directory(&namespace)?;
    std::fs::write(directory.0.join("kubeconfig"), kubeconfig_in(&target.kubeconfig()?, &namespace)?)?;
    let api = target.api();
    api.create("", &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}"))?;
    if !target.has_controllers() {
        api.create(&namespace, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}")?;
    }
    api.wait(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/default"), Duration::from_secs(30), |account| {
        !account.str_at(&["metadata", "name"]).is_empty()
    });
    let mut runner = Runner { target, directory, variables: BTreeMap::new(), running: BTreeMap::new() };
    let outcome = work(&mut runner).with_context(|| format!("run {}", path.display()));
    api.delete(&format!("/api/v1/namespaces/{namespace}"))?;
    outcome
}

fn kubeconfig_in(text: &str, namespace: &str) -> anyhow::Result<String> {
    let (mut config, _) = yaml::parse(text.as_bytes()).map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let contexts = config.at_mut(&["contexts"]).and_then(Value::as_array_mut).context("kubeconfig has no contexts")?;
    contexts.iter_mut().for_each(|context| context.set(&["context", "namespace"], namespace));
    Ok(yaml::encode(&config))
}

impl Runner<'_> {
    /// Runs a step and answers what came; where it comes eventually, the first answer that is as expected.
    ///
    /// # Errors
    /// A command of no known form, or one that cannot be run or does not end.
    pub fn run(&mut self, step: &Step) -> anyhow::Result<Output> {
        let deadline = Instant::now() + EVENTUAL_PATIENCE;
        loop {
            let answer = self.run_once(step).with_context(|| format!("line {}: {}", step.line, step.command))?;
            let is_expected = || normalise::answer(&answer) == normalise::answer(&sorted(step, step.expected.clone()));
            if !step.is(Modifier::Eventually) || is_expected() || Instant::now() > deadline {
                return Ok(answer);
            }
            std::thread::sleep(EVENTUAL_PAUSE);
        }
    }

    fn run_once(&mut self, step: &Step) -> anyhow::Result<Output> {
        let words = words(&self.substitute(&step.command));
        let input: String = step.input.iter().map(|line| format!("{}\n", self.substitute(line))).collect();
        let silent = Output::default();
        Ok(match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["http", ..] => sorted(step, http::run(self.target.api(), &words[1..], input.as_bytes())?),
            ["file", name] => {
                std::fs::write(self.directory.0.join(name), input)?;
                silent
            }
            ["let", name, ..] => {
                let output = kubectl::run(&mut self.command(&words[2..])?, b"", COMMAND_PATIENCE)?;
                anyhow::ensure!(output.code == 0, "{output}");
                self.variables.insert(name.to_owned(), output.stdout.trim().to_owned());
                silent
            }
            ["keep", name, "http", ..] => {
                let output = http::run(self.target.api(), &words[3..], input.as_bytes())?;
                self.variables.insert(name.to_owned(), output.stdout.trim().to_owned());
                silent
            }
            ["start", name, ..] => {
                let started = match words.get(2).map(String::as_str) {
                    Some("http") => http::start(self.target.api(), &words[3..])?,
                    _ => Background::start(&mut self.command(&words[2..])?)?,
                };
                self.running.insert(name.to_owned(), started);
                silent
            }
            ["await", name, count] => {
                let running = self.running.get_mut(name).with_context(|| format!("{name} was not started"))?;
                running.await_lines(count.parse()?, COLLECT_PATIENCE);
                silent
            }
            ["collect", name, count] => {
                let running = self.running.remove(name).with_context(|| format!("{name} was not started"))?;
                let count = if *count == *"all" { usize::MAX } else { count.parse()? };
                let lines = running.collect(count, COLLECT_PATIENCE);
                sorted(step, Output { stdout: lines.iter().map(|line| format!("{line}\n")).collect(), ..silent })
            }
            _ if step.is(Modifier::Terminal) => {
                kubectl::run_on_terminal(&mut self.command(&words)?, input.as_bytes(), COMMAND_PATIENCE)?
            }
            _ => sorted(step, kubectl::run(&mut self.command(&words)?, input.as_bytes(), COMMAND_PATIENCE)?),
        })
    }

    fn substitute(&self, text: &str) -> String {
        let replace = |text: String, (name, value): (&String, &String)| text.replace(&format!("${{{name}}}"), value);
        self.variables.iter().fold(text.to_owned(), replace)
    }

    fn command(&self, words: &[String]) -> anyhow::Result<Command> {
        let is_variable = |word: &&String| word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_name));
        let variables = words.iter().take_while(is_variable).count();
        let program = words.get(variables).context("no command")?;
        let mut command = self.target.command(program);
        command.args(&words[variables + 1..]);
        command
            .env("KUBECONFIG", format!("{}/kubeconfig", self.directory.1))
            .env(crate::outer::DIRECTORY_VARIABLE, &self.directory.1);
        for (name, value) in words[..variables].iter().filter_map(|word| word.split_once('=')) {
            command.env(name, value);
        }
        Ok(command)
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_uppercase() || character == '_'
}

/// The answer with its lines sorted, where their order does not count.
pub(super) fn sorted(step: &Step, mut answer: Output) -> Output {
    if step.is(Modifier::Sorted) {
        let mut lines: Vec<&str> = answer.stdout.lines().collect();
        lines.sort_unstable();
        answer.stdout = lines.iter().map(|line| format!("{line}\n")).collect();
    }
    answer
}

/// A cluster that is reached by a kubeconfig from here, such as upstream's.
pub struct Foreign {
    kubeconfig: PathBuf,
    kubectl: PathBuf,
    api: Api,
}

impl Foreign {
    /// Connects.
    ///
    /// # Errors
    /// A kubeconfig that cannot be read, or no kubectl.
    pub fn new(kubeconfig: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(kubeconfig).with_context(|| format!("read {}", kubeconfig.display()))?;
        let thread = std::sync::Arc::new(crate::network_thread::NetworkThread::start(None)?);
        let api = Api::from_kubeconfig(thread, &text)?;
        let kubectl = crate::programs::kubectl().context("there is no kubectl; run `cargo xtask kubectl`")?;
        Ok(Foreign { kubeconfig: kubeconfig.to_owned(), kubectl, api })
    }
}

impl Target for Foreign {
    fn command(&self, program: &str) -> Command {
        let path = if program == "kubectl" { self.kubectl.as_path() } else { Path::new(program) };
        // The directory is entered as the launcher does it: from the environment.
        let script = format!("cd \"${}\" && exec \"$0\" \"$@\"", crate::outer::DIRECTORY_VARIABLE);
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(path);
        command
    }

    fn api(&self) -> &Api {
        &self.api
    }

    fn kubeconfig(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(&self.kubeconfig)?)
    }

    fn directory(&self, case: &str) -> anyhow::Result<(PathBuf, String)> {
        let directory = std::env::temp_dir().join(format!("corten-cases-{}", std::process::id())).join(case);
        std::fs::create_dir_all(&directory)?;
        Ok((directory.clone(), directory.display().to_string()))
    }
}

impl Target for crate::cluster::Cluster {
    fn command(&self, program: &str) -> Command {
        crate::cluster::Cluster::command(self, program)
    }

    fn api(&self) -> &Api {
        crate::cluster::Cluster::api(self)
    }

    fn kubeconfig(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.path(crate::cluster::KUBECONFIG))?)
    }

    fn directory(&self, case: &str) -> anyhow::Result<(PathBuf, String)> {
        let inside = format!("{}/tmp/{case}", crate::outer::INSIDE);
        std::fs::create_dir_all(self.path(&inside))?;
        Ok((self.path(&inside), inside))
    }
}
