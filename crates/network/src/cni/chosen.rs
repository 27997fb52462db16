//! The node's chosen configuration: the first file of the CNI directory, as upstream's runtimes choose.
//!
//! Corten's own runs in this process; any other is a chain of plugin executables (CNI specification 1.1,
//! "Execution Protocol").

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use container_interfaces::cni::{Cni, CniError, CniRequest, CniResult};
use serde_json::{Map, Value, json};

use super::bridge::{Bridge, BridgeConfig, InProcess};
use super::plugin::PLUGIN_NAME;

/// The version that Corten speaks.
const CNI_VERSION: &str = "1.1.0";

/// Plugins that one configuration may chain.
const PLUGINS_MAX: usize = 16;

/// Writes Corten's own configuration, unless it is there as it should be.
///
/// # Errors
/// Disk trouble, as text.
pub fn write_own_configuration(conf_dir: &Path, config: &BridgeConfig) -> std::io::Result<()> {
    let plugin = json!({
        "type": PLUGIN_NAME, "instance": config.instance, "range": config.range.to_string(),
        "directory": config.directory, "capabilities": { "portMappings": true },
    });
    let list = json!({ "cniVersion": CNI_VERSION, "name": config.instance, "plugins": [plugin] });
    let text = format!("{list:#}\n");
    std::fs::create_dir_all(conf_dir)?;
    let path = conf_dir.join(format!("10-{}.conflist", config.instance));
    if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let temporary = conf_dir.join(format!(".10-{}.new", config.instance));
    std::fs::write(&temporary, text)?;
    std::fs::rename(temporary, path)
}

/// Attaches sandboxes by whatever configuration the CNI directory holds now.
pub struct ChosenNetwork {
    conf_dir: PathBuf,
    bin_dirs: Vec<PathBuf>,
    own: Arc<Bridge>,
    instance: String,
}

/// A parsed configuration list.
struct Configuration {
    name: String,
    version: String,
    plugins: Vec<Map<String, Value>>,
}

impl ChosenNetwork {
    /// `own` serves the configuration that [`write_own_configuration`] wrote for `instance`.
    pub fn new(conf_dir: &Path, bin_dir: &Path, instance: &str, own: Arc<Bridge>) -> Self {
        ChosenNetwork {
            conf_dir: conf_dir.to_owned(),
            bin_dirs: vec![bin_dir.to_owned()],
            own,
            instance: instance.to_owned(),
        }
    }

    fn configuration(&self) -> Result<Configuration, CniError> {
        let not_ready = |text: String| CniError { code: 50, msg: text, details: String::new() };
        let entries = std::fs::read_dir(&self.conf_dir)
            .map_err(|error| not_ready(format!("cni config uninitialized: {error}")))?;
        let is_configuration = |path: &PathBuf| {
            path.extension().is_some_and(|ending| ending == "conflist" || ending == "conf" || ending == "json")
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_configuration).collect();
        paths.sort();
        let path = paths.first().ok_or_else(|| {
            not_ready(format!("no network config found in {}: cni plugin not initialized", self.conf_dir.display()))
        })?;
        let text =
            std::fs::read_to_string(path).map_err(|error| not_ready(format!("read {}: {error}", path.display())))?;
        parse(&text).ok_or_else(|| not_ready(format!("{} is no CNI configuration", path.display())))
    }

    fn is_own(&self, configuration: &Configuration) -> bool {
        let [plugin] = &configuration.plugins[..] else { return false };
        plugin.get("type").and_then(Value::as_str) == Some(PLUGIN_NAME)
            && plugin.get("instance").and_then(Value::as_str) == Some(&self.instance)
    }

    fn find_plugin(&self, kind: &str) -> Result<PathBuf, CniError> {
        let is_plain = !kind.is_empty() && !kind.contains('/');
        let found = self.bin_dirs.iter().map(|directory| directory.join(kind)).find(|path| is_plain && path.is_file());
        found.ok_or_else(|| CniError {
            code: 999,
            msg: format!("failed to find plugin {kind:?} in path {:?}", self.bin_dirs),
            details: String::new(),
        })
    }

    /// Runs the chain; the result of the last ADD.
    fn run_chain(
        &self,
        configuration: &Configuration,
        command: &str,
        request: &CniRequest,
    ) -> Result<CniResult, CniError> {
        let mut previous: Option<Value> = None;
        let mut plugins: Vec<_> = configuration.plugins.iter().collect();
        if command == "DEL" {
            plugins.reverse();
        }
        for plugin in plugins {
            let kind = plugin.get("type").and_then(Value::as_str).unwrap_or_default();
            let stdin = plugin_input(configuration, plugin, previous.as_ref(), request);
            let answer = execute(&self.find_plugin(kind)?, command, &self.bin_dirs, request, &stdin)?;
            if command == "ADD" {
                previous = Some(answer);
            }
        }
        serde_json::from_value(previous.unwrap_or_else(|| json!({}))).map_err(|error| CniError {
            code: 6,
            msg: "decode plugin result".into(),
            details: error.to_string(),
        })
    }
}

