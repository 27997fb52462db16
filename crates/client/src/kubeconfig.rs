//! Kubeconfig files: enough to read one for a connection and to write one for a new cluster.

use std::path::Path;

use apimachinery::tree;
use apimachinery::value::Value;
use apimachinery::yaml;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tls::TlsOptions;

/// A kubeconfig that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no YAML.
    #[error("read kubeconfig: {0}")]
    Syntax(String),
    /// A part that is needed is missing.
    #[error("kubeconfig has no {0}")]
    Missing(String),
    /// Base64 or text that cannot be read.
    #[error("read {field} of kubeconfig: {cause}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// A file that it names.
    #[error("read {path}")]
    File {
        /// The file.
        path: String,
        /// What went wrong.
        #[source]
        cause: std::io::Error,
    },
}

/// What a new kubeconfig holds: one cluster, one user, one context.
pub struct NewKubeconfig<'a> {
    /// Name of cluster and context.
    pub cluster: &'a str,
    /// `https://host:port`
    pub server: &'a str,
    /// CA bundle, PEM.
    pub ca_pem: &'a [u8],
    /// Name of the user entry.
    pub user: &'a str,
    /// Who it is.
    pub credentials: Credentials<'a>,
}

/// What proves a user.
pub enum Credentials<'a> {
    /// Certificate chain and key, PEM.
    Certificate {
        /// Certificate chain.
        certificate_pem: &'a [u8],
        /// Private key.
        key_pem: &'a [u8],
    },
    /// Bearer token.
    Token(&'a str),
}

impl NewKubeconfig<'_> {
    /// The file's text.
    pub fn to_yaml(&self) -> String {
        let user = match &self.credentials {
            Credentials::Certificate { certificate_pem, key_pem } => tree!({
                "client-certificate-data": (STANDARD.encode(certificate_pem)),
                "client-key-data": (STANDARD.encode(key_pem))
            }),
            Credentials::Token(token) => tree!({"token": (*token)}),
        };
        yaml::encode(&tree!({
            "apiVersion": "v1",
            "kind": "Config",
            "preferences": {},
            "clusters": [{"name": (self.cluster), "cluster": {
                "server": (self.server),
                "certificate-authority-data": (STANDARD.encode(self.ca_pem))
            }}],
            "users": [{"name": (self.user), "user": user}],
            "contexts": [{"name": (self.cluster), "context": {
                "cluster": (self.cluster), "user": (self.user)
            }}],
            "current-context": (self.cluster)
        }))
    }
}

/// What `context` (the current one if `None`) of the kubeconfig `text` connects to. Files that it names are
/// relative to `folder`.
pub fn connection(text: &[u8], context: Option<&str>, folder: &Path) -> Result<TlsOptions, KubeconfigError> {
    let (config, _) = yaml::parse(text).map_err(|error| KubeconfigError::Syntax(error.message))?;
    let context = match context.unwrap_or(config.str_at(&["current-context"])) {
        "" => return Err(KubeconfigError::Missing("current-context".into())),
        name => named(&config, "contexts", "context", name)?,
    };
    let cluster = named(&config, "clusters", "cluster", context.str_at(&["cluster"]))?;
    let user = named(&config, "users", "user", context.str_at(&["user"]))?;
    let read = |value: &Value, data: &'static str, file: &str| bytes_of(value, data, file, folder);
    let certificate = read(user, "client-certificate-data", "client-certificate")?;
    let key = read(user, "client-key-data", "client-key")?;
    let token = match (user.str_at(&["token"]), user.str_at(&["tokenFile"])) {
        ("", "") => None,
        ("", file) => Some(token_in(&read_file(folder, file)?)?),
        (token, _) => Some(token.to_owned()),
    };
    let server_name = cluster.str_at(&["tls-server-name"]);
    Ok(TlsOptions {
        server: cluster.str_at(&["server"]).to_owned(),
        ca_pem: read(cluster, "certificate-authority-data", "certificate-authority")?.unwrap_or_default(),
        server_name: (!server_name.is_empty()).then(|| server_name.to_owned()),
        client_pem: certificate.zip(key),
        token,
    })
}

fn named<'a>(
    config: &'a Value,
    list: &'static str,
    field: &'static str,
    name: &str,
) -> Result<&'a Value, KubeconfigError> {
    config
        .items_at(&[list])
        .iter()
        .find(|item| item.str_at(&["name"]) == name)
        .map(|item| item.field(field))
        .ok_or_else(|| KubeconfigError::Missing(format!("{field} {name:?}")))
}

/// Inline base64, else the content of a file, else nothing.
fn bytes_of(value: &Value, data: &'static str, file: &str, folder: &Path) -> Result<Option<Vec<u8>>, KubeconfigError> {
    match (value.str_at(&[data]), value.str_at(&[file])) {
        ("", "") => Ok(None),
        ("", path) => read_file(folder, path).map(Some),
        (text, _) => STANDARD
            .decode(text)
            .map(Some)
            .map_err(|error| KubeconfigError::Field { field: data, cause: error.to_string() }),
    }
}

fn read_file(folder: &Path, path: &str) -> Result<Vec<u8>, KubeconfigError> {
    let path = folder.join(path);
    std::fs::read(&path).map_err(|cause| KubeconfigError::File { path: path.display().to_string(), cause })
}

fn token_in(bytes: &[u8]) -> Result<String, KubeconfigError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(KubeconfigError::Field { field: "tokenFile", cause: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let new = NewKubeconfig {
            cluster: "corten",
            server: "https://127.0.0.1:6443",
            ca_pem: b"ca",
            user: "admin",
            credentials: Credentials::Certificate { certificate_pem: b"crt", key_pem: b"key" },
        };
        let options = connection(new.to_yaml().as_bytes(), None, Path::new("/")).expect("a good kubeconfig");
        assert_eq!(options.server, "https://127.0.0.1:6443");
        assert_eq!(options.ca_pem, b"ca");
        assert_eq!(options.client_pem, Some((b"crt".to_vec(), b"key".to_vec())));
        assert_eq!(options.token, None);
    }

    #[test]
    fn a_context_that_is_not_there_is_named() {
        let error = connection(b"current-context: x\n", None, Path::new("/")).err().expect("there is no such context");
        assert_eq!(error.to_string(), "kubeconfig has no context \"x\"");
    }
}
