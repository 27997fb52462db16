//! Corten: a complete Kubernetes in one executable.
//!
//! Nothing is decided here, only connected. Roles that must stay tiny (shim, CNI plugin, supervisor) are
//! dispatched before any thread or runtime exists.

mod additions;
mod address;
mod admin;
mod config;
mod connection;
mod demo;
mod down;
mod identity;
mod images;
mod keys;
mod memory;
mod node;
mod owned;
mod pki;
mod registry;
mod served;
mod server;
mod status;
mod supervision;
mod supervisor;
mod systemd;
mod up;
mod upkeep;

use clap::{Parser, Subcommand};

use config::{Config, Settings};

/// A complete Kubernetes in one executable.
#[derive(Parser)]
#[command(name = "corten", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Start in the background and wait until the node is Ready
    Up {
        /// Also install a demo web application and print its URL
        #[arg(long)]
        demo: bool,
    },
    /// Say what runs and how it is
    Status,
    /// Stop the server; containers go on running
    Down {
        /// Stop all Pods too
        #[arg(long)]
        pods: bool,
    },
    /// Stop everything and remove all that this instance made
    Uninstall,
    /// Import, list and remove images of this node
    Images {
        #[command(subcommand)]
        command: images::ImagesCommand,
    },
    /// Serve the images of archives to clients that pull (plain HTTP, read-only)
    Registry(registry::RegistryArguments),
    /// Run in the foreground
    Server,
    /// The demo application (in its container)
    #[command(hide = true)]
    DemoApp,
    /// Keep a server running (what `up` starts)
    #[command(hide = true)]
    Supervise {
        /// Arguments of the server
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

fn main() -> std::process::ExitCode {
    let called = std::env::args().next().unwrap_or_default();
    if called.rsplit('/').next() == Some(network::cni::PLUGIN_NAME) {
        return cni_plugin();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|role| role == container_runtime::shim::ROLE) {
        container_runtime::shim::main(&arguments);
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corten: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    if let Command::DemoApp = cli.command {
        return demo::serve();
    }
    let config = Config::load(cli.settings.clone())?;
    match cli.command {
        Command::DemoApp => unreachable!("it needs no settings and was run above"),
        Command::Up { demo } => up::run(cli.settings, &config, demo),
        Command::Status => status::run(&config),
        Command::Down { pods } => down::down(&config, pods),
        Command::Uninstall => down::uninstall(&config),
        Command::Images { command } => images::run(&config, command),
        Command::Registry(arguments) => registry::run(&arguments),
        Command::Server => {
            start_log(&config)?;
            server::run(config)
        }
        Command::Supervise { arguments } => supervisor::run(&config.run_dir, &arguments),
    }
}

/// The CNI plugin's role: everything comes from the environment and standard input.
fn cni_plugin() -> std::process::ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let ports = |config: &network::cni::BridgeConfig| -> std::sync::Arc<dyn network::cni::PortMapper> {
        std::sync::Arc::new(node::host_ports(config))
    };
    std::process::ExitCode::from(u8::try_from(network::cni::plugin_main(environment, ports)).unwrap_or(1))
}

/// Log lines go to standard error, which the supervisor points at a file.
fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_level)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    Ok(())
}
