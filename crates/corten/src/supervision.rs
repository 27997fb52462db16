//! Who keeps the server running in the background: systemd where it runs the machine, else the own supervisor.

use std::path::Path;
use std::time::Duration;

use crate::config::Config;
use crate::supervisor::{self, SupervisorId};
use crate::systemd::{self, Service, Unit};

/// Patience with a server that stops.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// A server that is kept running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Running {
    /// By a unit.
    Unit(Unit),
    /// By the own supervisor.
    Supervisor(SupervisorId),
}

/// Who keeps an instance's server running now, if anybody.
pub fn find(config: &Config) -> Option<Running> {
    if let Some(id) = supervisor::find(&config.run_dir) {
        return Some(Running::Supervisor(id));
    }
    let unit = Unit::of(&config.instance);
    (systemd::is_here() && unit.is_active()).then_some(Running::Unit(unit))
}

/// Has `corten server` kept running in the background.
pub fn start(config: &Config, executable: &Path) -> anyhow::Result<()> {
    let arguments = vec!["--config-dir".to_owned(), config.config_dir.display().to_string()];
    let log = config.server_log();
    if !systemd::is_here() {
        return supervisor::start(executable, &arguments, &log);
    }
    let mut command = vec![executable.display().to_string(), "server".to_owned()];
    command.extend(arguments);
    Unit::of(&config.instance).start(&Service { instance: &config.instance, command, log: &log })
}

/// Removes what was written for an instance that is stopped.
pub fn remove(config: &Config) -> anyhow::Result<()> {
    if systemd::is_here() { Unit::of(&config.instance).remove() } else { Ok(()) }
}

impl Running {
    /// Stops the server and whoever keeps it running.
    pub fn stop(&self) -> anyhow::Result<()> {
        match self {
            Running::Unit(unit) => unit.stop(),
            Running::Supervisor(id) => supervisor::stop(*id, STOP_PATIENCE),
        }
    }

    /// A line for `corten status`.
    pub fn describe(&self) -> String {
        match self {
            Running::Unit(unit) => match unit.main_pid() {
                Some(pid) => format!("systemd, {} (server's pid {pid})", unit.name),
                None => format!("systemd, {}", unit.name),
            },
            Running::Supervisor(id) => format!("running (pid {})", id.pid),
        }
    }
}
