//! `corten up`: from nothing to a Ready node in the background, with progress.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use apimachinery::json;
use client::client::Client;
use client::resources;

use crate::config::{Config, Settings};
use crate::{connection, demo, owned, supervision};

/// Patience until the node is Ready, and again for the demo.
const PATIENCE: Duration = Duration::from_secs(120);

/// Pause between looks at a server that is not there yet.
const LOOK_PAUSE: Duration = Duration::from_millis(25);

/// Time in which a supervisor shows up, also on a machine that is busy with something else.
const START_GRACE: Duration = Duration::from_secs(10);

/// Lines of the server's log that are shown when it does not come up.
const LOG_LINES: usize = 15;

/// Starts the server in the background, unless it runs, and waits for it.
pub fn run(settings: Settings, config: &Config, with_demo: bool) -> anyhow::Result<()> {
    let started = Instant::now();
    owned::claim(config)?;
    settings.save(&config.config_dir)?;
    let executable = install_executable(config)?;
    if supervision::find(config).is_some() {
        println!("corten {} runs already", config.instance);
    } else {
        println!("starting corten {} (log: {})", config.instance, config.server_log().display());
        supervision::start(config, &executable)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let waited = runtime.block_on(async {
        let client = wait_for_api(config, started).await?;
        wait_for_node(config, &client, started).await?;
        match with_demo {
            true => show_demo(config, &client, &executable, started).await.map(Some),
            false => Ok(None),
        }
    });
    match waited {
        Ok(url) => {
            say_what_next(config, url.as_deref());
            Ok(())
        }
        Err(error) => {
            show_log(&config.server_log());
            Err(error)
        }
    }
}

/// Copies this executable into the data directory, so that the running one is not what a build replaces.
fn install_executable(config: &Config) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("find the own executable")?;
    let directory = config.data_dir.join("bin");
    let installed = directory.join("corten");
    if own == installed || is_same(&own, &installed) {
        return Ok(installed);
    }
    std::fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
    let unfinished = directory.join("corten.new");
    let copy = || -> std::io::Result<()> {
        let _ = std::fs::remove_file(&unfinished);
        std::fs::copy(&own, &unfinished)?;
        std::fs::rename(&unfinished, &installed)
    };
    copy().with_context(|| format!("install {}", installed.display()))?;
    Ok(installed)
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (std::fs::read(a), std::fs::read(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

async fn wait_for_api(config: &Config, started: Instant) -> anyhow::Result<Client> {
    loop {
        if let Ok(client) = connection::admin_client(config)
            && client.get(resources::NAMESPACES, "", "default").await.is_ok()
        {
            println!("API server answers after {}", seconds(started));
            return Ok(client);
        }
        let is_running = started.elapsed() < START_GRACE || supervision::find(config).is_some();
        anyhow::ensure!(is_running, "nobody keeps the server running");
        anyhow::ensure!(started.elapsed() < PATIENCE, "the API server does not answer");
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

async fn wait_for_node(config: &Config, client: &Client, started: Instant) -> anyhow::Result<()> {
    if !config.parsed_roles()?.node {
        return Ok(());
    }
    loop {
        if let Ok(bytes) = client.get(resources::NODES, "", &config.node_name).await
            && is_ready(&bytes)
            && serves_sockets(config)
        {
            println!("node {} is Ready after {}", config.node_name, seconds(started));
            return Ok(());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "node {} does not become Ready", config.node_name);
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

/// Whether the node's own sockets answer: a stored status may still say Ready from before a restart.
fn serves_sockets(config: &Config) -> bool {
    let sockets = [crate::node::cri_socket(config), crate::admin::socket(&config.run_dir)];
    sockets.iter().all(|path| std::os::unix::net::UnixStream::connect(path).is_ok())
}

/// Whether a node's JSON has the Ready condition.
pub fn is_ready(node: &[u8]) -> bool {
    let Ok(node) = json::parse(node) else { return false };
    let conditions = node.items_at(&["status", "conditions"]);
    conditions.iter().any(|it| it.str_at(&["type"]) == "Ready" && it.str_at(&["status"]) == "True")
}

async fn show_demo(config: &Config, client: &Client, executable: &Path, started: Instant) -> anyhow::Result<String> {
    println!("installing the demo application");
    demo::install(config, client, executable).await?;
    let asked = Instant::now();
    loop {
        let deployment = client.get(resources::DEPLOYMENTS, "default", demo::NAME).await?;
        let deployment = json::parse(&deployment).context("read the Deployment")?;
        if deployment.i64_at(&["status", "availableReplicas"]) == Some(2) {
            break;
        }
        anyhow::ensure!(asked.elapsed() < PATIENCE, "the demo does not become available");
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    println!("demo is available after {}", seconds(started));
    let service = client.get(resources::SERVICES, "default", demo::NAME).await?;
    let service = json::parse(&service).context("read the Service")?;
    Ok(format!("http://{}/", service.str_at(&["spec", "clusterIP"])))
}

fn say_what_next(config: &Config, url: Option<&str>) {
    let kubeconfig = config.admin_kubeconfig();
    println!();
    if let Some(url) = url {
        println!("application:  {url}   (try: curl {url})");
    }
    println!("kubeconfig:   {}", kubeconfig.display());
    println!("next:         export KUBECONFIG={}; kubectl get pods -A", kubeconfig.display());
}

fn show_log(log: &Path) {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(LOG_LINES)..] {
        eprintln!("  {line}");
    }
}

fn seconds(started: Instant) -> String {
    format!("{:.2} s", started.elapsed().as_secs_f64())
}
