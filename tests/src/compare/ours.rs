//! Corten's API server alone.

use std::path::PathBuf;
use std::process::Command;

use crate::api::Api;
use crate::cases::run::Target;
use crate::cluster::{Cluster, Options};
use crate::outer::INSIDE;

/// A fresh Corten with nothing but its API server.
pub struct Ours {
    cluster: Cluster,
}

impl Ours {
    /// Starts it.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> anyhow::Result<Self> {
        let tokens = format!("{INSIDE}/tmp/tokens.csv");
        let flags = vec!["--roles=api".to_owned(), format!("--token-auth-file={tokens}")];
        let options = Options { flags, is_stopped: true, ..Options::default() };
        let mut cluster = Cluster::start(&options)?;
        std::fs::write(cluster.path(&tokens), super::TOKENS)?;
        cluster.up(&[])?;
        Ok(Ours { cluster })
    }

    /// What it runs in.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

impl Target for Ours {
    fn command(&self, program: &str) -> Command {
        Target::command(&self.cluster, program)
    }

    fn api(&self) -> &Api {
        self.cluster.api()
    }

    fn kubeconfig(&self) -> anyhow::Result<String> {
        self.cluster.kubeconfig()
    }

    fn directory(&self, case: &str) -> anyhow::Result<(PathBuf, String)> {
        self.cluster.directory(case)
    }

    fn has_controllers(&self) -> bool {
        false
    }
}