fn parse(text: &str) -> Option<Configuration> {
    let Value::Object(mut document) = serde_json::from_str(text).ok()? else { return None };
    let name = document.get("name")?.as_str()?.to_owned();
    let version = document.get("cniVersion").and_then(Value::as_str).unwrap_or("0.4.0").to_owned();
    let plugins = match document.remove("plugins") {
        Some(Value::Array(plugins)) => plugins,
        Some(_) => return None,
        None => vec![Value::Object(document)],
    };
    let plugins: Vec<Map<String, Value>> =
        plugins.into_iter().map(|plugin| plugin.as_object().cloned()).collect::<Option<_>>()?;
    (1..=PLUGINS_MAX).contains(&plugins.len()).then_some(Configuration { name, version, plugins })
}

/// The configuration that one plugin reads on standard input.
fn plugin_input(
    configuration: &Configuration,
    plugin: &Map<String, Value>,
    previous: Option<&Value>,
    request: &CniRequest,
) -> Value {
    let mut input = plugin.clone();
    let wants_ports = plugin.get("capabilities").and_then(|it| it.get("portMappings")) == Some(&Value::Bool(true));
    input.remove("capabilities");
    input.insert("name".into(), configuration.name.clone().into());
    input.insert("cniVersion".into(), configuration.version.clone().into());
    if wants_ports && !request.port_mappings.is_empty() {
        input.insert("runtimeConfig".into(), json!({ "portMappings": request.port_mappings }));
    }
    if let Some(previous) = previous {
        input.insert("prevResult".into(), previous.clone());
    }
    Value::Object(input)
}

fn execute(
    plugin: &Path,
    command: &str,
    bin_dirs: &[PathBuf],
    request: &CniRequest,
    stdin: &Value,
) -> Result<Value, CniError> {
    let failed = |cause: String| CniError { code: 100, msg: format!("plugin {}", plugin.display()), details: cause };
    let arguments: Vec<String> = request.args.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let path: Vec<String> = bin_dirs.iter().map(|directory| directory.display().to_string()).collect();
    let environment: BTreeMap<&str, String> = [
        ("CNI_COMMAND", command.to_owned()),
        ("CNI_CONTAINERID", request.container_id.clone()),
        ("CNI_NETNS", request.netns.display().to_string()),
        ("CNI_IFNAME", request.interface.clone()),
        ("CNI_ARGS", arguments.join(";")),
        ("CNI_PATH", path.join(":")),
    ]
    .into();
    let spawned = Command::new(plugin).envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| failed(error.to_string()))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(stdin.to_string().as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = serde_json::from_slice::<CniError>(&output.stdout);
        return Err(
            said.unwrap_or_else(|_| failed(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stdout))))
        );
    }
    match output.stdout.iter().all(u8::is_ascii_whitespace) {
        true => Ok(json!({})),
        false => serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string())),
    }
}

#[async_trait]
impl Cni for ChosenNetwork {
    async fn add(&self, request: &CniRequest) -> Result<CniResult, CniError> {
        self.dispatch("ADD", request).await
    }
    async fn del(&self, request: &CniRequest) -> Result<(), CniError> {
        self.dispatch("DEL", request).await.map(drop)
    }
    async fn check(&self, request: &CniRequest) -> Result<(), CniError> {
        self.dispatch("CHECK", request).await.map(drop)
    }
    async fn status(&self) -> Result<(), CniError> {
        let configuration = self.configuration()?;
        if self.is_own(&configuration) {
            return InProcess(Arc::clone(&self.own)).status().await;
        }
        let mut kinds =
            configuration.plugins.iter().map(|plugin| plugin.get("type").and_then(Value::as_str).unwrap_or_default());
        kinds.try_for_each(|kind| self.find_plugin(kind).map(drop))
    }
}

impl ChosenNetwork {
    async fn dispatch(&self, command: &'static str, request: &CniRequest) -> Result<CniResult, CniError> {
        let configuration = self.configuration()?;
        if self.is_own(&configuration) {
            let own = InProcess(Arc::clone(&self.own));
            return match command {
                "ADD" => own.add(request).await,
                "DEL" => own.del(request).await.map(|()| CniResult::default()),
                _ => own.check(request).await.map(|()| CniResult::default()),
            };
        }
        let runner = ChosenNetwork {
            conf_dir: self.conf_dir.clone(),
            bin_dirs: self.bin_dirs.clone(),
            own: Arc::clone(&self.own),
            instance: self.instance.clone(),
        };
        let request = request.clone();
        let ran = tokio::task::spawn_blocking(move || runner.run_chain(&configuration, command, &request)).await;
        ran.unwrap_or_else(|error| Err(CniError { code: 100, msg: "run plugins".into(), details: error.to_string() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_single_plugin_are_read() {
        let list = parse(r#"{"name":"net","cniVersion":"1.0.0","plugins":[{"type":"bridge"},{"type":"portmap"}]}"#)
            .expect("a list");
        assert_eq!((list.name.as_str(), list.version.as_str(), list.plugins.len()), ("net", "1.0.0", 2));
        assert_eq!(parse(r#"{"name":"net","type":"bridge"}"#).expect("a plugin").plugins.len(), 1);
        for bad in ["", "[]", r#"{"plugins":[]}"#, r#"{"name":"x","plugins":[1]}"#, r#"{"name":"x","plugins":[]}"#] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
