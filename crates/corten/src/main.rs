//! Corten: a complete Kubernetes in one executable.
//!
//! Nothing is decided here, only connected. Roles that must stay tiny (shim, CNI plugin, supervisor) are
//! dispatched before any thread or runtime exists.

mod additions;
mod address;
mod config;
mod identity;
mod keys;
mod node;
mod pki;
mod server;
mod supervisor;

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
    /// Run in the foreground
    Server,
    /// Keep a server running (what `up` starts)
    #[command(hide = true)]
    Supervise {
        /// Arguments of the server
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

fn main() -> std::process::ExitCode {
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
    let config = Config::load(cli.settings)?;
    match cli.command {
        Command::Server => {
            start_log(&config)?;
            server::run(config)
        }
        Command::Supervise { arguments } => supervisor::run(&config.run_dir, &arguments),
    }
}

/// Log lines go to standard error, which the supervisor points at a file.
fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_level)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    Ok(())
}
