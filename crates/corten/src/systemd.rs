//! The unit that keeps a server running where systemd is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Where systemd says that it is this machine's process 1 (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";

/// Where an administrator's units are.
const UNITS: &str = "/etc/systemd/system";

/// Whether systemd runs this machine.
pub fn is_here() -> bool {
    Path::new(BOOTED).is_dir()
}

/// An instance's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name, such as `corten.service`.
    pub name: String,
}

/// What a unit runs.
pub struct Service<'a> {
    /// Instance.
    pub instance: &'a str,
    /// Program and its arguments.
    pub command: Vec<String>,
    /// File that the program's output is added to.
    pub log: &'a Path,
}

impl Unit {
    /// The unit of an instance.
    pub fn of(instance: &str) -> Unit {
        let name =
            if instance == "corten" { "corten.service".to_owned() } else { format!("corten-{instance}.service") };
        Unit { name }
    }

    fn path(&self) -> PathBuf {
        Path::new(UNITS).join(&self.name)
    }

    /// Process id of its main process while it runs.
    pub fn main_pid(&self) -> Option<i32> {
        let output = Command::new("systemctl").args(["show", "--property=MainPID", "--value", &self.name]).output();
        let text = String::from_utf8(output.ok()?.stdout).ok()?;
        text.trim().parse().ok().filter(|pid| *pid > 0)
    }

    /// Whether it runs, or is about to.
    pub fn is_active(&self) -> bool {
        let output = Command::new("systemctl").args(["is-active", &self.name]).output();
        let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        matches!(said.as_str(), "active" | "activating" | "reloading")
    }

    /// Writes it, and starts it now and at every boot.
    pub fn start(&self, service: &Service<'_>) -> anyhow::Result<()> {
        if let Some(parent) = service.log.parent() {
            std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        let (path, wanted) = (self.path(), text(service));
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&wanted) {
            std::fs::write(&path, wanted).with_context(|| format!("write {}", path.display()))?;
            systemctl(&["daemon-reload"])?;
        }
        systemctl(&["enable", "--now", &self.name])
    }

    /// Stops it, now and at boots, and waits until its main process has ended.
    pub fn stop(&self) -> anyhow::Result<()> {
        systemctl(&["disable", "--now", &self.name])
    }

    /// Removes it; one that is not there is fine.
    pub fn remove(&self) -> anyhow::Result<()> {
        let path = self.path();
        if !path.exists() {
            return Ok(());
        }
        self.stop()?;
        std::fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        systemctl(&["daemon-reload"])
    }
}

/// The unit's file.
fn text(service: &Service<'_>) -> String {
    let command: Vec<String> = service.command.iter().map(|word| quoted(word)).collect();
    let log = service.log.display().to_string().replace('%', "%%");
    format!(
        "# Written by `corten up`; removed by `corten uninstall`.
[Unit]
Description=Corten {}: Kubernetes in one executable
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={}
Restart=always
RestartSec=100ms
# Pods outlive the server: only the server itself is stopped.
KillMode=process
Delegate=yes
TimeoutStopSec=60s
LimitNOFILE=1048576
LimitCORE=infinity
TasksMax=infinity
StandardOutput=append:{log}
StandardError=append:{log}

[Install]
WantedBy=multi-user.target
",
        service.instance,
        command.join(" "),
    )
}

/// A word of a command line in a unit (systemd.service(5), "Command lines"): specifiers and variables mean nothing.
fn quoted(word: &str) -> String {
    let mut escaped = String::new();
    for letter in word.chars() {
        match letter {
            '%' => escaped.push_str("%%"),
            '$' => escaped.push_str("$$"),
            '"' | '\\' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.=:,@+%$".contains(c);
    if !escaped.is_empty() && escaped.chars().all(is_plain) { escaped } else { format!("\"{escaped}\"") }
}

fn systemctl(arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("systemctl").args(arguments).output().context("run systemctl")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "systemctl {}: {} {}", arguments.join(" "), output.status, said.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_restarts_always_and_kills_only_the_server() {
        let command = ["/var/lib/corten/bin/corten", "server", "--config-dir", "/etc/my corten"].map(str::to_owned);
        let log = Path::new("/var/log/corten/corten.log");
        let text = text(&Service { instance: "corten", command: command.to_vec(), log });
        for line in [
            "ExecStart=/var/lib/corten/bin/corten server --config-dir \"/etc/my corten\"",
            "Restart=always",
            "KillMode=process",
            "Delegate=yes",
            "StandardError=append:/var/log/corten/corten.log",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing of {text}");
        }
    }

    #[test]
    fn words_mean_themselves() {
        assert_eq!(quoted("/a/b-c"), "/a/b-c");
        assert_eq!(quoted("50% of $HOME"), "\"50%% of $$HOME\"");
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
        assert_eq!(quoted(""), "\"\"");
    }

    #[test]
    fn instances_have_units_of_their_own() {
        assert_eq!(Unit::of("corten").name, "corten.service");
        assert_eq!(Unit::of("two").name, "corten-two.service");
    }
}
